"""Dates and times at fixed bytes."""

from __future__ import annotations

from collections.abc import Sequence

from mappings.columns.arrays import ArrowArray, Bytes, Flags
from mappings.columns.moments import WIDTHS, Moments
from mappings.columns.rows import Allowed, Rows


class MomentCell:
    """A date, a time or both. `literals` are the plain bytes between the parts, by their column."""

    added = 0
    fits_64_bits = False

    def __init__(self, start: int, end: int, moments: Moments, literals: Sequence[tuple[int, bytes]]) -> None:
        self.area = (start, end)
        self._moments = moments
        self._literals = literals

    def allow(self, allowed: Allowed) -> None:
        """Digits, and what stands between them."""
        for letter, column in self._moments.places.items():
            allowed.digits(column, column + WIDTHS[letter])
        for column, data in self._literals:
            allowed.exactly(column, data)

    def read(self, rows: Rows) -> MomentReading:
        """Check that there are such moments."""
        rows.good &= self._moments.good(rows.plain)
        return MomentReading(rows, self._moments)


class MomentReading:
    """The moment of each record."""

    null: Flags | None = None

    def __init__(self, rows: Rows, moments: Moments) -> None:
        self._rows = rows
        self._moments = moments

    @property
    def template(self) -> bytes:
        """The text with room for its parts."""
        return self._moments.template

    def paint(self, out: Bytes) -> None:
        """Put the parts into it."""
        self._moments.paint(self._rows.plain, out)

    def arrow(self, keep: Flags) -> ArrowArray:
        """The moments."""
        return self._moments.arrow(self._rows.plain, keep)
