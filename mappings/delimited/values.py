"""Values of fields: text to value and back, compiled once for each field.

Every closure raises `ValueSyntaxError` with a rule and a message; neither holds the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias, assert_never

from mappings.contract import JsonSchema, JsonValue
from mappings.delimited import dates, numerals
from mappings.delimited.errors import ValueSyntaxError
from mappings.delimited.field_schema import (
    BooleanField,
    DateField,
    DateTimeField,
    DecimalField,
    FieldDefinition,
    IntegerField,
    TextField,
    TimeField,
)

__all__ = ["MAX_DIGITS", "Reader", "ValueCodec", "ValueSyntaxError", "Writer", "compile_field"]

MAX_DIGITS = 400
"""Digits of one whole number, and characters of one decimal number: what is written can be read again."""
_TOO_LONG = 10**MAX_DIGITS

Reader: TypeAlias = Callable[[str], JsonValue]
Writer: TypeAlias = Callable[[JsonValue], str]


@dataclass(frozen=True, slots=True)
class ValueCodec:
    """One field's type, both ways, and as JSON Schema. Null is handled by the caller."""

    read: Reader
    write: Writer
    schema: JsonSchema
    is_text: bool = False


def compile_field(field: FieldDefinition) -> ValueCodec:
    """The codec of a field whose definition has been checked."""
    if isinstance(field, TextField):
        return _text(field)
    if isinstance(field, IntegerField):
        return _styled(_integer(field), field)
    if isinstance(field, DecimalField):
        return _styled(_decimal(field), field)
    if isinstance(field, BooleanField):
        return _boolean(field)
    if isinstance(field, DateField):
        pattern = dates.parse_pattern(field.pattern, field.century_from)
        return _dated(dates.date_reader(pattern), dates.date_writer(pattern), "date")
    if isinstance(field, TimeField):
        pattern = dates.parse_pattern(field.pattern)
        return _dated(dates.time_reader(pattern), dates.time_writer(pattern), None)
    if isinstance(field, DateTimeField):
        pattern = dates.parse_pattern(field.pattern, field.century_from)
        return _dated(
            dates.datetime_reader(pattern, field.offset),
            dates.datetime_writer(pattern, field.offset),
            None if field.offset == "local" else "date-time",
        )
    assert_never(field)


def _text(field: TextField) -> ValueCodec:
    least, most = field.min_length, field.max_length
    free = least == 0 and most is None

    def check(value: JsonValue) -> str:
        if not isinstance(value, str):
            raise ValueSyntaxError("type", "is not text")
        if len(value) < least:
            raise ValueSyntaxError("min-length", f"has {len(value)} characters, at least {least} are needed")
        if most is not None and len(value) > most:
            raise ValueSyntaxError("max-length", f"has {len(value)} characters, at most {most} are allowed")
        return value

    schema: JsonSchema = {"type": "string"}
    if least:
        schema["minLength"] = least
    if most is not None:
        schema["maxLength"] = most
    return ValueCodec(check, check, schema, is_text=free)


_INTEGER = re.compile(r"[+-]?[0-9]+")


def _integer(field: IntegerField) -> ValueCodec:
    def read(text: str) -> JsonValue:
        if _INTEGER.fullmatch(text) is None:
            raise ValueSyntaxError("integer", "is not a whole number in ASCII digits")
        if len(text.lstrip("+-")) > MAX_DIGITS:
            raise ValueSyntaxError("number-length", f"has more than {MAX_DIGITS} digits")
        return _in_range(int(text), field)

    def write(value: JsonValue) -> str:
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or not _is_whole(value):
            raise ValueSyntaxError("type", "is not a whole number")
        if not -_TOO_LONG < value < _TOO_LONG:  # before a Decimal's exponent is multiplied out
            raise ValueSyntaxError("number-length", f"has more than {MAX_DIGITS} digits")
        return str(_in_range(int(value), field))

    schema: JsonSchema = {"type": "integer"}
    if field.minimum is not None:
        schema["minimum"] = field.minimum
    if field.maximum is not None:
        schema["maximum"] = field.maximum
    return ValueCodec(read, write, schema)


