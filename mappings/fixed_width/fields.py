"""Fields: the bytes of one to its value and back, compiled once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Context, Decimal, Inexact
from functools import lru_cache
from typing import NamedTuple, TypeAlias, assert_never

from mappings.contract import JsonSchema, JsonValue
from mappings.fixed_width import dates
from mappings.fixed_width.code_pages import CodePage
from mappings.fixed_width.errors import FieldError
from mappings.fixed_width.field_schema import (
    BooleanField,
    DateField,
    DateTimeField,
    DecimalField,
    FloatField,
    IntegerField,
    Null,
    NullText,
    NullWord,
    TextField,
    TimeField,
    Usage,
    ValueField,
)
from mappings.fixed_width.floats import float_codec
from mappings.fixed_width.numbers import largest, number_codec, smallest

MAX_DIGITS = 400
"""Digits of one number."""
_MAX_BITS = (10**MAX_DIGITS).bit_length()

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
"""One control character."""

Read: TypeAlias = Callable[[bytes], JsonValue]
Write: TypeAlias = Callable[[JsonValue], bytes]


class FieldCodec(NamedTuple):
    """One field both ways, and as JSON Schema. `read` and `write` raise FieldError. `is_text` says that the
    bytes may be shown as text.

    `like` is the definition of a field with values of the same kind, where there is one; `is_like` says that
    what a field of that definition reads and writes, this one reads and writes just so."""

    read: Read
    write: Write
    schema: JsonSchema
    is_text: bool = True
    like: ValueField | None = None
    is_like: bool = False


def compile_field(field: ValueField, page: CodePage) -> FieldCodec:
    """The codec of a field whose definition has been checked."""
    codec = _of_type(field, page)
    if field.nullable:
        codec = nullable(codec, [null_bytes(null, field.length, page) for null in field.null])
    return codec._replace(like=field, is_like=True)


def padded(text: str, width: int, page: CodePage) -> bytes:
    """A text with spaces behind it.

    Raises: ValueError when it is too long or has characters that the encoding lacks.
    """
    try:
        data = page.encode(text)
    except UnicodeError:
        raise ValueError(f"{text!r} has a character that {page.name} does not") from None
    if len(data) > width:
        raise ValueError(f"{text!r} is longer than {width} bytes")
    return (data + page.encode(" ") * width)[:width]


def null_bytes(null: Null, width: int, page: CodePage) -> bytes:
    """The bytes of a field that is null.

    Raises: ValueError as `padded` does.
    """
    if isinstance(null, NullText):
        return padded(null.text, width, page)
    if null in _FILLED_WITH:
        return (page.encode(_FILLED_WITH[null]) * width)[:width]
    return (b"\x00" if null is NullWord.LOW_VALUES else b"\xff") * width


_FILLED_WITH = {NullWord.SPACES: " ", NullWord.ZEROS: "0", NullWord.NINES: "9"}


def _of_type(field: ValueField, page: CodePage) -> FieldCodec:
    if isinstance(field, TextField):
        return _text(field, page)
    if isinstance(field, IntegerField):
        return _integer(field, page)
    if isinstance(field, DecimalField):
        return _decimal(field, page)
    if isinstance(field, FloatField):
        return _float(field)
    if isinstance(field, BooleanField):
        return _boolean(field, page)
    pattern = dates.parse_pattern(field.pattern)
    if isinstance(field, DateField):
        return _dated(*dates.date_codec(pattern, field.century_from), page, "date")
    if isinstance(field, TimeField):
        return _dated(*dates.time_codec(pattern), page, None)
    if isinstance(field, DateTimeField):
        offset = field.offset or "local"
        codec = dates.datetime_codec(pattern, field.century_from, offset)
        return _dated(*codec, page, None if offset == "local" else "date-time")
    assert_never(field)


def nullable(codec: FieldCodec, nulls: Sequence[bytes]) -> FieldCodec:
    """A field that is null where it has one of these bytes; the first are written."""
    all_nulls, written = frozenset(nulls), nulls[0]
    read_value, write_value = codec.read, codec.write
    hidden = [value for null in nulls for value in _hidden(codec, null, all_nulls)]

    def read(data: bytes) -> JsonValue:
        if data in all_nulls:
            return None
        value = read_value(data)
        if hidden and value in hidden:
            raise FieldError("null", "is a form of what is written as null is")
        return value

    def write(value: JsonValue) -> bytes:
        if value is None:
            return written
        data = write_value(value)
        if data in all_nulls:
            raise FieldError("null", "would be read as null")
        return data

    return codec._replace(read=read, write=write, schema=or_null(codec.schema), is_like=False)


def or_null(schema: JsonSchema) -> JsonSchema:
    """The schema of what may be null beside what it describes."""
    kind, among = schema["type"], schema.get("enum")
    types: JsonValue = kind if isinstance(kind, list) else [kind, "null"]
    return schema | {"type": types} | ({"enum": [*among, None]} if isinstance(among, list) else {})


def _hidden(codec: FieldCodec, null: bytes, nulls: frozenset[bytes]) -> list[JsonValue]:
    """The value that bytes of null would be, where it has no other form to be written in: `-0` is no zero
    where zeros are null."""
    try:
        value = codec.read(null)
        return [value] if codec.write(value) in nulls else []
    except FieldError:
        return []


def _text(field: TextField, page: CodePage) -> FieldCodec:
    width, is_left = field.length, field.justify == "left"
    pad, _, encode = _characters(field, page)
    refuses_controls, is_variable = not field.allow_controls, field.variable
    trims = field.trim and not is_variable
    pad_byte = page.encode(field.pad)

    def write(value: JsonValue) -> bytes:
        if not isinstance(value, str):
            raise FieldError("type", "is not text")
        if refuses_controls and not value.isprintable():
            refuse_controls(value)
        if trims and value and value[-1 if is_left else 0] == pad:
            where = "ends" if is_left else "begins"
            raise FieldError("padding", f"{where} with the padding, which would be lost")
        try:
            data = encode(value)
        except UnicodeError:
            raise FieldError("encoding", f"has a character that {page.name} does not") from None
        if len(data) > width:
            raise FieldError("overflow", f"has {len(data)} bytes, the field {width}")
        if is_variable:
            return data
        if not trims and len(data) < width:
            raise FieldError("min-length", f"has {len(data)} bytes, the field {width} and no padding")
        return data.ljust(width, pad_byte) if is_left else data.rjust(width, pad_byte)

    schema: JsonSchema = {"type": "string", "maxLength": width}
    if not (trims or is_variable) and page.is_single_byte:
        schema["minLength"] = width
    return FieldCodec(_text_reader(field, page), write, schema)


def _text_reader(field: TextField, page: CodePage) -> Read:
    is_left, trims = field.justify == "left", field.trim and not field.variable
    pad, decode, _ = _characters(field, page)
    refuses_controls = not field.allow_controls

    def read(data: bytes) -> JsonValue:
        try:
            text = decode(data)
        except UnicodeError:
            raise FieldError("encoding", f"is not {page.name}") from None
        if refuses_controls and not text.isprintable():
            refuse_controls(text)
        if not trims:
            return text
        return text.rstrip(pad) if is_left else text.lstrip(pad)

    return read


def _characters(
    field: TextField, page: CodePage
) -> tuple[str, Callable[[bytes], str], Callable[[str], bytes]]:
    """The padding as a character of the text, and how its bytes are decoded and encoded."""
    if not field.double_byte:
        return field.pad, page.decode, page.encode
    assert page.double is not None, "checked with the definition"
    return page.double.decode(2 * page.encode(field.pad)), page.double.decode, page.double.encode


def refuse_controls(text: str) -> None:
    """Raises: FieldError for the first control character."""
    found = CONTROLS.search(text)
    if found is not None:
        raise FieldError("control", f"holds the control character U+{ord(found[0]):04X}")


def _integer(field: IntegerField, page: CodePage) -> FieldCodec:
    read_number, write_number = number_codec(field, page)
    least, most = field.minimum, field.maximum

    def in_range(number: int) -> int:
        if least is not None and number < least:
            raise FieldError("minimum", f"is less than {least}")
        if most is not None and number > most:
            raise FieldError("maximum", f"is greater than {most}")
        return number

    def read(data: bytes) -> JsonValue:
        return in_range(read_number(data))

    def write(value: JsonValue) -> bytes:
        return write_number(in_range(_whole(value)))

    schema: JsonSchema = {
        "type": "integer",
        "minimum": smallest(field) if least is None else least,
        "maximum": largest(field) if most is None else most,
    }
    plain: Read = read_number if least is None and most is None else read
    return FieldCodec(plain, write, schema, field.usage is Usage.DISPLAY)


def _whole(value: JsonValue) -> int:
    if type(value) is int:
        if value.bit_length() > _MAX_BITS:
            raise FieldError("overflow", f"is not a number of at most {MAX_DIGITS} digits")
        return value
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise FieldError("type", "is not a whole number")
    if isinstance(value, Decimal):
        _check_size(value)
        if value != value.to_integral_value():
            raise FieldError("type", "is not a whole number")
    return int(value)


def _check_size(number: Decimal) -> None:
    """Before an exponent is multiplied out."""
    if not number.is_finite() or abs(number.adjusted()) > MAX_DIGITS:
        raise FieldError("overflow", f"is not a number of at most {MAX_DIGITS} digits")


_EXACT = Context(prec=2 * MAX_DIGITS + 200, Emin=-(10**6), Emax=10**6, traps=[Inexact])


def _decimal(field: DecimalField, page: CodePage) -> FieldCodec:
    read_number, write_number = number_codec(field, page)
    scale, exponent, factor = field.scale, f"E-{field.scale}", 10 ** max(0, -field.scale)

    def read_fraction(data: bytes) -> JsonValue:
        return Decimal(f"{read_number(data)}{exponent}")

    def read_multiple(data: bytes) -> JsonValue:
        return Decimal(read_number(data) * factor)

    def write(value: JsonValue) -> bytes:
        if type(value) is Decimal:
            number = value
        elif isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise FieldError("type", "is not an exact number")
        else:
            number = Decimal(value)
        _check_size(number)
        try:
            scaled = number.scaleb(scale, _EXACT)
        except Inexact:
            raise FieldError("overflow", f"does not fit {field.length} bytes") from None
        whole = int(scaled)
        if whole != scaled:
            wrong = (
                f"has more than {scale} digits behind the point"
                if scale >= 0
                else f"is no multiple of {factor}"
            )
            raise FieldError("scale", wrong)
        return write_number(whole)

    schema: JsonSchema = {"type": "number"}
    read = read_fraction if scale >= 0 else read_multiple
    return FieldCodec(read, write, schema, field.usage is Usage.DISPLAY)


def _float(field: FloatField) -> FieldCodec:
    assert field.length in (4, 8), "checked with the definition"
    read, write_number = float_codec(field.usage, field.length, field.byte_order)

    def write(value: JsonValue) -> bytes:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise FieldError("type", "is not a number")
        return write_number(Decimal(repr(value)) if isinstance(value, float) else Decimal(value))

    return FieldCodec(read, write, {"type": "number"}, is_text=False)


def _boolean(field: BooleanField, page: CodePage) -> FieldCodec:
    words = dict.fromkeys(field.true_words, True) | dict.fromkeys(field.false_words, False)
    values = {padded(word, field.length, page): value for word, value in words.items()}
    true, false = (padded(each[0], field.length, page) for each in (field.true_words, field.false_words))
    allowed = ", ".join(repr(word) for word in words)

    def read(data: bytes) -> JsonValue:
        value = values.get(data)
        if value is None:
            raise FieldError("boolean", f"is not one of {allowed}")
        return value

    def write(value: JsonValue) -> bytes:
        if not isinstance(value, bool):
            raise FieldError("type", "is neither true nor false")
        return true if value else false

    return FieldCodec(read, write, {"type": "boolean"})


_REMEMBERED = 1024


def _dated(read_text: dates.Reader, write_text: dates.Writer, page: CodePage, name: str | None) -> FieldCodec:
    @lru_cache(_REMEMBERED)  # the same few dates fill most files
    def read(data: bytes) -> str:
        try:
            return read_text(page.decode(data))
        except UnicodeError:
            raise FieldError("encoding", f"is not {page.name}") from None
        except ValueError as error:
            raise FieldError("date", str(error)) from None

    @lru_cache(_REMEMBERED)
    def write_remembered(value: str) -> bytes:
        try:
            return page.encode(write_text(value))
        except (ValueError, OverflowError) as error:
            raise FieldError("date", str(error)) from None

    def write(value: JsonValue) -> bytes:
        if not isinstance(value, str):
            raise FieldError("type", "is not text")
        return write_remembered(value)

    schema: JsonSchema = {"type": "string"} if name is None else {"type": "string", "format": name}
    return FieldCodec(read, write, schema)
