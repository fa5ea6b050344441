"""The syntax tree of a read: what the grammar parses to and SQL is written from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a parameter's name and a 1-based character position in its text."""

    parameter: str
    position: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """`column operator value`; `values` has one text, for `in` any number."""

    column: str
    operator: str
    values: tuple[str, ...]
    negated: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions joined by `and` or `or`."""

    joint: str
    members: tuple[Condition, ...]
    negated: bool


Condition: TypeAlias = Comparison | Group


@dataclass(frozen=True, slots=True)
class Selected:
    """One member of the result: a column, under its own name or an alias."""

    column: str
    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Ordering:
    """One key to sort by. `nulls` is "first", "last" or "" for the direction's default: nulls are larger than
    any value, so they come last when ascending, as in PostgreSQL."""

    column: str
    descending: bool
    nulls: str
    place: Place


@dataclass(frozen=True, slots=True)
class Reading:
    """One read. An empty `select` means all columns; `limit` None means all rows."""

    select: tuple[Selected, ...] = ()
    where: tuple[Condition, ...] = ()
    order: tuple[Ordering, ...] = ()
    limit: int | None = None
    offset: int = 0
