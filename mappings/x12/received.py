"""What is kept of the interchange, group and transaction set that is being read."""

from __future__ import annotations

from dataclasses import dataclass, field

from mappings.contract import JsonValue
from mappings.edi import Finding
from mappings.x12.envelope import Header, Values

MAX_NUMBERS = 100_000
"""Control numbers that are remembered, to find one that comes again."""


@dataclass(slots=True)
class Noted:
    """A finding with the segment it is about: its number in the transaction set, ST being 1, its offset."""

    segment: int
    offset: int
    finding: Finding


@dataclass(slots=True)
class Transaction:
    """One transaction set. `texts` are the segments of its record as they came, `size` their bytes;
    `noted` and `rules` what is wrong with its segments and with itself and was not told yet, `told` what
    was; `delivered` are the records that were made of parts of it."""

    values: Values
    offset: int
    count: int = 1
    size: int = 0
    texts: list[str] = field(default_factory=list)
    offset_of_last: int = 0
    noted: list[Noted] = field(default_factory=list)
    rules: list[tuple[str, str, int]] = field(default_factory=list)
    told: list[Noted] = field(default_factory=list)
    told_rules: list[str] = field(default_factory=list)
    findings: int = 0
    delivered: int = 0
    is_refused: bool = False
    is_too_long: bool = False
    head: bytes = b""

    @property
    def is_bad(self) -> bool:
        """True where something is wrong with it."""
        return bool(self.findings or self.is_bad_as_such)

    @property
    def is_bad_as_such(self) -> bool:
        """True where something is wrong with it beyond its segments."""
        return bool(self.rules or self.told_rules)


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
    transactions: int = 0


def comes_again(numbers: set[str], number: JsonValue) -> bool:
    """True when this control number was seen before; remembers it as long as there is room."""
    text = str(number)
    if text in numbers:
        return True
    if len(numbers) < MAX_NUMBERS:
        numbers.add(text)
    return False