def _styled(codec: ValueCodec, field: IntegerField | DecimalField) -> ValueCodec:
    """The codec of numbers that are written in more than digits, a leading sign and a point."""
    if not numerals.is_styled(field):
        return codec
    plain, styled = numerals.plain(field), numerals.styled(field)
    read, write = codec.read, codec.write

    def read_styled(text: str) -> JsonValue:
        if len(text) > 2 * MAX_DIGITS:
            raise ValueSyntaxError("number-length", f"has more than {2 * MAX_DIGITS} characters")
        return read(plain(text))

    return replace(codec, read=read_styled, write=lambda value: styled(write(value)))


def _is_whole(value: int | Decimal) -> bool:
    return isinstance(value, int) or (value.is_finite() and value == value.to_integral_value())


def _in_range(number: int, field: IntegerField) -> int:
    if field.minimum is not None and number < field.minimum:
        raise ValueSyntaxError("minimum", f"is less than {field.minimum}")
    if field.maximum is not None and number > field.maximum:
        raise ValueSyntaxError("maximum", f"is greater than {field.maximum}")
    return number


def _decimal(field: DecimalField) -> ValueCodec:
    scale, separator = field.scale, field.separator
    fraction = "[0-9]+" if scale is None else f"[0-9]{{1,{scale}}}"
    point = re.escape(separator)
    # Oracle's and SAS's listings have no zero before the point.
    syntax = re.compile(
        "[+-]?[0-9]+" if scale == 0 else f"[+-]?(?:[0-9]+(?:{point}{fraction})?|{point}{fraction})"
    )
    allowed = (
        "a decimal number" if scale is None else f"a decimal number with at most {scale} fraction digits"
    )

    def read(text: str) -> JsonValue:
        if syntax.fullmatch(text) is None:
            raise ValueSyntaxError("decimal", f"is not {allowed}")
        if len(text) > MAX_DIGITS:
            raise ValueSyntaxError("number-length", f"has more than {MAX_DIGITS} characters")
        return Decimal(text if separator == "." else text.replace(separator, "."))

    def write(value: JsonValue) -> str:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ValueSyntaxError("type", "is not an exact number")
        number = Decimal(value)
        if not number.is_finite() or abs(number.adjusted()) > MAX_DIGITS:
            raise ValueSyntaxError("number-length", f"is not a number of at most {MAX_DIGITS} characters")
        text = _with_scale(f"{number:f}", scale)
        if len(text) > MAX_DIGITS:
            raise ValueSyntaxError("number-length", f"has more than {MAX_DIGITS} characters")
        return text if separator == "." else text.replace(".", separator)

    return ValueCodec(read, write, {"type": "number"})


def _with_scale(text: str, scale: int | None) -> str:
    """Pad or shorten zeros of the fraction; digits that count are never cut off."""
    if scale is None:
        return text
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > scale:
        raise ValueSyntaxError("scale", f"has more than {scale} fraction digits")
    return f"{whole}.{fraction:0<{scale}}" if scale else whole


def _boolean(field: BooleanField) -> ValueCodec:
    words = dict.fromkeys(field.true_words, True) | dict.fromkeys(field.false_words, False)
    allowed = ", ".join(repr(word) for word in words)

    def read(text: str) -> JsonValue:
        if text not in words:
            raise ValueSyntaxError("boolean", f"is not one of {allowed}")
        return words[text]

    def write(value: JsonValue) -> str:
        if not isinstance(value, bool):
            raise ValueSyntaxError("type", "is neither true nor false")
        return field.true_words[0] if value else field.false_words[0]

    return ValueCodec(read, write, {"type": "boolean"})


def _dated(read_text: Callable[[str], str], write_text: Callable[[str], str], name: str | None) -> ValueCodec:
    def read(text: str) -> JsonValue:
        try:
            return read_text(text)
        except ValueError as error:
            raise ValueSyntaxError("date", str(error)) from None

    def write(value: JsonValue) -> str:
        if not isinstance(value, str):
            raise ValueSyntaxError("type", "is not text")
        try:
            return write_text(value)
        except (ValueError, OverflowError) as error:
            raise ValueSyntaxError("date", str(error)) from None

    schema: JsonSchema = {"type": "string"} if name is None else {"type": "string", "format": name}
    return ValueCodec(read, write, schema)
