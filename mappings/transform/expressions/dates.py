"""Dates and times in expressions: RFC 3339 texts, checked against the calendar.

Patterns are those of delimited fields.
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
from mappings.transform.expressions.date_patterns import has_time, reason_of, whole_pattern
from mappings.transform.expressions.errors import Unanswerable

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_TOO_FINE = re.compile(r":[0-9]{2}\.[0-9]{7}")
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
    parsed = _pattern(pattern, is_whole=True)
    read = datetime_reader(parsed, "local") if has_time(parsed) else date_reader(parsed)
    try:
        return read(text)
    except ValueError as error:
        raise Unanswerable(f"the text {reason_of(error)}") from None


def format_date(text: str, pattern: str) -> str:
    """An RFC 3339 date, or date and time, in a pattern; what the pattern does not have is left out.

    Raises: Unanswerable, also where the pattern has what the text has not.
    """
    parsed = _pattern(pattern)
    if _DATE.fullmatch(text):
        if has_time(parsed):
            raise Unanswerable("the text is a date, which has no time of day for the pattern")
        return date_writer(parsed)(_date(text).isoformat())
    moment = _moment(text)
    if not has_time(parsed):
        return date_writer(parsed)(moment.date().isoformat())
    if moment.tzinfo is None and "z" in parsed.letters:
        raise Unanswerable("the time has no offset from UTC")
    if "f" not in parsed.letters:
        moment = moment.replace(microsecond=0)
    elif parsed.fraction is not None:
        unit = 10 ** max(0, 6 - parsed.fraction)
        moment = moment.replace(microsecond=moment.microsecond // unit * unit)
    if "S" not in parsed.letters:
        moment = moment.replace(second=0)
    return datetime_writer(parsed, "local" if moment.tzinfo is None else None)(moment.isoformat())


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
    if _TOO_FINE.search(text):
        raise Unanswerable("the time is finer than microseconds")
    raise Unanswerable("the text is no date and time such as 2026-11-23T08:15:00Z")


def _with_offset(text: str) -> datetime:
    moment = _moment(text)
    if moment.tzinfo is None:
        raise Unanswerable("the time has no offset from UTC")
    return moment


@lru_cache(maxsize=256)
def _pattern(text: str, *, is_whole: bool = False) -> Pattern:
    if not 2 <= len(text) <= 100:
        raise Unanswerable("a date pattern has 2 to 100 characters")
    if "%y" in text.replace("%%", ""):
        raise Unanswerable("which century %y means is not known here; `date` of a transform has century_from")
    try:
        return whole_pattern(text) if is_whole else parse_pattern(text)
    except ValueError as error:
        raise Unanswerable(f"the date pattern is wrong: {error}") from None
