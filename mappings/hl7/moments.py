"""Dates and times with the precision that they came with.

`2026` and `2026-05` are as good as `2026-05-01T08:15:30.2500+02:00`: nothing is put for what a value does not
say. Source: HL7 v2.5.1, §2.A.21 (DT), §2.A.22 (DTM), §2.A.75 (TM).
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from mappings.edi import BrokenRule

_CLOCK = r"([01][0-9]|2[0-3])(?:([0-5][0-9])(?:([0-5][0-9])(\.[0-9]{1,9})?)?)?"
_ISO_CLOCK = r"([01][0-9]|2[0-3])(?::([0-5][0-9])(?::([0-5][0-9])(\.[0-9]{1,9})?)?)?"
_OFFSET = r"([+-])([01][0-9]|2[0-3])([0-5][0-9])"
_ISO_OFFSET = r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])"
_DAY = r"([0-9]{4})(?:(0[1-9]|1[0-2])(?:([0-9]{2})"
_ISO_DAY = r"([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-([0-9]{2})"

_DATE = re.compile(f"{_DAY})?)?")
_ISO_DATE = re.compile(f"{_ISO_DAY})?)?")
_TIME = re.compile(f"{_CLOCK}(?:{_OFFSET})?")
_ISO_TIME = re.compile(f"{_ISO_CLOCK}(?:{_ISO_OFFSET})?")
_MOMENT = re.compile(f"{_DAY}(?:{_CLOCK})?)?)?(?:{_OFFSET})?")
_ISO_MOMENT = re.compile(f"{_ISO_DAY}(?:T{_ISO_CLOCK})?)?)?(?:{_ISO_OFFSET})?")

DATE_PATTERN = f"^{_ISO_DATE.pattern}$"
TIME_PATTERN = f"^{_ISO_TIME.pattern}$"
MOMENT_PATTERN = f"^{_ISO_MOMENT.pattern}$"


@lru_cache(maxsize=4096)
def read_date(text: str) -> str:
    """YYYY[MM[DD]] as 2026, 2026-12 or 2026-12-31. Raises: BrokenRule."""
    found = _DATE.fullmatch(text)
    if found is None or not _is_day(*found.groups()):
        raise BrokenRule("date", "is not a date: YYYY, YYYYMM or YYYYMMDD")
    return "-".join(part for part in found.groups() if part)


def write_date(value: str) -> str:
    """The other way. Raises: BrokenRule."""
    found = _ISO_DATE.fullmatch(value)
    if found is None or not _is_day(*found.groups()):
        raise BrokenRule("date", "is not a date such as 2026-12-31, 2026-12 or 2026")
    return value.replace("-", "")


@lru_cache(maxsize=4096)
def read_time(text: str) -> str:
    """HH[MM[SS[.SSSS]]][+/-ZZZZ] as 08, 08:15, 08:15:30.25 or 08:15+02:00. Raises: BrokenRule."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise BrokenRule("time", "is not a time of the day: HH, HHMM, HHMMSS or HHMMSS.SSSS")
    return _clock(found.groups()[:4]) + _offset(found.groups()[4:])


def write_time(value: str) -> str:
    """The other way. Raises: BrokenRule."""
    if _ISO_TIME.fullmatch(value) is None:
        raise BrokenRule("time", "is not a time such as 08:15 or 08:15:30+02:00")
    return value.replace(":", "")


@lru_cache(maxsize=4096)
def read_moment(text: str) -> str:
    """YYYY[MM[DD[HH[MM[SS[.S]]]]]][+/-ZZZZ] as RFC 3339 writes it, as far as it goes. Raises: BrokenRule."""
    found = _MOMENT.fullmatch(text)
    if found is None or not _is_day(*found.groups()[:3]):
        raise BrokenRule("date-time", "is not a moment: YYYYMMDDHHMMSS.SSSS+ZZZZ or its beginning")
    parts = found.groups()
    day = "-".join(part for part in parts[:3] if part)
    return f"{day}{'T' if parts[3] else ''}{_clock(parts[3:7])}{_offset(parts[7:])}"


def write_moment(value: str) -> str:
    """The other way. Raises: BrokenRule."""
    found = _ISO_MOMENT.fullmatch(value)
    if found is None or not _is_day(*found.groups()[:3]):
        raise BrokenRule("date-time", "is not a moment such as 2026-12-31T08:15:30+02:00 or its beginning")
    parts = ["" if part is None else part for part in found.groups()]
    return "".join(parts)


def _is_day(year: str, month: str | None, day: str | None) -> bool:
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return False
    return True


def _clock(parts: tuple[str | None, ...]) -> str:
    hour, minute, second, fraction = parts
    return ":".join(part for part in (hour, minute, second) if part) + (fraction or "")


def _offset(parts: tuple[str | None, ...]) -> str:
    sign, hour, minute = parts
    return f"{sign}{hour}:{minute}" if sign else ""
