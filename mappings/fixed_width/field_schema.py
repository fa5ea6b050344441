"""How a configuration defines a field of fixed-width data.

Positions: `at` counts bytes from 1, `length` counts bytes, also where a character takes several.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from mappings.definition import Definition

MAX_RECORD_LENGTH = 1 << 20
MAX_OCCURRENCES = 100_000
FieldName = Annotated[str, Field(min_length=1, max_length=200)]
Position = Annotated[int, Field(ge=1, le=MAX_RECORD_LENGTH)]
Word = Annotated[str, Field(min_length=1, max_length=100)]
Character = Annotated[str, Field(min_length=1, max_length=1)]
Pattern = Annotated[str, Field(min_length=2, max_length=100)]
Window = Annotated[int, Field(ge=1, le=9900)]
Bound = Annotated[int, Field(ge=-(10**40), le=10**40)]


class Usage(StrEnum):
    """How the bytes of a number hold it."""

    DISPLAY = "display"
    """One digit a byte, as text."""
    PACKED = "packed"
    """Two digits a byte and a sign in the last half byte: COMP-3."""
    BCD = "bcd"
    """Two digits a byte and no sign: COMP-6."""
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
    MINUS_LETTERS = "minus-letters"
    """`0123456789` are +0 to +9, `}JKLMNOPQR` are -0 to -9."""
    REALIA = "realia"
    """`0123456789` are +0 to +9, a space and ``!"#$%&'()`` are -0 to -9."""


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


class Occurs(Definition):
    """How often a field or group occurs, one occurrence after the other."""

    count: Annotated[int, Field(ge=1, le=MAX_OCCURRENCES)] | None = None
    """Always so often. Either this or `max`."""

    min: Annotated[int, Field(ge=0, le=MAX_OCCURRENCES)] = 0
    """At least so often."""

    max: Annotated[int, Field(ge=1, le=MAX_OCCURRENCES)] | None = None
    """At most so often: as `depends_on` says, or as the record has left."""

    depends_on: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """The whole number before it that says how often: its name, where it stands in a group that this one is
    not in with the names of groups before it: `header.lines`. Computed when it is left out."""

    room: Literal["used", "all"] = "used"
    """With `depends_on`: what follows moves up behind the last occurrence, or `all`: there is always room for
    `max`, and what stands in the rest is neither looked at nor written again."""


class _Place(Definition):
    at: Position | None = None
    """The first byte of the field, counted from 1 in its record or group; without it the field follows the
    one that is declared before it."""

    length: Annotated[int, Field(ge=1, le=1_000_000)]
    """Bytes of the field."""


class _Field(_Place):
    nullable: bool = False
    """The field may be null; `null` says how that is written."""

    null: Annotated[tuple[Null, ...], Field(min_length=1, max_length=10)] = (NullWord.SPACES,)
    """What means null in nullable fields: `spaces`, `zeros`, `nines`, `low-values`, `high-values` fill the
    whole field, `{text: ...}` is a text. The first is written."""

    occurs: Occurs | None = None
    """How often the field occurs; it is an array then."""

    optional: bool = False
    """The record may end before this field, which is null then; so may it before all that follow."""

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

    variable: bool = False
    """The text has as many bytes as the record has left, `length` at most, and no padding."""

    trim: bool = True
    """Take the padding off; without it the text has the field's whole length."""

    double_byte: bool = False
    """All characters are double-byte ones, without shift-out and shift-in: PIC G, PIC N. Pages that have such
    characters are cp930, cp933, cp935, cp937, cp939, cp1364, cp1371, cp1388, cp1390 and cp1399."""

    allow_controls: bool = False
    """Control characters (U+0000 to U+001F, U+007F to U+009F) are text too; otherwise they are errors."""


