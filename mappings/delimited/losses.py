"""What delimited text that was read does not give again when it is written."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.delimited.schema import (
    BooleanField,
    DecimalField,
    DelimitedDefinition,
    FieldDefinition,
    IntegerField,
)


def losses(definition: DelimitedDefinition) -> tuple[str, ...]:
    """Each a sentence that begins with the place in the definition."""
    return tuple(_losses(definition))


def _losses(definition: DelimitedDefinition) -> Iterator[str]:
    yield f"line_ending: LF and CRLF are read, {definition.line_ending.upper()} is written"
    if definition.quote is not None:
        yield "quote: quotes around a field that needs none are not written again"
    if definition.header:
        yield "header: columns are read in any order and written in that of `fields`"
    for name, field in definition.fields.items():
        for loss in _of_field(field):
            yield f"fields.{name}: {loss}"


def _of_field(field: FieldDefinition) -> Iterator[str]:
    if isinstance(field, IntegerField | DecimalField):
        yield "a plus sign and leading zeros are not written again"
    if isinstance(field, DecimalField) and field.scale is not None:
        yield f"at most {field.scale} digits of the fraction are read, exactly {field.scale} are written"
    if isinstance(field, BooleanField) and max(len(field.true_words), len(field.false_words)) > 1:
        yield "of several words the first is written"
