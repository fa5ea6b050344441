"""Compressed files that are damaged or made to do harm: errors with a place, in bounded time and memory."""

from __future__ import annotations

import gzip
import io
import random
import struct
import tracemalloc
import zipfile
from typing import Any

import pytest

from mappings.compression import portions
from mappings.contract import Context, Format, MappingError
from tests.unit.mappings.compression.archives import (
    ORDERS,
    RECORDS,
    Made,
    defined,
    described,
    made,
    read,
    read_whole,
    zipped,
    zipped_as_stream,
)

CHOSEN = defined({"type": "zip", "entry": "*.csv"})
PLAIN = zipped({"orders.csv": ORDERS})
STREAMED = zipped_as_stream({"orders.csv": ORDERS})
_OTHER = Made(name=b"other.txt")
_RAW = Made().stored
_BAD: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "zip-truncated"),
    "text": (ORDERS, "zip-header"),
    "gzip": (gzip.compress(ORDERS), "zip-header"),
    "something before the archive": (made(Made(), before=b"MZ..."), "zip-header"),
    "something behind the archive": (PLAIN + b"\0", "zip-trailing"),
    "something between two entries": (made(Made(behind=b"...."), _OTHER), "zip-structure"),
    "no entry": (made(), "zip-entry"),
    "encrypted": (made(Made(flags=1)), "zip-encrypted"),
    "strongly encrypted": (made(Made(flags=0x41)), "zip-encrypted"),
    "headers that are encrypted": (made(Made(flags=0x2000)), "zip-encrypted"),
    "an encrypted entry beside it without an end": (
        made(described(Made(name=b"other.txt", flags=1)), Made()),
        "zip-encrypted",
    ),
    "another method": (made(Made(method=14)), "zip-method"),
    "a patch": (made(Made(flags=1 << 5)), "zip-method"),
    "stored, with its size behind it": (made(described(Made(method=0))), "zip-stored"),
    "a wrong check sum": (made(Made(crc=1)), "zip-crc"),
    "a wrong check sum of what is stored": (made(Made(crc=1, method=0)), "zip-crc"),
    "a wrong check sum behind the data": (made(described(Made(crc=1))), "zip-crc"),
    "more comes out than it says": (made(Made(size=len(ORDERS) - 1)), "zip-size"),
    "less comes out than it says": (made(Made(size=len(ORDERS) + 1)), "zip-size"),
    "less goes in than it says": (made(Made(data=_RAW + b"more")), "zip-size"),
    "more goes in than it says": (made(Made(compressed=len(_RAW) - 1)), "zip-size"),
    "a wrong size behind the data": (made(described(Made(size=1))), "zip-size"),
    "damaged": (made(Made(data=b"\x07" + _RAW[1:])), "zip-data"),
    "a name that leads up": (made(Made(name=b"../../etc/passwd")), "zip-name"),
    "a name that leads up, with backslashes": (made(Made(name=b"..\\orders.csv")), "zip-name"),
    "a name that leads up in the middle": (made(Made(name=b"a/../../orders.csv")), "zip-name"),
    "a name from the root": (made(Made(name=b"/orders.csv")), "zip-name"),
    "a name with a drive": (made(Made(name=b"C:/orders.csv")), "zip-name"),
    "a name with a NUL": (made(Made(name=b"orders.csv\0.txt")), "zip-name"),
    "no name": (made(Made(name=b"")), "zip-name"),
    "a name that is not the UTF-8 it says": (made(Made(name=b"\xff.csv", flags=1 << 11)), "zip-name"),
    "a name of another entry that leads up": (made(Made(), Made(name=b"../x")), "zip-name"),
    "a folder with content": (made(Made(name=b"orders.csv/", method=0)), "zip-structure"),
    "the directory has another name": (made(Made(listed_name=b"orders.exe")), "zip-directory"),
    "the directory has another check sum": (made(Made(listed_crc=1)), "zip-directory"),
    "the directory has another place": (made(Made(listed_offset=1)), "zip-directory"),
    "the directory has less": (made(Made(), Made(name=b"x", is_listed=False)), "zip-directory"),
    "an entry that was deleted": (made(Made(is_listed=False), Made(name=b"x")), "zip-directory"),
    "entries that are the same bytes": (made(_OTHER, Made(listed_offset=0)), "zip-directory"),
    "the end has more entries": (made(Made(), entries=2), "zip-directory"),
    "the end has another size": (made(Made(), size=3), "zip-directory"),
    "the end has another place": (made(Made(), offset=3), "zip-directory"),
    "one of several files": (made(Made(), disk=1), "zip-structure"),
    "an archive in it": (zipped({"inner.csv": PLAIN}), "compressed"),
    "gzip in it": (zipped({"inner.csv": gzip.compress(ORDERS)}), "compressed"),
}


