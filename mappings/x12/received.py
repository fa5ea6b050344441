"""What is kept of the interchange and group that are being read."""

from __future__ import annotations

from dataclasses import dataclass, field

from mappings.contract import JsonValue
from mappings.x12.envelope import Header, Values

MAX_NUMBERS = 100_000
"""Control numbers that are remembered, to find one that comes again."""


@dataclass(slots=True)
class Group:
    """One functional group."""

    values: Values
    offset: int
    transactions: int = 0
    accepted: int = 0
    is_refused: bool = False
    rules: list[str] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Interchange:
    """One interchange."""

    header: Header
    values: Values
    offset: int
    groups: int = 0
    rules: list[str] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)
    services: list[JsonValue] = field(default_factory=list)
    is_refused: bool = False
    transactions: int = 0


def comes_again(numbers: set[str], number: JsonValue) -> bool:
    """True when this control number was seen before; remembers it as long as there is room."""
    text = str(number)
    if text in numbers:
        return True
    if len(numbers) < MAX_NUMBERS:
        numbers.add(text)
    return False
