"""What fixed-width data that was read does not give again when it is written."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.fixed_width import record_formats
from mappings.fixed_width.field_schema import BooleanField, ConstantField, FieldDefinition
from mappings.fixed_width.layout import record_definitions
from mappings.fixed_width.schema import FixedWidthDefinition, Separator


def losses(definition: FixedWidthDefinition) -> tuple[str, ...]:
    """Each a sentence that begins with the place in the definition."""
    return tuple(_losses(definition))


def _losses(definition: FixedWidthDefinition) -> Iterator[str]:
    yield from record_formats.losses(definition)
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
        for name, field in each.fields.items():
            for loss in _of_field(field):
                yield f"{f'records.{record}.' if record else ''}fields.{name}: {loss}"


def _of_field(field: FieldDefinition) -> Iterator[str]:
    if isinstance(field, ConstantField):
        return
    if field.nullable and len(field.null) > 1:
        yield "of several forms of null the first is written"
    if isinstance(field, BooleanField) and max(len(field.true_words), len(field.false_words)) > 1:
        yield "of several words the first is written"
