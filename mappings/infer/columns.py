"""Where the fields of fixed-width text begin and end, told by many records.

An edge is where all records have a space before, or where what stands in the records changes its kind: from
letters to digits, from one number filled with zeros to the next, where eight digits are always a date.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from mappings.infer.identifiers import ibans

_MOST_RECORDS = 3000
_JOINTS = frozenset("-./:,T")
_PUNCHED = frozenset("{ABCDEFGHI}JKLMNOPQR0123456789")
_FEW = 5
"""Texts of which zeros in one column say something."""

_LITTLE = 0.001
"""A part of the records that may be an exception."""


class Column(NamedTuple):
    """A field. `start` and `end` count bytes from 0; `doubt` is what is doubtful about its beginning."""

    start: int
    end: int
    doubt: str = ""


class _Facts(NamedTuple):
    """What stands at one place in all records: parts of them from 0 to 1."""

    spaces: float
    digits: float
    zeros: float
    signs: float
    constant: str
    is_punched: bool = False

    @property
    def is_number(self) -> bool:
        """Digits, or spaces before or behind digits."""
        return self.digits > 0 and self.digits + self.spaces > 1 - _LITTLE


def text_columns(texts: Sequence[str], start: int, end: int) -> list[Column]:
    """The fields between two places of records that all reach to the second one."""
    texts = list(dict.fromkeys(text[start:end] for text in texts))[:_MOST_RECORDS]
    found: list[Column] = []
    at = 0
    for first, last in [*ibans(texts), (end - start, end - start)]:
        found += [
            Column(column.start + at, column.end + at, column.doubt) for column in _columns(texts, at, first)
        ]
        if last > first:
            found.append(Column(first, last, "an IBAN by its check digits"))
        at = last
    return [Column(column.start + start, column.end + start, column.doubt) for column in found]


def _columns(texts: Sequence[str], start: int, end: int) -> list[Column]:
    """The fields between two places, counted from the first of them."""
    texts = [text[start:end] for text in texts]
    facts = [_facts("".join(text[at] for text in texts)) for at in range(end - start)]
    found: list[Column] = []
    for first, last in _runs(facts):
        edges = [(first, "")]
        for at, doubt in _edges(texts, facts, first, last):
            if at > edges[-1][0]:
                edges.append((at, doubt))
        ends = [at for at, _ in edges[1:]] + [last]
        found += [Column(at, stop, doubt) for (at, doubt), stop in zip(edges, ends, strict=True)]
    return _phrases(list(_padded(found, facts, end - start)), facts)


def _phrases(columns: Sequence[Column], facts: Sequence[_Facts]) -> list[Column]:
    """The columns with words that are the same in all records put together: one space between two of them is
    rather a part of a text than the end of a field."""
    found: list[Column] = []
    for column in columns:
        before = found[-1] if found else None
        if (
            before is not None
            and before.end == column.start
            and _is_phrase(facts, before)
            and _is_phrase(facts, column)
            and facts[column.start - 1].constant == " "
            and facts[column.start - 2].constant != " "
        ):
            found[-1] = Column(before.start, column.end, before.doubt)
        else:
            found.append(column)
    return found


def _is_phrase(facts: Sequence[_Facts], column: Column) -> bool:
    """More than one character, the same in all records, and not a number."""
    inside = facts[column.start : column.end]
    return (
        len(inside) > 1 and all(one.constant for one in inside) and not all(one.is_number for one in inside)
    )


def _facts(characters: str) -> _Facts:
    count = len(characters)
    constant = characters[0] if characters.count(characters[0]) == count else ""
    digits = sum(characters.count(digit) for digit in "0123456789")
    signs = characters.count("+") + characters.count("-")
    spaces, zeros = characters.count(" ") / count, characters.count("0") / count
    is_punched = _PUNCHED.issuperset(characters) and bool({"{", "}"} & set(characters))
    return _Facts(spaces, digits / count, zeros, signs / count, constant, is_punched)


def _runs(facts: Sequence[_Facts]) -> Iterator[tuple[int, int]]:
    """Stretches without a place where all records have a space."""
    first = None
    for at, each in enumerate([*facts, _Facts(1, 0, 0, 0, " ")]):
        if each.constant == " ":
            if first is not None:
                yield first, at
            first = None
        elif first is None:
            first = at


def _edges(texts: Sequence[str], facts: Sequence[_Facts], first: int, last: int) -> Iterator[tuple[int, str]]:
    """The edges inside a run, in their order."""
    kinds = [_is_numeric(facts, at, first, last) for at in range(first, last)]
    at = first
    while at < last:
        stop = at + 1
        while stop < last and kinds[stop - first] == kinds[at - first]:
            stop += 1
        if at > first and not _is_name(facts, first, at, stop):
            yield at, "letters and digits meet here" if facts[at - 1].spaces == 0 else ""
        if kinds[at - first]:
            yield from _number_edges(texts, facts, at, stop)
        at = stop


def _is_numeric(facts: Sequence[_Facts], at: int, first: int, last: int) -> bool:
    here = facts[at]
    if here.is_number:
        return True
    before = at > first and facts[at - 1].is_number
    behind = at + 1 < last and facts[at + 1].is_number
    if here.signs > 0 and here.signs + here.spaces + here.digits > 1 - _LITTLE and not here.constant:
        return before or behind
    if here.is_punched and before:
        return True
    return here.constant in _JOINTS and before and behind


def _is_name(facts: Sequence[_Facts], first: int, at: int, stop: int) -> bool:
    """A few letters that are always the same before digits: a number that begins with them."""
    letters = facts[first:at]
    return (
        at - first <= 8
        and stop - at <= 12
        and all(one.constant not in ("", " ") and not one.is_number for one in letters)
    )


def _number_edges(
    texts: Sequence[str], facts: Sequence[_Facts], first: int, last: int
) -> Iterator[tuple[int, str]]:
    """Numbers that stand beside each other: dates, and those that are filled with zeros or spaces."""
    dates = list(_dates(texts, facts, first, last))
    taken = {at for start in dates for at in range(start, start + 8)}
    edges = dict.fromkeys(dates, "eight digits that are always a date")
    edges |= {start + 8: "a date ends here" for start in dates if start + 8 < last}
    for at in range(first + 1, last):
        before, here = facts[at - 1], facts[at]
        is_constant = before.constant != "" and here.constant != ""
        if at in taken or at - 1 in taken or is_constant:
            continue
        if here.zeros >= 0.9 and before.zeros < 0.6 and before.digits > 1 - _LITTLE and len(texts) >= _FEW:
            edges.setdefault(at, "a guess: zeros begin here in most records")
        elif here.spaces > before.spaces + 0.2 and _returns(facts, at, last):
            edges.setdefault(at, "a guess: spaces begin here in most records")
    yield from sorted(edges.items())


def _returns(facts: Sequence[_Facts], at: int, last: int) -> bool:
    """Spaces give way to digits again: they stand before a number and not behind one."""
    return min(each.spaces for each in facts[at:last]) < facts[at].spaces / 2


def _dates(texts: Sequence[str], facts: Sequence[_Facts], first: int, last: int) -> Iterator[int]:
    at = first
    while at + 8 <= last:
        is_solid = all(each.digits > 1 - _LITTLE for each in facts[at : at + 8])
        if is_solid and all(_is_date(text[at : at + 8]) for text in texts):
            yield at
            at += 8
        else:
            at += 1


def _is_date(text: str) -> bool:
    if not "1900" <= text[:4] <= "2099":
        return False
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


def _padded(columns: Sequence[Column], facts: Sequence[_Facts], size: int) -> Iterator[Column]:
    """The columns with the spaces that pad them: behind texts, and at the ragged side of numbers."""
    start = 0
    for number, column in enumerate(columns):
        following = columns[number + 1].start if number + 1 < len(columns) else size
        first, last = facts[column.start].spaces, facts[column.end - 1].spaces
        begins, stop = column.start, column.end
        is_number = all(_is_numeric(facts, at, *column[:2]) for at in range(column.start, column.end))
        if is_number and first > last + _LITTLE:
            begins = min(start, column.start)  # spaces stand before the number
        if last > first + _LITTLE or not (is_number or first > last + _LITTLE):
            stop = following if not _is_taken(columns, number, facts) else column.end
        yield Column(begins, stop, column.doubt)
        start = stop


def _is_taken(columns: Sequence[Column], number: int, facts: Sequence[_Facts]) -> bool:
    """Whether the spaces behind a column rather stand before the number that follows."""
    if number + 1 == len(columns) or facts[columns[number].end - 1].spaces > 0:
        return False
    behind = columns[number + 1]
    first, last = facts[behind.start], facts[behind.end - 1]
    return first.is_number and first.spaces > last.spaces + _LITTLE
