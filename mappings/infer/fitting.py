"""Which of several definitions of a field fits all values that were seen, tried by the codecs themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from mappings.contract import JsonValue
from mappings.infer.draft import Plain

T = TypeVar("T")


class Candidate(NamedTuple):
    """Keys of a field, and what is doubtful if they fit."""

    keys: dict[str, Plain]
    doubt: str = ""


class Codec(NamedTuple):
    """How a value is read and written."""

    read: Callable[..., JsonValue]
    write: Callable[..., object]


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
