"""Tables, views and columns as the adapter knows them, whatever the database."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from fnmatch import fnmatchcase

from adapters.contract import JsonSchema

_PATTERN = re.compile(r"[*?\[]")


class Kind(StrEnum):
    """What a column's values are, as far as filters and JSON are concerned."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    DOUBLE = "double"
    BOOLEAN = "boolean"
    TEXT = "text"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    TIMESTAMPTZ = "timestamp with time zone"
    BINARY = "binary"
    UUID = "uuid"
    JSON = "json"
    ARRAY = "array"
    ANY = "any"
    """The database tells no type (a column of a SQLite view)."""
    OTHER = "other"
    """A type of the database's own, carried as its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `declared` is the type as the database writes it; `cast` the type a bound text is cast to
    ("" where the dialect needs none); `size` counts characters of a text or bits of an integer, None where
    unknown. `writable` is False for columns that the database computes."""

    name: str
    kind: Kind
    declared: str
    nullable: bool = True
    has_default: bool = False
    writable: bool = True
    cast: str = ""
    size: int | None = None
    values: tuple[str, ...] = ()
    comment: str = ""

    @property
    def required(self) -> bool:
        """True when an insert has to name it."""
        return not self.nullable and not self.has_default and self.writable


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table or view. `name` is its name in paths; `sql` its quoted, qualified name; `key` the columns of
    the primary key, in its order; `has_rowid` tells that SQLite numbers its rows; `stamp` is a column beside
    the others that the database changes with each change of a row, where it has one."""

    name: str
    sql: str
    view: bool
    writable: bool
    columns: dict[str, Column] = field(hash=False)
    key: tuple[str, ...] = ()
    comment: str = ""
    has_rowid: bool = False
    stamp: Column | None = None


def allowed(name: str, allow: tuple[str, ...], deny: tuple[str, ...]) -> bool:
    """True when a table of this name is to be offered: in `allow` and not in `deny`, both glob patterns."""
    return any(fnmatchcase(name, pattern) for pattern in allow) and not any(
        fnmatchcase(name, pattern) for pattern in deny
    )


def unmatched(allow: Sequence[str], deny: Sequence[str], names: Sequence[str]) -> list[str]:
    """The names in settings that match no table, each with what was probably meant.

    Patterns to be denied may be there as a precaution; a whole name was meant to hide something.
    """
    wanted = [("tables.allow", pattern) for pattern in allow if pattern != "*"]
    wanted += [("tables.deny", name) for name in deny if not _PATTERN.search(name)]
    return [
        f"{key}: no table {json.dumps(word, ensure_ascii=False)}{_meant(word, names)}"
        for key, word in wanted
        if not any(fnmatchcase(name, word) for name in names)
    ]


def _meant(word: str, names: Sequence[str]) -> str:
    spelled = {name.casefold(): name for name in names}
    near = get_close_matches(word.casefold(), spelled, n=1)
    return f"; did you mean {json.dumps(spelled[near[0]], ensure_ascii=False)}?" if near else ""


_SCHEMAS: dict[Kind, JsonSchema] = {
    Kind.INTEGER: {"type": "integer"},
    Kind.DECIMAL: {"type": "number"},
    Kind.DOUBLE: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.TEXT: {"type": "string"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.TIME: {"type": "string"},
    Kind.TIMESTAMP: {"type": "string"},
    Kind.TIMESTAMPTZ: {"type": "string", "format": "date-time"},
    Kind.BINARY: {"type": "string", "contentEncoding": "base64"},
    Kind.UUID: {"type": "string", "format": "uuid"},
    Kind.JSON: {},
    Kind.ARRAY: {"type": "array"},
    Kind.ANY: {},
    Kind.OTHER: {"type": "string"},
}


# What a declared type's texts look like where JSON Schema has no word for them, or the database no such type.
_SAMPLES = (("STAMP", "2026-01-31T12:00:00"), ("DATETIME", "2026-01-31T12:00:00"), ("DATE", "2026-01-31"),
            ("TIME", "12:00:00"))  # fmt: skip


def column_schema(column: Column) -> JsonSchema:
    """The JSON Schema of one value of the column."""
    schema: JsonSchema = dict(_SCHEMAS[column.kind])
    if schema == {"type": "string"}:
        declared = column.declared.upper()
        schema |= next(({"examples": [sample]} for part, sample in _SAMPLES if part in declared), {})
    if column.kind is Kind.INTEGER and column.size:
        schema |= {"minimum": -(2 ** (column.size - 1)), "maximum": 2 ** (column.size - 1) - 1}
    if column.kind is Kind.TEXT and column.size:
        schema["maxLength"] = column.size
    if column.values:
        schema = {"enum": [*column.values, *([None] if column.nullable else [])]}
    elif column.nullable and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    description = "; ".join(part for part in (column.comment, column.declared) if part)
    return schema | {"description": description} if description else schema


def row_schema(table: Table) -> JsonSchema:
    """The JSON Schema of a row as it is read. No member is required: `select` leaves members out."""
    return {
        "type": "object",
        "properties": {name: column_schema(column) for name, column in table.columns.items()},
    }


def insert_schema(table: Table) -> JsonSchema:
    """The JSON Schema of a row to be inserted."""
    columns = [column for column in table.columns.values() if column.writable]
    schema: JsonSchema = {
        "type": "object",
        "properties": {column.name: column_schema(column) for column in columns},
        "additionalProperties": False,
    }
    required = [column.name for column in columns if column.required]
    return schema | {"required": list(required)} if required else schema


def key_schema(table: Table) -> JsonSchema:
    """The JSON Schema of the `key` path segment."""
    if len(table.key) == 1:
        column = table.columns[table.key[0]]
        if column.kind is Kind.INTEGER:
            return {name: value for name, value in column_schema(column).items() if name != "description"} | {
                "type": "integer"
            }
    return {"type": "string"}
