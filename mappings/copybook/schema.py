"""How a configuration defines data that a COBOL copybook describes: `format: copybook`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from mappings.copybook.copying import copied_names
from mappings.copybook.entries import BinarySize
from mappings.copybook.errors import CopybookError
from mappings.copybook.source import SourceFormat
from mappings.definition import Definition
from mappings.fixed_width.code_pages import Encoding
from mappings.fixed_width.field_schema import Bound, Null, Overpunch, Position, Window, Word
from mappings.fixed_width.record_formats import RecordFormatDefinition
from mappings.fixed_width.schema import Group, RecordName, Separator
from mappings.xml_definition import READ_FILE, ReadFile

_MAX_TEXT = 4 << 20
_SUFFIXES = ("", ".cpy", ".CPY", ".cbl", ".CBL", ".cob", ".COB", ".copy", ".txt")
_MAX_MEMBERS = 500

Name = Annotated[str, Field(min_length=1, max_length=300)]
"""A name of the copybook, where it is not unique with OF and the groups it is in: `CODE OF HEADER`."""


Value: TypeAlias = Annotated[str, Field(max_length=1000)] | Bound


class CopybookText(Definition):
    """One text."""

    name: Annotated[str, Field(min_length=1, max_length=1000)]
    """Its name: errors are placed by it, and COPY names it."""

    content: Annotated[str, Field(min_length=1, max_length=_MAX_TEXT)]
    """The text."""


class CopybookTexts(Definition):
    """All texts of a definition."""

    texts: Annotated[tuple[CopybookText, ...], Field(min_length=1, max_length=50)]
    """The copybooks themselves."""

    copied: Annotated[tuple[CopybookText, ...], Field(max_length=_MAX_MEMBERS)] = ()
    """The texts that COPY names."""


def _loaded(value: Any, info: ValidationInfo) -> Any:
    """Files by their names, or a text by itself: what has a line end is a text."""
    if isinstance(value, dict):
        return CopybookTexts.model_validate(value)
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return value
    texts = [
        CopybookText(name="copybook" if len(value) == 1 else f"copybook {number}", content=each)
        if "\n" in each
        else _read(each, info)
        for number, each in enumerate(value, 1)
    ]
    copied: dict[str, CopybookText] = {}
    waiting = list(texts)
    while waiting:
        text = waiting.pop()
        for name in _copied(text, info.data.get("source", SourceFormat.AUTO)):
            if name.upper() not in copied and len(copied) < _MAX_MEMBERS:
                found = _member(name, text.name, info)
                copied[name.upper()] = CopybookText(name=name, content=found.content)
                waiting.append(found)
    return CopybookTexts(texts=tuple(texts), copied=tuple(copied.values()))


def _copied(text: CopybookText, form: SourceFormat) -> list[str]:
    try:
        return [name for name, _ in copied_names(text.name, text.content, form)]
    except CopybookError:
        return []  # it is reported with its place when the copybook is read


def _read(name: str, info: ValidationInfo) -> CopybookText:
    read: ReadFile | None = (info.context or {}).get(READ_FILE)
    if read is None:
        raise ValueError("names a file, and there is none to be read here; give the text itself")
    data = read(name)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # names and clauses are ASCII; only comments and literals may differ
    return CopybookText(name=name, content=text)


def _member(name: str, beside: str, info: ValidationInfo) -> CopybookText:
    """What COPY names: a file beside the one that names it, with a suffix or without."""
    folder = beside.rpartition("/")[0]
    reasons = []
    for spelled in dict.fromkeys((name, name.upper(), name.lower())):
        for suffix in _SUFFIXES:
            path = f"{folder}/{spelled}{suffix}" if folder else spelled + suffix
            try:
                return _read(path, info)
            except ValueError as error:
                reasons.append(str(error))
    raise ValueError(f"COPY {name}: {reasons[0]}")


class FieldMatch(Definition):
    """A field that has a value."""

    field: Name
    """The field's name in the copybook. A type of record needs one at a fixed place."""

    value: Value | Annotated[tuple[Value, ...], Field(min_length=1, max_length=1000)]
    """The value, as it is read, or several of which it may have any."""


class BytesMatch(Definition):
    """Bytes at a place."""

    at: Position
    """The first of them, counted from 1: in a type of record from its beginning, in a variant from the
    beginning of the area."""

    value: Word | Annotated[tuple[Word, ...], Field(min_length=1, max_length=1000)] | None = None
    """The text that stands there, or several of one length."""

    hex: (
        Annotated[str, Field(pattern=r"^([0-9A-Fa-f]{2})+$", max_length=200)]
        | Annotated[
            tuple[Annotated[str, Field(pattern=r"^([0-9A-Fa-f]{2})+$", max_length=200)], ...],
            Field(min_length=1, max_length=1000),
        ]
        | None
    ) = None
    """The bytes that stand there in hexadecimal, or several of one length."""

    @model_validator(mode="after")
    def _one_of_both(self) -> BytesMatch:
        if (self.value is None) == (self.hex is None):
            raise ValueError("give either value or hex")
        return self


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "field" if "field" in value else "bytes"
    return "field" if isinstance(value, FieldMatch) else "bytes"


