"""Records with descriptor words: V, VB, VS and VBS, as z/OS writes them and as transfers leave them."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.contract import Context, MappingError
from mappings.fixed_width import FixedWidthFormat
from tests.unit.mappings.fixed_width.samples import fixed, outcome, plain, read, read_all, write


def letters(**definition: Any) -> FixedWidthFormat:
    """Records `A`, `Bx`, `Cxxxx…` of 1, 2 and 40 bytes."""
    kinds = {
        name: {"match": {"at": 1, "value": name}, "length": length, "fields": fields}
        for name, length, fields in (
            ("A", 1, {}),
            ("B", 2, {"b": {"at": 2, "length": 1}}),
            ("C", 40, {"c": {"at": 2, "length": 39}}),
        )
    }
    return fixed({"encoding": "us-ascii", "order": "any", "records": kinds, **definition})


A: dict[str, Any] = {"A": {}}
B: dict[str, Any] = {"B": {"b": "x"}}
LONG: dict[str, Any] = {"C": {"c": "y" * 39}}
C = b"C" + b"y" * 39

WRITTEN: list[Any] = [
    pytest.param({"record_format": "V"}, b"\0\5\0\0A\0\6\0\0Bx", id="V"),
    pytest.param({"record_format": "VB"}, b"\0\x0f\0\0\0\5\0\0A\0\6\0\0Bx", id="VB"),
    pytest.param({"record_format": "VS"}, b"\0\5\0\0A\0\6\0\0Bx", id="VS"),
    pytest.param({"record_format": "V", "rdw": {"counts": "data"}}, b"\0\1\0\0A\0\2\0\0Bx", id="counts data"),
    pytest.param(
        {"record_format": "V", "rdw": {"byte_order": "little"}}, b"\5\0\0\0A\6\0\0\0Bx", id="little endian"
    ),
    pytest.param(
        {"record_format": "V", "rdw": {"form": "zeros-length", "byte_order": "little", "counts": "data"}},
        b"\0\0\1\0A\0\0\2\0Bx",
        id="little endian behind zeros",
    ),
    pytest.param({"record_format": "V", "rdw": {"form": "two-bytes"}}, b"\0\3A\0\4Bx", id="two bytes"),
    pytest.param(
        {"record_format": "V", "rdw": {"form": "four-bytes", "byte_order": "little"}},
        b"\5\0\0\0A\6\0\0\0Bx",
        id="four bytes",
    ),
    pytest.param(
        {"record_format": "VB", "rdw": {"form": "two-bytes"}, "bdw": {"form": "two-bytes", "counts": "data"}},
        b"\0\7\0\3A\0\4Bx",
        id="short words of blocks",
    ),
]


@pytest.mark.parametrize(("definition", "data"), WRITTEN)
def test_descriptor_words_are_as_declared(definition: dict[str, Any], data: bytes) -> None:
    codec = letters(**definition)
    assert write(codec, [A, B]) == data
    for size in (1, 3, 100):
        assert read(codec, data, size) == [A, B]


def test_blocks_are_as_full_as_their_size_allows() -> None:
    codec = letters(record_format="VB", block_size=58)
    data = write(codec, [LONG, A, A, A])
    assert data == b"\0\x3a\0\0\0\x2c\0\0" + C + b"\0\5\0\0A\0\5\0\0A" + b"\0\x09\0\0\0\5\0\0A"
    assert read(codec, data, 1) == [LONG, A, A, A]
    with pytest.raises(MappingError) as caught:
        write(letters(record_format="VB", block_size=47), [LONG])
    assert (caught.value.rule, caught.value.place.record) == ("record-length", 1)
    assert write(letters(record_format="VB", block_size=48), [LONG]) == b"\0\x30\0\0\0\x2c\0\0" + C


def test_a_block_may_be_of_the_longer_kind() -> None:
    codec = letters(record_format="VB")
    assert read(codec, (0x8000_0009).to_bytes(4, "big") + b"\0\5\0\0A", 1) == [A]


def test_segments_are_put_together_and_written_where_a_record_does_not_fit() -> None:
    codec = letters(record_format="VBS", block_size=32)
    data = write(codec, [A, LONG, B])
    first = b"\0\5\0\0A" + b"\0\x17\1\0" + C[:19]
    second = b"\0\x19\2\0" + C[19:]
    assert data == b"\0\x20\0\0" + first + b"\0\x1d\0\0" + second + b"\0\x0a\0\0\0\6\0\0Bx"
    for size in (1, 7, 1000):
        assert read(codec, data, size) == [A, LONG, B]
    three = b"\0\x08\1\0" + C[:4] + b"\0\x08\3\0" + C[4:8] + b"\0\x24\2\0" + C[8:]
    assert read(letters(record_format="VS"), three, 1) == [LONG]


SEGMENTS: list[Any] = [
    pytest.param(b"\0\5\2\0A\0\5\0\0A", ["segment", A], id="last without a first"),
    pytest.param(b"\0\5\3\0A\0\5\2\0A\0\5\0\0A", ["segment", "segment", A], id="middle without a first"),
    pytest.param(b"\0\5\1\0C\0\5\0\0A", ["segment", A], id="first without a last"),
    pytest.param(b"\0\5\1\0C\0\5\1\0B\0\5\2\0x", ["segment", B], id="first after a first"),
    pytest.param(b"\0\5\1\0C\0\5\3\0B", ["segment"], id="end of the data"),
]


@pytest.mark.parametrize(("data", "expected"), SEGMENTS)
@pytest.mark.parametrize("size", [1, 100])
def test_segments_that_do_not_belong_together(data: bytes, expected: list[Any], size: int) -> None:
    results, summary = read_all(letters(record_format="VS"), data, size)
    assert [one.rule if isinstance(one, MappingError) else one for one in results] == expected
    assert summary.records == len(expected)


LOST: list[Any] = [
    pytest.param({"record_format": "V"}, b"\0\5\0\0A\0\3\0\0A", "record-length", 5, id="length of 3"),
    pytest.param({"record_format": "V"}, b"\0\5\0\0A\0\0\0\0A", "record-length", 5, id="length of 0"),
    pytest.param({"record_format": "V"}, b"\0\5\0\0A@@@@", "record-length", 5, id="spaces"),
    pytest.param({"record_format": "V"}, b"\0\5\0\0A\0\5\1\0A", "record-length", 5, id="a segment in V"),
    pytest.param({"record_format": "V"}, b"\0\5\0\0A\0\5\0\1A", "record-length", 5, id="fourth byte"),
    pytest.param({"record_format": "VS"}, b"\0\5\0\0A\0\5\4\0A", "record-length", 5, id="unknown segment"),
    pytest.param(
        {"record_format": "V", "rdw": {"form": "zeros-length"}},
        b"\0\0\0\5A\0\1\0\5A",
        "record-length",
        5,
        id="not zeros",
    ),
    pytest.param({"record_format": "VB"}, b"\0\x09\0\0\0\5\0\0A\0\3\0\0", "block-length", 9, id="block of 3"),
    pytest.param({"record_format": "VB"}, b"\0\x09\0\0\0\5\0\0A@@@@", "block-length", 9, id="no block"),
]


@pytest.mark.parametrize(("definition", "data", "rule", "offset"), LOST)
@pytest.mark.parametrize("size", [1, 100])
def test_where_nothing_says_how_to_go_on_the_rest_is_lost(
    definition: dict[str, Any], data: bytes, rule: str, offset: int, size: int
) -> None:
    decoder = letters(**definition).decoder(Context())
    results: list[Any] = []

    def feed_all() -> None:
        for start in range(0, len(data), size):
            results.extend(decoder.feed(data[start : start + size]))
        decoder.finish()

    with pytest.raises(MappingError) as caught:
        feed_all()
    assert results == [A]
    assert (caught.value.rule, caught.value.place.record, caught.value.place.byte_offset) == (rule, 2, offset)
    with pytest.raises(MappingError):
        decoder.finish()


BLOCKS: list[Any] = [
    pytest.param(b"\0\x0e\0\0\0\3\0\0A\0\5\0\0A", b"\0\3\0\0A\0\5\0\0A", id="a length of 3"),
    pytest.param(b"\0\x0e\0\0\0\x0b\0\0A\0\5\0\0A", b"\0\x0b\0\0A\0\5\0\0A", id="longer than its block"),
    pytest.param(b"\0\x07\0\0\0\5\0", b"\0\5\0", id="no room for a word"),
    pytest.param(b"\0\x04\0\0", b"\0\x04\0\0", id="an empty block"),
]


@pytest.mark.parametrize(("block", "raw"), BLOCKS)
@pytest.mark.parametrize("size", [1, 100])
def test_in_blocks_reading_goes_on_with_the_next_one(block: bytes, raw: bytes, size: int) -> None:
    good = b"\0\x09\0\0\0\5\0\0A"
    first, bad, last = read(letters(record_format="VB"), good + block + good, size)
    assert (first, last) == (A, A)
    assert bad.rule in ("record-length", "block-length")
    assert (bad.raw, bad.raw_is_cut, bad.place.record) == (raw, False, 2)


def test_a_record_that_is_longer_than_allowed_is_passed_over() -> None:
    for record_format, around in (("V", b""), ("VB", b"\x0f\xad\0\0")):
        codec = letters(record_format=record_format)
        data = around + b"\0\5\0\0A" + b"\x0f\xa4" + b"\0\0" + b"z" * 4000
        data += (b"\0\x09\0\0" if around else b"") + b"\0\5\0\0A"
        for size in (1, 10_000):
            first, bad, last = read(codec, data, size, max_record_bytes=50)
            assert (first, last, bad.rule, bad.raw) == (A, A, "record-length", b"z" * 50)
            assert bad.raw_is_cut


@pytest.mark.parametrize("record_format", ["V", "VB", "VS", "VBS"])
def test_data_that_ends_early_is_said_so_at_every_byte(record_format: str) -> None:
    codec = letters(record_format=record_format, **({} if record_format == "V" else {"block_size": 58}))
    records = [A, LONG, B, LONG]
    data = write(codec, records)
    whole = 0
    for end in range(len(data)):
        results = read(codec, data[:end])
        good = [one for one in results if not isinstance(one, MappingError)]
        bad = [one.rule for one in results if isinstance(one, MappingError)]
        assert good == records[: len(good)]
        assert set(bad) <= {"truncated", "segment"}
        whole += not bad
    assert whole <= len(records) + 1, "only between records nothing is missing"


def _format(record_format: str, form: str, order: str, counts: str) -> FixedWidthFormat:
    more: dict[str, Any] = {} if record_format == "V" else {"block_size": 60}
    if not record_format.endswith("S"):
        more["rdw"] = {"form": form, "byte_order": order, "counts": counts}
    return letters(record_format=record_format, **more)


_FORMS = ("length-zeros", "zeros-length", "two-bytes", "four-bytes")
FORMATS = {
    "-".join(each): _format(*each)
    for each in product(("V", "VB", "VS", "VBS"), _FORMS, ("big", "little"), ("all", "data"))
    if not each[0].endswith("S") or each[1:] == ("length-zeros", "big", "all")
}


@pytest.mark.parametrize("name", FORMATS)
@given(
    records=st.lists(st.sampled_from([A, B, LONG]), max_size=8),
    size=st.integers(1, 60),
    noise=st.binary(max_size=30),
)
@settings(max_examples=15, deadline=None)
def test_round_trip_and_any_bytes(name: str, records: list[Any], size: int, noise: bytes) -> None:
    codec = FORMATS[name]
    data = write(codec, records)
    assert read(codec, data, size) == records
    assert write(codec, read(codec, data)) == data
    damaged = data + noise
    assert plain(outcome(codec, damaged, size)) == plain(outcome(codec, damaged, 1 << 20))


PACKED_LINES = fixed(
    {
        "encoding": "us-ascii",
        "record_length": 3,
        "separator": "crlf",
        "fields": {"n": {"at": 1, "length": 3, "type": "integer", "usage": "binary"}},
    }
)


def test_binary_numbers_in_lines_are_cut_by_length() -> None:
    data = b"\r\n\r\r\n\0\n\r\r\n\0\0\1"
    for size in (1, 4, 100):
        assert read(PACKED_LINES, data, size) == [{"n": 0x0D0A0D}, {"n": 0x0A0D}, {"n": 1}]
    assert write(PACKED_LINES, read(PACKED_LINES, data)) == data + b"\r\n"
    results = read(PACKED_LINES, b"\0\0\1xx" + b"\0\0\2\r\n" + b"\0\0")
    assert [one.rule if isinstance(one, MappingError) else one["n"] for one in results] == [
        "separator",
        2,
        "truncated",
    ]
    assert [one.place.line for one in results if isinstance(one, MappingError)] == [1, 3]


def test_fixed_blocks_are_fixed_records() -> None:
    fields = {"a": {"at": 1, "length": 2}}
    codec = fixed({"encoding": "us-ascii", "record_format": "FB", "record_length": 2, "fields": fields})
    assert read(codec, b"abcd") == [{"a": "ab"}, {"a": "cd"}]
    assert codec.losses() == ()
