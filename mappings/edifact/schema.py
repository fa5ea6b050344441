"""How a configuration defines EDIFACT: `format: edifact`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from mappings.definition import Definition
from mappings.edi import Content, Segments
from mappings.edifact.charsets import ENCODINGS
from mappings.exemplified import ExemplifiedFormat

ServiceCharacter = Annotated[str, Field(pattern=r"^[^A-Za-z0-9 ]$", max_length=1)]
Code = Annotated[str, Field(pattern=r"^[A-Z0-9]+$", min_length=1, max_length=6)]
Reference = Annotated[str, Field(min_length=1, max_length=14)]
Identification = Annotated[str, Field(min_length=1, max_length=35)]
SyntaxIdentifier = Annotated[str, Field(pattern=f"^({'|'.join(ENCODINGS)})$", max_length=4)]


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
    CHARACTERS = "characters"
    """Digits where only letters may stand; control characters, line ends inside of values among them."""
    CONDITIONS = "conditions"
    """Elements that depend on others."""
    MISSING_ELEMENTS = "missing_elements"
    """Elements that are required and not there."""
    EXTRA_ELEMENTS = "extra_elements"
    """More elements or components than are defined; they are passed over."""
    UNKNOWN_SEGMENTS = "unknown_segments"
    """Segments that are not in the definition; they are passed over."""
    MISSING_SEGMENTS = "missing_segments"
    """Segments and segment groups that must be there and are not."""
    SEGMENT_COUNTS = "segment_counts"
    """Segments and segment groups that occur too often in the message; segments are passed over, groups are
    read."""
    EMPTY_SEGMENTS = "empty_segments"
    """Segment terminators with nothing before them."""
    CONTROL_REFERENCES = "control_references"
    """References of a trailer that are not those of its header."""
    CONTROL_COUNTS = "control_counts"
    """Counts in UNT, UNE and UNZ that are not what came."""
    ENVELOPE = "envelope"
    """Values in UNB, UNG, UNH and the trailers that are no such values, dates and times among them; and
    groups and messages side by side."""
    DUPLICATES = "duplicates"
    """References that came before."""


class Delimiters(Definition):
    """The service characters that interchanges are written with. What is read says its own."""

    component: ServiceCharacter = ":"
    """Stands between components."""

    element: ServiceCharacter = "+"
    """Stands before each element."""

    decimal: Literal[".", ","] = "."
    """Stands in numbers. Both are read, whatever UNA says."""

    release: Literal["none"] | ServiceCharacter = "?"
    """Stands before a service character that is part of a value; with `none` such values are refused."""

    repetition: ServiceCharacter = "*"
    """Stands between repetitions; only from syntax version 4 on."""

    segment: ServiceCharacter = "'"
    """Ends each segment."""

    line_end: Literal["none", "lf", "crlf"] = "none"
    """What follows it, for the eye."""

    line_breaks: Literal["between", "anywhere"] = "between"
    """Where line ends are no data: between segments, or anywhere, as in files that are cut into lines of one
    length."""

    advice: Literal["needed", "always"] = "needed"
    """Whether UNA is written where it says nothing but what holds without it."""


class Partner(Definition):
    """Who sends or receives."""

    identification: Identification
    """Its identification."""

    qualifier: Annotated[str, Field(min_length=1, max_length=4)] | None = None
    """What kind of identification that is, such as 14 for a GLN."""

    internal: Identification | None = None
    """Its internal identification, where there is one."""


class InterchangeDefaults(Definition):
    """What UNB says where a record to be written does not."""

    syntax: SyntaxIdentifier = "UNOC"
    """The syntax identifier, which says the character set."""

    syntax_version: Literal["1", "2", "3", "4"] = "3"
    """The version of the syntax; elements repeat from 4 on."""

    sender: Partner | None = None
    """Who sends."""

    recipient: Partner | None = None
    """Who receives."""

    application_reference: Reference | None = None
    """The application reference, often the type of the messages."""

    agreement: Identification | None = None
    """The identification of the interchange agreement, such as EANCOM."""

    acknowledgement_request: Literal["1"] | None = None
    """1 asks for a CONTRL."""

    test: Literal["1", "2", "3", "4"] | None = None
    """1 says that this is a test."""


class GroupDefaults(Definition):
    """What UNG says where a record to be written does not."""

    identification: Code | None = None
    """The type of the messages; without it that of the definition."""

    sender: Partner | None = None
    """The application that sends; without it what UNB says."""

    recipient: Partner | None = None
    """The application that receives; without it what UNB says."""

    agency: Annotated[str, Field(min_length=1, max_length=3)] = "UN"
    """The agency that controls the messages."""


class Directory(Definition):
    """What UNH says of the message: in what is read it has to be this, and so it is written."""

    version: Annotated[str, Field(min_length=1, max_length=3)] | None = None
    """The version of the message type, such as D."""

    release: Annotated[str, Field(min_length=1, max_length=3)] | None = None
    """The release of the directory, such as 96A."""

    agency: Annotated[str, Field(min_length=1, max_length=3)] | None = None
    """The agency that controls it, such as UN."""

    association: Annotated[str, Field(min_length=1, max_length=6)] | None = None
    """The code that the association assigned, such as EAN008."""


class Acknowledge(Definition):
    """What is answered to the sender: a message CONTRL for each interchange."""

    when: Literal["requested", "errors", "always"] = "requested"
    """`requested`: to interchanges that ask for it; `errors`: to those and to those with something wrong."""

    accepted: Literal["list", "omit"] = "list"
    """Whether messages without errors are named in it."""

    wrong: Literal["details", "verdict"] = "details"
    """Whether segments and elements that are wrong are named."""


class EdifactDefinition(ExemplifiedFormat):
    """EDIFACT: one message type by its definition, or any as lists of segments."""

    format: Literal["edifact"]
    """UN/EDIFACT, ISO 9735, in batch interchanges."""

    message: Code | None = None
    """The message type, such as ORDERS; without it every message is read as a list of segments."""

    directory: Directory = Directory()
    """Which version of it: other ones are refused, and so it is written."""

    content: Content | None = None
    """What stands between UNH and UNT: segments and segment groups in their order."""

    segments: Segments = Field(default_factory=dict)
    """The elements of segments by their tag, for every place in `content` that gives none of its own."""

    record: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """The segment group of which each occurrence is one record, with what encloses it; without it a message
    is one record, which is held in memory."""

    others: Literal["refuse", "segments"] = "refuse"
    """What becomes of other messages in the data: they are errors, or are read as lists of segments."""

    encoding: Literal["us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "utf-8"] | None = None
    """The encoding of the text where it is not the one that UNB says."""

    delimiters: Delimiters = Delimiters()
    """The service characters that interchanges are written with."""

    interchange: InterchangeDefaults = InterchangeDefaults()
    """What UNB says where a record to be written does not."""

    group: GroupDefaults | None = None
    """What UNG says where a record to be written does not. Without it groups are written only for records
    that have one."""

    acknowledge: Acknowledge | None = None
    """What is answered to the sender; nothing without it."""

    lenient: Annotated[tuple[Leniency, ...], Field(max_length=20)] = ()
    """Rules that data may break; each time is counted and told."""
