"""Dates and times at fixed bytes: patterns whose every part has its length.

Digits are those of ASCII, all of them there. Two digits of a year mean what the field's window says.
"""

from __future__ import annotations

import re
from calendar import isleap
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import TypeAlias

from mappings.fractions import fraction_digits, microseconds

_WIDTHS = {"Y": 4, "C": 1, "y": 2, "m": 2, "d": 2, "j": 3, "H": 2, "M": 2, "S": 2, "f": 6, "z": 5, ":z": 6}
_WIDTHS |= {f"{digits}f": digits for digits in range(1, 10)}
_FORMS = {
    "z": "[+-](?:[01][0-9]|2[0-3])[0-5][0-9]",
    ":z": "[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]",
}
_ALLOWED = "%Y %C %y %m %d %j %H %M %S %f %1f to %9f %z %:z"
_FLAGS = ":123456789"
"""What may stand between the percent sign and the letter."""
_YEARS = ({"Y"}, {"y"}, {"C", "y"})
_DATES = tuple(year | day for year in _YEARS for day in ({"m", "d"}, {"j"}))
_TIMES = ({"H", "M"}, {"H", "M", "S"}, {"H", "M", "S", "f"})

Reader: TypeAlias = Callable[[str], str]
Writer: TypeAlias = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern taken apart. `width` counts characters, `fraction` the digits of a second's fraction."""

    letters: frozenset[str]
    regex: re.Pattern[str]
    template: str
    width: int
    fraction: int
    has_colon: bool
    """Whether one stands in the offset from UTC."""
    literals: str
    """The characters that stand there always."""

    @property
    def is_date(self) -> bool:
        """True when the parts make a date and no more."""
        return self.letters in _DATES

    @property
    def is_time(self) -> bool:
        """True when the parts make a time of day and no more."""
        return self.letters in _TIMES

    @property
    def is_moment(self) -> bool:
        """True when the parts make a date and a time of day."""
        of_day = self.letters & {"H", "M", "S", "f"}
        return of_day in _TIMES and self.letters - of_day - {"z"} in _DATES

    @property
    def needs_century(self) -> bool:
        """True when two digits of a year are all that there is of it."""
        return "y" in self.letters and "C" not in self.letters


def parse_pattern(pattern: str) -> Pattern:
    """Take a pattern apart.

    Raises: ValueError for an unknown or repeated part.
    """
    letters: list[str] = []
    regex: list[str] = []
    template: list[str] = []
    width = fraction = 0
    has_colon, literals = False, ""
    rest = iter(pattern)
    for character in rest:
        letter = next(rest, "") if character == "%" else None
        if letter and letter in _FLAGS:
            letter += next(rest, "")
        if letter is None or letter == "%":
            regex.append(re.escape(character))
            template.append(character.replace("{", "{{").replace("}", "}}"))
            literals += character
            width += 1
        elif letter not in _WIDTHS:
            raise ValueError(f"%{letter} is not one of {_ALLOWED}")
        elif letter[-1] in letters:
            raise ValueError(f"%{letter[-1]} occurs twice")
        else:
            kind = letter[-1]
            letters.append(kind)
            form = _FORMS.get(letter, f"[0-9]{{{_WIDTHS[letter]}}}")
            regex.append(f"(?P<{kind}>{form})")
            template.append(f"{{{kind}}}")
            width += _WIDTHS[letter]
            fraction = _WIDTHS[letter] if kind == "f" else fraction
            has_colon = has_colon or letter == ":z"
    compiled = re.compile("".join(regex))
    return Pattern(frozenset(letters), compiled, "".join(template), width, fraction, has_colon, literals)


def date_codec(pattern: Pattern, century_from: int | None) -> tuple[Reader, Writer]:
    """Text to an RFC 3339 full-date and back. Both raise ValueError."""

    def read(text: str) -> str:
        return _date(_parts(pattern, text), century_from).isoformat()

    def write(text: str) -> str:
        if _FULL_DATE.fullmatch(text) is None:
            raise ValueError("is not a date such as 2026-11-23")
        return pattern.template.format(**_date_parts(date.fromisoformat(text), pattern, century_from))

    return read, write


def time_codec(pattern: Pattern) -> tuple[Reader, Writer]:
    """Text to a local time of day such as 08:15:00 and back. Both raise ValueError."""

    def read(text: str) -> str:
        return _time(_parts(pattern, text)).isoformat()

    def write(text: str) -> str:
        if _TIME.fullmatch(text) is None:
            raise ValueError("is not a time such as 08:15:00")
        return pattern.template.format(**_time_parts(time.fromisoformat(text), pattern))

    return read, write


