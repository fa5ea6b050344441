"""Fractions of a second, as the digits that patterns of dates have."""

from __future__ import annotations

MICROSECOND_DIGITS = 6


def microseconds(digits: str) -> int:
    """The digits of a second's fraction, which a point may stand before. Raises: ValueError where there are
    more of them than a microsecond has, other than zeros."""
    fraction = digits.removeprefix(".").ljust(MICROSECOND_DIGITS, "0")
    if fraction[MICROSECOND_DIGITS:].strip("0"):
        raise ValueError("is finer than microseconds")
    return int(fraction[:MICROSECOND_DIGITS])


def fraction_digits(microsecond: int, digits: int) -> str:
    """So many digits of the second's fraction. Raises: ValueError where it has more."""
    text = f"{microsecond:0{MICROSECOND_DIGITS}}".ljust(digits, "0")
    if text[digits:].strip("0"):
        raise ValueError("is finer than the pattern")
    return text[:digits]
