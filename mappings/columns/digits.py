"""Numbers whose digits stand in columns of their own: to text in JSON, to 64 bits, to Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from mappings.columns.arrays import ArrowArray, Bytes, Flags, Numbers, Positions
from mappings.columns.arrow_types import MAX_INT64_DIGITS, FieldType, fits_words, number_array
from mappings.columns.rows import Rows
from mappings.columns.template import Choice, Chosen, Part, Span, SpanAt, Value

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


class NumberText:
    """The parts of a number's text: null or a sign, the whole part, a point and the fraction."""

    def __init__(self, digits: Digits, *, is_nullable: bool) -> None:
        self._digits = digits
        self.is_nullable = is_nullable
        self.has_whole = digits.whole[0] < digits.whole[1]
        whole = b"" if self.has_whole else b"0"
        point = b"." + b"0" * digits.zeros if digits.scale else b""
        self.sign = Choice((whole, b"-" + whole, b"null") if is_nullable else (whole, b"-" + whole))
        parts: list[Part] = [self.sign]
        if self.has_whole:
            parts.append(Span(digits.whole[0]))
        if point:
            parts.append(Choice((point, b"")) if is_nullable else point)
        if digits.fraction[0] < digits.fraction[1]:
            parts.append(Span(digits.fraction[0]))
        self.parts: Sequence[Part] = parts

    def values(self, rows: Rows, whole: Positions, negative: Flags | None, null: Flags | None) -> list[Value]:
        """The parts of each record's number. `whole` counts the leading zeros that are left out."""
        sign = np.zeros(len(rows.good), np.int32) if negative is None else negative.astype(np.int32)
        if null is not None:
            sign[null] = 2
        found: list[Value] = [Chosen(sign)]
        if self.has_whole:
            start, end = self._digits.whole
            found.append(_span(rows.base + whole + np.int32(start), rows.base + np.int32(end), null))
        if self.is_nullable and self._digits.scale:
            absent = np.zeros(len(sign), np.int32) if null is None else null.astype(np.int32)
            found.append(Chosen(absent))
        start, end = self._digits.fraction
        if start < end:
            found.append(_span(rows.base + np.int32(start), rows.base + np.int32(end), null))
        return found


def _span(start: Positions, end: Positions, null: Flags | None) -> SpanAt:
    return SpanAt(start, end if null is None else np.where(null, start, end))


class DigitsReading:
    """A number of each record. `negative` says which have a minus."""

    def __init__(
        self,
        rows: Rows,
        digits: Digits,
        text: NumberText,
        type_: FieldType,
        negative: Flags | None,
        null: Flags | None,
        numbers: Numbers | None = None,
    ) -> None:
        self._rows = rows
        self._digits = digits
        self._text = text
        self._type = type_
        self._negative = negative
        self._numbers = numbers
        self.null = null

    def values(self) -> Sequence[Value]:
        """The parts of each number's text."""
        zeros, negative = _leading_zeros(self._matrix(self._digits.whole)), self._negative
        if negative is not None and negative.any():
            negative = negative & self._is_nonzero()
        return self._text.values(self._rows, zeros, negative, self.null)

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


def _leading_zeros(matrix: Bytes) -> Positions:
    """How many zeros are left out before the last digit."""
    count, width = matrix.shape
    if width < 2:
        return np.zeros(count, np.int32)
    others = matrix != _ZERO
    others[:, -1] = True
    found: Positions = others.argmax(axis=1).astype(np.int32)
    return found
