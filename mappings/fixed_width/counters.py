"""Which field says how often a table occurs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from mappings.fixed_width.field_schema import FieldDefinition, GroupField
from mappings.fixed_width.placing import occurs_of

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """A record or group with the path to it, whose fields those inside it may refer to."""

    path: Path
    fields: Mapping[str, FieldDefinition]


def counter_of(name: str, scopes: tuple[Scope, ...]) -> Path | None:
    """The path of the field that a table refers to by this name, of the innermost scope that has its first
    word; None where there is none."""
    words = tuple(name.split("."))
    for scope in scopes:
        for first in ((name,), words):  # a name may hold points itself
            if first[0] in scope.fields:
                return (*scope.path, *first) if _leads(scope.fields, first) else None
    return None


def _leads(fields: Mapping[str, FieldDefinition], words: Path) -> bool:
    field = fields.get(words[0])
    if len(words) == 1:
        return field is not None
    return isinstance(field, GroupField) and field.occurs is None and _leads(field.fields, words[1:])


def counters_of(fields: Mapping[str, FieldDefinition]) -> frozenset[Path]:
    """The paths of all fields that count tables."""
    return frozenset(_counters((Scope((), fields),)))


def _counters(scopes: tuple[Scope, ...]) -> list[Path]:
    found = []
    for name, field in scopes[0].fields.items():
        occurs = occurs_of(field)
        counter = counter_of(occurs.depends_on, scopes) if occurs is not None and occurs.depends_on else None
        if counter is not None:
            found.append(counter)
        if isinstance(field, GroupField):
            found += _counters((Scope((*scopes[0].path, name), field.fields), *scopes))
    return found
