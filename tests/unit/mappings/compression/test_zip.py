"""Zip archives around a format: what programs write is read, which entries are chosen, what is written."""

from __future__ import annotations

import gzip
import io
import random
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from mappings.compression import zip_writer
from mappings.contract import Context, Record
from tests.unit.mappings.compression.archives import (
    ORDERS,
    RECORDS,
    Made,
    compressed,
    defined,
    described,
    made,
    read,
    read_whole,
    written,
    zipped,
    zipped_as_stream,
)

ONE = defined("zip")
CHOSEN = defined({"type": "zip", "entry": "*.csv"})
EACH = defined({"type": "zip", "entry": "*.csv", "entries": "all"})
_BESIDE = {"readme.txt": b"read me", "orders.csv": ORDERS, "sums/": b"", "sums/orders.md5": b"0" * 32}
_GOOD = {
    "deflated": zipped({"orders.csv": ORDERS}),
    "stored": zipped({"orders.csv": ORDERS}, zipfile.ZIP_STORED),
    "in a folder": zipped({"out/": b"", "out/orders.csv": ORDERS}),
    "a folder with backslashes": made(Made(name=b"out\\orders.csv")),
    "among others": zipped(_BESIDE),
    "among others, all stored": zipped(_BESIDE, zipfile.ZIP_STORED),
    "sizes behind the data": zipped_as_stream({"orders.csv": ORDERS}),
    "sizes behind the data of all": zipped_as_stream({"a.txt": ORDERS, "orders.csv": ORDERS, "b": b""}),
    "sizes of 64 bits behind the data": zipped_as_stream({"orders.csv": ORDERS}, is_long=True),
    "sizes behind the data without a signature": made(described(Made(), signature=False)),
    "long sizes behind the data without a signature": made(described(Made(), signature=False, is_long=True)),
    "a folder that is compressed": made(
        described(Made(name=b"out/", content=b"")), Made(name=b"out/orders.csv")
    ),
    "a name in UTF-8": made(Made(name="bestellungen-für-müller.csv".encode(), flags=1 << 11)),
    "a name in code page 437": made(Made(name="für.csv".encode("cp437"))),
    "an entry that nobody reads is encrypted": made(Made(name=b"a.txt", flags=1), Made()),
    "an entry that nobody reads is compressed otherwise": made(Made(name=b"a.txt", method=12), Made()),
}


@pytest.mark.parametrize("step", [None, 1, 1000], ids=lambda step: f"cut by {step}")
@pytest.mark.parametrize("data", _GOOD.values(), ids=_GOOD)
def test_is_read(data: bytes, step: int | None) -> None:
    records, errors, summary = read_whole(CHOSEN, data, step)
    assert (records, errors) == (RECORDS, [])
    assert summary is not None
    assert (summary.records, summary.errors) == (300, 0)


def _as_stream(content: bytes) -> bytes:
    return zipped_as_stream({"a": content, "b/": b""})


def test_an_archive_with_a_comment_is_read() -> None:
    target = io.BytesIO(zipped({"orders.csv": ORDERS}))
    with zipfile.ZipFile(target, "a") as archive:
        archive.comment = b"of today"
    assert read(ONE, target.getvalue()) == (RECORDS, [])


def test_an_archive_in_zip64_is_read() -> None:
    target = io.BytesIO()
    with (
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("orders.csv", "w", force_zip64=True) as entry,
    ):
        entry.write(ORDERS)
    assert read(ONE, target.getvalue(), 1) == (RECORDS, [])


def test_an_archive_of_another_program_is_read(tmp_path: Path) -> None:
    if shutil.which("zip") is None:
        pytest.skip("there is no program zip here")
    (tmp_path / "orders.csv").write_bytes(ORDERS)
    subprocess.run(["zip", "-q", "of-files.zip", "orders.csv"], cwd=tmp_path, check=True)
    streamed = subprocess.run(["zip", "-q", "-", "-"], input=ORDERS, capture_output=True, check=True).stdout
    assert read(ONE, (tmp_path / "of-files.zip").read_bytes()) == (RECORDS, [])
    assert read(ONE, streamed) == (RECORDS, [])


_CHOICES: dict[str, tuple[str, list[str], str | None]] = {
    "none": ("*.csv", ["a.txt"], "zip-entry"),
    "upper and lower case are different": ("*.csv", ["A.CSV"], "zip-entry"),
    "two": ("*.csv", ["a.csv", "b.csv"], "zip-entries"),
    "the same twice": ("*.csv", ["a.csv", "a.csv"], "zip-entries"),
    "anything is two": ("*", ["a.csv", "a.txt"], "zip-entries"),
    "a name": ("b.csv", ["a.csv", "b.csv"], None),
    "a name in any folder": ("b.csv", ["x/y/b.csv"], None),
    "a name in one folder": ("x/*.csv", ["b.csv", "x/a.csv", "y/a.csv"], None),
    "one character": ("?.csv", ["aa.csv", "b.csv"], None),
    "brackets are themselves": ("[ab].csv", ["a.csv", "[ab].csv"], None),
}


