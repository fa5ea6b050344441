"""Lines of NDJSON to fixed-width records, many at once."""

from __future__ import annotations

import numpy as np

from mappings.columns.arrays import Bytes, Flags
from mappings.columns.characters import Characters
from mappings.columns.fixed_writing import Writer
from mappings.columns.fixed_writing_compile import compile_writer
from mappings.columns.ndjson_shape import Values
from mappings.columns.template import Lines
from mappings.contract import Context
from mappings.fixed_width import FixedWidthFormat
from mappings.fixed_width.layout import UNTAGGED
from mappings.fixed_width.record_formats import VARIABLE
from mappings.fixed_width.writer import RecordWriter, ending


class FixedBlockWriter:
    """Writes records of the only type of a definition."""

    def __init__(self, format_: FixedWidthFormat, context: Context, writers: dict[str, Writer]) -> None:
        self.encoder: RecordWriter = format_.encoder(context)
        layout = format_.layout
        (record,) = layout.records
        self._places = {each.name: slice(each.start, each.end) for each in record.fields}
        self._writers = writers
        self._ending = ending(layout)
        self._template = np.frombuffer(record.template + self._ending, np.uint8)
        self._length = record.length
        self._separator = None if layout.cuts_by_length else self._ending[-1:]
        self._return = layout.page.encode("\r")[0]

    @property
    def names(self) -> frozenset[str]:
        """The members that every record has."""
        return frozenset(self._writers)

    def write(self, values: Values, names: tuple[str, ...]) -> Lines:
        """The records of the lines that stay good, `names` being those of the values' columns."""
        records: Bytes = np.empty((len(values.good), len(self._template)), np.uint8)
        records[:] = self._template
        for column, name in enumerate(names):
            data, good = self._writers[name].write(values, column)
            records[:, self._places[name]] = data
            values.good &= good
        self._refuse_separators(records, values.good)
        kept = records if values.good.all() else records[values.good]
        ends = np.arange(1, len(kept) + 1, dtype=np.int32) * np.int32(len(self._template))
        return Lines(memoryview(kept.tobytes()), ends)

    def passed(self, count: int) -> None:
        """Tell the record path of records that were written here."""
        self.encoder.pass_over(count)

    def _refuse_separators(self, records: Bytes, good: Flags) -> None:
        """What separates records may not stand in one."""
        if self._separator:
            inside = records[:, : self._length]
            found = inside == self._separator[0]
            if found.any():
                good &= ~found.any(axis=1)
            good &= inside[:, -1] != self._return


def fixed_block_writer(format_: FixedWidthFormat, context: Context) -> FixedBlockWriter | None:
    """A writer for one stream; None where records go one by one."""
    definition, layout = format_.definition, format_.layout
    if definition.record_format in VARIABLE or len(layout.records) != 1 or layout.records[0].name != UNTAGGED:
        return None
    (record,) = layout.records
    if record.items is not None or record.totals or not record.fields or record.tests:
        return None
    if record.length > context.max_record_bytes:
        return None
    characters = Characters(layout.page)
    writers: dict[str, Writer] = {
        each.name: compile_writer(each.codec, each.end - each.start, layout.page, characters)
        for each in record.fields
    }
    return FixedBlockWriter(format_, context, writers)
