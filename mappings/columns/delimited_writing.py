"""Values of JSON to fields of delimited text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from mappings import json
from mappings.columns.arrays import Flags, Positions
from mappings.columns.arrow_types import MAX_INT64_DIGITS
from mappings.columns.delimited_rows import Marks, order
from mappings.columns.distinct import distinct
from mappings.columns.ndjson_values import Values
from mappings.columns.template import Choice, Chosen, Part, Span, SpanAt, Value
from mappings.columns.written_numbers import JsonNumbers
from mappings.contract import JsonValue, MappingError
from mappings.delimited.values import MAX_DIGITS, ValueSyntaxError

_MINUS, _POINT, _ZERO, _MARK = ord("-"), ord("."), ord("0"), 0xEF
_REMEMBERED = 1 << 16


class Written(NamedTuple):
    """What the parts of a field are in each line, and which lines are proven to be right."""

    values: Sequence[Value]
    good: Flags


class FieldWriter(Protocol):
    """One field, compiled for its column of the lines."""

    @property
    def parts(self) -> Sequence[Part]:
        """What its text is made of."""

    def write(self, values: Values, special: Marks) -> Written:
        """Write it. `special` are the bytes that a field without quotes may not have."""


class TextFieldWriter:
    """Text that needs no quotes. `null` is the text for null, None where there is none; `is_first` is that of
    the first column, which may not begin with a byte order mark; `wide` allows what is not ASCII."""

    def __init__(
        self, column: int, *, null: bytes | None, least: int, most: int | None, is_first: bool, wide: bool
    ) -> None:
        self._column = column
        self._null = null
        self._least = least
        self._most = most
        self._is_first = is_first
        self._wide = wide
        self.parts: Sequence[Part] = (Choice((b"", null or b"")), Span(order(column)))

    def write(self, values: Values, special: Marks) -> Written:
        """Take the text between its quotes."""
        flat, text = values.flat, values.is_text(self._column)
        begin = values.start[:, self._column] + text
        end = np.maximum(begin, values.end[:, self._column] - text)
        good = text & (special.between(begin, end) == 0)
        if not self._wide and not values.block.is_ascii:
            good &= values.block.wide.between(begin, end) == 0
        if self._is_first and not values.block.is_ascii:
            good &= flat[np.minimum(begin, len(flat) - 1)] != _MARK
        if self._least or self._most is not None:
            length = end - begin - values.block.continuations.between(begin, end)
            good &= (length >= self._least) & (length <= (len(flat) if self._most is None else self._most))
        null = np.zeros(len(begin), np.bool_)
        if self._null is not None:
            null = values.is_null(self._column)
            good &= ~_is(values, begin, end, self._null)
        span = SpanAt(begin, np.where(null, begin, end))
        return Written((Chosen(null.astype(np.int32)), span), good | null)


class NumberFieldWriter:
    """A whole number (`scale` is 0, there is no `separator`), or one with a fraction behind its separator: of
    exactly `scale` digits, or of those it has where that is None. `bounds` are for whole numbers of at most
    18 digits."""

    def __init__(
        self,
        column: int,
        *,
        null: bytes | None,
        separator: bytes | None,
        scale: int | None,
        bounds: tuple[int | None, int | None],
    ) -> None:
        self._column = column
        self._nullable = null is not None
        self._separator = separator
        self._scale = scale
        self._bounds = bounds
        parts: list[Part] = [Choice((b"", b"-", null or b"")), Span(order(column))]
        if separator is not None:
            parts += [Choice((separator, b"")), Span(order(column, 1))]
            if scale is not None:
                parts.append(Choice(tuple(b"0" * zeros for zeros in range(scale + 1))))
        self.parts: Sequence[Part] = parts

    def write(self, values: Values, special: Marks) -> Written:
        """Take the digits, and fill the fraction."""
        flat, last = values.flat, len(values.flat) - 1
        start, end = values.start[:, self._column], values.end[:, self._column]
        negative = values.first[:, self._column] == _MINUS
        begin = start + negative
        others = values.block.no_digits.between(begin, end)
        point = np.where(others == 0, end, np.minimum(values.block.points.first(begin), end)).astype(np.int32)
        fraction = np.minimum(point + np.int32(1), end)
        is_zero = flat[np.minimum(begin, last)] == _ZERO
        good = (begin < point) & (~is_zero | (point - begin == 1)) & (special.between(start, end) == 0)
        good &= end - start + (self._scale or 0) <= MAX_DIGITS
        if self._separator is None:
            good &= others == 0
            good &= self._in_bounds(values)
        else:
            has_point = (flat[np.minimum(point, last)] == _POINT) & (fraction < end)
            good &= (others == 0) | ((others == 1) & has_point)
            if self._scale is not None:
                good &= end - fraction <= self._scale
        null = values.is_null(self._column) & self._nullable
        # A whole number has no negative zero, neither here nor in JSON; a fraction keeps its minus.
        sign = (negative & ~(is_zero & (others == 0))).astype(np.int32)
        sign[null] = 2
        whole = SpanAt(begin, np.where(null, begin, point))
        if self._separator is None:
            return Written((Chosen(sign), whole), good | null)
        return Written((Chosen(sign), whole, *self._fraction(fraction, end, null)), good | null)

    def _fraction(self, begin: Positions, end: Positions, null: Flags) -> list[Value]:
        """The separator, the digits behind it, and zeros up to the scale."""
        end = np.where(null, begin, end).astype(np.int32)
        if self._scale is None:
            return [Chosen((begin == end).astype(np.int32)), SpanAt(begin, end)]
        zeros = np.where(null, 0, np.clip(self._scale - (end - begin), 0, self._scale)).astype(np.int32)
        return [Chosen(null.astype(np.int32)), SpanAt(begin, end), Chosen(zeros)]

    def _in_bounds(self, values: Values) -> Flags:
        """Which numbers are in the bounds, and short enough for that to be known here."""
        least, most = self._bounds
        found = np.ones(len(values.good), np.bool_)
        if least is not None or most is not None:
            numbers = JsonNumbers(values, self._column, MAX_INT64_DIGITS, 0)
            found = numbers.good
            if least is not None:
                found = found & np.greater_equal(numbers.numbers, least)
            if most is not None:
                found = found & np.less_equal(numbers.numbers, most)
        return found


class EnumeratedFieldWriter:
    """A field of any kind, written by its codec, each distinct value once. `write` gives the field's bytes,
    None where it has to be left to the record path."""

    def __init__(self, column: int, write: Callable[[JsonValue], bytes | None]) -> None:
        self._column = column
        self._write = write
        self._known: dict[bytes, bytes | None] = {}
        self.parts: Sequence[Part] = (Choice(),)

    def write(self, values: Values, special: Marks) -> Written:
        """Write each distinct value."""
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        tokens, index = distinct(values.flat, values.start[:, self._column], values.end[:, self._column])
        found = [self._of(token) for token in tokens]
        good = np.array([each is not None for each in found], np.bool_)[index]
        return Written((Chosen(index, [each or b"" for each in found]),), good)

    def _of(self, token: bytes) -> bytes | None:
        if token not in self._known:
            try:
                self._known[token] = self._write(json.decode(token))
            except (ValueSyntaxError, MappingError):
                self._known[token] = None
        return self._known[token]


def _is(values: Values, begin: Positions, end: Positions, expected: bytes) -> Flags:
    """Which spans are these bytes."""
    found: Flags = (end - begin) == len(expected)
    for at, byte in enumerate(expected):
        found &= values.flat[np.minimum(begin + at, len(values.flat) - 1)] == byte
    return found
