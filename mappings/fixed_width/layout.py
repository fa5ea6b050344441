"""A checked definition, compiled: what the reader and the writer need of each type of record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mappings.fixed_width import totals
from mappings.fixed_width.code_pages import CodePage, code_page
from mappings.fixed_width.field_schema import (
    ConstantField,
    DecimalField,
    FieldDefinition,
    FloatField,
    GroupField,
    IntegerField,
    Usage,
)
from mappings.fixed_width.fields import FieldCodec, Read, compile_field, padded
from mappings.fixed_width.items_record import RecordItems
from mappings.fixed_width.matching import Between, Condition, Lengths, NoneOf, Test, matches_of, tests_of
from mappings.fixed_width.placing import Placed, extent_of, is_plain, placed
from mappings.fixed_width.record_formats import VARIABLE, RecordFormatDefinition
from mappings.fixed_width.schema import FixedWidthDefinition, RecordDefinition, Separator
from mappings.fixed_width.structure import Block, Member, Structured
from mappings.fixed_width.totals import Share, Total
from mappings.fixed_width.trees import Options, compile_record

UNTAGGED = ""
"""The name of the only type of record where the definition has no `records`."""


class FieldLayout(NamedTuple):
    """One field. `start` and `end` count bytes from 0, the end is not part of it."""

    name: str
    start: int
    end: int
    read: Read
    codec: FieldCodec


class FixedArea(NamedTuple):
    """Bytes that every record of a type has. `rule` names what is broken by others: `gap` or `constant`."""

    start: int
    end: int
    data: bytes
    rule: str


@dataclass(frozen=True, slots=True)
class RecordLayout:
    """One type of record. `conditions`, and `further` ones, tell it from the others. `template` is a record
    without its fields. Where it has `items`, they are read and
    written in place of the fields, and the length is the greatest."""

    name: str
    length: int
    fields: tuple[FieldLayout, ...]
    fixed: tuple[FixedArea, ...]
    conditions: tuple[Condition, ...]
    template: bytes
    path: tuple[int, ...]
    totals: tuple[Total, ...]
    shares: tuple[Share, ...]
    items: RecordItems | None = None
    further: tuple[Between | NoneOf | Lengths, ...] = ()

    @property
    def tests(self) -> tuple[Test, ...]:
        """All that tells it from the others."""
        return self.conditions + self.further

    @property
    def prefix(self) -> str:
        """What a JSON pointer to one of its fields begins with."""
        return f"/{escaped(self.name)}" if self.name else ""


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole definition. `cuts_by_length`: records have one length, a separator after it or not."""

    page: CodePage
    separator: Separator
    formats: RecordFormatDefinition
    cuts_by_length: bool
    fills_short: bool
    skips_blank: bool
    record_length: int | None
    any_order: bool
    root: Block
    records: tuple[RecordLayout, ...]


def escaped(name: str) -> str:
    """A name as a step of a JSON pointer. Source: RFC 6901 §3."""
    return name.replace("~", "~0").replace("/", "~1")


def record_definitions(definition: FixedWidthDefinition) -> Mapping[str, RecordDefinition]:
    """The types of record by name; one without a name where the definition has only fields."""
    if definition.records is not None:
        return definition.records
    return {UNTAGGED: RecordDefinition(fields=definition.fields or {})}


def separator_of(definition: FixedWidthDefinition) -> Separator | None:
    """What stands between records, None where the definition leaves it open."""
    if definition.separator is None and (definition.record_length or definition.record_format):
        return Separator.NONE
    return definition.separator


def cuts_by_length(definition: FixedWidthDefinition) -> bool:
    """True where the length of records says where they end, since nothing separates them or what does may
    stand inside them too."""
    if definition.record_format in VARIABLE or definition.record_length is None:
        return False
    return separator_of(definition) is Separator.NONE or any(
        is_binary(field)
        for record in record_definitions(definition).values()
        for field in record.fields.values()
    )


def is_binary(field: FieldDefinition) -> bool:
    """True for fields any byte of which may be one that separates records."""
    if isinstance(field, GroupField):
        return any(is_binary(each) for each in field.fields.values())
    return isinstance(field, FloatField) or (
        isinstance(field, IntegerField | DecimalField) and field.usage is not Usage.DISPLAY
    )


def length_of(record: RecordDefinition, definition: FixedWidthDefinition, tests: Iterable[Test]) -> int:
    """Bytes of the records of one type, the most where they vary."""
    _, extent = extent_of(record.fields)
    known_by = [one.end for one in tests if not isinstance(one, Lengths)]
    return definition.record_length or record.length or max([extent, *known_by])


def block_of(definition: Structured) -> Block:
    """The structure: types of record in their order, those of a group where its first one stands."""
    if definition.records is None:
        return Block((Member(UNTAGGED, 0, None),))
    inside = {name for group in definition.groups.values() for name in group.records}
    outermost: dict[str, None] = {}
    for name in definition.records:
        outermost[_outermost(name, definition, inside)] = None
    return Block(tuple(_member(name, definition) for name in outermost))


def _outermost(name: str, definition: Structured, inside: set[str]) -> str:
    while name in inside:
        name = next(group for group, each in definition.groups.items() if name in each.records)
    return name


