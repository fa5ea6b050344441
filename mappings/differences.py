"""What differs between what an example expects and what was found, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation

from mappings import json
from mappings.configured import exact
from mappings.contract import JsonValue, MappingError, Record
from mappings.exemplified import ExpectedError

_AROUND = 16
_SHOWN = 300
_MOST_MORE = 3
"""Records and errors that are one too many and are shown."""


def same(expected: JsonValue, found: JsonValue) -> bool:
    """Are two values equal: numbers by their values, and a text that is expected where a decimal is found by
    its digits."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(same(expected[key], found[key]) for key in expected)
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(same, expected, found))
    if isinstance(expected, str) and isinstance(found, Decimal):
        try:
            return Decimal(expected) == found
        except InvalidOperation:
            return False
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    return expected == (Decimal(repr(found)) if isinstance(found, float) else found)


def record_differences(expected: Sequence[JsonValue] | None, found: Sequence[Record]) -> Iterator[str]:
    """What differs, each a line; of records that are not expected only the first ones."""
    if expected is None:
        return
    for number, (one, other) in enumerate(zip(expected, found, strict=False), 1):
        wanted = exact(one)
        if not same(wanted, other):
            yield f"record {number}: {_where(wanted, other)}"
    if len(expected) != len(found):
        yield f"gives {len(found)} records, not {len(expected)}"
        for number, record in enumerate(found[len(expected) : len(expected) + _MOST_MORE], len(expected) + 1):
            yield f"record {number} is not expected: {shown(record)}"


def _where(expected: JsonValue, found: JsonValue, path: str = "") -> str:
    """The first place at which two values differ."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in [*expected, *(key for key in found if key not in expected)]:
            if key not in found:
                return f"{path}/{key} is missing, {shown(expected[key])} is expected"
            if key not in expected:
                return f"{path}/{key} is {shown(found[key])}, and is not expected"
            if not same(expected[key], found[key]):
                return _where(expected[key], found[key], f"{path}/{key}")
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for at, (one, other) in enumerate(zip(expected, found, strict=True)):
            if not same(one, other):
                return _where(one, other, f"{path}/{at}")
    return f"{path or 'it'} is {shown(found)}, not {shown(expected)}"


def error_differences(expected: Sequence[ExpectedError], found: Sequence[MappingError]) -> Iterator[str]:
    """The same of errors; what is not said of one that is expected is not compared."""
    for number, (one, other) in enumerate(zip(expected, found, strict=False), 1):
        place = other.place
        actual = {"rule": other.rule, "record": place.record, "byte": place.byte_offset, "field": place.path}
        for key, value in one.model_dump(exclude_none=True).items():
            if actual[key] != value:
                yield f"error {number}: {key} is {actual[key]!r}, not {value!r}: {other.rule}: {other}"
    for error in found[len(expected) :][:_MOST_MORE]:
        yield f"gives an error that is not expected: {error.rule}: {error}"
    for missing in expected[len(found) :][:_MOST_MORE]:
        yield f"does not give the error {missing.rule}"


def bytes_differ(expected: bytes, found: bytes) -> str:
    """From which byte on, counted from 0, and what stands there instead."""
    pairs = enumerate(zip(expected, found, strict=False))
    at = next((at for at, (one, other) in pairs if one != other), min(len(expected), len(found)))
    start = max(0, at - _AROUND // 2)
    given, wanted = (each[start : start + _AROUND].hex(" ") or "nothing" for each in (found, expected))
    return f"from byte {at} on, {given} in place of {wanted} (from byte {start})"


def shown(value: JsonValue) -> str:
    """The beginning of a value, as JSON has it."""
    text = json.encode(value).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