Match: TypeAlias = FieldMatch | BytesMatch
Matches: TypeAlias = Match | Annotated[tuple[Match, ...], Field(min_length=1, max_length=10)]
VariantRule: TypeAlias = Literal["otherwise", "never", "always"] | Matches


class RecordType(Definition):
    """One type of record."""

    record: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """The name of the item of level 01; without it the type's own name, or the only one there is."""

    match: Matches | None = None
    """What its records have and others have not; of several all must hold. One type may be without: it is
    what no other type is."""

    min: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0
    """Records of this type that there are at least, in each group."""

    max: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    """Records of this type that there are at most, in each group; no limit without it. The API gives each
    record of a type that may occur more than once together with those around it that may not."""


class FieldOptions(Definition):
    """What is different for one field."""

    null: Annotated[tuple[Null, ...], Field(max_length=10)] | None = None
    """What means null in this field, in place of the definition's `null`."""

    trim: Literal["padding", "left", "right", "both", "none"] | None = None
    """The same for `trim`."""

    controls: Literal["keep", "refuse", "space"] | None = None
    """The same for `controls`."""

    conditions: Literal["describe", "enum", "labels"] | None = None
    """The same for `conditions`."""

    type: Literal["date", "time", "datetime"] | None = None
    """What the field's digits or characters are. In records a date is RFC 3339, such as 2026-11-23. A number
    without a fraction is its digits, in any usage, filled with zeros to the length of the pattern."""

    pattern: Annotated[str, Field(min_length=2, max_length=100)] | None = None
    """How the date or time is written, as in fixed width: %Y, %y or %C%y, and %m with %d or %j; %H %M %S, %f
    or %1f to %9f. Without it %Y%m%d for a date, %H%M%S for a time, both for a date and time."""

    century_from: Window | None = None
    """The first of the hundred years that %y can mean: with 1950, `49` is 2049 and `50` is 1950."""

    offset: (
        Annotated[str, Field(pattern=r"^(Z|local|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$", max_length=6)] | None
    ) = None
    """The difference from UTC of a date and time: Z, +hh:mm, -hh:mm, or `local` for times that belong to no
    stated zone and stay without one."""

    description: Annotated[str, Field(max_length=2000)] = ""
    """What the field means, shown in the API documentation."""


