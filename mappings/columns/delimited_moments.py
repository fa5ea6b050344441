"""Columns of dates and times, in patterns of one length."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mappings.columns.arrays import ArrowArray, Bytes, Flags, Positions
from mappings.columns.delimited_rows import TokenRows
from mappings.columns.moments import WIDTHS, Moments
from mappings.columns.rows import Allowed
from mappings.columns.template import Part, Value


class MomentColumn:
    """A column of dates, times or both, all of `width` bytes. The places of `moments` count from the field's
    first byte; `literals` are the bytes between the parts, by their place."""

    def __init__(
        self, column: int, width: int, moments: Moments, literals: Sequence[tuple[int, bytes]]
    ) -> None:
        self._column = column
        self._width = width
        self._moments = moments
        self.parts: Sequence[Part] = moments.parts
        self._allowed = Allowed(width)
        for letter, place in moments.places.items():
            self._allowed.digits(place, place + WIDTHS[letter])
        for place, data in literals:
            self._allowed.exactly(place, data)

    def read(self, rows: TokenRows) -> MomentColumnReading:
        """Check that they are moments."""
        start, end = rows.start[:, self._column], rows.end[:, self._column]
        places = start[:, None] + np.arange(self._width, dtype=np.int32)
        matrix = rows.flat[np.minimum(places, len(rows.flat) - 1)]
        wrong = ((matrix - self._allowed.first) > self._allowed.more).any(axis=1)
        rows.good &= (end - start == self._width) & ~wrong & self._moments.good(matrix)
        return MomentColumnReading(matrix, start, self._moments)


class MomentColumnReading:
    """The moment of each row."""

    null: Flags | None = None

    def __init__(self, matrix: Bytes, start: Positions, moments: Moments) -> None:
        self._matrix = matrix
        self._start = start
        self._moments = moments

    def values(self) -> Sequence[Value]:
        """The parts of each text."""
        return self._moments.values(self._matrix, self._start)

    def arrow(self, keep: Flags) -> ArrowArray:
        """The moments."""
        return self._moments.arrow(self._matrix, keep)
