"""Are the fields of delimited text sound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mappings.delimited.dates import parse_pattern
from mappings.delimited.layout import collected_of
from mappings.delimited.numerals import separator_of
from mappings.delimited.schema import (
    BooleanField,
    Collect,
    DateField,
    DateTimeField,
    DecimalField,
    DelimitedDefinition,
    FieldDefinition,
    IntegerField,
    TextField,
    TimeField,
)

_OF_NUMBERS = frozenset("0123456789+-().,")


def problems(field: FieldDefinition, definition: DelimitedDefinition) -> Iterator[str]:
    """What is wrong with one field, each with the key it is found at."""
    if isinstance(field, TextField):
        if field.max_length is not None and field.max_length < field.min_length:
            yield "max_length: is less than min_length"
    elif isinstance(field, IntegerField | DecimalField):
        yield from _number_problems(field, definition)
    elif isinstance(field, BooleanField):
        yield from _word_problems(field, definition)
    elif isinstance(field, DateField):
        yield from _date_problems(field)
    elif isinstance(field, TimeField | DateTimeField):
        yield from _time_problems(field)


def _number_problems(field: IntegerField | DecimalField, definition: DelimitedDefinition) -> Iterator[str]:
    if isinstance(field, IntegerField) and _is_less(field.maximum, field.minimum):
        yield "maximum: is less than minimum"
    if field.group_separator is not None and field.group_separator == separator_of(field):
        yield "group_separator: is what stands before the fraction"
    for key, affix in (("prefix", field.prefix), ("suffix", field.suffix)):
        if affix is not None and set(affix) & _OF_NUMBERS:
            yield f"{key}: has a digit or a sign of numbers"
        if affix is not None and not affix.isprintable():
            yield f"{key}: has a character that is not printable"
    if definition.spaces == "trim" and field.sign != "parentheses":
        if field.prefix is not None and field.prefix[0] == " " and field.sign == "trailing":
            yield "prefix: begins with a space, and spaces are trimmed"
        if field.suffix is not None and field.suffix[-1] == " " and field.sign == "leading":
            yield "suffix: ends with a space, and spaces are trimmed"


def _is_less(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and one < other


def _word_problems(field: BooleanField, definition: DelimitedDefinition) -> Iterator[str]:
    both = set(field.true_words) & set(field.false_words)
    if both:
        yield f"true_words: {sorted(both)[0]!r} is also among false_words"
    if field.nullable and definition.null in {*field.true_words, *field.false_words}:
        yield f"true_words: {definition.null!r} already means null"


def _date_problems(field: DateField) -> Iterator[str]:
    try:
        letters = parse_pattern(field.pattern, field.century_from).letters
    except ValueError as error:
        yield f"pattern: {error}"
        return
    if sorted(letters) != ["Y", "d", "m"]:
        yield "pattern: a date needs %Y, %m and %d, once each and nothing else"
    yield from _century_problems(field)


def _time_problems(field: TimeField | DateTimeField) -> Iterator[str]:
    century_from = field.century_from if isinstance(field, DateTimeField) else None
    try:
        letters = set(parse_pattern(field.pattern, century_from).letters)
    except ValueError as error:
        yield f"pattern: {error}"
        return
    if "f" in letters and "S" not in letters:
        yield "pattern: %f needs %S"
    if isinstance(field, TimeField):
        if not {"H", "M"} <= letters <= {"H", "M", "S", "f", "p"}:
            yield "pattern: a time needs %H and %M, once each; %S and %f are optional, and nothing else"
        return
    if not {"Y", "m", "d", "H", "M"} <= letters:
        yield "pattern: a date and time needs %Y, %m, %d, %H and %M, each once; %S, %f and %z are optional"
    if ("z" in letters) == (field.offset is not None):
        yield "offset: give either %z in the pattern or an offset (Z, +hh:mm or local)"
    yield from _century_problems(field)


def _century_problems(field: DateField | DateTimeField) -> Iterator[str]:
    if field.century_from is not None and "%y" not in field.pattern.replace("%%", ""):
        yield "century_from: the pattern has no %y"


def kept_problems(
    definition: DelimitedDefinition, fields: Mapping[str, FieldDefinition], where: str
) -> Iterator[str]:
    """Members that hold what has no field are no fields themselves."""
    collected = collected_of(definition)
    if isinstance(definition.long_rows, Collect) and collected.more in fields:
        yield f"long_rows.collect: {collected.more!r} is one of {where}"
    if isinstance(definition.other_columns, Collect) and collected.others in fields:
        yield f"other_columns.collect: {collected.others!r} is one of {where}"
    if collected.more is not None and collected.more == collected.others:
        yield "long_rows.collect: is the name that other_columns has"