@pytest.mark.parametrize("step", [None, 1], ids=lambda step: f"cut by {step}")
@pytest.mark.parametrize(("data", "rule"), _BAD.values(), ids=_BAD)
def test_a_bad_archive_is_an_error_with_a_place(data: bytes, rule: str, step: int | None) -> None:
    _, errors = read(CHOSEN, data, step)
    assert [error.rule for error in errors] == [rule]
    place = errors[0].place.byte_offset
    assert place is not None
    assert 0 <= place <= len(data)


@pytest.mark.parametrize("data", [PLAIN, STREAMED], ids=["sizes before", "sizes behind"])
def test_cut_off_at_any_byte_an_archive_is_an_error_there(data: bytes) -> None:
    for end in range(len(data)):
        records, errors = read(CHOSEN, data[:end])
        assert [error.rule for error in errors] == ["zip-truncated"], end
        assert errors[0].place.byte_offset == end
        assert records == RECORDS[: len(records)]


_SMALL = b"item,quantity\r\n" + b"bolt,1\r\n" * 30


@pytest.mark.parametrize(
    "data",
    [zipped({"a.csv": _SMALL}), zipped_as_stream({"a.csv": _SMALL}), gzip.compress(_SMALL)],
    ids=["zip", "zip as a stream", "gzip"],
)
def test_with_any_byte_changed_nothing_is_read_that_is_not_there(data: bytes) -> None:
    format_ = defined("gzip") if data.startswith(b"\x1f") else CHOSEN
    chance = random.Random(7)
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ chance.randrange(1, 256)]) + data[at + 1 :]
        records, errors, _ = read_whole(format_, changed)
        if not errors:  # a name, a time, or what else says nothing of the content
            assert records == [{"item": "bolt", "quantity": 1}] * 30


def test_what_zip_s_directory_has_at_its_end_and_readers_from_there_would_read_is_not_hidden() -> None:
    """Two archives one behind the other: programs that begin at the end see only the second one."""
    _, errors = read(CHOSEN, made(Made(name=b"a.txt")) + PLAIN)
    assert [error.rule for error in errors] == ["zip-trailing"]


def _bomb(size: int) -> bytes:
    return gzip.compress(b"item,quantity\r\n" + b"\n" * size)


_LIMITS: dict[str, tuple[Any, bytes, str]] = {
    "bytes": ({"type": "gzip", "max_bytes": 1000}, gzip.compress(ORDERS), "compression-bytes"),
    "bytes of a zip": ({"type": "zip", "max_bytes": 1000}, PLAIN, "compression-bytes"),
    "bytes that are stored": (
        {"type": "zip", "max_bytes": 1000}, zipped({"a": ORDERS}, zipfile.ZIP_STORED), "compression-bytes",
    ),
    "bytes of entries that nobody reads": (
        {"type": "zip", "entry": "b", "max_bytes": 5000},
        zipped_as_stream({"a": ORDERS, "b": ORDERS}), "compression-bytes",
    ),
    "bytes of entries together": (
        {"type": "zip", "entries": "all", "max_bytes": 5000},
        zipped({"a": ORDERS, "b": ORDERS}), "compression-bytes",
    ),
    "entries": (
        {"type": "zip", "entry": "a.csv", "max_entries": 2},
        zipped({"a.csv": ORDERS, "b": b"", "c": b""}), "zip-max-entries",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("compression", "data", "rule"), _LIMITS.values(), ids=_LIMITS)
def test_a_limit_that_is_passed_is_an_error(compression: Any, data: bytes, rule: str) -> None:
    _, errors = read(defined(compression), data)
    assert [error.rule for error in errors] == [rule]


def test_up_to_the_limit_all_is_read() -> None:
    for at, expected in ((len(ORDERS), []), (len(ORDERS) - 1, ["compression-bytes"])):
        _, errors = read(defined({"type": "gzip", "max_bytes": at}), gzip.compress(ORDERS))
        assert [error.rule for error in errors] == expected


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_a_bomb_ends_at_the_ratio_in_little_memory(kind: str) -> None:
    content = b"item,quantity\r\n" + b"x" * (1 << 20) * 40
    data = gzip.compress(content, 1) if kind == "gzip" else zipped({"a.csv": content})
    decoder = defined(kind).decoder(Context())
    tracemalloc.start()
    try:
        with pytest.raises(MappingError) as caught:
            for _ in portions(decoder, data):
                pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.rule == "compression-ratio"
    assert peak < 12 << 20


def test_a_chunk_that_holds_very_much_is_read_in_portions() -> None:
    data = gzip.compress(b"item,quantity\r\n" + b"a,1\r\n" * 400_000)
    decoder = defined("gzip").decoder(Context())
    sizes = [len(results) for results in portions(decoder, data)]
    assert sum(sizes) == 400_000
    assert max(sizes) <= 256 * 1024 // 5 + 1


def test_a_million_entries_end_at_the_first_thousand() -> None:
    entry = b"PK\x03\x04" + struct.pack("<5H3I2H", 20, 0, 0, 0, 33, 0, 0, 0, 1, 0) + b"x"
    records, errors = read(CHOSEN, entry * 1_000_000)
    assert records == []
    assert [(error.rule, error.place.byte_offset) for error in errors] == [
        ("zip-max-entries", 1000 * len(entry))
    ]


def test_very_many_empty_members_are_read_in_time() -> None:
    assert read(defined("gzip"), gzip.compress(b"") * 50_000 + gzip.compress(ORDERS)) == (RECORDS, [])


def test_a_pattern_with_many_stars_is_looked_for_in_time() -> None:
    format_ = defined({"type": "zip", "entry": "*a*a*a*a*a*a*a*a*b", "written_name": "aaaaaaaab"})
    _, errors = read(format_, made(Made(name=b"a" * 65_000)))
    assert [error.rule for error in errors] == ["zip-entry"]


def test_entries_that_overlap_by_being_quoted_in_each_other_are_not_read_twice() -> None:
    """A file that unpacks to more with each entry of its directory, though each is a small one.

    Source: David Fifield, "A better zip bomb", USENIX WOOT 2019, §3.
    """
    inner = Made(name=b"b.csv")
    header = made(inner)[: 30 + len(inner.name)]
    quoted = (
        struct.pack("<BHH", 0, len(header), 0xFFFF - len(header)) + header
    )  # a block that is not the last
    outer = Made(name=b"a.txt", content=header + ORDERS, data=quoted + inner.stored)
    data = bytearray(made(outer))
    at = 30 + len(outer.name) + 5  # the quoted header is the header of an entry, too
    end = data.index(b"PK\x01\x02")
    listed = made(inner)[made(inner).index(b"PK\x01\x02") : -22]
    listed = listed[:42] + struct.pack("<I", at) + listed[46:]
    directory = bytes(data[end:-22]) + listed
    data[end:] = directory + b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 2, 2, len(directory), end, 0)
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        assert [len(archive.read(name)) for name in archive.namelist()] == [
            len(header) + len(ORDERS), len(ORDERS)
        ]  # fmt: skip
    records, errors = read(CHOSEN, bytes(data))
    assert records == []
    assert [error.rule for error in errors] == ["zip-directory"]


