"""The types of single values: how each is recognised, read, written, and described.

Lengths count characters; of numbers the sign and the decimal mark are not counted.
Source: X12.6 (application control structure), §3.5 data elements; ISO 9735-1, §10 and annex B.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from mappings.contract import JsonSchema, JsonValue
from mappings.edi import moments, numbers
from mappings.edi.findings import BrokenRule

_LONGEST = 9_999_999
_X12 = re.compile(r"(AN|ID|N[0-9]?|R|DT|TM|B)(?: ([0-9]+)(?:/([0-9]+))?)?")
_EDIFACT = re.compile(r"(an|a|n)(\.\.)?([0-9]+)")
_DEFAULTS = {"DT": (8, 8), "TM": (4, 8)}


@dataclass(frozen=True, slots=True)
class Scalar:
    """A type of value. `pattern` gives a regular expression for one character at least, told the characters
    that no value holds; what it accepts, `read` accepts, unless `read` looks closer (dates). `read` and
    `write` raise BrokenRule; `read` is None where the text is the value. `released_pattern` is told the
    pattern of what is released too, and is None where nothing is; `convert` reads what `pattern` accepts
    without looking again."""

    word: str
    least: int
    most: int
    pattern: Callable[[str], str]
    verify: Callable[[str], None]
    read: Callable[[str], JsonValue] | None
    write: Callable[[JsonValue], str]
    schema: JsonSchema
    is_number: bool = False
    released_pattern: Callable[[str, str], str] | None = None
    convert: Callable[[str], JsonValue] | None = None


def scalar(type_text: str, century_from: int | None) -> Scalar:
    """The type of this text, such as `AN 1/60` or `an..35`."""
    word, least, most = bounds(type_text)
    if word == "B":
        return _binary(least, most)
    if word in ("AN", "ID", "an", "a"):
        return _text(word, least, most)
    if word == "DT":
        return _date(least, most, century_from)
    if word == "TM":
        return _time(least, most)
    return _number(word, least, most)


def bounds(type_text: str) -> tuple[str, int, int]:
    """The word of a type and its least and most characters."""
    found = _EDIFACT.fullmatch(type_text)
    if found is not None:
        most = int(found[3])
        return found[1], 1 if found[2] else most, most
    found = _X12.fullmatch(type_text)
    assert found is not None, "the definition's pattern admits nothing else"
    if found[2] is None:
        longest = numbers.MAX_DIGITS if found[1][0] in "NR" else _LONGEST
        return found[1], *_DEFAULTS.get(found[1], (1, longest))
    return found[1], int(found[2]), int(found[3] or found[2])


def _length(count: int, least: int, most: int) -> None:
    if count < least:
        raise BrokenRule("too-short", f"has {count} characters, at least {least} are needed")
    if count > most:
        raise BrokenRule("too-long", f"has {count} characters, at most {most} are allowed")


def _text(word: str, least: int, most: int) -> Scalar:
    more = "0-9" if word == "a" else ""
    digits = re.compile("[0-9]")

    def verify(text: str) -> None:
        if word == "a" and digits.search(text):
            raise BrokenRule("character", "has a digit, where only letters may stand")
        _length(len(text), least, most)

    def write(value: JsonValue) -> str:
        if not isinstance(value, str):
            raise BrokenRule("type", "is not a text")
        verify(value)
        return value

    def pattern(out: str) -> str:
        return f"[^{out}{more}]{{{max(least, 1)},{most}}}"

    def released_pattern(out: str, released: str) -> str:
        return f"(?:[^{out}{more}]|{released}){{{max(least, 1)},{most}}}"

    schema: JsonSchema = {"type": "string", "minLength": max(least, 1), "maxLength": most}
    return Scalar(word, least, most, pattern, verify, None, write, schema, released_pattern=released_pattern)


def _number(word: str, least: int, most: int) -> Scalar:
    places = int(word[1:] or 0) if word.startswith("N") else None
    read = numbers.reader(places, allows_comma=word == "n")

    def pattern(out: str) -> str:
        return numbers.pattern(places, max(least, 1), most, out, allows_comma=word == "n")

    def verify(text: str) -> None:
        read(text)
        _length(numbers.counted(text), least, most)

    def write(value: JsonValue) -> str:
        text = numbers.text(value, places, least)
        if len(text) > most:
            if word == "R" and numbers.counted(text) > most:
                text = numbers.without_zero(text)
            _length(numbers.counted(text), least, most)
        return text

    schema: JsonSchema = {"type": "integer" if places == 0 else "number"}
    if places:
        schema["multipleOf"] = Decimal(1).scaleb(-places)
    convert = numbers.converter(places, allows_comma=word == "n")
    return Scalar(word, least, most, pattern, verify, read, write, schema, is_number=True, convert=convert)


def _date(least: int, most: int, century_from: int | None) -> Scalar:
    read = moments.date_reader(century_from)

    def verify(text: str) -> None:
        _length(len(text), least, most)
        read(text)

    def write(value: JsonValue) -> str:
        return moments.date_text(value, century_from if most < moments.LONG_DATE else None, most)

    sizes = [size for size in (6, 8) if least <= size <= most and (size != 6 or century_from is not None)]
    pattern = f"(?:{'|'.join(f'[0-9]{{{size}}}' for size in reversed(sizes))})"
    schema: JsonSchema = {"type": "string", "format": "date"}
    return Scalar("DT", least, most, lambda _: pattern, verify, read, write, schema)


def _time(least: int, most: int) -> Scalar:
    def verify(text: str) -> None:
        _length(len(text), least, most)
        moments.read_time(text)

    def write(value: JsonValue) -> str:
        text = moments.time_text(value)
        _length(len(text), least, most)
        return text

    schema: JsonSchema = {"type": "string", "pattern": moments.TIME_PATTERN}
    pattern = f"[0-9]{{{least},{most}}}"
    return Scalar("TM", least, most, lambda _: pattern, verify, moments.read_time, write, schema)


def _binary(least: int, most: int) -> Scalar:
    """Bytes: base64 in records. A segment's text has them in hexadecimal, in which no delimiter can be; they
    are counted by what surrounds them."""

    def verify(text: str) -> None:
        _length(len(text) // 2, least, most)

    def read(text: str) -> JsonValue:
        try:
            return base64.b64encode(bytes.fromhex(text)).decode("ascii")
        except ValueError:
            raise BrokenRule("binary", "is not preceded by its length") from None

    def write(value: JsonValue) -> str:
        if not isinstance(value, str):
            raise BrokenRule("type", "is not a text of base64")
        try:
            data = base64.b64decode(value, validate=True)
        except ValueError:
            raise BrokenRule("type", "is not base64") from None
        _length(len(data), least, most)
        return data.hex()

    schema: JsonSchema = {"type": "string", "contentEncoding": "base64"}
    pattern = f"(?:[0-9a-f]{{2}}){{{max(least, 1)},{most}}}"
    return Scalar("B", least, most, lambda _: pattern, verify, read, write, schema)