def datetime_codec(pattern: Pattern, century_from: int | None, offset: str) -> tuple[Reader, Writer]:
    """Text to an RFC 3339 date-time, or a local one without offset, and back. Both raise ValueError.

    `offset` is that of all texts, where the pattern has none.
    """
    zone = _zone(offset)
    has_offset = "z" in pattern.letters

    def read(text: str) -> str:
        parts = _parts(pattern, text)
        own = _zone(_offset(pattern, text)) if has_offset else zone
        moment = datetime.combine(_date(parts, century_from), _time(parts), own)
        return moment.isoformat().replace("+00:00", "Z")

    def write(text: str) -> str:
        if _DATE_TIME.fullmatch(text) is None:
            raise ValueError("is not a date and time such as 2026-11-23T08:15:00Z")
        moment = datetime.fromisoformat(text.upper())
        if (moment.tzinfo is None) != (zone is None and not has_offset):
            raise ValueError(
                "has an offset, the field is local" if moment.tzinfo else "has no offset from UTC"
            )
        if zone is not None and not has_offset:
            moment = moment.astimezone(zone)
        parts = _date_parts(moment.date(), pattern, century_from) | _time_parts(moment.time(), pattern)
        if has_offset:
            written = moment.isoformat()[-6:]
            parts["z"] = written if pattern.has_colon else written.replace(":", "")
        return pattern.template.format(**parts)

    return read, write


_FULL_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?")
_DATE_TIME = re.compile(rf"{_FULL_DATE.pattern}[Tt]{_TIME.pattern}([Zz]|[+-][0-9]{{2}}:[0-9]{{2}})?")


def _parts(pattern: Pattern, text: str) -> dict[str, int]:
    found = pattern.regex.fullmatch(text)
    if found is None:
        raise ValueError("does not have the pattern of the field")
    parts = found.groupdict()
    return {
        letter: microseconds(digits) if letter == "f" else int(digits)
        for letter, digits in parts.items()
        if letter != "z"
    }


def _offset(pattern: Pattern, text: str) -> str:
    found = pattern.regex.fullmatch(text)
    assert found is not None, "its parts have been taken"
    if found["z"].replace(":", "") == "-0000":
        raise ValueError(f"{found['z']} is no offset that is known")
    return found["z"]


def _date(parts: dict[str, int], century_from: int | None) -> date:
    if "Y" in parts:
        year = parts["Y"]
    elif "C" in parts:
        year = 1900 + 100 * parts["C"] + parts["y"]
    else:
        assert century_from is not None, "checked with the definition"
        year = century_from + (parts["y"] - century_from) % 100
    if "j" not in parts:
        return date(year, parts["m"], parts["d"])
    first = date(year, 1, 1)
    if not 1 <= parts["j"] <= 365 + isleap(year):  # before a day behind the year 9999 is counted
        raise ValueError(f"day {parts['j']} is not in the year {year}")
    return first + timedelta(parts["j"] - 1)


def _time(parts: dict[str, int]) -> time:
    return time(parts["H"], parts["M"], parts.get("S", 0), parts.get("f", 0))


def _date_parts(day: date, pattern: Pattern, century_from: int | None) -> dict[str, str]:
    if "C" in pattern.letters and not 1900 <= day.year < 2900:
        raise ValueError("is not in the centuries from 1900 to 2800")
    if pattern.needs_century:
        assert century_from is not None, "checked with the definition"
        if not century_from <= day.year < century_from + 100:
            raise ValueError(f"is not in the hundred years from {century_from}")
    return {
        "Y": f"{day.year:04}",
        "C": f"{day.year // 100 - 19}",
        "y": f"{day.year % 100:02}",
        "m": f"{day.month:02}",
        "d": f"{day.day:02}",
        "j": f"{day.timetuple().tm_yday:03}",
    }


def _time_parts(moment: time, pattern: Pattern) -> dict[str, str]:
    for letter, part in (("S", moment.second), ("f", moment.microsecond)):
        if part and letter not in pattern.letters:
            raise ValueError("is finer than the pattern")
    return {
        "H": f"{moment.hour:02}",
        "M": f"{moment.minute:02}",
        "S": f"{moment.second:02}",
        "f": fraction_digits(moment.microsecond, pattern.fraction),
    }


def _zone(offset: str) -> tzinfo | None:
    if offset == "local":
        return None
    if offset == "Z":
        return UTC
    difference = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
    return timezone(-difference if offset[0] == "-" else difference)
