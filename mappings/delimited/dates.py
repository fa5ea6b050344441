"""Date patterns: read strictly and written from one description.

Python's strptime accepts one digit where two are asked for and any Unicode digit; these patterns do not.
Two digits of a year mean what a stated window of hundred years says. Names of months are English ones,
whatever the locale.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from mappings.fractions import MICROSECOND_DIGITS, fraction_digits, microseconds

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_NUMBERS = {name[:length].upper(): at for at, name in enumerate(_MONTHS, 1) for length in (3, len(name))}
_OFFSET = "Z|[+-][0-9]{2}(?::?[0-9]{2})?"
_PARTS = {
    "Y": "[0-9]{4}",
    "y": "[0-9]{2}",
    "m": "[0-9]{2}",
    "d": "[0-9]{2}",
    "-m": "[0-9]{1,2}",
    "-d": "[0-9]{1,2}",
    "b": f"(?i:{'|'.join(name[:3] for name in _MONTHS)})",
    "B": f"(?i:{'|'.join(_MONTHS)})",
    "H": "[0-9]{2}",
    "I": "[0-9]{2}",
    "-H": "[0-9]{1,2}",
    "-I": "[0-9]{1,2}",
    "p": "(?i:AM|PM)",
    "M": "[0-9]{2}",
    "S": "[0-9]{2}",
    "f": "[0-9]{6}",
    ".f": r"(?:\.[0-9]{1,9})?",
    "z": _OFFSET,
    ":z": _OFFSET,
}
_PARTS |= {f"{digits}f": f"[0-9]{{{digits}}}" for digits in range(1, 10)}
_ALLOWED = "%Y %m %d %H %M %S %f %z, %-m %-d %b %B, %-H %I %-I %p, %1f to %9f, %.f %:z"
_KINDS = {"y": "Y", "-m": "m", "b": "m", "B": "m", "-d": "d", "-H": "H", "I": "H", "-I": "H"}
_KINDS |= {".f": "f", ":z": "z"} | {f"{digits}f": "f" for digits in range(1, 10)}
_FLAGS = "-:.123456789"
"""What may stand between the percent sign and the letter."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern taken apart: its parts in order, the expression that reads, the template that writes.

    `letters` has one letter for each kind of part, however it is written: `Y m d H M S f z`, and `p`.
    `century_from` is the first of the years that %y can mean.
    """

    letters: tuple[str, ...]
    regex: re.Pattern[str]
    template: str
    century_from: int | None = None
    text: str = ""
    """As it was declared."""
    fraction: int | None = None
    """How many digits of the second's fraction it has, where it says so."""


def parse_pattern(pattern: str, century_from: int | None = None) -> Pattern:
    """Take a pattern apart.

    Raises: ValueError for an unknown or repeated directive, and for one that is not told from the next.
    """
    letters: list[str] = []
    regex: list[str] = []
    template: list[str] = []
    before = ""
    for directive, text in _pieces(pattern):
        if directive is None:
            regex.append(re.escape(text))
            template.append(text.replace("{", "{{").replace("}", "}}"))
            before = "" if not text.isdigit() else before
            continue
        _refuse(directive, letters, century_from)
        if before.startswith("-") or before in ("z", ":z"):
            raise ValueError(
                f"%{before} has no fixed length; something must stand between it and %{directive}"
            )
        letters.append(_KINDS.get(directive, directive))
        regex.append(f"(?P<{letters[-1]}>{_PARTS[directive]})")
        template.append(f"{{{_key(directive)}}}")
        before = directive
    if ("p" in letters) != bool({"I", "-I"} & {directive for directive, _ in _pieces(pattern)}):
        raise ValueError("%p and %I belong together")
    compiled = re.compile("".join(regex), re.ASCII)
    counted = next((int(key[0]) for key, _ in _pieces(pattern) if key and key[0].isdigit()), None)
    return Pattern(tuple(letters), compiled, "".join(template), century_from, pattern, counted)


def _key(directive: str) -> str:
    """The directive as the template names it: without what means something in a format string."""
    return directive.translate(_KEYS)


_KEYS = str.maketrans("-.:", "_sc")


def _pieces(pattern: str) -> list[tuple[str | None, str]]:
    """Directives, and the characters between them."""
    pieces: list[tuple[str | None, str]] = []
    rest = iter(pattern)
    for character in rest:
        if character != "%":
            pieces.append((None, character))
            continue
        letter = next(rest, "")
        if letter and letter in _FLAGS:
            letter += next(rest, "")
        pieces.append((None, "%") if letter == "%" else (letter, letter))
    return pieces


def _refuse(directive: str, letters: list[str], century_from: int | None) -> None:
    if directive == "y" and century_from is None:
        raise ValueError(f"%y is not one of {_ALLOWED}; with `century_from` it is")
    if directive not in _PARTS:
        raise ValueError(f"%{directive} is not one of {_ALLOWED}")
    if _KINDS.get(directive, directive) in letters:
        raise ValueError(f"%{directive} occurs twice")


def date_reader(pattern: Pattern) -> Callable[[str], str]:
    """Text to an RFC 3339 full-date. The result raises ValueError."""
    match = pattern.regex.fullmatch

    def read(text: str) -> str:
        found = match(text)
        if found is None:
            raise ValueError(f"does not have the date's pattern, {pattern.text}")
        return date(*_date_parts(found, pattern)).isoformat()

    return read


