"""How a configuration defines X12: `format: x12`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from mappings.definition import Definition
from mappings.edi import Content, Segments
from mappings.exemplified import ExemplifiedFormat

Delimiter = Annotated[str, Field(pattern=r"^[^A-Za-z0-9 \r]$", max_length=1)]


class Leniency(StrEnum):
    """A rule that partners break and that may be let pass; each time is counted."""

    TRAILING_SEPARATORS = "trailing_separators"
    """Separators behind the last element or component that has a value."""
    PADDING = "padding"
    """Spaces behind codes and numbers; they are taken off."""
    TOO_SHORT = "too_short"
    """Values with fewer characters than declared."""
    TOO_LONG = "too_long"
    """Values with more characters than declared."""
    CODES = "codes"
    """Values that are none of an element's codes."""
    CONDITIONS = "conditions"
    """Elements that depend on others."""
    MISSING_ELEMENTS = "missing_elements"
    """Elements that are required and not there."""
    EXTRA_ELEMENTS = "extra_elements"
    """More elements or components than are defined; they are passed over."""
    UNKNOWN_SEGMENTS = "unknown_segments"
    """Segments that are not in the definition; they are passed over."""
    MISSING_SEGMENTS = "missing_segments"
    """Segments and loops that must be there and are not."""
    SEGMENT_COUNTS = "segment_counts"
    """Segments and loops that occur too often in the body; segments are passed over, loops are read."""
    EMPTY_SEGMENTS = "empty_segments"
    """Segment terminators with nothing before them."""
    CONTROL_NUMBERS = "control_numbers"
    """Control numbers of a trailer that are not those of its header."""
    CONTROL_COUNTS = "control_counts"
    """Counts in SE, GE and IEA that are not what came."""
    ENVELOPE = "envelope"
    """Values in GS, ST and the trailers that are no such values, dates and times among them."""
    ISA_LENGTHS = "isa_lengths"
    """Elements of ISA that do not have their fixed lengths."""
    DUPLICATES = "duplicates"
    """Control numbers that came before."""


class DelimitersDefinition(Definition):
    """The characters that interchanges are written with. What is read says its own."""

    element: Delimiter = "*"
    """Stands before each element."""

    component: Delimiter = ":"
    """Stands between components."""

    repetition: Delimiter = "^"
    """Stands between repetitions; only from version 00402 on."""

    segment: Delimiter = "~"
    """Ends each segment."""

    line_end: Literal["none", "lf", "crlf"] = "none"
    """What follows it, for the eye."""

    line_breaks: Literal["between", "anywhere"] = "between"
    """Where line ends are no data: between segments, or anywhere, as in files that are cut into lines of one
    length."""


class InterchangeDefaults(Definition):
    """What ISA says where a record to be written does not."""

    authorization_qualifier: Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$", max_length=2)] = "00"
    """ISA01."""

    authorization: Annotated[str, Field(max_length=10)] = ""
    """ISA02."""

    security_qualifier: Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$", max_length=2)] = "00"
    """ISA03."""

    security: Annotated[str, Field(max_length=10)] = ""
    """ISA04."""

    sender_qualifier: Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$", max_length=2)] = "ZZ"
    """ISA05."""

    sender: Annotated[str, Field(min_length=1, max_length=15)] | None = None
    """ISA06: who sends."""

    receiver_qualifier: Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$", max_length=2)] = "ZZ"
    """ISA07."""

    receiver: Annotated[str, Field(min_length=1, max_length=15)] | None = None
    """ISA08: who receives."""

    version: Annotated[str, Field(pattern=r"^00[0-9]{3}$", max_length=5)] = "00501"
    """ISA12: the version of the interchange's control segments."""

    acknowledgment_requested: Literal["0", "1"] = "0"
    """ISA14: 1 asks for a TA1."""

    usage: Literal["P", "T", "I"] = "P"
    """ISA15: production, test or information."""


class GroupDefaults(Definition):
    """What GS says where a record to be written does not."""

    functional_identifier: Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$", max_length=2)] | None = None
    """GS01, such as PO or HC; where it is given, groups of other kinds are refused."""

    sender: Annotated[str, Field(min_length=2, max_length=15)] | None = None
    """GS02; without it what ISA06 says."""

    receiver: Annotated[str, Field(min_length=2, max_length=15)] | None = None
    """GS03; without it what ISA08 says."""

    agency: Literal["X", "T"] = "X"
    """GS07: X for the standard of X12."""

    version: Annotated[str, Field(min_length=1, max_length=12)] | None = None
    """GS08, such as 004010 or 005010X222A1; where it is given, groups of other versions are refused. For
    writing it is needed here or in the record."""


class Acknowledge(Definition):
    """What is answered to the sender."""

    interchange: Literal["never", "requested", "errors", "always"] = "requested"
    """When a TA1 answers an interchange: `requested` where ISA14 asks for it, `errors` also where something
    is wrong with it."""

    group: Literal["none", "997", "999"] = "999"
    """The transaction set that answers each functional group, those that are acknowledgements aside."""

    accepted: Literal["list", "omit"] = "list"
    """Whether transaction sets without errors are named in it."""


class X12Definition(ExemplifiedFormat):
    """X12: one transaction set by its definition, or any as lists of segments."""

    format: Literal["x12"]
    """ANSI ASC X12."""

    transaction: Annotated[str, Field(pattern=r"^[0-9]{3}$", max_length=3)] | None = None
    """The transaction set, such as 850; without it every one is read as a list of segments."""

    content: Content | None = None
    """What stands between ST and SE: segments and loops in their order."""

    segments: Segments = Field(default_factory=dict)
    """The elements of segments by their tag, for every place in `content` that gives none of its own."""

    record: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """The loop of which each occurrence is one record, with what encloses it; without it a transaction set is
    one record, which is held in memory."""

    others: Literal["refuse", "segments"] = "refuse"
    """What becomes of other transaction sets in the data: they are errors, or are read as lists of
    segments."""

    encoding: Literal["us-ascii", "iso-8859-1", "windows-1252", "utf-8"] = "utf-8"
    """The encoding of the text."""

    delimiters: DelimitersDefinition = DelimitersDefinition()
    """The characters that interchanges are written with."""

    interchange: InterchangeDefaults = InterchangeDefaults()
    """What ISA says where a record to be written does not."""

    group: GroupDefaults = GroupDefaults()
    """What GS says where a record to be written does not, and which groups are read."""

    implementation: Annotated[str, Field(min_length=1, max_length=35)] | None = None
    """ST03, the implementation convention, where a record to be written does not say it."""

    acknowledge: Acknowledge | None = None
    """What is answered to the sender; nothing without it."""

    lenient: Annotated[tuple[Leniency, ...], Field(max_length=20)] = ()
    """Rules that data may break; each time is counted and told."""
