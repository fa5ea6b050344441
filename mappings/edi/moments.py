"""Dates and times of X12's types DT and TM.

Source: X12.6, §3.5.1.5 and §3.5.1.6: CCYYMMDD or YYMMDD; HHMM, HHMMSS, and HHMMSS with decimals of a second.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from mappings.contract import JsonValue
from mappings.edi.findings import BrokenRule

LONG_DATE = 8
TIME_PATTERN = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,2})?)?$"
_DIGITS = re.compile(r"[0-9]+")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([01][0-9]|2[0-3])([0-5][0-9])(?:([0-5][0-9])([0-9]{1,2})?)?")
_ISO_TIME = re.compile(TIME_PATTERN.strip("^$"))


def date_reader(century_from: int | None) -> Callable[[str], JsonValue]:
    """What reads a date as RFC 3339; six digits only where the century is said. Raises: BrokenRule."""

    @lru_cache(maxsize=4096)
    def read(text: str) -> str:
        if _DIGITS.fullmatch(text) and len(text) in (LONG_DATE, 6):
            short = len(text) != LONG_DATE
            if short and century_from is not None:
                text = f"{century_from + (int(text[:2]) - century_from) % 100:04}{text[2:]}"
            if len(text) == LONG_DATE:
                try:
                    return date(int(text[:4]), int(text[4:6]), int(text[6:])).isoformat()
                except ValueError:
                    pass
        raise BrokenRule("date", "is not a date of the calendar")

    return read


def date_text(value: JsonValue, century_from: int | None, most: int) -> str:
    """A date as CCYYMMDD, or as YYMMDD where `most` has no room for more. Raises: BrokenRule."""
    if not isinstance(value, str) or _ISO_DATE.fullmatch(value) is None:
        raise BrokenRule("date", "is not a date such as 2026-12-31")
    try:
        year = date.fromisoformat(value).year
    except ValueError:
        raise BrokenRule("date", "is not a date of the calendar") from None
    text = value.replace("-", "")
    if most >= LONG_DATE:
        return text
    if century_from is None or not century_from <= year < century_from + 100:
        raise BrokenRule("date", "is not in the hundred years that two digits can mean")
    return text[2:]


@lru_cache(maxsize=4096)
def read_time(text: str) -> str:
    """A time of day, such as 08:15, 08:15:30 or 08:15:30.25. Raises: BrokenRule."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise BrokenRule("time", "is not a time of the day")
    hour, minute, second, fraction = found.groups()
    return f"{hour}:{minute}" + (f":{second}" if second else "") + (f".{fraction}" if fraction else "")


def time_text(value: JsonValue) -> str:
    """A time of day as HHMM, HHMMSS or with decimals of a second. Raises: BrokenRule."""
    if not isinstance(value, str) or _ISO_TIME.fullmatch(value) is None:
        raise BrokenRule("time", "is not a time such as 08:15 or 08:15:30")
    return value.replace(":", "").replace(".", "")
