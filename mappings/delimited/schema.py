"""How a configuration defines delimited text: `format: delimited`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from mappings.definition import Definition

Word = Annotated[str, Field(min_length=1, max_length=100)]


class Encoding(StrEnum):
    """Character encodings in which the delimiter, the quote and the line ends are the bytes of ASCII."""

    UTF_8 = "utf-8"
    UTF_8_SIG = "utf-8-sig"
    """UTF-8 with a byte order mark: written, and accepted whether there or not."""
    US_ASCII = "us-ascii"
    LATIN_1 = "latin-1"
    ISO_8859_1 = "iso-8859-1"
    ISO_8859_2 = "iso-8859-2"
    ISO_8859_5 = "iso-8859-5"
    ISO_8859_7 = "iso-8859-7"
    ISO_8859_9 = "iso-8859-9"
    ISO_8859_15 = "iso-8859-15"
    CP1250 = "cp1250"
    CP1251 = "cp1251"
    CP1252 = "cp1252"
    CP1253 = "cp1253"
    CP1254 = "cp1254"
    CP437 = "cp437"
    CP850 = "cp850"
    CP852 = "cp852"
    CP858 = "cp858"


class LineEnding(StrEnum):
    """What ends a written line. Both are read, whichever is named."""

    CRLF = "crlf"
    LF = "lf"


class _Field(Definition):
    column: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """The column's name in the header row, where it differs from the field's."""

    nullable: bool = False
    """The field may be null: the definition's `null` text, not quoted."""

    description: Annotated[str, Field(max_length=2000)] = ""
    """What the field means, shown in the API documentation."""


class TextField(_Field):
    """Text, as it stands."""

    type: Literal["string"] = "string"
    """Text."""

    min_length: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Characters that the text has at least."""

    max_length: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    """Characters that the text has at most."""


class IntegerField(_Field):
    """A whole number: ASCII digits with an optional sign, nothing else."""

    type: Literal["integer"]
    """A whole number."""

    minimum: Annotated[int, Field(ge=-(10**40), le=10**40)] | None = None
    """The least value allowed."""

    maximum: Annotated[int, Field(ge=-(10**40), le=10**40)] | None = None
    """The greatest value allowed."""


class DecimalField(_Field):
    """A decimal number, exact: digits, optionally a sign and a fraction; no exponent, no grouping."""

    type: Literal["decimal"]
    """An exact decimal number."""

    scale: Annotated[int, Field(ge=0, le=100)] | None = None
    """Digits after the separator: at most so many are read, exactly so many are written. Without it the
    number is read and written with the digits it has."""

    separator: Literal[".", ","] = "."
    """What stands before the fraction."""


class BooleanField(_Field):
    """One of two sets of words."""

    type: Literal["boolean"]
    """True or false."""

    true_words: Annotated[tuple[Word, ...], Field(min_length=1, max_length=20)] = ("true",)
    """Words read as true, upper and lower case different; the first is written."""

    false_words: Annotated[tuple[Word, ...], Field(min_length=1, max_length=20)] = ("false",)
    """Words read as false; the first is written."""


class DateField(_Field):
    """A calendar date."""

    type: Literal["date"]
    """A date; in records RFC 3339, such as 2026-11-23."""

    pattern: Annotated[str, Field(min_length=2, max_length=100)] = "%Y-%m-%d"
    """How the date is written: %Y four digits, %m and %d two digits each; %% is a percent sign."""


class DateTimeField(_Field):
    """A date with a time of day."""

    type: Literal["datetime"]
    """A date and time; in records RFC 3339, such as 2026-11-23T08:15:00Z."""

    pattern: Annotated[str, Field(min_length=2, max_length=100)] = "%Y-%m-%dT%H:%M:%S%z"
    """How it is written: %Y, %m, %d, %H, %M, %S, %f (six digits of the second's fraction), %z (Z, +hh:mm or
    +hhmm; written +hh:mm, or Z for no difference)."""

    offset: (
        Annotated[str, Field(pattern=r"^(Z|local|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$", max_length=6)] | None
    ) = None
    """The difference from UTC where the pattern has no %z: Z, +hh:mm, -hh:mm, or `local` for times that
    belong to no stated zone and stay without one."""


def _kind(value: Any) -> str | None:
    if isinstance(value, dict):
        return str(value.get("type", "string"))
    return getattr(value, "type", None)


FieldDefinition: TypeAlias = Annotated[
    Annotated[TextField, Tag("string")]
    | Annotated[IntegerField, Tag("integer")]
    | Annotated[DecimalField, Tag("decimal")]
    | Annotated[BooleanField, Tag("boolean")]
    | Annotated[DateField, Tag("date")]
    | Annotated[DateTimeField, Tag("datetime")],
    Discriminator(_kind),
]
FieldName = Annotated[str, Field(min_length=1, max_length=200)]


class DelimitedDefinition(Definition):
    """Text in lines, each a record, with fields between delimiters."""

    format: Literal["delimited"]
    """Delimited text."""

    fields: Annotated[dict[FieldName, FieldDefinition], Field(min_length=1, max_length=1000)]
    """The fields by name, in the order of the columns."""

    header: bool = True
    """The first line names the columns. They are then found by name, in any order; written as declared."""

    delimiter: Annotated[str, Field(pattern=r"^[\t !#-/:-@\[-`{-~]$", min_length=1, max_length=1)] = ","
    """One character between fields: punctuation or a tab."""

    quote: Annotated[str, Field(pattern=r"^[!-/:-@\[-`{-~]$", min_length=1, max_length=1)] | None = '"'
    """The character around a field that holds a delimiter, a quote (then doubled) or a line end; null when
    the files know no quoting, in which case such a field is an error."""

    encoding: Encoding = Encoding.UTF_8
    """The character encoding; it is never guessed."""

    line_ending: LineEnding = LineEnding.CRLF
    """What ends each written line. Reading accepts both."""

    null: Annotated[str, Field(max_length=100)] = ""
    """The text, not quoted, that stands for null in nullable fields."""
