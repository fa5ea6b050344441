"""What goes into an operation and what comes out of it, described as data."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

JsonValue: TypeAlias = "None | bool | int | float | Decimal | str | list[JsonValue] | dict[str, JsonValue]"
"""A JSON value. Fractions are `Decimal` (never `float`, except for xs:double and SQL DOUBLE, which are
binary by definition), dates are RFC 3339 text, bytes are base64 text."""

JsonSchema: TypeAlias = dict[str, JsonValue]
"""A JSON Schema, draft 2020-12, self-contained: `$ref` only to its own `$defs`."""


@dataclass(frozen=True, slots=True)
class JsonShape:
    """One JSON value described by a schema."""

    schema: JsonSchema


@dataclass(frozen=True, slots=True)
class RowsShape:
    """Any number of rows; the schema describes one row, an object."""

    schema: JsonSchema


@dataclass(frozen=True, slots=True)
class BytesShape:
    """Bytes. `format` names a mapping or a built-in format that gives them a record schema and a codec;
    the adapter does not look it up, the catalogue does."""

    content_type: str = "application/octet-stream"
    format: str | None = None


@dataclass(frozen=True, slots=True)
class EventsShape:
    """An endless stream of events, each with bytes as its data. `from_several_sources`: they come from more
    than one place, and callers are told which (`Event.source`)."""

    content_type: str = "application/octet-stream"
    format: str | None = None
    from_several_sources: bool = False


Shape: TypeAlias = JsonShape | RowsShape | BytesShape | EventsShape
