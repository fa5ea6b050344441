"""A file's tree to a model: references followed, types strict, secrets kept out of every message."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from pydantic import TypeAdapter, ValidationError

from gateway.config.document import Node
from gateway.config.expected import Expected, expected_at, is_secret
from gateway.config.explain import explain
from gateway.config.origin import Origin
from gateway.config.problems import KeyPath, Problem, printable
from gateway.config.references import References, Secret, Unresolved

T = TypeVar("T")
Plain: TypeAlias = "None | bool | int | float | str | list[Plain] | dict[str, Plain]"

# Any run of this many characters of a secret in a message means that the message quotes the secret.
_EXCERPT = 6


def validate(
    adapter: TypeAdapter[T], annotation: object, origin: Origin, references: References, base_dir: Path
) -> tuple[T | None, list[Problem]]:
    """The value that `origin` describes as an instance of `annotation`, which `adapter` was made from; None
    when there are problems.

    Strict: text is never taken for a number or a boolean. Files named by settings lie below `base_dir`.
    """
    reading = _Reading(annotation, origin, references)
    data = reading.plain(origin.node, ())
    try:
        # By way of JSON: strict mode then takes text for paths, enumerations and secrets, as is meant here.
        value = adapter.validate_json(json.dumps(data), strict=True, context={"base_dir": base_dir})
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        found = explain(details, origin, annotation, reading.secrets, reading.scrubbed)
        failed = {(problem.line, problem.column) for problem in reading.problems}
        fresh = [problem for problem in found if (problem.line, problem.column) not in failed]
        return None, reading.problems + fresh
    return (None if reading.problems else value), reading.problems


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

    def _text(self, text: str, path: KeyPath) -> str:
        if "${" not in text:
            self._check_literal(path)
            return text
        expected = expected_at(self.annotation, self.origin.node, path)
        try:
            resolved, secrets = self.references.resolve(text, _quoting(expected))
        except Unresolved as error:
            self.problems.append(self.origin.problem(path, printable(str(error))))
            return text
        if not secrets:
            self._check_literal(path)
        else:
            self.secrets[path] = secrets
        return resolved

    def _check_literal(self, path: KeyPath) -> None:
        expected = expected_at(self.annotation, self.origin.node, path)
        if is_secret(expected) and _quoting(expected) is None:
            message = "a secret is given by reference only; allowed: ${env:NAME}, ${file:PATH}"
            self.problems.append(self.origin.problem(path, message))

    def scrubbed(self, message: str) -> str:
        """A validator's own message with every secret replaced by its reference; withheld when it quotes a
        part of one."""
        known = [secret for secrets in self.secrets.values() for secret in secrets]
        for secret in sorted(known, key=lambda item: -len(item.value)):
            for form in {secret.value, json.dumps(secret.value)[1:-1], repr(secret.value)[1:-1]}:
                parts = re.split(rf"(?<!\w){re.escape(form)}(?!\w)", message)
                message = secret.shown.join(parts)
                if len(form) >= _EXCERPT:
                    message = message.replace(form, secret.shown)
        if any(_quotes(message, secret) for secret in known):
            return f"not accepted; the reason is not shown because it quotes {known[0].shown}"
        return message


def _quoting(expected: list[Expected]) -> Any:
    """How the field at a place quotes values put into its text, None when it does not say."""
    for one in expected:
        quote = getattr(one.owner, "interpolation", {}).get(one.name)
        if quote is not None:
            return quote
    return None


def _quotes(message: str, secret: Secret) -> bool:
    value = secret.value
    rest = message.replace(secret.shown, "")
    return any(value[at : at + _EXCERPT] in rest for at in range(len(value) - _EXCERPT + 1))
