"""JSON Schema, compiled: says whether a value is valid, and everything that is wrong with it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import jsonschema_rs

from adapters.contract import JsonSchema, JsonValue
from adapters.errors import Violation
from gateway.config.suggest import did_you_mean

_Kind = jsonschema_rs.ValidationErrorKind

MAX_VIOLATIONS = 100
_MAX_MESSAGE = 300


class SchemaError(ValueError):
    """A schema that does not compile."""


class Checker:
    """One compiled schema. `Decimal` and integers of any size are compared exactly."""

    def __init__(self, schema: JsonSchema) -> None:
        """Raises: SchemaError."""
        self.schema = schema
        try:
            # The mask keeps values, which may be large or private, out of the messages.
            self._validator = jsonschema_rs.Draft202012Validator(
                schema, validate_formats=True, offline=True, mask="the value"
            )
        except ValueError as error:
            raise SchemaError(str(error).partition("\n")[0][:_MAX_MESSAGE]) from error
        self.is_valid = self._validator.is_valid

    def violations(self, value: JsonValue) -> list[Violation]:
        """All that is wrong with a value, at most `MAX_VIOLATIONS`, each with its JSON pointer."""
        explained = (
            violation
            for error in self._validator.iter_errors(value)
            for violation in _explained(error, self.schema)
        )
        return list(itertools.islice(explained, MAX_VIOLATIONS))


def pointer(path: Iterable[str | int]) -> str:
    """A JSON pointer. Source: RFC 6901."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _explained(error: jsonschema_rs.ValidationError, schema: JsonSchema) -> Iterator[Violation]:
    kind = error.kind
    if isinstance(kind, _Kind.AdditionalProperties | _Kind.UnevaluatedProperties):
        known = _properties_beside(error, schema)
        for name in kind.unexpected:
            message = f"is not a known member{did_you_mean(name, known)}"
            yield Violation(message, pointer=pointer([*error.instance_path, name]))
    elif isinstance(kind, _Kind.OneOfNotValid | _Kind.AnyOf):
        yield from _no_alternative(error, kind.context, schema)
    elif isinstance(kind, _Kind.Required):
        yield Violation("is missing", pointer=pointer([*error.instance_path, kind.property]))
    else:
        message = error.message
        if len(message) > _MAX_MESSAGE:
            message = message[:_MAX_MESSAGE] + "…"
        yield Violation(message, pointer=pointer(error.instance_path))


def _properties_beside(error: jsonschema_rs.ValidationError, schema: JsonSchema) -> list[str]:
    """The members that the schema knows where an unknown one was found."""
    place: Any = schema
    for step in error.schema_path[:-1]:
        if isinstance(place, dict):
            place = place.get(str(step))
        elif isinstance(place, list) and isinstance(step, int) and step < len(place):
            place = place[step]
    properties = place.get("properties") if isinstance(place, dict) else None
    return list(properties) if isinstance(properties, dict) else []


def _no_alternative(
    error: jsonschema_rs.ValidationError,
    branches: list[list[jsonschema_rs.ValidationError]],
    schema: JsonSchema,
) -> Iterator[Violation]:
    """When one alternative was clearly meant, what is wrong with it; else that none fits.

    The one that was meant is the only one whose complaints all lie deeper than the value itself, or the
    only one that does not complain about the value's type.
    """
    base = len(error.instance_path)
    deep = [b for b in branches if all(len(inner.instance_path) > base for inner in b)]
    typed = [b for b in branches if not any(_is_type_error(inner, base) for inner in b)]
    meant = deep if len(deep) == 1 else typed
    if len(meant) == 1:
        for inner in meant[0]:
            yield from _explained(inner, schema)
    else:
        yield Violation("fits none of the allowed alternatives", pointer=pointer(error.instance_path))


def _is_type_error(error: jsonschema_rs.ValidationError, base: int) -> bool:
    return len(error.instance_path) == base and isinstance(error.kind, _Kind.Type)
