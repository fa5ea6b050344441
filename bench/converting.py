"""A file of fixed-width records to NDJSON: `gateway convert` and a loop over slices."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from bench.job import Job, command
from bench.plain.fixed_width import FIELDS, RECORD_BYTES

_RECORDS = 100_000


def start(folder: Path, stack: ExitStack) -> Job:
    """20 MB: 100,000 records of 200 bytes with 15 fields."""
    (folder / "mappings").mkdir()
    (folder / "gateway.yaml").write_text("{}")
    (folder / "mappings" / "all.yaml").write_text(json.dumps({"ledger": _definition()}))
    source = folder / "ledger.txt"
    write(source, _RECORDS)
    gateway = [sys.executable, "-m", "gateway", "-C", os.fspath(folder), "convert", "ledger"]
    plain = [sys.executable, "-m", "bench.plain.fixed_width"]
    target = folder / "out.ndjson"
    return Job(
        "convert, fixed width to NDJSON",
        _RECORDS,
        lambda: command([*gateway, os.fspath(source), os.fspath(target)]),
        lambda: command([*plain, os.fspath(source), os.fspath(target)]),
    )


def _definition() -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, start_at, end, kind in FIELDS:
        place: dict[str, object] = {"at": start_at + 1, "length": end - start_at}
        if kind == "amount":
            place |= {"type": "decimal", "scale": 2}
        elif kind == "number":
            place |= {"type": "integer"}
        elif kind == "date":
            place |= {"type": "date"}
        fields[name] = place
    return {"format": "fixed_width", "encoding": "us-ascii", "record_length": RECORD_BYTES, "fields": fields}


def write(file: Path, records: int) -> None:
    """So many records; every value is good."""
    with file.open("wb") as out:
        for number in range(records):
            parts = []
            for name, start_at, end, kind in FIELDS:
                length = end - start_at
                if kind == "text":
                    parts.append(f"{name} {number % 977}".ljust(length)[:length])
                elif kind == "date":
                    parts.append(f"2026{1 + number % 12:02}{1 + number % 28:02}")
                else:
                    parts.append(f"{number * 37 % 10**9:0{length}}"[-length:])
            out.write("".join(parts).ljust(RECORD_BYTES).encode())
