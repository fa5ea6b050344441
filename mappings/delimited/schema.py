"""How a configuration defines delimited text: `format: delimited`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from mappings.definition import Definition
from mappings.delimited.field_schema import (
    BooleanField,
    DateField,
    DateTimeField,
    DecimalField,
    FieldDefinition,
    FieldName,
    IntegerField,
    TextField,
    TimeField,
    Word,
)
from mappings.exemplified import ExemplifiedFormat
from mappings.fixed_width.schema import Group, RecordName

__all__ = [
    "BooleanField",
    "Collect",
    "DateField",
    "DateTimeField",
    "DecimalField",
    "DelimitedDefinition",
    "Encoding",
    "FieldDefinition",
    "IntegerField",
    "LineEnding",
    "Quoting",
    "RecordDefinition",
    "TextField",
    "TimeField",
]


class Encoding(StrEnum):
    """Character encodings."""

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
    UTF_16 = "utf-16"
    """UTF-16 whose byte order mark says which: it has to be there; little-endian is written."""
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"


class LineEnding(StrEnum):
    """What ends a line."""

    CRLF = "crlf"
    LF = "lf"
    CR = "cr"


class Quoting(StrEnum):
    """Which fields are written in quotes. Null never is."""

    MINIMAL = "minimal"
    """Those that need it."""
    ALL = "all"
    NON_NUMERIC = "non_numeric"
    """All but whole and decimal numbers."""


class Collect(Definition):
    """What no field is declared for is kept."""

    collect: FieldName
    """The member of the record that holds it."""


Others: TypeAlias = Literal["refuse", "ignore"] | Collect
Fields = Annotated[dict[FieldName, FieldDefinition], Field(max_length=1000)]


class RecordDefinition(Definition):
    """One of several types of record."""

    match: Word | Annotated[tuple[Word, ...], Field(min_length=1, max_length=100)] | None = None
    """The text in the column that tells the types apart. That column is then no field. With several texts,
    any of which may stand there, it is a field as all others; so it is where `match` is left out, which one
    type may do: it is what no other type is."""

    min: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0
    """Records of this type that there are at least, in each group."""

    max: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    """Records of this type that there are at most, in each group; no limit without it. The API gives each
    record of a type that may occur more than once together with those around it that may not."""

    fields: Fields = Field(default_factory=dict)
    """The fields by name, in the order of the columns."""


class DelimitedDefinition(ExemplifiedFormat):
    """Text in lines, each a record, with fields between delimiters."""

    format: Literal["delimited"]
    """Delimited text."""

    fields: Annotated[dict[FieldName, FieldDefinition], Field(min_length=1, max_length=1000)] | None = None
    """The fields by name, in the order of the columns, where there is one type of record. Either this or
    `records`."""

    records: Annotated[dict[RecordName, RecordDefinition], Field(min_length=1, max_length=1000)] | None = None
    """The types of record by name, in their order in the data; there is no header row then."""

    groups: Annotated[dict[RecordName, Group], Field(default_factory=dict, max_length=100)]
    """Groups of types of record, by name."""

    order: Literal["sequence", "any"] = "sequence"
    """`sequence`: records follow each other in the order of their types. `any`: only how many there are is
    checked."""

    type_column: Annotated[int, Field(ge=1, le=1000)] = 1
    """The column, counted from 1, that tells the types of record apart."""

    header: bool = True
    """The first line names the columns. They are then found by name, in any order; written as declared."""

    delimiter: Annotated[str, Field(min_length=1, max_length=20)] = ","
    """What stands between fields: one character or several, but no line end; in YAML "\\t" is a tab, "\\x1f"
    the unit separator of ASCII."""

    quote: Annotated[str, Field(pattern=r"^[^\s\w\x00-\x1f]$", min_length=1, max_length=1)] | None = '"'
    """The character around a field that holds a delimiter, a quote or a line end; null when the files know no
    quoting, in which case such a field is an error."""

    escape: Annotated[str, Field(pattern=r"^[^\s\w\x00-\x1f]$", min_length=1, max_length=1)] | None = None
    """The character that takes its meaning from a delimiter, quote, line end or itself when it stands before
    it. Without it, a quote inside of quotes is doubled."""

    escapes: Literal["marks", "letters"] = "marks"
    """What may stand behind the escape. `marks`: what has a meaning without it. `letters`: also the letters
    of MySQL's and PostgreSQL's exports, `n` for a line end, `t` for a tab, `r`, `b`, `f`, `v`, `0` and `Z`;
    and a line end behind it is part of the field, also without quotes."""

    stray_quotes: Literal["refuse", "keep"] = "refuse"
    """`keep` takes a quote inside of a field that does not begin with one as it stands."""

    quoting: Quoting = Quoting.MINIMAL
    """Which fields are written in quotes: `minimal`, `all` or `non_numeric`."""

    spaces: Literal["keep", "trim"] = "keep"
    """`trim` leaves out spaces at the beginning and the end of fields, and around quotes; those inside of
    quotes are kept."""

    comment: Annotated[str, Field(min_length=1, max_length=10)] | None = None
    """Lines that begin so are passed over."""

    skip_lines: Annotated[int, Field(ge=0, le=1000)] = 0
    """So many lines at the beginning are passed over, before the header row."""

    blank_lines: Literal["refuse", "skip"] = "refuse"
    """`skip` passes over lines with nothing in them."""

    short_rows: Literal["refuse", "fill"] = "refuse"
    """`fill` reads a row with too few fields as though the others were null, or empty where they may not be
    null."""

    long_rows: Others = "refuse"
    """`ignore` leaves out the fields that a row has too many; `collect` with a name keeps them in a list of
    that name."""

    other_columns: Others = "refuse"
    """`ignore` leaves out columns of the header row that are not declared; `collect` with a name keeps them
    in an object of that name."""

    duplicate_columns: Literal["refuse", "in_order"] = "refuse"
    """`in_order`: several fields may have the same `column`, and take the columns of that name one by one."""

    encoding: Encoding = Encoding.UTF_8
    """The character encoding; it is never guessed."""

    line_ending: LineEnding = LineEnding.CRLF
    """What ends each written line. With `crlf` and `lf`, both are read, and a CR alone is an error; with
    `cr`, all three are."""

    formulas: Literal["keep", "refuse", "apostrophe"] = "keep"
    """On writing, texts that a spreadsheet would take for formulas when it opens the file: those that begin
    with `=`, `+`, `-`, `@`, a tab or a line end. `refuse` makes them errors; `apostrophe` writes one before
    them, and takes it away again on reading. Numbers and dates are none."""

    null: Annotated[str, Field(max_length=100)] = ""
    """The text, not quoted, that stands for null in nullable fields."""
