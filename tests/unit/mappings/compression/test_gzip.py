"""gzip around a format: what programs write is read, and what is damaged is an error with a place."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path
from shutil import which

import pytest

from mappings.contract import Context, MappingError
from tests.unit.mappings.compression.archives import ORDERS, RECORDS, defined, read, read_whole, written

GZIP = defined("gzip")
WHOLE = gzip.compress(ORDERS, mtime=0)
_NAMED = WHOLE[:3] + b"\x08" + WHOLE[4:10] + b"orders.csv\0" + WHOLE[10:]
_GOOD = {
    "one member": WHOLE,
    "a name in the header": _NAMED,
    "two members": gzip.compress(ORDERS[:1000]) + gzip.compress(ORDERS[1000:]),
    "a member for each line": b"".join(gzip.compress(line) for line in ORDERS.splitlines(keepends=True)),
    "empty members": gzip.compress(b"") * 500 + WHOLE + gzip.compress(b"") * 500,
    "not compressed": gzip.compress(ORDERS, 0),
    "zeros fill the last block": WHOLE + bytes(4096 - len(WHOLE) % 4096),
}


@pytest.mark.parametrize("step", [None, 1, 1000], ids=lambda step: f"cut by {step}")
@pytest.mark.parametrize("data", _GOOD.values(), ids=_GOOD)
def test_is_read(data: bytes, step: int | None) -> None:
    records, errors, summary = read_whole(GZIP, data, step)
    assert (records, errors) == (RECORDS, [])
    assert summary is not None
    assert (summary.records, summary.errors) == (300, 0)


def _changed(at: int, byte: int) -> bytes:
    return WHOLE[:at] + bytes([byte]) + WHOLE[at:][1:]


_END = len(WHOLE)
_BAD = {
    "nothing": (b"", "gzip-truncated", 0),
    "text": (ORDERS, "gzip-header", 0),
    "a zip archive": (b"PK\x03\x04" + bytes(40), "gzip-header", 0),
    "another method": (_changed(2, 7), "gzip-header", None),
    "flags that gzip does not have": (_changed(3, 0xE0), "gzip-header", None),
    "a wrong check sum": (_changed(_END - 8, WHOLE[-8] ^ 1), "gzip-crc", None),
    "a wrong size": (_changed(_END - 4, WHOLE[-4] ^ 1), "gzip-size", None),
    "no such block": (WHOLE[:10] + b"\x07" + WHOLE[11:], "gzip-data", None),
    "text behind it": (WHOLE + b"\r\n", "gzip-trailing", _END),
    "one byte behind it": (WHOLE + b"\x1f", "gzip-trailing", _END),
    "something behind the zeros": (WHOLE + bytes(100) + b"x", "gzip-trailing", _END + 100),
    "a member behind the zeros": (WHOLE + bytes(100) + WHOLE, "gzip-trailing", _END + 100),
    "a second member is cut off": (WHOLE + WHOLE[:50], "gzip-truncated", _END + 50),
}


@pytest.mark.parametrize("step", [None, 1], ids=lambda step: f"cut by {step}")
@pytest.mark.parametrize(("data", "rule", "at"), _BAD.values(), ids=_BAD)
def test_what_is_damaged_is_an_error_with_its_place(
    data: bytes, rule: str, at: int | None, step: int | None
) -> None:
    _, errors = read(GZIP, data, step)
    assert [error.rule for error in errors] == [rule]
    place = errors[0].place.byte_offset
    assert place is not None
    assert place <= len(data)
    assert at is None or place == at


def test_cut_off_at_any_byte_it_is_an_error_there_behind_the_records_that_are_whole() -> None:
    for end in range(len(WHOLE)):
        records, errors = read(GZIP, WHOLE[:end])
        assert [error.rule for error in errors] == ["gzip-truncated"]
        assert errors[0].place.byte_offset == end
        assert records == RECORDS[: len(records)]


def test_what_was_read_before_the_damage_is_given_once_and_the_error_then_stays() -> None:
    decoder = GZIP.decoder(Context())
    assert decoder.feed(WHOLE + b"garbage") == RECORDS
    for _ in range(2):
        with pytest.raises(MappingError, match="no gzip"):
            decoder.feed(b"more")
    with pytest.raises(MappingError, match="no gzip"):
        decoder.finish()


def test_an_error_inside_keeps_its_place_in_what_comes_out() -> None:
    bad = ORDERS.replace(b"screw 3,3\r\n", b"screw 3,three\r\n")
    records, errors = read(GZIP, gzip.compress(bad))
    assert len(records) == 299
    assert [(error.rule, error.place.record, error.place.line, error.place.path) for error in errors] == [
        ("integer", 4, 5, "/quantity")
    ]
    assert errors[0].place.byte_offset == bad.index(b"three")


def test_what_is_written_is_the_same_each_time_and_for_all_to_read(tmp_path: Path) -> None:
    data = written(GZIP, RECORDS)
    assert gzip.decompress(data) == ORDERS
    assert written(GZIP, RECORDS) == data
    assert read(GZIP, data) == (RECORDS, [])
    if which("gzip") is not None:
        path = tmp_path / "orders.csv.gz"
        path.write_bytes(data)
        assert subprocess.run(["gzip", "-dc", path], capture_output=True, check=True).stdout == ORDERS


def test_nothing_written_is_a_whole_file() -> None:
    data = written(GZIP, [])
    assert gzip.decompress(data) == b"item,quantity\r\n"
    assert read(GZIP, data) == ([], [])


def test_a_level_that_is_wanted_is_taken() -> None:
    sizes = {
        level: len(written(defined({"type": "gzip", "level": level}), RECORDS * 20)) for level in (0, 1, 9)
    }
    assert sizes[9] < sizes[1] < sizes[0]
