"""Built-in atomic types: text to typed JSON value and back, before any facet.

Each entry reads text whose white space is already normalised and writes the lexical form that carries the
value exactly; what cannot be carried exactly is refused.

Source: XML Schema 1.0 Part 2, §3.2 and 3.3.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from mappings.contract import JsonValue
from mappings.xml.errors import Refused
from mappings.xml.temporal import PATTERNS, checker

Read: TypeAlias = Callable[[str], JsonValue]
Write: TypeAlias = Callable[[JsonValue], str]
Family: TypeAlias = Literal["text", "integer", "decimal", "double", "boolean", "binary", "temporal", "qname"]

MAX_DIGITS = 400
"""Digits of one number: what the gateway's JSON rules allow."""

INTEGER_RANGES: dict[str, tuple[int | None, int | None]] = {
    "integer": (None, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-(2**7), 2**7 - 1),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 2**8 - 1),
}

_NAME_START = ":A-Z_a-z\xc0-\xd6\xd8-\xf6\xf8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
_NAME_START += "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
_NAME_CHAR = _NAME_START + "\\-.0-9\xb7\u0300-\u036f\u203f-\u2040"
NCNAME = f"[{_NAME_START[1:]}][{_NAME_CHAR[1:]}]*"
TEXT_FORMS: dict[str, str] = {
    "language": "[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*",
    "Name": f"[{_NAME_START}][{_NAME_CHAR}]*",
    "NCName": NCNAME,
    "ID": NCNAME,
    "IDREF": NCNAME,
    "ENTITY": NCNAME,
    "NMTOKEN": f"[{_NAME_CHAR}]+",
}
"""Texts whose form is restricted, as regular expressions without anchors."""

