"""How a configuration defines fixed-width data: `format: fixed_width`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from mappings.definition import Definition
from mappings.fixed_width.code_pages import Encoding
from mappings.fixed_width.field_schema import (
    MAX_RECORD_LENGTH,
    Character,
    FieldDefinition,
    FieldName,
    Position,
    Word,
)
from mappings.fixed_width.record_formats import RecordFormatDefinition


class Separator(StrEnum):
    """What stands between records."""

    NONE = "none"
    """Nothing: each record has `record_length` bytes, the mainframe's record format F."""
    LF = "lf"
    CRLF = "crlf"
    EITHER = "either"
    """LF or CRLF are read, LF is written."""
    NL = "nl"
    """The next-line character of EBCDIC, 0x15."""


RecordName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^().,*\s]+$")]
Fields = Annotated[dict[FieldName, FieldDefinition], Field(max_length=1000)]


Words = Word | Annotated[tuple[Word, ...], Field(min_length=1, max_length=100)]


class Match(Definition):
    """What tells one type of record from the others."""

    at: Position | None = None
    """The first byte to look at, counted from 1."""

    value: Words | None = None
    """The text that stands there, or several, any of which may. Several need a field over the same bytes,
    which says which one to write."""

    first: Word | None = None
    """With `last`: the text that stands there is one from `first` to `last`, in the order of the bytes of the
    encoding. It needs a field over the same bytes too."""

    last: Word | None = None
    """The last of these texts."""

    other_than: Words | None = None
    """Any text but this stands there, or but these. It needs a field over the same bytes too."""

    shortest: Annotated[int, Field(ge=0, le=MAX_RECORD_LENGTH)] | None = None
    """The record has at least so many bytes."""

    longest: Annotated[int, Field(ge=0, le=MAX_RECORD_LENGTH)] | None = None
    """The record has at most so many bytes."""


class RecordDefinition(Definition):
    """One type of record."""

    match: Match | Annotated[tuple[Match, ...], Field(min_length=1, max_length=10)] | None = None
    """What its records have and others have not; of several all must hold. One type may be without: it is
    what no other type is."""

    min: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0
    """Records of this type that there are at least, in each group."""

    max: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    """Records of this type that there are at most, in each group; no limit without it. The API gives each
    record of a type that may occur more than once together with those around it that may not."""

    length: Position | None = None
    """Bytes of a line of this type, where lines differ in length and its fields do not reach to the end."""

    fields: Fields = Field(default_factory=dict)
    """The fields by name."""


class Group(Definition):
    """Types of record that follow each other and repeat as a whole."""

    records: Annotated[tuple[RecordName, ...], Field(min_length=1, max_length=1000)]
    """The names of its types of record and of groups inside it, in their order."""

    min: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0
    """How often it occurs at least."""

    max: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    """How often it occurs at most; no limit without it."""

    order: Literal["sequence", "any"] = "sequence"
    """`any`: its members come in any order; only how many there are is checked."""


class FixedWidthDefinition(RecordFormatDefinition):
    """Records whose fields stand at fixed bytes, one type of record or several in their order."""

    format: Literal["fixed_width"]
    """Fixed width."""

    encoding: Encoding
    """The character encoding; it is never guessed. Pages from cp037 on are EBCDIC."""

    record_length: Position | None = None
    """Bytes of every record, without its separator. Needed where nothing separates the records, and for
    packed, binary and floating-point numbers where something does: records are then cut by it."""

    separator: Separator | None = None
    """What ends each record: `none` (the default with `record_length` or `record_format`), `lf`, `crlf`,
    `either` (LF or CRLF; LF is written) or `nl` (0x15 of EBCDIC). The last record may lack it."""

    short_lines: Literal["refuse", "fill"] = "refuse"
    """Where records are lines or have descriptor words, `fill` reads one that is shorter than its record as
    though spaces followed."""

    blank_lines: Literal["refuse", "skip"] = "refuse"
    """Where records are lines, `skip` passes over those without a byte."""

    fill: Character = " "
    """The character, of one byte, that stands where no field is."""

    gaps: Literal["check", "ignore"] = "check"
    """`check` refuses anything but `fill` where no field is; `ignore` does not look there, and what stood
    there is not written again."""

    fields: Annotated[dict[FieldName, FieldDefinition], Field(max_length=1000)] | None = None
    """The fields by name, where there is one type of record. Either this or `records`."""

    records: Annotated[dict[RecordName, RecordDefinition], Field(min_length=1, max_length=1000)] | None = None
    """The types of record by name, in their order in the data."""

    groups: Annotated[dict[RecordName, Group], Field(default_factory=dict, max_length=100)]
    """Groups of types of record, by name."""

    order: Literal["sequence", "any"] = "sequence"
    """`sequence`: records follow each other in the order of their types. `any`: only how many there are is
    checked."""
