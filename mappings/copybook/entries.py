"""Data description entries: what a copybook says, before it is known where anything stands."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from mappings.copybook.errors import At
from mappings.copybook.picture import Picture

BinarySize: TypeAlias = typing.Literal["ibm", "1-2-4-8", "1-8"]
"""By which rule the digits of binary fields become bytes; what the words mean is said in the definition."""


class Usage(StrEnum):
    """How the bytes of a field hold it."""

    DISPLAY = "DISPLAY"
    BINARY = "BINARY"
    """COMP, COMP-4, BINARY."""
    NATIVE = "COMP-5"
    """Binary that is limited by its bytes, not by its picture."""
    PACKED = "PACKED-DECIMAL"
    """COMP-3."""
    PACKED_UNSIGNED = "COMP-6"
    """Packed without a half byte for the sign."""
    BYTES = "COMP-X"
    """Binary without a sign, high byte first, in as many bytes as its digits take, or as its PIC X has."""
    BINARY_CHAR = "BINARY-CHAR"
    BINARY_SHORT = "BINARY-SHORT"
    BINARY_LONG = "BINARY-LONG"
    BINARY_DOUBLE = "BINARY-DOUBLE"
    """One, two, four and eight bytes, limited by them alone."""
    FLOAT = "COMP-1"
    DOUBLE = "COMP-2"
    FLOAT_SHORT = "FLOAT-SHORT"
    FLOAT_LONG = "FLOAT-LONG"
    """The same in the formats of IEEE 754."""
    INDEX = "INDEX"
    POINTER = "POINTER"
    """POINTER, FUNCTION-POINTER, OBJECT REFERENCE."""
    LONG_POINTER = "PROCEDURE-POINTER"
    """Eight bytes."""
    NATIONAL = "NATIONAL"
    DBCS = "DISPLAY-1"


@dataclass(frozen=True, slots=True)
class Literal:
    """A value: a text or a number as it is written, or a figurative constant in capitals."""

    text: str
    kind: str
    """`text`, `national`, `hex`, `number`, `word`."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A name with those of the groups around it that it is qualified with, the innermost first."""

    names: tuple[str, ...]
    at: At

    def __str__(self) -> str:
        return " OF ".join(self.names)


@dataclass(frozen=True, slots=True)
class Occurs:
    """How often an item occurs."""

    least: int
    most: int
    depending: Reference | None = None


@dataclass(frozen=True, slots=True)
class ConditionName:
    """Level 88: a name for values, each a first and a last one."""

    name: str
    ranges: tuple[tuple[Literal, Literal | None], ...]
    at: At


@dataclass(frozen=True, slots=True)
class Renames:
    """Level 66: another name for the fields from one to another."""

    name: str
    first: Reference
    last: Reference
    at: At


@dataclass(slots=True, eq=False)
class Entry:
    """One item of the levels 01 to 49 and 77. A name of None is FILLER."""

    level: int
    name: str | None
    at: At
    parent: Entry | None = None
    picture: Picture | None = None
    usage: Usage | None = None
    sign_leading: bool | None = None
    sign_separate: bool = False
    occurs: Occurs | None = None
    redefines: str | None = None
    is_synchronized: bool = False
    is_justified: bool = False
    blank_when_zero: bool = False
    is_unsigned: bool = False
    binary_size: BinarySize = "ibm"
    value: Literal | None = None
    conditions: list[ConditionName] = field(default_factory=list)
    renames: list[Renames] = field(default_factory=list)
    children: list[Entry] = field(default_factory=list)

    @property
    def is_group(self) -> bool:
        """True where other items are inside."""
        return bool(self.children)

    @property
    def shown(self) -> str:
        """Its name for messages."""
        return self.name or "FILLER"

    def walk(self) -> Iterator[Entry]:
        """Itself and all inside it, in their order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def around(self) -> Iterator[Entry]:
        """The groups that it is in, the innermost first."""
        entry = self.parent
        while entry is not None:
            yield entry
            entry = entry.parent
