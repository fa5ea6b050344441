"""Text put together for many records at once: a matrix with a row for each record, wide enough for the
longest text that each of its parts has. What a record does not need of it is SKIPPED, and taken out of all of
them in one go.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np

from mappings.columns.arrays import Bytes, Flags, Positions

SKIPPED = 1
"""No byte of JSON, and no character of a text that is proven."""
_SKIPPED = bytes([SKIPPED])
NULL = b"null"


class Painter(Protocol):
    """A part of each text."""

    @property
    def template(self) -> bytes:
        """What all texts have of it, as long as the longest one; other bytes are SKIPPED."""

    def paint(self, out: Bytes) -> None:
        """Put the rest into a matrix that has the template in all rows."""


def skipped(count: int) -> bytes:
    """So many bytes that no text needs."""
    return _SKIPPED * count


def painted(parts: Sequence[bytes | Painter], count: int) -> Bytes:
    """So many texts made of constants and of what painters make."""
    templates = [part if isinstance(part, bytes) else part.template for part in parts]
    template = b"".join(templates)
    out: Bytes = np.empty((count, len(template)), np.uint8)
    out[:] = np.frombuffer(template, np.uint8)
    at = 0
    for part, own in zip(parts, templates, strict=True):
        if not isinstance(part, bytes):
            part.paint(out[:, at : at + len(own)])
        at += len(own)
    return out


def paint_null(out: Bytes, null: Flags) -> None:
    """Put null in place of what some records have."""
    if bool(null.any()):
        out[null] = np.frombuffer(NULL.ljust(out.shape[1], _SKIPPED), np.uint8)


class PaintedLines:
    """Lines that follow each other; `count` of them."""

    def __init__(self, matrix: Bytes) -> None:
        self._count = len(matrix)
        data = matrix.tobytes().translate(None, _SKIPPED)
        self._data = data.replace(b"\0", b"\\u0000") if b"\0" in data else data

    @cached_property
    def _ends(self) -> Positions:
        found: Positions = np.flatnonzero(np.frombuffer(self._data, np.uint8) == ord("\n")).astype(np.int32)
        return found + np.int32(1)

    def between(self, first: int, end: int) -> bytes:
        """The lines from `first` on up to `end`, not with it."""
        if end - first == self._count:
            return self._data
        start = int(self._ends[first - 1]) if first else 0
        return self._data[start : int(self._ends[end - 1]) if end else 0]
