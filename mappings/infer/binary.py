"""Numbers in binary forms inside of records: packed decimals, known by their half bytes, and binary ones."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

_MOST_PACKED = 16
"""Bytes of the longest packed number: 31 digits and a sign."""

_MOST_RECORDS = 3000
_SIGNS = frozenset((0xC, 0xD, 0xF))
"""Half bytes that stand for plus, minus, and no sign."""

_CONTROLS = frozenset(range(0x20)) | {0x7F}
_EBCDIC_CONTROLS = frozenset(range(0x40)) | {0xFF}


class Kind(Enum):
    """What a stretch of bytes is."""

    TEXT = "text"
    PACKED = "packed"
    BINARY = "binary"


class Stretch(NamedTuple):
    """Bytes of one kind, counted from 0."""

    kind: Kind
    start: int
    end: int


def stretches(records: Sequence[bytes], length: int, *, ebcdic: bool) -> list[Stretch]:
    """The first bytes of the records, cut where text and binary numbers meet."""
    places = [
        frozenset(column) for column in zip(*(one[:length] for one in records[:_MOST_RECORDS]), strict=True)
    ]
    taken: dict[int, Stretch] = {}
    for at in range(length):
        found = _packed(places, at, taken, ebcdic=ebcdic)
        if found is not None:
            taken |= dict.fromkeys(range(found.start, found.end), found)
    found_all: list[Stretch] = []
    at = 0
    while at < length:
        if at in taken:
            found_all.append(taken[at])
            at = taken[at].end
            continue
        stop = at
        is_text = _is_text(places[at], ebcdic=ebcdic)
        while stop < length and stop not in taken and _is_text(places[stop], ebcdic=ebcdic) == is_text:
            stop += 1
        if not is_text:
            stop = _whole(places, at, stop, taken)
        found_all.append(Stretch(Kind.TEXT if is_text else Kind.BINARY, at, stop))
        at = stop
    return found_all


def _is_text(place: frozenset[int], *, ebcdic: bool) -> bool:
    """Nothing but text there, or text that is filled with NUL in some records."""
    return place & (_EBCDIC_CONTROLS if ebcdic else _CONTROLS) <= {0} and place != {0}


def _is_digits(place: frozenset[int]) -> bool:
    return all(byte >> 4 <= 9 and byte & 0xF <= 9 for byte in place)


def _packed(
    places: Sequence[frozenset[int]], at: int, taken: dict[int, Stretch], *, ebcdic: bool
) -> Stretch | None:
    """The packed number whose sign stands at a place."""
    if not all(byte >> 4 <= 9 and byte & 0xF in _SIGNS for byte in places[at]):
        return None
    start = at
    while start > 0 and at - start < _MOST_PACKED - 1 and start - 1 not in taken:
        place = places[start - 1]
        if not _is_digits(place) or _is_only_text(place, ebcdic=ebcdic):
            break
        start -= 1
    is_plain = all(_is_text(place, ebcdic=ebcdic) for place in places[start : at + 1])
    if start == at and (is_plain or not places[at] - {0x0C, 0x0D, 0x0F}):
        # One byte is a line end or a form feed as well as a digit.
        return None
    return None if is_plain else Stretch(Kind.PACKED, start, at + 1)


def _is_only_text(place: frozenset[int], *, ebcdic: bool) -> bool:
    """Bytes that are rather text: spaces, and what letters and digits of the encoding are."""
    if ebcdic:
        return place == {0x40} or (0x40 in place and all(byte == 0x40 or byte >= 0x81 for byte in place))
    return all(byte == 0x20 or 0x30 <= byte <= 0x39 or 0x41 <= byte <= 0x5A for byte in place)


def _whole(places: Sequence[frozenset[int]], at: int, stop: int, taken: dict[int, Stretch]) -> int:
    """The end of a binary number: its low bytes may all look like text."""
    size = next((size for size in (2, 4, 8) if size >= stop - at), stop - at)
    end = at + size
    if end <= len(places) and not any(each in taken for each in range(stop, end)) and places[at] == {0}:
        return end
    return stop
