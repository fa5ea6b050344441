"""Where the rows and fields of delimited text begin and end in a block of whole lines."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mappings.columns.arrays import Bytes, Flags, Positions
from mappings.columns.characters import Characters, is_text_of_utf_8
from mappings.columns.delimited_rows import TokenRows

_LF, _CR, _SPACE, _BACKSLASH, _QUOTE = 0x0A, 0x0D, 0x20, ord("\\"), ord('"')


class Dialect(NamedTuple):
    """What separates fields, and what may stand around them. Lines of more than `most` bytes are none."""

    delimiter: int
    quote: int | None
    most: int


class Found(NamedTuple):
    """Lines of a block: where each begins and the block ends, which of them have their fields in `rows`."""

    starts: Positions
    members: Positions
    rows: TokenRows


class _Lines:
    """The lines of a block."""

    def __init__(self, flat: Bytes) -> None:
        self.flat = flat
        newlines = np.flatnonzero(flat == _LF).astype(np.int32)
        self.starts: Positions = np.zeros(len(newlines) + 1, np.int32)
        self.starts[1:] = newlines + 1
        returned = (flat[newlines - 1] == _CR) & (newlines > self.starts[:-1])
        self.ends: Positions = newlines - returned
        self.good: Flags = np.ones(len(newlines), np.bool_)

    def of(self, places: Positions) -> Positions:
        """The line that each place is in."""
        return (np.searchsorted(self.starts, places, "right") - 1).astype(np.int32)

    def refuse(self, places: Positions) -> None:
        """Leave the lines of these places to the record path."""
        if len(places):
            self.good[self.of(places)] = False


class _Quotes:
    """The quotes of a block. Lines in which they do not stand as they should are left to the record path."""

    def __init__(self, lines: _Lines, dialect: Dialect) -> None:
        flat = lines.flat
        flags = flat == dialect.quote
        self._before: Positions = np.zeros(len(flat) + 1, np.int32)
        np.cumsum(flags, out=self._before[1:])
        at_starts = self._before[lines.starts]
        is_odd = (np.diff(at_starts) & 1).astype(np.bool_)
        lines.good &= ~is_odd
        # Where each line has an even number of them, those before a line do not matter.
        self._lines = lines if bool(is_odd.any()) else None
        places = np.flatnonzero(flags).astype(np.int32)
        opens = ~self.inside(places)
        before = np.where(places > 0, flat[places - 1], _LF)
        after = flat[places + 1]
        begins = (before == _LF) | (before == dialect.delimiter) | (before == dialect.quote)
        ends = (after == _LF) | (after == dialect.delimiter) | (after == dialect.quote)
        ends |= (after == _CR) & (flat[np.minimum(places + 2, len(flat) - 1)] == _LF)
        lines.refuse(places[np.where(opens, ~begins, ~ends)])
        self._doubled = places[opens & (before == dialect.quote)]

    def inside(self, places: Positions) -> Flags:
        """Which places stand inside of quotes, or are a quote that ends them."""
        count = self._before[places]
        if self._lines is not None:
            count = count - self._before[self._lines.starts[self._lines.of(places)]]
        return (count & 1).astype(np.bool_)

    @property
    def has_doubled(self) -> bool:
        """Whether a quote stands inside of quotes, twice."""
        return bool(len(self._doubled))

    def halved(self, flat: Bytes, start: Positions, end: Positions) -> tuple[Bytes, Positions, Positions]:
        """The bytes with doubled quotes once, and where fields begin and end in them."""
        if not self.has_doubled:
            return flat, start, end
        keep = np.ones(len(flat), np.bool_)
        keep[self._doubled] = False
        positions = np.zeros(len(flat) + 1, np.int32)
        np.cumsum(keep, out=positions[1:])
        return flat[keep], positions[start], positions[end]


def found(block: bytes, dialect: Dialect, columns: int, characters: Characters) -> Found:
    """Find the fields of the lines that have as many as there are columns."""
    flat = np.frombuffer(block, np.uint8)
    lines = _Lines(flat)
    lines.good &= lines.starts[1:] - 1 - lines.starts[:-1] <= dialect.most
    _refuse_characters(block, lines, dialect, characters)
    delimiters = np.flatnonzero(flat == dialect.delimiter).astype(np.int32)
    quotes = _Quotes(lines, dialect) if dialect.quote is not None and dialect.quote in block else None
    if quotes is not None:
        inside = quotes.inside(delimiters)
        if dialect.delimiter < _SPACE:
            lines.refuse(delimiters[inside])  # JSON escapes it
        delimiters = delimiters[~inside]
    members, start, end = _fields(lines, delimiters, columns)
    escapes = _BACKSLASH in block
    if quotes is None:
        escapes = escapes or _QUOTE in block
        return Found(
            lines.starts, members, TokenRows(flat, start, end, None, characters, has_escapes=escapes)
        )
    quoted = (flat[np.minimum(start, len(flat) - 1)] == dialect.quote) & (start < end)
    start, end = start + quoted, end - quoted
    flat, start, end = quotes.halved(flat, start, end)
    escapes = escapes or (_QUOTE in block if dialect.quote != _QUOTE else quotes.has_doubled)
    return Found(lines.starts, members, TokenRows(flat, start, end, quoted, characters, has_escapes=escapes))


def _refuse_characters(block: bytes, lines: _Lines, dialect: Dialect, characters: Characters) -> None:
    """Leave lines to the record path that JSON escapes or the encoding does not have."""
    flat = lines.flat
    controls = np.flatnonzero((flat < _SPACE) & (flat != dialect.delimiter) & (flat != _LF)).astype(np.int32)
    if len(controls):
        is_ending = (flat[controls] == _CR) & (flat[controls + 1] == _LF)
        lines.refuse(controls[~is_ending])
    if not block.isascii():
        wrong = flat >= 0x80
        if not characters.is_utf_8:
            wrong &= ~characters.is_free[flat]
        elif is_text_of_utf_8(block):
            return
        lines.refuse(np.flatnonzero(wrong).astype(np.int32))


def _fields(lines: _Lines, delimiters: Positions, columns: int) -> tuple[Positions, Positions, Positions]:
    """The good lines with so many fields, and where these begin and end."""
    first = np.searchsorted(delimiters, lines.starts)
    members = np.flatnonzero(lines.good & (np.diff(first) == columns - 1)).astype(np.int32)
    places = first[members, None] + np.arange(columns - 1)
    between = delimiters[places]
    start = np.empty((len(members), columns), np.int32, order="F")
    end = np.empty((len(members), columns), np.int32, order="F")
    start[:, 0] = lines.starts[members]
    start[:, 1:] = between + 1
    end[:, :-1] = between
    end[:, -1] = lines.ends[members]
    return members, start, end
