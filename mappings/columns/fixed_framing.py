"""Where fixed-width records begin and end in a block of whole ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from mappings.columns.arrays import Bytes, Flags, Positions
from mappings.columns.blocks import MAX_ROWS
from mappings.fixed_width.layout import Layout
from mappings.fixed_width.reader import RecordReader
from mappings.fixed_width.record_formats import DescriptorWord, RecordFormat
from mappings.fixed_width.schema import Separator
from mappings.fixed_width.writer import ending

_WORD = 4
"""Bytes of a record descriptor word."""


class Framed:
    """The records of a block. `starts` has the block's end behind the last one; `lengths` are without what
    separates records; `good` says where that is what it should be. `before` are the bytes of each that come
    before the record itself."""

    def __init__(
        self, flat: Bytes, starts: Positions, lengths: Positions, good: Flags, before: int = 0
    ) -> None:
        self.starts = starts
        self.lengths = lengths
        self.good = good
        self._flat = flat
        self._before = before
        steps = np.diff(starts)
        self._step = int(steps[0]) if len(steps) and bool((steps == steps[0]).all()) else None

    def at(self, start: int, end: int) -> Bytes:
        """These bytes of each record; something else where it is too short."""
        start, end = start + self._before, end + self._before
        if self._step is not None and end <= self._step:
            return self._table(self._step)[:, start:end]
        places = self.starts[:-1, None] + np.arange(start, end)
        found: Bytes = self._flat[np.minimum(places, len(self._flat) - 1)]
        return found

    def matrix(self, members: Positions, length: int, space: int) -> Bytes:
        """Some of the records, by their numbers from 0, as rows of a matrix; those that are shorter are
        followed by spaces."""
        before = self._before
        if self._step is not None and before + length <= self._step:
            table = self._table(self._step)[:, before : before + length]
            found = table if len(members) == len(self.lengths) else table[members]
        else:
            places = self.starts[members, None] + np.arange(before, before + length)
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


class DescribedFraming:
    """Records of at most so many bytes, each after a record descriptor word of z/OS. `missing` says how much
    the record path lacks of the record that it holds."""

    def __init__(self, missing: Callable[[], int], most: int) -> None:
        self._missing = missing
        self._most = most + _WORD
        self._starts: list[int] = []

    def first_end(self, chunk: bytes, start: int, held: int) -> int:
        """Where more of the record is known."""
        return min(len(chunk), start + self._missing())

    def rows_end(self, chunk: bytes, start: int, limit: int) -> int:
        """Behind as many records as fit, up to the first word that is none."""
        stop, most, at = min(start + limit, len(chunk)), self._most, start
        starts: list[int] = []
        while at + _WORD <= stop and len(starts) < MAX_ROWS:
            length = chunk[at] << 8 | chunk[at + 1]
            if not _WORD <= length <= most or at + length > stop or chunk[at + 2] or chunk[at + 3]:
                break
            starts.append(at - start)
            at += length
        self._starts = [*starts, at - start]
        return at

    def framed(self, block: bytes) -> Framed:
        """The records that `rows_end` has found last."""
        assert self._starts[-1] == len(block), "a block is what was found last"
        starts = np.array(self._starts, np.int32)
        lengths = np.diff(starts) - np.int32(_WORD)
        flat = np.frombuffer(block, np.uint8)
        return Framed(flat, starts, lengths, np.ones(len(lengths), np.bool_), _WORD)


def has_words(layout: Layout) -> bool:
    """Whether the records have the descriptor words that DescribedFraming reads."""
    formats = layout.formats
    return formats.record_format is RecordFormat.V and formats.rdw == DescriptorWord()


def framing(layout: Layout, decoder: RecordReader, most: int) -> Framing:
    """How the records of a layout are cut, which have no other descriptor words. `decoder` is the record
    path, `most` the bytes of the longest record allowed."""
    if has_words(layout):
        return DescribedFraming(lambda: decoder.missing, most)
    lengths = [record.length for record in layout.records]
    if layout.cuts_by_length:
        return LengthFraming(max(lengths), ending(layout))
    return LineFraming(layout, min(lengths))
