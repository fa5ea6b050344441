"""What fixed-width data that was read does not give again when it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mappings.fixed_width import record_formats
from mappings.fixed_width.code_pages import CodePage, code_page
from mappings.fixed_width.field_schema import (
    BooleanField,
    ConstantField,
    DecimalField,
    FieldDefinition,
    FloatField,
    GroupField,
    IntegerField,
    Sign,
    Usage,
    ValueField,
)
from mappings.fixed_width.fields import null_bytes
from mappings.fixed_width.layout import record_definitions
from mappings.fixed_width.schema import FixedWidthDefinition, Separator


def losses(definition: FixedWidthDefinition) -> tuple[str, ...]:
    """Each a sentence that begins with the place in the definition."""
    return tuple(_losses(definition))


def _losses(definition: FixedWidthDefinition) -> Iterator[str]:
    yield from record_formats.losses(definition)
    yield from code_page(definition.encoding).losses()
    if definition.separator is Separator.EITHER:
        yield "separator: LF and CRLF are read, LF is written"
    if definition.separator not in (None, Separator.NONE):
        yield "separator: the last record may lack it, and is written with it"
    if definition.short_lines == "fill":
        yield "short_lines: short lines are written with spaces to their full length"
    if definition.blank_lines == "skip":
        yield "blank_lines: lines without a byte are not written again"
    if definition.gaps == "ignore":
        yield "gaps: what stands where no field is is not written again"
    for record, each in record_definitions(definition).items():
        yield from _of_fields(
            f"records.{record}." if record else "", each.fields, code_page(definition.encoding)
        )


def _of_fields(where: str, fields: Mapping[str, FieldDefinition], page: CodePage) -> Iterator[str]:
    for name, field in fields.items():
        if isinstance(field, ConstantField):
            continue
        for loss in _of_structure(field):
            yield f"{where}fields.{name}: {loss}"
        if isinstance(field, GroupField):
            yield from _of_fields(f"{where}fields.{name}.", field.fields, page)
            continue
        for loss in _of_field(field, page):
            yield f"{where}fields.{name}: {loss}"


def _of_structure(field: ValueField | GroupField) -> Iterator[str]:
    occurs = field.occurs
    if occurs is not None and occurs.depends_on is not None and occurs.room == "all":
        yield "what stands in the place of occurrences that are not there is not written again"
    if field.optional and not isinstance(field, GroupField) and field.nullable:
        yield "where it is null at the end of a record, it is left out"


def _of_field(field: ValueField, page: CodePage) -> Iterator[str]:
    if field.nullable:
        nulls = {null_bytes(null, field.length, page) for null in field.null}
        if len(nulls) > 1:
            yield "of several forms of null the first is written"
    if isinstance(field, BooleanField) and max(len(field.true_words), len(field.false_words)) > 1:
        yield "of several words the first is written"
    if isinstance(field, IntegerField | DecimalField):
        yield from _of_number(field, page)
    if isinstance(field, FloatField) and field.usage == "hexadecimal":
        yield "a fraction that begins with zeros is written without them"


def _of_number(field: IntegerField | DecimalField, page: CodePage) -> Iterator[str]:
    if field.usage is Usage.DISPLAY:
        sign = field.sign or Sign.NONE
        if field.pad != "0":
            padding = "spaces" if field.pad == " " else "asterisks"
            yield f"zeros in front may be read as {padding} are, and {padding} are written"
        if field.signs_read == "written" or sign is Sign.NONE:
            return
        if sign in (Sign.OVERPUNCH, Sign.OVERPUNCH_LEADING):
            yield "signs may have several forms, and a zero may be negative; one form is written"
        else:
            yield "a zero may be negative, and is written without its minus"
    elif field.usage is Usage.PACKED and field.signs_read == "all":
        yield "signs may have several forms, and a zero may be negative; one form is written"
