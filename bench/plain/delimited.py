"""CSV to NDJSON and back as one writes it by hand: the csv module, a type for each column."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec

FIELDS = (
    ("id", "number"),
    ("name", "text"),
    ("city", "text"),
    ("amount", "amount"),
    ("booked", "date"),
    ("quantity", "number"),
    ("note", "text"),
    ("code", "text"),
)
_TYPES: dict[str, Callable[[str], object]] = {
    "number": int,
    "amount": Decimal,
    "date": date.fromisoformat,
    "text": str,
}


def read(source: str, target: str) -> None:
    """CSV to NDJSON."""
    encode = msgspec.json.Encoder(decimal_format="number").encode
    with Path(source).open(newline="", encoding="utf-8") as rows, Path(target).open("wb") as out:
        reader = csv.reader(rows)
        types = [(name, _TYPES[dict(FIELDS)[name]]) for name in next(reader)]
        for row in reader:
            out.write(encode({name: make(text) for (name, make), text in zip(types, row, strict=True)}))
            out.write(b"\n")


def write(source: str, target: str) -> None:
    """NDJSON to CSV."""
    names = [name for name, _ in FIELDS]
    with Path(source).open("rb") as lines, Path(target).open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(names)
        for line in lines:
            record = json.loads(line, parse_float=Decimal)
            writer.writerow([record[name] for name in names])


if __name__ == "__main__":
    {"read": read, "write": write}[sys.argv[1]](*sys.argv[2:])
