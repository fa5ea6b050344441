"""Rows of delimited text as arrays of where their fields begin and end."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mappings.columns.arrays import ArrowArray, Bytes, Flags, Positions
from mappings.columns.characters import Characters
from mappings.columns.template import Part, SpanAt, Value, text_array

_ZERO = np.uint8(ord("0"))


_SPANS_OF_A_COLUMN = 1024


def order(column: int, at: int = 0) -> int:
    """The order of one of a column's spans among all."""
    return column * _SPANS_OF_A_COLUMN + at


class Marks:
    """Bytes of one kind: how many of them come before each place, and where they are."""

    def __init__(self, flags: Flags) -> None:
        self._flags = flags
        self._before: Positions = np.empty(len(flags) + 1, np.int32)
        self._before[0] = 0
        np.cumsum(flags, out=self._before[1:])

    @cached_property
    def _places(self) -> NDArray[np.intp]:
        return np.append(np.flatnonzero(self._flags), len(self._flags))

    def between(self, start: Positions, end: Positions) -> Positions:
        """How many there are from `start` on up to `end`."""
        return self._before[end] - self._before[start]

    def first(self, start: Positions) -> Positions:
        """Where the first one from `start` on is; behind all bytes where there is none."""
        return self._places[self._before[start]].astype(np.int32)


class TokenRows:
    """Rows with the same number of fields. `flat` are the bytes of all of them in the encoding of the file,
    quotes that stand for one another counted once; `start` and `end` have a column for each field, without
    its quotes. `quoted` says which had some, None where none had."""

    def __init__(
        self,
        flat: Bytes,
        start: Positions,
        end: Positions,
        quoted: Flags | None,
        characters: Characters,
        *,
        has_escapes: bool,
    ) -> None:
        self.flat = flat
        self.start = start
        self.end = end
        self.quoted = quoted
        self.characters = characters
        self.good: Flags = np.ones(len(start), np.bool_)
        self._has_escapes = has_escapes
        self._all_of: dict[int, Marks] = {}
        self._sources: dict[bool, tuple[Bytes, Positions | None]] = {}

    @cached_property
    def is_ascii(self) -> bool:
        """Whether all bytes are ASCII."""
        return bool((self.flat < 0x80).all())

    @cached_property
    def others(self) -> Marks:
        """Bytes that are no digits."""
        return Marks((self.flat - _ZERO) > 9)

    def all_of(self, code: int) -> Marks:
        """Bytes that are this one."""
        if code not in self._all_of:
            self._all_of[code] = Marks(self.flat == np.uint8(code))
        return self._all_of[code]

    @cached_property
    def nonzeros(self) -> Marks:
        """Bytes other than the digit zero."""
        return Marks(self.flat != _ZERO)

    @cached_property
    def continuations(self) -> Marks:
        """Bytes of UTF-8 that begin no character."""
        return Marks((self.flat & 0xC0) == 0x80)

    def source(self, *, escape: bool) -> tuple[Bytes, Positions | None]:
        """The bytes that texts are taken from, escaped for JSON or not, and where each byte begins in them,
        None where it stands where it stood."""
        if escape not in self._sources:
            if not (escape and self._has_escapes) and (self.is_ascii or self.characters.is_utf_8):
                self._sources[escape] = self.flat, None
            else:
                self._sources[escape] = self.characters.widened(self.flat, escape=escape)
        return self._sources[escape]

    def texts(self, column: int, keep: Flags, null: Flags | None) -> ArrowArray:
        """The fields of a column in UTF-8, of the rows that are kept."""
        source, positions = self.source(escape=False)
        span = SpanAt(self.start[:, column], self.end[:, column]).moved(positions)
        return text_array(source, span, keep, null)


class Reading(Protocol):
    """One column of all rows of a block. What it gives of rows that are not good means nothing."""

    @property
    def null(self) -> Flags | None:
        """Which are null, None where none may be."""

    def values(self) -> Sequence[Value]:
        """What its parts are in each row, constants left out."""

    def arrow(self, keep: Flags) -> ArrowArray:
        """The values of the rows that are kept, in the type of the column."""


class TokenCell(Protocol):
    """One column, compiled."""

    @property
    def parts(self) -> Sequence[Part]:
        """What its text in JSON is made of."""

    def read(self, rows: TokenRows) -> Reading:
        """Read the column in all rows."""


def null_fields(rows: TokenRows, column: int, null: bytes) -> Flags:
    """Which fields of a column are null: not quoted, and this text."""
    start, end = rows.start[:, column], rows.end[:, column]
    found: Flags = (end - start) == len(null)
    if rows.quoted is not None:
        found &= ~rows.quoted[:, column]
    for at, byte in enumerate(null):
        found &= rows.flat[np.minimum(start + at, len(rows.flat) - 1)] == byte
    return found
