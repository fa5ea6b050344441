"""Fixed-width records in blocks: where they begin, what type they are of, and their columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mappings.columns.arrays import ArrowArray, Bytes, Flags, Positions
from mappings.columns.blocks import FEWEST_ROWS, UNPROVEN, Kinds, Lines, Sheet
from mappings.columns.fixed_framing import Framed, Framing
from mappings.columns.fixed_rows import RecordColumns, RecordRows
from mappings.contract import MappingError
from mappings.fixed_width.layout import Layout, RecordLayout
from mappings.fixed_width.reader import RecordReader


class FixedSheet:
    """A block of fixed-width records. `kinds` are indices of the definition's types."""

    def __init__(
        self,
        starts: Positions,
        kinds: Kinds,
        rows: Mapping[int, RecordRows],
        members: Mapping[int, Positions],
    ) -> None:
        self.starts = starts
        self.kinds = kinds
        self.rows = rows
        self._members = members
        self._lines: dict[int, Lines] = {}
        self._arrays: dict[int, Sequence[ArrowArray]] = {}

    def lines(self, kind: int) -> Lines:
        """The proven records of one type."""
        if kind not in self._lines:
            self._lines[kind] = self.rows[kind].lines()
        return self._lines[kind]

    def arrays(self, kind: int) -> Sequence[ArrowArray]:
        """The same as columns."""
        if kind not in self._arrays:
            self._arrays[kind] = self.rows[kind].arrays()
        return self._arrays[kind]

    def chosen(self, kind: int, first: int, end: int) -> Flags:
        """Which of a type's records, good or not, are among these rows."""
        members = self._members[kind]
        return (members >= first) & (members < end)


class FixedSource:
    """A stream of fixed-width records. `columns` has those of each of the layout's types, None for types that
    go record by record."""

    def __init__(
        self,
        decoder: RecordReader,
        layout: Layout,
        framing: Framing,
        columns: Sequence[RecordColumns | None],
    ) -> None:
        self.decoder = decoder
        self._layout = layout
        self._framing = framing
        self._columns = columns

    @property
    def is_between(self) -> bool:
        """True where the record path holds nothing of a record."""
        return not self.decoder.held

    def first_end(self, chunk: bytes, start: int) -> int:
        """Behind the record that the record path holds the beginning of."""
        return self._framing.first_end(chunk, start, self.decoder.held)

    def rows_end(self, chunk: bytes, start: int, limit: int) -> int:
        """Behind the last whole record."""
        return self._framing.rows_end(chunk, start, limit)

    def sheet(self, block: bytes) -> FixedSheet | None:
        """Read the records in columns, type by type."""
        framed = self._framing.framed(block)
        if len(framed.lengths) < FEWEST_ROWS:
            return None
        types = self._types(framed)
        kinds = np.full(len(types), UNPROVEN, np.int8)
        rows: dict[int, RecordRows] = {}
        members: dict[int, Positions] = {}
        for kind, columns in enumerate(self._columns):
            if columns is None:
                continue
            length = columns.layout.length
            fills = self._layout.fills_short and columns.layout.items is None
            fits = framed.lengths <= length if fills else framed.lengths == length
            if self._layout.skips_blank:
                fits &= framed.lengths > 0
            found = np.flatnonzero(framed.good & fits & (types == kind)).astype(np.int32)
            if len(found) >= FEWEST_ROWS:
                members[kind] = found
                rows[kind] = columns.read(framed.matrix(found, length, self._space))
                kinds[found[rows[kind].good]] = kind
        return FixedSheet(framed.starts, kinds, rows, members)

    def admit(self, sheet: Sheet, kind: int, first: int, end: int) -> tuple[int, Sequence[MappingError]]:
        """Tell the record path of records that are read here."""
        assert isinstance(sheet, FixedSheet), "made by this source"
        record = self._layout.records[kind]
        taken, missing = self.decoder.admit(record, end - first)
        if taken:
            size = int(sheet.starts[first + taken] - sheet.starts[first])
            sums = sheet.rows[kind].sums(sheet.chosen(kind, first, first + taken))
            self.decoder.pass_over(record, taken, size, sums)
        return taken, missing

    @property
    def _space(self) -> int:
        return self._layout.page.encode(" ")[0]

    def _types(self, framed: Framed) -> Kinds:
        """Which type each record is of, UNPROVEN where it is of none or too short to tell."""
        records = self._layout.records
        found = np.full(len(framed.lengths), UNPROVEN, np.int8)
        known_by = max((one.end for record in records for one in record.conditions), default=0)
        otherwise = next((kind for kind, record in enumerate(records) if not record.conditions), UNPROVEN)
        found[framed.lengths >= known_by] = otherwise
        for kind, record in enumerate(records):
            if record.conditions:
                found[_of_type(framed, record)] = kind
        return found


def _of_type(framed: Framed, record: RecordLayout) -> Flags:
    """Which records have the bytes by which a type is known."""
    found = np.ones(len(framed.lengths), np.bool_)
    for one in record.conditions:
        there: Bytes = framed.at(one.start, one.end)
        same = np.zeros(len(found), np.bool_)
        for value in one.values:
            same |= (there == np.frombuffer(value, np.uint8)).all(axis=1)
        found &= same & (framed.lengths >= one.end)
    return found
