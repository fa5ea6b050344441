"""Numbers at fixed bytes: display, packed, BCD and binary, as whole numbers without their scale.

Reading is strict: every byte is looked at, and one that is not what the field declares is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeAlias

from mappings.fixed_width.code_pages import CodePage
from mappings.fixed_width.errors import FieldError
from mappings.fixed_width.field_schema import DecimalField, IntegerField, Overpunch, Sign, Usage

NumberField: TypeAlias = IntegerField | DecimalField
ReadNumber: TypeAlias = Callable[[bytes], int]
WriteNumber: TypeAlias = Callable[[int], bytes]


class NumberCodec(NamedTuple):
    """One field's number without its scale, both ways. Both raise FieldError."""

    read: ReadNumber
    write: WriteNumber


def number_codec(field: NumberField, page: CodePage) -> NumberCodec:
    """The codec of a field whose definition has been checked."""
    if field.usage is Usage.PACKED:
        return _packed(field)
    if field.usage is Usage.BCD:
        return _bcd(field)
    if field.usage is Usage.BINARY:
        return _binary(field)
    sign = field.sign or Sign.NONE
    if sign in (Sign.OVERPUNCH, Sign.OVERPUNCH_LEADING):
        return _zoned(field, page, leading=sign is Sign.OVERPUNCH_LEADING)
    if sign is Sign.NONE and field.pad == "0" and _point(field) is None:
        return _digits(field, page)
    return _display(field, page, sign)


def largest(field: NumberField) -> int:
    """The greatest number, without its scale, that the field holds."""
    if field.usage in (Usage.PACKED, Usage.BCD):
        most = 2 * field.length - (field.usage is Usage.PACKED)
        return int(10 ** (field.digits or most)) - 1
    if field.usage is Usage.BINARY:
        bits = 8 * field.length - (field.sign is not Sign.NONE)
        return int(min(2**bits, 10 ** (field.digits or 400))) - 1
    taken = (field.sign in (Sign.LEADING, Sign.TRAILING)) + (_point(field) is not None)
    return int(10 ** (field.length - taken)) - 1


