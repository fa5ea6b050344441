"""A stream of a format to an Arrow or a Parquet file."""

from __future__ import annotations

from collections.abc import Sequence

from mappings.columns import TableKind
from mappings.columns.arrow import pa
from mappings.columns.batches import Batch, BatchDecoder
from mappings.columns.batching import batch_decoder
from mappings.columns.tables import TableWriter
from mappings.contract import Context, Format, MappingError, Summary


class TableDecoder:
    """One stream. What it gives are the bytes of the file, and errors."""

    def __init__(self, decoder: BatchDecoder, kind: TableKind) -> None:
        self._decoder = decoder
        self._kind = kind
        self._writer: TableWriter | None = None
        self.written = 0

    def feed(self, chunk: bytes) -> Sequence[bytes | MappingError]:
        """The part of the file that is settled now, and the errors of records that are not in it."""
        batch, errors = self._decoder.feed(chunk)
        return [*errors, self._put(batch)]

    def finish(self) -> tuple[Sequence[bytes | MappingError], Summary]:
        """The rest of the file."""
        batch, errors, summary = self._decoder.finish()
        return [*errors, self._put(batch), self._opened().finish()], summary

    def _put(self, batch: Batch) -> bytes:
        if batch is None:
            return b""
        self.written += batch.num_rows
        return self._opened().write(batch)

    def _opened(self) -> TableWriter:
        if self._writer is None:
            schema = self._decoder.schema
            # Data without a header row has no columns.
            self._writer = TableWriter(self._kind, pa.schema([]) if schema is None else schema)
        return self._writer


def table_decoder(format_: Format, context: Context, kind: TableKind) -> TableDecoder:
    """A decoder of one stream. Raises: ValueError as `batch_decoder` does."""
    return TableDecoder(batch_decoder(format_, context), kind)
