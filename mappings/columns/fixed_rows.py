"""One type of fixed-width record, read in columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple, TypeAlias, cast

import numpy as np

from mappings import json
from mappings.columns.arrays import ArrowArray, Bytes, Flags
from mappings.columns.arrow import pa
from mappings.columns.characters import Characters
from mappings.columns.fixed_compile import Spot, compile_cell, is_written_out
from mappings.columns.fixed_shape import Leaf, Node, Object, Table, Unit, parts, unit_of
from mappings.columns.painting import PaintedLines, painted, skipped
from mappings.columns.rows import Allowed, Cell, NumberReading, Reading, Rows, Selection
from mappings.fixed_width.code_pages import CodePage
from mappings.fixed_width.field_schema import DecimalField
from mappings.fixed_width.fields import FieldCodec
from mappings.fixed_width.layout import RecordLayout

_WORD = 0xFFFFFFFF


class UnitColumns:
    """Compiled once for a record or for the occurrences of a table. The text of each has `before` and
    `after` around it."""

    def __init__(
        self, unit: Unit, page: CodePage, characters: Characters, before: bytes, after: bytes
    ) -> None:
        self.length = unit.length
        self._node = unit.node
        self._characters = characters
        self._selection = _selection(unit)
        width = self._selection.width
        self._members: dict[Leaf | Table, Cell | TableColumns] = {}
        for part in parts(unit.node):
            if isinstance(part, Table):
                self._members[part] = TableColumns(part, page, characters)
                continue
            spot = Spot((part.start, part.end), self._selection.place(part.start), width)
            cell = compile_cell(part.codec, spot, page, characters)
            self._members[part] = cell
            width += cell.added
        self._width = width
        self._allowed = Allowed(width)
        for area in unit.fixed:
            self._allowed.exactly(self._selection.place(area.start), characters.plain_bytes(area.data))
        for member in self._members.values():
            if not isinstance(member, TableColumns):
                member.allow(self._allowed)
        self._parts = _joined([before, *self._texts(unit.node), after])

    def cell(self, leaf: Leaf) -> Cell:
        """The cell of a field."""
        return cast("Cell", self._members[leaf])

    def _texts(self, node: Node) -> Iterator[bytes | Leaf | Table]:
        """What the text of a node is made of."""
        if isinstance(node, Object):
            for at, (name, member) in enumerate(node.members):
                yield b"%s%s:" % (b"," if at else b"{", json.encode(name))
                yield from self._texts(member)
            yield b"}"
        else:
            yield node

    def read(self, raw: Bytes) -> UnitRows:
        """Read rows of a matrix."""
        rows = Rows(raw, self._selection, self._width, self._characters)
        readings: dict[Leaf | Table, Reading | TableRows] = {}
        nulls = []
        for part, member in self._members.items():
            if isinstance(member, TableColumns):
                readings[part] = member.read(rows)
                continue
            reading = readings[part] = member.read(rows)
            if reading.null is not None:
                nulls.append((member.area, reading.null))
        rows.check(self._allowed, nulls)
        return UnitRows(rows, self._node, readings, self._parts)


class UnitRows:
    """Rows that were read in columns; `good` says which of them are proven to be as they should be."""

    def __init__(
        self,
        rows: Rows,
        node: Node,
        readings: Mapping[Leaf | Table, Reading | TableRows],
        parts: Sequence[bytes | Leaf | Table],
    ) -> None:
        self.good: Flags = rows.good
        self._rows = rows
        self._node = node
        self._readings = readings
        self._parts = parts

    @cached_property
    def matrix(self) -> Bytes:
        """The text of each row, good or not: see `painting`."""
        parts = [part if isinstance(part, bytes) else self._readings[part] for part in self._parts]
        return painted(parts, len(self.good))

    def arrays(self, keep: Flags) -> list[ArrowArray]:
        """The members of the rows that are kept, as columns."""
        assert isinstance(self._node, Object), "records are objects"
        return [self._array(member, keep) for _, member in self._node.members]

    def array(self, keep: Flags) -> ArrowArray:
        """The rows that are kept."""
        return self._array(self._node, keep)

    def _array(self, node: Node, keep: Flags) -> ArrowArray:
        if isinstance(node, Object):
            names = [name for name, _ in node.members]
            return pa.StructArray.from_arrays(
                [self._array(member, keep) for _, member in node.members], names
            )
        return self._readings[node].arrow(keep)

    def reading(self, leaf: Leaf) -> Reading:
        """The values of a field."""
        return cast("Reading", self._readings[leaf])


class TableColumns:
    """A table with a fixed number of occurrences: they are read like records, all of all records at once."""

    def __init__(self, table: Table, page: CodePage, characters: Characters) -> None:
        self._table = table
        self._unit = UnitColumns(table.element, page, characters, b"", b",")

    def read(self, rows: Rows) -> TableRows:
        """Read all occurrences."""
        table = self._table
        raw = rows.raw[:, table.start : table.end].reshape(-1, table.element.length)
        unit = self._unit.read(raw)
        rows.good &= unit.good.reshape(-1, table.count).all(axis=1)
        return TableRows(unit, table.count)


class TableRows:
    """The occurrences of a table in all rows."""

    def __init__(self, unit: UnitRows, count: int) -> None:
        self._unit = unit
        self._count = count

    @property
    def template(self) -> bytes:
        """Room for the list."""
        return b"[" + skipped(self._count * self._unit.matrix.shape[1])

    def paint(self, out: Bytes) -> None:
        """Put the elements into it; what follows the last is no comma."""
        out[:, 1:] = self._unit.matrix.reshape(len(out), -1)
        out[:, -1] = ord("]")

    def arrow(self, keep: Flags) -> ArrowArray:
        """The same as lists."""
        elements = self._unit.array(np.repeat(keep, self._count))
        offsets = np.arange(int(keep.sum()) + 1, dtype=np.int32) * np.int32(self._count)
        return pa.ListArray.from_arrays(pa.array(offsets), elements)


class Sum(NamedTuple):
    """A field that totals count, and the digits behind its point, None where the values are whole."""

    leaf: Leaf
    scale: int | None


Sums: TypeAlias = Mapping[str, Sum]


class RecordColumns:
    """Compiled once for a type of record."""

    def __init__(
        self, layout: RecordLayout, unit: Unit, page: CodePage, characters: Characters, sums: Sums
    ) -> None:
        self.layout = layout
        name = layout.name
        before, after = (b"{%s:" % json.encode(name), b"}\n") if name else (b"", b"\n")
        self._unit = UnitColumns(unit, page, characters, before, after)
        self.can_sum = all(self._unit.cell(each.leaf).fits_64_bits for each in sums.values())
        self._sums = sums

    def read(self, raw: Bytes) -> RecordRows:
        """Read records of this type, which are rows of a matrix."""
        return RecordRows(self._unit.read(raw), self._sums)


class RecordRows:
    """Records that were read in columns; `good` says which of them are proven to be as they should be."""

    def __init__(self, rows: UnitRows, sums: Sums) -> None:
        self.good: Flags = rows.good
        self._rows = rows
        self._sums = sums

    def lines(self) -> PaintedLines:
        """The good records as lines of NDJSON."""
        matrix = self._rows.matrix
        return PaintedLines(matrix if self.good.all() else matrix[self.good])

    def arrays(self) -> list[ArrowArray]:
        """The good records as columns, in the order of the fields."""
        return self._rows.arrays(self.good)

    def sums(self, chosen: Flags) -> dict[str, int | Decimal]:
        """The sums of the fields that totals count, over some of the records; those that are all null are
        left out."""
        found: dict[str, int | Decimal] = {}
        for name, (leaf, scale) in self._sums.items():
            reading = cast("NumberReading", self._rows.reading(leaf))
            counted = chosen if reading.null is None else chosen & ~reading.null
            if counted.any():
                numbers = reading.numbers[counted]
                # In halves, since all together may need more than 64 bits.
                total = (int((numbers >> 32).sum()) << 32) + int((numbers & _WORD).sum())
                found[name] = total if scale is None else Decimal(f"{total}E-{scale}")
        return found


def record_columns(layout: RecordLayout, page: CodePage, characters: Characters) -> RecordColumns | None:
    """The columns of a type of record; None where it has to go record by record: where its fields move, where
    it says something of the records before it, and where others sum what does not fit 64 bits."""
    if layout.totals or any(share.path or share.counts for share in layout.shares):
        return None
    unit = unit_of(layout)
    summed = {share.field for share in layout.shares if share.field is not None}
    if unit is None or (summed and layout.items is not None):
        return None
    assert isinstance(unit.node, Object), "records are objects"
    sums = {
        name: Sum(leaf, _scale(leaf.codec))
        for name, leaf in unit.node.members
        if name in summed and isinstance(leaf, Leaf)
    }
    columns = RecordColumns(layout, unit, page, characters, sums)
    return columns if columns.can_sum else None


def _joined(parts: Sequence[bytes | Leaf | Table]) -> list[bytes | Leaf | Table]:
    """The same with constants that follow each other as one."""
    found: list[bytes | Leaf | Table] = []
    for part in parts:
        if isinstance(part, bytes) and found and isinstance(found[-1], bytes):
            found[-1] += part
        else:
            found.append(part)
    return found


def _selection(unit: Unit) -> Selection:
    """The bytes that are the same in all records, and those of fields that columns read as characters."""
    chosen = np.zeros(unit.length, np.bool_)
    for area in unit.fixed:
        chosen[area.start : area.end] = True
    for part in parts(unit.node):
        if isinstance(part, Leaf):
            chosen[part.start : part.end] |= is_written_out(part.codec)
    return Selection(chosen)


def _scale(codec: FieldCodec) -> int | None:
    """The digits behind the point, None where the values are whole numbers."""
    return codec.like.scale if isinstance(codec.like, DecimalField) else None