def smallest(field: NumberField) -> int:
    """The least number, without its scale, that the field holds."""
    if field.usage is Usage.DISPLAY:
        if field.sign in (None, Sign.NONE):
            return 0
        return -largest(field) if field.sign is not Sign.FLOATING else -((largest(field) + 1) // 10 - 1)
    if field.sign is Sign.NONE or field.usage is Usage.BCD:
        return 0
    if field.usage is Usage.BINARY and field.digits is None:
        return -largest(field) - 1
    return -largest(field)


def _point(field: NumberField) -> str | None:
    return field.separator if isinstance(field, DecimalField) else None


def _overflow(field: NumberField) -> FieldError:
    return FieldError("overflow", f"does not fit {field.length} bytes")


def _negative_zero() -> FieldError:
    return FieldError("sign", "is a negative zero")


def _unsigned(number: int, field: NumberField) -> None:
    if number < 0:
        raise FieldError("sign", "is negative, the field has no sign")


def _digits(field: NumberField, page: CodePage) -> NumberCodec:
    """The plain case, without regular expressions: nothing but digits."""
    table, width = page.to_ascii, field.length
    wrong = partial(FieldError, field.type, f"is not {width} digits")

    def read(data: bytes) -> int:
        if data.isdigit():
            return int(data)
        raise wrong()

    def read_translated(data: bytes) -> int:
        digits = data.translate(table)
        if digits.isdigit():
            return int(digits)
        raise wrong()

    form = b"%%0%dd" % width
    to_page = bytes.maketrans(b"0123456789", page.encode("0123456789"))

    def write(number: int) -> bytes:
        if number < 0:
            _unsigned(number, field)
        data = form % number
        if len(data) > width:
            raise _overflow(field)
        return data if table is None else data.translate(to_page)

    return NumberCodec(read if table is None else read_translated, write)


def _display(field: NumberField, page: CodePage, sign: Sign) -> NumberCodec:
    """Digits with padding, a point or a sign of its own byte."""
    table, width, plus = page.to_ascii, field.length, field.plus
    syntax = re.compile(_syntax(field, sign).encode("ascii"))
    wrong = partial(FieldError, field.type, f"is not {_in_words(field, sign)} in {width} bytes")

    strict = field.signs_read == "written"

    def read(data: bytes) -> int:
        found = syntax.fullmatch(data if table is None else data.translate(table))
        if found is None:
            raise wrong()
        number = int(found["whole"] + (found["fraction"] or b""))
        if found["sign"] != b"-":
            return number
        if strict and not number:
            raise _negative_zero()
        return -number

    point = _point(field)
    scale = field.scale if isinstance(field, DecimalField) else 0
    own_byte = sign in (Sign.LEADING, Sign.TRAILING)

    def write(number: int) -> bytes:
        if sign is Sign.NONE:
            _unsigned(number, field)
        text = str(abs(number))
        if point is not None:
            text = text.zfill(scale + 1)
            text = f"{text[:-scale]}{point}{text[-scale:]}"
        mark = "-" if number < 0 else plus if own_byte else ""
        room = width - own_byte
        if sign is Sign.FLOATING:
            text, mark = mark + text, ""
        if len(text) > room:
            raise _overflow(field)
        text = text.ljust(room, field.pad) if field.justify == "left" else _right(text, room, field.pad)
        return page.encode(text + mark if sign is Sign.TRAILING else mark + text)

    return NumberCodec(read, write)


def _right(text: str, room: int, pad: str) -> str:
    """Zeros go behind a sign, all else before it."""
    return text.zfill(room) if pad == "0" else text.rjust(room, pad)


def _syntax(field: NumberField, sign: Sign) -> str:
    """The regular expression of the whole field, in ASCII, with groups `sign`, `whole` and `fraction`."""
    point = _point(field)
    scale = field.scale if isinstance(field, DecimalField) else 0
    fraction = "(?P<fraction>)" if point is None else f"{re.escape(point)}(?P<fraction>[0-9]{{{scale}}})"
    number = f"(?P<whole>[0-9]+){fraction}"
    if sign is Sign.FLOATING:
        number = f"(?P<sign>-?){number}"
    elif sign is Sign.NONE:
        number = f"(?P<sign>){number}"
    if field.pad != "0":
        padding = f"{re.escape(field.pad)}*"
        number = f"{padding}{number}" if field.justify == "right" else f"{number}{padding}"
    mark = f"(?P<sign>[{re.escape(field.plus)}-])"
    return {Sign.LEADING: mark + number, Sign.TRAILING: number + mark}.get(sign, number)


def _in_words(field: NumberField, sign: Sign) -> str:
    words = {"0": "digits", " ": "digits and spaces", "*": "digits and asterisks"}[field.pad]
    point = _point(field)
    if point is not None and isinstance(field, DecimalField):
        words += f" with {field.scale} behind {point!r}"
    if sign in (Sign.LEADING, Sign.TRAILING):
        words += f" and a {sign} sign ({field.plus!r} or '-')"
    return words


def _zoned(field: NumberField, page: CodePage, *, leading: bool) -> NumberCodec:
    """Digits of which one carries the sign."""
    table, width = page.to_ascii, field.length
    by_byte, positive, negative = _punches(field, page)
    strict, pad = field.signs_read == "written", field.pad.encode()
    wrong = partial(FieldError, field.type, f"is not {width} digits with an overpunched sign")

    def read(data: bytes) -> int:
        signed, rest = (data[0], data[1:]) if leading else (data[-1], data[:-1])
        if table is not None:
            rest = rest.translate(table)
        if pad != b"0":
            rest = rest.lstrip(pad)
        punched = by_byte.get(signed)
        if punched is None or (rest and not rest.isdigit()):
            raise wrong()
        digit, is_negative = punched
        number = int(digit + rest if leading else rest + digit)
        if not is_negative:
            return number
        if strict and not number:
            raise _negative_zero()
        return -number

    def write(number: int) -> bytes:
        text = str(abs(number))
        if len(text) > width:
            raise _overflow(field)
        text = text.rjust(width, field.pad)
        punches = negative if number < 0 else positive
        if leading:
            return bytes([punches[int(text[0])]]) + page.encode(text[1:])
        return page.encode(text[:-1]) + bytes([punches[int(text[-1])]])

    return NumberCodec(read, write)


def _punches(field: NumberField, page: CodePage) -> tuple[dict[int, tuple[bytes, bool]], bytes, bytes]:
    """What each byte means as an overpunched digit, and the bytes that +0 to +9 and -0 to -9 are written as.

    In EBCDIC the zone of the byte is the sign, whatever character the code page has there.
    """
    if page.is_ebcdic:
        plus, minus = _signs(field)
        zones = _SIGNS if field.signs_read == "all" else plus + minus
        by_byte = {
            int(zone, 16) << 4 | digit: (b"%d" % digit, zone in "bd") for zone in zones for digit in range(10)
        }
        return by_byte, _zoned_digits(plus), _zoned_digits(minus)
    positive, negative = _PUNCHES[field.overpunch]
    plain = b"0123456789" if field.signs_read == "all" else b""
    by_byte = {byte: (b"%d" % digit, False) for digit, byte in enumerate(plain)}
    by_byte |= {byte: (b"%d" % digit, False) for digit, byte in enumerate(positive)}
    by_byte |= {byte: (b"%d" % digit, True) for digit, byte in enumerate(negative)}
    return by_byte, positive, negative


def _zoned_digits(zone: str) -> bytes:
    return bytes(int(zone, 16) << 4 | digit for digit in range(10))


_PUNCHES = {
    Overpunch.LETTERS: (b"{ABCDEFGHI", b"}JKLMNOPQR"),
    Overpunch.MICRO_FOCUS: (b"0123456789", b"pqrstuvwxy"),
    Overpunch.MINUS_LETTERS: (b"0123456789", b"}JKLMNOPQR"),
    Overpunch.REALIA: (b"0123456789", b" !\"#$%&'()"),
}
_SIGNS = "acefbd"
"""The half bytes that are signs. Source: z/Architecture Principles of Operation, Decimal Instructions."""


def _signs(field: NumberField) -> tuple[str, str]:
    """The half bytes that are written as plus and minus."""
    packed_without = field.usage is Usage.PACKED and field.sign is Sign.NONE
    return (field.positive_sign or ("F" if packed_without else "C")).lower(), field.negative_sign.lower()


def _packed(field: NumberField) -> NumberCodec:
    """Half bytes, the last one a sign."""
    width = 2 * field.length - 1
    signed = field.sign is not Sign.NONE
    limit = 10**field.digits if field.digits is not None and field.digits < width else None
    strict = field.signs_read == "written"
    plus, minus = _signs(field)
    pluses, minuses = (plus, minus if signed else "") if strict else ("acef", "bd")
    wrong = partial(FieldError, "packed", "is not packed decimal: a digit or the sign is none")

    def read(data: bytes) -> int:
        halves = data.hex()
        digits, sign = halves[:-1], halves[-1]
        if sign in pluses and digits.isdigit():
            number = int(digits)
        elif sign in minuses and digits.isdigit():
            number = -int(digits)
            if not signed:
                _unsigned(number, field)
            if strict and not number:
                raise _negative_zero()
        else:
            raise wrong()
        if limit is not None and not -limit < number < limit:
            raise FieldError("digits", f"has more than {field.digits} digits")
        return number

    def write(number: int) -> bytes:
        if not signed:
            _unsigned(number, field)
        digits = str(abs(number)).zfill(width)
        if len(digits) > width or (limit is not None and abs(number) >= limit):
            raise _overflow(field)
        return bytes.fromhex(digits + (minus if number < 0 else plus))

    return NumberCodec(read, write)


def _bcd(field: NumberField) -> NumberCodec:
    """Half bytes, all of them digits."""
    width = 2 * field.length
    limit = 10 ** min(width, field.digits or width)
    wrong = partial(FieldError, "packed", "is not packed decimal: a digit is none")

    def read(data: bytes) -> int:
        halves = data.hex()
        if not halves.isdigit():
            raise wrong()
        number = int(halves)
        if number >= limit:
            raise FieldError("digits", f"has more than {field.digits} digits")
        return number

    def write(number: int) -> bytes:
        _unsigned(number, field)
        if number >= limit:
            raise _overflow(field)
        return bytes.fromhex(str(number).zfill(width))

    return NumberCodec(read, write)


def _binary(field: NumberField) -> NumberCodec:
    width, order, signed = field.length, field.byte_order, field.sign is not Sign.NONE
    limit = None if field.digits is None else 10**field.digits

    def read(data: bytes) -> int:
        number = int.from_bytes(data, order, signed=signed)
        if limit is not None and not -limit < number < limit:
            raise FieldError("digits", f"has more than {field.digits} digits")
        return number

    def write(number: int) -> bytes:
        if not signed:
            _unsigned(number, field)
        if limit is not None and abs(number) >= limit:
            raise _overflow(field)
        try:
            return number.to_bytes(width, order, signed=signed)
        except OverflowError:
            raise _overflow(field) from None

    return NumberCodec(read, write)
