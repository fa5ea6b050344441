"""What tells one type of record from the others: bytes, ranges of bytes and lengths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from mappings.fixed_width.code_pages import CodePage
from mappings.fixed_width.schema import Match, RecordDefinition

ANY_LENGTH = 1 << 40


@dataclass(frozen=True, slots=True)
class Condition:
    """Bytes, any of `values`, that tell one type of record from the others."""

    start: int
    end: int
    values: frozenset[bytes]

    def holds(self, data: bytes | bytearray) -> bool:
        """Does a record meet it."""
        return bytes(data[self.start : self.end]) in self.values


@dataclass(frozen=True, slots=True)
class Between:
    """Bytes from `first` to `last`, both included, in the order of their numbers."""

    start: int
    end: int
    first: bytes
    last: bytes

    def holds(self, data: bytes | bytearray) -> bool:
        """Does a record meet it."""
        found = bytes(data[self.start : self.end])
        return len(found) == self.end - self.start and self.first <= found <= self.last


@dataclass(frozen=True, slots=True)
class NoneOf:
    """Bytes other than all of `values`."""

    start: int
    end: int
    values: frozenset[bytes]

    def holds(self, data: bytes | bytearray) -> bool:
        """Does a record meet it."""
        found = bytes(data[self.start : self.end])
        return len(found) == self.end - self.start and found not in self.values


@dataclass(frozen=True, slots=True)
class Lengths:
    """Bytes of the whole record, both included."""

    least: int
    most: int

    def holds(self, data: bytes | bytearray) -> bool:
        """Does a record meet it."""
        return self.least <= len(data) <= self.most


Area: TypeAlias = Condition | Between | NoneOf
Test: TypeAlias = Area | Lengths


def matches_of(record: RecordDefinition) -> tuple[Match, ...]:
    """What a type of record is known by."""
    if record.match is None:
        return ()
    return (record.match,) if isinstance(record.match, Match) else record.match


def tests_of(match: Match, page: CodePage) -> list[Test]:
    """A match in bytes.

    Raises: ValueError when a character is not in the encoding, lengths differ, or the keys contradict.
    """
    tests: list[Test] = []
    kinds = [kind for kind in ("value", "first", "other_than") if getattr(match, kind) is not None]
    if (match.first is None) != (match.last is None):
        raise ValueError("first and last belong together")
    if len(kinds) > 1:
        raise ValueError(f"give either {' or '.join(kinds)}")
    if bool(kinds) != (match.at is not None):
        raise ValueError("at and value, first and last, or other_than belong together")
    if kinds:
        tests.append(_area(match, page))
    if match.shortest is not None or match.longest is not None:
        least, most = match.shortest or 0, ANY_LENGTH if match.longest is None else match.longest
        if least > most:
            raise ValueError("longest is less than shortest")
        tests.append(Lengths(least, most))
    if not tests:
        raise ValueError("says nothing")
    return tests


def _area(match: Match, page: CodePage) -> Area:
    assert match.at is not None, "the caller has looked"
    start = match.at - 1
    if match.first is not None and match.last is not None:
        first, last = _encoded(match.first, page), _encoded(match.last, page)
        if len(first) != len(last):
            raise ValueError("first and last differ in length")
        if first > last:
            raise ValueError(f"last comes before first in {page.name}")
        return Between(start, start + len(first), first, last)
    given = match.value if match.value is not None else match.other_than
    assert given is not None, "the caller has looked"
    values = frozenset(_encoded(text, page) for text in ((given,) if isinstance(given, str) else given))
    lengths = {len(value) for value in values}
    if len(lengths) > 1:
        raise ValueError("the values differ in length")
    kind = Condition if match.value is not None else NoneOf
    return kind(start, start + lengths.pop(), values)


def _encoded(text: str, page: CodePage) -> bytes:
    try:
        return page.encode(text)
    except UnicodeError:
        raise ValueError(f"{text!r} has a character that {page.name} does not") from None


def excludes(one: Test, other: Test) -> bool:
    """True when no record can meet both."""
    if isinstance(one, Lengths) or isinstance(other, Lengths):
        if isinstance(one, Lengths) and isinstance(other, Lengths):
            return one.most < other.least or other.most < one.least
        lengths, area = (one, other) if isinstance(one, Lengths) else (other, one)
        assert isinstance(lengths, Lengths), "one of them is"
        assert not isinstance(area, Lengths), "only one of them is"
        return lengths.most < area.end
    if isinstance(one, Condition) and isinstance(other, Condition):
        return _disjoint(one, other)
    if isinstance(one, Condition):
        return _covers(one, other) and not _may_meet(one, other)
    if isinstance(other, Condition):
        return _covers(other, one) and not _may_meet(other, one)
    if (one.start, one.end) != (other.start, other.end):
        return False
    if isinstance(one, Between) and isinstance(other, Between):
        return one.last < other.first or other.last < one.first
    return False


def ambiguities(tests: Mapping[str, Sequence[Test]]) -> Iterator[str]:
    """Types of record, by name with what each is known by, of which a record may be two at once."""
    without = [name for name, found in tests.items() if not found]
    if len(without) > 1:
        yield f"records.{without[1]}.match: is missing; only one type may be without, {without[0]!r} is"
    known = [(name, found) for name, found in tests.items() if found]
    for (first, these), (second, those) in combinations(known, 2):
        if not any(excludes(one, other) for one in these for other in those):
            yield f"records.{second}.match: a record may match {first!r} too"


def _covers(one: Condition, area: Area) -> bool:
    return one.start <= area.start and area.end <= one.end


def _may_meet(one: Condition, area: Area) -> bool:
    """Whether a record that has one of these values may be one of the area, all of which they say."""
    return any(area.holds(bytes(one.start) + value) for value in one.values)


def _disjoint(one: Condition, other: Condition) -> bool:
    start, end = max(one.start, other.start), min(one.end, other.end)
    if start >= end:
        return False
    mine = {value[start - one.start : end - one.start] for value in one.values}
    theirs = {value[start - other.start : end - other.start] for value in other.values}
    return not mine & theirs