def _member(name: str, definition: Structured) -> Member:
    assert definition.records is not None
    if name in definition.groups:
        group = definition.groups[name]
        inner = Block(tuple(_member(each, definition) for each in group.records), group.order == "any")
        return Member(name, group.min, group.max, inner)
    record = definition.records[name]
    return Member(name, record.min, record.max)


def totals_of(definition: FixedWidthDefinition, paths: Mapping[str, tuple[int, ...]]) -> tuple[Total, ...]:
    """All totals of a definition."""
    equals = (
        (name, field_name, field.equals)
        for name, record in record_definitions(definition).items()
        for field_name, field in record.fields.items()
        if isinstance(field, IntegerField | DecimalField) and field.equals is not None
    )
    return totals.totals_found(equals, paths)


def compile_layout(definition: FixedWidthDefinition) -> Layout:
    """Compile a definition that `check` has found sound."""
    page = code_page(definition.encoding)
    root = block_of(definition)
    paths = dict(root.paths())
    all_totals = totals_of(definition, paths)
    records = []
    for name, record in record_definitions(definition).items():
        own = tuple(total for total in all_totals if total.record == name)
        shares = tuple(shares_of(name, paths, all_totals))
        records.append(_record(name, record, definition, page, (paths[name], own, shares)))
    separator = separator_of(definition)
    assert separator is not None, "checked with the definition"
    return Layout(
        page=page,
        separator=separator,
        formats=definition,
        cuts_by_length=cuts_by_length(definition),
        fills_short=definition.short_lines == "fill",
        skips_blank=definition.blank_lines == "skip",
        record_length=definition.record_length,
        any_order=definition.order == "any",
        root=root,
        records=tuple(records),
    )


def _record(
    name: str,
    record: RecordDefinition,
    definition: FixedWidthDefinition,
    page: CodePage,
    rest: tuple[tuple[int, ...], tuple[Total, ...], tuple[Share, ...]],
) -> RecordLayout:
    tests = [test for match in matches_of(record) for test in tests_of(match, page)]
    conditions = tuple(one for one in tests if isinstance(one, Condition))
    further = tuple(one for one in tests if not isinstance(one, Condition))
    length = length_of(record, definition, tests)
    if is_plain(record.fields):
        fields = tuple(
            FieldLayout(one.name, *_extent(one), (codec := compile_field(one.field, page)).read, codec)
            for one in _declared(record)
            if not isinstance(one.field, ConstantField | GroupField)
        )
        template, fixed = _fixed(record, definition, conditions, length, page)
        return RecordLayout(name, length, fields, fixed, conditions, template, *rest, further=further)
    options = Options(
        page=page,
        fill=page.encode(definition.fill),
        checks_gaps=definition.gaps == "check",
        fills_short=definition.short_lines == "fill",
        record_length=definition.record_length,
    )
    items = compile_record(record.fields, conditions, definition.record_length or record.length, options)
    return RecordLayout(name, items.most, (), (), conditions, b"", *rest, items, further)


def _declared(record: RecordDefinition) -> list[Placed]:
    """The fields in the order of the definition."""
    by_name = {one.name: one for one in placed(record.fields)}
    return [by_name[name] for name in record.fields]


def shares_of(name: str, paths: Mapping[str, tuple[int, ...]], all_totals: tuple[Total, ...]) -> list[Share]:
    """What a record of one type adds to the totals of the groups that it is in."""
    shares = []
    for total in all_totals:
        group = paths[total.record][: total.depth]
        if paths[name][: total.depth] != group:
            continue
        for record, field in total.expression.terms:
            if record in (name, totals.EVERY):
                counts = total.expression.kind == totals.COUNT and field is not None
                path = tuple(field.split(".")) if field is not None and (counts or "." in field) else ()
                shares.append(Share(total.key, total.depth, field, path, counts))
    return shares


def _fixed(
    record: RecordDefinition,
    definition: FixedWidthDefinition,
    conditions: tuple[Condition, ...],
    length: int,
    page: CodePage,
) -> tuple[bytes, tuple[FixedArea, ...]]:
    """A record without its fields, and the areas of it that every record has."""
    fill = page.encode(definition.fill)
    template = bytearray(fill * length)
    taken: list[tuple[int, int]] = []
    areas = []
    for one in placed(record.fields):
        start, end = _extent(one)
        taken.append((start, end))
        field = one.field
        if isinstance(field, ConstantField):
            data = padded(field.value, field.length, page)
            areas.append(FixedArea(start, end, data, "constant"))
            template[start:end] = data
    for known in conditions:
        taken.append((known.start, known.end))
        if len(known.values) == 1:
            (template[known.start : known.end],) = known.values
    if definition.gaps == "check":
        at = 0
        for start, end in [*sorted(taken), (length, length)]:
            if start > at:
                areas.append(FixedArea(at, start, fill * (start - at), "gap"))
            at = max(at, end)
    return bytes(template), tuple(areas)


def _extent(one: Placed) -> tuple[int, int]:
    start, end = one.start, one.end
    assert start is not None, "fields that are plain have their places"
    assert end is not None, "and their lengths"
    return start, end
