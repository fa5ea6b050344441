"""Floating-point numbers of 4 and 8 bytes: IEEE 754 binary, and the hexadecimal format of IBM mainframes.

A value is the decimal number with the fewest digits that is nearer to it than to any other number of the
format; 0.1 in a field of four bytes is 0.1. Writing takes the nearest number of the format, and refuses what
would not read back as it was given. NaN and infinity are no numbers.
Source: IEEE 754-2019 §3.4; z/Architecture Principles of Operation, Hexadecimal-Floating-Point Instructions.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from decimal import Context, Decimal
from typing import Literal, TypeAlias

from mappings.fixed_width.errors import FieldError

ReadFloat: TypeAlias = Callable[[bytes], Decimal]
WriteFloat: TypeAlias = Callable[[Decimal], bytes]

# Decimal digits that every number of a format has, and those that tell any two apart.
_SINGLE_DIGITS, _SHORT_DIGITS, _LONG_DIGITS = range(1, 10), range(6, 10), range(15, 19)
_WHOLE_DIGITS = 20  # whole numbers of more digits have an exponent
_MOST = 400  # decimal exponents beyond this are out of all formats


def float_codec(
    usage: Literal["ieee", "hexadecimal"], length: int, byte_order: Literal["big", "little"]
) -> tuple[ReadFloat, WriteFloat]:
    """Functions that read and write numbers of `length` 4 or 8. Both raise FieldError."""
    if usage == "hexadecimal":
        read, put = _hexadecimal(length, byte_order)
    else:
        read, put = (_double if length == 8 else _single)(byte_order)

    def write(value: Decimal) -> bytes:
        if not value.is_finite() or abs(value.adjusted()) > _MOST:
            raise FieldError("overflow", "is beyond what the field can hold")
        data = put(value)
        if read(data) != value:
            raise FieldError("precision", "has more digits than the field keeps")
        return data

    return read, write


def _double(byte_order: str) -> tuple[ReadFloat, WriteFloat]:
    form = struct.Struct(">d" if byte_order == "big" else "<d")

    def read(data: bytes) -> Decimal:
        (number,) = form.unpack(data)
        if not math.isfinite(number):
            raise FieldError("float", "is no number, but NaN or infinity")
        return Decimal(repr(number))

    def write(value: Decimal) -> bytes:
        return _packed(form, value)

    return read, write


def _single(byte_order: str) -> tuple[ReadFloat, WriteFloat]:
    form = struct.Struct(">f" if byte_order == "big" else "<f")

    def read(data: bytes) -> Decimal:
        (number,) = form.unpack(data)
        if not math.isfinite(number):
            raise FieldError("float", "is no number, but NaN or infinity")
        for digits in _SHORT_DIGITS if abs(number) > 1e-37 else _SINGLE_DIGITS:
            text = f"{number:.{digits}g}"
            if form.pack(float(text)) == data:
                break
        return _plain(Decimal(text))

    def write(value: Decimal) -> bytes:
        return _packed(form, value)

    return read, write


def _packed(form: struct.Struct, value: Decimal) -> bytes:
    number = float(value)
    try:
        data = form.pack(number)
    except OverflowError:
        raise FieldError("overflow", "is beyond what the field can hold") from None
    if math.isinf(number):
        raise FieldError("overflow", "is beyond what the field can hold")
    if value and not form.unpack(data)[0]:
        raise FieldError("overflow", "is nearer to zero than what the field can hold")
    return data


def _plain(number: Decimal) -> Decimal:
    """Without zeros at the end of its fraction; `-0` keeps its sign."""
    shorter = number.normalize()
    exponent = shorter.as_tuple().exponent
    assert isinstance(exponent, int), "the number is finite"
    return shorter.quantize(Decimal(1)) if exponent > 0 and shorter.adjusted() < _WHOLE_DIGITS else shorter


def _hexadecimal(length: int, byte_order: Literal["big", "little"]) -> tuple[ReadFloat, WriteFloat]:
    """A sign, an exponent of 16 in excess 64, and a fraction of 6 or 14 hexadecimal digits."""
    places = 2 * length - 2
    bits = 4 * places
    contexts = [Context(prec=digits) for digits in (_SHORT_DIGITS if length == 4 else _LONG_DIGITS)]

    def read(data: bytes) -> Decimal:
        whole = int.from_bytes(data, byte_order)
        fraction = whole & ((1 << bits) - 1)
        power = 4 * ((whole >> bits & 0x7F) - 64 - places)
        numerator, denominator = (fraction << power, 1) if power > 0 else (fraction, 1 << -power)
        parts = _nearest(numerator, denominator, places)
        for context in contexts:
            number = context.divide(Decimal(numerator), Decimal(denominator))
            if _nearest(*number.as_integer_ratio(), places) == parts:
                break
        number = _plain(number)
        return number.copy_negate() if whole >> (8 * length - 1) else number

    def write(value: Decimal) -> bytes:
        numerator, denominator = abs(value).as_integer_ratio()
        exponent, fraction = _nearest(numerator, denominator, places)
        if exponent > 63 or (value and not fraction):
            raise FieldError("overflow", "is beyond what the field can hold")
        whole = (exponent + 64 if fraction else 0) << bits | fraction
        return (whole | value.is_signed() << (8 * length - 1)).to_bytes(length, byte_order)

    return read, write


def _nearest(numerator: int, denominator: int, places: int) -> tuple[int, int]:
    """The exponent of 16 and the fraction, of so many hexadecimal digits, nearest to a number; of two that
    are as near the even one. Only the least exponent has fractions that begin with a zero."""
    exponent = max(-64, (numerator.bit_length() - denominator.bit_length()) // 4)
    while True:
        shift = 4 * (places - exponent)
        over, under = (numerator << shift, denominator) if shift > 0 else (numerator, denominator << -shift)
        fraction, rest = divmod(over, under)
        fraction += 2 * rest > under or (2 * rest == under and fraction & 1)
        if fraction < 1 << 4 * places:
            return exponent, fraction
        exponent += 1
