"""Totals: what a trailer says of the records before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

COUNT = "count"
SUM = "sum"
EVERY = "*"


@dataclass(frozen=True, slots=True)
class Expression:
    """`count(line, extra)` or `sum(line.amount)`, taken apart: each term's record, and its field in a sum."""

    kind: str
    terms: tuple[tuple[str, str | None], ...]
    text: str


@dataclass(frozen=True, slots=True)
class Total:
    """One field that holds a total. `key` is its number among all totals of the definition, `depth` the depth
    of its record's group, 0 for the outermost."""

    key: int
    record: str
    field: str
    depth: int
    expression: Expression


class Share(NamedTuple):
    """What one type of record adds to a total: 1, or the value of a field. The `path` to it where it is
    inside groups, where it may occur several times: each is added, or `counts` says that they are counted."""

    key: int
    depth: int
    field: str | None
    path: tuple[str, ...] = ()
    counts: bool = False


def totals_found(
    equals: Iterable[tuple[str, str, str]], paths: Mapping[str, tuple[int, ...]]
) -> tuple[Total, ...]:
    """The totals of a definition: each with its record, its field and its expression."""
    return tuple(
        Total(key, record, field, len(paths[record]) - 1, parse(text))
        for key, (record, field, text) in enumerate(equals)
    )


def parse(text: str) -> Expression:
    """Take an expression apart, whose form the definition's model has checked."""
    kind, _, inside = text.rstrip(")").partition("(")
    terms: list[tuple[str, str | None]] = []
    for term in inside.split(","):
        record, point, field = term.strip().partition(".")
        terms.append((record.strip(), field.strip() if point else None))
    return Expression(kind, tuple(terms), text)
