"""Numbers at fixed bytes: their digits are brought to columns of their own, and checked there.

What a byte that carries a sign means is asked of the record path, for each of the 256 bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mappings.columns.arrays import Bytes, Flags
from mappings.columns.arrow_types import MAX_INT64_DIGITS, FieldType
from mappings.columns.digits import Digits, DigitsReading, split
from mappings.columns.fixed_texts import null_rows
from mappings.columns.rows import Allowed, Rows
from mappings.fixed_width.errors import FieldError

_ZERO = np.uint8(ord("0"))
_MINUS = np.uint8(ord("-"))
_NO_DIGIT = np.uint8(0)


class SignBytes:
    """What each byte means in the place that carries the sign. `read` gives the number that one of them makes
    where all other digits are those of `rest`; `place` is what the sign's digit counts in it."""

    def __init__(self, read: Callable[[int], int], place: int) -> None:
        self.digits: Bytes = np.zeros(256, np.uint8)
        self.is_negative: Flags = np.zeros(256, np.bool_)
        for byte in range(256):
            try:
                number = read(byte)
            except FieldError:
                continue  # 0 is no digit: the check of all bytes refuses it
            self.digits[byte] = ord("0") + abs(number) // place % 10
            self.is_negative[byte] = number < 0


@dataclass(frozen=True, slots=True)
class NumberField:
    """What is the same for numbers of all kinds. `area` and `nulls` are raw bytes of the whole field;
    `hidden` are the numbers that null would be, which may not be good in another form either."""

    area: tuple[int, int]
    type: FieldType
    nulls: Sequence[bytes] | None
    minimum: int | None
    maximum: int | None
    allows_negative_zero: bool
    hidden: Sequence[int]

    @property
    def needs_numbers(self) -> bool:
        """Whether the numbers themselves are compared with something."""
        return self.minimum is not None or self.maximum is not None or bool(self.hidden)

    def null(self, rows: Rows) -> Flags | None:
        """Which records have null here, None where none may."""
        return None if self.nulls is None else null_rows(rows.raw[:, slice(*self.area)], self.nulls)

    def finish(self, reading: DigitsReading, rows: Rows) -> DigitsReading:
        """A reading whose digits stand where they should, checked beyond that."""
        reading.check_plain()
        if not self.allows_negative_zero:
            reading.refuse_negative_zero()
        for number in self.hidden:
            assert reading.null is not None, "there is null then"
            rows.good &= (reading.numbers != number) | reading.null
        for bound, is_wrong in ((self.minimum, np.less), (self.maximum, np.greater)):
            if bound is not None:
                wrong: Flags = is_wrong(reading.numbers, bound)
                rows.good &= ~wrong if reading.null is None else ~wrong | reading.null
        return reading


@dataclass(frozen=True, slots=True)
class Display:
    """How a number with a digit in each byte is written."""

    digits: Digits
    leading: tuple[int, int] = (0, 0)
    """Columns of digits in whose place something else may stand, as long as no digit stands before it."""
    padding: int | None = None
    """The plain byte of which any number may stand there."""
    minus: bool = False
    """A minus may, behind them."""
    point: tuple[int, bytes] | None = None
    """The column of a point that is written, and the point."""
    sign: tuple[int, bytes] | None = None
    """The column of a sign of its own byte, and what says that the number is not negative."""
    punched: tuple[int, int, SignBytes] | None = None
    """The column of a digit that carries the sign, the same in the record, and what its bytes mean."""


class DisplayCell:
    """A number with a digit in each byte. Its plain bytes begin at `at`."""

    added = 0

    def __init__(self, field: NumberField, at: int, display: Display) -> None:
        self.area = (at, at + field.area[1] - field.area[0])
        self._field = field
        self._display = display
        self.fits_64_bits = display.digits.there <= MAX_INT64_DIGITS

    def allow(self, allowed: Allowed) -> None:
        """Digits, which `read` puts in the place of padding and signs, and the point."""
        for columns in (self._display.digits.whole, self._display.digits.fraction):
            allowed.digits(*columns)
        if self._display.point is not None:
            allowed.exactly(*self._display.point)

    def read(self, rows: Rows) -> DigitsReading:
        """Bring the digits to their columns."""
        display, plain, null = self._display, rows.plain, self._field.null(rows)
        negative: Flags | None = None
        if display.sign is not None:
            column, plus = display.sign
            negative = plain[:, column] == _MINUS
            plain[~negative & (plain[:, column] != plus[0]), display.digits.columns()[0]] = _NO_DIGIT
        if display.padding is not None or display.minus:
            found = _zeros_before(plain[:, slice(*display.leading)], display)
            negative = found if display.minus else negative
        if display.punched is not None:
            column, raw_column, sign_bytes = display.punched
            signs = rows.raw[:, raw_column]
            plain[:, column] = sign_bytes.digits[signs]
            negative = sign_bytes.is_negative[signs]
        reading = DigitsReading(rows, display.digits, self._field.type, negative, null)
        return self._field.finish(reading, rows)


