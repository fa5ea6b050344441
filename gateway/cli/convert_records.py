"""JSON on the other side of `gateway convert`: records read from JSON, NDJSON or CSV, and written as them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias

from mappings import json
from mappings.contract import (
    Context,
    Decoder,
    Encoder,
    Format,
    JsonSchema,
    MappingError,
    Place,
    Record,
    Summary,
)
from mappings.kinds import built_in

Kind: TypeAlias = Literal["ndjson", "json", "csv"]
KINDS: tuple[Kind, ...] = ("ndjson", "json", "csv")
SPACE = b" \t\r\n"
"""What may stand before a JSON text."""


def reader(kind: Kind | None, context: Context) -> Decoder:
    """A decoder of records; without a kind, data that begins with `[` is JSON and other data NDJSON."""
    return _format(kind).decoder(context) if kind else _Either(context)


def _format(kind: Kind) -> Format:
    found = built_in(kind)
    assert found is not None, "every kind is built in"
    return found


class _Either:
    """NDJSON, or JSON where the data is an array."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._space = b""
        self._chosen: Decoder | None = None

    def feed(self, chunk: bytes) -> Sequence[Record | MappingError]:
        """The records that are complete now."""
        if self._chosen is None:
            self._space += chunk
            first = self._space.lstrip(SPACE)[:1]
            if not first:
                # Only its line ends count, for the places of errors.
                return ()
            chunk, self._space = self._space, b""
            self._chosen = reader("json" if first == b"[" else "ndjson", self._context)
        return self._chosen.feed(chunk)

    def finish(self) -> tuple[Sequence[Record | MappingError], Summary]:
        """The last records."""
        return self._chosen.finish() if self._chosen else ((), Summary(records=0, errors=0))


class Writer(Protocol):
    """Writes records one by one."""

    def write(self, record: Record) -> bytes:
        """The bytes to put out now. Raises: MappingError; then nothing of the record is written."""

    def finish(self) -> bytes:
        """What follows the last record. Raises: MappingError."""


def writer(kind: Kind, context: Context, schema: Callable[[], JsonSchema]) -> Writer:
    """A writer of records, of which `schema` is the JSON Schema."""
    match kind:
        case "ndjson":
            return Lines()
        case "json":
            return Array()
        case "csv":
            return Table(context, _declared(schema()))


class Lines:
    """NDJSON."""

    def write(self, record: Record) -> bytes:
        """A line."""
        return json.encode_line(record)

    def finish(self) -> bytes:
        """Nothing."""
        return b""


class Array:
    """One JSON array, also where there is one record or none; a record on each line."""

    def __init__(self) -> None:
        self._is_empty = True

    def write(self, record: Record) -> bytes:
        """The record after a comma or the array's beginning."""
        text = json.encode(record)
        before = b"[\n" if self._is_empty else b",\n"
        self._is_empty = False
        return before + text

    def finish(self) -> bytes:
        """The array's end."""
        return b"[]\n" if self._is_empty else b"\n]\n"


class Table:
    """CSV with a header row. Null is an empty field, and so is a declared member that a record leaves out."""

    def __init__(self, context: Context, columns: Sequence[str]) -> None:
        """Without columns all records have the members of the first one."""
        self._encoder = _format("csv").encoder(context)
        self._columns = columns
        self._are_declared = bool(columns)

    def write(self, record: Record) -> bytes:
        """The record's row."""
        if not isinstance(record, dict):
            raise MappingError(
                "a row of CSV needs an object; --to ndjson carries any record", rule="not-flat"
            )
        row = {name: _cell(name, value) for name, value in record.items()}
        columns = self._columns or tuple(row)
        for name in row:
            if name not in columns:
                raise _no_column(name, "has no column: the first record had no such member")
        for name in columns:
            if name not in row and not self._are_declared:
                raise _no_column(name, "is missing: the first record had it")
        written = self._encoder.encode([{name: row.get(name, "") for name in columns}])
        self._columns = columns
        return written

    def finish(self) -> bytes:
        """Nothing more."""
        return self._encoder.finish()


def _declared(schema: JsonSchema) -> Sequence[str]:
    """The members that records of a schema can have; none where it does not say them all."""
    properties = schema.get("properties")
    if schema.get("additionalProperties") is not False or not isinstance(properties, dict):
        return ()
    return tuple(properties)


def _no_column(name: str, reason: str) -> MappingError:
    return MappingError(
        f"{reason}; a transform can give all records the same members, --to ndjson carries any",
        rule="columns",
        place=Place(path=_path(name)),
    )


def _cell(name: str, value: Record) -> str:
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case int() | float():
            return json.encode(value).decode()
        case _:
            kind = "an object" if isinstance(value, dict) else "a list"
            raise MappingError(
                f"{kind} does not fit into a row of CSV; a transform can flatten it, --to ndjson carries it",
                rule="not-flat",
                place=Place(path=_path(name)),
            )


def _path(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


class Encoded:
    """The bytes of a format."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def write(self, record: Record) -> bytes:
        """The record's bytes, as far as the format settles them."""
        return self._encoder.encode([record])

    def finish(self) -> bytes:
        """The end of the data."""
        return self._encoder.finish()
