"""Date patterns of expressions and transforms: those of delimited fields, and what is said of them."""

from __future__ import annotations

from mappings.delimited.dates import Pattern, parse_pattern

_TIME_LETTERS = frozenset("HMSfz")


def has_time(pattern: Pattern) -> bool:
    """Does a pattern have any part of a time of day."""
    return not _TIME_LETTERS.isdisjoint(pattern.letters)


def whole_pattern(text: str, century_from: int | None = None) -> Pattern:
    """A pattern by which a date, or a date and a time, can be read. Raises: ValueError."""
    pattern = parse_pattern(text, century_from)
    needed = "YmdHM" if has_time(pattern) else "Ymd"
    lacking = [letter for letter in needed if letter not in pattern.letters]
    if lacking:
        raise ValueError(f"the pattern lacks %{lacking[0]}")
    return pattern


def reason_of(error: Exception) -> str:
    """Why a text is refused, without the text: the patterns say it so, Python's own errors about the calendar
    may name parts of it."""
    reason = str(error)
    return reason if reason.startswith(("has ", "is ", "does ")) else "is no date of the calendar"
