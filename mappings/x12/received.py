"""What is kept of the interchange and group that are being read."""

from __future__ import annotations

from dataclasses import dataclass, field

from mappings.contract import JsonValue
from mappings.x12.envelope import Header, Values


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
