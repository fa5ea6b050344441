"""Columns of numbers: an optional sign, digits, and in decimal ones a point and a fraction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mappings.columns.arrays import ArrowArray, Flags, Numbers, Positions
from mappings.columns.arrow import pa, pc
from mappings.columns.arrow_types import MAX_INT64_DIGITS, FieldType, fits_words, number_array
from mappings.columns.delimited_rows import TokenRows, null_fields, order
from mappings.columns.digits import LONGEST_PLAIN_SCALE
from mappings.columns.template import Choice, Chosen, Part, Span, SpanAt, Value
from mappings.delimited.values import MAX_DIGITS

_MINUS, _PLUS, _ZERO = ord("-"), ord("+"), ord("0")


@dataclass(frozen=True, slots=True)
class Number:
    """A column of numbers. `scale` is how many digits a fraction has at most, None for any number of them;
    whole numbers have no `separator`, and may have bounds. `most_digits` is how many the whole part has at
    most in what is proven here."""

    column: int
    null: bytes | None
    type: FieldType
    separator: bytes | None = None
    scale: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    most_digits: int = MAX_DIGITS

    @property
    def is_one_span(self) -> bool:
        """Whether the digits can be taken as they stand, with their point."""
        return self.separator in (None, b".")

    @property
    def has_bounds(self) -> bool:
        """Whether there is a least or a greatest number."""
        return self.minimum is not None or self.maximum is not None


class NumberColumn:
    """Reads one column of numbers."""

    def __init__(self, number: Number) -> None:
        self._number = number
        parts: list[Part] = [Choice((b"", b"-", b"null")), Span(order(number.column))]
        if not number.is_one_span:
            parts += [Choice((b"", b".")), Span(order(number.column, 1))]
        self.parts: Sequence[Part] = parts

    def read(self, rows: TokenRows) -> NumberReading:
        """Find sign, digits and separator."""
        number = self._number
        start, end = rows.start[:, number.column], rows.end[:, number.column]
        null = None if number.null is None else null_fields(rows, number.column, number.null)
        first = rows.flat[np.minimum(start, len(rows.flat) - 1)]
        negative = (first == _MINUS) & (start < end)
        begin = start + (negative | ((first == _PLUS) & (start < end)))
        others = rows.others.between(begin, end)
        point = self._points(rows, begin, end, others)
        good = (begin < point) & (end - start <= MAX_DIGITS)
        good &= (others == 0) | ((others == 1) & self._has_fraction(rows, point, end))
        begin = _without_zeros(rows, begin, point)
        good &= point - begin <= number.most_digits
        reading = NumberReading(rows, number, negative, (begin, point, end), null)
        if number.separator is not None:
            # `Decimal` writes what is less than a millionth with an exponent.
            good &= (end - point - 1 <= LONGEST_PLAIN_SCALE) | ~reading.begins_with_zero
        elif number.has_bounds:
            good &= self._in_bounds(reading, point - begin)
        rows.good &= good if null is None else good | null
        return reading

    def _points(self, rows: TokenRows, begin: Positions, end: Positions, others: Positions) -> Positions:
        """Where each number's separator stands, or where it ends."""
        separator = self._number.separator
        if separator is None:
            return end
        first = rows.all_of(separator[0]).first(begin)
        return np.where(others == 0, end, np.minimum(first, end)).astype(np.int32)

    def _has_fraction(self, rows: TokenRows, point: Positions, end: Positions) -> Flags:
        """Which fields have the separator at `point`, and a fraction behind it."""
        separator, scale = self._number.separator, self._number.scale
        if separator is None or scale == 0:
            return np.zeros(len(point), np.bool_)
        found: Flags = rows.flat[np.minimum(point, len(rows.flat) - 1)] == separator[0]
        found &= end - point > 1
        return found if scale is None else found & (end - point - 1 <= scale)

    def _in_bounds(self, reading: NumberReading, length: Positions) -> Flags:
        """Which numbers are in the bounds, and short enough for that to be known here."""
        found: Flags = length <= MAX_INT64_DIGITS
        if self._number.minimum is not None:
            found &= np.greater_equal(reading.numbers, self._number.minimum)
        if self._number.maximum is not None:
            found &= np.less_equal(reading.numbers, self._number.maximum)
        return found


