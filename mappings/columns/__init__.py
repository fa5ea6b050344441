"""Flat files in columns: many records at once, with the results of the record path.

Needs numpy and pyarrow, the extra `bulk`, which are loaded when they are first used; without them everything
goes record by record.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Literal, NamedTuple, Protocol, TypeAlias

from mappings.compression import CompressedFormat, watchful_blocks
from mappings.contract import BlockDecoder, Context, FlatFormat, Format, JsonSchema, MappingError, Record

__all__ = [
    "TABLE_KINDS",
    "BlockEncoder",
    "RecordWriter",
    "Refused",
    "TableKind",
    "block_decoder",
    "block_encoder",
    "is_installed",
    "record_table",
    "schema_with_columns",
    "table_decoder",
]

TableKind: TypeAlias = Literal["arrow", "parquet"]
TABLE_KINDS: tuple[TableKind, ...] = ("arrow", "parquet")
"""Files of columns that can be written: Arrow's IPC file format, and Apache Parquet."""


class Refused(NamedTuple):
    """A record that was read and cannot be written, with its number among those that were read, from 1."""

    error: MappingError
    number: int
    record: Record


class BlockEncoder(Protocol):
    """Writes one stream of NDJSON in a format, in chunks cut anywhere."""

    @property
    def written(self) -> int:
        """How many records were written so far."""

    def feed(self, chunk: bytes) -> Sequence[bytes | MappingError | Refused]:
        """The bytes of the records that are complete now, and errors, in order."""

    def finish(self) -> Sequence[bytes | MappingError | Refused]:
        """The bytes of a last line that has no end."""

    def end(self) -> bytes:
        """What follows the last record, once all is finished. Raises: MappingError as an encoder does."""


class RecordWriter(Protocol):
    """Writes records one by one."""

    def write(self, record: Record) -> bytes:
        """The bytes to put out now. Raises: MappingError; then nothing of the record is written."""

    def finish(self) -> bytes:
        """What follows the last record."""


def is_installed() -> bool:
    """Whether the libraries are there."""
    return find_spec("numpy") is not None and find_spec("pyarrow") is not None


def block_decoder(format_: Format, context: Context) -> BlockDecoder | None:
    """A decoder that gives lines of NDJSON: the same that the format's own decoder and `encode_line` give,
    byte for byte, errors included. None where the format's structure does not allow columns, or the libraries
    are not there.

    Raises: MappingError when records are longer than the context allows.
    """
    inner = format_.inner if isinstance(format_, CompressedFormat) else format_
    if not isinstance(inner, FlatFormat) or not is_installed():
        return None
    make = import_module("mappings.columns.decoding").block_decoder
    if isinstance(format_, CompressedFormat):
        return None if make(inner, context) is None else format_.blocks(lambda: make(inner, context))
    decoder: BlockDecoder | None = make(format_, context)
    return None if decoder is None else watchful_blocks(decoder)


def table_decoder(format_: Format, context: Context, kind: TableKind) -> BlockDecoder:
    """A decoder that gives the bytes of a file of columns. The values are those of the records; a record of
    which one does not fit the type of its column is an error.

    Raises: ValueError with the reason when the format has no columns or the libraries are not there,
    MappingError when records are longer than the context allows.
    """
    _insist_on_libraries()
    make = import_module("mappings.columns.tabling").table_decoder
    if not isinstance(format_, CompressedFormat):
        return watchful_blocks(make(format_, context, kind))
    if format_.has_several:
        raise ValueError("the archive may have several files, and a table is of one")
    inner = format_.inner
    make(inner, context, kind)
    return format_.blocks(lambda: make(inner, context, kind))


def schema_with_columns(format_: Format) -> JsonSchema:
    """JSON Schema of a format's records, for `record_table`: in it fields name the columns that
    `table_decoder` gives them, where it does. Raises: ValueError when the libraries are not there."""
    _insist_on_libraries()
    found: JsonSchema = import_module("mappings.columns.schema_hints").hinted_schema(format_)
    return found


def record_table(schema: JsonSchema, kind: TableKind, *, is_typed: bool = False) -> RecordWriter:
    """A writer of a file of columns for any records that a JSON Schema describes; `is_typed` insists that it
    says the type of each member. What `table_decoder` reads becomes the same table in both ways.

    Raises: ValueError with the reason when the schema does not say the members, or the libraries are not
    there.
    """
    _insist_on_libraries()
    make = import_module("mappings.columns.record_tables").RecordTable
    table: RecordWriter = make(schema, kind, is_typed=is_typed)
    return table


def _insist_on_libraries() -> None:
    """Raises: ValueError where they are not there."""
    if not is_installed():
        raise ValueError("the extra `bulk` is not installed: pip install 'legacy-gateway[bulk]'")


def block_encoder(format_: Format, context: Context) -> BlockEncoder | None:
    """An encoder from lines of NDJSON: what it gives is what the decoder of NDJSON and the format's encoder
    give, a record at a time, byte for byte. None where the format's structure does not allow columns, or the
    libraries are not there."""
    inner = format_.inner if isinstance(format_, CompressedFormat) else format_
    if not isinstance(inner, FlatFormat) or not is_installed():
        return None
    make = import_module("mappings.columns.encoding").block_encoder
    encoder: BlockEncoder | None = make(inner, context)
    if encoder is None or not isinstance(format_, CompressedFormat):
        return encoder
    return format_.block_writer(encoder, context)
