"""What a schema's complaint means, in words for whoever sent the value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

import jsonschema_rs

from adapters.contract import JsonSchema
from adapters.errors import Violation
from gateway.config.suggest import did_you_mean

_Kind = jsonschema_rs.ValidationErrorKind
_Error = jsonschema_rs.ValidationError

MAX_PATTERN = 40
"""Characters of a regular expression that people may still be shown."""
_MAX_VALUES = 20
_MAX_MESSAGE = 300

FORMATS: Mapping[str, tuple[str, str]] = {
    "date": ("an ISO 8601 date", "2026-01-31"),
    "date-time": ("an ISO 8601 date and time", "2026-01-31T12:00:00Z"),
    "time": ("an ISO 8601 time", "12:00:00Z"),
    "duration": ("an ISO 8601 duration", "P1D"),
    "year-month": ("an ISO 8601 year and month", "2026-01"),
    "year": ("a year", "2026"),
    "month-day": ("a month and day", "--01-31"),
    "uuid": ("a UUID", "5e0f5a34-6c1e-4f0e-9d52-0d5b3f7c1a2b"),
    "uri": ("a URI", "https://example.com/"),
    "email": ("an e-mail address", "someone@example.com"),
}
"""Forms of text by name: what they are called, and a sample. Not all names are formats of JSON Schema."""

_TYPES = {"object": "an object", "array": "an array", "integer": "an integer", "null": "null"}


def pointer(path: Iterable[str | int]) -> str:
    """A JSON pointer. Source: RFC 6901."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def explained(error: _Error, schema: JsonSchema) -> Iterator[Violation]:
    """All that one complaint of the validator says. `schema` is the whole one, which has the words."""
    kind = error.kind
    if isinstance(kind, _Kind.AdditionalProperties | _Kind.UnevaluatedProperties):
        properties = _at(schema, error.schema_path[:-1]).get("properties")
        for name in kind.unexpected:
            hint = did_you_mean(name, properties if isinstance(properties, dict) else ())
            yield Violation(f"is not a known member{hint}", pointer=pointer([*error.instance_path, name]))
    elif isinstance(kind, _Kind.OneOfNotValid | _Kind.OneOfMultipleValid | _Kind.AnyOf):
        yield from _alternatives(error, kind.context, schema)
    elif isinstance(kind, _Kind.Required):
        yield Violation("is missing", pointer=pointer([*error.instance_path, kind.property]))
    else:
        message = _message(error, schema)
        if len(message) > _MAX_MESSAGE:
            message = message[:_MAX_MESSAGE] + "…"
        yield Violation(message, pointer=pointer(error.instance_path))


@lru_cache(maxsize=256)
def form_of(pattern: str) -> tuple[str, str] | None:
    """The well-known form that a long regular expression spells out, by the samples that it lets through."""
    if len(pattern) <= MAX_PATTERN:
        return None
    try:
        match = re.compile(pattern, re.ASCII).search
    except re.error:
        return None
    fitting = [form for form in FORMATS.values() if match(form[1])]
    return fitting[0] if len(fitting) == 1 else None


def _message(error: _Error, schema: JsonSchema) -> str:
    kind = error.kind
    if isinstance(kind, _Kind.Type):
        return "must be " + " or ".join(_TYPES.get(name, f"a {name}") for name in kind.types)
    if isinstance(kind, _Kind.Enum):
        options = [json.dumps(option, ensure_ascii=False, default=str) for option in kind.options]
        more = f" and {len(options) - _MAX_VALUES} more" if len(options) > _MAX_VALUES else ""
        return f"must be one of {', '.join(options[:_MAX_VALUES])}{more}"
    if isinstance(kind, _Kind.Pattern):
        return _about_pattern(kind.pattern, _at(schema, error.schema_path[:-1]))
    if isinstance(kind, _Kind.Format):
        name, sample = FORMATS.get(kind.format, (f"a valid {kind.format}", ""))
        return f"is not {name}" + (f", such as {sample}" if sample else "")
    if isinstance(kind, _Kind.MultipleOf):
        step = Decimal(str(kind.multiple_of)).normalize()
        if step.as_tuple().digits == (1,) and step < 1:
            places = -int(step.as_tuple().exponent)
            return f"may have {places} decimal place{'s' if places > 1 else ''} at most"
    if isinstance(kind, _Kind.FalseSchema):
        return "is not allowed here"
    return str(error.message)


