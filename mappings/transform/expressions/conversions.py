"""From one kind of value to another, exactly or not at all."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction

from mappings.contract import JsonValue
from mappings.transform.expressions.arithmetic import truncate, unsigned_zero
from mappings.transform.expressions.errors import Unanswerable
from mappings.transform.expressions.kinds import WORDS, kind_of
from mappings.transform.expressions.limits import MAX_DIGITS, MAX_EXPONENT

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,6})?")


def to_integer(value: JsonValue) -> int:
    """A whole number from text in digits, or from a number cut off towards zero. Raises: Unanswerable."""
    if isinstance(value, str):
        if not _INTEGER.fullmatch(value):
            raise Unanswerable("the text is no whole number in ASCII digits")
        if len(value) > MAX_DIGITS:
            raise Unanswerable(f"the text has more than {MAX_DIGITS} digits")
        return int(value)
    return truncate(fraction_of(value))


def to_decimal(value: JsonValue) -> Decimal:
    """A decimal from text, from a number, or from a double by the shortest digits that mean it.

    Raises: Unanswerable.
    """
    if isinstance(value, str):
        if not _DECIMAL.fullmatch(value):
            raise Unanswerable("the text is no decimal number such as -12.50")
        found = Decimal(value)
        if len(value) > MAX_DIGITS or abs(found.adjusted()) > MAX_EXPONENT:
            raise Unanswerable(f"the text is no number of at most {MAX_DIGITS} digits")
        return unsigned_zero(found)
    if type(value) is int or type(value) is Decimal:
        return unsigned_zero(Decimal(value))
    if type(value) is float and math.isfinite(value):
        return unsigned_zero(Decimal(repr(value)))
    raise Unanswerable(f"decimal takes a text or a number, not {WORDS[kind_of(value)]}")


def to_text(value: JsonValue) -> str:
    """The text of a number, as JSON shows it but without exponent, or of true and false. Raises:
    Unanswerable."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if type(value) is int and value.bit_length() > 4 * MAX_EXPONENT:
        raise Unanswerable(f"the number has more than {MAX_EXPONENT} digits")
    if type(value) is int or type(value) is float:
        return str(value)
    if type(value) is Decimal and value.is_finite() and abs(value.adjusted()) <= MAX_EXPONENT:
        return f"{value:f}"
    raise Unanswerable(f"string takes a text, a number, true or false, not {WORDS[kind_of(value)]}")


def to_boolean(value: JsonValue) -> bool:
    """True or false, from the words `true` and `false`. Raises: Unanswerable."""
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise Unanswerable('bool takes true, false, "true" and "false"')


def fraction_of(value: JsonValue) -> Fraction:
    """A number as an exact fraction. Raises: Unanswerable."""
    if type(value) is int:
        return Fraction(value)
    if type(value) is Decimal and value.is_finite() and abs(value.adjusted()) <= 2 * MAX_EXPONENT:
        return Fraction(value)
    if type(value) is float and math.isfinite(value):
        return Fraction(Decimal(repr(value)))
    raise Unanswerable(f"a number is needed, not {WORDS[kind_of(value)]}")
