"""Files through `gateway convert`, both ways, and through loops written by hand."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

from bench.job import Job, Spent, command
from bench.plain import delimited, fixed_width, mainframe

_RECORDS = 1_000_000
_BATCH = 10_000

Start = Callable[[Path, ExitStack], Job]


def _ledger() -> dict[str, object]:
    """Fixed width: 15 fields in 200 bytes."""
    more: dict[str, dict[str, object]] = {
        "text": {},
        "amount": {"type": "decimal", "scale": 2},
        "number": {"type": "integer"},
        "date": {"type": "date"},
    }
    fields = {
        name: {"at": start + 1, "length": end - start, **more[kind]}
        for name, start, end, kind in fixed_width.FIELDS
    }
    return {"format": "fixed_width", "encoding": "us-ascii", "record_length": 200, "fields": fields}


def _accounts() -> dict[str, object]:
    """The same size in EBCDIC, with packed decimals."""
    more: dict[str, dict[str, object]] = {
        "text": {},
        "number": {"type": "integer"},
        "packed": {"type": "decimal", "scale": 2, "usage": "packed"},
    }
    fields = {
        name: {"at": start + 1, "length": end - start, **more[kind]}
        for name, start, end, kind in mainframe.FIELDS
    }
    return {"format": "fixed_width", "encoding": "cp037", "record_length": 200, "fields": fields}


def _payments() -> dict[str, object]:
    """CSV with a header row."""
    types: dict[str, dict[str, object]] = {
        "text": {},
        "amount": {"type": "decimal", "scale": 2},
        "number": {"type": "integer"},
        "date": {"type": "date"},
    }
    return {"format": "delimited", "fields": {name: types[kind] for name, kind in delimited.FIELDS}}


MAPPINGS = {"ledger": _ledger(), "accounts": _accounts(), "payments": _payments()}


def ledger(number: int) -> bytes:
    """One record of the ledger; every value is good."""
    parts = []
    for name, start, end, kind in fixed_width.FIELDS:
        length = end - start
        if kind == "text":
            parts.append(f"{name} {number % 977}".ljust(length)[:length])
        elif kind == "date":
            parts.append(f"2026{1 + number % 12:02}{1 + number % 28:02}")
        else:
            parts.append(f"{number * 37 % 10**9:0{length}}"[-length:])
    return "".join(parts).ljust(200).encode()


def account(number: int) -> bytes:
    """One record of the accounts."""
    parts = []
    for name, start, end, kind in mainframe.FIELDS:
        length = end - start
        if kind == "packed":
            digits = f"{number * 7919 % 10**9:0{2 * length - 1}}"[-(2 * length - 1) :]
            parts.append(bytes.fromhex(digits + "cd"[number % 2]))
        else:
            text = f"{number % 10_000:04}" if kind == "number" else f"{name} {number % 977}"
            parts.append(text.ljust(length)[:length].encode("cp037"))
    return b"".join(parts)


def payment(number: int) -> bytes:
    """One line of the payments."""
    day = f"2026-{1 + number % 12:02}-{1 + number % 28:02}"
    place = f"Payer {number % 977},Town {number % 313}"
    return (
        f"{number},{place},{number * 7}.25,{day},{number % 50},remark no {number},C{number % 40}\n".encode()
    )


_MAKERS: dict[str, tuple[bytes, Callable[[int], bytes]]] = {
    "ledger": (b"", ledger),
    "accounts": (b"", account),
    "payments": (",".join(name for name, _ in delimited.FIELDS).encode() + b"\n", payment),
}


def sample(mapping: str) -> bytes:
    """One record."""
    return _MAKERS[mapping][1](12_345)


def write(file: Path, mapping: str, records: int) -> None:
    """A file of so many records, of which `_BATCH` are different."""
    head, make = _MAKERS[mapping]
    batch = [make(number) for number in range(min(records, _BATCH))]
    with file.open("wb") as out:
        out.write(head)
        for at in range(0, records, _BATCH):
            out.write(b"".join(batch[: records - at]))


def configure(folder: Path) -> None:
    """A folder with the mappings."""
    (folder / "mappings").mkdir()
    (folder / "gateway.yaml").write_text("{}")
    (folder / "mappings" / "all.yaml").write_text(json.dumps(MAPPINGS))


def _gateway(folder: Path, *arguments: str | Path) -> Spent:
    start = [sys.executable, "-m", "gateway", "-C", os.fspath(folder), "convert"]
    return command([*start, *(os.fspath(each) for each in arguments)])


def _plain(module: str, *arguments: str | Path) -> Spent:
    return command([sys.executable, "-m", f"bench.plain.{module}", *(os.fspath(each) for each in arguments)])


def _reading(name: str, mapping: str, module: str, verb: Iterable[str], *options: str) -> Start:
    """A file to records: a million of them."""

    def start(folder: Path, stack: ExitStack) -> Job:
        configure(folder)
        source, target = folder / "in", folder / "out"
        write(source, mapping, _RECORDS)
        return Job(
            f"{name} ({source.stat().st_size // 10**6} MB)",
            _RECORDS,
            lambda: _gateway(folder, mapping, source, target, *options),
            lambda: _plain(module, *verb, source, target),
        )

    return start


def _writing(name: str, mapping: str, module: str) -> Start:
    """NDJSON to a file."""

    def start(folder: Path, stack: ExitStack) -> Job:
        configure(folder)
        made, source, target = folder / "made", folder / "in.ndjson", folder / "out"
        write(made, mapping, _RECORDS)
        _gateway(folder, mapping, made, source)
        return Job(
            f"{name} ({made.stat().st_size // 10**6} MB)",
            _RECORDS,
            lambda: _gateway(folder, mapping, source, target, "--encode"),
            lambda: _plain(module, "write", source, target),
        )

    return start


JOBS: dict[str, Start] = {
    "convert": _reading("fixed width to NDJSON", "ledger", "fixed_width", ["read"]),
    "csv": _reading("CSV to NDJSON", "payments", "delimited", ["read"]),
    "ebcdic": _reading("EBCDIC, packed to NDJSON", "accounts", "mainframe", ["ndjson"]),
    "parquet": _reading("EBCDIC, packed to Parquet", "accounts", "mainframe", ["parquet"], "--to", "parquet"),
    "write": _writing("NDJSON to fixed width", "ledger", "fixed_width"),
    "write-csv": _writing("NDJSON to CSV", "payments", "delimited"),
}
if find_spec("polars") is not None:
    JOBS["polars"] = _reading("fixed width, beside polars", "ledger", "fixed_width_polars", [])
