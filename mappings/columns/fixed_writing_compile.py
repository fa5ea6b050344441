"""Fields at fixed bytes, as defined, to what writes them; any other kind is written by its own codec."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mappings.columns.arrow_types import DATE, MAX_INT64_DIGITS
from mappings.columns.characters import Characters
from mappings.columns.fixed_compile import plain_definition
from mappings.columns.fixed_writing import (
    Binary,
    Display,
    EnumeratedWriter,
    Finish,
    MomentWriter,
    NullableWriter,
    NumberWriter,
    Packed,
    TextWriter,
    ToPage,
    Writer,
)
from mappings.columns.moments import WIDTHS, moments_of
from mappings.columns.rows import Allowed
from mappings.fixed_width.code_pages import CodePage
from mappings.fixed_width.field_schema import (
    DateField,
    DateTimeField,
    DecimalField,
    IntegerField,
    Sign,
    TextField,
    TimeField,
    Usage,
)
from mappings.fixed_width.fields import FieldCodec, null_bytes
from mappings.fixed_width.numbers import largest, number_codec, smallest

_NumberField = IntegerField | DecimalField
_LONGEST_TEXT = 40
"""Bytes of the longest date and time in JSON."""


def to_page(characters: Characters) -> ToPage:
    """Plain bytes to those of the page."""
    if characters.plain is None:
        return ToPage(np.arange(256, dtype=np.uint8))
    return ToPage(np.argsort(np.frombuffer(characters.plain, np.uint8)).astype(np.uint8))


def compile_writer(codec: FieldCodec, length: int, page: CodePage, characters: Characters) -> Writer:
    """What writes a field of so many bytes."""
    field = plain_definition(codec)
    writer: Writer | None = None
    if isinstance(field, TextField):
        writer = _text(field, page, characters)
    elif isinstance(field, IntegerField | DecimalField):
        writer = _number(field, page, characters)
    elif isinstance(field, DateField | TimeField | DateTimeField):
        writer = _moment(field, page, characters)
    if writer is None or field is None:
        return EnumeratedWriter(length, codec.write)
    if not field.nullable:
        return writer
    return NullableWriter(writer, [null_bytes(null, field.length, page) for null in field.null])


def _text(field: TextField, page: CodePage, characters: Characters) -> Writer | None:
    pad = characters.plain_bytes(page.encode(field.pad))
    if not (page.is_single_byte or characters.is_utf_8) or not pad.isascii():
        return None
    return TextWriter(
        field.length,
        pad=pad[0],
        trims=field.trim,
        is_left=field.justify == "left",
        controls=field.allow_controls,
        is_utf_8=characters.is_utf_8,
        to_page=to_page(characters),
    )


def _number(field: _NumberField, page: CodePage, characters: Characters) -> Writer | None:
    scale = field.scale if isinstance(field, DecimalField) else 0
    if scale < 0:
        return None
    bounds = (field.minimum, field.maximum) if isinstance(field, IntegerField) else (None, None)
    write = number_codec(field, page).write
    found: tuple[int, Finish] | None = None
    if field.usage is Usage.DISPLAY:
        found = _display(field, characters, scale, write)
    elif field.usage in (Usage.PACKED, Usage.BCD):
        found = _packed(field, write)
    elif field.usage is Usage.BINARY and field.length <= 8 and scale < MAX_INT64_DIGITS:
        form = Binary(field.length, field.byte_order == "big", smallest(field), largest(field))
        found = MAX_INT64_DIGITS, form
    if found is None:
        return None
    total, finish = found
    if bounds != (None, None) and max(total, scale) > MAX_INT64_DIGITS:
        return None
    return NumberWriter(total, scale, finish, bounds)


def _packed(field: _NumberField, write: Callable[[int], bytes]) -> tuple[int, Packed]:
    if field.usage is Usage.BCD:
        total = 2 * field.length
        return total, Packed(None, None, max(0, total - (field.digits or total)))
    total = 2 * field.length - 1
    minus = None if field.sign is Sign.NONE else write(-1)[-1] & 15
    return total, Packed(write(1)[-1] & 15, minus, max(0, total - (field.digits or total)))


def _display(
    field: _NumberField, characters: Characters, scale: int, write: Callable[[int], bytes]
) -> tuple[int, Display] | None:
    sign = field.sign or Sign.NONE
    if field.justify == "left":
        return None
    separator = field.separator if isinstance(field, DecimalField) else None
    own = sign in (Sign.LEADING, Sign.TRAILING)
    total = field.length - own - (separator is not None)
    pages, padding = to_page(characters), None if field.pad == "0" else ord(field.pad)
    kept = 1 if separator is None else scale + 1
    if total < kept:
        return None
    is_first = sign in (Sign.LEADING, Sign.OVERPUNCH_LEADING)
    signs = punches = None
    if own:
        column = 0 if is_first else -1
        signs = (write(1)[column], write(-1)[column])
    elif sign in (Sign.OVERPUNCH, Sign.OVERPUNCH_LEADING):
        punches = _punches(write, field.length, is_first)
    point = None if separator is None else ord(separator)
    floating = sign is Sign.FLOATING
    return total, Display(pages, kept, padding, scale, point, floating, is_first, signs, punches)


def _punches(write: Callable[[int], bytes], width: int, is_first: bool) -> tuple[bytes, bytes]:
    """The bytes of each digit, of what is not negative and of what is. Of a negative zero it does not matter:
    there is another digit then."""
    place, other = (10 ** (width - 1), 1) if is_first else (1, 10)
    column = 0 if is_first else -1
    numbers = [digit * place + (other if width > 1 else 0) for digit in range(10)]
    plus = bytes(write(number)[column] for number in numbers)
    minus = bytes(write(-number)[column] for number in numbers)
    return plus, minus


def _moment(
    field: DateField | TimeField | DateTimeField, page: CodePage, characters: Characters
) -> Writer | None:
    """What writes a moment whose parts are those of its text; seconds are zero where the field has none."""
    places: dict[str, int] = {}
    template = bytearray()
    rest = iter(field.pattern)
    for character in rest:
        letter = next(rest, "") if character == "%" else None
        if letter is None or letter == "%":
            template += page.encode(character)
        elif letter in WIDTHS and letter != "f":
            places[letter] = len(template)
            template += bytes(WIDTHS[letter])
        else:
            return None
    offset = field.offset if isinstance(field, DateTimeField) else None
    text = ("Y-m-d" if "Y" in places else "") + ("T" if {"Y", "H"} <= places.keys() else "")
    text += "H:M:S" if "H" in places else ""
    iso, allowed, length = _iso(text, "S" in places, "" if offset in (None, "local") else str(offset))
    moments = moments_of(iso, DATE, None)
    return MomentWriter(moments, length, allowed, places, bytes(template), to_page(characters))


def _iso(text: str, has_seconds: bool, offset: str) -> tuple[dict[str, int], Allowed, int]:
    """Where the parts stand in a text of JSON, and what may stand in its bytes."""
    suffix = "Z" if offset and (offset == "Z" or offset[1:] == "00:00") else offset
    places: dict[str, int] = {}
    allowed = Allowed(_LONGEST_TEXT)
    at = 0
    for character in text:
        if character not in WIDTHS:
            allowed.exactly(at, character.encode())
            at += 1
            continue
        width = WIDTHS[character]
        if character == "S" and not has_seconds:
            allowed.exactly(at, b"00")
        else:
            allowed.digits(at, at + width)
            places[character] = at
        at += width
    allowed.exactly(at, suffix.encode())
    return places, allowed, at + len(suffix)
