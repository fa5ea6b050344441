"""What a definition says of one transaction set or message: its loops, segments, elements and components.

X12 and EDIFACT share it; each adds what its envelopes need. Positions count from 1, as in the standards.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from mappings.definition import Definition

MAX_ELEMENTS = 99
MAX_NAME_LENGTH = 200
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_LENGTH)]
Position = Annotated[int, Field(ge=1, le=MAX_ELEMENTS)]
Code = Annotated[str, Field(min_length=1, max_length=100)]
Codes = Annotated[tuple[Code, ...], Field(min_length=1, max_length=5000)]
Occurrences = Annotated[int, Field(ge=0, le=1_000_000_000)]
Most = Annotated[int, Field(ge=1, le=1_000_000_000)] | Literal["unbounded"]
MAX_TAG_LENGTH = 20
SegmentTag = Annotated[str, Field(pattern=r"^[A-Z0-9]+$", min_length=1, max_length=MAX_TAG_LENGTH)]
TypeText = Annotated[
    str,
    Field(
        max_length=20,
        pattern=r"^((AN|ID|N[0-9]?|R|DT|TM|B)( [0-9]{1,7}(/[0-9]{1,7})?)?|(an|a|n)(\.\.)?[0-9]{1,7})$",
    ),
]
Condition = Annotated[
    str,
    Field(
        max_length=120,
        pattern=r"^([PRECL]([0-9]{2}){2,20}|D[1-7]\([0-9]{1,3}(, ?[0-9]{1,3}){1,20}\))$",
    ),
]
Conditions = Annotated[tuple[Condition, ...], Field(max_length=50)]


class _Value(Definition):
    name: Name | None = None
    """Its name in records; without it the segment's with the position behind it, such as BEG01."""

    type: TypeText = "AN"
    """How it is written, with its least and most characters: AN 1/60, ID 2/2, N2 1/10, R 1/15, DT 8/8, TM 4/8
    and B of X12, an..35, a3 and n..15 of EDIFACT."""

    required: bool = False
    """It must be there."""

    codes: Codes | None = None
    """The only values that it may have."""

    century_from: Annotated[int, Field(ge=1, le=9900)] | None = None
    """The first of the hundred years that the two digits of a date's year can mean; a date (DT) that may have
    six digits needs it."""

    number: Annotated[int, Field(ge=1, le=9999)] | None = None
    """Its number in the standard's dictionary, which acknowledgements give."""

    description: Annotated[str, Field(max_length=2000)] = ""
    """What it means, shown in the API documentation."""


class Subcomponent(_Value):
    """A part of a component."""


Subcomponents = Annotated[tuple[Subcomponent, ...], Field(min_length=1, max_length=MAX_ELEMENTS)]


class Component(_Value):
    """A component of a composite element."""

    components: Subcomponents | None = None
    """Its sub-components, only where the format has a separator for them; in records an object."""


class Element(_Value):
    """An element: one value, or components, and either may repeat."""

    repeat: Annotated[int, Field(ge=1, le=99_999)] = 1
    """How often it may be repeated; with more than 1 it is a list in records."""

    components: Annotated[tuple[Component, ...], Field(min_length=1, max_length=MAX_ELEMENTS)] | None = None
    """The components of a composite; in records an object."""

    conditions: Conditions = ()
    """Which of its components depend on each other, in the notation of the segment's `conditions`."""


Elements = Annotated[tuple[Element, ...], Field(max_length=MAX_ELEMENTS)]


class SegmentDefinition(Definition):
    """The elements of a segment, for every place that does not say other ones."""

    elements: Elements
    """Its elements in their order, without the segment's tag."""

    conditions: Conditions = ()
    """Which elements depend on each other, as the standards write it: P0304 (all or none), R0203 (at least
    one), E0405 (at most one), C0304 (with the first all others), L030405 (with the first at least one other);
    EDIFACT's D1(2, 3) (exactly one) to D7."""


class Match(Definition):
    """A value by which segments of one tag are told apart."""

    at: Position
    """The element, counted from 1."""

    component: Position | None = None
    """The component of that element, counted from 1; without it the element is no composite."""

    value: Code | Codes
    """What stands there, or several of which any may."""


class SegmentUse(Definition):
    """A segment at its place."""

    known_by: ClassVar[str] = "segment"

    segment: SegmentTag
    """Its tag, such as BEG or N1."""

    name: Name | None = None
    """Its name in records; without it the tag."""

    min: Occurrences = 0
    """How often it occurs here at least; 1 where it is mandatory."""

    max: Most = 1
    """How often it occurs here at most, or `unbounded`; with more than 1 it is a list in records."""

    match: Match | Annotated[tuple[Match, ...], Field(min_length=1, max_length=10)] | None = None
    """What segments at this place have and others of the same tag have not; of several all must hold.
    Neighbours of the same tag may come in any order."""

    elements: Elements | None = None
    """Its elements; without them those of `segments`, and where there are none either, whatever comes."""

    conditions: Conditions = ()
    """Which elements depend on each other, where `elements` are given here."""

    description: Annotated[str, Field(max_length=2000)] = ""
    """What it means, shown in the API documentation."""


class LoopUse(Definition):
    """Segments that repeat as a whole, begun by the first of them: X12's loop, EDIFACT's segment group."""

    known_by: ClassVar[str] = "loop"

    loop: Name
    """Its identifier, and its name in records where `name` gives no other."""

    name: Name | None = None
    """Its name in records."""

    min: Occurrences = 0
    """How often it occurs here at least."""

    max: Most = 1
    """How often it occurs here at most, or `unbounded`; with more than 1 it is a list in records."""

    content: Annotated[tuple[ContentItem, ...], Field(min_length=1, max_length=1000)]
    """Its segments and the loops inside it, in their order; the first is the segment that begins it."""

    description: Annotated[str, Field(max_length=2000)] = ""
    """What it means, shown in the API documentation."""


def _kind(value: Any) -> str:
    """A label that is no key: places of mistakes are told by keys and labels alike."""
    is_loop = isinstance(value, LoopUse)
    if isinstance(value, dict):
        is_loop = "loop" in value or ("content" in value and "segment" not in value)
    return "a loop" if is_loop else "a segment"


ContentItem: TypeAlias = Annotated[
    Annotated[SegmentUse, Tag("a segment")] | Annotated[LoopUse, Tag("a loop")], Discriminator(_kind)
]
LoopUse.model_rebuild()

Content = Annotated[tuple[ContentItem, ...], Field(min_length=1, max_length=1000)]
Segments = Annotated[dict[SegmentTag, SegmentDefinition], Field(max_length=1000)]