def test_a_file_that_unpacks_to_itself_is_not_unpacked_again() -> None:
    """One that did would never end; here it is only one more level."""
    data = PLAIN
    for _ in range(3):
        data = zipped({"r.csv": data})
    assert [error.rule for error in read(CHOSEN, data)[1]] == ["compressed"]


def _outcome(format_: Format, data: bytes, step: int | None) -> Any:
    records, errors = read(format_, data, step)
    return records, [(error.rule, error.place) for error in errors]


@pytest.mark.parametrize("data", [data for data, _ in _BAD.values()], ids=list(_BAD))
def test_where_a_bad_archive_is_cut_does_not_matter(data: bytes) -> None:
    whole = _outcome(CHOSEN, data, None)
    assert [_outcome(CHOSEN, data, step) for step in (1, 7, 100)] == [whole] * 3


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_where_damaged_data_is_cut_does_not_matter(kind: str) -> None:
    chance = random.Random(3)
    sample, format_ = (PLAIN, CHOSEN) if kind == "zip" else (gzip.compress(ORDERS), defined(kind))
    seen: set[str] = set()
    for _ in range(60):
        data = bytearray(sample)
        data[chance.randrange(len(data))] ^= chance.randrange(1, 256)
        whole = _outcome(format_, bytes(data), None)
        assert [_outcome(format_, bytes(data), step) for step in (1, 13)] == [whole] * 2
        seen.update(rule for rule, _ in whole[1])
    assert f"{kind}-data" in seen


def test_up_to_a_limit_all_is_given_wherever_data_is_cut() -> None:
    format_ = defined({"type": "gzip", "max_bytes": 1000})
    whole = _outcome(format_, gzip.compress(ORDERS), None)
    assert len(whole[0]) == ORDERS[:1000].count(b"\n") - 1
    assert _outcome(format_, gzip.compress(ORDERS), 1) == whole


def test_damaged_files_give_errors_and_never_hang() -> None:
    chance = random.Random(11)
    for sample, format_ in ((PLAIN, CHOSEN), (STREAMED, CHOSEN), (gzip.compress(ORDERS), defined("gzip"))):
        for _ in range(300):
            data = bytearray(sample)
            for _ in range(chance.randint(1, 4)):
                at = chance.randrange(len(data))
                match chance.randrange(3):
                    case 0:
                        data[at] = chance.randrange(256)
                    case 1:
                        del data[at : at + chance.randint(1, 20)]
                    case _:
                        data[at:at] = data[at : at + chance.randint(1, 60)]
            for error in read(format_, bytes(data), chance.choice([None, 13]))[1]:
                assert error.rule
                assert error.place.byte_offset is not None