class NumberReading:
    """The number of each row. `places` are where its digits begin, where the fraction's separator stands, and
    where all ends; without a fraction the latter two are the same."""

    def __init__(
        self,
        rows: TokenRows,
        number: Number,
        negative: Flags,
        places: tuple[Positions, Positions, Positions],
        null: Flags | None,
    ) -> None:
        self._rows = rows
        self._number = number
        self._negative = negative
        self._begin, self._point, self._end = places
        self.null = null

    @property
    def begins_with_zero(self) -> Flags:
        """Whose first digit is zero, leading zeros left out: which are less than 1."""
        flat = self._rows.flat
        found: Flags = flat[np.minimum(self._begin, len(flat) - 1)] == _ZERO
        return found

    def values(self) -> Sequence[Value]:
        """Sign or null, the digits, the separator and the fraction."""
        negative = self._negative
        if self._number.separator is None:
            negative = negative & ~self.begins_with_zero  # a whole number has no negative zero
        sign = negative.astype(np.int32)
        begin, point, end = self._begin, self._point, self._end
        if self.null is not None:
            sign[self.null] = 2
            point, end = np.where(self.null, begin, point), np.where(self.null, begin, end)
        if self._number.is_one_span:
            return (Chosen(sign), SpanAt(begin, end))
        fraction = np.minimum(point + np.int32(1), end)
        return (
            Chosen(sign),
            SpanAt(begin, point),
            Chosen((fraction < end).astype(np.int32)),
            SpanAt(fraction, end),
        )

    @property
    def numbers(self) -> Numbers:
        """Whole numbers; anything where they have more than MAX_INT64_DIGITS digits."""
        found = np.zeros(len(self._begin), np.int64)
        flat, worth = self._rows.flat, 1
        for at in range(1, min(int((self._point - self._begin).max(initial=0)), MAX_INT64_DIGITS) + 1):
            place = self._point - at
            digit = flat[np.maximum(place, 0)].astype(np.int64) - _ZERO
            found += np.where(place >= self._begin, digit, 0) * worth
            worth *= 10
        return np.where(self._negative, -found, found)

    def arrow(self, keep: Flags) -> ArrowArray:
        """The numbers."""
        mask = None if self.null is None else self.null[keep]
        if self._number.separator is None:
            return pa.array(self.numbers[keep], mask=mask)
        scaled = self._scaled(keep)
        if scaled is not None:
            return number_array(scaled, mask, self._number.type)
        texts = self._rows.texts(self._number.column, keep, self.null)
        if self._number.separator != b".":
            texts = pc.replace_substring(texts, self._number.separator.decode(), ".")
        return texts.cast(self._number.type.arrow)

    def _scaled(self, keep: Flags) -> Numbers | None:
        """The numbers without their scale; None where they may not fit 64 bits, or have no scale."""
        scale, longest = self._number.scale, int((self._point - self._begin)[keep].max(initial=0))
        if scale is None or longest + scale > MAX_INT64_DIGITS or not fits_words(self._number.type):
            return None
        flat, point, end = self._rows.flat, self._point[keep], self._end[keep]
        found = np.abs(self.numbers[keep])
        for at in range(1, scale + 1):
            place = point + np.int32(at)
            digit = flat[np.minimum(place, np.int32(len(flat) - 1))].astype(np.int64) - _ZERO
            found = found * 10 + np.where(place < end, digit, 0)
        return np.where(self._negative[keep], -found, found)


def _without_zeros(rows: TokenRows, begin: Positions, point: Positions) -> Positions:
    """Behind leading zeros, but before the last digit."""
    first = rows.flat[np.minimum(begin, len(rows.flat) - 1)]
    if not bool(((first == _ZERO) & (point - begin > 1)).any()):
        return begin
    found: Positions = np.minimum(rows.nonzeros.first(begin), np.maximum(point - 1, begin))
    return found
