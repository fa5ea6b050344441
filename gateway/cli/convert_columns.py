"""`gateway convert` in columns: from a format straight to NDJSON, or to an Arrow or Parquet file."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.cli.convert_errors import Errors, Stopped
from gateway.cli.convert_files import Output
from gateway.cli.failure import USAGE, Failure
from mappings.columns import TABLE_KINDS, TableKind, block_decoder, table_decoder
from mappings.contract import BlockDecoder, Context, Format, MappingError, Summary

SMALL_BYTES = 1 << 20
"""Bytes of a file up to which it is converted before the libraries for columns are loaded."""


def columns_of(format_: Format | None, size: int | None, context: Context) -> BlockDecoder | None:
    """A decoder of a format to NDJSON with no transform between; None where there is none, or where `size`
    bytes, None where they are not known, are not worth it."""
    if format_ is None or (size is not None and size < SMALL_BYTES):
        return None
    return block_decoder(format_, context)


def table_of(format_: Format | None, kind: TableKind, context: Context) -> BlockDecoder:
    """A decoder of a format to a file of columns. Raises: Failure."""
    if format_ is None:
        raise Failure(f"--to {kind}: needs a format alone, without a transform or --encode", USAGE)
    try:
        return table_decoder(format_, context, kind)
    except ValueError as error:
        raise Failure(f"--to {kind}: cannot be written: {error}", USAGE) from None


def table_kind(kind: str | None) -> TableKind | None:
    """The kind of file of columns that is asked for."""
    return next((each for each in TABLE_KINDS if each == kind), None)


class ColumnsConversion:
    """Writes what a decoder of blocks gives."""

    chunk_bytes = 1 << 20

    def __init__(self, decoder: BlockDecoder, errors: Errors, *, strict: bool) -> None:
        self._decoder = decoder
        self._errors = errors
        self._strict = strict
        self.summary: Summary | None = None

    @property
    def written(self) -> int:
        """Records converted so far."""
        return self._decoder.written

    def feed(self, chunk: bytes, output: Output) -> None:
        """Convert what is complete now. Raises: Stopped, Failure."""
        try:
            results = self._decoder.feed(chunk)
        except MappingError as lost:
            raise self._errors.lost(lost) from None
        self._put(results, output)

    def finish(self, output: Output) -> None:
        """Convert what is left, and end the output. Raises: Stopped, Failure."""
        try:
            results, self.summary = self._decoder.finish()
        except MappingError as lost:
            raise self._errors.lost(lost) from None
        self._put(results, output)

    def _put(self, results: Sequence[bytes | MappingError], output: Output) -> None:
        for result in results:
            if not isinstance(result, MappingError):
                output.put(result)
                continue
            self._errors.note(result, None)
            if self._strict:
                raise Stopped("stopped at the first error (--strict)")