def date_writer(pattern: Pattern) -> Callable[[str], str]:
    """An RFC 3339 full-date to text. The result raises ValueError."""

    def write(text: str) -> str:
        if _FULL_DATE.fullmatch(text) is None:
            raise ValueError("is not a date such as 2026-11-23")
        return pattern.template.format_map(_written_date(date.fromisoformat(text), pattern))

    return write


def time_reader(pattern: Pattern) -> Callable[[str], str]:
    """Text to a local time of day such as 08:15:00. The result raises ValueError."""

    def read(text: str) -> str:
        found = pattern.regex.fullmatch(text)
        if found is None:
            raise ValueError(f"does not have the time's pattern, {pattern.text}")
        return time(*_time_parts(found)).isoformat()

    return read


def time_writer(pattern: Pattern) -> Callable[[str], str]:
    """The other way. The result raises ValueError, also where the pattern cannot carry the time exactly."""

    def write(text: str) -> str:
        if _TIME.fullmatch(text) is None:
            raise ValueError("is not a time such as 08:15:00")
        moment = time.fromisoformat(text)
        return pattern.template.format_map(_written_time(moment, pattern))

    return write


def datetime_reader(pattern: Pattern, offset: str | None) -> Callable[[str], str]:
    """Text to an RFC 3339 date-time, or to a local one without offset. The result raises ValueError."""
    fixed = None if offset is None else _zone(offset)

    def read(text: str) -> str:
        found = pattern.regex.fullmatch(text)
        if found is None:
            raise ValueError(f"does not have the date's pattern, {pattern.text}")
        zone = _zone(found["z"]) if "z" in pattern.letters else fixed
        moment = datetime(*_date_parts(found, pattern), *_time_parts(found), zone)
        return moment.isoformat().replace("+00:00", "Z")

    return read


def datetime_writer(pattern: Pattern, offset: str | None) -> Callable[[str], str]:
    """The other way. The result raises ValueError, also where the pattern cannot carry the moment exactly."""
    fixed = None if offset is None else _zone(offset)

    def write(text: str) -> str:
        moment = _moment(text)
        if (moment.tzinfo is None) != (offset == "local"):
            raise ValueError(
                "has an offset, the field is local" if moment.tzinfo else "has no offset from UTC"
            )
        if fixed is not None:
            moment = moment.astimezone(fixed)
        parts = _written_date(moment, pattern) | _written_time(moment.time(), pattern)
        written = moment.isoformat()[-6:]
        parts["z"] = written.replace(":", "")
        parts["cz"] = "Z" if not moment.utcoffset() else written
        return pattern.template.format_map(parts)

    return write


def _date_parts(found: re.Match[str], pattern: Pattern) -> tuple[int, int, int]:
    """Year, month and day."""
    year, month, day = found["Y"], found["m"], int(found["d"])
    number = int(month) if month[0].isdigit() else _NUMBERS[month.upper()]
    if len(year) == 4:
        return int(year), number, day
    first = pattern.century_from
    assert first is not None, "a pattern with %y has a window"
    return first + (int(year) - first) % 100, number, day


def _time_parts(found: re.Match[str]) -> tuple[int, int, int, int]:
    """Hour, minute, second and microsecond."""
    parts = found.groupdict()
    return _hour(parts), int(parts["M"]), int(parts.get("S", 0)), microseconds(parts.get("f", ""))


def _hour(parts: Mapping[str, str]) -> int:
    hour = int(parts["H"])
    if "p" not in parts:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("has an hour that is none of 1 to 12")
    return hour % 12 + (12 if parts["p"].upper() == "PM" else 0)


def _written_date(day: date, pattern: Pattern) -> dict[str, str]:
    first = pattern.century_from
    if first is not None and "{y}" in pattern.template and not first <= day.year < first + 100:
        raise ValueError(f"is not in the hundred years from {first}")
    name = _MONTHS[day.month - 1]
    return {
        "Y": f"{day.year:04}",
        "y": f"{day.year % 100:02}",
        "m": f"{day.month:02}",
        "d": f"{day.day:02}",
        "_m": str(day.month),
        "_d": str(day.day),
        "b": name[:3],
        "B": name,
    }


def _written_time(moment: time, pattern: Pattern) -> dict[str, str]:
    for letter, part in (("S", moment.second), ("f", moment.microsecond)):
        if part and letter not in pattern.letters:
            raise ValueError("is finer than the pattern")
    fraction = fraction_digits(moment.microsecond, pattern.fraction or MICROSECOND_DIGITS)
    twelve = moment.hour % 12 or 12
    return {
        "H": f"{moment.hour:02}",
        "_H": str(moment.hour),
        "I": f"{twelve:02}",
        "_I": str(twelve),
        "p": "PM" if moment.hour >= 12 else "AM",
        "M": f"{moment.minute:02}",
        "S": f"{moment.second:02}",
        "f": fraction,
        f"{pattern.fraction}f": fraction,
        "sf": f".{fraction}".rstrip("0").rstrip("."),
    }


_FULL_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?")
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
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    if hours > 23 or minutes > 59:
        raise ValueError("has an offset that is out of range")
    difference = timedelta(hours=hours, minutes=minutes)
    return timezone(-difference if offset[0] == "-" else difference)
