"""Do the fields of a record stand where they can: overlaps, ends, tables and what varies in length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise

from mappings.fixed_width.counters import Scope, counter_of
from mappings.fixed_width.field_schema import (
    ConstantField,
    FieldDefinition,
    GroupField,
    IntegerField,
    Occurs,
    TextField,
)
from mappings.fixed_width.matching import Between, Condition, NoneOf
from mappings.fixed_width.placing import Placed, element_size, extent_of, is_open, occurs_of, placed

_MAX_DEPTH = 30


def problems(
    where: str,
    fields: Mapping[str, FieldDefinition],
    areas: Sequence[Condition | Between | NoneOf],
    length: int | None,
    *,
    is_fixed: bool,
) -> Iterator[str]:
    """What is wrong with the places of a record's fields; `where` is what the keys begin with. `length` is
    what the record is declared to have, and `is_fixed` that all of its records have it."""
    least, most = extent_of(fields)
    yield from _level(where, fields, (Scope((), fields),), length)
    for one in areas:
        if length is not None and one.end > length:
            yield f"{where}match: ends at byte {one.end}, the record has {length}"
    for first, second in combinations(areas, 2):
        if first.start < second.end and second.start < first.end:
            yield f"{where}match: two of them look at the same bytes"
    for one in areas:
        yield from _covering(where, placed(fields), one)
    yield from _tail(where, fields, is_fixed=is_fixed)
    if least != most and length is not None and not is_fixed:
        yield f"{where}length: its records differ in length"


def _level(
    where: str, fields: Mapping[str, FieldDefinition], scopes: tuple[Scope, ...], length: int | None
) -> Iterator[str]:
    """One record or group with those inside it."""
    if len(scopes) > _MAX_DEPTH:
        yield f"{where[:-1]}: is nested deeper than {_MAX_DEPTH} groups"
        return
    several = placed(fields)
    for one in several:
        key = f"{where}fields.{one.name}"
        if one.start is None and one.field.at is not None:
            yield f"{key}.at: what stands before it varies in length; leave `at` out"
        if length is not None and one.end is not None and one.end > length:
            yield f"{key}.length: ends at byte {one.end}, the {_what(scopes)} has {length}"
        yield from _occurs(key, one, several, scopes)
        if isinstance(one.field, GroupField):
            inner = Scope((*scopes[0].path, one.name), one.field.fields)
            yield from _inside(key, one.field)
            yield from _level(f"{key}.", one.field.fields, (inner, *scopes), one.field.length)
    for first, second in pairwise(one for one in several if one.start is not None):
        assert first.start is not None, "others are left out"
        assert second.start is not None, "others are left out"
        if second.start < first.start + first.size[1]:
            at = second.start + 1
            yield f"{where}fields.{second.name}.at: byte {at} is part of the field {first.name!r} already"


def _what(scopes: tuple[Scope, ...]) -> str:
    return "group" if len(scopes) > 1 else "record"


def _inside(key: str, group: GroupField) -> Iterator[str]:
    """What a group may not hold."""
    least, most = extent_of(group.fields)
    if group.length is not None and least != most:
        yield f"{key}.length: its fields differ in length"
    if all(isinstance(field, ConstantField) for field in group.fields.values()):
        yield f"{key}.fields: none is part of the record"
    for name, field in group.fields.items():
        if isinstance(field, ConstantField):
            continue
        if field.optional:
            yield f"{key}.fields.{name}.optional: belongs to fields of the record itself"
        if is_open(field):
            inner = f"{key}.fields.{name}.{'occurs' if occurs_of(field) else 'variable'}"
            yield f"{inner}: only a field of the record itself takes what the record has left"
        if getattr(field, "equals", None) is not None:
            yield f"{key}.fields.{name}.equals: a total is a field of the record itself"


def _occurs(key: str, one: Placed, several: list[Placed], scopes: tuple[Scope, ...]) -> Iterator[str]:
    field, occurs = one.field, occurs_of(one.field)
    if isinstance(field, ConstantField):
        return
    if isinstance(field, TextField) and field.variable:
        yield from _variable(key, field)
    if occurs is None:
        return
    if getattr(field, "equals", None) is not None:
        yield f"{key}.equals: a total occurs once"
    if field.optional:
        yield f"{key}.optional: what occurs may occur 0 times"
    if (occurs.count is None) == (occurs.max is None):
        yield f"{key}.occurs: give either count or max"
        return
    if occurs.count is not None and (occurs.depends_on or occurs.min):
        yield f"{key}.occurs: with count it always occurs so often"
    if occurs.max is not None and occurs.max < occurs.min:
        yield f"{key}.occurs.max: is less than min"
    if occurs.room == "all" and occurs.depends_on is None:
        yield f"{key}.occurs.room: belongs to depends_on"
    least, most = element_size(field)
    if least != most and (occurs.depends_on is None or occurs.room == "all"):
        yield f"{key}.occurs: one occurrence is not as long as the other; it needs depends_on with room: used"
    if occurs.depends_on is not None:
        yield from _counter(key, one, occurs, several, scopes)


def _variable(key: str, field: TextField) -> Iterator[str]:
    if field.occurs is not None:
        yield f"{key}.variable: such a text occurs once"
    if field.optional:
        yield f"{key}.variable: such a text may have no byte; it is not optional"
    if field.nullable:
        yield f"{key}.variable: such a text is not null"
    for name in ("pad", "trim", "justify"):
        if name in field.model_fields_set:
            yield f"{key}.{name}: a text that takes what the record has left has no padding"


def _counter(
    key: str, one: Placed, occurs: Occurs, several: list[Placed], scopes: tuple[Scope, ...]
) -> Iterator[str]:
    """The field that counts stands before, once, and is a whole number."""
    name = occurs.depends_on or ""
    path = counter_of(name, scopes)
    if path is None:
        yield f"{key}.occurs.depends_on: there is no field {name!r} that is not inside a table"
        return
    scope = next(scope for scope in scopes if path[: len(scope.path)] == scope.path)
    field: FieldDefinition | None = None
    fields = scope.fields
    for step in path[len(scope.path) :]:
        field = fields[step]
        fields = field.fields if isinstance(field, GroupField) else {}
    if not isinstance(field, IntegerField):
        yield f"{key}.occurs.depends_on: {name!r} is no whole number"
    elif field.nullable or field.occurs is not None or field.optional or field.equals is not None:
        yield f"{key}.occurs.depends_on: {name!r} has to be there always, once, and be no total"
    first = path[len(scope.path)]
    order = [each.name for each in placed(scope.fields)]
    inside = (*scopes[0].path, one.name)[len(scope.path)]
    if order.index(first) >= order.index(inside):
        yield f"{key}.occurs.depends_on: {name!r} does not stand before it"


def _tail(where: str, fields: Mapping[str, FieldDefinition], *, is_fixed: bool) -> Iterator[str]:
    """What varies with the end of the record stands at its end."""
    several = placed(fields)
    cut = next((at for at, one in enumerate(several) if one.is_open or one.is_optional), None)
    if cut is None:
        return
    first, after = several[cut], several[cut + 1 :]
    key = f"{where}fields.{first.name}"
    if is_fixed:
        yield f"{key}: takes what the record has left, and every record has the record_length"
    if first.is_open and first.is_optional:
        return  # said already
    for one in after:
        name = f"{where}fields.{one.name}"
        if first.is_optional and not one.is_optional and not (one.is_open and one is after[-1]):
            yield f"{name}: follows an optional field, and is optional too or the first one is not"
        if first.is_open and (one.is_optional or one.is_open or one.size[0] != one.size[1]):
            yield f"{name}: how long it is and how long {first.name!r} is cannot both be told"
        if first.is_open and occurs_of(one.field) is not None:
            yield f"{name}.occurs: what follows {first.name!r} does not occur several times"
    for one in (first, *after):
        least, most = element_size(one.field)
        if one.is_optional and least != most:
            yield f"{where}fields.{one.name}.optional: a field that differs in length is not optional"


def _covering(where: str, several: list[Placed], area: Condition | Between | NoneOf) -> Iterator[str]:
    """A match stands by itself, or inside one field that is part of the record."""
    covered = False
    for one in several:
        start, end = one.start, None if one.start is None else one.start + one.size[1]
        if start is None or end is None or end <= area.start or area.end <= start:
            continue
        covered = True
        if isinstance(one.field, ConstantField):
            yield f"{where}fields.{one.name}: the match says already what stands there"
        elif not start <= area.start <= area.end <= end:
            yield f"{where}fields.{one.name}: covers a part of the match"
    if not covered and not (isinstance(area, Condition) and len(area.values) == 1):
        yield f"{where}match: needs a field over the same bytes that says which to write"
    if not covered and any(one.start is None for one in several):
        most_before = max((one.start + one.size[0] for one in several if one.start is not None), default=0)
        if area.start >= most_before:
            yield f"{where}match: stands behind what varies in length"
