"""Reading what was written gives the records, however it is cut; writing what was read gives the bytes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.contract import MappingError, Place
from mappings.fixed_width import FixedWidthFormat
from mappings.json.schema import RecordSchema
from tests.unit.mappings.fixed_width.samples import GOLDEN, fixed, golden, one_field, plain, read, write


def layout(encoding: str, separator: str, *, binary: bool) -> FixedWidthFormat:
    """A record with every type of field."""
    fields: dict[str, dict[str, Any]] = {
        "text": {"length": 6},
        "right": {"length": 5, "justify": "right", "pad": "*"},
        "code": {"length": 3, "trim": False},
        "maybe": {"length": 4, "nullable": True, "null": ["low-values", "spaces"]},
        "plain": {"length": 4, "type": "integer"},
        "leading": {"length": 5, "type": "integer", "sign": "leading", "pad": " "},
        "trailing": {"length": 5, "type": "integer", "sign": "trailing", "pad": " ", "justify": "left"},
        "floating": {"length": 7, "type": "decimal", "scale": 2, "sign": "floating", "separator": "."},
        "zoned": {"length": 5, "type": "decimal", "scale": 3, "sign": "overpunch"},
        "first": {"length": 3, "type": "integer", "sign": "overpunch_leading"},
        "fixed": {"length": 2, "type": "constant", "value": "=="},
        "flag": {"length": 1, "type": "boolean", "nullable": True},
        "day": {"length": 8, "type": "date", "nullable": True, "null": ["zeros"]},
        "short": {"length": 5, "type": "date", "pattern": "%y%j", "century_from": 1950},
        "clock": {"length": 12, "type": "time", "pattern": "%H%M%S%f"},
        "moment": {"length": 14, "type": "datetime", "offset": "-05:30"},
    }
    if binary:
        fields["packed"] = {"length": 4, "type": "decimal", "scale": 2, "usage": "packed"}
        fields["unsigned"] = {"length": 3, "type": "integer", "usage": "packed", "sign": "none", "digits": 4}
        fields["binary"] = {
            "length": 4,
            "type": "integer",
            "usage": "binary",
            "nullable": True,
            "null": ["high-values"],
        }
    at = 2
    for field in fields.values():
        field["at"] = at
        at += field["length"] + (field["length"] == 5)
    return fixed(
        {"encoding": encoding, "record_length": at + 3, "separator": separator, "fill": ".", "fields": fields}
    )


def whole(least: int, most: int) -> st.SearchStrategy[int]:
    return st.integers(least, most)


def scaled(most: int, scale: int) -> st.SearchStrategy[Decimal]:
    return st.integers(-most, most).map(lambda number: Decimal(number).scaleb(-scale))


def words(size: int, pad: str, *, left: bool = True) -> st.SearchStrategy[str]:
    strip: Callable[[str], str] = (lambda text: text.rstrip(pad)) if left else (lambda text: text.lstrip(pad))
    return st.text("abcXYZ 09-*'", max_size=size).map(strip)


days = st.dates(date(1, 1, 1)).map(date.isoformat)
TEXTUAL = {
    "text": words(6, " "),
    "right": words(5, "*", left=False),
    "code": st.text("ab ", min_size=3, max_size=3),
    "maybe": st.none() | words(4, " ").filter(bool),
    "plain": whole(0, 9999),
    "leading": whole(-9999, 9999),
    "trailing": whole(-9999, 9999),
    "floating": scaled(99999, 2),
    "zoned": scaled(99999, 3),
    "first": whole(-999, 999),
    "flag": st.none() | st.booleans(),
    "day": st.none() | days,
    "short": st.dates(date(1950, 1, 1), date(2049, 12, 31)).map(date.isoformat),
    "clock": st.times().map(time.isoformat),
    "moment": st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)).map(
        lambda moment: moment.replace(microsecond=0).isoformat() + "-05:30"
    ),
}
BINARY = {
    "packed": scaled(10**7 - 1, 2),
    "unsigned": whole(0, 9999),
    "binary": st.none() | whole(-(2**31), 2**31 - 1).filter(lambda number: number != -1),
}
LAYOUTS = {
    ("us-ascii", "lf"): layout("us-ascii", "lf", binary=False),
    ("utf-8", "crlf"): layout("utf-8", "crlf", binary=False),
    ("cp1252", "either"): layout("cp1252", "either", binary=False),
    ("cp1047", "nl"): layout("cp1047", "nl", binary=False),
    ("latin-1", "none"): layout("latin-1", "none", binary=True),
    ("cp037", "none"): layout("cp037", "none", binary=True),
    ("cp273", "none"): layout("cp273", "none", binary=True),
}


@pytest.mark.parametrize("key", LAYOUTS, ids="-".join)
@given(data=st.data(), size=st.integers(1, 200))
@settings(max_examples=60, deadline=None)
def test_round_trip(key: tuple[str, str], data: st.DataObject, size: int) -> None:
    codec = LAYOUTS[key]
    strategies = TEXTUAL | (BINARY if key[1] == "none" else {})
    records: list[Any] = data.draw(st.lists(st.fixed_dictionaries(strategies), max_size=3))
    written = write(codec, records)
    assert read(codec, written, size) == records
    assert write(codec, read(codec, written)) == written
    schema = RecordSchema(codec.schema())
    assert [schema.error(record, Place()) for record in records] == [None] * len(records)


@pytest.mark.parametrize("key", LAYOUTS, ids="-".join)
@given(data=st.binary(max_size=300), size=st.integers(1, 50))
@settings(max_examples=60, deadline=None)
def test_any_bytes_give_the_same_results_however_they_are_cut(
    key: tuple[str, str], data: bytes, size: int
) -> None:
    results = read(LAYOUTS[key], data)
    assert plain(read(LAYOUTS[key], data, size)) == plain(results)


BATCHES = golden("batches")
LINES = (GOLDEN / "batches.txt").read_bytes().splitlines(keepends=True)


@given(st.lists(st.sampled_from([*LINES, b"xx\r\n", b"20\n"]), max_size=12), st.integers(1, 90))
@settings(max_examples=200, deadline=None)
def test_any_order_of_records_gives_the_same_results_however_it_is_cut(lines: list[bytes], size: int) -> None:
    data = b"".join(lines)
    results = read(BATCHES, data)
    assert plain(read(BATCHES, data, size)) == plain(results)


CANONICAL: list[Any] = [
    pytest.param({"type": "integer", "sign": "leading"}, b"-000", b"+000", id="negative zero"),
    pytest.param({"type": "integer", "sign": "overpunch"}, b"000}", b"000{", id="zoned negative zero"),
    pytest.param({"type": "integer", "sign": "overpunch"}, b"0012", b"001B", id="zoned without sign"),
    pytest.param({"type": "integer", "usage": "packed"}, b"\0\0\1\x2f", b"\0\0\1\x2c", id="packed F"),
    pytest.param({"type": "integer", "usage": "packed"}, b"\0\0\1\x2b", b"\0\0\1\x2d", id="packed B"),
    pytest.param(
        {"type": "integer", "usage": "packed", "sign": "none"}, b"\0\0\1\x2c", b"\0\0\1\x2f", id="packed C"
    ),
    pytest.param({"type": "integer", "pad": " "}, b"0012", b"  12", id="zeros where spaces are written"),
    pytest.param({"type": "integer", "pad": "*"}, b"0012", b"**12", id="zeros where asterisks are written"),
    pytest.param({"nullable": True, "null": ["spaces", "low-values"]}, b"\0\0\0\0", b"    ", id="null"),
    pytest.param({"type": "boolean", "true_words": ["Y", "1"]}, b"1   ", b"Y   ", id="second word"),
    pytest.param(
        {"type": "date", "pattern": "%y%j", "century_from": 2000, "length": 5}, b"26366", None, id="day 366"
    ),
]


@pytest.mark.parametrize(("field", "data", "canonical"), CANONICAL)
def test_what_reads_the_same_is_written_in_one_form(
    field: dict[str, Any], data: bytes, canonical: bytes | None
) -> None:
    codec = one_field({"length": 4, **field})
    records = read(codec, data)
    if canonical is None:
        assert isinstance(records[0], MappingError)
    else:
        assert write(codec, records) == canonical


def test_gaps_that_are_ignored_are_written_as_fill() -> None:
    fields = {"a": {"at": 2, "length": 1}}
    codec = fixed(
        {"encoding": "us-ascii", "record_length": 3, "gaps": "ignore", "fill": "_", "fields": fields}
    )
    assert read(codec, b"xaz") == [{"a": "a"}]
    assert write(codec, [{"a": "a"}]) == b"_a_"


def test_lines_that_are_short_are_filled_and_blank_ones_skipped_where_declared() -> None:
    fields = {"a": {"at": 1, "length": 2}, "b": {"at": 3, "length": 2, "nullable": True}}
    common = {"encoding": "us-ascii", "separator": "either", "fields": fields}
    codec = fixed({**common, "short_lines": "fill", "blank_lines": "skip"})
    for size in (1, 100):
        records = read(codec, b"abcd\r\n\nab\n\r\na", size)
        assert records == [{"a": "ab", "b": "cd"}, {"a": "ab", "b": None}, {"a": "a", "b": None}]
    assert write(codec, [{"a": "ab", "b": None}]) == b"ab  \n"
    assert [one.rule for one in read(fixed(common), b"ab\n\n")] == ["short-record", "short-record"]


def test_utf_8_is_cut_at_bytes() -> None:
    codec = fixed({"encoding": "utf-8", "record_length": 4, "fields": {"a": {"at": 1, "length": 4}}})
    assert write(codec, [{"a": "éa"}]) == b"\xc3\xa9a "
    assert read(codec, b"\xc3\xa9\xe2\x82")[0].rule == "encoding"
    with pytest.raises(MappingError, match="has 5 bytes"):
        write(codec, [{"a": "é€"}])


def test_a_century_is_what_the_window_says() -> None:
    codec = one_field({"length": 6, "type": "date", "pattern": "%y%m%d", "century_from": 1950})
    for text, day in ((b"500101", "1950-01-01"), (b"491231", "2049-12-31"), (b"000229", "2000-02-29")):
        assert read(codec, text) == [{"a": day}]
        assert write(codec, [{"a": day}]) == text


def test_a_match_may_be_a_field_that_says_which_of_its_values() -> None:
    codec = fixed(
        {
            "encoding": "us-ascii",
            "record_length": 4,
            "records": {
                "money": {
                    "match": {"at": 2, "value": ["EU", "US"]},
                    "fields": {"currency": {"at": 2, "length": 3}},
                },
                "other": {"fields": {"text": {"at": 1, "length": 4}}},
            },
            "order": "any",
        }
    )
    records = [{"other": {"text": "abcd"}}, {"money": {"currency": "EUR"}}, {"other": {"text": ""}}]
    assert read(codec, write(codec, records)) == records
    with pytest.raises(MappingError) as caught:
        write(codec, [{"money": {"currency": "CHF"}}])
    assert caught.value.rule == "match"


PATTERNS: list[Any] = [
    pytest.param("date", "%C%y%m%d", {}, b"1261123", "2026-11-23", id="century digit"),
    pytest.param("date", "%C%y%m%d", {}, b"0991231", "1999-12-31", id="century digit of 19"),
    pytest.param("date", "%C%y%j", {}, b"126327", "2026-11-23", id="century digit and day"),
    pytest.param("date", "%j%y", {"century_from": 1970}, b"32726", "2026-11-23", id="day before year"),
    pytest.param(
        "datetime",
        "%Y-%m-%dT%H:%M%:z",
        {},
        b"2026-11-23T08:15-05:30",
        "2026-11-23T08:15:00-05:30",
        id="offset",
    ),
    pytest.param(
        "datetime",
        "%y%m%d%H%M%:z",
        {"century_from": 2000},
        b"2611230815+00:00",
        "2026-11-23T08:15:00Z",
        id="UTC",
    ),
    pytest.param(
        "datetime",
        "%Y%m%d%H%M%S%z",
        {},
        b"20261123081500-0530",
        "2026-11-23T08:15:00-05:30",
        id="offset without a colon",
    ),
    pytest.param(
        "datetime",
        "%Y%m%d%H%M%S%z",
        {},
        b"20261123081500+0000",
        "2026-11-23T08:15:00Z",
        id="UTC without a colon",
    ),
    *(
        pytest.param(
            "time", f"%H%M%S.%{len(digits)}f", {}, b"081500." + digits.encode(), f"08:15:00{value}", id=digits
        )
        for digits, value in (
            ("5", ".500000"),
            ("00", ""),
            ("123", ".123000"),
            ("0012", ".001200"),
            ("00012", ".000120"),
            ("123456", ".123456"),
            ("1234560", ".123456"),
            ("12345600", ".123456"),
            ("123456000", ".123456"),
        )
    ),
]


@pytest.mark.parametrize(("kind", "pattern", "more", "data", "value"), PATTERNS)
def test_patterns_of_dates(kind: str, pattern: str, more: dict[str, Any], data: bytes, value: str) -> None:
    codec = one_field({"length": len(data), "type": kind, "pattern": pattern, **more})
    assert read(codec, data) == [{"a": value}]
    assert write(codec, [{"a": value}]) == data
    assert codec.losses() == ()


def test_dates_beyond_their_patterns_are_refused() -> None:
    century = one_field({"length": 7, "type": "date", "pattern": "%C%y%m%d"})
    moment = one_field({"length": 22, "type": "datetime", "pattern": "%Y-%m-%dT%H:%M%:z"})
    for codec, value in ((century, "1899-12-31"), (century, "2900-01-01"), (moment, "2026-11-23T08:15:00")):
        with pytest.raises(MappingError) as caught:
            write(codec, [{"a": value}])
        assert caught.value.rule == "date"
    for codec, data in (
        (moment, b"2026-11-23T08:15-00:00"),
        (moment, b"2026-11-23T08:15+24:00"),
        (century, b"1260230"),
    ):
        assert read(codec, data)[0].rule == "date"


def test_times_finer_than_their_patterns_are_refused() -> None:
    millis = one_field({"length": 9, "type": "time", "pattern": "%H%M%S%3f"})
    nanos = one_field({"length": 15, "type": "time", "pattern": "%H%M%S%9f"})
    with pytest.raises(MappingError, match="finer than the pattern"):
        write(millis, [{"a": "08:15:00.1234"}])
    error = read(nanos, b"081500123456001")[0]
    assert (error.rule, error.reason) == ("date", "is finer than microseconds")
    basic = one_field({"length": 17, "type": "datetime", "pattern": "%Y%m%d%H%M%z"})
    for data in (b"202611230815-0000", b"202611230815+2400", b"202611230815+0060", b"202611230815Z    "):
        assert read(basic, data)[0].rule == "date"


def test_a_date_of_zeros_may_be_null() -> None:
    codec = one_field({"length": 8, "type": "date", "nullable": True, "null": ["zeros", "nines", "spaces"]})
    assert read(codec, b"0000000099999999        20261123") == [{"a": None}] * 3 + [{"a": "2026-11-23"}]
    assert write(codec, [{"a": None}]) == b"00000000"
