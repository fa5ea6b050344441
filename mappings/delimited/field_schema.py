"""How a configuration defines the fields of delimited text."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from mappings.definition import Definition

Word = Annotated[str, Field(min_length=1, max_length=100)]
Affix = Annotated[str, Field(min_length=1, max_length=20)]
Window = Annotated[int, Field(ge=1, le=9900)]
Total = Annotated[
    str,
    Field(
        max_length=1000,
        pattern=r"^(count\([^(),]+(,[^(),]+)*\)|sum\([^().,]+\.[^(),]+(,[^().,]+\.[^(),]+)*\))$",
    ),
]


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


class _Number(_Field):
    group_separator: Literal[",", ".", " ", "'", "\u00a0", "\u202f"] | None = None
    """What stands between groups of three digits. Numbers without any are read too; written they have it."""

    sign: Literal["leading", "trailing", "parentheses"] = "leading"
    """Where the sign stands: before the number, behind it (`12-`), or as parentheses around negative numbers
    (`(12)`)."""

    prefix: Affix | None = None
    """What stands before every number, behind its sign, such as a currency."""

    suffix: Affix | None = None
    """What stands behind every number, such as `%`. The value is the number as it stands: a transform's
    `unit` divides by 100."""

    equals: Total | None = None
    """In one of several types of record: a total over the records before this one in its group,
    `count(line)`, `count(*)` (all, with this one), or `sum(line.amount)`, also of several, comma-separated.
    It is checked on reading and computed where it is left out on writing."""


class IntegerField(_Number):
    """A whole number: ASCII digits with an optional sign, nothing else."""

    type: Literal["integer"]
    """A whole number."""

    minimum: Annotated[int, Field(ge=-(10**40), le=10**40)] | None = None
    """The least value allowed."""

    maximum: Annotated[int, Field(ge=-(10**40), le=10**40)] | None = None
    """The greatest value allowed."""


class DecimalField(_Number):
    """A decimal number, exact: digits, optionally a sign and a fraction; no exponent. The zero before a
    fraction may be missing."""

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
    """How the date is written: %Y four digits (or %y two, with `century_from`), %m and %d two digits each, or
    %-m and %-d without leading zeros, or %b and %B for English names of months (Jan, January); %% is a
    percent sign."""

    century_from: Window | None = None
    """The first of the hundred years that %y can mean: with 1950, `49` is 2049 and `50` is 1950."""


class TimeField(_Field):
    """A time of day."""

    type: Literal["time"]
    """A time of day of no stated zone; in records such as 08:15:00."""

    pattern: Annotated[str, Field(min_length=2, max_length=100)] = "%H:%M:%S"
    """How it is written: %H or %-H (or %I or %-I with %p, AM or PM), %M, %S, and of the second's fraction %f
    (six digits), %1f to %9f (so many digits; %3f are milliseconds) or %.f (nothing, or a point and one to
    nine digits; written with as few as it takes)."""


class DateTimeField(_Field):
    """A date with a time of day."""

    type: Literal["datetime"]
    """A date and time; in records RFC 3339, such as 2026-11-23T08:15:00Z."""

    pattern: Annotated[str, Field(min_length=2, max_length=100)] = "%Y-%m-%dT%H:%M:%S%.f%:z"
    """How it is written: the parts of a date, %H or %-H (or %I or %-I with %p, AM or PM), %M, %S, of the
    second's fraction %f (six digits), %1f to %9f (so many) or %.f (nothing, or a point and one to nine
    digits; written with as few as it takes), and the difference from UTC: %z and %:z read Z, +hh, +hhmm and
    +hh:mm; %z writes +hhmm (+0000 for none), %:z writes +hh:mm (Z for none)."""

    century_from: Window | None = None
    """The first of the hundred years that %y can mean: with 1950, `49` is 2049 and `50` is 1950."""

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
    | Annotated[TimeField, Tag("time")]
    | Annotated[DateTimeField, Tag("datetime")],
    Discriminator(_kind),
]
FieldName = Annotated[str, Field(min_length=1, max_length=200)]
