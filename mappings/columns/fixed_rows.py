"""One type of fixed-width record, read in columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import cast

import numpy as np

from mappings import json
from mappings.columns.arrays import ArrowArray, Bytes, Flags
from mappings.columns.characters import Characters
from mappings.columns.fixed_compile import Spot, compile_cell, is_known, is_written_out
from mappings.columns.rows import Allowed, Cell, NumberReading, Reading, Rows, Selection
from mappings.columns.template import Lines, Part, SpanAt, Template, Value
from mappings.fixed_width.code_pages import CodePage
from mappings.fixed_width.field_schema import DecimalField, FieldDefinition
from mappings.fixed_width.layout import RecordLayout
from mappings.fixed_width.schema import RecordDefinition

_WORD = 0xFFFFFFFF


class RecordColumns:
    """Compiled once for a type of record."""

    def __init__(
        self, layout: RecordLayout, record: RecordDefinition, page: CodePage, characters: Characters
    ) -> None:
        self.layout = layout
        self.characters = characters
        self._selection = _selection(layout, record)
        width = self._selection.width
        self._cells: dict[str, Cell] = {}
        for each in layout.fields:
            field = record.fields[each.name]
            assert is_known(field), "asked before"
            spot = Spot((each.start, each.end), self._selection.place(each.start), width)
            cell = compile_cell(field, each.read, spot, page, characters)
            self._cells[each.name] = cell
            width += cell.added
        self._width = width
        self._allowed = Allowed(width)
        for area in layout.fixed:
            self._allowed.exactly(self._selection.place(area.start), characters.plain_bytes(area.data))
        for cell in self._cells.values():
            cell.allow(self._allowed)
        self._template = Template(list(self._parts()))
        summed = {share.field for share in layout.shares if share.field is not None}
        self.can_sum = all(self._cells[name].fits_64_bits for name in summed)
        self._sums = {name: _scale(record.fields[name]) for name in summed}

    def _parts(self) -> Iterator[Part]:
        """The text of a record."""
        name = self.layout.name
        yield b"{%s:{" % json.encode(name) if name else b"{"
        for at, (field, cell) in enumerate(self._cells.items()):
            yield b"%s%s:" % (b"," if at else b"", json.encode(field))
            yield from cell.parts
        yield b"}}\n" if name else b"}\n"

    def read(self, raw: Bytes) -> RecordRows:
        """Read records of this type, which are rows of a matrix."""
        rows = Rows(raw, self._selection, self._width, self.characters)
        readings = {name: cell.read(rows) for name, cell in self._cells.items()}
        nulls = [
            (self._cells[name].area, reading.null)
            for name, reading in readings.items()
            if reading.null is not None
        ]
        rows.check(self._allowed, nulls)
        return RecordRows(rows, readings, self._template, self._sums)


class RecordRows:
    """Records that were read in columns; `good` says which of them are proven to be as they should be."""

    def __init__(
        self, rows: Rows, readings: Mapping[str, Reading], template: Template, sums: Mapping[str, int | None]
    ) -> None:
        self.good: Flags = rows.good
        self._rows = rows
        self._readings = readings
        self._template = template
        self._sums = sums

    def lines(self) -> Lines:
        """The good records as lines of NDJSON."""
        source, positions = self._rows.source(escape=True)
        values: list[Value] = [
            value.moved(positions) if isinstance(value, SpanAt) else value
            for reading in self._readings.values()
            for value in reading.values()
        ]
        return self._template.fill(source, values, self.good)

    def arrays(self) -> list[ArrowArray]:
        """The good records as columns, in the order of the fields."""
        return [reading.arrow(self.good) for reading in self._readings.values()]

    def sums(self, chosen: Flags) -> dict[str, int | Decimal]:
        """The sums of the fields that totals count, over some of the records; those that are all null are
        left out."""
        found: dict[str, int | Decimal] = {}
        for name, scale in self._sums.items():
            reading = cast("NumberReading", self._readings[name])
            counted = chosen if reading.null is None else chosen & ~reading.null
            if counted.any():
                numbers = reading.numbers[counted]
                # In halves, since all together may need more than 64 bits.
                total = (int((numbers >> 32).sum()) << 32) + int((numbers & _WORD).sum())
                found[name] = total if scale is None else Decimal(f"{total}E-{scale}")
        return found


def record_columns(
    layout: RecordLayout, record: RecordDefinition, page: CodePage, characters: Characters
) -> RecordColumns | None:
    """The columns of a type of record; None where it has to go record by record: where its fields move, where
    it says something of the records before it, and where others sum what does not fit 64 bits."""
    if (
        layout.items is not None
        or layout.totals
        or any(share.path or share.counts for share in layout.shares)
    ):
        return None
    if not all(is_known(record.fields[each.name]) for each in layout.fields):
        return None
    columns = RecordColumns(layout, record, page, characters)
    return columns if columns.can_sum else None


def _selection(layout: RecordLayout, record: RecordDefinition) -> Selection:
    """The bytes that are the same in all records, and those of fields that columns read as characters."""
    chosen = np.zeros(layout.length, np.bool_)
    for area in layout.fixed:
        chosen[area.start : area.end] = True
    for each in layout.fields:
        field = record.fields[each.name]
        chosen[each.start : each.end] |= is_known(field) and is_written_out(field)
    return Selection(chosen)


def _scale(field: FieldDefinition) -> int | None:
    """The digits behind the point, None where the values are whole numbers."""
    return field.scale if isinstance(field, DecimalField) else None