def _zeros_before(matrix: Bytes, display: Display) -> Flags:
    """Put zeros in the place of what may stand before all digits; which rows have a minus there."""
    count, width = matrix.shape
    if not width:
        return np.zeros(count, np.bool_)
    leading = np.zeros(matrix.shape, np.bool_)
    if display.padding is not None:
        np.logical_and.accumulate(matrix == np.uint8(display.padding), axis=1, out=leading)
    minus: Flags = np.zeros(matrix.shape, np.bool_)
    if display.minus:
        minus[:, 0] = True
        minus[:, 1:] = leading[:, :-1]
        minus &= matrix == _MINUS
    matrix[leading | minus] = _ZERO
    return np.asarray(minus.any(axis=1))


class PackedCell:
    """Two digits a byte; a sign in the last half byte, unless `signs` is None. Its digits are added behind
    the record at `at`; the first `unused` of them must be zero."""

    def __init__(self, field: NumberField, at: int, scale: int, signs: SignBytes | None, unused: int) -> None:
        start, end = field.area
        self.added = 2 * (end - start)
        self.area = (at, at + self.added)
        self._field = field
        self._signs = signs
        self._unused = unused
        self._digits = split(at + unused, at + self.added - (signs is not None), scale)
        self.fits_64_bits = self._digits.there <= MAX_INT64_DIGITS

    def allow(self, allowed: Allowed) -> None:
        """Digits in the added bytes."""
        for columns in (self._digits.whole, self._digits.fraction):
            allowed.digits(*columns)
        allowed.exactly(self.area[0], b"0" * self._unused)

    def read(self, rows: Rows) -> DigitsReading:
        """Unpack the digits."""
        raw = rows.raw[:, slice(*self._field.area)]
        digits = rows.plain[:, slice(*self.area)]
        high, low = rows.halves
        digits[:, 0::2] = high[:, slice(*self._field.area)]
        digits[:, 1::2] = low[:, slice(*self._field.area)]
        negative = None
        if self._signs is not None:
            last = raw[:, -1]
            digits[:, -2] = self._signs.digits[last]
            negative = self._signs.is_negative[last]
        null = self._field.null(rows)
        reading = DigitsReading(rows, self._digits, self._field.type, negative, null)
        return self._field.finish(reading, rows)


_FOUR = 10_000
_FOURS: NDArray[np.uint32] = np.array(
    [[ord(digit) for digit in f"{number:04}"] for number in range(_FOUR)], np.uint8
).view(np.uint32)[:, 0]
"""The four digits of each number, in one."""


class BinaryCell:
    """A number of at most 8 bytes in two's complement, or without a sign. Its digits are added behind the
    record at `at`. `limit` is what its magnitude does not reach."""

    def __init__(
        self, field: NumberField, at: int, scale: int, *, big: bool, signed: bool, limit: int | None
    ) -> None:
        start, end = field.area
        self.width = end - start
        most = 256**self.width - 1 if limit is None else min(limit, 256**self.width) - 1
        self.added = -(-len(str(most)) // 4) * 4
        self.area = (at, at + self.added)
        self._field = field
        self._big = big
        self._signed = signed
        self._limit = limit
        self.fits_64_bits = signed or self.width < 8 or (limit is not None and limit <= 2**63)
        self._digits = split(at, at + self.added, scale)

    def allow(self, allowed: Allowed) -> None:
        """Any byte is part of a number."""

    def read(self, rows: Rows) -> DigitsReading:
        """Write out the digits."""
        raw = rows.raw[:, slice(*self._field.area)]
        magnitude, negative = self._magnitude(raw if self._big else raw[:, ::-1])
        null = self._field.null(rows)
        if self._limit is not None:
            fits = magnitude < np.uint64(self._limit)
            rows.good &= fits if null is None else fits | null
        fours = rows.plain[:, slice(*self.area)]
        rest = magnitude
        for at in range(self.added - 4, -1, -4):
            whole = rest // np.uint64(_FOUR) if at else np.zeros_like(rest)
            part = rest - whole * np.uint64(_FOUR) if at else rest % np.uint64(_FOUR)
            fours[:, at : at + 4] = _FOURS[part][:, None].view(np.uint8)
            rest = whole
        numbers = None
        if self.fits_64_bits:
            signed = magnitude.view(np.int64)
            numbers = signed if negative is None else np.where(negative, -signed, signed)
        reading = DigitsReading(rows, self._digits, self._field.type, negative, null, numbers)
        return self._field.finish(reading, rows)

    def _magnitude(self, raw: Bytes) -> tuple[NDArray[np.uint64], Flags | None]:
        """The numbers without their sign, of bytes in big-endian order; which are negative."""
        wide = np.zeros((len(raw), 8), np.uint8)
        wide[:, 8 - self.width :] = raw
        if not self._signed:
            return wide.view(">u8").ravel().astype(np.uint64), None
        negative = raw[:, 0] >= 0x80
        wide[negative, : 8 - self.width] = 0xFF
        numbers = wide.view(">u8").ravel().astype(np.uint64)
        return np.where(negative, ~numbers + np.uint64(1), numbers), negative
