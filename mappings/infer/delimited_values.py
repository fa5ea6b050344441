"""What the values of one column of delimited text are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from pydantic import TypeAdapter

from mappings.delimited.schema import FieldDefinition
from mappings.delimited.values import compile_field
from mappings.infer.draft import Plain, doubts
from mappings.infer.fitting import Candidate, Codec, distinct, fits
from mappings.infer.styled_numbers import styled_numbers

_FIELD: TypeAdapter[FieldDefinition] = TypeAdapter(FieldDefinition)
_SHORT_WORDS = (("Y", "N"), ("J", "N"), ("T", "F"), ("O", "N"), ("S", "N"))
_LONG_WORDS = (("true", "false"), ("yes", "no"), ("ja", "nein"), ("oui", "non"), ("si", "no"), ("sí", "no"))
_WORDS = (
    *_SHORT_WORDS,
    *((style(one), style(other)) for one, other in _LONG_WORDS for style in (str, str.upper, str.title)),
)
_STRICT_DATES = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%Y/%m/%d",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y.%m.%d",
)
_MONTH_DATES = ("%d-%b-%Y", "%d %b %Y", "%-d %b %Y", "%b %-d, %Y", "%-d %B %Y", "%B %-d, %Y")
_LOOSE_DATES = ("%-d.%-m.%Y", "%-d/%-m/%Y", "%-m/%-d/%Y")
_DATES = (*_STRICT_DATES, *_LOOSE_DATES, *_MONTH_DATES)
_SHORT_DATES = ("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%-m/%-d/%y", "%d-%b-%y")
_CENTURY = 1970
_TIMES = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%3f", "%H:%M:%S.%f", "%H:%M:%S%.f", "%H%M%S")
_OFFSETS = ("%:z", "%z")
_DAY = re.compile(
    r"[0-9]{1,4}[-./]?[0-9]{1,2}[-./]?[0-9]{2,4}|[0-9]{1,2}[ -][A-Z][a-z]{2}|[A-Z][a-z]{2,8} [0-9]"
)
_DATE_PART = re.compile(r"%-?([YymbBd])")
_COMPACT = re.compile(r"(19|20)[0-9]{6}")
_ONE_GROUP = re.compile(r"[-+]?(?:[1-9][0-9]{0,2}[.,][0-9]{3}|[0-9]{1,3})")
_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)?")


def column_type(values: Sequence[str]) -> Candidate:
    """The type of a column whose values, none of them null, are these."""
    seen = distinct(values)
    if not seen:
        return Candidate({}, "no value was seen")
    fitting = list(islice(fits(_candidates(seen), seen, _codec), 2))
    if not fitting:
        return Candidate({}, _why_text(seen))
    first = fitting[0]
    second = fitting[1] if len(fitting) > 1 else None
    if (
        second is not None
        and _meaning(first) != _meaning(second)
        and _is_moment(first)
        and _is_moment(second)
    ):
        doubt = f"or is it {second.keys['pattern']}? no day above 12 was seen"
        return Candidate(first.keys, doubts(first.doubt, doubt))
    return first


def _is_moment(candidate: Candidate) -> bool:
    return candidate.keys["type"] in ("date", "datetime")


def _meaning(candidate: Candidate) -> list[str]:
    """Which parts of a date stand where, however they, and the time behind them, are written."""
    return _DATE_PART.findall(str(candidate.keys.get("pattern")))


def _codec(keys: dict[str, Plain]) -> Codec:
    field = compile_field(_FIELD.validate_python(keys))
    return Codec(field.read, field.write)


def _candidates(values: Sequence[str]) -> Iterator[Candidate]:
    sample = values[0]
    if set(values) in map(set, _WORDS):
        true, false = next(words for words in _WORDS if set(words) == set(values))
        yield Candidate({"type": "boolean", "true_words": [true], "false_words": [false]})
    if all(map(_COMPACT.fullmatch, values)):
        yield Candidate({"type": "date", "pattern": "%Y%m%d"}, "eight digits, all of them dates")
    if _NUMBER.fullmatch(sample):
        yield Candidate({"type": "integer"})
        yield from _decimals(values)
    yield from styled_numbers(values)
    if _DAY.match(sample):
        for pattern in _DATES:
            yield Candidate({"type": "date", "pattern": pattern})
        for pattern in _SHORT_DATES:
            doubt = f"years are {_CENTURY} to {_CENTURY + 99}"
            yield Candidate({"type": "date", "pattern": pattern, "century_from": _CENTURY}, doubt)
        yield from _moments(sample)


def _decimals(values: Sequence[str]) -> Iterator[Candidate]:
    for separator in (".", ","):
        keys: dict[str, Plain] = {"type": "decimal"}
        if separator == ",":
            keys["separator"] = ","
        scales = {len(value.partition(separator)[2]) for value in values}
        is_grouped = all(map(_ONE_GROUP.fullmatch, values))
        if len(scales) == 1 and scales != {0}:
            scale = scales.pop()
            doubt = f"always {scale} digits behind the point"
            if is_grouped:
                doubt += f'; or do groups of three digits stand there (`group_separator: "{separator}"`)?'
            yield Candidate({**keys, "scale": scale}, doubt)
        elif is_grouped and (separator == "," or any(value.endswith("0") for value in values)):
            grouped: dict[str, Plain] = {"type": "integer", "group_separator": separator}
            yield Candidate(grouped, "a guess: three digits stand behind each point")
        yield Candidate(keys)


def _moments(sample: str) -> Iterator[Candidate]:
    for date in (*_STRICT_DATES, *_LOOSE_DATES, "%Y%m%d"):
        for between in ("T", " ", "-", ""):
            if between and between not in sample:
                continue
            for time in _TIMES:
                pattern = f"{date}{between}{time}"
                for offset in _OFFSETS:
                    yield Candidate({"type": "datetime", "pattern": pattern + offset})
                doubt = "nothing says in which time zone"
                yield Candidate({"type": "datetime", "pattern": pattern, "offset": "local"}, doubt)


def _why_text(values: Sequence[str]) -> str:
    if all(map(str.isdigit, values)):
        return "digits with leading zeros: kept as text"
    if all(map(_NUMBER.fullmatch, values)):
        return "numbers that are not written in one way: kept as text"
    return ""
