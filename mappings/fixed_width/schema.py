"""How a configuration defines fixed-width data: `format: fixed_width`.

Positions: `at` counts bytes from 1, `length` counts bytes, also where a character takes several.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from mappings.definition import Definition
from mappings.fixed_width.code_pages import Encoding
from mappings.fixed_width.record_formats import RecordFormatDefinition

MAX_RECORD_LENGTH = 1 << 20
Position = Annotated[int, Field(ge=1, le=MAX_RECORD_LENGTH)]
Word = Annotated[str, Field(min_length=1, max_length=100)]
Character = Annotated[str, Field(min_length=1, max_length=1)]
Pattern = Annotated[str, Field(min_length=2, max_length=100)]
Window = Annotated[int, Field(ge=1, le=9900)]
Bound = Annotated[int, Field(ge=-(10**40), le=10**40)]


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


class Usage(StrEnum):
    """How the bytes of a number hold it."""

    DISPLAY = "display"
    """One digit a byte, as text."""
    PACKED = "packed"
    """Two digits a byte and a sign in the last half byte: COMP-3."""
    BINARY = "binary"
    """Two's complement, or unsigned with `sign: none`: COMP."""


class Sign(StrEnum):
    """Where the sign of a number stands."""

    NONE = "none"
    """There is none; the number is not negative."""
    LEADING = "leading"
    """A byte of its own, the field's first."""
    TRAILING = "trailing"
    """A byte of its own, the field's last."""
    FLOATING = "floating"
    """A minus directly before the digits, nothing for what is not negative."""
    OVERPUNCH = "overpunch"
    """In the last digit's byte: zoned decimal."""
    OVERPUNCH_LEADING = "overpunch_leading"
    """In the first digit's byte."""


class Overpunch(StrEnum):
    """The characters of overpunched digits in ASCII."""

    LETTERS = "letters"
    """`{ABCDEFGHI` are +0 to +9, `}JKLMNOPQR` are -0 to -9: what EBCDIC text becomes."""
    MICRO_FOCUS = "micro-focus"
    """`0123456789` are +0 to +9, `pqrstuvwxy` are -0 to -9."""


class NullWord(StrEnum):
    """What a whole field may be filled with to mean null; the words are COBOL's figurative constants."""

    SPACES = "spaces"
    ZEROS = "zeros"
    """The digit zero, as text."""
    NINES = "nines"
    """The digit nine, as text."""
    LOW_VALUES = "low-values"
    """Bytes 0x00."""
    HIGH_VALUES = "high-values"
    """Bytes 0xFF."""


class NullText(Definition):
    """A text that means null."""

    text: Word
    """The text; spaces follow it to the field's length."""


Null: TypeAlias = NullWord | NullText


class _Place(Definition):
    at: Position
    """The first byte of the field, counted from 1."""

    length: Annotated[int, Field(ge=1, le=1_000_000)]
    """Bytes of the field."""


class _Field(_Place):
    nullable: bool = False
    """The field may be null; `null` says how that is written."""

    null: Annotated[tuple[Null, ...], Field(min_length=1, max_length=10)] = (NullWord.SPACES,)
    """What means null in nullable fields: `spaces`, `zeros`, `nines`, `low-values`, `high-values` fill the
    whole field, `{text: ...}` is a text. The first is written."""

    description: Annotated[str, Field(max_length=2000)] = ""
    """What the field means, shown in the API documentation."""


class TextField(_Field):
    """Text, padded to the field's length."""

    type: Literal["string"] = "string"
    """Text."""

    justify: Literal["left", "right"] = "left"
    """The side of the field at which the text stands."""

    pad: Character = " "
    """The character that fills the rest, of one byte; it is taken off when reading."""

    trim: bool = True
    """Take the padding off; without it the text has the field's whole length."""

    allow_controls: bool = False
    """Control characters (U+0000 to U+001F, U+007F to U+009F) are text too; otherwise they are errors."""


class _NumberField(_Field):
    usage: Usage = Usage.DISPLAY
    """How the bytes hold the number: `display`, `packed` or `binary`."""

    sign: Sign | None = None
    """Where the sign stands. Without it a display number has none, and packed and binary ones are signed;
    those two allow only `none` here."""

    plus: Literal["+", " "] = "+"
    """The sign of what is not negative, where the sign has a byte of its own."""

    overpunch: Overpunch = Overpunch.LETTERS
    """The characters of overpunched digits in encodings other than EBCDIC."""

    pad: Literal["0", " "] = "0"
    """What fills a display number to its length: leading zeros, or spaces."""

    justify: Literal["left", "right"] = "right"
    """The side at which a display number padded with spaces stands."""

    digits: Annotated[int, Field(ge=1, le=400)] | None = None
    """Digits that a packed or binary number has at most, where that is less than its bytes can hold."""

    byte_order: Literal["big", "little"] = "big"
    """The order of a binary number's bytes."""

    equals: (
        Annotated[
            str,
            Field(
                max_length=1000,
                pattern=r"^(count\([^().,]+(,[^().,]+)*\)|sum\([^().,]+\.[^().,]+(,[^().,]+\.[^().,]+)*\))$",
            ),
        ]
        | None
    ) = None
    """A total over the records before this one in its group: `count(line)`, `count(*)` (all, with this one),
    `sum(line.amount)`. Checked when reading, computed when writing."""


