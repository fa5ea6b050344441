"""Which of several definitions of a field fits all values that were seen, tried by the codecs themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

from mappings.contract import JsonValue
from mappings.infer.draft import Plain

T = TypeVar("T")
_MOST_DISTINCT = 5000
_MOST_VALUES = 20 * _MOST_DISTINCT


class Candidate(NamedTuple):
    """Keys of a field, and what is doubtful if they fit."""

    keys: dict[str, Plain]
    doubt: str = ""


class Codec(NamedTuple):
    """How a value is read and written."""

    read: Callable[..., JsonValue]
    write: Callable[..., object]


def distinct(values: Sequence[T]) -> list[T]:
    """The values that differ, in the order in which they first came: as many as are worth trying."""
    return list(dict.fromkeys(islice(values, _MOST_VALUES)))[:_MOST_DISTINCT]


def first_fit(
    candidates: Iterable[Candidate], values: Sequence[T], codec: Callable[[dict[str, Plain]], Codec]
) -> Candidate | None:
    """The first candidate that reads all values and writes them as they came."""
    return next(fits(candidates, values, codec), None)


def fits(
    candidates: Iterable[Candidate], values: Sequence[T], codec: Callable[[dict[str, Plain]], Codec]
) -> Iterator[Candidate]:
    """All such candidates."""
    for candidate in candidates:
        try:
            read, write = codec(candidate.keys)
            if all(write(read(value)) == value for value in values):
                yield candidate
        except ValueError:
            continue
