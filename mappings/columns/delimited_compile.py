"""Columns of delimited text, as defined, to what reads them.

What a field's definition says beyond what is known here, and any kind that is not, is read by the field's own
codec, each distinct text once: slower, and never different.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from pydantic import BaseModel

from mappings.columns.arrow_types import (
    BOOLEAN,
    DATE,
    INTEGER,
    LOCAL_MOMENT,
    MAX_DECIMAL_DIGITS,
    MAX_INT64_DIGITS,
    MOMENT,
    NUMBER_TEXT,
    TEXT,
    FieldType,
    decimal_type,
)
from mappings.columns.delimited_moments import MomentColumn
from mappings.columns.delimited_numbers import Number, NumberColumn
from mappings.columns.delimited_rows import TokenCell, order
from mappings.columns.delimited_texts import EnumeratedColumn, TextColumn
from mappings.columns.enumerated import Meanings
from mappings.columns.moments import WIDTHS, moments_of
from mappings.contract import JsonValue
from mappings.delimited.schema import (
    BooleanField,
    DateField,
    DateTimeField,
    DecimalField,
    DelimitedDefinition,
    FieldDefinition,
    IntegerField,
    TextField,
)
from mappings.delimited.values import ValueSyntaxError, compile_field
from mappings.exemplified import ExemplifiedFormat
from mappings.fixed_width.code_pages import Encoding

_FIELD = {"column", "type", "nullable", "description"}
_KNOWN: Mapping[type[BaseModel], set[str]] = {
    TextField: _FIELD | {"min_length", "max_length"},
    IntegerField: _FIELD | {"minimum", "maximum"},
    DecimalField: _FIELD | {"scale", "separator"},
    DateField: _FIELD | {"pattern"},
    DateTimeField: _FIELD | {"pattern", "offset"},
    BooleanField: _FIELD | {"true_words", "false_words"},
}


_KNOWN_OF_DEFINITIONS = {
    *ExemplifiedFormat.model_fields,
    "format",
    "fields",
    "header",
    "delimiter",
    "quote",
    "encoding",
    "line_ending",
    "null",
}
_ENCODINGS = {str(each) for each in Encoding} | {"utf-8-sig"}


def known_fields(definition: DelimitedDefinition) -> Mapping[str, FieldDefinition] | None:
    """The fields of a definition; None where it says anything that is not known here."""
    fields = definition.fields
    if fields is None or definition.model_fields_set - _KNOWN_OF_DEFINITIONS:
        return None
    is_known = (
        str(definition.encoding) in _ENCODINGS
        and len(definition.delimiter) == 1
        and definition.delimiter.isascii()
        and not definition.delimiter.isalnum()
        and (definition.quote or " ").isascii()
        and str(definition.line_ending) in ("crlf", "lf")
        and all(map(_is_known, fields.values()))
    )
    return fields if is_known else None


def encoding_of(definition: DelimitedDefinition) -> str:
    """The encoding without a byte order mark, which only the first row can have."""
    return "utf-8" if definition.encoding == "utf-8-sig" else str(definition.encoding)


def _is_known(field: FieldDefinition) -> bool:
    """Whether all that a field's definition says is understood here."""
    return field.model_fields_set <= _KNOWN.get(type(field), set())


def compile_column(
    field: FieldDefinition, column: int, null_text: str, encoding: str, *, for_arrow: bool
) -> TokenCell:
    """What reads a column. For Arrow, numbers are proven only where their type there holds them."""
    null = null_text.encode(encoding) if field.nullable else None
    if isinstance(field, TextField):
        return TextColumn(column, null, field.min_length, field.max_length)
    if isinstance(field, IntegerField):
        return _integer(field, column, null, for_arrow=for_arrow)
    cell: TokenCell | None = None
    if isinstance(field, DecimalField):
        cell = _decimal(field, column, null, for_arrow=for_arrow)
    elif isinstance(field, DateField | DateTimeField) and null is None:
        cell = _moment(field, column, encoding)
    if cell is not None:
        return cell
    read = compile_field(field).read
    meanings = Meanings(_of_utf_8(read), ValueSyntaxError)
    return EnumeratedColumn(column, null, meanings, type_of(field))


def type_of(field: FieldDefinition) -> FieldType:
    """The Arrow type of a field."""
    if isinstance(field, IntegerField):
        return INTEGER
    if isinstance(field, DecimalField):
        return NUMBER_TEXT if field.scale is None else decimal_type(field.scale)
    if isinstance(field, BooleanField):
        return BOOLEAN
    if isinstance(field, DateField):
        return DATE
    if isinstance(field, DateTimeField):
        return LOCAL_MOMENT if field.offset == "local" else MOMENT
    return TEXT


def _of_utf_8(read: Callable[[str], JsonValue]) -> Callable[[bytes], JsonValue]:
    """A reader of texts for texts in UTF-8, of which only good ones count."""

    def read_bytes(data: bytes) -> JsonValue:
        return read(data.decode("utf-8", "replace"))

    return read_bytes


def _integer(field: IntegerField, column: int, null: bytes | None, *, for_arrow: bool) -> TokenCell:
    number = Number(column, null, INTEGER, minimum=field.minimum, maximum=field.maximum)
    return NumberColumn(replace(number, most_digits=MAX_INT64_DIGITS) if for_arrow else number)


def _decimal(field: DecimalField, column: int, null: bytes | None, *, for_arrow: bool) -> TokenCell | None:
    type_ = type_of(field)
    if for_arrow and type_ is NUMBER_TEXT:
        return None
    number = Number(column, null, type_, field.separator.encode(), field.scale)
    if for_arrow and field.scale is not None:
        number = replace(number, most_digits=MAX_DECIMAL_DIGITS - field.scale)
    return NumberColumn(number)


def _moment(field: DateField | DateTimeField, column: int, encoding: str) -> TokenCell | None:
    places: dict[str, int] = {}
    literals: list[tuple[int, bytes]] = []
    width = 0
    rest = iter(field.pattern)
    for character in rest:
        letter = next(rest, "") if character == "%" else None
        if letter is None or letter == "%":
            try:
                data = character.encode(encoding)
            except UnicodeEncodeError:
                return None
            literals.append((width, data))
            width += len(data)
        elif letter in WIDTHS:
            places[letter] = width
            width += WIDTHS[letter]
        else:
            return None
    offset = field.offset if isinstance(field, DateTimeField) else None
    return MomentColumn(column, width, moments_of(places, type_of(field), offset, order(column)), literals)
