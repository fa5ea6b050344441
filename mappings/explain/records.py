"""A record of XML or JSON with its values, found by reading the data in smaller and smaller pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mappings.contract import Context, Format, JsonValue, MappingError, Record
from mappings.explain.seen import Explained, Seen, Wanted
from mappings.fixed_width.layout import escaped
from mappings.json import JsonFormat

_PIECES = (1 << 16, 1 << 11, 1 << 6, 1)
"""Bytes of a piece: the record ends in one of them, which is cut into those of the next size."""

_MOST_FIELDS = 1000
_SPACE = b" \t\r\n"


class _End(NamedTuple):
    """What a record is, and the byte behind the one that completes it."""

    at: int
    result: Record | MappingError


def explain_record(
    format_: Format, element: str | None, data: bytes, wanted: Wanted, context: Context
) -> Explained | None:
    """The record, None where there is none. `element` is the one that a record is in XML, by its local name;
    None in JSON, and where the whole document is one record."""
    number = wanted.record
    if wanted.at is not None:
        number = _count(format_, data, wanted.at, context) + 1
    assert number is not None, "one of them is given"
    ends = None if number < 1 or not data else _end(format_, data, number, context)
    if ends is None:
        if wanted.at is None or wanted.at >= len(data):
            return None
        return Explained(0, "stands behind the last record", wanted.at, data[wanted.at : wanted.at + 64])
    before = _end(format_, data, number - 1, context) if number > 1 else None
    array = _array_start(format_, data)
    begins = before.at if before is not None else array or 0
    start, end = _trimmed(data, begins, ends.at, element, in_array=array is not None)
    found = Explained(number, "", start, data[start:end], data.count(b"\n", 0, start) + 1)
    if isinstance(ends.result, MappingError):
        found.errors.append(ends.result)
        return found
    for path, value in _values(ends.result, ""):
        found.fields.append(Seen(path or "/", start, start, b"", value=value, has_value=True))
        if len(found.fields) == _MOST_FIELDS:
            break
    return found


class _Reading:
    """Counts the records of data that is fed to a decoder; what stands around them is passed over."""

    def __init__(self, format_: Format, context: Context) -> None:
        self._decoder = format_.decoder(context)
        self._last: list[Record | MappingError] = []
        self.count = 0

    def feed(self, data: bytes) -> None:
        """Read on. What cannot be read any further is one more record, the last one."""
        try:
            self._take(self._decoder.feed(data))
        except MappingError as lost:
            self._take([lost], is_end=True)

    def finish(self) -> None:
        """The end of the data."""
        try:
            self._take(self._decoder.finish()[0])
        except MappingError as lost:
            self._take([lost], is_end=True)

    def result(self, number: int) -> Record | MappingError:
        """A record of those that the last piece completed."""
        return self._last[number - 1 - self.count + len(self._last)]

    def _take(self, results: Sequence[Record | MappingError], *, is_end: bool = False) -> None:
        self._last = [
            one
            for one in results
            if is_end or not isinstance(one, MappingError) or one.place.record is not None
        ]
        self.count += len(self._last)


def _end(format_: Format, data: bytes, number: int, context: Context) -> _End | None:
    """Where a record ends, None where there are fewer."""
    first, last = 0, len(data)
    for size in _PIECES:
        reading = _Reading(format_, context)
        for at in range(0, first, _PIECES[0]):
            reading.feed(data[at : min(at + _PIECES[0], first)])
        at = first
        while at < last and reading.count < number:
            first, at = at, min(at + size, last)
            reading.feed(data[first:at])
        if reading.count < number:
            reading.finish()
            return _End(len(data), reading.result(number)) if reading.count >= number else None
        last = at
    return _End(last, reading.result(number))


def _count(format_: Format, data: bytes, end: int, context: Context) -> int:
    """Records that are complete before a byte."""
    reading = _Reading(format_, context)
    for at in range(0, end, _PIECES[0]):
        reading.feed(data[at : min(at + _PIECES[0], end)])
    return reading.count


def _trimmed(data: bytes, start: int, end: int, element: str | None, *, in_array: bool) -> tuple[int, int]:
    """The bytes of a record without what stands between records."""
    if element is not None:
        tag = re.compile(rb"<(?:[^\s<>/:]+:)?" + re.escape(element.encode()) + rb"[\s/>]")
        found = tag.search(data, start, end)
        return (found.start() if found else start), end
    if in_array and data[end - 1 : end] in (b",", b"]"):
        end -= 1  # by which an item is known to be complete
    while end > start and data[end - 1] in _SPACE:
        end -= 1
    while start < end and data[start] in _SPACE:
        start += 1
    return start, end


def _array_start(format_: Format, data: bytes) -> int | None:
    """The byte behind the bracket of an array whose items are the records."""
    if not isinstance(format_, JsonFormat):
        return None
    found = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[").match(data)
    return None if found is None else found.end()


def _values(value: JsonValue, path: str) -> Iterator[tuple[str, JsonValue]]:
    """The single values inside of a value, each with its pointer."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _values(inner, f"{path}/{escaped(name)}")
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _values(inner, f"{path}/{index}")
    else:
        yield path, value
