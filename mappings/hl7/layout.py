"""Data types, fields and segments, resolved: what reading, writing and the schema of records look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mappings.edi import pointer
from mappings.hl7.scalars import Scalar


@dataclass(frozen=True, slots=True)
class Kind:
    """A data type: a scalar, or members."""

    scalar: Scalar | None
    members: tuple[Member, ...] = ()
    by_name: Mapping[str, Member] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {member.name: member for member in self.members})


@dataclass(frozen=True, slots=True)
class Member:
    """A field, component or sub-component; `position` counts from 1. `kinds` has the types by their names
    where another field, `type_from`, says which one it is; then `kind` is None. `step` is the name as a step
    of a JSON pointer; it `is_plain` where a text of usual characters is its value."""

    position: int
    name: str
    kind: Kind | None
    required: bool = False
    most: int = 1
    codes: frozenset[str] | None = None
    max_length: int | None = None
    type_from: str | None = None
    kinds: Mapping[str, Kind] | None = None
    description: str = ""
    step: str = field(init=False)
    is_plain: bool = field(init=False)

    def __post_init__(self) -> None:
        scalar = None if self.kind is None else self.kind.scalar
        is_free = self.codes is None and self.max_length is None and not self.is_list
        object.__setattr__(self, "step", pointer(self.name))
        object.__setattr__(self, "is_plain", is_free and scalar is not None and scalar.read is None)

    @property
    def is_list(self) -> bool:
        """True where it is a list in records."""
        return self.most > 1


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a segment at its place, by position; others are kept under `other(position)`."""

    tag: str
    members: Mapping[int, Member]
    required: tuple[Member, ...]

    def other(self, position: int) -> str:
        """The name of a field that is not defined."""
        return f"{self.tag}-{position}"
