"""The types of single values: how each is read, written and described. Source: HL7 v2.5.1, §2.A."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from mappings.contract import JsonSchema, JsonValue
from mappings.edi import BrokenRule
from mappings.hl7 import moments

MAX_DIGITS = 390
"""Digits of a number: with sign and point JSON carries it."""
_NUMBER = re.compile(r"([+-]?)([0-9]*)(\.[0-9]*)?")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A type of value. `read` is None where the text is the value; `read` and `write` raise BrokenRule."""

    word: str
    read: Callable[[str], JsonValue] | None
    write: Callable[[JsonValue], str]
    schema: JsonSchema


def _read_number(text: str) -> JsonValue:
    """NM: an int, or a Decimal where there is a point."""
    if text.isdecimal() and text.isascii() and len(text) <= MAX_DIGITS:
        return int(text)
    found = _NUMBER.fullmatch(text)
    digits = 0 if found is None else len(text) - text.count(".") - len(found[1])
    if found is None or not 1 <= digits <= MAX_DIGITS:
        raise BrokenRule("number", "is not a number")
    return int(text) if found[3] is None else Decimal(text)


def _write_number(value: JsonValue) -> str:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise BrokenRule("type", "is not a number")
    if isinstance(value, int):
        return str(value) if abs(value) < 10**MAX_DIGITS else _refuse_number()
    if not value.is_finite() or abs(value.adjusted()) >= MAX_DIGITS:
        return _refuse_number()
    return format(value, "f")


def _refuse_number() -> str:
    raise BrokenRule("number", "is not a number that can be written")


def _read_sequence(text: str) -> JsonValue:
    """SI: a whole number without a sign."""
    if not (text.isdecimal() and text.isascii()) or len(text) > MAX_DIGITS:
        raise BrokenRule("number", "is not a whole number")
    return int(text)


def _write_sequence(value: JsonValue) -> str:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**MAX_DIGITS:
        raise BrokenRule("type", "is not a whole number from 0 on")
    return str(value)


def _text(value: JsonValue) -> str:
    if not isinstance(value, str):
        raise BrokenRule("type", "is not a text")
    if not value:
        raise BrokenRule("empty", "is empty; leave it out, or give null to delete a value")
    return value


def _plain(word: str) -> Scalar:
    return Scalar(word, None, _text, {"type": "string", "minLength": 1})


def _moment(word: str, read: Callable[[str], str], write: Callable[[str], str], pattern: str) -> Scalar:
    schema: JsonSchema = {"type": "string", "pattern": pattern}
    return Scalar(word, read, lambda value: write(_text(value)), schema)


SCALARS = {word: _plain(word) for word in ("ST", "TX", "FT", "ID", "IS", "GTS", "SNM")} | {
    "NM": Scalar("NM", _read_number, _write_number, {"type": "number"}),
    "SI": Scalar("SI", _read_sequence, _write_sequence, {"type": "integer", "minimum": 0}),
    "DT": _moment("DT", moments.read_date, moments.write_date, moments.DATE_PATTERN),
    "TM": _moment("TM", moments.read_time, moments.write_time, moments.TIME_PATTERN),
    "DTM": _moment("DTM", moments.read_moment, moments.write_moment, moments.MOMENT_PATTERN),
    "TS": _moment("TS", moments.read_moment, moments.write_moment, moments.MOMENT_PATTERN),
}
"""Every type of single values by its name. TS is taken for a DTM: its second component is obsolete."""
