"""Date patterns: read strictly and written from one description.

Python's strptime accepts one digit where two are asked for and any Unicode digit; these patterns do not.
A year has four digits: a century rule would be a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

_PARTS = {
    "Y": "[0-9]{4}",
    "m": "[0-9]{2}",
    "d": "[0-9]{2}",
    "H": "[0-9]{2}",
    "M": "[0-9]{2}",
    "S": "[0-9]{2}",
    "f": "[0-9]{6}",
    "z": "Z|[+-][0-9]{2}:?[0-9]{2}",
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern taken apart: its letters in order, the expression that reads, the template that writes."""

    letters: tuple[str, ...]
    regex: re.Pattern[str]
    template: str


def parse_pattern(pattern: str) -> Pattern:
    """Take a pattern apart.

    Raises: ValueError for an unknown or repeated directive.
    """
    letters: list[str] = []
    regex: list[str] = []
    template: list[str] = []
    rest = iter(pattern)
    for character in rest:
        letter = next(rest, "") if character == "%" else None
        if letter is None or letter == "%":
            regex.append(re.escape(character))
            template.append(character.replace("{", "{{").replace("}", "}}"))
        elif letter not in _PARTS:
            raise ValueError(f"%{letter} is not one of %Y %m %d %H %M %S %f %z")
        elif letter in letters:
            raise ValueError(f"%{letter} occurs twice")
        else:
            letters.append(letter)
            regex.append(f"(?P<{letter}>{_PARTS[letter]})")
            template.append(f"{{{letter}}}")
    return Pattern(tuple(letters), re.compile("".join(regex)), "".join(template))


def date_reader(pattern: Pattern) -> Callable[[str], str]:
    """Text to an RFC 3339 full-date. The result raises ValueError."""
    match = pattern.regex.fullmatch

    def read(text: str) -> str:
        found = match(text)
        if found is None:
            raise ValueError("does not have the date's pattern")
        year, month, day = found["Y"], found["m"], found["d"]
        date(int(year), int(month), int(day))
        return f"{year}-{month}-{day}"

    return read


def date_writer(pattern: Pattern) -> Callable[[str], str]:
    """An RFC 3339 full-date to text. The result raises ValueError."""

    def write(text: str) -> str:
        if _FULL_DATE.fullmatch(text) is None:
            raise ValueError("is not a date such as 2026-11-23")
        day = date.fromisoformat(text)
        return pattern.template.format(Y=f"{day.year:04}", m=f"{day.month:02}", d=f"{day.day:02}")

    return write


def datetime_reader(pattern: Pattern, offset: str | None) -> Callable[[str], str]:
    """Text to an RFC 3339 date-time, or to a local one without offset. The result raises ValueError."""
    fixed = None if offset is None else _zone(offset)

    def read(text: str) -> str:
        found = pattern.regex.fullmatch(text)
        if found is None:
            raise ValueError("does not have the date's pattern")
        parts = found.groupdict("0")
        moment = datetime(
            int(parts["Y"]),
            int(parts["m"]),
            int(parts["d"]),
            int(parts["H"]),
            int(parts["M"]),
            int(parts.get("S", 0)),
            int(parts.get("f", 0)),
            _zone(parts["z"]) if "z" in parts else fixed,
        )
        return moment.isoformat().replace("+00:00", "Z")

    return read


def datetime_writer(pattern: Pattern, offset: str | None) -> Callable[[str], str]:
    """The other way. The result raises ValueError, also where the pattern cannot carry the moment exactly."""
    fixed = None if offset is None else _zone(offset)
    carried = set(pattern.letters)

    def write(text: str) -> str:
        moment = _moment(text)
        if (moment.tzinfo is None) != (offset == "local"):
            raise ValueError(
                "has an offset, the field is local" if moment.tzinfo else "has no offset from UTC"
            )
        if fixed is not None:
            moment = moment.astimezone(fixed)
        for letter, part in (("S", moment.second), ("f", moment.microsecond)):
            if part and letter not in carried:
                raise ValueError("is finer than the pattern")
        return pattern.template.format(
            Y=f"{moment.year:04}",
            m=f"{moment.month:02}",
            d=f"{moment.day:02}",
            H=f"{moment.hour:02}",
            M=f"{moment.minute:02}",
            S=f"{moment.second:02}",
            f=f"{moment.microsecond:06}",
            z="Z" if not moment.utcoffset() else moment.isoformat()[-6:],
        )

    return write


_FULL_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)


def _moment(text: str) -> datetime:
    if _RFC_3339.fullmatch(text) is None:
        raise ValueError("is not a date and time such as 2026-11-23T08:15:00Z")
    return datetime.fromisoformat(text.upper())


def _zone(offset: str) -> tzinfo | None:
    if offset == "local":
        return None
    if offset == "Z":
        return UTC
    digits = offset[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError("has an offset that is out of range")
    difference = timedelta(hours=hours, minutes=minutes)
    return timezone(-difference if offset[0] == "-" else difference)