class IntegerField(_NumberField):
    """A whole number."""

    type: Literal["integer"]
    """A whole number."""

    minimum: Bound | None = None
    """The least value allowed."""

    maximum: Bound | None = None
    """The greatest value allowed."""


class DecimalField(_NumberField):
    """An exact decimal number; where its point is not written, `scale` says where it is."""

    type: Literal["decimal"]
    """An exact decimal number."""

    scale: Annotated[int, Field(ge=0, le=100)]
    """Digits after the point."""

    separator: Literal[".", ","] | None = None
    """What stands before the fraction in a display number; without it nothing does."""


class BooleanField(_Field):
    """One of two sets of words."""

    type: Literal["boolean"]
    """True or false."""

    true_words: Annotated[tuple[Word, ...], Field(min_length=1, max_length=20)] = ("Y",)
    """Words read as true, upper and lower case different; spaces follow to the field's length. The first is
    written."""

    false_words: Annotated[tuple[Word, ...], Field(min_length=1, max_length=20)] = ("N",)
    """Words read as false; the first is written."""


class DateField(_Field):
    """A calendar date."""

    type: Literal["date"]
    """A date; in records RFC 3339, such as 2026-11-23."""

    pattern: Pattern = "%Y%m%d"
    """How the date is written: %Y (four digits) or %y (two), and %m with %d, or %j (day of the year, three
    digits); %% is a percent sign."""

    century_from: Window | None = None
    """The first of the hundred years that %y can mean: with 1950, `49` is 2049 and `50` is 1950."""


class TimeField(_Field):
    """A time of day."""

    type: Literal["time"]
    """A time of day of no stated zone; in records such as 08:15:00."""

    pattern: Pattern = "%H%M%S"
    """How it is written: %H, %M, %S, %f (six digits of the second's fraction)."""


class DateTimeField(_Field):
    """A date with a time of day."""

    type: Literal["datetime"]
    """A date and time; in records RFC 3339, such as 2026-11-23T08:15:00Z."""

    pattern: Pattern = "%Y%m%d%H%M%S"
    """How it is written: the parts of a date, %H, %M, %S, %f, %z (Z, +hh:mm or +hhmm; of fixed length here:
    +hh:mm)."""

    century_from: Window | None = None
    """The first of the hundred years that %y can mean."""

    offset: (
        Annotated[str, Field(pattern=r"^(Z|local|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$", max_length=6)] | None
    ) = None
    """The difference from UTC where the pattern has no %z: Z, +hh:mm, -hh:mm, or `local` for times that
    belong to no stated zone and stay without one."""


class ConstantField(_Place):
    """A text that always stands there and is no part of the record."""

    type: Literal["constant"]
    """A constant."""

    value: Annotated[str, Field(min_length=1, max_length=1000)]
    """The text; spaces follow it to the field's length. Anything else is an error when reading."""


def _kind(value: Any) -> str | None:
    if isinstance(value, dict):
        return str(value.get("type", "string"))
    return getattr(value, "type", None)


ValueField: TypeAlias = (
    TextField | IntegerField | DecimalField | BooleanField | DateField | TimeField | DateTimeField
)
FieldDefinition: TypeAlias = Annotated[
    Annotated[TextField, Tag("string")]
    | Annotated[IntegerField, Tag("integer")]
    | Annotated[DecimalField, Tag("decimal")]
    | Annotated[BooleanField, Tag("boolean")]
    | Annotated[DateField, Tag("date")]
    | Annotated[TimeField, Tag("time")]
    | Annotated[DateTimeField, Tag("datetime")]
    | Annotated[ConstantField, Tag("constant")],
    Discriminator(_kind),
]
FieldName = Annotated[str, Field(min_length=1, max_length=200)]
RecordName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^().,*\s]+$")]
Fields = Annotated[dict[FieldName, FieldDefinition], Field(max_length=1000)]


class Match(Definition):
    """Bytes that tell one type of record from the others."""

    at: Position
    """The first of them, counted from 1."""

    value: Word | Annotated[tuple[Word, ...], Field(min_length=1, max_length=100)]
    """The text that stands there, or several, any of which may. Several need a field over the same bytes,
    which says which one to write."""


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
