"""Is a definition of delimited text sound, beyond what its model's types say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mappings.delimited.dates import parse_pattern
from mappings.delimited.schema import (
    BooleanField,
    DateField,
    DateTimeField,
    DelimitedDefinition,
    FieldDefinition,
    IntegerField,
    TextField,
)


def problems(definition: DelimitedDefinition) -> list[str]:
    """What contradicts itself, each with the key it is found at; empty when all is well."""
    return list(_problems(definition))


def _problems(definition: DelimitedDefinition) -> Iterator[str]:
    if definition.quote == definition.delimiter:
        yield "quote: must differ from the delimiter"
    if definition.quote is not None and definition.quote in definition.null:
        yield "null: holds the quote character"
    if definition.delimiter in definition.null or not definition.null.isprintable():
        yield "null: holds the delimiter or a character that is not printable"
    columns = Counter(field.column or name for name, field in definition.fields.items())
    for column, count in columns.items():
        if count > 1:
            yield f"fields: {count} fields have the column name {column!r}"
    for name, field in definition.fields.items():
        for reason in _field_problems(field, definition):
            yield f"fields.{name}.{reason}"


def _field_problems(field: FieldDefinition, definition: DelimitedDefinition) -> Iterator[str]:
    if isinstance(field, TextField):
        if field.max_length is not None and field.max_length < field.min_length:
            yield "max_length: is less than min_length"
    elif isinstance(field, IntegerField):
        if field.minimum is not None and field.maximum is not None and field.maximum < field.minimum:
            yield "maximum: is less than minimum"
    elif isinstance(field, BooleanField):
        yield from _word_problems(field, definition)
    elif isinstance(field, DateField):
        yield from _date_problems(field)
    elif isinstance(field, DateTimeField):
        yield from _date_time_problems(field)


def _word_problems(field: BooleanField, definition: DelimitedDefinition) -> Iterator[str]:
    both = set(field.true_words) & set(field.false_words)
    if both:
        yield f"true_words: {sorted(both)[0]!r} is also among false_words"
    if field.nullable and definition.null in {*field.true_words, *field.false_words}:
        yield f"true_words: {definition.null!r} already means null"


def _date_problems(field: DateField) -> Iterator[str]:
    try:
        letters = parse_pattern(field.pattern).letters
    except ValueError as error:
        yield f"pattern: {error}"
        return
    if sorted(letters) != ["Y", "d", "m"]:
        yield "pattern: a date needs %Y, %m and %d, once each and nothing else"


def _date_time_problems(field: DateTimeField) -> Iterator[str]:
    try:
        letters = parse_pattern(field.pattern).letters
    except ValueError as error:
        yield f"pattern: {error}"
        return
    if len(set(letters)) != len(letters) or not {"Y", "m", "d", "H", "M"} <= set(letters):
        yield "pattern: a date and time needs %Y, %m, %d, %H and %M, each once; %S, %f and %z are optional"
    if "f" in letters and "S" not in letters:
        yield "pattern: %f needs %S"
    if ("z" in letters) == (field.offset is not None):
        yield "offset: give either %z in the pattern or an offset (Z, +hh:mm or local)"
