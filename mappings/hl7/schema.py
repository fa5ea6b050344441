"""How a configuration defines HL7 v2: `format: hl7`. Positions count from 1, as in the standard; MSH-1 is the
field separator and MSH-2 the encoding characters."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from mappings.definition import Definition
from mappings.exemplified import ExemplifiedFormat

MAX_FIELDS = 300
Name = Annotated[str, Field(min_length=1, max_length=200)]
Position = Annotated[int, Field(ge=1, le=MAX_FIELDS)]
SegmentId = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{2}$", max_length=3)]
TypeName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,19}$", max_length=20)]
Codes = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Field(max_length=5000)]
Occurrences = Annotated[int, Field(ge=0, le=1_000_000_000)]
Most = Annotated[int, Field(ge=1, le=1_000_000_000)] | Literal["unbounded"]
Description = Annotated[str, Field(max_length=2000)]
Mark = Annotated[str, Field(pattern=r"^[!-/:-@\[-`{-~]$", max_length=1)]
Encoding = Literal["us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "utf-8"]
Words = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=50)], ...], Field(max_length=1000)]


class Leniency(StrEnum):
    """A rule that partners break and that may be let pass; each time is counted."""

    TOO_LONG = "too_long"
    """Values with more characters than declared."""
    CODES = "codes"
    """Values that are none of a field's codes."""
    MISSING_FIELDS = "missing_fields"
    """Fields and components that are required and not there."""
    COMPONENTS = "components"
    """Components in values that have none by their type; the first is read, the others are passed over."""
    REPETITIONS = "repetitions"
    """Fields that are repeated more often than declared; of one that is no list the first is read."""
    UNKNOWN_SEGMENTS = "unknown_segments"
    """Segments that are not in the definition; they are passed over."""
    MISSING_SEGMENTS = "missing_segments"
    """Segments and groups that must be there and are not."""
    SEGMENT_ORDER = "segment_order"
    """Segments that stand where they do not belong; they are passed over."""
    SEGMENT_COUNTS = "segment_counts"
    """Segments and groups that occur too often; segments are passed over, groups are read."""
    BATCH_COUNTS = "batch_counts"
    """Counts in BTS and FTS that are not what came."""
    BATCH_TRAILERS = "batch_trailers"
    """Batches and files that have a header and no trailer."""


class Part(Definition):
    """A component or sub-component."""

    name: Name | None = None
    """Its name in records; without it its position."""

    type: TypeName = "ST"
    """Its data type: ST, TX, FT, ID, IS, SI, NM, DT, TM, TS or DTM; a composite such as HD; or one of
    `types`."""

    required: bool = False
    """It must be there."""

    codes: Codes | None = None
    """The only values that it may have, those of an HL7 or a site's own table."""

    max_length: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    """How many characters its value has at most."""

    description: Description = ""
    """What it means, shown in the API documentation."""


Components = Annotated[tuple[Part, ...], Field(min_length=1, max_length=99)]


class FieldDefinition(Part):
    """A field."""

    at: Position | None = None
    """Its position in the segment, such as 3 for PID-3; without it the one behind the field before."""

    repeat: Most = 1
    """How often it may be repeated, or `unbounded`; with more than 1 it is a list in records."""

    type_from: Position | None = None
    """The field of the same segment that says the data type, as OBX-2 does for OBX-5."""


Fields = Annotated[tuple[FieldDefinition, ...], Field(min_length=1, max_length=MAX_FIELDS)]


class SegmentDefinition(Definition):
    """The fields of a segment, for every place that does not say other ones. Fields that are not named here
    are in records as they came, by their position, such as PID-13."""

    fields: Fields
    """Its fields that have a name or a rule."""


class Match(Definition):
    """A value by which segments with one identifier are told apart."""

    at: Position
    """The field."""

    component: Position | None = None
    """The component of that field; without it the field is one value."""

    value: Annotated[str, Field(min_length=1, max_length=100)] | Codes
    """What stands there, or several of which any may."""


class SegmentUse(Definition):
    """A segment at its place."""

    known_by: ClassVar[str] = "segment"

    segment: SegmentId
    """Its identifier, such as PID."""

    name: Name | None = None
    """Its name in records; without it the identifier."""

    min: Occurrences = 0
    """How often it occurs here at least; 1 where it is required."""

    max: Most = 1
    """How often it occurs here at most, or `unbounded`; with more than 1 it is a list in records."""

    match: Match | None = None
    """What segments at this place have and others with the same identifier have not."""

    fields: Fields | None = None
    """Its fields; without them those of `segments`, and where there are none either, all as they came."""

    description: Description = ""
    """What it means, shown in the API documentation."""


