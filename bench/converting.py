"""Files through `gateway convert`, both ways, and through loops written by hand."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

from bench.job import Job, Spent, command
from bench.samples import SAMPLES

Start = Callable[[Path, ExitStack], Job]


def configure(folder: Path) -> None:
    """A folder with the mappings."""
    (folder / "mappings").mkdir()
    (folder / "gateway.yaml").write_text("{}")
    definitions = {name: sample.definition for name, sample in SAMPLES.items()}
    (folder / "mappings" / "all.yaml").write_text(json.dumps(definitions))


def _gateway(folder: Path, *arguments: str | Path) -> Spent:
    start = [sys.executable, "-m", "gateway", "-C", os.fspath(folder), "convert"]
    return command([*start, *(os.fspath(each) for each in arguments)])


def _plain(module: str, *arguments: str | Path) -> Spent:
    return command([sys.executable, "-m", f"bench.plain.{module}", *(os.fspath(each) for each in arguments)])


def _reading(name: str, mapping: str, plain: str, *options: str, records: int = 1_000_000) -> Start:
    """A file to records (of EDI and HL7, `records` counts transactions and messages). `plain`: the module of
    the loop written by hand, and what it is told to do."""

    def start(folder: Path, stack: ExitStack) -> Job:
        configure(folder)
        source, target = folder / "in", folder / "out"
        SAMPLES[mapping].write(source, records)
        return Job(
            f"{name} ({source.stat().st_size // 10**6} MB)",
            records,
            lambda: _gateway(folder, mapping, source, target, *options),
            lambda: _plain(*plain.split(), source, target),
        )

    return start


def _writing(name: str, mapping: str, plain: str, records: int = 1_000_000) -> Start:
    """NDJSON to a file."""

    def start(folder: Path, stack: ExitStack) -> Job:
        configure(folder)
        made, source, target = folder / "made", folder / "in.ndjson", folder / "out"
        SAMPLES[mapping].write(made, records)
        _gateway(folder, mapping, made, source)
        return Job(
            f"{name} ({made.stat().st_size // 10**6} MB)",
            records,
            lambda: _gateway(folder, mapping, source, target, "--encode"),
            lambda: _plain(*plain.split(), source, target),
        )

    return start


def _beside_reading(name: str, mapping: str, records: int = 1_000_000) -> Start:
    """NDJSON to a file of this format. There is no plain equivalent: in its place the same file is read."""

    def start(folder: Path, stack: ExitStack) -> Job:
        configure(folder)
        made, source, target = folder / "made", folder / "in.ndjson", folder / "out"
        SAMPLES[mapping].write(made, records)
        _gateway(folder, mapping, made, source)
        return Job(
            f"{name} ({made.stat().st_size // 10**6} MB)",
            records,
            lambda: _gateway(folder, mapping, source, target, "--encode"),
            lambda: _gateway(folder, mapping, made, target),
        )

    return start


JOBS: dict[str, Start] = {
    "convert": _reading("fixed width to NDJSON", "ledger", "fixed_width read"),
    "csv": _reading("CSV to NDJSON", "payments", "delimited read"),
    "ebcdic": _reading("EBCDIC, packed to NDJSON", "accounts", "mainframe ndjson"),
    "parquet": _reading("EBCDIC, packed to Parquet", "accounts", "mainframe parquet", "--to", "parquet"),
    "copybook": _reading("copybook, packed to NDJSON", "copybook", "mainframe ndjson"),
    "x12-850": _reading("X12 850, loops and checks", "x12-850", "segments ~ *", records=40_000),
    "x12-837": _reading("X12 837 by claim, checks", "x12-837", "segments ~ *", records=30_000),
    "edifact": _reading("EDIFACT ORDERS, checks", "edifact-orders", "segments ' +", records=40_000),
    "hl7": _reading("HL7 ORU by definition", "hl7-results", "segments CR |", records=40_000),
    "xml": _reading("XML by paths", "xml", "orders_xml", records=40_000),
    "write": _writing("NDJSON to fixed width", "ledger", "fixed_width write"),
    "write-csv": _writing("NDJSON to CSV", "payments", "delimited write"),
    "back-fixed": _beside_reading("fixed width", "ledger"),
    "back-csv": _beside_reading("CSV", "payments"),
    "back-copybook": _beside_reading("copybook, packed", "copybook"),
    "back-850": _beside_reading("X12 850", "x12-850", records=30_000),
    "back-837": _beside_reading("X12 837 by claim", "x12-837", records=20_000),
    "back-edifact": _beside_reading("EDIFACT ORDERS", "edifact-orders", records=20_000),
    "back-hl7": _beside_reading("HL7 ORU", "hl7-results", records=20_000),
    "back-xml": _beside_reading("XML by paths", "xml", records=20_000),
}
if find_spec("polars") is not None:
    JOBS["polars"] = _reading("fixed width, beside polars", "ledger", "fixed_width_polars")
