"""What the values of one column of delimited text are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from pydantic import TypeAdapter

from mappings.delimited.schema import FieldDefinition
from mappings.delimited.values import compile_field
from mappings.infer.draft import Plain
from mappings.infer.fitting import Candidate, Codec, fits

MAX_DISTINCT = 5000
"""Values of a column that are tried."""

_FIELD: TypeAdapter[FieldDefinition] = TypeAdapter(FieldDefinition)
_WORDS = (("true", "false"), ("TRUE", "FALSE"), ("True", "False"), ("Y", "N"), ("yes", "no"), ("YES", "NO"))
_DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%Y.%m.%d")
_TIMES = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%H%M%S")
_DAY = re.compile(r"[0-9]{2,4}[-./]?[0-9]{2}[-./]?[0-9]{2,4}")
_COMPACT = re.compile(r"(19|20)[0-9]{6}")
_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)?")


def column_type(values: Sequence[str]) -> Candidate:
    """The type of a column whose values, none of them null, are these."""
    distinct = list(dict.fromkeys(islice(values, 10 * MAX_DISTINCT)))[:MAX_DISTINCT]
    if not distinct:
        return Candidate({}, "no value was seen")
    fitting = list(islice(fits(_candidates(distinct), distinct, _codec), 2))
    if not fitting:
        return Candidate({}, _why_text(distinct))
    first = fitting[0]
    if len(fitting) > 1 and {first.keys["type"], fitting[1].keys["type"]} <= {"date", "datetime"}:
        return Candidate(first.keys, f"or is it {fitting[1].keys['pattern']}? no day above 12 was seen")
    return first


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
    if _DAY.match(sample):
        for pattern in _DATES:
            yield Candidate({"type": "date", "pattern": pattern})
        yield from _moments(sample)


def _decimals(values: Sequence[str]) -> Iterator[Candidate]:
    for separator in (".", ","):
        keys: dict[str, Plain] = {"type": "decimal"}
        if separator == ",":
            keys["separator"] = ","
        scales = {len(value.partition(separator)[2]) for value in values}
        if len(scales) == 1 and scales != {0}:
            scale = scales.pop()
            yield Candidate({**keys, "scale": scale}, f"always {scale} digits behind the point")
        yield Candidate(keys)


def _moments(sample: str) -> Iterator[Candidate]:
    for date in (*_DATES, "%Y%m%d"):
        for between in ("T", " ", "-", ""):
            if between and between not in sample:
                continue
            for time in _TIMES:
                pattern = f"{date}{between}{time}"
                yield Candidate({"type": "datetime", "pattern": f"{pattern}%z"})
                doubt = "nothing says in which time zone"
                yield Candidate({"type": "datetime", "pattern": pattern, "offset": "local"}, doubt)


def _why_text(values: Sequence[str]) -> str:
    if all(map(str.isdigit, values)):
        return "digits with leading zeros: kept as text"
    if all(map(_NUMBER.fullmatch, values)):
        return "numbers that are not written in one way: kept as text"
    return ""
