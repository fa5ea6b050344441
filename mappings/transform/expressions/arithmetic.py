"""Exact arithmetic over whole numbers and decimals, and exact fractions for what is rounded in the end.

A result that has no exact decimal of bounded length is an error, never an approximation. `/` is exact
division for whole numbers too: 7 / 2 is 3.5. In CEL it would be 3; but whether JSON brings 7 or 7.00 says
nothing about what is meant.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import (
    Clamped,
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    FloatOperation,
    Inexact,
    InvalidOperation,
    Overflow,
    Underflow,
)
from fractions import Fraction
from typing import TypeAlias

from mappings.contract import JsonValue
from mappings.transform.expressions.errors import Unanswerable
from mappings.transform.expressions.kinds import DOUBLE, WORDS, kind_of
from mappings.transform.expressions.limits import MAX_DIGITS, MAX_EXPONENT, QUOTIENT_DIGITS

Number: TypeAlias = int | Decimal

_TRAPS: list[type[DecimalException]] = [
    Clamped,
    DivisionByZero,
    FloatOperation,
    Inexact,
    InvalidOperation,
    Overflow,
    Underflow,
]
_BEYOND = 10**MAX_DIGITS
_MAX_FRACTION_BITS = 8192
MAX_PLACES = 34
"""Digits after the point that `round` gives at most."""
ROUNDINGS = ("half_up", "half_even", "down", "up")


def _exact(digits: int) -> Context:
    """A context that raises rather than rounds; dropping zeros beyond its digits is exact and passes."""
    return Context(prec=digits, Emin=-MAX_EXPONENT, Emax=MAX_EXPONENT, traps=_TRAPS, clamp=0)


_EXACT = _exact(MAX_DIGITS)
_QUOTIENT = _exact(QUOTIENT_DIGITS)


def number(value: JsonValue) -> Number:
    """The value, which has to be a number that is exact. Raises: Unanswerable."""
    if type(value) is int or type(value) is Decimal:
        return value
    if type(value) is float:
        raise Unanswerable(f"arithmetic takes whole numbers and decimals: {DOUBLE}")
    words = WORDS[kind_of(value)]
    raise Unanswerable(f"arithmetic takes numbers, not {words}")


def _bounded(value: int) -> int:
    if -_BEYOND < value < _BEYOND:
        return value
    raise Unanswerable(f"the result has more than {MAX_DIGITS} digits")


def _decimals(
    operation: Callable[[Decimal, Decimal], Decimal], left: Number, right: Number, digits: int
) -> Decimal:
    try:
        result = operation(Decimal(left), Decimal(right))
    except DivisionByZero:
        raise Unanswerable("division by zero") from None
    except (Clamped, InvalidOperation, Overflow, Underflow):  # the latter two are kinds of Inexact
        raise Unanswerable(f"the result is no number of at most {digits} digits") from None
    except Inexact:
        raise Unanswerable(f"the result is not exact within {digits} digits") from None
    return unsigned_zero(result)


def unsigned_zero(value: Decimal) -> Decimal:
    """The number; there is no negative zero."""
    return value if value else value.copy_abs()


def add(left: Number, right: Number) -> Number:
    """The sum. Raises: Unanswerable."""
    if type(left) is int and type(right) is int:
        return _bounded(left + right)
    return _decimals(_EXACT.add, left, right, MAX_DIGITS)


def subtract(left: Number, right: Number) -> Number:
    """The difference. Raises: Unanswerable."""
    if type(left) is int and type(right) is int:
        return _bounded(left - right)
    return _decimals(_EXACT.subtract, left, right, MAX_DIGITS)


def multiply(left: Number, right: Number) -> Number:
    """The product. Raises: Unanswerable."""
    if type(left) is int and type(right) is int:
        return _bounded(left * right)
    return _decimals(_EXACT.multiply, left, right, MAX_DIGITS)


def divide(left: Number, right: Number) -> Number:
    """The quotient: a whole number where two whole numbers divide evenly, else a decimal.

    Raises: Unanswerable for zero, and where the quotient has more than 34 digits.
    """
    if right == 0:
        raise Unanswerable("division by zero")
    if type(left) is int and type(right) is int and left % right == 0:
        return left // right
    try:
        return _decimals(_QUOTIENT.divide, left, right, QUOTIENT_DIGITS)
    except Unanswerable:
        raise Unanswerable(
            f"the quotient is not exact within {QUOTIENT_DIGITS} digits; say where to round: round(a / b, 2)"
        ) from None


def remainder(left: Number, right: Number) -> Number:
    """What truncating division leaves; it has the sign of `left`. Raises: Unanswerable."""
    if right == 0:
        raise Unanswerable("division by zero")
    if type(left) is int and type(right) is int:
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest
    return _decimals(_EXACT.remainder, left, right, MAX_DIGITS)


def negate(value: Number) -> Number:
    """The number with the other sign; there is no negative zero."""
    if type(value) is Decimal:
        # Not `-value`, which rounds to the thread's own 28 digits.
        return unsigned_zero(value.copy_negate())
    return -value


def bounded_fraction(value: Fraction) -> Fraction:
    """The fraction, unless it has grown beyond what is carried on with. Raises: Unanswerable."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MAX_FRACTION_BITS:
        raise Unanswerable("a number on the way has more than 2400 digits")
    return value


def truncate(value: Fraction) -> int:
    """The whole number towards zero. Raises: Unanswerable."""
    whole = abs(value.numerator) // value.denominator
    return _bounded(-whole if value < 0 else whole)


def rounded(value: Fraction, places: int, rounding: str) -> Decimal:
    """The decimal with exactly `places` digits after the point. Raises: Unanswerable."""
    if not 0 <= places <= MAX_PLACES:
        raise Unanswerable(f"round gives 0 to {MAX_PLACES} digits after the point")
    whole, rest = divmod(abs(value.numerator) * 10**places, value.denominator)
    twice = 2 * rest
    if (
        (rounding == "up" and rest)
        or (rounding == "half_up" and twice >= value.denominator)
        or (
            rounding == "half_even"
            and (twice > value.denominator or (twice == value.denominator and whole % 2))
        )
    ):
        whole += 1
    digits = tuple(map(int, str(_bounded(whole))))
    return Decimal((int(value < 0 and whole != 0), digits, -places))
