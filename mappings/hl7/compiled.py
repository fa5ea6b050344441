"""A definition of HL7, compiled for reading and writing: every name and type resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mappings.edi import Layout, Loop, Plan, compile_layout
from mappings.edi import schema as edi
from mappings.hl7.datatypes import COMPOSITES
from mappings.hl7.layout import Fields, Kind, Member
from mappings.hl7.marks import Marks
from mappings.hl7.quick_reading import QuickCache
from mappings.hl7.quick_writing import QuickWriters
from mappings.hl7.scalars import SCALARS
from mappings.hl7.schema import (
    ContentItem,
    FieldDefinition,
    GroupUse,
    Hl7Definition,
    Leniency,
    Part,
    SegmentDefinition,
    SegmentUse,
)

UNBOUNDED = 1_000_000_000
_TOO_DEEP = "ST"
_RULES = {
    Leniency.TOO_LONG: ("too-long",),
    Leniency.CODES: ("code",),
    Leniency.MISSING_FIELDS: ("required-field",),
    Leniency.COMPONENTS: ("components",),
    Leniency.REPETITIONS: ("repetitions",),
    Leniency.UNKNOWN_SEGMENTS: ("unknown-segment",),
    Leniency.MISSING_SEGMENTS: ("required-segment", "segment-minimum", "loop-minimum"),
    Leniency.SEGMENT_ORDER: ("segment-order", "unexpected-segment"),
    Leniency.SEGMENT_COUNTS: ("segment-count", "loop-count"),
    Leniency.BATCH_COUNTS: ("batch-count",),
    Leniency.BATCH_TRAILERS: ("batch-trailer",),
}


@dataclass(frozen=True, slots=True)
class Compiled:
    """`plan` is None where messages are lists of segments; `parts` is the layout that says of which group
    records are, None where messages are; `fields` are those of segments by their index;
    `quick` their quick readers, `quick_writers` what writes them quickly; `lenient` the rules that may be
    broken and the words by which that is counted; `usual` the delimiters that records need not say."""

    definition: Hl7Definition
    plan: Plan | None
    parts: Layout | None
    fields: tuple[Fields, ...]
    quick: QuickCache
    quick_writers: QuickWriters
    lenient: Mapping[str, str]
    rules: frozenset[str]
    usual: Marks


def compile_definition(definition: Hl7Definition) -> Compiled:
    """A definition that was found sound."""
    plan = parts = None
    fields: tuple[Fields, ...] = ()
    if definition.content is not None:
        content = walked(definition.content)
        layout = compile_layout(content, {})
        _note_begins(layout.body, definition.content)
        plan = Plan(layout)
        if definition.record is not None:
            parts = compile_layout(content, {}, definition.record)
            _note_begins(parts.body, definition.content)
        types = Types(definition)
        uses = [(use, _fields_of(use, definition.segments)) for use in _uses(definition.content)]
        fields = tuple(_fields(use.segment, given, types) for use, given in uses)
    usual = Marks(definition.delimiters.field, definition.delimiters.encoding)
    lenient = {rule: word.value for word in definition.lenient for rule in _RULES[word]}
    quick = QuickCache(fields, usual)
    writers = QuickWriters(fields, usual)
    return Compiled(definition, plan, parts, fields, quick, writers, lenient, frozenset(lenient), usual)


def walked(content: Sequence[ContentItem]) -> tuple[edi.ContentItem, ...]:
    """The same as what X12 and EDIFACT are walked by, without fields."""
    made: list[edi.ContentItem] = []
    for use in content:
        if isinstance(use, GroupUse):
            inner = walked(use.content)
            made.append(
                edi.LoopUse(
                    loop=use.group, min=use.min, max=use.max, content=inner, description=use.description
                )
            )
            continue
        match = None
        if use.match is not None:
            match = edi.Match(at=use.match.at, component=use.match.component, value=use.match.value)
        made.append(
            edi.SegmentUse(
                segment=use.segment,
                name=use.name,
                min=use.min,
                max=use.max,
                match=match,
                description=use.description,
            )
        )
    return tuple(made)


def _note_begins(loop: Loop, content: Sequence[ContentItem]) -> None:
    """What may begin groups, which X12 and EDIFACT have not."""
    for item, use in zip(loop.items, content, strict=True):
        if isinstance(use, GroupUse):
            assert isinstance(item, Loop), "made of it"
            item.begins = frozenset(use.begin or ())
            _note_begins(item, use.content)


def _uses(content: Sequence[ContentItem]) -> Iterator[SegmentUse]:
    """The segments in the order of their index."""
    for use in content:
        if isinstance(use, GroupUse):
            yield from _uses(use.content)
        else:
            yield use


def _fields_of(use: SegmentUse, known: Mapping[str, SegmentDefinition]) -> Sequence[FieldDefinition]:
    if use.fields is not None:
        return use.fields
    return known[use.segment].fields if use.segment in known else ()


def placed(fields: Sequence[FieldDefinition]) -> Iterator[tuple[int, FieldDefinition]]:
    """Fields with their positions."""
    at = 0
    for one in fields:
        at = at + 1 if one.at is None else one.at
        yield at, one


class Types:
    """The data types of a definition, each resolved once for each depth at which it stands: 0 in fields, 1 in
    components, 2 in sub-components, where there is room for texts alone."""

    def __init__(self, definition: Hl7Definition) -> None:
        self._own = definition.types
        self._known: dict[tuple[str, int], Kind] = {}
        self.names = frozenset((*SCALARS, *COMPOSITES, *self._own))

    def of(self, name: str, depth: int = 0) -> Kind:
        """The type of this name."""
        found = self._known.get((name, depth))
        if found is None:
            found = self._known[name, depth] = self._made(name, depth)
        return found

    def all(self) -> dict[str, Kind]:
        """Every type as a field has it."""
        return {name: self.of(name) for name in self.names}

    def _made(self, name: str, depth: int) -> Kind:
        if name in SCALARS and name not in self._own:
            return Kind(SCALARS[name])
        if depth > 1:
            return Kind(SCALARS[_TOO_DEEP])
        if name in self._own:
            return Kind(
                None, tuple(self.part(at, one, depth + 1) for at, one in enumerate(self._own[name], 1))
            )
        return Kind(
            None,
            tuple(
                Member(at, part, self.of(word, depth + 1))
                for at, (part, word) in enumerate(COMPOSITES[name], 1)
            ),
        )

    def part(self, at: int, given: Part, depth: int) -> Member:
        """A component or sub-component."""
        return Member(
            position=at,
            name=given.name or str(at),
            kind=self.of(given.type, depth),
            required=given.required,
            codes=None if given.codes is None else frozenset(given.codes),
            max_length=given.max_length,
            description=given.description,
        )


def _fields(tag: str, given: Sequence[FieldDefinition], types: Types) -> Fields:
    names = {at: one.name or f"{tag}-{at}" for at, one in placed(given)}
    members = {}
    for at, one in placed(given):
        varies = one.type_from is not None
        members[at] = Member(
            position=at,
            name=names[at],
            kind=None if varies else types.of(one.type),
            required=one.required,
            most=UNBOUNDED if one.repeat == "unbounded" else one.repeat,
            codes=None if one.codes is None else frozenset(one.codes),
            max_length=one.max_length,
            type_from=names.get(one.type_from) if one.type_from is not None else None,
            kinds=types.all() if varies else None,
            description=one.description,
        )
    return Fields(tag, members, tuple(one for one in members.values() if one.required))
