"""Records one by one to an Arrow or a Parquet file."""

from __future__ import annotations

from mappings.columns import TableKind
from mappings.columns.arrow import pa
from mappings.columns.record_values import Converter, UnfitError
from mappings.columns.schema_types import record_type
from mappings.columns.tables import TableWriter
from mappings.contract import JsonSchema, MappingError, Place, Record
from mappings.fixed_width.layout import escaped

BATCH_ROWS = 8192
BATCH_BYTES = 4 << 20
"""About how many bytes of records are held until they become columns together."""


class RecordTable:
    """One file."""

    def __init__(self, schema: JsonSchema, kind: TableKind, *, is_typed: bool) -> None:
        """`schema` is that of the records; `is_typed` insists that it says the type of every member.

        Raises: ValueError where it does not, or does not say the members.
        """
        type_ = record_type(schema, is_typed=is_typed)
        self._converter = Converter(type_)
        self._type = type_.arrow
        self._writer = TableWriter(kind, pa.schema(list(type_.arrow)))
        self._rows: list[object] = []

    def write(self, record: Record) -> bytes:
        """The bytes to put out now. Raises: MappingError; then the record is not written."""
        try:
            self._rows.append(self._converter.convert(record))
        except UnfitError as unfit:
            raise _error(unfit) from None
        if len(self._rows) < BATCH_ROWS and self._converter.size < BATCH_BYTES:
            return b""
        return self._flushed()

    def finish(self) -> bytes:
        """The end of the file."""
        return self._flushed() + self._writer.finish()

    def _flushed(self) -> bytes:
        if not self._rows:
            return b""
        batch = pa.RecordBatch.from_struct_array(pa.array(self._rows, self._type))
        self._rows.clear()
        self._converter.size = 0
        return self._writer.write(batch)


def _error(unfit: UnfitError) -> MappingError:
    path = "".join(f"/{escaped(str(step))}" for step in reversed(unfit.steps))
    message = f"does not fit the Arrow type {unfit.type.arrow}"
    try:
        excerpt = str(unfit.value)
    except ValueError:  # a number of more digits than are written
        excerpt = ""
    return MappingError(message, rule="overflow", place=Place(path=path), excerpt=excerpt)
