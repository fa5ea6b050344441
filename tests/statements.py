"""Definitions of bank statements in fixed width: a header, lines, and a trailer that counts them."""

from __future__ import annotations

from typing import Any


def once(letter: str, **fields: Any) -> dict[str, Any]:
    """A type of record that is there just once, known by the letter in its first column."""
    return {"match": {"at": 1, "value": letter}, "min": 1, "max": 1, "fields": fields}


def statements(line: dict[str, Any], *, record_length: int, count_length: int) -> dict[str, Any]:
    """Statements in EBCDIC whose lines, of the letter D, have these fields."""
    count = {"at": 2, "length": count_length, "type": "integer", "equals": "count(line)"}
    return {
        "format": "fixed_width",
        "encoding": "cp037",
        "record_length": record_length,
        "records": {
            "header": once("H", account={"at": 2, "length": 10}),
            "line": {"match": {"at": 1, "value": "D"}, "fields": line},
            "trailer": once("T", count=count),
        },
    }