class GroupUse(Definition):
    """Segments that repeat as a whole, begun by the first of them."""

    known_by: ClassVar[str] = "group"

    group: Name
    """Its name in records."""

    min: Occurrences = 0
    """How often it occurs here at least."""

    max: Most = 1
    """How often it occurs here at most, or `unbounded`; with more than 1 it is a list in records."""

    begin: Annotated[tuple[SegmentId, ...], Field(min_length=1, max_length=100)] | None = None
    """The segments that may begin an occurrence, such as ORC and OBR where ORC is often left out; without it
    the first one alone. A segment that cannot stand where it comes then begins the next occurrence."""

    content: Annotated[tuple[ContentItem, ...], Field(min_length=1, max_length=1000)]
    """Its segments and the groups inside it, in their order; the first is the segment that begins it."""

    description: Description = ""
    """What it means, shown in the API documentation."""


def _kind(value: Any) -> str:
    """A label that is no key: places of mistakes are told by keys and labels alike."""
    is_group = isinstance(value, GroupUse)
    if isinstance(value, dict):
        is_group = "group" in value or ("content" in value and "segment" not in value)
    return "a group" if is_group else "a segment"


ContentItem: TypeAlias = Annotated[
    Annotated[SegmentUse, Tag("a segment")] | Annotated[GroupUse, Tag("a group")], Discriminator(_kind)
]
GroupUse.model_rebuild()


class Delimiters(Definition):
    """The characters that messages are written with where a record does not say its own in MSH."""

    field: Mark = "|"
    """Stands before each field."""

    encoding: Annotated[str, Field(pattern=r"^[!-/:-@\[-`{-~]{1,5}$", max_length=5)] = "^~\\&"
    """The encoding characters: for components, repetitions, escapes and sub-components, and from v2.7 on
    for values that were cut."""


class Acknowledge(Definition):
    """What is answered to the sender: a message ACK for each message."""

    when: Literal["requested", "errors", "always"] = "requested"
    """`requested`: as MSH-16 asks, and where that is empty to every message; `errors`: to those that are
    refused; `always`: to every message."""

    wrong: Literal["details", "verdict"] = "details"
    """Whether an ERR says what is wrong with each field."""


class Hl7Definition(ExemplifiedFormat):
    """HL7 v2 in its ER7 encoding: messages by their definition, or any as lists of segments."""

    format: Literal["hl7"]
    """HL7 v2.x with delimiters, one message or many, with or without batches."""

    messages: Words | None = None
    """The messages that are meant, each a type or a type and an event, such as ORU or ADT^A01. Others are
    errors."""

    versions: Words | None = None
    """The versions that are meant, such as 2.5.1. Others are errors."""

    processing: Annotated[tuple[Literal["P", "T", "D"], ...], Field(min_length=1, max_length=3)] | None = None
    """The processing identifiers that are meant: P for production, T for training, D for debugging. Messages
    with others are errors."""

    content: Annotated[tuple[ContentItem, ...], Field(min_length=1, max_length=1000)] | None = None
    """The segments and groups of a message in their order, MSH first; without it messages are lists of
    segments."""

    segments: Annotated[dict[SegmentId, SegmentDefinition], Field(max_length=1000)] = Field(
        default_factory=dict
    )
    """The fields of segments by their identifier, for every place in `content` that gives none of its own."""

    record: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """The group of which each occurrence is one record, with what encloses it; without it a message is one
    record. Either way a message is read as a whole: one with mistakes gives no records."""

    types: Annotated[dict[TypeName, Components], Field(max_length=1000)] = Field(default_factory=dict)
    """Composite data types of one's own, or in place of the standard's, by their name."""

    encoding: Encoding = "utf-8"
    """The encoding of messages that name no character set in MSH-18."""

    character_sets: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=50)], Encoding], Field(max_length=50)
    ] = Field(default_factory=dict)
    """What names in MSH-18 mean that are not of HL7's table 0211, or mean something else at this partner."""

    delimiters: Delimiters = Delimiters()
    """The delimiters that messages are written with. What is read says its own."""

    line_end: Literal["cr", "lf", "crlf"] = "cr"
    """What is written behind each segment; the standard has cr. Any of them is read."""

    acknowledge: Acknowledge | None = None
    """What is answered to the sender; nothing without it."""

    lenient: Annotated[tuple[Leniency, ...], Field(max_length=20)] = ()
    """Rules that data may break; each time is counted and told."""
