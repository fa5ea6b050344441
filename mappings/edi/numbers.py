"""Numbers as X12 and EDIFACT write them: exact, digits of ASCII only.

Source: X12.6, §3.5.1.1 (Nn, with an implied decimal point) and §3.5.1.2 (R); ISO 9735-1, §10.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Context, Decimal, Inexact, InvalidOperation

from mappings.contract import JsonValue
from mappings.edi.findings import BrokenRule

# Exact, or an error: the default context would round what has more than 28 digits.
_EXACT = Context(prec=400_000, Emin=-999_999, Emax=999_999, traps=[Inexact, InvalidOperation])
MAX_DIGITS = 390
"""Digits of a number: with sign, point and exponent JSON carries it."""
_MAX_EXPONENT = 400
_MAX_BITS = (10**MAX_DIGITS).bit_length()
_WHOLE = re.compile(r"-?[0-9]+")
_REAL = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:E-?[0-9]{1,4})?")
_EITHER_MARK = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?")
_NOT_COUNTED = str.maketrans("", "", "-.,E")


def counted(text: str) -> int:
    """The characters of a number that its length counts: neither sign nor decimal mark."""
    return len(text.translate(_NOT_COUNTED))


def pattern(places: int | None, least: int, most: int, separators: str, *, allows_comma: bool) -> str:
    """A regular expression for numbers without exponent; `places` is None where the point is written. In it
    is none of the separators."""
    sign = "" if "-" in separators else "-?"
    whole = f"[0-9]{{{least},{most}}}"
    marks = "".join(mark for mark in (".," if allows_comma else ".") if mark not in separators)
    if places is not None or not marks:
        return f"{sign}{whole}"
    before = "+" if allows_comma else "*"
    size = f"{{{least + 1},{most + 1}}}"
    return f"{sign}(?:{whole}|(?=[0-9{marks}]{size}(?![0-9{marks}]))[0-9]{before}[{marks}][0-9]+)"


def reader(places: int | None, *, allows_comma: bool) -> Callable[[str], JsonValue]:
    """What reads such a number: an int where it is whole by its type, else a Decimal. Raises: BrokenRule."""
    if places == 0:
        return _whole
    if places is not None:
        return lambda text: _EXACT.scaleb(Decimal(_whole(text)), -places)
    return _either_mark if allows_comma else _real


def converter(places: int | None, *, allows_comma: bool) -> Callable[[str], JsonValue]:
    """What reads a number that the pattern has accepted."""
    if places == 0:
        return int
    if places is not None:
        # Of an int: a zero has no sign then.
        return lambda text: _EXACT.scaleb(Decimal(int(text)), -places)
    if allows_comma:
        return lambda text: Decimal(text.replace(",", "."))
    return Decimal


def _whole(text: str) -> int:
    if _WHOLE.fullmatch(text) is None:
        raise BrokenRule("number", "is not a whole number")
    _check_digits(text)
    return int(text)


def _real(text: str) -> Decimal:
    found = _REAL.fullmatch(text)
    if found is None:
        raise BrokenRule("number", "is not a number")
    _check_digits(text)
    number = Decimal(text)
    if abs(number.adjusted()) > _MAX_EXPONENT:
        raise BrokenRule("number", f"is beyond an exponent of {_MAX_EXPONENT}")
    return number


def _either_mark(text: str) -> Decimal:
    if _EITHER_MARK.fullmatch(text) is None:
        raise BrokenRule("number", "is not a number")
    _check_digits(text)
    return Decimal(text.replace(",", "."))


def _check_digits(text: str) -> None:
    if counted(text) > MAX_DIGITS:
        raise BrokenRule("number", f"has more than {MAX_DIGITS} digits")


def text(value: JsonValue, places: int | None, least: int) -> str:
    """A number as text with at least so many digits. Raises: BrokenRule."""
    if least <= 1 and type(value) is Decimal and places is None and value.is_finite():
        # Nearly every number goes this way; those with an exponent are written without it below.
        plain = str(value)
        if "E" not in plain:
            return plain
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise BrokenRule("type", "is not a number")
    if isinstance(value, Decimal) and not (value.is_finite() and abs(value.adjusted()) <= _MAX_EXPONENT):
        raise BrokenRule("number", "is not a number that can be written")
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        raise BrokenRule("too-long", f"has more than {MAX_DIGITS} digits")
    if places is not None:
        shifted = value * 10**places if isinstance(value, int) else _EXACT.scaleb(value, places)
        if shifted != int(shifted):
            raise BrokenRule("scale", f"has more than {places} digits behind the point")
        written = str(int(shifted))
    else:
        written = format(value, "f") if isinstance(value, Decimal) else str(value)
    lacking = least - counted(written)
    if lacking <= 0:
        return written
    sign, digits = ("-", written[1:]) if written.startswith("-") else ("", written)
    return f"{sign}{'0' * lacking}{digits}"


def without_zero(text: str) -> str:
    """A number as it is written where there is no room for a zero before the point: .25, -.25."""
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
