"""Texts from query parameters as values of a column. Pure.

What passes here is spelled as the database will read it; what does not is refused before anything is sent.
"""

from __future__ import annotations

import re
from binascii import Error as BinasciiError
from binascii import a2b_base64
from collections.abc import Callable
from datetime import date, time

from adapters.odbc.catalogue import Column, Kind

MAX_NUMBER = 400


class BadValue(ValueError):
    """The text is not a value of the column's type."""


_INTEGER = re.compile(r"[+-]?[0-9]{1,38}\Z")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?\Z")
_UUID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}\Z")
_STAMP = re.compile(r"(?P<day>[0-9-]{10})[T ](?P<clock>[0-9:.]+)(?P<offset>Z|z|[ +-][0-9]{2}:?[0-9]{2})?\Z")
_BOOLEANS = {"true": "true", "t": "true", "1": "true", "false": "false", "f": "false", "0": "false"}


def checked(column: Column, text: str) -> str:
    """The text in the spelling the database reads.

    Raises: BadValue.
    """
    check_text(text)
    check = _CHECKS.get(column.kind)
    return check(column, text) if check else text


def binary(text: str) -> bytes:
    """Bytes from base64.

    Raises: BadValue.
    """
    try:
        return a2b_base64(text, strict_mode=True)
    except (BinasciiError, ValueError):
        raise BadValue("expected bytes as base64") from None


def is_number(text: str) -> bool:
    """True when the text is a number in SQL's spelling."""
    return len(text) <= MAX_NUMBER and _NUMBER.match(text) is not None


def check_text(text: str) -> None:
    """Refuse what no driver carries.

    Raises: BadValue.
    """
    if "\0" in text:
        raise BadValue("holds the character U+0000, which databases cut texts at")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise BadValue("holds half of a surrogate pair") from None


def _integer(column: Column, text: str) -> str:
    if not _INTEGER.match(text):
        raise BadValue("expected a whole number")
    bits = column.size or 64
    if not -(2 ** (bits - 1)) <= int(text) < 2 ** (bits - 1):
        raise BadValue(f"beyond the column's range of {bits} bits")
    return text


def _number(_column: Column, text: str) -> str:
    if not is_number(text):
        raise BadValue("expected a number")
    return text


def _boolean(_column: Column, text: str) -> str:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise BadValue("expected true or false") from None


def _date(_column: Column, text: str) -> str:
    _calendar(text)
    return text


def _time(_column: Column, text: str) -> str:
    _clock(text)
    return text


def _timestamp(_column: Column, text: str) -> str:
    match = _STAMP.match(text)
    if not match or match["offset"]:
        raise BadValue("expected a local time such as 2026-01-31T12:00:00, without an offset")
    _calendar(match["day"])
    _clock(match["clock"])
    return text


def _timestamptz(_column: Column, text: str) -> str:
    match = _STAMP.match(text)
    if not match or not match["offset"]:
        raise BadValue("expected a time with an offset such as 2026-01-31T12:00:00Z")
    _calendar(match["day"])
    _clock(match["clock"])
    offset = match["offset"]
    # An unescaped + of an offset arrives as a space: that is how query strings are decoded.
    offset = "+" + offset[1:] if offset[0] == " " else offset
    if offset not in "Zz" and not (int(offset[1:3]) <= 15 and int(offset[-2:]) < 60):
        raise BadValue("the offset does not exist")
    return f"{match['day']}T{match['clock']}{offset}"


def _calendar(text: str) -> None:
    try:
        if _DATE.match(text):
            date.fromisoformat(text)
            return
    except ValueError:
        pass  # has the form of a date and is none: 2026-02-30
    raise BadValue("expected a date that exists, such as 2026-01-31")


def _clock(text: str) -> None:
    try:
        if _TIME.match(text):
            time.fromisoformat(text.partition(".")[0])
            return
    except ValueError:
        pass  # has the form of a time and is none: 25:00
    raise BadValue("expected a time of day such as 23:59:00")


def _uuid(_column: Column, text: str) -> str:
    if not _UUID.match(text):
        raise BadValue("expected a UUID")
    return text


def _binary(_column: Column, text: str) -> str:
    binary(text)
    return text


def _enumerated(column: Column, text: str) -> str:
    if column.values and text not in column.values:
        raise BadValue(f"expected one of {', '.join(column.values[:20])}")
    return text


_CHECKS: dict[Kind, Callable[[Column, str], str]] = {
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _number,
    Kind.DOUBLE: _number,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _date,
    Kind.TIME: _time,
    Kind.TIMESTAMP: _timestamp,
    Kind.TIMESTAMPTZ: _timestamptz,
    Kind.BINARY: _binary,
    Kind.UUID: _uuid,
    Kind.TEXT: _enumerated,
    Kind.OTHER: _enumerated,
}