_FREE_TEXTS = ("string", "normalizedString", "token", "anyURI", "anySimpleType", "anyAtomicType")
_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)
_DOUBLE = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})*", re.ASCII)
_QNAME = re.compile(r"(?:\{[^{}\s]+\})?" + NCNAME)
_SPECIAL_DOUBLES = ("INF", "-INF", "NaN")
_BOOLEANS: dict[str, bool] = {"true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True, slots=True)
class Atom:
    """A built-in type's reader and writer."""

    family: Family
    read: Read
    write: Write


def atom(builtin: str) -> Atom | None:
    """The atom of a built-in type's local name; None for one that has no values of its own."""
    if builtin in _FREE_TEXTS:
        return Atom("text", _same, _write_text)
    if builtin in TEXT_FORMS:
        return _form(builtin)
    if builtin in INTEGER_RANGES:
        return _integer(builtin)
    if builtin in PATTERNS:
        return _temporal(builtin)
    return _OTHERS.get(builtin)


def expected(what: str, value: JsonValue) -> Refused:
    """The error for a JSON value of the wrong type."""
    return Refused(f"expected {what}, got {json_type(value)}", "type")


def json_type(value: JsonValue) -> str:
    """The name of a value's JSON type, for messages."""
    if value is None:
        return "null"
    names: dict[type, str] = {bool: "a boolean", str: "text", list: "an array", dict: "an object"}
    return names.get(type(value), "a number")


def invalid(builtin: str, text: str) -> Refused:
    """The error for text that is no value of a type."""
    return Refused(f"not a valid xs:{builtin}", "lexical", excerpt=text)


# --- texts


def _same(text: str) -> JsonValue:
    return text


def _write_text(value: JsonValue) -> str:
    if type(value) is not str:
        raise expected("text", value)
    return value


def _form(builtin: str) -> Atom:
    match = re.compile(TEXT_FORMS[builtin]).fullmatch

    def read(text: str) -> JsonValue:
        if match(text) is None:
            raise invalid(builtin, text)
        return text

    def write(value: JsonValue) -> str:
        text = _write_text(value)
        if match(text) is None:
            raise invalid(builtin, text)
        return text

    return Atom("text", read, write)


def _temporal(builtin: str) -> Atom:
    is_valid = checker(builtin)

    def read(text: str) -> JsonValue:
        if not is_valid(text):
            raise invalid(builtin, text)
        return text

    def write(value: JsonValue) -> str:
        text = _write_text(value)
        if not is_valid(text):
            raise invalid(builtin, text)
        return text

    return Atom("temporal", read, write)


def _read_qname(text: str) -> JsonValue:
    if _QNAME.fullmatch(text) is None:
        raise invalid("QName", text)
    return text


def _write_qname(value: JsonValue) -> str:
    text = _write_text(value)
    if _QNAME.fullmatch(text) is None:
        raise Refused("not a name of the form {namespace}local", "lexical", excerpt=text)
    return text


# --- numbers


def _integer(builtin: str) -> Atom:
    low, high = INTEGER_RANGES[builtin]

    def in_range(value: int) -> int:
        if (low is not None and value < low) or (high is not None and value > high):
            raise Refused(f"out of the range of xs:{builtin}", "range")
        return value

    def read(text: str) -> JsonValue:
        if not (text.isdecimal() and text.isascii()) and _INTEGER.fullmatch(text) is None:
            raise invalid(builtin, text)
        if len(text) > MAX_DIGITS:
            raise Refused(f"a number has more than {MAX_DIGITS} digits", "number-length")
        return in_range(int(text))

    def write(value: JsonValue) -> str:
        if type(value) is int:
            number = value
        elif type(value) is Decimal and value.is_finite() and value.adjusted() <= MAX_DIGITS:
            number = int(value)
            if number != value:
                raise expected("an integer", value)
        else:
            raise expected("an integer", value)
        if abs(number) >= _TOO_LONG:
            raise Refused(f"a number has more than {MAX_DIGITS} digits", "number-length")
        return str(in_range(number))

    return Atom("integer", read, write)


_TOO_LONG = 10**MAX_DIGITS


def _read_decimal(text: str) -> JsonValue:
    if _DECIMAL.fullmatch(text) is None:
        raise invalid("decimal", text)
    if len(text) > MAX_DIGITS:
        raise Refused(f"a number has more than {MAX_DIGITS} digits", "number-length")
    return Decimal(text)


def _write_decimal(value: JsonValue) -> str:
    if type(value) is Decimal:
        if not value.is_finite() or abs(value.adjusted()) > MAX_DIGITS:
            raise Refused("not a number that xs:decimal can carry", "range")
        text = f"{value:f}"
    elif type(value) is int:
        if abs(value) >= _TOO_LONG:
            raise Refused(f"a number has more than {MAX_DIGITS} digits", "number-length")
        text = str(value)
    else:
        what = "a decimal number (a binary one may differ)" if type(value) is float else "a number"
        raise expected(what, value)
    if len(text) > MAX_DIGITS:
        raise Refused(f"a number has more than {MAX_DIGITS} digits", "number-length")
    return text


def _read_double(text: str) -> JsonValue:
    if text in _SPECIAL_DOUBLES:
        return text
    if len(text) > MAX_DIGITS or _DOUBLE.fullmatch(text) is None:
        raise invalid("double", text)
    value = float(text)
    if math.isinf(value):
        raise Refused("out of the range of a double", "range", excerpt=text)
    return value


def _write_double(value: JsonValue) -> str:
    if type(value) is str:
        if value not in _SPECIAL_DOUBLES:
            raise expected('a number, "INF", "-INF" or "NaN"', value)
        return value
    number = _as_double(value)
    return repr(number) if type(value) is float else str(value)


def _as_double(value: JsonValue) -> float:
    """The double that a JSON number is exactly, as far as its shortest notation goes."""
    if type(value) is float:
        if not math.isfinite(value):
            raise Refused('infinities and NaN are the texts "INF", "-INF" and "NaN"', "type")
        return value
    if type(value) is not int and type(value) is not Decimal:
        raise expected("a number", value)
    try:
        number = float(value)
    except (OverflowError, ValueError):
        raise Refused("out of the range of a double", "range") from None
    if math.isinf(number) or (Decimal(repr(number)) != value and Decimal(number) != value):
        raise Refused("has more digits than a double carries", "precision")
    return number


def _write_float(value: JsonValue) -> str:
    if type(value) is str:
        return _write_double(value)
    number = _as_double(value)
    try:
        single: float = struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        raise Refused("out of the range of a single-precision float", "range") from None
    if single != number and all(float(f"{single:.{digits}g}") != number for digits in (6, 7, 8, 9)):
        raise Refused("has more digits than a single-precision float carries", "precision")
    return repr(number) if type(value) is float else str(value)


# --- booleans and bytes


def _read_boolean(text: str) -> JsonValue:
    try:
        return _BOOLEANS[text]
    except KeyError:
        raise invalid("boolean", text) from None


def _write_boolean(value: JsonValue) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    raise expected("a boolean", value)


def from_base64(text: str) -> bytes:
    """The bytes of canonical base64 text. Raises: Refused."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True) if text else b""
    except ValueError:
        raise Refused("not valid base64", "base64", excerpt=text[:20]) from None
    if base64.b64encode(data).decode("ascii") != text:
        raise Refused("base64 whose last character carries stray bits", "base64", excerpt=text[-20:])
    return data


def _read_base64(text: str) -> JsonValue:
    if " " in text:
        text = text.replace(" ", "")
    from_base64(text)
    return text


def _write_base64(value: JsonValue) -> str:
    text = _write_text(value)
    from_base64(text)
    return text


def _read_hex(text: str) -> JsonValue:
    if _HEX.fullmatch(text) is None:
        raise invalid("hexBinary", text[:20])
    return base64.b64encode(bytes.fromhex(text)).decode("ascii")


def _write_hex(value: JsonValue) -> str:
    return from_base64(_write_text(value)).hex().upper()


_OTHERS: dict[str, Atom] = {
    "boolean": Atom("boolean", _read_boolean, _write_boolean),
    "decimal": Atom("decimal", _read_decimal, _write_decimal),
    "double": Atom("double", _read_double, _write_double),
    "float": Atom("double", _read_double, _write_float),
    "base64Binary": Atom("binary", _read_base64, _write_base64),
    "hexBinary": Atom("binary", _read_hex, _write_hex),
    "QName": Atom("qname", _read_qname, _write_qname),
    "NOTATION": Atom("qname", _read_qname, _write_qname),
}