class CopybookDefinition(RecordFormatDefinition):
    """Data of COBOL programs: records as a copybook describes them."""

    format: Literal["copybook"]
    """Described by a COBOL copybook."""

    source: SourceFormat = SourceFormat.AUTO
    """How the copybook's lines are laid out: `fixed` (columns 1 to 6 and from 73 on are ignored, column 7 is
    the indicator), `free`, or `auto`."""

    copybook: Annotated[CopybookTexts, BeforeValidator(_loaded)]
    """The copybook's file, or its text, or several of them; what COPY names is found beside the file that
    names it."""

    decimal_comma: bool = False
    """The program says DECIMAL-POINT IS COMMA."""

    currency: Annotated[str, Field(min_length=1, max_length=1)] = "$"
    """The currency sign of edited pictures."""

    pic_n: Literal["national", "dbcs"] = "national"
    """What PIC N without a usage is: national (UTF-16), or double-byte characters of the encoding: the
    compiler's option NSYMBOL."""

    encoding: Encoding
    """The character encoding of the data; it is never guessed. Pages from cp037 on are EBCDIC."""

    record_length: Position | None = None
    """Bytes of every record, where they are more than the copybook says: the rest is filled."""

    separator: Separator | None = None
    """What ends each record of a text file: `lf`, `crlf`, `either` (LF or CRLF; LF is written) or `nl` (0x15
    of EBCDIC). Without it and `record_format` nothing does: the format F."""

    short_lines: Literal["refuse", "fill"] = "refuse"
    """`fill` reads a record that is shorter than the copybook says as though spaces followed."""

    blank_lines: Literal["refuse", "skip"] = "refuse"
    """Where records are lines, `skip` passes over those without a byte."""

    records: Annotated[dict[RecordName, RecordType], Field(min_length=1, max_length=1000)] | None = None
    """The types of record by name, in their order in the data. Without it the copybook has one item of level
    01, which is the only type."""

    groups: Annotated[dict[RecordName, Group], Field(default_factory=dict, max_length=100)]
    """Groups of types of record, by name."""

    order: Literal["sequence", "any"] = "sequence"
    """`sequence`: records follow each other in the order of their types. `any`: only how many there are is
    checked."""

    redefines: Literal["refuse", "first", "all"] = "refuse"
    """What becomes of areas that REDEFINES gives several readings, and `variants` says nothing about.
    `refuse`: the definition is not sound; `first`: the first one is read; `all`: each that the bytes
    allow."""

    variants: Annotated[dict[Name, VariantRule], Field(default_factory=dict, max_length=1000)]
    """For each item of an area with REDEFINES, by name, when it is read: a condition, `otherwise`, `never`,
    or `always` (then all of that area are that are not `never`)."""

    record_end: Literal["area", "variant"] = "area"
    """Where the last item of a record has REDEFINES: the record always has room for the longest of its
    readings, or ends with the one that is read."""

    depending: Literal["variable", "maximal"] = "variable"
    """Tables with OCCURS DEPENDING ON: `variable` if what follows them moves, `maximal` if they always take
    the room of all occurrences."""

    names: Literal["as_written", "snake", "camel"] = "as_written"
    """The names of fields: as the copybook writes them, as `customer_name` or as `customerName`."""

    filler: Literal["drop", "keep"] = "drop"
    """FILLER: `drop` leaves it out of records; what stood there is not written again. `keep` reads it as a
    field; of several in a group the second is `FILLER-2`."""

    renames: Literal["drop", "keep"] = "drop"
    """Items of level 66: left out of records, or read as one more text."""

    trim: Literal["padding", "left", "right", "both", "none"] = "padding"
    """Which spaces are taken off texts: those that COBOL pads with (at the end, or where the field is
    JUSTIFIED at the beginning), those of one side or of both, or none."""

    controls: Literal["keep", "refuse", "space"] = "keep"
    """Control characters in texts, such as low-values: `keep` has them in the text, `refuse` makes them an
    error, `space` reads them as spaces."""

    edited: Literal["number", "lenient", "text"] = "number"
    """Numeric edited fields, such as ZZ9.99-: `number` reads those that are edited exactly so, `lenient` also
    numbers with other signs, spaces or zeros before them, `text` the text that stands there."""

    conditions: Literal["describe", "enum", "labels"] = "describe"
    """Condition names of level 88: `describe` mentions them in the API documentation, `enum` allows only
    their values, `labels` has the names of those with one value in place of the values."""

    binary: Literal["picture", "full"] = "picture"
    """What COMP fields hold: as many digits as the picture has (TRUNC(STD)), or what their bytes can hold
    (TRUNC(BIN))."""

    binary_size: BinarySize = "ibm"
    """The bytes of COMP, COMP-4, COMP-5 and BINARY fields. `ibm`: 2 up to 4 digits, 4 up to 9, 8 up to 18.
    `1-2-4-8`: the same, and 1 up to 2 digits, as GnuCOBOL does; `1-8`: as many as the digits take, as Micro
    Focus does: 3 for S9(6), for example."""

    native_order: Literal["big", "little"] = "big"
    """The order of bytes in COMP-5, INDEX and IEEE floating-point fields: `little` where the program ran on
    x86."""

    national_order: Literal["big", "little"] = "big"
    """The order of the two bytes of each UTF-16 character in NATIONAL fields: `little` where the program ran
    on x86 and its compiler left it so, as Micro Focus does with UNICODE(NATIVE)."""

    floats: Literal["hexadecimal", "ieee"] = "hexadecimal"
    """COMP-1 and COMP-2: the format of IBM mainframes, or IEEE 754."""

    overpunch: Overpunch = Overpunch.LETTERS
    """The characters of overpunched digits in encodings other than EBCDIC."""

    signs_read: Literal["all", "written"] = "all"
    """`all`: signs and zones A, C, E and F are plus, B and D minus. `written`: others than those that are
    written (C, D, and F where there is no sign) are errors; nothing is lost then."""

    null: Annotated[tuple[Null, ...], Field(max_length=10)] = ()
    """What means null in DISPLAY and packed fields: `spaces`, `zeros`, `nines`, `low-values`, `high-values`
    fill the whole field, `{text: ...}` is a text. The first is written."""

    invalid: Literal["refuse", "null"] = "refuse"
    """A field whose bytes are not what its picture says: `refuse` makes the record an error, `null` reads it
    as null."""

    fields: Annotated[dict[Name, FieldOptions], Field(default_factory=dict, max_length=1000)]
    """What is different for single fields, by name."""
