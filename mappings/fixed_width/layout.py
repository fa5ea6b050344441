"""A checked definition, compiled: what the reader and the writer need of each type of record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mappings.fixed_width import totals
from mappings.fixed_width.code_pages import CodePage, code_page
from mappings.fixed_width.field_schema import (
    ConstantField,
    DecimalField,
    FieldDefinition,
    IntegerField,
    Usage,
    ValueField,
)
from mappings.fixed_width.fields import FieldCodec, Read, compile_field, padded
from mappings.fixed_width.items_record import RecordItems
from mappings.fixed_width.record_formats import VARIABLE, RecordFormatDefinition
from mappings.fixed_width.schema import FixedWidthDefinition, Match, RecordDefinition, Separator
from mappings.fixed_width.structure import Block, Member, Structured
from mappings.fixed_width.totals import Share, Total

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
class Condition:
    """Bytes, any of `values`, that tell one type of record from the others."""

    start: int
    end: int
    values: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class RecordLayout:
    """One type of record. `template` is a record without its fields. Where it has `items`, they are read and
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
        isinstance(field, IntegerField | DecimalField) and field.usage is not Usage.DISPLAY
        for record in record_definitions(definition).values()
        for field in record.fields.values()
    )


def matches_of(record: RecordDefinition) -> tuple[Match, ...]:
    """What a type of record is known by."""
    if record.match is None:
        return ()
    return (record.match,) if isinstance(record.match, Match) else record.match


def condition(match: Match, page: CodePage) -> Condition:
    """A match in bytes. Raises: ValueError when a character is not in the encoding or lengths differ."""
    texts = (match.value,) if isinstance(match.value, str) else match.value
    values = frozenset(padded(text, 1_000_000, page)[: _length(text, page)] for text in texts)
    lengths = {len(value) for value in values}
    if len(lengths) > 1:
        raise ValueError("the values differ in length")
    start = match.at - 1
    return Condition(start, start + lengths.pop(), values)


def _length(text: str, page: CodePage) -> int:
    return len(page.encode(text))


def length_of(
    record: RecordDefinition, definition: FixedWidthDefinition, conditions: tuple[Condition, ...]
) -> int:
    """Bytes of the records of one type."""
    extent = max(
        [field.at - 1 + field.length for field in record.fields.values()]
        + [one.end for one in conditions]
        + [0]
    )
    return definition.record_length or record.length or extent


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
        inner = Block(tuple(_member(each, definition) for each in group.records))
        return Member(name, group.min, group.max, inner)
    record = definition.records[name]
    return Member(name, record.min, record.max)


def totals_of(definition: FixedWidthDefinition, paths: Mapping[str, tuple[int, ...]]) -> tuple[Total, ...]:
    """All totals of a definition."""
    found: list[Total] = []
    for name, record in record_definitions(definition).items():
        for field_name, field in record.fields.items():
            if isinstance(field, IntegerField | DecimalField) and field.equals is not None:
                depth = len(paths[name]) - 1
                found.append(Total(len(found), name, field_name, depth, totals.parse(field.equals)))
    return tuple(found)


def compile_layout(definition: FixedWidthDefinition) -> Layout:
    """Compile a definition that `check` has found sound."""
    page = code_page(definition.encoding)
    root = block_of(definition)
    paths = dict(root.paths())
    all_totals = totals_of(definition, paths)
    records = []
    for name, record in record_definitions(definition).items():
        conditions = tuple(condition(match, page) for match in matches_of(record))
        length = length_of(record, definition, conditions)
        fields = tuple(
            _field(each, field, page)
            for each, field in record.fields.items()
            if not isinstance(field, ConstantField)
        )
        template, fixed = _fixed(record, definition, conditions, length, page)
        own = tuple(total for total in all_totals if total.record == name)
        shares = tuple(_shares(name, paths, all_totals))
        records.append(
            RecordLayout(name, length, fields, fixed, conditions, template, paths[name], own, shares)
        )
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


def _field(name: str, field: ValueField, page: CodePage) -> FieldLayout:
    codec = compile_field(field, page)
    return FieldLayout(name, *_extent(field), codec.read, codec)


def _shares(name: str, paths: Mapping[str, tuple[int, ...]], all_totals: tuple[Total, ...]) -> list[Share]:
    """What a record of one type adds to the totals of the groups that it is in."""
    shares = []
    for total in all_totals:
        group = paths[total.record][: total.depth]
        if paths[name][: total.depth] != group:
            continue
        for record, field in total.expression.terms:
            if record in (name, totals.EVERY):
                shares.append(Share(total.key, total.depth, field))
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
    for field in record.fields.values():
        start, end = _extent(field)
        taken.append((start, end))
        if isinstance(field, ConstantField):
            data = padded(field.value, field.length, page)
            areas.append(FixedArea(start, end, data, "constant"))
            template[start:end] = data
    for one in conditions:
        taken.append((one.start, one.end))
        if len(one.values) == 1:
            (template[one.start : one.end],) = one.values
    if definition.gaps == "check":
        at = 0
        for start, end in [*sorted(taken), (length, length)]:
            if start > at:
                areas.append(FixedArea(at, start, fill * (start - at), "gap"))
            at = max(at, end)
    return bytes(template), tuple(areas)


def _extent(field: FieldDefinition) -> tuple[int, int]:
    return field.at - 1, field.at - 1 + field.length
