"""Numbers whose digits stand in columns of their own: to text in JSON, to 64 bits, to Arrow."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from mappings.columns.arrays import ArrowArray, Bytes, Flags, Numbers
from mappings.columns.arrow import pa
from mappings.columns.arrow_types import MAX_INT64_DIGITS, FieldType, fits_words, number_array
from mappings.columns.painting import NULL, SKIPPED, paint_null, skipped
from mappings.columns.rows import Rows

_ZERO = np.uint8(ord("0"))
LONGEST_PLAIN_SCALE = 6
"""Digits behind the point up to which `Decimal` is never written with an exponent."""


class Digits(NamedTuple):
    """Where the digits of a number stand, in plain bytes: those of its whole part, then of its fraction.
    `scale` counts the digits behind the point; those that are not there are zeros."""

    whole: tuple[int, int]
    fraction: tuple[int, int]
    scale: int

    @property
    def there(self) -> int:
        """Digits that are there."""
        return sum(end - start for start, end in (self.whole, self.fraction))

    @property
    def zeros(self) -> int:
        """Zeros between the point and the first digit that is there."""
        return self.scale - (self.fraction[1] - self.fraction[0])

    def columns(self) -> list[int]:
        """Each digit's column."""
        return [*range(*self.whole), *range(*self.fraction)]


def split(start: int, end: int, scale: int) -> Digits:
    """Digits that stand together, without a point."""
    middle = max(start, end - scale)
    return Digits((start, middle), (middle, end), scale)


class DigitsReading:
    """A number of each record. `negative` says which have a minus."""

    def __init__(
        self,
        rows: Rows,
        digits: Digits,
        type_: FieldType,
        negative: Flags | None,
        null: Flags | None,
        numbers: Numbers | None = None,
    ) -> None:
        self._rows = rows
        self._digits = digits
        self._type = type_
        self._negative = negative
        self._numbers = numbers
        self.null = null

    @cached_property
    def template(self) -> bytes:
        """Room for a sign and the digits of the whole part, then the point and room for the fraction."""
        (start, end), (first, last) = self._digits.whole, self._digits.fraction
        text = skipped(1) + (skipped(end - start) or b"0")
        if self._digits.scale:
            text += b"." + b"0" * self._digits.zeros + skipped(last - first)
        return text if self.null is None else text.ljust(len(NULL), skipped(1))

    def paint(self, out: Bytes) -> None:
        """Copy sign and digits, without leading zeros."""
        (start, end), (first, last) = self._digits.whole, self._digits.fraction
        zero: Flags | None = None
        if start < end:
            whole = out[:, 1 : 1 + end - start]
            whole[:] = self._matrix((start, end))
            zero = _skip_zeros(whole)
        if first < last:
            at = 1 + max(1, end - start) + 1 + self._digits.zeros
            out[:, at : at + last - first] = self._matrix((first, last))
        if self._negative is not None and bool(self._negative.any()):
            negative = self._negative
            for column in range(first, last):
                digit = self._rows.plain[:, column] == _ZERO
                zero = digit if zero is None else zero & digit
            out[negative if zero is None else negative & ~zero, 0] = ord("-")
        if self.null is not None:
            paint_null(out, self.null)

    @property
    def numbers(self) -> Numbers:
        """The numbers without their scale; there are at most MAX_INT64_DIGITS digits, or they are known."""
        if self._numbers is None:
            self._numbers = self._counted()
        return self._numbers

    def _counted(self) -> Numbers:
        columns = self._digits.columns()
        assert len(columns) <= MAX_INT64_DIGITS, "others have no such numbers"
        found = np.zeros(len(self._rows.good), np.int64)
        for column in columns:
            found *= 10
            found += self._rows.plain[:, column]
        found -= int("0" + "1" * len(columns)) * int(_ZERO)
        return found if self._negative is None else np.where(self._negative, -found, found)

    def refuse_negative_zero(self) -> None:
        """Leave to the record path what has a minus and no digit but zeros."""
        if self._negative is not None:
            wrong = self._negative & ~self._is_nonzero()
            self._rows.good &= ~wrong if self.null is None else ~wrong | self.null

    def _is_nonzero(self) -> Flags:
        whole, fraction = self._digits.whole, self._digits.fraction
        if whole[1] == fraction[0]:
            return _any_digit(self._matrix((whole[0], fraction[1])))
        return _any_digit(self._matrix(self._digits.whole)) | _any_digit(self._matrix(self._digits.fraction))

    def check_plain(self) -> None:
        """Leave to the record path what `Decimal` writes with an exponent: less than a millionth."""
        if self._digits.scale > LONGEST_PLAIN_SCALE:
            start, _ = self._digits.fraction
            end = start + max(0, LONGEST_PLAIN_SCALE - self._digits.zeros)
            plain = _any_digit(self._matrix(self._digits.whole)) | _any_digit(self._matrix((start, end)))
            self._rows.good &= plain if self.null is None else plain | self.null

    def arrow(self, keep: Flags) -> ArrowArray:
        """The numbers."""
        null = None if self.null is None else self.null[keep]
        known = self._numbers is not None or self._digits.there <= MAX_INT64_DIGITS
        if known and fits_words(self._type):
            return number_array(self.numbers[keep], null, self._type)
        return self._written(keep, null).cast(pa.string()).cast(self._type.arrow)

    def _written(self, keep: Flags, null: Flags | None) -> ArrowArray:
        """The numbers as text, for those that do not fit 64 bits."""
        point = b"." + b"0" * self._digits.zeros if self._digits.scale else b""
        sign = np.where(self._negative, ord("-"), ord("+")) if self._negative is not None else None
        columns = (
            np.full((len(keep), 1), ord("+"), np.uint8) if sign is None else sign.astype(np.uint8)[:, None],
            self._matrix(self._digits.whole),
            np.broadcast_to(np.frombuffer(point, np.uint8), (len(keep), len(point))),
            self._matrix(self._digits.fraction),
        )
        text = np.concatenate(columns, axis=1)[keep]
        validity = None if null is None else pa.py_buffer(np.packbits(~null, bitorder="little"))
        buffers = [validity, pa.py_buffer(np.ascontiguousarray(text))]
        return pa.Array.from_buffers(pa.binary(text.shape[1]), len(text), buffers).cast(pa.binary())

    def _matrix(self, columns: tuple[int, int]) -> Bytes:
        return self._rows.plain[:, slice(*columns)]


def _any_digit(matrix: Bytes) -> Flags:
    """Which rows have a digit other than zero."""
    found: Flags = (matrix != _ZERO).any(axis=1)
    return found


def _skip_zeros(whole: Bytes) -> Flags:
    """Leave out the zeros before the first digit that is none, or the last. Gives which are all zeros."""
    leading: Flags = whole[:, 0] == _ZERO
    for column in range(whole.shape[1] - 1):
        whole[:, column] -= leading * (_ZERO - np.uint8(SKIPPED))
        leading = leading & (whole[:, column + 1] == _ZERO)
    return leading
