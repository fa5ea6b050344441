"""Checking dates, times and durations: lexical form and calendar. The text itself is what is carried.

Source: XML Schema 1.0 Part 2, §3.2.6-3.2.14. Year 0000 and leap seconds do not exist there; 24:00:00 does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from fractions import Fraction

_YEAR = r"-?(?:[1-9][0-9]{4,}|[0-9]{4})"
_MONTH = r"(?:0[1-9]|1[0-2])"
_DAY = r"(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"

PATTERNS: dict[str, str] = {
    "dateTime": f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}",
    "date": f"{_YEAR}-{_MONTH}-{_DAY}{_ZONE}",
    "time": f"{_TIME}{_ZONE}",
    "gYear": f"{_YEAR}{_ZONE}",
    "gYearMonth": f"{_YEAR}-{_MONTH}{_ZONE}",
    "gMonth": f"--{_MONTH}{_ZONE}",
    "gMonthDay": f"--{_MONTH}-{_DAY}{_ZONE}",
    "gDay": f"---{_DAY}{_ZONE}",
    "duration": (
        r"-?P(?=[0-9]|T[0-9])(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?"
        r"(?:T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?)?"
    ),
}
"""The lexical forms, without anchors, in what JSON Schema's and Python's regular expressions share."""

_COMPILED = {name: re.compile(pattern, re.ASCII) for name, pattern in PATTERNS.items()}
_DATE_HEAD = re.compile(r"(-?[0-9]{4,})-([0-9]{2})-([0-9]{2})")
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
MAX_LENGTH = 100
"""Characters of one value: years and fractions of a second have no limit of their own."""


def checker(builtin: str) -> Callable[[str], bool]:
    """A test whether a text is a valid value of the built-in type."""
    match = _COMPILED[builtin].fullmatch
    if builtin in ("dateTime", "date"):
        return lambda text: len(text) <= MAX_LENGTH and match(text) is not None and _has_day(text)
    if builtin in ("gYear", "gYearMonth"):
        return lambda text: len(text) <= MAX_LENGTH and match(text) is not None and not _is_year_zero(text)
    if builtin == "gMonthDay":
        return lambda text: match(text) is not None and _fits(4, int(text[2:4]), int(text[5:7]))
    return lambda text: len(text) <= MAX_LENGTH and match(text) is not None


def _has_day(text: str) -> bool:
    if text[8:10] < "29" and text[0] != "-" and text[4] == "-" and text[:4] != "0000":
        return True
    found = _DATE_HEAD.match(text)
    if found is None:
        return False
    year, month, day = (int(part) for part in found.groups())
    return year != 0 and _fits(year, month, day)


def _is_year_zero(text: str) -> bool:
    return text.lstrip("-").startswith("0000")


def _fits(year: int, month: int, day: int) -> bool:
    # A year before our era is one off in the proleptic calendar: -0001 is the leap year 0.
    if year < 0:
        year += 1
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= _MONTH_DAYS[month - 1] + (1 if month == 2 and leap else 0)


_PARTS = re.compile(
    r"(?:(?P<year>-?[0-9]{4,})-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?T?)?"
    r"(?:(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2}(?:\.[0-9]+)?))?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?",
    re.ASCII,
)


def position(text: str) -> tuple[bool, Fraction] | None:
    """Where a valid dateTime, date or time lies on the time line: (has a zone, seconds); None for others.

    Two values compare only when both have a zone or both have none.
    """
    found = _PARTS.fullmatch(text)
    if found is None:
        return None
    year = int(found["year"]) if found["year"] else 2000
    if year < 0:
        year += 1  # the year before 0001 is -0001 here and 0, a leap year, in the calendar's cycle
    cycles, year = divmod(year, 400)
    days = date(year + 400, int(found["month"] or 1), int(found["day"] or 1)).toordinal() + cycles * 146_097
    clock = int(found["hour"] or 0) * 3600 + int(found["minute"] or 0) * 60 + Fraction(found["second"] or 0)
    seconds = days * 86_400 + clock
    zone = found["zone"]
    if zone is None:
        return False, seconds
    if zone != "Z":
        offset = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
        seconds -= offset if zone[0] == "+" else -offset
    return True, seconds
