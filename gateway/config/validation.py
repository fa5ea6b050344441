"""A file's tree to a model: references followed, types strict, secrets kept out of every message."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from pydantic import TypeAdapter, ValidationError

from gateway.config.document import Node, number_or_boolean
from gateway.config.expected import Expected, expected_at, is_secret
from gateway.config.explain import explain
from gateway.config.files import file_reader
from gateway.config.origin import Origin
from gateway.config.problems import KeyPath, Problem
from gateway.config.references import References, Secret, Unresolved
from mappings.definition import READ_FILE

# In text that mixes settings with secrets, such as a connection string: a password without a reference.
_LITERAL_PASSWORD = re.compile(r"(?i)\b(?:pwd|password|passphrase)\s*=\s*(?!\$\{(?:env|file):)[^\s;]")

_NOT_TEXT = (int, float, bool, type(None))

T = TypeVar("T")
Plain: TypeAlias = "None | bool | int | float | str | list[Plain] | dict[str, Plain]"


class Validated(NamedTuple, Generic[T]):
    """The value, None when there are problems; the secrets that went into it."""

    value: T | None
    problems: list[Problem]
    secrets: tuple[Secret, ...]


def validate(
    adapter: TypeAdapter[T], annotation: object, origin: Origin, references: References, base_dir: Path
) -> Validated[T]:
    """The value that `origin` describes, as an instance of `annotation`, which `adapter` was made from.

    Strict: text is never taken for a number or a boolean. Files named by settings lie below `base_dir`.
    """
    reading = _Reading(annotation, origin, references)
    data = reading.plain(origin.node, ())
    secrets = tuple(secret for found in reading.secrets.values() for secret in found)
    try:
        # By way of JSON: strict mode then takes text for paths, enumerations and secrets, as is meant here.
        context = {"base_dir": base_dir, READ_FILE: file_reader(base_dir)}
        value = adapter.validate_json(json.dumps(data), strict=True, context=context)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        found = explain(details, origin.hiding(secrets), annotation, reading.secrets)
        failed = {(problem.line, problem.column) for problem in reading.problems}
        fresh = [problem for problem in found if (problem.line, problem.column) not in failed]
        return Validated(None, reading.problems + fresh, secrets)
    return Validated(None if reading.problems else value, reading.problems, secrets)


@dataclass
class _Reading:
    """Turns nodes into plain values and remembers which of them hold secrets."""

    annotation: object
    origin: Origin
    references: References
    secrets: dict[KeyPath, list[Secret]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def plain(self, node: Node, path: KeyPath) -> Plain:
        """The node's value with references replaced."""
        value = node.value
        if isinstance(value, Mapping):
            return {key: self.plain(entry.node, (*path, key)) for key, entry in value.items()}
        if isinstance(value, tuple):
            return [self.plain(item, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, str):
            return self._text(value, path)
        return value

    def _text(self, text: str, path: KeyPath) -> Plain:
        if "${" not in text:
            self._check_literal(text, path)
            return text
        expected = expected_at(self.annotation, self.origin.node, path)
        try:
            resolved, secrets = self.references.resolve(text, _quoting(expected))
        except Unresolved as error:
            self.problems.append(self.origin.problem(path, str(error)))
            return text
        self._check_literal(text, path, is_reference=bool(secrets))
        if not secrets:
            return resolved
        self.secrets[path] = secrets
        if secrets[0].shown == text and expected and all(one.annotation in _NOT_TEXT for one in expected):
            # References stand for text; where a number belongs they are read as the file would be.
            value = number_or_boolean(resolved)
            return resolved if value is None else value
        return resolved

    def _check_literal(self, text: str, path: KeyPath, *, is_reference: bool = False) -> None:
        expected = expected_at(self.annotation, self.origin.node, path)
        if is_secret(expected) and _has_literal_secret(text, expected, is_reference):
            message = "a secret is given by reference only; allowed: ${env:NAME}, ${file:PATH}"
            self.problems.append(self.origin.problem(path, message))


def _has_literal_secret(text: str, expected: list[Expected], is_reference: bool) -> bool:
    if _quoting(expected) is None:
        return not is_reference
    return _LITERAL_PASSWORD.search(text) is not None


def _quoting(expected: list[Expected]) -> Any:
    """How the field at a place quotes values put into its text, None when it does not say."""
    for one in expected:
        quote = getattr(one.owner, "interpolation", {}).get(one.name)
        if quote is not None:
            return quote
    return None
