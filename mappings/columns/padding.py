"""Text put together for many records at once with numpy alone: a matrix with a row for each record, in which
each part has room for the longest text that a record has of it. What a record does not need of it is NUL, and
taken out of all of them in one go.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mappings.columns.arrays import Bytes, Positions

_MOST_ROOM = 2
"""Times the bytes of the texts that the matrix may have: it is as fast as Arrow up to there."""
_MOST_ROOM_OF_ONE = 8
"""The same for texts of one part."""
_NUL = b"\0"
_LEAST = 1 << 12
"""Bytes that the matrix may have besides: for a few records any is small enough."""
_NARROW = 64
"""Bytes of a part up to which its rows of ones and zeros are kept in a table."""


class Spans(NamedTuple):
    """A part of the source in each text: from `start` to `end`, in bytes from the source's beginning."""

    start: Positions
    end: Positions

    @property
    def lengths(self) -> Positions:
        """How long each is."""
        return self.end - self.start

    def rows(self, source: Bytes, width: int) -> NDArray[np.void]:
        """Each of them, with NUL behind it."""
        count = len(self.start)
        if int(self.start.max()) + width > len(source):
            source = np.concatenate((source, np.zeros(width, np.uint8)))
        windows = np.ndarray(
            (len(source) - width + 1,), f"V{width}", np.ascontiguousarray(source), strides=(1,)
        )
        found = windows[self.start]
        lengths = self.lengths
        if int(lengths.min()) < width:
            matrix = found.view(np.uint8).reshape(count, width)
            np.multiply(matrix, _needed(lengths, width), out=matrix)
        return found


class Options(NamedTuple):
    """One of several constants in each text: the one of which `option` is the index in `texts`."""

    option: Positions
    texts: Sequence[bytes]

    @property
    def lengths(self) -> Positions:
        """How long each is."""
        found: Positions = np.array([len(text) for text in self.texts], np.int32)[self.option]
        return found

    def rows(self, _: Bytes, width: int) -> NDArray[np.void]:
        """Each of them, with NUL behind it."""
        table = b"".join(text[:width].ljust(width, _NUL) for text in self.texts)
        found: NDArray[np.void] = np.frombuffer(table, f"V{width}")[self.option]
        return found


def _needed(lengths: Positions, width: int) -> Bytes:
    """A row for each length, with as many ones and zeros behind them."""
    if width > _NARROW:
        return (np.arange(width, dtype=np.int32) < lengths[:, None]).view(np.uint8)
    return _rows_of_ones(width)[lengths].view(np.uint8).reshape(len(lengths), width)


@lru_cache(maxsize=_NARROW)
def _rows_of_ones(width: int) -> NDArray[np.void]:
    """The row for each length up to the width: to copy one takes half the time of making it."""
    found: NDArray[np.void] = np.tri(width + 1, width, -1, np.uint8).view(f"V{width}")[:, 0]
    return found


Element: TypeAlias = bytes | Spans | Options


class Padded(NamedTuple):
    """Texts one after the other, and where each ends, in bytes from the first one's start."""

    data: bytes
    ends: Positions


def packed(spans: Spans, source: Bytes) -> Padded | None:
    """Texts that are nothing but spans; None as for `padded`, and where there are none."""
    if not len(spans.start):
        return None
    lengths = spans.lengths
    ends = np.cumsum(lengths, dtype=np.int32)
    width = int(lengths.max())
    if width * len(lengths) > _MOST_ROOM_OF_ONE * int(ends[-1]) + _LEAST:
        return None
    data = spans.rows(source, width).tobytes().translate(None, _NUL) if width else b""
    return Padded(data, ends) if len(data) == ends[-1] else None


def padded(elements: Sequence[Element], source: Bytes, count: int) -> Padded | None:
    """So many texts of these elements; None where there is NUL in them, or where some are so much longer than
    the others that a matrix is a waste."""
    if not count:
        return None
    widths, ends = _measured(elements, count)
    width = sum(widths)
    if width * count > _MOST_ROOM * int(ends[-1]) + _LEAST:
        return None
    row = b"".join(
        each if isinstance(each, bytes) else bytes(wide) for each, wide in zip(elements, widths, strict=True)
    )
    out = np.empty((count, width), np.uint8)
    out[:] = np.frombuffer(row, np.uint8)
    at = 0
    for each, wide in zip(elements, widths, strict=True):
        if wide and not isinstance(each, bytes):
            # Whole fields are copied so, and not byte by byte.
            np.ndarray((count,), f"V{wide}", out, offset=at, strides=(width,))[:] = each.rows(source, wide)
        at += wide
    data = out.tobytes().translate(None, _NUL)
    return Padded(data, ends) if len(data) == ends[-1] else None


def _measured(elements: Sequence[Element], count: int) -> tuple[list[int], Positions]:
    """The longest text of each element, and where each record's text ends."""
    widths: list[int] = []
    lengths = np.zeros(count, np.int32)
    for each in elements:
        if isinstance(each, bytes):
            widths.append(len(each))
            lengths += np.int32(len(each))
        else:
            own = each.lengths
            widths.append(int(own.max()))
            lengths += own
    return widths, np.cumsum(lengths, dtype=np.int32)
