"""What delimited text that was read does not give again when it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mappings.delimited.field_schema import (
    BooleanField,
    DateField,
    DateTimeField,
    DecimalField,
    FieldDefinition,
    IntegerField,
    TimeField,
)
from mappings.delimited.schema import Collect, DelimitedDefinition, Encoding, LineEnding, Quoting


def losses(definition: DelimitedDefinition) -> tuple[str, ...]:
    """Each a sentence that begins with the place in the definition."""
    return tuple(_losses(definition))


def _losses(definition: DelimitedDefinition) -> Iterator[str]:
    ends = "LF, CR and CRLF" if definition.line_ending is LineEnding.CR else "LF and CRLF"
    written = definition.line_ending.upper()
    yield f"line_ending: {ends} are read, {written} is written, behind the last line, too"
    if definition.quote is not None:
        yield from _of_quotes(definition.quoting)
    if definition.escape is not None:
        yield "escape: only what needs it is written with one"
    if definition.escapes == "letters":
        yield "escapes: line ends and tabs are written as letters where they need an escape"
    if definition.header and definition.fields is not None:
        yield "header: columns are read in any order and written in that of `fields`"
    if definition.encoding is Encoding.UTF_8_SIG:
        yield "encoding: the byte order mark may be missing, and is always written"
    if definition.encoding is Encoding.UTF_16:
        yield "encoding: big-endian text is written little-endian"
    yield from _of_rows(definition)
    if definition.fields is not None:
        yield from _of_fields("fields", definition.fields.items())
    for record, each in (definition.records or {}).items():
        yield from _of_fields(f"records.{record}.fields", each.fields.items())


def _of_quotes(quoting: Quoting) -> Iterator[str]:
    if quoting is Quoting.ALL:
        yield "quoting: every field that is not null is written in quotes"
    elif quoting is Quoting.NON_NUMERIC:
        yield "quoting: all fields but numbers and null are written in quotes"
    else:
        yield "quote: quotes around a field that needs none are not written again"


def _of_rows(definition: DelimitedDefinition) -> Iterator[str]:
    if definition.formulas == "apostrophe":
        yield "formulas: formulas are read without an apostrophe, too, and written with one"
    if definition.spaces == "trim":
        yield "spaces: those at the beginning and end of fields are not written again"
    if definition.comment is not None:
        yield "comment: comments are not written again"
    if definition.skip_lines:
        yield "skip_lines: lines that are passed over are not written again"
    if definition.blank_lines == "skip":
        yield "blank_lines: blank lines are not written again"
    if definition.short_rows == "fill":
        yield "short_rows: what is filled is written"
    if definition.long_rows == "ignore":
        yield "long_rows: what is left out is not written again"
    if definition.other_columns == "ignore":
        yield "other_columns: what is left out is not written again"
    elif isinstance(definition.other_columns, Collect):
        yield "other_columns: they are written behind the others"


def _of_fields(where: str, fields: Iterable[tuple[str, FieldDefinition]]) -> Iterator[str]:
    for name, field in fields:
        for loss in _of_field(field):
            yield f"{where}.{name}: {loss}"


def _of_field(field: FieldDefinition) -> Iterator[str]:
    if isinstance(field, IntegerField | DecimalField):
        yield "a plus sign and leading zeros are not written again"
        if isinstance(field, DecimalField) and field.scale != 0:
            yield "a zero that is missing before the point is written"
        if field.group_separator is not None:
            yield "digits are written in groups, though they may be read without"
    if isinstance(field, IntegerField):
        yield "a minus sign before 0 is not written again"
    if isinstance(field, DecimalField) and field.scale is not None:
        yield f"at most {field.scale} digits of the fraction are read, exactly {field.scale} are written"
    if isinstance(field, BooleanField) and max(len(field.true_words), len(field.false_words)) > 1:
        yield "of several words the first is written"
    if isinstance(field, DateField | TimeField | DateTimeField):
        yield from _of_date(field.pattern)


def _of_date(pattern: str) -> Iterator[str]:
    bare = pattern.replace("%%", "")
    if any(part in bare for part in ("%-m", "%-d", "%-H", "%-I")):
        yield "leading zeros of numbers that may be without are not written again"
    if any(part in bare for part in ("%b", "%B", "%p")):
        yield "words are read in upper and lower case and written in one"
    if "%.f" in bare:
        yield "zeros at the end of a second's fraction are not written again"
    if "%z" in bare or "%:z" in bare:
        yield "of several ways to write an offset from UTC one is written"
