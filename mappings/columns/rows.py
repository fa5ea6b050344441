"""The records of one type in one block, as a matrix of bytes that is read column by column."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np

from mappings.columns.arrays import ArrowArray, Bytes, Flags, Numbers, Positions
from mappings.columns.characters import PRINTABLE, Characters

_ESCAPED = b'"\\'
_ZERO = np.uint8(ord("0"))
_IS_NUL: Flags = np.arange(256) == 0


class Allowed:
    """What may stand in each plain byte of a record: a first code and how many follow it. Where nothing is
    said, anything may."""

    def __init__(self, width: int) -> None:
        self.first = np.zeros(width, np.uint8)
        self.more = np.full(width, 255, np.uint8)
        self.text = np.zeros(width, np.bool_)
        self.free = np.zeros(width, np.bool_)

    def digits(self, start: int, end: int) -> None:
        """Digits of ASCII."""
        self.first[start:end] = ord("0")
        self.more[start:end] = 9

    def exactly(self, start: int, data: bytes) -> None:
        """These plain bytes."""
        end = start + len(data)
        self.first[start:end] = np.frombuffer(data, np.uint8)
        self.more[start:end] = 0

    def texts(self, start: int, end: int, *, controls: bool) -> None:
        """Characters; control characters too, or not."""
        self.first[start:end], self.more[start:end] = PRINTABLE
        (self.free if controls else self.text)[start:end] = True


class Selection:
    """The bytes of a record that are made plain: those of numbers in half bytes, say, are not."""

    def __init__(self, chosen: Flags) -> None:
        self._before = np.concatenate(([0], np.cumsum(chosen)))
        edges = np.flatnonzero(np.diff(np.concatenate(([False], chosen, [False]))))
        self._stretches = [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]
        self.width = int(self._before[-1])

    def place(self, start: int) -> int:
        """Where a byte of a record is among the plain ones."""
        return int(self._before[start])

    def copy(self, raw: Bytes, plain: Bytes, characters: Characters) -> None:
        """Make them plain."""
        for start, end in self._stretches:
            place = self.place(start)
            plain[:, place : place + end - start] = characters.to_plain(raw[:, start:end])


class Rows:
    """Records of one type. `raw` has them as they came, `plain` those of their bytes that are made plain,
    with what cells add behind them. `good` says which are proven to be as they should be, so far."""

    def __init__(self, raw: Bytes, selection: Selection, width: int, characters: Characters) -> None:
        self.raw = raw
        self.characters = characters
        count = len(raw)
        self.plain: Bytes = np.empty((count, width), np.uint8)
        selection.copy(raw, self.plain, characters)
        self.good: Flags = np.ones(count, np.bool_)
        self.base: Positions = np.arange(count, dtype=np.int32) * np.int32(width)
        self._has_wide = False

    def check(self, allowed: Allowed, nulls: Sequence[tuple[tuple[int, int], Flags]]) -> None:
        """Compare all bytes with what may stand there. `nulls` are areas, and in which records they are of
        fields that are null: there may be anything."""
        wrong = (self.plain - allowed.first) > allowed.more
        if wrong.any():
            self._allow_characters(wrong, allowed)
            for (start, end), null in nulls:
                wrong[null, start:end] = False
            self.good &= ~wrong.any(axis=1)

    def _allow_characters(self, wrong: Flags, allowed: Allowed) -> None:
        """Allow what is not ASCII in texts; in UTF-8, whether it makes characters is asked elsewhere."""
        for columns, meant in (
            (allowed.text, self.characters.is_text),
            (allowed.free, self.characters.is_free | _IS_NUL),
        ):
            if columns.any():
                found = meant[self.plain] & columns & wrong
                self._has_wide = self._has_wide or bool(found.any())
                wrong &= ~found

    @cached_property
    def halves(self) -> tuple[Bytes, Bytes]:
        """Both half bytes of each byte as digits of ASCII; what is no digit becomes none."""
        return (self.raw >> np.uint8(4)) + _ZERO, (self.raw & np.uint8(15)) + _ZERO

    @cached_property
    def has_escapes(self) -> bool:
        """Whether there is a character that JSON escapes."""
        data = self.plain.tobytes()
        return any(code in data for code in _ESCAPED)

    @property
    def has_wide(self) -> bool:
        """Whether texts have characters that are several bytes of UTF-8 and one here."""
        return self._has_wide and not self.characters.is_utf_8

    @cached_property
    def source(self) -> tuple[Bytes, Positions | None]:
        """The bytes that texts are taken from, in UTF-8, and where each plain byte begins in them, None where
        it stands where it stood."""
        flat = self.plain.ravel()
        return self.characters.widened(flat, escape=False) if self.has_wide else (flat, None)


class Reading(Protocol):
    """One field of all records of a block. What it gives of records that are not good means nothing."""

    @property
    def null(self) -> Flags | None:
        """Which are null, None where none may be."""

    @property
    def template(self) -> bytes:
        """What the texts of its values in JSON have in common: see `Painter`."""

    def paint(self, out: Bytes) -> None:
        """Put the rest of the texts into their places."""

    def arrow(self, keep: Flags) -> ArrowArray:
        """The values of the records that are kept, in the type of the cell."""


class NumberReading(Reading, Protocol):
    """A field of numbers that fit 64 bits."""

    @property
    def numbers(self) -> Numbers:
        """The numbers without their scale; anything where they are null."""


class Cell(Protocol):
    """One field of a record, compiled."""

    @property
    def added(self) -> int:
        """Bytes that it adds behind each record."""

    @property
    def area(self) -> tuple[int, int]:
        """Where its plain bytes begin and end."""

    @property
    def fits_64_bits(self) -> bool:
        """Whether its readings are NumberReadings."""

    def allow(self, allowed: Allowed) -> None:
        """Say what may stand in its bytes."""

    def read(self, rows: Rows) -> Reading:
        """Read the field in all records, before their bytes are checked."""
