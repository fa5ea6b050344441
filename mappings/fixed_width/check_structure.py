"""Are the groups and the totals of a definition sound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from mappings.fixed_width import totals
from mappings.fixed_width.check_totals import total_problems
from mappings.fixed_width.field_schema import DecimalField, FieldDefinition, GroupField, IntegerField
from mappings.fixed_width.layout import block_of, totals_of
from mappings.fixed_width.placing import occurs_of
from mappings.fixed_width.schema import FixedWidthDefinition
from mappings.fixed_width.structure import Structured
from mappings.fixed_width.totals import Total


def problems(definition: FixedWidthDefinition) -> list[str]:
    """What is wrong with groups; where nothing is, what is wrong with totals."""
    found = list(group_problems(definition))
    return found or list(_total_problems(definition))


def group_problems(definition: Structured) -> Iterator[str]:
    """What is wrong with groups."""
    assert definition.records is not None
    groups, records = definition.groups, definition.records
    if groups and definition.order == "any":
        yield "order: groups have an order"
    uses = Counter(name for group in groups.values() for name in group.records)
    for name, group in groups.items():
        if name in records:
            yield f"groups.{name}: is the name of a type of record"
        if group.max is not None and group.max < group.min:
            yield f"groups.{name}.max: is less than min"
        for member in group.records:
            if member not in records and member not in groups:
                yield f"groups.{name}.records: {member!r} is neither a type of record nor a group"
            elif uses[member] > 1:
                yield f"groups.{name}.records: {member!r} is in {uses[member]} groups"
        if _contains(name, name, definition, ()):
            yield f"groups.{name}.records: the group is inside itself"
            return
    yield from _order_problems(definition)


def _contains(outer: str, name: str, definition: Structured, seen: tuple[str, ...]) -> bool:
    members = definition.groups[outer].records if outer in definition.groups else ()
    return any(
        member == name or (member not in seen and _contains(member, name, definition, (*seen, member)))
        for member in members
    )


def _order_problems(definition: Structured) -> Iterator[str]:
    """The types of record stand in the order in which groups hold them."""
    assert definition.records is not None
    members = {name for group in definition.groups.values() for name in group.records}
    if not members <= definition.records.keys() | definition.groups.keys():
        return
    walked = [name for name, _ in block_of(definition).paths()]
    if walked != list(definition.records):
        pairs = zip(walked, definition.records, strict=False)
        elsewhere = next(name for expected, name in pairs if expected != name)
        yield f"records.{elsewhere}: the order of records is not that of the groups"


def _total_problems(definition: FixedWidthDefinition) -> Iterator[str]:
    assert definition.records is not None, "the caller has looked"
    records, paths = definition.records, dict(block_of(definition).paths())

    def scale_of(total: Total) -> int:
        holder = records[total.record].fields[total.field]
        return holder.scale if isinstance(holder, DecimalField) else 0

    def of_field(total: Total, record: str, field: str) -> Iterator[str]:
        summed, is_table = _field_at(records[record].fields, tuple(field.split(".")))
        if total.expression.kind == totals.COUNT:
            if not is_table:
                yield f"{record}.{field} does not occur several times"
        elif not isinstance(summed, IntegerField | DecimalField):
            yield f"{record}.{field} is no number"
        elif isinstance(summed, DecimalField) and summed.scale > scale_of(total):
            scale = scale_of(total)
            yield f"{record}.{field} has {summed.scale} digits behind the point, this field {scale}"

    yield from total_problems(
        totals_of(definition, paths),
        paths,
        any_order=definition.order == "any",
        has_fraction=lambda total: bool(scale_of(total)),
        of_field=of_field,
    )


def _field_at(
    fields: Mapping[str, FieldDefinition], path: tuple[str, ...]
) -> tuple[FieldDefinition | None, bool]:
    """The field at the end of a path, and whether it occurs several times itself."""
    field = fields.get(path[0])
    if field is None or len(path) == 1:
        return field, field is not None and occurs_of(field) is not None
    return _field_at(field.fields, path[1:]) if isinstance(field, GroupField) else (None, False)
