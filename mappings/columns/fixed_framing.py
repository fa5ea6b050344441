"""Where fixed-width records begin and end in a block of whole ones."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from mappings.columns.arrays import Bytes, Flags, Positions
from mappings.columns.blocks import MAX_ROWS
from mappings.fixed_width.layout import Layout
from mappings.fixed_width.schema import Separator
from mappings.fixed_width.writer import ending


class Framed:
    """The records of a block. `starts` has the block's end behind the last one; `lengths` are without what
    separates records; `good` says where that is what it should be."""

    def __init__(self, flat: Bytes, starts: Positions, lengths: Positions, good: Flags) -> None:
        self.starts = starts
        self.lengths = lengths
        self.good = good
        self._flat = flat
        steps = np.diff(starts)
        self._step = int(steps[0]) if len(steps) and bool((steps == steps[0]).all()) else None

    def at(self, start: int, end: int) -> Bytes:
        """These bytes of each record; something else where it is too short."""
        if self._step is not None and end <= self._step:
            return self._table(self._step)[:, start:end]
        places = self.starts[:-1, None] + np.arange(start, end)
        found: Bytes = self._flat[np.minimum(places, len(self._flat) - 1)]
        return found

    def matrix(self, members: Positions, length: int, space: int) -> Bytes:
        """Some of the records, by their numbers from 0, as rows of a matrix; those that are shorter are
        followed by spaces."""
        if self._step is not None and length <= self._step:
            table = self._table(self._step)[:, :length]
            found = table if len(members) == len(self.lengths) else table[members]
        else:
            places = self.starts[members, None] + np.arange(length)
            found = self._flat[np.minimum(places, len(self._flat) - 1)]
        lengths = self.lengths[members]
        if (lengths == length).all():
            return found
        return np.where(np.arange(length) < lengths[:, None], found, np.uint8(space))

    def _table(self, step: int) -> Bytes:
        return self._flat.reshape(-1, step)


class Framing(Protocol):
    """How records are cut."""

    def first_end(self, chunk: bytes, start: int, held: int) -> int:
        """Behind the record of which so many bytes came before `start`, or the end of the chunk."""

    def rows_end(self, chunk: bytes, start: int, limit: int) -> int:
        """Behind the last whole record that ends within `limit` bytes from `start`, `start` without one."""

    def framed(self, block: bytes) -> Framed:
        """The records of a block of whole ones."""


class LengthFraming:
    """Records of one length, followed by `separator`, which may be empty."""

    def __init__(self, length: int, separator: bytes) -> None:
        self._length = length
        self._step = length + len(separator)
        self._separator = separator

    def first_end(self, chunk: bytes, start: int, held: int) -> int:
        """Where the record has all its bytes."""
        return min(len(chunk), start + self._step - held)

    def rows_end(self, chunk: bytes, start: int, limit: int) -> int:
        """Behind as many as fit."""
        size = min(limit, MAX_ROWS * self._step, len(chunk) - start)
        return start + size // self._step * self._step

    def framed(self, block: bytes) -> Framed:
        """One after the other."""
        flat = np.frombuffer(block, np.uint8)
        starts = np.arange(0, len(block) + 1, self._step, dtype=np.int32)
        count = len(starts) - 1
        good = np.ones(count, np.bool_)
        if self._separator:
            between = flat.reshape(count, self._step)[:, self._length :]
            good = (between == np.frombuffer(self._separator, np.uint8)).all(axis=1)
        return Framed(flat, starts, np.full(count, self._length, np.int32), good)


class LineFraming:
    """Records that end with a separator. `shortest` is the length of the shortest type."""

    def __init__(self, layout: Layout, shortest: int) -> None:
        encode = layout.page.encode
        self._separator = layout.separator
        self._newline = b"\x15" if layout.separator is Separator.NL else encode("\n")
        self._return = encode("\r")[0]
        self._shortest = shortest

    def first_end(self, chunk: bytes, start: int, held: int) -> int:
        """Behind the next separator."""
        return chunk.find(self._newline, start) + 1 or len(chunk)

    def rows_end(self, chunk: bytes, start: int, limit: int) -> int:
        """Behind the last separator."""
        size = min(limit, MAX_ROWS * (self._shortest + 1))
        return chunk.rfind(self._newline, start, start + size) + 1 or start

    def framed(self, block: bytes) -> Framed:
        """From separator to separator."""
        flat = np.frombuffer(block, np.uint8)
        ends = np.flatnonzero(flat == self._newline[0]).astype(np.int32)
        starts = np.zeros(len(ends) + 1, np.int32)
        starts[1:] = ends + 1
        lengths = ends - starts[:-1]
        returns = (lengths > 0) & (flat[ends - 1] == self._return)
        good = np.ones(len(ends), np.bool_)
        if self._separator is Separator.LF:
            good = ~returns
        elif self._separator is Separator.CRLF:
            good = returns
        if self._separator in (Separator.CRLF, Separator.EITHER):
            lengths = lengths - returns.astype(np.int32)
        return Framed(flat, starts, lengths, good)


def framing(layout: Layout) -> Framing:
    """How the records of a layout without descriptor words are cut."""
    lengths = [record.length for record in layout.records]
    if layout.cuts_by_length:
        return LengthFraming(max(lengths), ending(layout))
    return LineFraming(layout, min(lengths))
