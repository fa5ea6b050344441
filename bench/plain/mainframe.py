"""EBCDIC records with packed decimals to NDJSON or Parquet as one writes it by hand: a slice and a codec."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

RECORD_BYTES = 200
FIELDS = (
    ("account", 0, 12, "text"),
    ("name", 12, 42, "text"),
    ("street", 42, 72, "text"),
    ("city", 72, 92, "text"),
    ("branch", 92, 96, "number"),
    ("balance", 96, 103, "packed"),
    ("limit", 103, 110, "packed"),
    ("credit", 110, 116, "packed"),
    ("debit", 116, 122, "packed"),
    ("interest", 122, 127, "packed"),
    ("fees", 127, 132, "packed"),
    ("kind", 132, 134, "text"),
    ("reference", 134, 154, "text"),
    ("remark", 154, 194, "text"),
    ("state", 194, 200, "text"),
)


def _records(source: str) -> Iterator[dict[str, Any]]:
    with Path(source).open("rb") as file:
        while block := file.read(RECORD_BYTES * 1000):
            for at in range(0, len(block), RECORD_BYTES):
                record = block[at : at + RECORD_BYTES]
                yield {name: _value(record[start:end], kind) for name, start, end, kind in FIELDS}


def _value(data: bytes, kind: str) -> Any:
    if kind == "packed":
        halves = data.hex()
        number = int(halves[:-1])
        return Decimal(-number if halves[-1] in "bd" else number).scaleb(-2)
    text = data.decode("cp037")
    return int(text) if kind == "number" else text.rstrip()


def ndjson(source: str, target: str) -> None:
    """To NDJSON."""
    encode = msgspec.json.Encoder(decimal_format="number").encode
    with Path(target).open("wb") as out:
        for record in _records(source):
            out.write(encode(record))
            out.write(b"\n")


def parquet(source: str, target: str) -> None:
    """To Parquet, in groups of a hundred thousand."""
    types = {"text": pa.string(), "number": pa.int64(), "packed": pa.decimal128(13, 2)}
    schema = pa.schema([(name, types[kind]) for name, _, _, kind in FIELDS])
    with pq.ParquetWriter(target, schema) as writer:
        group: list[dict[str, Any]] = []
        for record in _records(source):
            group.append(record)
            if len(group) == 100_000:
                writer.write_batch(pa.RecordBatch.from_pylist(group, schema))
                group.clear()
        if group:
            writer.write_batch(pa.RecordBatch.from_pylist(group, schema))


if __name__ == "__main__":
    {"ndjson": ndjson, "parquet": parquet}[sys.argv[1]](*sys.argv[2:])