class _NumberField(_Field):
    usage: Usage = Usage.DISPLAY
    """How the bytes hold the number: `display`, `packed` (COMP-3), `bcd` (packed without a sign: COMP-6) or
    `binary` (COMP, COMP-5)."""

    sign: Sign | None = None
    """Where the sign stands. Without it a display number has none, and packed and binary ones are signed;
    those two allow only `none` here."""

    positive_sign: Literal["A", "C", "E", "F"] | None = None
    """The sign of packed numbers, and the zone of overpunched digits in EBCDIC, that is written for what is
    not negative: C, or F for packed numbers with `sign: none`."""

    negative_sign: Literal["B", "D"] = "D"
    """The same for what is negative."""

    signs_read: Literal["all", "written"] = "all"
    """`all`: A, C, E and F are plus, B and D minus; in ASCII an overpunched digit may also be a plain one.
    `written`: any other sign than those that are written is an error."""

    plus: Literal["+", " "] = "+"
    """The sign of what is not negative, where the sign has a byte of its own."""

    overpunch: Overpunch = Overpunch.LETTERS
    """The characters of overpunched digits in encodings other than EBCDIC: `letters`, `minus-letters`,
    `micro-focus` or `realia`."""

    pad: Literal["0", " ", "*"] = "0"
    """What fills a display number to its length: leading zeros, spaces, or the asterisks that protect amounts
    of cheques."""

    justify: Literal["left", "right"] = "right"
    """The side at which a display number stands that is padded with spaces or asterisks."""

    digits: Annotated[int, Field(ge=1, le=400)] | None = None
    """Digits that a packed or binary number has at most, where that is less than its bytes can hold."""

    byte_order: Literal["big", "little"] = "big"
    """The order of a binary number's bytes."""

    equals: (
        Annotated[
            str,
            Field(
                max_length=1000,
                pattern=r"^(count\([^(),]+(,[^(),]+)*\)|sum\([^().,]+\.[^(),]+(,[^().,]+\.[^(),]+)*\))$",
            ),
        ]
        | None
    ) = None
    """A total over the records before this one in its group: `count(line)`, `count(*)` (all, with this one),
    `count(order.items)` (the occurrences of a table), `sum(line.amount)`, `sum(order.items.amount)`. Checked
    when reading, computed when writing."""


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

    scale: Annotated[int, Field(ge=-100, le=100)]
    """Digits after the point. With -3 the number counts thousands, as a picture of 9(5)P(3) does."""

    separator: Literal[".", ","] | None = None
    """What stands before the fraction in a display number; without it nothing does."""


class FloatField(_Field):
    """A floating-point number; in records the fewest decimal digits that tell it from all others."""

    type: Literal["float"]
    """A floating-point number of 4 or 8 bytes: COMP-1, COMP-2."""

    usage: Literal["ieee", "hexadecimal"]
    """`ieee` (IEEE 754 binary) or `hexadecimal` (that of IBM mainframes)."""

    byte_order: Literal["big", "little"] = "big"
    """The order of its bytes."""


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
    """How the date is written: %Y (four digits), %y (two) or %C%y (a digit of the century before them: 0 is
    19, 1 is 20), and %m with %d, or %j (day of the year, three digits); %% is a percent sign."""

    century_from: Window | None = None
    """The first of the hundred years that %y can mean: with 1950, `49` is 2049 and `50` is 1950."""


class TimeField(_Field):
    """A time of day."""

    type: Literal["time"]
    """A time of day of no stated zone; in records such as 08:15:00."""

    pattern: Pattern = "%H%M%S"
    """How it is written: %H, %M, %S, and of the second's fraction %f (six digits) or %1f to %9f (so many; %3f
    are milliseconds)."""


class DateTimeField(_Field):
    """A date with a time of day."""

    type: Literal["datetime"]
    """A date and time; in records RFC 3339, such as 2026-11-23T08:15:00Z."""

    pattern: Pattern = "%Y%m%d%H%M%S"
    """How it is written: the parts of a date, %H, %M, %S, %f (six digits of the second's fraction), %1f to
    %9f (so many), and %z (+hhmm or -hhmm) or %:z (+hh:mm or -hh:mm)."""

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


class GroupField(Definition):
    """Fields that are an object of their own."""

    type: Literal["group"]
    """A group of fields."""

    at: Position | None = None
    """The first byte of the group; without it the group follows the field that is declared before it."""

    length: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Bytes of the group, of one occurrence where it has several; without it, up to the end of its fields."""

    fields: Annotated[dict[FieldName, FieldDefinition], Field(min_length=1, max_length=1000)]
    """The fields by name; their positions count from the beginning of the group."""

    occurs: Occurs | None = None
    """How often the group occurs; it is an array of objects then."""

    optional: bool = False
    """The record may end before this group, which is null then; so may it before all that follow."""

    description: Annotated[str, Field(max_length=2000)] = ""
    """What the group means, shown in the API documentation."""


def _kind(value: Any) -> str | None:
    if isinstance(value, dict):
        return str(value.get("type", "string"))
    return getattr(value, "type", None)


ValueField: TypeAlias = (
    TextField
    | IntegerField
    | DecimalField
    | FloatField
    | BooleanField
    | DateField
    | TimeField
    | DateTimeField
)
FieldDefinition: TypeAlias = Annotated[
    Annotated[TextField, Tag("string")]
    | Annotated[IntegerField, Tag("integer")]
    | Annotated[DecimalField, Tag("decimal")]
    | Annotated[FloatField, Tag("float")]
    | Annotated[BooleanField, Tag("boolean")]
    | Annotated[DateField, Tag("date")]
    | Annotated[TimeField, Tag("time")]
    | Annotated[DateTimeField, Tag("datetime")]
    | Annotated[ConstantField, Tag("constant")]
    | Annotated[GroupField, Tag("group")],
    Discriminator(_kind),
]
GroupField.model_rebuild()
