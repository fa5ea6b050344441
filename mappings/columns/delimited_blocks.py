"""Delimited text in blocks: lines whose fields are all there and plain go in columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mappings import json
from mappings.columns.arrays import ArrowArray, Positions
from mappings.columns.blocks import FEWEST_ROWS, UNPROVEN, Kinds, Sheet
from mappings.columns.characters import Characters
from mappings.columns.delimited_framing import Dialect, found
from mappings.columns.delimited_rows import Reading, TokenCell, TokenRows
from mappings.columns.template import Lines, Part, SpanAt, Template, Value
from mappings.contract import MappingError
from mappings.delimited.reader import RecordReader

_NEWLINE = b"\n"
_PROVEN = 0
_MAX_COLUMNS = 1000
"""Columns up to which a block has rows enough for each to be worth its fixed cost."""


class DelimitedColumns:
    """Compiled once for a stream, when the order of its columns is known."""

    def __init__(self, names: Sequence[str], cells: Sequence[TokenCell]) -> None:
        self._cells = cells
        parts: list[Part] = []
        for at, (name, cell) in enumerate(zip(names, cells, strict=True)):
            parts.append(b"%s%s:" % (b"," if at else b"{", json.encode(name)))
            parts += cell.parts
        self.template = Template([*parts, b"}\n"])
        self.count = len(cells)

    def read(self, rows: TokenRows) -> list[Reading]:
        """Read all columns."""
        return [cell.read(rows) for cell in self._cells]


class DelimitedSheet:
    """A block of lines of which some were read in columns."""

    def __init__(
        self,
        starts: Positions,
        kinds: Kinds,
        rows: TokenRows,
        readings: Sequence[Reading],
        template: Template,
    ) -> None:
        self.starts = starts
        self.kinds = kinds
        self._rows = rows
        self._readings = readings
        self._template = template
        self._lines: Lines | None = None
        self._arrays: Sequence[ArrowArray] | None = None

    def lines(self, kind: int) -> Lines:
        """The proven records as lines of NDJSON."""
        if self._lines is None:
            source, positions = self._rows.source(escape=True)
            values: list[Value] = [
                value.moved(positions) if isinstance(value, SpanAt) else value
                for reading in self._readings
                for value in reading.values()
            ]
            self._lines = self._template.fill(source, values, self._rows.good)
        return self._lines

    def arrays(self, kind: int) -> Sequence[ArrowArray]:
        """The proven records as columns, in the order of the file."""
        if self._arrays is None:
            self._arrays = [reading.arrow(self._rows.good) for reading in self._readings]
        return self._arrays


class DelimitedSource:
    """A stream of delimited text. `compile_columns` is asked once, for the names of its columns in their
    order. The first row always goes by the record path: it may have a byte order mark, and names columns."""

    def __init__(
        self,
        decoder: RecordReader,
        dialect: Dialect,
        characters: Characters,
        compile_columns: Callable[[Sequence[str]], DelimitedColumns],
    ) -> None:
        self.decoder = decoder
        self._dialect = dialect
        self._characters = characters
        self._compile = compile_columns
        self._columns: DelimitedColumns | None = None
        self._has_begun = False

    @property
    def is_between(self) -> bool:
        """True where the first row has been read, and nothing is held of another."""
        return self._has_begun and self.decoder.names is not None and self.decoder.is_between_records

    def first_end(self, chunk: bytes, start: int) -> int:
        """Behind the next line end."""
        end = chunk.find(_NEWLINE, start) + 1
        self._has_begun = self._has_begun or end > 0
        return end or len(chunk)

    def rows_end(self, chunk: bytes, start: int, limit: int) -> int:
        """Behind the last line end."""
        return chunk.rfind(_NEWLINE, start, start + limit) + 1 or start

    def sheet(self, block: bytes) -> DelimitedSheet | None:
        """Read the lines in columns."""
        if self._columns is None:
            names = self.decoder.names
            assert names is not None, "asked for between rows only"
            self._columns = self._compile(names)
        if block.count(_NEWLINE) < FEWEST_ROWS or self._columns.count > _MAX_COLUMNS:
            return None
        starts, members, rows = found(block, self._dialect, self._columns.count, self._characters)
        readings = self._columns.read(rows)
        kinds = np.full(len(starts) - 1, UNPROVEN, np.int8)
        kinds[members[rows.good]] = _PROVEN
        return DelimitedSheet(starts, kinds, rows, readings, self._columns.template)

    def admit(self, sheet: Sheet, kind: int, first: int, end: int) -> tuple[int, Sequence[MappingError]]:
        """Tell the record path of records that are read here."""
        self.decoder.pass_over(end - first, int(sheet.starts[end] - sheet.starts[first]))
        return end - first, ()
