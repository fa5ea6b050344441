"""Record batches as the bytes of an Arrow or a Parquet file."""

from __future__ import annotations

from typing import Any

from mappings.columns import TableKind
from mappings.columns.arrays import ArrowType
from mappings.columns.arrow import pa, pq
from mappings.columns.batches import Batch

GROUP_BYTES = 8 << 20
"""Bytes of the batches that are held until they are written together, since Parquet is read best in large
groups. Each MB of them takes two while they are encoded."""


class TableWriter:
    """One file. Source: Apache Arrow Columnar Format, IPC File Format; Apache Parquet Format."""

    def __init__(self, kind: TableKind, schema: ArrowType) -> None:
        self._sink = _Sink()
        file = pa.PythonFile(self._sink, mode="w")
        self._schema = schema
        self._group = GROUP_BYTES if kind == "parquet" else 0
        make = pa.ipc.new_file if kind == "arrow" else pq.ParquetWriter
        self._writer: Any = make(file, schema)
        self._held: list[Batch] = []
        self._size = 0

    def write(self, batch: Batch) -> bytes:
        """The bytes to put out now."""
        self._held.append(batch)
        self._size += batch.nbytes
        if self._size >= self._group:
            self._flush()
        return self._sink.taken()

    def finish(self) -> bytes:
        """The end of the file."""
        self._flush()
        self._writer.close()
        return self._sink.taken()

    def _flush(self) -> None:
        if self._held:
            self._writer.write_table(pa.Table.from_batches(self._held, self._schema))
            self._held.clear()
            self._size = 0


class _Sink:
    """What pyarrow takes for a file: keeps what is written until it is taken."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: Any) -> int:
        """Keep a copy."""
        part = bytes(data)
        self._parts.append(part)
        return len(part)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """There is nothing to close."""

    def taken(self) -> bytes:
        """What was written since it was last taken."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data
