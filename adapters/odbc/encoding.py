"""Rows as NDJSON, on the worker's side.

Dialects whose database writes JSON itself deliver one text per row; two marks that JSON text cannot hold
stand in it for what the database cannot write: bytes as `\\x01HEX\\x01` (become base64), and a double with an
extreme exponent as `\\x02DIGITS;POWER\\x02` (becomes DIGITS times 2 to the POWER).
"""

from __future__ import annotations

import math
import re
import uuid
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import msgspec

_BYTES = re.compile("\x01([0-9A-F]*)\x01")
_SCALED = re.compile("\x02([^;\x02]*);(-?[0-9]+)\x02")
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Unusable(Exception):
    """A value that JSON cannot carry exactly. `row` is 0-based."""

    def __init__(self, row: int, column: str, reason: str) -> None:
        super().__init__(f"row {row + 1}, column {column}: {reason}")
        self.row = row


def texts_to_lines(rows: Sequence[Any], first: int) -> bytes:
    """Join rows that are JSON texts already. `first`: the index of the first of them, for errors."""
    text = "\n".join([row[0] for row in rows])
    if "\r" in text or text.count("\n") != len(rows) - 1:
        # A json column keeps the line breaks between its tokens; inside strings JSON has none.
        text = "\n".join([row[0].replace("\n", " ").replace("\r", " ") for row in rows])
    if "\x01" in text:
        text = _BYTES.sub(_base64, text)
    if "\x02" in text:
        text = _SCALED.sub(_scaled, text)
    return text.encode() + b"\n" if rows else b""


def rows_encoder(names: tuple[str, ...]) -> Callable[[Sequence[Any], int], bytes]:
    """A function that encodes rows of driver values as objects with these member names."""

    def encode(rows: Sequence[Any], first: int) -> bytes:
        lines = []
        for index, row in enumerate(rows):
            members = {
                name: _plain(value, first + index, name) for name, value in zip(names, row, strict=True)
            }
            lines.append(_ENCODER.encode(members))
        return b"\n".join(lines) + b"\n" if rows else b""

    return encode


def _plain(value: Any, row: int, column: str) -> Any:
    """The value in a type that is written exactly.

    Raises: Unusable.
    """
    match value:
        case None | bool() | str() | datetime() | date() | time() | bytes() | uuid.UUID():
            return value
        case int():
            return value if -(2**63) <= value < 2**64 else Decimal(value)
        case float() if math.isfinite(value):
            return value
        case Decimal() if value.is_finite():
            return value
        case bytearray():
            return bytes(value)
        case float() | Decimal():
            raise Unusable(row, column, "holds a number that JSON does not have (NaN or infinity)")
        case _:
            raise Unusable(row, column, f"holds a {type(value).__name__}, which has no JSON form")


def _base64(match: re.Match[str]) -> str:
    return '"' + b2a_base64(bytes.fromhex(match[1]), newline=False).decode() + '"'


def _scaled(match: re.Match[str]) -> str:
    return repr(math.ldexp(float(match[1]), int(match[2])))
