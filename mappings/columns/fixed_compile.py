"""Fields at fixed bytes, as defined, to cells.

What a field's definition says beyond what is known here, and any kind that is not, is read by the field's own
codec, each distinct value once: slower, and never different.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import NamedTuple, TypeAlias

from pydantic import BaseModel

from mappings.columns.arrow import pa
from mappings.columns.arrow_types import (
    BOOLEAN,
    DATE,
    LOCAL_MOMENT,
    MOMENT,
    NUMBER_TEXT,
    TEXT,
    TIME,
    FieldType,
    number_type,
)
from mappings.columns.characters import Characters
from mappings.columns.digits import Digits, split
from mappings.columns.enumerated import EnumeratedCell, Meanings
from mappings.columns.fixed_moments import MomentCell
from mappings.columns.fixed_numbers import (
    BinaryCell,
    Display,
    DisplayCell,
    NumberField,
    PackedCell,
    SignBytes,
)
from mappings.columns.fixed_texts import TextCell
from mappings.columns.moments import WIDTHS, moments_of
from mappings.columns.rows import Cell
from mappings.contract import JsonValue
from mappings.fixed_width.code_pages import CodePage
from mappings.fixed_width.dates import parse_pattern
from mappings.fixed_width.errors import FieldError
from mappings.fixed_width.field_schema import (
    BooleanField,
    DateField,
    DateTimeField,
    DecimalField,
    FloatField,
    IntegerField,
    Sign,
    TextField,
    TimeField,
    Usage,
    ValueField,
)
from mappings.fixed_width.fields import FieldCodec, null_bytes
from mappings.fixed_width.numbers import largest, number_codec, smallest

_TEXTS: tuple[JsonValue, ...] = ("string", ["string", "null"])
_FIELD = {"at", "length", "type", "nullable", "null", "description"}
_NUMBER = _FIELD | {
    "usage",
    "sign",
    "positive_sign",
    "negative_sign",
    "signs_read",
    "plus",
    "overpunch",
    "pad",
}
_NUMBER |= {"justify", "digits", "byte_order", "equals"}
_KNOWN: Mapping[type[BaseModel], set[str]] = {
    TextField: _FIELD | {"justify", "pad", "trim", "allow_controls"},
    IntegerField: _NUMBER | {"minimum", "maximum"},
    DecimalField: _NUMBER | {"scale", "separator"},
    DateField: _FIELD | {"pattern", "century_from"},
    TimeField: _FIELD | {"pattern"},
    DateTimeField: _FIELD | {"pattern", "century_from", "offset"},
}


_NumberField: TypeAlias = IntegerField | DecimalField
_MomentField: TypeAlias = DateField | TimeField | DateTimeField


def plain_definition(codec: FieldCodec) -> ValueField | None:
    """The definition that says all of a field, if it says nothing that is not known here."""
    field = codec.like
    if field is None or not codec.is_like:
        return None
    return field if field.model_fields_set <= _KNOWN.get(type(field), set()) else None


class Spot(NamedTuple):
    """Where a field is: its bytes in the record, where the first of them is among the plain ones if they are
    made plain, and where those begin that it adds behind them."""

    raw: tuple[int, int]
    plain: int
    added: int


def is_written_out(codec: FieldCodec) -> bool:
    """Whether the bytes of a field are characters that are read here."""
    field = plain_definition(codec)
    if isinstance(field, IntegerField | DecimalField):
        return field.usage is Usage.DISPLAY
    return isinstance(field, TextField | DateField | TimeField | DateTimeField)


def compile_cell(codec: FieldCodec, spot: Spot, page: CodePage, characters: Characters) -> Cell:
    """The cell of a field."""
    field = plain_definition(codec)
    cell: Cell | None = None
    if isinstance(field, TextField):
        cell = _text(field, spot, page, characters)
    elif isinstance(field, IntegerField | DecimalField):
        cell = _number(field, spot, page)
    elif isinstance(field, DateField | TimeField | DateTimeField):
        cell = _moment(field, spot, page, characters)
    if cell is not None:
        return cell
    return EnumeratedCell(*spot.raw, Meanings(codec.read, FieldError), type_of(codec))


def type_of(codec: FieldCodec) -> FieldType:
    """The Arrow type of a field; text where its kind is not known."""
    if codec.like is not None:
        return _field_type(codec.like)
    return TEXT if codec.schema["type"] in _TEXTS else NUMBER_TEXT


def _field_type(field: ValueField) -> FieldType:
    if isinstance(field, IntegerField | DecimalField):
        scale = field.scale if isinstance(field, DecimalField) else 0
        return number_type(smallest(field), largest(field), scale, is_whole=isinstance(field, IntegerField))
    if isinstance(field, FloatField):
        return FieldType(lambda: pa.float64(), float)
    if isinstance(field, BooleanField):
        return BOOLEAN
    if isinstance(field, DateField):
        return DATE
    if isinstance(field, TimeField):
        return TIME
    if isinstance(field, DateTimeField):
        return MOMENT if field.offset != "local" and _has_zone(field) else LOCAL_MOMENT
    return TEXT


def _has_zone(field: DateTimeField) -> bool:
    return field.offset is not None or "z" in parse_pattern(field.pattern).letters


def _nulls(field: ValueField, page: CodePage) -> list[bytes] | None:
    return [null_bytes(null, field.length, page) for null in field.null] if field.nullable else None


def _text(field: TextField, spot: Spot, page: CodePage, characters: Characters) -> Cell | None:
    if not (page.is_single_byte or characters.is_utf_8):
        return None
    nulls = _nulls(field, page)
    return TextCell(
        spot.plain,
        spot.plain + field.length,
        pad=characters.plain_bytes(page.encode(field.pad))[0] if field.trim else None,
        is_left=field.justify == "left",
        controls=field.allow_controls,
        nulls=None if nulls is None else [characters.plain_bytes(null) for null in nulls],
    )


def _number(field: _NumberField, spot: Spot, page: CodePage) -> Cell | None:
    scale = field.scale if isinstance(field, DecimalField) else 0
    minimum, maximum = (field.minimum, field.maximum) if isinstance(field, IntegerField) else (None, None)
    nulls = _nulls(field, page)
    number = NumberField(
        area=spot.raw,
        type=_field_type(field),
        nulls=nulls,
        minimum=minimum,
        maximum=maximum,
        allows_negative_zero=field.signs_read == "all",
        hidden=_readable(nulls or (), number_codec(field, page).read),
    )
    cell = None if scale < 0 else _number_cell(field, number, spot, page, scale)
    return None if cell is not None and number.needs_numbers and not cell.fits_64_bits else cell


def _readable(nulls: Iterable[bytes], read: Callable[[bytes], int]) -> list[int]:
    """The numbers that bytes of null would be."""
    found = []
    for data in nulls:
        with suppress(FieldError):
            found.append(read(data))
    return found


def _number_cell(
    field: _NumberField, number: NumberField, spot: Spot, page: CodePage, scale: int
) -> Cell | None:
    read = number_codec(field, page).read
    if field.usage is Usage.DISPLAY:
        display = _display(field, spot, page, scale, read)
        return None if display is None else DisplayCell(number, spot.plain, display)
    if field.usage in (Usage.PACKED, Usage.BCD):
        signs = None if field.usage is Usage.BCD else _packed_signs(field, read)
        held = 2 * field.length - (signs is not None)
        return PackedCell(number, spot.added, scale, signs, unused=max(0, held - (field.digits or held)))
    if field.usage is Usage.BINARY and field.length <= 8:
        limit = None if field.digits is None or 10**field.digits >= 2**64 else 10**field.digits
        signed = field.sign is not Sign.NONE
        return BinaryCell(
            number, spot.added, scale, big=field.byte_order == "big", signed=signed, limit=limit
        )
    return None


def _display(
    field: _NumberField,
    spot: Spot,
    page: CodePage,
    scale: int,
    read: Callable[[bytes], int],
) -> Display | None:
    """How a display number is written; None where its digits may begin anywhere."""
    start, end = spot.plain, spot.plain + field.length
    sign = field.sign or Sign.NONE
    padding = None if field.pad == "0" else ord(field.pad)
    if field.justify == "left":
        return None
    if sign in (Sign.OVERPUNCH, Sign.OVERPUNCH_LEADING):
        leading = sign is Sign.OVERPUNCH_LEADING
        rest = (start + 1, end) if leading else (start, end - 1)
        column = start if leading else end - 1
        raw_column = spot.raw[0] if leading else spot.raw[1] - 1
        punched = (column, raw_column, _punched_signs(field.length, page, read, leading=leading))
        return Display(split(start, end, scale), leading=rest, padding=padding, punched=punched)
    own = None
    if sign is Sign.LEADING:
        own, start = (start, field.plus.encode()), start + 1
    elif sign is Sign.TRAILING:
        own, end = (end - 1, field.plus.encode()), end - 1
    separator = field.separator if isinstance(field, DecimalField) else None
    if separator is None:
        digits, point, last = split(start, end, scale), None, end - 1
    else:
        at = end - scale - 1
        if scale == 0 or at <= start:
            return None
        digits, point, last = Digits((start, at), (at + 1, end), scale), (at, separator.encode()), at - 1
    return Display(
        digits,
        leading=(start, last),
        padding=padding,
        minus=sign is Sign.FLOATING,
        point=point,
        sign=own,
    )


def _punched_signs(width: int, page: CodePage, read: Callable[[bytes], int], *, leading: bool) -> SignBytes:
    rest = page.encode("1" * (width - 1))

    def number(byte: int) -> int:
        return read(bytes([byte]) + rest if leading else rest + bytes([byte]))

    return SignBytes(number, place=10 ** (width - 1) if leading else 1)


def _packed_signs(field: _NumberField, read: Callable[[bytes], int]) -> SignBytes:
    rest = bytearray(field.length - 1)
    if rest and (field.digits is None or field.digits > 1):
        rest[-1] = 0x01  # so that a negative zero is none
    return SignBytes(lambda byte: read(bytes(rest) + bytes([byte])), place=1)


def _moment(field: _MomentField, spot: Spot, page: CodePage, characters: Characters) -> Cell | None:
    if field.nullable:
        return None
    places: dict[str, int] = {}
    literals: list[tuple[int, bytes]] = []
    column = start = spot.plain
    rest = iter(field.pattern)
    for character in rest:
        letter = next(rest, "") if character == "%" else None
        if letter is None or letter == "%":
            data = page.encode(character)
            literals.append((column, characters.plain_bytes(data)))
            column += len(data)
        elif letter in WIDTHS:
            places[letter] = column
            column += WIDTHS[letter]
        else:
            return None
    if column != start + field.length:
        return None
    offset = field.offset if isinstance(field, DateTimeField) else None
    return MomentCell(start, column, moments_of(places, _field_type(field), offset), literals)
