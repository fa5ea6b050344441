"""Fixed-width records to NDJSON and back as one writes it by hand: a slice, a type, a dictionary for each
record."""

from __future__ import annotations

import json
import sys
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

RECORD_BYTES = 200
FIELDS = (
    ("account", 0, 22, "text"),
    ("booked", 22, 30, "date"),
    ("valuta", 30, 38, "date"),
    ("amount", 38, 49, "amount"),
    ("currency", 49, 52, "text"),
    ("invoice", 52, 64, "text"),
    ("payer", 64, 94, "text"),
    ("iban", 94, 116, "text"),
    ("purpose", 116, 150, "text"),
    ("branch", 150, 154, "number"),
    ("clerk", 154, 160, "number"),
    ("fee", 160, 169, "amount"),
    ("sequence", 169, 178, "number"),
    ("channel", 178, 184, "text"),
    ("remark", 184, 200, "text"),
)


def read(source: str, target: str) -> None:
    """Fixed width to NDJSON."""
    encode = msgspec.json.Encoder(decimal_format="number").encode
    with open(source, "rb") as records, open(target, "wb") as out:  # noqa: PTH123
        while block := records.read(RECORD_BYTES * 1000):
            lines = []
            for at in range(0, len(block), RECORD_BYTES):
                text = block[at : at + RECORD_BYTES].decode("ascii")
                lines.append(encode({name: _value(text[a:b], kind) for name, a, b, kind in FIELDS}))
            out.write(b"\n".join(lines) + b"\n")


def write(source: str, target: str) -> None:
    """NDJSON to fixed width."""
    with open(source, "rb") as lines, open(target, "wb") as out:  # noqa: PTH123
        for line in lines:
            record = json.loads(line, parse_float=Decimal)
            parts = [_text(record[name], end - start, kind) for name, start, end, kind in FIELDS]
            out.write("".join(parts).encode("ascii"))


def _text(value: Any, length: int, kind: str) -> str:
    if kind == "text":
        return str(value).ljust(length)
    if kind == "date":
        return str(value).replace("-", "")
    number = int(Decimal(value).scaleb(2)) if kind == "amount" else int(value)
    return f"{number:0{length}}"


def _value(text: str, kind: str) -> Any:
    if kind == "text":
        return text.rstrip()
    if kind == "amount":
        return Decimal(int(text)).scaleb(-2)
    if kind == "date":
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    return int(text)


if __name__ == "__main__":
    {"read": read, "write": write}[sys.argv[1]](*sys.argv[2:])