@pytest.mark.parametrize(("entry", "names", "rule"), _CHOICES.values(), ids=_CHOICES)
def test_one_entry_is_chosen_by_its_name(entry: str, names: list[str], rule: str | None) -> None:
    format_ = defined({"type": "zip", "entry": entry, "written_name": entry.replace("*", "a")})
    records, errors = read(format_, made(*(Made(name=name.encode()) for name in names)))
    assert [error.rule for error in errors] == ([rule] if rule else [])
    assert rule or records == RECORDS


def test_several_entries_are_files_of_their_own_whose_records_are_numbered_through() -> None:
    bad = b"quantity,item\r\n1,bolt\r\nmany,bolt\r\n"
    archive = zipped({"a.csv": ORDERS, "readme.txt": b"", "b.csv": bad, "c.csv": ORDERS})
    records, errors, summary = read_whole(EACH, archive)
    bolt: Record = {"quantity": 1, "item": "bolt"}
    assert records == [*RECORDS, bolt, *RECORDS]
    assert [(error.rule, error.place.record, error.place.line) for error in errors] == [("integer", 302, 3)]
    assert "b.csv" in str(errors[0])
    assert summary is not None
    assert (summary.records, summary.errors) == (602, 1)


def test_one_of_several_that_is_lost_does_not_take_the_others_along() -> None:
    archive = zipped({"a.csv": ORDERS, "b.csv": b"item,price\r\n1,2\r\n", "c.csv": ORDERS})
    records, errors, summary = read_whole(EACH, archive, 7)
    assert records == RECORDS * 2
    assert [error.rule for error in errors] == ["header"]
    assert "b.csv" in str(errors[0])
    assert summary is not None
    assert (summary.records, summary.errors) == (600, 1)


def test_of_several_none_is_an_error() -> None:
    _, errors = read(EACH, zipped({"a.txt": b""}))
    assert [error.rule for error in errors] == ["zip-entry"]


@pytest.mark.parametrize("held", [zip_writer.HELD_BYTES, 0], ids=["held", "as a stream"])
def test_what_is_written_is_for_all_to_read(
    held: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_writer, "HELD_BYTES", held)
    now = datetime(2026, 11, 23, 17, 5, 9, tzinfo=timezone(timedelta(hours=1)))
    data = written(CHOSEN, RECORDS, Context(now=now))
    assert data[6] & 8 == (0 if held else 8)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (entry,) = archive.infolist()
        assert (entry.filename, entry.date_time) == ("data.csv", (2026, 11, 23, 16, 5, 8))
        assert archive.read(entry) == ORDERS
    assert read(CHOSEN, data, 100) == (RECORDS, [])
    if shutil.which("unzip") is not None:
        path = tmp_path / "orders.zip"
        path.write_bytes(data)
        assert subprocess.run(["unzip", "-p", path], capture_output=True, check=True).stdout == ORDERS


def test_what_is_large_is_written_while_it_comes_and_small_things_whole() -> None:
    chance = random.Random(5)
    lines: list[Any] = [{"item": chance.randbytes(60).hex(), "quantity": n} for n in range(20_000)]
    encoder = CHOSEN.encoder(Context())
    parts = [encoder.encode(lines[at : at + 1000]) for at in range(0, len(lines), 1000)]
    assert any(parts)
    data = b"".join(parts) + encoder.finish()
    assert read(CHOSEN, data) == (lines, [])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None


@pytest.mark.parametrize("size", [255 << 10, 256 << 10, 257 << 10, 700_001, 3 << 20])
@pytest.mark.parametrize("pack", [gzip.compress, _as_stream], ids=["gzip", "zip"])
def test_what_is_larger_than_a_piece_is_read_to_its_end(pack: Callable[[bytes], bytes], size: int) -> None:
    """The end may come in the middle of what zlib holds back."""
    content = bytes(range(97, 123)) * (size // 26) + b"x" * (size % 26)
    data = pack(content)
    format_ = compressed("gzip" if data.startswith(b"\x1f") else "zip")
    assert b"".join(format_.inside([data])) == content
    mixed = random.Random(size).randbytes(size // 2) + content
    assert b"".join(format_.inside([pack(mixed)])) == mixed


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (None, (1980, 1, 1, 0, 0, 0)),
        (datetime(1970, 5, 1, tzinfo=UTC), (1980, 5, 1, 0, 0, 0)),
        (datetime(2200, 5, 1, tzinfo=UTC), (2107, 5, 1, 0, 0, 0)),
    ],
    ids=["no time is given", "before there was zip", "behind its last year"],
)
def test_an_entry_has_a_time_that_zip_can_say(now: datetime | None, expected: tuple[int, ...]) -> None:
    data = written(ONE, RECORDS, Context(now=now))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.infolist()[0].date_time == expected
