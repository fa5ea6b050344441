"""Dates and times whose parts stand in columns of digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mappings.columns.arrays import ArrowArray, Bytes, Flags, Numbers, Positions
from mappings.columns.arrow import pa
from mappings.columns.arrow_types import DATE, TIME, FieldType
from mappings.columns.painting import SKIPPED, skipped
from mappings.columns.template import Choice, Chosen, Part, Span, SpanAt, Value

WIDTHS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2, "f": 6}
_DATE = "Ymd"
_TIME = "HMS"

# By month and day as they are written, month * 100 + day: 0 where there is no such day, 2 for 29 February.
_DAYS = np.zeros(10_000, np.uint8)
for _month, _length in enumerate((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1):
    _DAYS[_month * 100 + 1 : _month * 100 + _length + 1] = 1
_DAYS[229] = 2
_YEARS = np.arange(10_000)
_IS_LEAP: Flags = (_YEARS % 4 == 0) & ((_YEARS % 100 != 0) | (_YEARS % 400 == 0))


class Moments:
    """A date, a time of day, or both. `places` says at which column of a matrix each part begins: of a date
    all three, of a time at least %H and %M. `suffix` follows the text; `offset_s` are the seconds by which
    its clock is ahead of UTC; `order` is that of its first span."""

    def __init__(
        self, places: Mapping[str, int], type_: FieldType, suffix: bytes, offset_s: int, order: int
    ) -> None:
        self.places = places
        self._type = type_
        self._offset_s = offset_s

        def span(letter: str) -> Span:
            return Span(order + places[letter])

        parts: list[Part] = [b'"']
        if "Y" in places:
            parts += [span("Y"), b"-", span("m"), b"-", span("d")]
        if "H" in places:
            parts += [b"T" if "Y" in places else b"", span("H"), b":", span("M"), b":"]
            parts.append(span("S") if "S" in places else b"00")
        if "f" in places:
            parts += [Choice((b"", b".")), span("f")]
        self.parts: Sequence[Part] = (*parts, suffix + b'"')
        self._spots, self.template = _spots(places, suffix)

    def part(self, matrix: Bytes, letter: str) -> Positions:
        """The number that one part is; anything where it is not made of digits."""
        found = np.zeros(len(matrix), np.int32)
        start = self.places[letter]
        for column in range(start, start + WIDTHS[letter]):
            found *= 10
            found += matrix[:, column]
            found -= ord("0")
        return found

    def good(self, matrix: Bytes) -> Flags:
        """Which rows are moments that there are, if they are made of digits."""
        found = np.ones(len(matrix), np.bool_)
        if "Y" in self.places:
            year = self.part(matrix, "Y")
            day = _DAYS[(self.part(matrix, "m") * 100 + self.part(matrix, "d")) % 10_000]
            found &= (year > 0) & ((day == 1) | ((day == 2) & _IS_LEAP[year % 10_000]))
        for letter, limit in (("H", 24), ("M", 60), ("S", 60)):
            if letter in self.places:
                found &= self.part(matrix, letter) < limit
        return found

    def values(self, matrix: Bytes, base: Positions) -> Sequence[Value]:
        """The parts of each text. `base` is where each row begins."""
        order = [letter for letter in _DATE + _TIME if letter in self.places]
        found: list[Value] = [self._span(letter, base) for letter in order]
        if "f" in self.places:
            fraction = self._span("f", base)
            whole = self.part(matrix, "f") == 0
            found.append(Chosen((~whole).astype(np.int32)))
            found.append(SpanAt(fraction.start, np.where(whole, fraction.start, fraction.end)))
        return found

    def paint(self, matrix: Bytes, out: Bytes) -> None:
        """Put the parts into the places that `template` has for them."""
        for letter, spot in self._spots.items():
            column, width = self.places[letter], WIDTHS[letter]
            out[:, spot : spot + width] = matrix[:, column : column + width]
        if "f" in self._spots:
            spot = self._spots["f"]
            out[:, spot - 1] = ord(".")
            out[self.part(matrix, "f") == 0, spot - 1 : spot + WIDTHS["f"]] = SKIPPED

    def _span(self, letter: str, base: Positions) -> SpanAt:
        start = base + np.int32(self.places[letter])
        return SpanAt(start, start + np.int32(WIDTHS[letter]))

    def arrow(self, matrix: Bytes, keep: Flags) -> ArrowArray:
        """The moments of the rows that are kept, which are good."""
        if self._type is DATE:
            return pa.array(self._days(matrix)[keep].astype(np.int32)).view(pa.date32())
        micros = self._micros(matrix)
        if self._type is not TIME:
            micros += (self._days(matrix) * 86_400 - self._offset_s) * 1_000_000
        return pa.array(micros[keep]).view(self._type.arrow)

    def _days(self, matrix: Bytes) -> Numbers:
        """Days since 1970-01-01."""
        months = (self.part(matrix, "Y").astype(np.int64) - 1970) * 12 + self.part(matrix, "m") - 1
        first: Numbers = months.astype("M8[M]").astype("M8[D]").astype(np.int64)
        return first + self.part(matrix, "d") - 1

    def _micros(self, matrix: Bytes) -> Numbers:
        """Microseconds since midnight."""
        found = np.zeros(len(matrix), np.int64)
        for letter, worth in (("H", 3_600_000_000), ("M", 60_000_000), ("S", 1_000_000), ("f", 1)):
            if letter in self.places:
                found += self.part(matrix, letter).astype(np.int64) * worth
        return found


def _spots(places: Mapping[str, int], suffix: bytes) -> tuple[dict[str, int], bytes]:
    """Where each part stands in a text, and the text with room for them."""
    form = "Y-m-d" if "Y" in places else ""
    form += "T" if {"Y", "H"} <= places.keys() else ""
    form += "H:M:" if "H" in places else ""
    spots: dict[str, int] = {}
    text = b'"'
    for character in form + ("S" if "S" in places else "0" * 2 if "H" in places else ""):
        if character in WIDTHS:
            spots[character] = len(text)
            text += skipped(WIDTHS[character])
        else:
            text += character.encode()
    if "f" in places:
        spots["f"] = len(text) + 1
        text += skipped(1 + WIDTHS["f"])
    return spots, text + suffix + b'"'


def moments_of(places: Mapping[str, int], type_: FieldType, offset: str | None, order: int = 0) -> Moments:
    """Moments whose parts stand at these places. `offset` is the difference from UTC as definitions give it:
    Z, +hh:mm, -hh:mm, or `local`, as None is, for none."""
    if offset in (None, "local"):
        return Moments(places, type_, b"", 0, order)
    assert offset is not None, "said above"
    seconds = 0 if offset == "Z" else (int(offset[1:3]) * 60 + int(offset[4:6])) * 60
    suffix = offset.encode() if seconds else b"Z"
    return Moments(places, type_, suffix, -seconds if offset[0] == "-" else seconds, order)
