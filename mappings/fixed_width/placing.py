"""Where the fields of a record or group stand, and how many bytes they take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from mappings.fixed_width.field_schema import ConstantField, FieldDefinition, GroupField, Occurs, TextField

Extent: TypeAlias = tuple[int, int]
"""The least and the most bytes that something takes."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A field with its place. `start` counts bytes from 0 at the beginning of its record or group; it is None
    where what stands before varies in length. `size` are the bytes with all occurrences."""

    name: str
    field: FieldDefinition
    start: int | None
    size: Extent

    @property
    def end(self) -> int | None:
        """The byte behind the field, None where it is not always the same."""
        least, most = self.size
        return self.start + most if self.start is not None and least == most else None

    @property
    def is_open(self) -> bool:
        """True where only the end of the record says how long it is."""
        return is_open(self.field)

    @property
    def is_optional(self) -> bool:
        """True where the record may end before it."""
        return not isinstance(self.field, ConstantField) and self.field.optional


def placed(fields: Mapping[str, FieldDefinition]) -> list[Placed]:
    """The fields in the order of their bytes; those whose place varies behind all others."""
    found = []
    at: int | None = 0
    for name, field in fields.items():
        start = field.at - 1 if at is not None and field.at is not None else at
        one = Placed(name, field, start, size_of(field))
        found.append(one)
        at = one.end
    return sorted(found, key=lambda one: (one.start is None, one.start or 0))


def is_open(field: FieldDefinition) -> bool:
    """True for a text that has what the record has left, and for what occurs as often as that allows."""
    if isinstance(field, TextField) and field.variable:
        return True
    occurs = occurs_of(field)
    return occurs is not None and occurs.count is None and occurs.depends_on is None


def occurs_of(field: FieldDefinition) -> Occurs | None:
    """How often a field occurs, None for what is no array."""
    return None if isinstance(field, ConstantField) else field.occurs


def size_of(field: FieldDefinition) -> Extent:
    """The bytes of a field with all its occurrences."""
    least, most = element_size(field)
    occurs = occurs_of(field)
    if occurs is not None:
        fewest, greatest = occurrences(occurs)
        if occurs.depends_on is not None and occurs.room == "all":
            fewest = greatest
        least, most = least * fewest, most * greatest
    if not isinstance(field, ConstantField) and field.optional:
        least = 0
    return least, most


def occurrences(occurs: Occurs) -> tuple[int, int]:
    """How often at least and at most."""
    if occurs.count is not None:
        return occurs.count, occurs.count
    return occurs.min, occurs.max or occurs.min


def element_size(field: FieldDefinition) -> Extent:
    """The bytes of one occurrence."""
    if isinstance(field, GroupField):
        return extent_of(field.fields) if field.length is None else (field.length, field.length)
    if isinstance(field, TextField) and field.variable:
        return 0, field.length
    return field.length, field.length


def extent_of(fields: Mapping[str, FieldDefinition]) -> Extent:
    """The bytes from the beginning of a record or group to the end of its last field."""
    least = most = 0
    for one in placed(fields):
        begin_least, begin_most = (least, most) if one.start is None else (one.start, one.start)
        least = max(least, begin_least + one.size[0])
        most = max(most, begin_most + one.size[1])
    return least, most


def is_plain(fields: Mapping[str, FieldDefinition]) -> bool:
    """True where every field always stands at the same bytes, once."""
    return not any(
        isinstance(field, GroupField)
        or occurs_of(field) is not None
        or (isinstance(field, TextField) and field.variable)
        or (not isinstance(field, ConstantField) and field.optional)
        for field in fields.values()
    )
