"""Which types of record there are, told by the characters that records begin with."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_MOST_PREFIX = 4
_MOST_TYPES = 60
_CLEAR = 0.8
"""The part of the records that have the length that most of their type have."""

_FRAME = "a guess: the first and the last record begin with what the others do not"


@dataclass(frozen=True, slots=True)
class RecordType:
    """The records that begin with a text; all there are, where it is empty."""

    prefix: str
    records: list[bytes]

    @property
    def shortest(self) -> int:
        """Bytes of the shortest."""
        return min(map(len, self.records))

    @property
    def longest(self) -> int:
        """Bytes of the longest."""
        return max(map(len, self.records))


@dataclass(frozen=True, slots=True)
class Types:
    """The types in the order in which they first came, and why they may be others. `is_ordered`: none came
    again once another had begun."""

    types: tuple[RecordType, ...]
    is_ordered: bool = True
    doubt: str = ""


def record_types(records: Sequence[bytes], decode: Callable[[bytes], str]) -> Types:
    """Tell the types apart, where there seem to be several."""
    whole = Types((RecordType("", list(records)),))
    if len(records) < 2:
        return whole
    prefixes = [decode(record[:_MOST_PREFIX]) for record in records]
    if len({len(record) for record in records}) == 1:
        size = _of_a_frame(prefixes)
        doubt = _FRAME
    else:
        size = _of_lengths(prefixes, records)
        doubt = "records of different lengths begin with different texts"
        if size is None:
            size, doubt = _of_a_whole_frame(prefixes), _FRAME
    if size is None:
        return whole
    groups: dict[str, list[bytes]] = {}
    for prefix, record in zip(prefixes, records, strict=True):
        groups.setdefault(prefix[:size], []).append(record)
    found = tuple(RecordType(prefix, those) for prefix, those in groups.items())
    return Types(found, _is_ordered([prefix[:size] for prefix in prefixes]), doubt)


def _is_ordered(prefixes: Sequence[str]) -> bool:
    turns = sum(one != other for one, other in itertools.pairwise(prefixes))
    return turns == len(set(prefixes)) - 1


def _are_codes(prefixes: Sequence[str], size: int) -> bool:
    return all(len(prefix) >= size and prefix[:size].isalnum() for prefix in prefixes)


def _of_lengths(prefixes: Sequence[str], records: Sequence[bytes]) -> int | None:
    """Characters by which records of one length are told; None where there are none."""
    best, clearest = None, 0.0
    for size in range(1, _MOST_PREFIX + 1):
        groups: dict[str, Counter[int]] = {}
        for prefix, record in zip(prefixes, records, strict=True):
            groups.setdefault(prefix[:size], Counter())[len(record)] += 1
        is_many = len(groups) > min(_MOST_TYPES, max(2, len(records) * 2 // 3))
        if len(groups) < 2 or is_many or not _are_codes(prefixes, size):
            continue
        clear = sum(max(lengths.values()) for lengths in groups.values()) / len(records)
        if clear > clearest + 0.02:
            best, clearest = size, clear
    return best if clearest >= _CLEAR else None


def _of_a_frame(prefixes: Sequence[str]) -> int | None:
    """The same where all have one length: a header, and perhaps a trailer, around details."""
    for size in (1, 2, 3):
        counts = Counter(prefix[:size] for prefix in prefixes)
        (most, count), *_ = counts.most_common(1)
        is_frame = prefixes[0][:size] != most and counts[prefixes[0][:size]] <= max(1, len(prefixes) // 20)
        if is_frame and 2 * count >= len(prefixes) and len(counts) <= 4 and _are_codes(prefixes, size):
            return size
    return None


def _of_a_whole_frame(prefixes: Sequence[str]) -> int | None:
    """The same where lengths say nothing, as where spaces at the end of lines were cut off: a header, details
    that all begin alike, and a trailer."""
    size = _of_a_frame(prefixes)
    if size is None:
        return None
    first, *inner, last = (prefix[:size] for prefix in prefixes)
    return size if len(inner) > 1 and len({first, inner[0], last}) == 3 and len(set(inner)) == 1 else None
