"""`gateway convert` in columns: from a format straight to NDJSON, or to an Arrow or Parquet file."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.cli.allocation import keep_freed_memory, use_system_pool
from gateway.cli.convert_errors import Errors, Stopped
from gateway.cli.convert_files import Output
from gateway.cli.convert_mapping import Chosen
from gateway.cli.convert_records import SPACE, Kind
from gateway.cli.convert_streams import CHUNK_BYTES, STOPPED, Conversion
from gateway.cli.failure import USAGE, Failure
from mappings.columns import (
    TABLE_KINDS,
    BlockEncoder,
    RecordWriter,
    Refused,
    TableKind,
    block_decoder,
    block_encoder,
    is_installed,
    record_table,
    schema_with_columns,
    table_decoder,
)
from mappings.contract import BlockDecoder, Context, Format, MappingError, Summary

TABLE_CHUNK_BYTES = 512 * 1024
"""Bytes that are read at once for a file of columns: a batch of records."""
SMALL_BYTES = 1 << 20
"""Bytes of a file up to which it is converted before the libraries for columns are loaded."""


def columns_of(format_: Format, size: int | None, context: Context) -> BlockDecoder | None:
    """A decoder of a format to NDJSON with no transform between; None where there is none, or where `size`
    bytes, None where they are not known, are not worth it."""
    if size is not None and size < SMALL_BYTES:
        return None
    _prepare_memory()
    return block_decoder(format_, context)


def encoder_of(format_: Format | None, size: int | None, context: Context) -> BlockEncoder | None:
    """An encoder of a format from NDJSON with no transform between; None as for `columns_of`."""
    if format_ is None or (size is not None and size < SMALL_BYTES):
        return None
    _prepare_memory()
    return block_encoder(format_, context)


def table_of(format_: Format | None, kind: TableKind, context: Context) -> BlockDecoder | None:
    """A decoder of a format to a file of columns, with no transform between; None where there is none, and
    `table_writer` takes the records."""
    if format_ is None or not is_installed():
        return None
    _prepare_memory()
    try:
        return table_decoder(format_, context, kind)
    except ValueError:
        return None


def table_writer(chosen: Chosen, kind: TableKind) -> RecordWriter:
    """A writer of the records that come out to a file of columns. Raises: Failure."""
    _prepare_memory()
    try:
        source = None if chosen.format is None else schema_with_columns(chosen.format)
        if chosen.transform is not None:
            return record_table(chosen.transform.schema(source), kind, is_typed=True)
        assert source is not None, "there is a format or a transform"
        return record_table(source, kind)
    except ValueError as error:
        raise Failure(f"--to {kind}: cannot be written: {error}", USAGE) from None


def _prepare_memory() -> None:
    """What the blocks are made in."""
    use_system_pool()
    keep_freed_memory()


def table_kind(kind: str | None) -> TableKind | None:
    """The kind of file of columns that is asked for."""
    return next((each for each in TABLE_KINDS if each == kind), None)


class EncodingConversion:
    """Writes what an encoder of blocks gives, where the data is NDJSON; `otherwise` converts a JSON array."""

    chunk_bytes = CHUNK_BYTES

    def __init__(
        self,
        encoder: BlockEncoder,
        otherwise: Conversion,
        errors: Errors,
        *,
        strict: bool,
        kind: Kind | None,
    ) -> None:
        """`kind` is what the data is said to be, NDJSON or nothing."""
        self._encoder = encoder
        self._otherwise = otherwise
        self._errors = errors
        self._strict = strict
        self._is_ndjson = True if kind else None
        self._space = b""

    @property
    def written(self) -> int:
        """Records converted so far."""
        return self._encoder.written if self._is_ndjson else self._otherwise.written

    @property
    def summary(self) -> Summary | None:
        """What the decoder of records saw, where it was the one."""
        return None if self._is_ndjson else self._otherwise.summary

    def feed(self, chunk: bytes, output: Output) -> None:
        """Convert what is complete now. Raises: Stopped, Failure."""
        if self._is_ndjson is None:
            chunk, self._space = self._space + chunk, b""
            first = chunk.lstrip(SPACE)[:1]
            if not first:
                self._space = chunk
                return
            self._is_ndjson = first != b"["
        if self._is_ndjson:
            self._put(self._encoder.feed(chunk), output)
        else:
            self._otherwise.feed(chunk, output)

    def finish(self, output: Output) -> None:
        """Convert what is left, and end the output. Raises: Stopped, Failure."""
        if not self._is_ndjson:
            self._otherwise.feed(self._space, output)
            self._otherwise.finish(output)
            return
        self._put(self._encoder.finish(), output)
        try:
            output.put(self._encoder.end())
        except MappingError as error:
            raise self._errors.incomplete(error) from None

    def _put(self, results: Sequence[bytes | MappingError | Refused], output: Output) -> None:
        for result in results:
            if isinstance(result, bytes):
                output.put(result)
                continue
            if isinstance(result, Refused):
                self._errors.note(result.error, result.number, result.record)
            else:
                self._errors.note(result, None)
            if self._strict:
                raise Stopped(STOPPED)