def _about_pattern(pattern: str, place: Mapping[str, Any]) -> str:
    form = form_of(pattern)
    if form is not None:
        return f"is not {form[0]}, such as {form[1]}"
    bare = (
        re.sub(r"^\^(?:\(\?:)?|\)?\$$", "", pattern) if re.fullmatch(r"\^\(\?:.*\)\$", pattern) else pattern
    )
    if len(bare) <= MAX_PATTERN:
        return f"does not match {bare}"
    described = place.get("title") or place.get("description")
    told = f" ({str(described)[:120]})" if isinstance(described, str) and described else ""
    return f"does not have the form that the schema asks for{told}"


# --- alternatives ------------------------------------------------------------------------------------


def _alternatives(error: _Error, branches: list[list[_Error]], schema: JsonSchema) -> Iterator[Violation]:
    """What is wrong by the alternative that was most likely meant."""
    place = pointer(error.instance_path)
    choice = _choice(error, branches, schema)
    if choice is not None:
        yield Violation(choice, pointer=place)
        return
    if isinstance(error.kind, _Kind.OneOfMultipleValid):
        yield Violation(
            "fits more than one of the alternatives, of which one alone is allowed", pointer=place
        )
        return
    base = len(error.instance_path)
    own = [next((inner for inner in branch if _is_of_value(inner, base)), None) for branch in branches]
    if all(inner is not None for inner in own):
        # No alternative takes a value of this kind: all that would be are said.
        messages = [_message(inner, schema) for inner in own if inner is not None]
        yield Violation("; or ".join(dict.fromkeys(messages))[:_MAX_MESSAGE], pointer=place)
        return
    meant = min(branches, key=lambda branch: (_distance(branch, base), len(branch)))
    for inner in meant:
        yield from explained(inner, schema)


def _choice(error: _Error, branches: list[list[_Error]], schema: JsonSchema) -> str | None:
    """For alternatives that differ only in the members they require: which, and how many of them."""
    base = len(error.instance_path)
    inner = [found for branch in branches for found in branch]
    if any(
        len(found.instance_path) > base + 1 or not isinstance(found.kind, _Kind.Required | _Kind.FalseSchema)
        for found in inner
    ):
        return None
    options = _at(schema, error.schema_path)
    names: list[str] = []
    for option in options if isinstance(options, list) else ():
        if not isinstance(option, dict) or option.keys() - {"required", "properties", "not"}:
            return None
        required = option.get("required")
        if isinstance(required, list) and required:
            names.append(" with ".join(str(name) for name in required))
    if not names:
        return None
    count = "at least one" if isinstance(error.kind, _Kind.AnyOf) else "exactly one"
    return f"must have {count} of {', '.join(names[:_MAX_VALUES])}"


def _is_of_value(error: _Error, base: int) -> bool:
    """True for a complaint about the value as a whole: no member of it could put that right."""
    return len(error.instance_path) == base and isinstance(
        error.kind, _Kind.Type | _Kind.Enum | _Kind.Constant | _Kind.Format | _Kind.Pattern
    )


def _distance(branch: list[_Error], base: int) -> int:
    """How far a value is from an alternative by its own members. What is wrong deeper inside does not tell
    alternatives apart; a member that an alternative does not know tells more than one that it lacks."""
    total = 0
    for error in branch:
        kind = error.kind
        if _is_of_value(error, base):
            total += 1000
        elif isinstance(kind, _Kind.AdditionalProperties | _Kind.UnevaluatedProperties):
            total += 3 * len(kind.unexpected) if len(error.instance_path) == base else 0
        elif isinstance(kind, _Kind.Constant) and len(error.instance_path) == base + 1:
            total += 100
        elif len(error.instance_path) == base:
            total += 1
    return total


def _at(schema: JsonSchema, path: Iterable[str | int]) -> Any:
    """The part of the schema at a path; an empty object where there is none."""
    place: Any = schema
    for step in path:
        if isinstance(place, dict):
            place = place.get(str(step))
        elif isinstance(place, list) and isinstance(step, int) and step < len(place):
            place = place[step]
        else:
            return {}
    return {} if place is None else place
