"""Fields that hold numbers: what their pictures and usages mean in the terms of fixed width."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias

from mappings.contract import JsonSchema, JsonValue
from mappings.copybook.editing import editor, lenient_uneditor, uneditor
from mappings.copybook.entries import Entry, Usage
from mappings.copybook.picture import Picture
from mappings.copybook.schema import CopybookDefinition
from mappings.copybook.storage import is_signed, length_of, sign_of, usage_of
from mappings.copybook.texts import utf_16
from mappings.fixed_width.code_pages import CodePage, Encoding, code_page
from mappings.fixed_width.errors import FieldError
from mappings.fixed_width.field_schema import DecimalField, FloatField, IntegerField, Sign
from mappings.fixed_width.field_schema import Usage as FieldUsage
from mappings.fixed_width.fields import FieldCodec, compile_field

_Keys: TypeAlias = dict[str, Any]
_IEEE = (Usage.FLOAT_SHORT, Usage.FLOAT_LONG)
FLOATS = (Usage.FLOAT, Usage.DOUBLE, *_IEEE)
"""Usages of floating-point numbers."""


def number_codec(entry: Entry, definition: CopybookDefinition, page: CodePage) -> FieldCodec:
    """The codec of a number that is not edited."""
    picture = entry.picture
    assert picture is not None, "checked with the copybook"
    length, usage = length_of(entry), usage_of(entry)
    if usage is Usage.NATIONAL:
        return _national(entry, definition, length)
    keys = _keys(entry, definition, usage)
    if picture.has_point:
        codec = _compiled(keys, length - 1, picture.scale, page)
        behind = picture.scale + (keys.get("sign") is Sign.TRAILING)
        point = page.encode("," if definition.decimal_comma else ".")
        return _pointed(codec, length - 1 - behind, point)
    return _compiled(keys, length, picture.scale, page)


def float_codec(entry: Entry, definition: CopybookDefinition, page: CodePage) -> FieldCodec:
    """The codec of COMP-1 and COMP-2."""
    usage = "ieee" if usage_of(entry) in _IEEE else definition.floats
    order = definition.native_order if usage == "ieee" else "big"
    return compile_field(
        FloatField(type="float", at=1, length=length_of(entry), usage=usage, byte_order=order), page
    )


def whole_codec(entry: Entry, definition: CopybookDefinition, page: CodePage) -> FieldCodec:
    """The codec of whole numbers without a picture: INDEX, BINARY-CHAR and their like."""
    keys: _Keys = {"usage": FieldUsage.BINARY, "byte_order": definition.native_order}
    said = next(each for each in (entry, *entry.around()) if each.usage is not None)
    if said.is_unsigned:
        keys["sign"] = Sign.NONE
    return _compiled(keys, length_of(entry), 0, page)


def bytes_codec(entry: Entry, page: CodePage) -> FieldCodec:
    """The codec of COMP-X: what its bytes hold, without a sign."""
    picture = entry.picture
    assert picture is not None, "checked with the copybook"
    keys: _Keys = {"usage": FieldUsage.BINARY, "sign": Sign.NONE}
    return _compiled(keys, length_of(entry), picture.scale, page)


def _compiled(keys: _Keys, length: int, scale: int, page: CodePage) -> FieldCodec:
    return compile_field(_definition(keys, length, scale), page)


def _definition(keys: _Keys, length: int, scale: int) -> IntegerField | DecimalField:
    if scale:
        return DecimalField(type="decimal", at=1, length=length, scale=scale, **keys)
    return IntegerField(type="integer", at=1, length=length, **keys)


def _keys(entry: Entry, definition: CopybookDefinition, usage: Usage) -> _Keys:
    picture = entry.picture
    assert picture is not None, "checked with the copybook"
    signed = is_signed(entry)
    keys: _Keys = {"signs_read": definition.signs_read}
    if usage in (Usage.BINARY, Usage.NATIVE):
        keys = {"usage": FieldUsage.BINARY}
        if usage is Usage.NATIVE:
            keys["byte_order"] = definition.native_order
        elif definition.binary == "picture":
            keys["digits"] = picture.digits
    elif usage is Usage.PACKED:
        keys |= {"usage": FieldUsage.PACKED, "digits": picture.digits}
    elif usage is Usage.PACKED_UNSIGNED:
        return {"usage": FieldUsage.BCD, "digits": picture.digits, "sign": Sign.NONE}
    else:
        keys["overpunch"] = definition.overpunch
        if signed:
            leading, separate = sign_of(entry)
            signs = {
                (False, False): Sign.OVERPUNCH,
                (True, False): Sign.OVERPUNCH_LEADING,
                (False, True): Sign.TRAILING,
                (True, True): Sign.LEADING,
            }
            keys["sign"] = signs[leading, separate]
    if not signed:
        keys["sign"] = Sign.NONE
    return keys


def _national(entry: Entry, definition: CopybookDefinition, length: int) -> FieldCodec:
    """Digits in UTF-16: the number of half as many bytes, in ASCII."""
    encoding = utf_16(definition.national_order)
    picture = entry.picture
    assert picture is not None, "checked with the copybook"
    ascii_page = code_page(Encoding.US_ASCII)
    keys = _keys(entry, definition, Usage.DISPLAY)
    codec = _compiled(keys, length // 2, picture.scale, ascii_page)

    def read(data: bytes) -> JsonValue:
        try:
            digits = data.decode(encoding).encode("ascii")
        except UnicodeError:
            raise FieldError("national", "is not digits in UTF-16") from None
        return codec.read(digits)

    def write(value: JsonValue) -> bytes:
        return codec.write(value).decode("ascii").encode(encoding)

    return FieldCodec(read, write, codec.schema, is_text=False, like=codec.like)


def _pointed(codec: FieldCodec, at: int, point: bytes) -> FieldCodec:
    """A zoned number with its point as a character of its own: S9(3).99, which some compilers know. `at` is
    the place of the point, from 0."""

    def read(data: bytes) -> JsonValue:
        if data[at : at + 1] != point:
            raise FieldError("decimal", f"has no point as its character {at + 1}")
        return codec.read(data[:at] + data[at + 1 :])

    def write(value: JsonValue) -> bytes:
        data = codec.write(value)
        return data[:at] + point + data[at:]

    return FieldCodec(read, write, codec.schema, like=codec.like)


def edited_codec(entry: Entry, definition: CopybookDefinition, page: CodePage) -> FieldCodec:
    """The codec of a numeric edited field, read as a number."""
    picture = entry.picture
    assert picture is not None, "checked with the copybook"
    scale = picture.scale
    national = utf_16(definition.national_order) if usage_of(entry) is Usage.NATIONAL else None
    edit = editor(
        picture,
        currency=definition.currency,
        decimal_comma=definition.decimal_comma,
        blank_when_zero=entry.blank_when_zero,
    )
    unedit = uneditor(picture, edit)
    if definition.edited == "lenient":
        unedit = lenient_uneditor(
            picture, unedit, currency=definition.currency, decimal_comma=definition.decimal_comma
        )

    def read(data: bytes) -> JsonValue:
        try:
            number = unedit(data.decode(national) if national else page.decode(data))
        except UnicodeError:
            raise FieldError("edited", f"is not a number edited as {picture.text}") from None
        except ValueError as error:
            raise FieldError("edited", str(error)) from None
        return Decimal(f"{number}E-{scale}") if scale else number

    def write(value: JsonValue) -> bytes:
        number = _scaled(value, scale)
        try:
            text = edit(number)
        except ValueError as error:
            rule = "sign" if "negative" in str(error) else "overflow"
            raise FieldError(rule, str(error)) from None
        return text.encode(national) if national else page.encode(text)

    like = _definition({}, max(1, picture.digits), scale)
    schema: JsonSchema = {"type": "number" if scale else "integer"}
    return FieldCodec(read, write, schema, is_text=national is None, like=like)


def blank_when_zero(codec: FieldCodec, space: bytes, length: int) -> FieldCodec:
    """A number that is spaces where it is zero: of so many bytes, each `space`."""
    blank = space * (length // len(space))
    zero = codec.write(0)

    def read(data: bytes) -> JsonValue:
        if data == blank:
            return 0
        value = codec.read(data)
        if value == 0:
            raise FieldError("blank", "is zero, which is written as spaces here")
        return value

    def write(value: JsonValue) -> bytes:
        data = codec.write(value)
        return blank if data == zero else data

    return codec._replace(read=read, write=write, is_like=False)


def float_text_codec(entry: Entry, page: CodePage) -> FieldCodec:
    """The codec of a floating-point number as text: the sign, digits, E, sign, two digits."""
    picture = entry.picture
    assert picture is not None, "checked with the copybook"
    scale, size = picture.scale, picture.size

    def read(data: bytes) -> JsonValue:
        try:
            text = page.decode(data)
            mantissa, exponent = text[1 : size - 4].replace(".", ""), text[size - 2 :]
            if not (mantissa + exponent).isdecimal() or not (mantissa + exponent).isascii():
                raise ValueError
            power = int(exponent) * (-1 if text[size - 3] == "-" else 1)
            value = Decimal(f"{'-' if text[0] == '-' else ''}{mantissa}E{power - scale}")
            if _float_text(picture, value) != text:
                raise ValueError
        except ValueError:
            raise FieldError("edited", f"is not a number edited as {picture.text}") from None
        return value

    def write(value: JsonValue) -> bytes:
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
            raise FieldError("type", "is not an exact number")
        try:
            return page.encode(_float_text(picture, Decimal(value)))
        except ValueError as error:
            raise FieldError("overflow", str(error)) from None

    return FieldCodec(read, write, {"type": "number"})


def _float_text(picture: Picture, value: Decimal) -> str:
    """Normalized: the first digit is not zero, but for zero itself. Raises: ValueError where it cannot be."""
    digits, whole = picture.digits, picture.digits - picture.scale
    plus, exponent_plus = picture.symbols[0], picture.symbols[picture.symbols.index("E") + 1]
    _, given, exponent = value.as_tuple()
    assert isinstance(exponent, int), "the caller has looked"
    significant = "".join(map(str, given)).lstrip("0")
    power = exponent + len(significant) - whole if significant else 0
    shown = significant.ljust(digits, "0")
    if shown[digits:].strip("0"):
        raise ValueError(f"has more than {digits} digits")
    if abs(power) > _MOST_POWER:
        raise ValueError("is beyond what the field can hold")
    point = "." if picture.has_point else ""
    mantissa = shown[:whole] + point + shown[whole:digits]
    return f"{_mark(plus, value < 0)}{mantissa}E{_mark(exponent_plus, power < 0)}{abs(power):02d}"


_MOST_POWER = 99


def _mark(symbol: str, negative: bool) -> str:
    if negative:
        return "-"
    return "+" if symbol == "+" else " "


def _scaled(value: JsonValue, scale: int) -> int:
    """A number without its scale. Raises: FieldError when it has none or is none."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise FieldError("type", "is not an exact number")
    number = Decimal(value)
    if not number.is_finite() or abs(number.adjusted()) > _MOST_POWER:
        raise FieldError("overflow", "is beyond what the field can hold")
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int), "the number is finite"
    shift = exponent + scale
    whole = int("".join(map(str, digits)))
    power = int(10 ** abs(shift))
    if shift >= 0:
        whole *= power
    else:
        whole, rest = divmod(whole, power)
        if rest:
            raise FieldError("scale", f"has more than {scale} digits behind the point")
    return -whole if sign else whole
