"""Values of JSON to the bytes of fields at fixed places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np

from mappings import json
from mappings.columns.arrays import Bytes, Flags
from mappings.columns.moments import WIDTHS, Moments
from mappings.columns.ndjson_values import Values
from mappings.columns.rows import Allowed
from mappings.columns.written_numbers import JsonNumbers
from mappings.contract import JsonValue, MappingError
from mappings.fixed_width.errors import FieldError

_ZERO, _MINUS = ord("0"), ord("-")
_REMEMBERED = 1 << 16


class Written(NamedTuple):
    """The bytes of a field in all records, and in which of them they are proven to be right."""

    data: Bytes
    good: Flags


class Writer(Protocol):
    """One field, compiled."""

    def write(self, values: Values, column: int) -> Written:
        """Write the member in this column."""


class ToPage:
    """Plain bytes to those of a page, given what each of them is there."""

    def __init__(self, table: Bytes) -> None:
        self._table = None if bool((table == np.arange(256)).all()) else table.tobytes()

    def __call__(self, data: Bytes) -> Bytes:
        """The same matrix in the page."""
        if self._table is None:
            return data
        return np.frombuffer(bytearray(data.tobytes().translate(self._table)), np.uint8).reshape(data.shape)


class TextWriter:
    """Text with its padding. `pad` is ASCII; `to_page` translates ASCII to the page."""

    def __init__(
        self,
        width: int,
        *,
        pad: int,
        trims: bool,
        is_left: bool,
        controls: bool,
        is_utf_8: bool,
        to_page: ToPage,
    ) -> None:
        self._width = width
        self._pad = pad
        self._trims = trims
        self._is_left = is_left
        self._controls = controls
        self._is_utf_8 = is_utf_8
        self._to_page = to_page

    def write(self, values: Values, column: int) -> Written:
        """Copy each text to its side of the field."""
        flat, width = values.flat, self._width
        begin, end = values.start[:, column] + 1, values.end[:, column] - 1
        good = values.is_text(column) & (end - begin <= width)
        if not self._is_utf_8 and not values.block.is_ascii:
            good &= values.block.wide.between(begin, np.maximum(begin, end)) == 0
        if not self._controls and values.block.has_controls:
            good &= values.block.controls.between(begin, np.maximum(begin, end)) == 0
        last = np.int32(len(flat) - 1)
        if self._trims:
            edge = flat[np.clip(end - 1 if self._is_left else begin, 0, last)]
            good &= (edge != self._pad) | (begin == end)
        else:
            good &= end - begin == width
        data = values.block.window(begin if self._is_left else end - np.int32(width), width)
        columns = np.arange(width, dtype=np.min_scalar_type(width))
        length = np.clip(end - begin, 0, width).astype(columns.dtype)[:, None]
        outside = columns >= length if self._is_left else columns < columns.dtype.type(width) - length
        np.copyto(data, self._pad, where=outside)
        return Written(self._to_page(data), good)


Finish: TypeAlias = Callable[[JsonNumbers, Bytes], Written]
"""The digits of numbers to the bytes of their field."""


class NumberWriter:
    """A number: its digits, `total` of them of which `scale` stand behind the point, to bytes by `finish`. It
    is told of the digits and which are negative, and may refuse some."""

    def __init__(
        self,
        total: int,
        scale: int,
        finish: Finish,
        bounds: tuple[int | None, int | None],
    ) -> None:
        self._whole = max(0, total - scale)
        self._scale = scale
        self._unused = max(0, scale - total)
        self._finish = finish
        self._least, self._most = bounds

    def write(self, values: Values, column: int) -> Written:
        """Find the digits, and put them into the field."""
        numbers = JsonNumbers(values, column, self._whole, self._scale)
        digits = numbers.digits[:, self._unused :]
        data, good = self._finish(numbers, digits)
        good = good & numbers.good
        if self._unused:
            good &= (numbers.digits[:, : self._unused] == _ZERO).all(axis=1)
        if self._least is not None:
            good &= np.greater_equal(numbers.numbers, self._least)
        if self._most is not None:
            good &= np.less_equal(numbers.numbers, self._most)
        return Written(data, good)


class MomentWriter:
    """A date, a time or both, of which each part is copied to its place. `iso` are the moments as they stand
    in a text of JSON of `length` bytes, `allowed` what may stand there; `places` are those of the parts in
    the field, of which `template` has the rest."""

    def __init__(
        self,
        iso: Moments,
        length: int,
        allowed: Allowed,
        places: dict[str, int],
        template: bytes,
        digits: ToPage,
    ) -> None:
        self._iso = iso
        self._length = length
        self._first, self._more = allowed.first[:length], allowed.more[:length]
        self._places = places
        self._template = np.frombuffer(template, np.uint8)
        self._digits = digits

    def write(self, values: Values, column: int) -> Written:
        """Check that they are moments, and copy their parts."""
        begin, end = values.start[:, column] + 1, values.end[:, column] - 1
        text = values.block.window(begin, self._length)
        wrong = ((text - self._first) > self._more).any(axis=1)
        good = values.is_text(column) & (end - begin == self._length) & ~wrong & self._iso.good(text)
        data = np.broadcast_to(self._template, (len(begin), len(self._template))).copy()
        for letter, place in self._places.items():
            at, width = self._iso.places[letter], WIDTHS[letter]
            data[:, place : place + width] = self._digits(text[:, at : at + width])
        return Written(data, good)


class EnumeratedWriter:
    """A field of any kind, written by its codec: each distinct value once."""

    def __init__(self, width: int, write: Callable[[JsonValue], bytes]) -> None:
        self._width = width
        self._write = write
        self._known: dict[bytes, bytes | None] = {}

    def write(self, values: Values, column: int) -> Written:
        """Write each distinct value."""
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        numbers: dict[bytes, int] = {}
        tokens = values.texts(column)
        index = np.fromiter(
            (numbers.setdefault(token, len(numbers)) for token in tokens), np.int32, len(tokens)
        )
        found = [self._of(token) for token in numbers]
        table = b"".join(bytes(self._width) if each is None else each for each in found)
        data = np.frombuffer(table, np.uint8).reshape(len(found), self._width)[index]
        return Written(data, np.array([each is not None for each in found], np.bool_)[index])

    def _of(self, token: bytes) -> bytes | None:
        if token not in self._known:
            try:
                self._known[token] = self._write(json.decode(token))
            except (FieldError, MappingError):
                self._known[token] = None
        return self._known[token]


class NullableWriter:
    """A field that may be null; what would be read as null is left to the record path."""

    def __init__(self, writer: Writer, nulls: Sequence[bytes]) -> None:
        self._writer = writer
        self._nulls = [np.frombuffer(null, np.uint8) for null in nulls]

    def write(self, values: Values, column: int) -> Written:
        """Write null where it is."""
        data, good = self._writer.write(values, column)
        null = values.is_null(column)
        for each in self._nulls:
            good = good & ~(data == each).all(axis=1)
        data[null] = self._nulls[0]
        return Written(data, good | null)


@dataclass(frozen=True, slots=True)
class Packed:
    """Two digits a byte. `plus` is the half byte behind them, None where there is no sign; `minus` that of
    negative numbers, None where there are none. The first `unused` digits must be zero."""

    plus: int | None
    minus: int | None
    unused: int

    def __call__(self, numbers: JsonNumbers, digits: Bytes) -> Written:
        """Put the half bytes together."""
        good: Flags = (digits[:, : self.unused] == _ZERO).all(axis=1)
        if self.minus is None:
            good = good & ~numbers.negative
        halves = digits - np.uint8(_ZERO)
        if self.plus is not None:
            minus = self.plus if self.minus is None else self.minus
            last = np.where(numbers.negative, np.uint8(minus), np.uint8(self.plus))
            halves = np.concatenate((halves, last[:, None]), axis=1)
        return Written((halves[:, 0::2] << np.uint8(4)) | halves[:, 1::2], good)


@dataclass(frozen=True, slots=True)
class Binary:
    """Two's complement in at most 8 bytes, from `least` to `most`."""

    width: int
    big: bool
    least: int
    most: int

    def __call__(self, numbers: JsonNumbers, digits: Bytes) -> Written:
        """Take the bytes of the number."""
        found = numbers.numbers
        good: Flags = np.greater_equal(found, self.least) & np.less_equal(found, self.most)
        data = found.astype(">i8").view(np.uint8).reshape(len(found), 8)[:, 8 - self.width :]
        return Written(data.copy() if self.big else data[:, ::-1].copy(), good)


