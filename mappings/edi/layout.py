"""A definition, compiled: what reading and writing look at, with every name and type resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from mappings.edi.conditions import Relation, relation
from mappings.edi.scalars import Scalar, scalar
from mappings.edi.schema import Component as ComponentDefinition
from mappings.edi.schema import (
    ContentItem,
    Element,
    LoopUse,
    Match,
    SegmentDefinition,
    SegmentUse,
    Subcomponent,
)

_NO_LIMIT = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Value:
    """An element or a component. `position` counts from 1; either `scalar` or `components` says what it is;
    `most` is how often it may be repeated."""

    position: int
    name: str
    scalar: Scalar | None
    components: tuple[Value, ...]
    relations: tuple[Relation, ...]
    most: int
    required: bool
    codes: frozenset[str] | None
    number: int | None
    description: str

    @property
    def is_list(self) -> bool:
        """True where it is a list in records."""
        return self.most > 1


@dataclass(frozen=True, slots=True)
class Test:
    """What tells a segment from others of its tag: positions count from 1."""

    element: int
    component: int | None
    values: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A segment at its place. `elements` is None where whatever comes is taken."""

    index: int
    tag: str
    name: str
    least: int
    most: int
    elements: tuple[Value, ...] | None
    relations: tuple[Relation, ...]
    tests: tuple[Test, ...]
    description: str

    @property
    def is_list(self) -> bool:
        """True where it is a list in records."""
        return self.most > 1


@dataclass(slots=True, eq=False)
class Loop:
    """A loop, or all of it: the body, which has no name. `positions` are its segments and loops in their
    order, neighbours with one tag as one position; `depth` is 0 for the body; `at` is the position in the
    parent. `streams` is true where records are made of occurrences of it or of a loop inside it; `begins` are
    the tags of segments that may begin it in place of its first one, which may then be left out."""

    name: str
    identifier: str
    least: int
    most: int
    parent: Loop | None
    depth: int
    at: int
    description: str = ""
    positions: tuple[tuple[Segment | Loop, ...], ...] = ()
    is_record: bool = False
    streams: bool = False
    begins: frozenset[str] = frozenset()

    @property
    def tag(self) -> str:
        """The tag of the segment that begins it."""
        return self.trigger.tag

    @property
    def trigger(self) -> Segment:
        """The segment that begins it."""
        first = self.positions[0][0]
        assert isinstance(first, Segment), "checked before it is compiled"
        return first

    @property
    def is_list(self) -> bool:
        """True where it is a list in records."""
        return self.most > 1 and not self.streams

    @property
    def items(self) -> Iterator[Segment | Loop]:
        """Its segments and loops in their order."""
        return (item for position in self.positions for item in position)


Item: TypeAlias = Segment | Loop


@dataclass(frozen=True, slots=True)
class Layout:
    """The body of a transaction set or message. `segments` in the order of their index."""

    body: Loop
    segments: tuple[Segment, ...]
    tags: frozenset[str]
    streams: bool


@dataclass(slots=True)
class _Compiler:
    known: Mapping[str, SegmentDefinition]
    record: str | None
    segments: list[Segment] = field(default_factory=list)

    def fill(self, loop: Loop, content: Sequence[ContentItem]) -> None:
        positions: list[list[Item]] = []
        for use in content:
            at = len(positions)
            shares = bool(positions) and positions[-1][0].tag == _tag(use) and not _begins(loop, positions)
            item = self._item(use, loop, at - 1 if shares else at)
            if shares:
                positions[-1].append(item)
            else:
                positions.append([item])
        loop.positions = tuple(map(tuple, positions))
        loop.streams = loop.is_record or any(isinstance(item, Loop) and item.streams for item in loop.items)

    def _item(self, use: ContentItem, parent: Loop, at: int) -> Item:
        most = _NO_LIMIT if use.max == "unbounded" else use.max
        if isinstance(use, LoopUse):
            name = use.name or use.loop
            made = Loop(name, use.loop, use.min, most, parent, parent.depth + 1, at, use.description)
            made.is_record = self.record in (use.loop, use.name) and self.record is not None
            self.fill(made, use.content)
            return made
        return self._segment(use, most)

    def _segment(self, use: SegmentUse, most: int) -> Segment:
        found = self.known.get(use.segment)
        elements, conditions = use.elements, use.conditions
        if elements is None and found is not None:
            elements, conditions = found.elements, found.conditions
        made = Segment(
            index=len(self.segments),
            tag=use.segment,
            name=use.name or use.segment,
            least=use.min,
            most=most,
            elements=None if elements is None else values(use.segment, elements),
            relations=tuple(map(relation, conditions)),
            tests=tuple(map(_test, matches_of(use))),
            description=use.description,
        )
        self.segments.append(made)
        return made


def _begins(loop: Loop, positions: list[list[Item]]) -> bool:
    """The segment that begins a loop stands alone: another of its tag begins the next occurrence."""
    return loop.parent is not None and len(positions) == 1


def _tag(use: ContentItem) -> str:
    while isinstance(use, LoopUse):
        use = use.content[0]
    return use.segment


def matches_of(use: SegmentUse) -> tuple[Match, ...]:
    """What a segment is told from others of its tag by."""
    if use.match is None:
        return ()
    return use.match if isinstance(use.match, tuple) else (use.match,)


def _test(match: Match) -> Test:
    allowed = (match.value,) if isinstance(match.value, str) else match.value
    return Test(match.at, match.component, frozenset(allowed))


def values(tag: str, elements: Sequence[Element]) -> tuple[Value, ...]:
    """The elements of a segment, compiled."""
    return tuple(_element(f"{tag}{at:02}", at, one) for at, one in enumerate(elements, 1))


def _element(name: str, position: int, element: Element) -> Value:
    components = tuple(
        _value(f"{name}-{at}", at, component, _subcomponents(f"{name}-{at}", component))
        for at, component in enumerate(element.components or (), 1)
    )
    relations = tuple(map(relation, element.conditions))
    return _value(name, position, element, components, relations, element.repeat)


def _subcomponents(name: str, component: ComponentDefinition) -> tuple[Value, ...]:
    return tuple(_value(f"{name}-{at}", at, one) for at, one in enumerate(component.components or (), 1))


def _value(
    name: str,
    position: int,
    given: Element | ComponentDefinition | Subcomponent,
    components: tuple[Value, ...] = (),
    relations: tuple[Relation, ...] = (),
    most: int = 1,
) -> Value:
    return Value(
        position=position,
        name=given.name or name,
        scalar=None if components else scalar(given.type, given.century_from),
        components=components,
        relations=relations,
        most=most,
        required=given.required,
        codes=None if given.codes is None else frozenset(given.codes),
        number=given.number,
        description=given.description,
    )


def compile_layout(
    content: Sequence[ContentItem], known: Mapping[str, SegmentDefinition], record: str | None = None
) -> Layout:
    """A definition's content, checked before, with the segments that are `known` by their tag; `record` names
    the loops whose occurrences are records."""
    compiler = _Compiler(known, record)
    body = Loop("", "", 1, 1, None, 0, 0)
    compiler.fill(body, content)
    tags = frozenset(segment.tag for segment in compiler.segments)
    return Layout(body, tuple(compiler.segments), tags, body.streams)
