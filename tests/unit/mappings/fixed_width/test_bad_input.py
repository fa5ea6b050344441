"""What is wrong is an error with its place, rule and the record's bytes; the next record is read."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.contract import MAX_CUT_BYTES, Context, MappingError
from mappings.fixed_width.framing import LineFramer
from tests.unit.mappings.fixed_width.samples import fixed, one_field, read, read_all, write

TYPED = fixed(
    {
        "encoding": "us-ascii",
        "record_length": 50,
        "fields": {
            "id": {"at": 1, "length": 4, "type": "integer", "minimum": 5, "maximum": 9000},
            "name": {"at": 5, "length": 8},
            "amount": {"at": 13, "length": 7, "type": "decimal", "scale": 2, "sign": "trailing"},
            "price": {"at": 20, "length": 3, "type": "decimal", "scale": 2, "usage": "packed", "digits": 4},
            "paid": {"at": 23, "length": 2, "type": "boolean", "true_words": ["Y"], "false_words": ["NO"]},
            "due": {"at": 25, "length": 6, "type": "date", "pattern": "%d%m%y", "century_from": 1970},
            "at": {"at": 31, "length": 4, "type": "time", "pattern": "%H%M", "nullable": True},
            "currency": {"at": 37, "length": 3, "type": "constant", "value": "EUR"},
            "count": {"at": 40, "length": 2, "type": "integer", "usage": "binary", "digits": 4},
        },
    }
)
GOOD = b"0007Ada     000150-\x01\x23\x4cY 3112261530  EUR\x00\x07" + b" " * 9
assert len(GOOD) == 50

# What is written over the good record, where (from 1), the rule, the byte in the record (from 0), the field.
BAD_FIELDS = [
    pytest.param(1, b"    ", "integer", 0, "/id", id="spaces in a number"),
    pytest.param(1, b" 007", "integer", 0, "/id", id="space before digits"),
    pytest.param(1, b"7   ", "integer", 0, "/id", id="spaces behind digits"),
    pytest.param(1, b"00x7", "integer", 0, "/id", id="letter in a number"),
    pytest.param(1, b"+007", "integer", 0, "/id", id="sign where none is declared"),
    pytest.param(1, b"1_00", "integer", 0, "/id", id="underscore"),
    pytest.param(1, b"\x00\x00\x00\x00", "integer", 0, "/id", id="low-values in a number"),
    pytest.param(1, b"\xff\xff\xff\xff", "integer", 0, "/id", id="high-values in a number"),
    pytest.param(1, b"\xc2\xb2\xc2\xb2", "integer", 0, "/id", id="superscript digits"),
    pytest.param(1, b"\xd9\xa3\xd9\xa3", "integer", 0, "/id", id="Arabic digits"),
    pytest.param(1, b"\xf0\xf0\xf0\xf7", "integer", 0, "/id", id="EBCDIC digits"),
    pytest.param(1, b"0004", "minimum", 0, "/id", id="below the minimum"),
    pytest.param(1, b"9001", "maximum", 0, "/id", id="above the maximum"),
    pytest.param(5, b"Ad\xe9", "encoding", 4, "/name", id="byte beyond ASCII"),
    pytest.param(5, b"A\x00a", "control", 4, "/name", id="NUL in text"),
    pytest.param(5, b"A\tda", "control", 4, "/name", id="tab in text"),
    pytest.param(5, b"A\x7fda", "control", 4, "/name", id="delete in text"),
    pytest.param(13, b"000150 ", "decimal", 12, "/amount", id="no sign"),
    pytest.param(13, b"-000150", "decimal", 12, "/amount", id="sign on the other side"),
    pytest.param(13, b"0001.50", "decimal", 12, "/amount", id="point where it is implied"),
    pytest.param(13, b"000150*", "decimal", 12, "/amount", id="another character for the sign"),
    pytest.param(13, b"       ", "decimal", 12, "/amount", id="spaces in a decimal"),
    pytest.param(20, b"\x01\x23\x40", "packed", 19, "/price", id="0 is no packed sign"),
    pytest.param(20, b"\x01\xa3\x4c", "packed", 19, "/price", id="A is no packed digit"),
    pytest.param(20, b"   ", "packed", 19, "/price", id="spaces in packed"),
    pytest.param(20, b"\x00\x00\x00", "packed", 19, "/price", id="low-values in packed"),
    pytest.param(20, b"\x11\x23\x4c", "digits", 19, "/price", id="fifth digit of four"),
    pytest.param(23, b"y ", "boolean", 22, "/paid", id="unknown word"),
    pytest.param(23, b"N ", "boolean", 22, "/paid", id="half a word"),
    pytest.param(23, b" Y", "boolean", 22, "/paid", id="word on the wrong side"),
    pytest.param(25, b"310226", "date", 24, "/due", id="31 February"),
    pytest.param(25, b"290225", "date", 24, "/due", id="29 February of a common year"),
    pytest.param(25, b"000000", "date", 24, "/due", id="date of zeros"),
    pytest.param(25, b"      ", "date", 24, "/due", id="date of spaces"),
    pytest.param(25, b" 11226", "date", 24, "/due", id="space for a leading zero"),
    pytest.param(25, b"123126", "date", 24, "/due", id="parts in another order"),
    pytest.param(31, b"2400", "date", 30, "/at", id="24 o'clock"),
    pytest.param(31, b"1260", "date", 30, "/at", id="60 minutes"),
    pytest.param(31, b"   9", "date", 30, "/at", id="time half of spaces"),
    pytest.param(35, b"x", "gap", 34, "", id="a byte where no field is"),
    pytest.param(36, b"\x00", "gap", 35, "", id="low-value where no field is"),
    pytest.param(50, b"x", "gap", 49, "", id="a byte behind the last field"),
    pytest.param(37, b"USD", "constant", 36, "", id="another constant"),
    pytest.param(39, b"r", "constant", 38, "", id="constant in lower case"),
    pytest.param(40, b"\x27\x10", "digits", 39, "/count", id="10000 in four digits"),
    pytest.param(40, b"\x80\x00", "digits", 39, "/count", id="least binary number"),
]


@pytest.mark.parametrize(("at", "data", "rule", "offset", "path"), BAD_FIELDS)
def test_a_bad_field_is_a_placed_error_and_the_next_record_is_read(
    at: int, data: bytes, rule: str, offset: int, path: str
) -> None:
    bad = GOOD[: at - 1] + data + GOOD[at - 1 + len(data) :]
    assert len(bad) == 50
    for size in (1, 49, 1000):
        before, error, after = read(TYPED, GOOD + bad + GOOD, size)
        assert before == after == read(TYPED, GOOD)[0]
        assert isinstance(error, MappingError)
        assert (error.rule, error.place.record, error.place.path or "") == (rule, 2, path)
        assert error.place.byte_offset == 50 + offset
        assert error.raw == bad
        assert error.excerpt.isprintable()
        assert len(error.excerpt) <= 120


LINES = fixed(
    {
        "encoding": "utf-8",
        "separator": "crlf",
        "records": {
            "H": {
                "match": {"at": 1, "value": "H"},
                "min": 1,
                "max": 1,
                "fields": {"a": {"at": 2, "length": 3}},
            },
            "D": {"match": {"at": 1, "value": "D"}, "max": 3, "fields": {"a": {"at": 2, "length": 5}}},
            "T": {
                "match": {"at": 1, "value": "T"},
                "min": 1,
                "max": 1,
                "fields": {"n": {"at": 2, "length": 2, "type": "integer", "equals": "count(D)"}},
            },
        },
    }
)
H, D, T0, T1 = b"Habc\r\n", b"Dabcde\r\n", b"T00\r\n", b"T01\r\n"

# The data, then rule, record, line, byte, path of each error, in order.
BAD_LINES: list[Any] = [
    pytest.param(b"", [("missing-record", 1, 1, 0, "/H"), ("missing-record", 1, 1, 0, "/T")], id="empty"),
    pytest.param(H, [("missing-record", 2, 2, len(H), "/T")], id="no trailer"),
    pytest.param(D + T1, [("missing-record", 1, 1, 0, "/H")], id="no header"),
    pytest.param(H + H + T0, [("extra-record", 2, 2, 6, "/H")], id="second header"),
    pytest.param(H + T0 + T0, [("extra-record", 3, 3, 11, "/T")], id="second trailer"),
    pytest.param(H + D + H + T1, [("record-order", 3, 3, 14, "/H")], id="header behind a line"),
    pytest.param(H + T0 + D, [("record-order", 3, 3, 11, "/D")], id="line behind the trailer"),
    pytest.param(H + D * 4 + b"T04\r\n", [("extra-record", 5, 5, 30, "/D")], id="more lines than allowed"),
    pytest.param(H + b"X\r\n" + T0, [("unknown-record", 2, 2, 6, "")], id="unknown type"),
    pytest.param(H + b"\r\n" + T0, [("unknown-record", 2, 2, 6, "")], id="empty line"),
    pytest.param(H + T0 + b"\x1a", [("unknown-record", 3, 3, 11, "")], id="control-Z behind the end"),
    pytest.param(
        b"\xef\xbb\xbf" + H + T0,
        [("unknown-record", 1, 1, 0, ""), ("missing-record", 2, 2, 9, "/H")],
        id="BOM",
    ),
    pytest.param(H + b"Dabcd\r\n" + T1, [("short-record", 2, 2, 11, "/D")], id="short line"),
    pytest.param(H + b"Dabcdef\r\n" + T1, [("long-record", 2, 2, 12, "/D")], id="long line"),
    pytest.param(H + b"Dabcde\n" + T0, [("separator", 2, 2, 6, "")], id="LF alone"),
    pytest.param(H + b"Dab\rde\r\n" + T1, [("control", 2, 2, 7, "/D/a")], id="CR inside"),
    pytest.param(H + b"Dabcd\xc3\r\n" + T1, [("encoding", 2, 2, 7, "/D/a")], id="half a character"),
    pytest.param(H + b"Dab\xed\xa0\x80\r\n" + T1, [("encoding", 2, 2, 7, "/D/a")], id="surrogate"),
    pytest.param(H + D + T0, [("total", 3, 3, 15, "/T/n")], id="wrong count"),
    pytest.param(H + D + b"T 1\r\n", [("integer", 3, 3, 15, "/T/n")], id="space in the count"),
]


@pytest.mark.parametrize(("data", "expected"), BAD_LINES)
def test_records_that_are_missing_or_misplaced(data: bytes, expected: list[Any]) -> None:
    for size in (1, 5, 1000):
        results, summary = read_all(LINES, data, size)
        errors = [one for one in results if isinstance(one, MappingError)]
        found = [
            (one.rule, one.place.record, one.place.line, one.place.byte_offset, one.place.path or "")
            for one in errors
        ]
        assert found == expected
        assert summary.errors == len(errors)
        assert summary.records == data.count(b"\n") + (not data.endswith(b"\n") and data != b"")
        assert all(one.raw.strip() in data for one in errors)


def test_a_cut_record_without_separators() -> None:
    for size in (1, 7, 1000):
        good, error = read(TYPED, GOOD + GOOD[:20], size)
        assert good["name"] == "Ada"
        assert (error.rule, error.place.record, error.place.byte_offset) == ("truncated", 2, 50)
        assert error.raw == GOOD[:20]
        assert "20 of 50" in error.reason


def test_a_line_beyond_the_limit_is_dropped_while_it_passes() -> None:
    long = b"D" + b"x" * 200_000 + b"\r\n"
    for size in (100, 1 << 20):
        results = read(LINES, H + long + D + T1, size, max_record_bytes=1000)
        assert [getattr(one, "rule", "good") for one in results] == ["good", "record-length", "good", "good"]
        assert (len(results[1].raw), results[1].raw_is_cut) == (1000, True)
        assert results[1].place.byte_offset == 6
    decoder = LINES.decoder(Context(max_record_bytes=1000))
    for _ in range(1000):
        assert decoder.feed(b"x" * 1000) == []
    framer = decoder._framer
    assert isinstance(framer, LineFramer)
    assert len(framer._pending) <= 1001


def test_of_a_record_that_is_too_long_only_the_beginning_is_kept() -> None:
    error, *_ = read(LINES, b"x" * 200_000 + b"\r\n", max_record_bytes=150_000)
    assert (error.rule, len(error.raw), error.raw_is_cut) == ("record-length", MAX_CUT_BYTES, True)


def test_records_longer_than_the_limit_are_refused_at_once() -> None:
    with pytest.raises(MappingError, match="at most 10 are allowed"):
        TYPED.decoder(Context(max_record_bytes=10))


def test_errors_show_packed_bytes_in_hexadecimal_and_no_control_characters() -> None:
    bad = GOOD[:19] + b"\x1b[2J"[:3] + GOOD[22:]
    (error,) = read(TYPED, bad)
    assert error.excerpt == "hex 1b5b32"
    (error,) = read(TYPED, GOOD[:4] + b"\x1b[2J" + GOOD[8:])
    assert error.excerpt == "·[2J    "


UNWRITABLE: list[Any] = [
    pytest.param({"type": "integer"}, 10_000, "overflow", id="too great"),
    pytest.param({"type": "integer"}, -1, "sign", id="negative without sign"),
    pytest.param({"type": "integer"}, "12", "type", id="text for a number"),
    pytest.param({"type": "integer"}, True, "type", id="true for a number"),
    pytest.param({"type": "integer"}, 1.5, "type", id="binary fraction"),
    pytest.param({"type": "integer"}, None, "type", id="null"),
    pytest.param({"type": "integer", "sign": "leading"}, -1000, "overflow", id="no room for the sign"),
    pytest.param({"type": "integer", "sign": "floating"}, -1000, "overflow", id="no room for a minus"),
    pytest.param({"type": "integer", "sign": "overpunch"}, 10_000, "overflow", id="zoned overflow"),
    pytest.param({"type": "integer", "usage": "packed"}, 10**7, "overflow", id="packed overflow"),
    pytest.param({"type": "integer", "usage": "packed", "digits": 6}, 10**6, "overflow", id="packed digits"),
    pytest.param(
        {"type": "integer", "usage": "packed", "sign": "none"}, -1, "sign", id="packed without sign"
    ),
    pytest.param({"type": "integer", "usage": "binary"}, 2**31, "overflow", id="binary overflow"),
    pytest.param({"type": "integer", "usage": "binary", "sign": "none"}, -1, "sign", id="unsigned binary"),
    pytest.param({"type": "integer", "usage": "binary", "digits": 9}, 10**9, "overflow", id="binary digits"),
    pytest.param({"type": "integer", "maximum": 5}, 6, "maximum", id="above the maximum"),
    pytest.param({"type": "integer", "nullable": True, "null": ["nines"]}, 9999, "null", id="reads as null"),
    pytest.param({}, "abcde", "overflow", id="text too long"),
    pytest.param({}, "abc ", "padding", id="text that ends with the padding"),
    pytest.param({"justify": "right"}, " abc", "padding", id="text that begins with the padding"),
    pytest.param({}, "é", "encoding", id="character the encoding lacks"),
    pytest.param({}, "a\nb", "control", id="line feed in text"),
    pytest.param({}, 5, "type", id="number for text"),
    pytest.param({"trim": False}, "abc", "min-length", id="text too short"),
    pytest.param({"nullable": True}, "", "null", id="empty text reads as null"),
    pytest.param({"type": "boolean"}, "Y", "type", id="word for a boolean"),
    pytest.param({"type": "time", "pattern": "%H%M"}, "08:15:30", "date", id="seconds are lost"),
    pytest.param({"type": "time", "pattern": "%H%M"}, "8:15", "date", id="no time"),
    pytest.param(
        {"type": "date", "pattern": "%y%j", "century_from": 2000, "length": 5},
        "1999-12-31",
        "date",
        id="another century",
    ),
    pytest.param({"type": "date", "length": 8}, "2026-W01-1", "date", id="date by weeks"),
    pytest.param({"type": "date", "length": 8}, "2026-02-30", "date", id="30 February"),
    pytest.param(
        {"type": "datetime", "length": 14, "offset": "Z"}, "2026-11-23T08:15:00", "date", id="no offset"
    ),
    pytest.param(
        {"type": "datetime", "length": 14, "offset": "local"}, "2026-11-23T08:15:00Z", "date", id="offset"
    ),
    pytest.param(
        {"type": "datetime", "length": 14, "offset": "+01:00"},
        "0001-01-01T00:00:00+14:00",
        "date",
        id="before the first year",
    ),
]


@pytest.mark.parametrize(("field", "value", "rule"), UNWRITABLE)
def test_what_does_not_fit_exactly_is_refused(field: dict[str, Any], value: Any, rule: str) -> None:
    codec = one_field({"length": 4, **field})
    with pytest.raises(MappingError) as caught:
        write(codec, [{"a": value}])
    assert (caught.value.rule, caught.value.place.record, caught.value.place.path) == (rule, 1, "/a")


MISSHAPEN: list[Any] = [
    pytest.param([{"H": {"a": "x"}, "D": {}}], "record-type", 1, "", id="two types"),
    pytest.param(["H"], "record-type", 1, "", id="text"),
    pytest.param([{"H": "x"}], "record-type", 1, "/H", id="no object"),
    pytest.param([{"X": {}}], "unknown-record", 1, "/X", id="unknown type"),
    pytest.param([{"H": {}}], "required", 1, "/H/a", id="missing field"),
    pytest.param([{"H": {"a": "x", "b": 1}}], "unknown-field", 1, "/H/b", id="unknown field"),
    pytest.param([{"D": {"a": "x"}}], "missing-record", 1, "/H", id="no header"),
    pytest.param([{"H": {"a": "x"}}], "missing-record", 2, "/T", id="no trailer"),
    pytest.param([{"H": {"a": "x"}}] * 2, "extra-record", 2, "/H", id="two headers"),
    pytest.param([{"H": {"a": "x"}}, {"T": {}}, {"D": {"a": ""}}], "record-order", 3, "/D", id="order"),
    pytest.param([{"H": {"a": "x"}}, {"T": {"n": 1}}], "total", 2, "/T/n", id="wrong total"),
    pytest.param([{"H": {"a": "x"}}, {"T": {"n": "0"}}], "type", 2, "/T/n", id="total of the wrong type"),
]


@pytest.mark.parametrize(("records", "rule", "number", "path"), MISSHAPEN)
def test_records_that_may_not_be_written(records: list[Any], rule: str, number: int, path: str) -> None:
    with pytest.raises(MappingError) as caught:
        write(LINES, records)
    place = caught.value.place
    assert (caught.value.rule, place.record, place.path or "") == (rule, number, path)


def test_text_that_holds_what_separates_records_is_refused() -> None:
    codec = fixed(
        {
            "encoding": "us-ascii",
            "separator": "lf",
            "fields": {"a": {"at": 1, "length": 3, "allow_controls": True}},
        }
    )
    for text in ("a\nb", "ab\r"):
        with pytest.raises(MappingError, match="separates"):
            write(codec, [{"a": text}])
    assert read(codec, write(codec, [{"a": "a\tb"}])) == [{"a": "a\tb"}]


def test_a_sum_that_does_not_fit_its_field_is_refused() -> None:
    line = {"match": {"at": 1, "value": "D"}, "fields": {"v": {"at": 2, "length": 2, "type": "integer"}}}
    end = {
        "match": {"at": 1, "value": "T"},
        "fields": {"s": {"at": 2, "length": 2, "type": "integer", "equals": "sum(D.v)"}},
    }
    codec = fixed({"encoding": "us-ascii", "record_length": 3, "records": {"D": line, "T": end}})
    assert write(codec, [{"D": {"v": 50}}, {"T": {}}]) == b"D50T50"
    with pytest.raises(MappingError) as caught:
        write(codec, [{"D": {"v": 50}}, {"D": {"v": 50}}, {"T": {}}])
    assert (caught.value.rule, caught.value.place.path) == ("overflow", "/T/s")


@pytest.mark.parametrize("day", ["9999999", "9999366", "0001000", "2025366", "0000001"])
def test_a_day_that_no_year_has(day: str) -> None:
    """Also where counting to it would leave the years that there are."""
    [error] = read(one_field({"type": "date", "pattern": "%Y%j", "length": 7}), day.encode())
    assert isinstance(error, MappingError)
    assert error.rule == "date"