@dataclass(frozen=True, slots=True)
class Display:
    """A digit in each byte. The last `kept` of them are written in any case; in place of zeros before them
    `padding` is, a byte of ASCII, unless it is None. `point` is what stands before the last `scale` digits.
    `signs` are the bytes of what is not negative and of what is, in a byte of their own `is_first` or last;
    `punches` the same for the digit that carries the sign, by digit. Without either, a minus may float before
    the digits."""

    to_page: ToPage
    kept: int
    padding: int | None
    scale: int
    point: int | None
    floating: bool = False
    is_first: bool = False
    signs: tuple[int, int] | None = None
    punches: tuple[bytes, bytes] | None = None

    def __call__(self, numbers: JsonNumbers, digits: Bytes) -> Written:
        """Put padding, point and sign around the digits."""
        text, good = digits.copy(), np.ones(len(digits), np.bool_)
        before = text[:, : text.shape[1] - self.kept]
        leading = np.logical_and.accumulate(before == _ZERO, axis=1)
        if self.padding is not None:
            before[leading] = self.padding
        if self.floating:
            good = self._float(before, leading, numbers.negative)
        elif self.signs is None and self.punches is None:
            good = ~numbers.negative
        if self.point is not None:
            at = text.shape[1] - self.scale
            text = np.insert(text, at, self.point, axis=1)
        data = self.to_page(text)
        if self.punches is not None:
            column = 0 if self.is_first else -1
            plus, minus = (np.frombuffer(each, np.uint8) for each in self.punches)
            digit = digits[:, column] - np.uint8(_ZERO)
            data[:, column] = np.where(numbers.negative, minus[digit % 10], plus[digit % 10])
        if self.signs is not None:
            sign = np.where(numbers.negative, np.uint8(self.signs[1]), np.uint8(self.signs[0]))[:, None]
            data = np.concatenate((sign, data) if self.is_first else (data, sign), axis=1)
        return Written(data, good)

    def _float(self, before: Bytes, leading: Flags, negative: Flags) -> Flags:
        """Put a minus in the place of the last padding, or of the first zero; where there is room for it."""
        count = leading.sum(axis=1)
        rows = np.flatnonzero(negative & (count > 0))
        before[rows, 0 if self.padding is None else count[rows] - 1] = _MINUS
        fits: Flags = ~negative | (count > 0)
        return fits
