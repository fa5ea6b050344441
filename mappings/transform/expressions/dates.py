"""Dates and times in expressions: RFC 3339 texts, checked against the calendar.

Patterns are those of delimited fields: %Y %m %d %H %M %S %f %z.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from mappings.delimited.dates import (
    Pattern,
    date_reader,
    date_writer,
    datetime_reader,
    datetime_writer,
    parse_pattern,
)
from mappings.transform.expressions.errors import Unanswerable

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_DAYS = 4_000_000


def date_of(text: str) -> str:
    """The date of an RFC 3339 date, or of a date and time as it is written there. Raises: Unanswerable."""
    return _moment(text).date().isoformat() if _MOMENT.fullmatch(text) else _date(text).isoformat()


def date_by(text: str, pattern: str) -> str:
    """The date, or the date and time where the pattern has one, that a text in a pattern means.

    A time without %z stays without an offset. Raises: Unanswerable.
    """
    parsed = _pattern(pattern)
    read = datetime_reader(parsed, "local") if _has_time(parsed) else date_reader(parsed)
    try:
        return read(text)
    except ValueError as error:
        raise Unanswerable(f"the text {_reason(error)}") from None


def format_date(text: str, pattern: str) -> str:
    """An RFC 3339 date, or date and time, in a pattern. Raises: Unanswerable, also where the pattern cannot
    carry all of it."""
    parsed = _pattern(pattern)
    try:
        if _DATE.fullmatch(text):
            return date_writer(parsed)(_date(text).isoformat())
        is_local = _moment(text).tzinfo is None
        if not _has_time(parsed):
            raise Unanswerable("the pattern has no time of day; date(x) is the date alone")
        return datetime_writer(parsed, "local" if is_local else None)(text)
    except (ValueError, OverflowError, KeyError) as error:
        raise Unanswerable(f"the text {_reason(error)}") from None


def timestamp(text: str) -> str:
    """The same moment in UTC. Raises: Unanswerable, also for a time without offset."""
    try:
        moment = _with_offset(text).astimezone(UTC)
    except OverflowError:
        raise Unanswerable("the moment is beyond the years 1 to 9999") from None
    return moment.isoformat().replace("+00:00", "Z")


def seconds(text: str) -> int | Decimal:
    """Seconds since 1970 in UTC, exact: a decimal where the time has a fraction. Raises: Unanswerable."""
    passed = _with_offset(text) - _EPOCH
    whole = passed.days * 86_400 + passed.seconds
    if not passed.microseconds:
        return whole
    return Decimal(whole * 10**6 + passed.microseconds).scaleb(-6)


def days(text: str) -> int:
    """Days from 1970-01-01 to a date. Raises: Unanswerable."""
    return _date(text).toordinal() - _EPOCH_DAY


def add_days(text: str, count: int) -> str:
    """The date so many days later. Raises: Unanswerable."""
    day = _date(text)
    try:
        return (day + timedelta(days=max(-_MAX_DAYS, min(count, _MAX_DAYS)))).isoformat()
    except OverflowError:
        raise Unanswerable("the date is beyond the years 1 to 9999") from None


def _date(text: str) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Unanswerable("the text is no date such as 2026-11-23")


def _moment(text: str) -> datetime:
    try:
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text.upper())
    except ValueError:
        pass
    raise Unanswerable("the text is no date and time such as 2026-11-23T08:15:00Z")


def _with_offset(text: str) -> datetime:
    moment = _moment(text)
    if moment.tzinfo is None:
        raise Unanswerable("the time has no offset from UTC")
    return moment


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> Pattern:
    if not 2 <= len(pattern) <= 100:
        raise Unanswerable("a date pattern has 2 to 100 characters")
    try:
        parsed = parse_pattern(pattern)
    except ValueError as error:
        raise Unanswerable(f"the date pattern is wrong: {error}") from None
    needed = ("Y", "m", "d", "H", "M") if _has_time(parsed) else ("Y", "m", "d")
    lacking = [letter for letter in needed if letter not in parsed.letters]
    if lacking:
        raise Unanswerable(f"the date pattern lacks %{lacking[0]}")
    return parsed


def _has_time(pattern: Pattern) -> bool:
    return any(letter in pattern.letters for letter in "HMSfz")


def _reason(error: Exception) -> str:
    """What the patterns say of a text is said without the text; Python's own calendar errors name a day."""
    reason = str(error)
    return reason if reason.startswith(("has ", "is ", "does ")) else "is no date of the calendar"
