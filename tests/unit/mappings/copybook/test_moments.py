"""Dates and times in the fields of a copybook."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.columns import block_decoder
from mappings.contract import Context, MappingError
from mappings.copybook import CopybookFormat
from tests.unit.mappings.columns.both import assert_same, bytewise, whole
from tests.unit.mappings.columns.test_arrow import assert_values
from tests.unit.mappings.copybook.samples import defined, problems, read, write


def dated(clauses: str, encoding: str = "cp037", **options: Any) -> CopybookFormat:
    """Records of a field `A` and a character behind it."""
    text = f"01 R.\n 05 A {clauses}.\n 05 B PIC X.\n"
    return defined(text, encoding, fields={"A": {"type": "date", **options}})


def ebcdic(text: str) -> bytes:
    return text.encode("cp037")


DATES: dict[str, tuple[str, dict[str, Any], bytes, str]] = {
    "display": ("PIC 9(8)", {}, ebcdic("20261123"), "2026-11-23"),
    "display-signed": ("PIC S9(8)", {}, ebcdic("2026112C"), "2026-11-23"),
    "sign-apart": ("PIC S9(8) SIGN LEADING SEPARATE", {}, ebcdic("+20261123"), "2026-11-23"),
    "year-below-1000": ("PIC 9(8)", {}, ebcdic("09990101"), "0999-01-01"),
    "two-digits-of-a-year": (
        "PIC 9(6)",
        {"pattern": "%y%m%d", "century_from": 1950},
        ebcdic("070101"),
        "2007-01-01",
    ),
    "window": ("PIC 9(6)", {"pattern": "%y%m%d", "century_from": 1950}, ebcdic("500101"), "1950-01-01"),
    "packed": ("PIC 9(8) COMP-3", {}, bytes.fromhex("020261123F"), "2026-11-23"),
    "packed-signed": ("PIC S9(8) COMP-3", {}, bytes.fromhex("020261123C"), "2026-11-23"),
    "zero-before": (
        "PIC S9(7) COMP-3",
        {"pattern": "%y%m%d", "century_from": 1970},
        bytes.fromhex("0261123C"),
        "2026-11-23",
    ),
    "century": ("PIC S9(7) COMP-3", {"pattern": "%C%y%m%d"}, bytes.fromhex("1261123C"), "2026-11-23"),
    "century-of-19": ("PIC S9(7) COMP-3", {"pattern": "%C%y%m%d"}, bytes.fromhex("0991231C"), "1999-12-31"),
    "julian": ("PIC 9(7) COMP-3", {"pattern": "%Y%j"}, bytes.fromhex("2024366F"), "2024-12-31"),
    "julian-of-two": (
        "PIC S9(5) COMP-3",
        {"pattern": "%y%j", "century_from": 1970},
        bytes.fromhex("07001C"),
        "2007-01-01",
    ),
    "julian-century": ("PIC S9(7) COMP-3", {"pattern": "%C%y%j"}, bytes.fromhex("0126327C"), "2026-11-23"),
    "binary": ("PIC S9(8) COMP", {}, (20261123).to_bytes(4, "big"), "2026-11-23"),
    "native": ("PIC 9(8) COMP-5", {}, (20261123).to_bytes(4, "big"), "2026-11-23"),
    "without-a-sign": ("PIC 9(8) COMP-6", {}, bytes.fromhex("20261123"), "2026-11-23"),
    "text": ("PIC X(10)", {"pattern": "%Y-%m-%d"}, ebcdic("2026-11-23"), "2026-11-23"),
    "edited": ("PIC 99/99/9999", {"pattern": "%d/%m/%Y"}, ebcdic("23/11/2026"), "2026-11-23"),
    "digits-that-stand-there": ("PIC 9(9)", {"pattern": "1%Y%m%d"}, ebcdic("120261123"), "2026-11-23"),
    "time": ("PIC 9(6)", {"type": "time"}, ebcdic("081500"), "08:15:00"),
    "hours-of-one-digit": (
        "PIC 9(7) COMP-3",
        {"type": "time"},
        bytes.fromhex("0081500F"),
        "08:15:00",
    ),
    "hundredths": (
        "PIC 9(8)",
        {"type": "time", "pattern": "%H%M%S%2f"},
        ebcdic("08150012"),
        "08:15:00.120000",
    ),
    "moment": (
        "PIC 9(14)",
        {"type": "datetime", "offset": "Z"},
        ebcdic("20261123081500"),
        "2026-11-23T08:15:00Z",
    ),
    "moment-of-db2": (
        "PIC X(26)",
        {"type": "datetime", "pattern": "%Y-%m-%d-%H.%M.%S.%f", "offset": "local"},
        ebcdic("2026-11-23-08.15.00.123456"),
        "2026-11-23T08:15:00.123456",
    ),
}


@pytest.mark.parametrize(("clauses", "options", "data", "value"), DATES.values(), ids=DATES)
def test_dates_both_ways(clauses: str, options: dict[str, Any], data: bytes, value: str) -> None:
    codec = dated(clauses, **options)
    records = [{"A": value, "B": "x"}]
    data += ebcdic("x")
    assert read(codec, data) == records
    assert write(codec, records) == data
    assert_same(codec, data * 3, (whole, bytewise))
    assert_values(codec, data * 3, iter([data * 3]))


BAD: dict[str, tuple[str, dict[str, Any], bytes, str]] = {
    "no-such-month": ("PIC 9(8)", {}, ebcdic("20261301"), "date"),
    "no-such-day": ("PIC 9(8) COMP-3", {}, bytes.fromhex("020260230F"), "date"),
    "zeros": ("PIC 9(8)", {}, ebcdic("00000000"), "date"),
    "nines": ("PIC 9(8)", {}, ebcdic("99999999"), "date"),
    "day-366": ("PIC 9(7) COMP-3", {"pattern": "%Y%j"}, bytes.fromhex("2025366F"), "date"),
    "day-0": ("PIC 9(7) COMP-3", {"pattern": "%Y%j"}, bytes.fromhex("2025000F"), "date"),
    "negative": ("PIC S9(8) COMP", {}, (-20261123).to_bytes(4, "big", signed=True), "date"),
    "more-digits": (
        "PIC S9(7) COMP-3",
        {"pattern": "%y%m%d", "century_from": 1970},
        bytes.fromhex("1261123C"),
        "date",
    ),
    "no-number": ("PIC 9(8)", {}, ebcdic("2026 123"), "integer"),
    "no-hour": ("PIC 9(6)", {"type": "time"}, ebcdic("241500"), "date"),
}


@pytest.mark.parametrize(("clauses", "options", "data", "rule"), BAD.values(), ids=BAD)
def test_what_is_no_date(clauses: str, options: dict[str, Any], data: bytes, rule: str) -> None:
    codec = dated(clauses, **options)
    good = write(codec, [{"A": "12:00:00" if "type" in options else "2026-11-23", "B": "x"}])
    found = read(codec, data + ebcdic("x") + good)
    assert isinstance(found[0], MappingError)
    assert (found[0].rule, found[0].place.path) == (rule, "/A")
    assert found[1]["B"] == "x"
    assert_same(codec, data + ebcdic("x") + good, (whole, bytewise))


NULLS: dict[str, tuple[str, list[Any], list[bytes]]] = {
    "display": ("PIC 9(8)", ["zeros", "nines"], [ebcdic("00000000"), ebcdic("99999999")]),
    "packed": (
        "PIC S9(8) COMP-3",
        ["nines", "zeros"],
        [bytes.fromhex("099999999C"), bytes.fromhex("000000000C"), bytes.fromhex("000000000F")],
    ),
    "binary": ("PIC S9(8) COMP", ["zeros"], [bytes(4)]),
    "not-only-digits": (
        "PIC S9(8) COMP-3",
        ["zeros", "low-values", "spaces"],
        [bytes.fromhex("000000000C"), bytes(5), b"\x40" * 5],
    ),
    "bytes-first": ("PIC 9(8)", ["spaces", "zeros"], [b"\x40" * 8, ebcdic("00000000")]),
    "text": ("PIC X(8)", ["spaces", "zeros"], [b"\x40" * 8, ebcdic("00000000")]),
}


@pytest.mark.parametrize(("clauses", "null", "data"), NULLS.values(), ids=NULLS)
def test_null_in_place_of_a_date(clauses: str, null: list[Any], data: list[bytes]) -> None:
    codec = dated(clauses, null=null)
    good = {"A": "2026-11-23", "B": "x"}
    whole_data = b"".join(each + ebcdic("x") for each in data) + write(codec, [good])
    assert read(codec, whole_data) == [{"A": None, "B": "x"}] * len(data) + [good]
    assert write(codec, [{"A": None, "B": "x"}]) == data[0] + ebcdic("x")
    assert_same(codec, whole_data, (whole, bytewise))
    assert_values(codec, whole_data, iter([whole_data]))


def test_a_date_that_cannot_be_read_may_be_null() -> None:
    text = "01 R.\n 05 A PIC 9(8).\n 05 B PIC X(8).\n"
    fields = {"A": {"type": "date"}, "B": {"type": "date"}}
    codec = defined(text, "us-ascii", invalid="null", fields=fields)
    data = b"2026130120260230" + b"2026112320261124"
    assert read(codec, data) == [{"A": None, "B": None}, {"A": "2026-11-23", "B": "2026-11-24"}]
    assert_same(codec, data, (whole, bytewise))


def test_names_of_values_do_not_count_for_dates() -> None:
    text = "01 R.\n 05 A PIC 9(8).\n  88 NONE-GIVEN VALUE ZEROS.\n 05 B PIC X.\n"
    codec = defined(text, conditions="enum", fields={"A": {"type": "date", "null": ["zeros"]}})
    assert read(codec, ebcdic("00000000x20261123x")) == [{"A": None, "B": "x"}, {"A": "2026-11-23", "B": "x"}]


def test_dates_in_tables_are_read_in_columns() -> None:
    text = "01 R.\n 05 T OCCURS 2 TIMES.\n  10 A PIC 9(7) COMP-3.\n"
    codec = defined(text, fields={"A": {"type": "date", "pattern": "%Y%j"}})
    assert block_decoder(codec, Context()) is not None
    data = bytes.fromhex("2024366F2026001C") * 3 + bytes.fromhex("2024366F2026000C")
    assert_same(codec, data, (whole, bytewise))


UNSOUND: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown-part": ("PIC 9(8)", {"pattern": "%Y%Q%d"}, "fields.A.pattern: %Q is not one of"),
    "no-date": ("PIC 9(8)", {"pattern": "%Y%m"}, "fields.A.pattern: a date needs"),
    "too-long": ("PIC 9(6)", {}, "fields.A.pattern: has 8 digits, the field 6"),
    "text-of-another-length": ("PIC X(10)", {}, "fields.A.pattern: has 8 characters, the field 10 bytes"),
    "no-digits": ("PIC 9(10)", {"pattern": "%Y-%m-%d"}, "fields.A.pattern: has what is no digit"),
    "offset-in-a-number": (
        "PIC 9(18)",
        {"type": "datetime", "pattern": "%Y%m%d%H%M%z"},
        "fields.A.pattern: has what is no digit",
    ),
    "no-century": ("PIC 9(6)", {"pattern": "%y%m%d"}, "fields.A.century_from: belongs to %y"),
    "century-of-nothing": ("PIC 9(8)", {"century_from": 1970}, "fields.A.century_from: belongs to %y"),
    "century-of-a-time": (
        "PIC 9(6)",
        {"type": "time", "century_from": 1970},
        "fields.A.century_from: a time",
    ),
    "no-offset": ("PIC 9(14)", {"type": "datetime"}, "fields.A.offset: is needed"),
    "offset-of-a-date": ("PIC 9(8)", {"offset": "Z"}, "fields.A.offset: belongs to datetime"),
    "point": ("PIC 9(8)V99", {}, "fields.A.type: a date has no decimal point"),
    "float": ("COMP-2", {}, "fields.A.type: a date stands in a field of digits"),
    "national": ("PIC 9(8) USAGE NATIONAL", {}, "fields.A.type: a date stands in a field of digits"),
    "labels": ("PIC 9(8)", {"conditions": "labels"}, "fields.A.conditions: a date has"),
    "no-type": ("PIC 9(8)", {"type": None, "pattern": "%Y%m%d"}, "fields.A.pattern: belongs to type"),
}


@pytest.mark.parametrize(("clauses", "options", "expected"), UNSOUND.values(), ids=UNSOUND)
def test_what_cannot_be_a_date(clauses: str, options: dict[str, Any], expected: str) -> None:
    found = problems(f"01 R.\n 05 A {clauses}.\n", fields={"A": {"type": "date", **options}})
    assert [each for each in found if each.startswith(expected)] == found != []


def test_a_group_is_no_date() -> None:
    text = "01 R.\n 05 A.\n  10 B PIC 9(8).\n"
    assert problems(text, fields={"A": {"type": "date"}})[0].startswith("fields.A.type: a date stands in")


UNWRITABLE = {
    "no-text": (20261123, "type"),
    "no-date": ("2026-02-30", "date"),
    "not-in-the-window": ("1949-12-31", "date"),
    "null": (None, "type"),
}


@pytest.mark.parametrize(("value", "rule"), UNWRITABLE.values(), ids=UNWRITABLE)
def test_what_is_not_written(value: Any, rule: str) -> None:
    codec = dated("PIC 9(6) COMP-3", pattern="%y%m%d", century_from=1950)
    with pytest.raises(MappingError) as caught:
        write(codec, [{"A": value, "B": "x"}])
    assert (caught.value.rule, caught.value.place.path) == (rule, "/A")


@given(
    st.dates(date(1970, 1, 1), date(2069, 12, 31)),
    st.sampled_from(["%Y%m%d", "%y%m%d", "%y%j", "%Y%j", "%C%y%m%d", "%C%y%j", "%d%m%Y", "%j%y"]),
    st.sampled_from(["", " COMP-3", " COMP", " COMP-5", " COMP-6"]),
    st.sampled_from(["9(8)", "S9(8)", "S9(9)"]),
)
def test_every_date_comes_back(day: date, pattern: str, usage: str, picture: str) -> None:
    if usage == " COMP-6" and picture[0] == "S":
        return
    window: dict[str, Any] = {"century_from": 1970} if "%y" in pattern and "%C" not in pattern else {}
    codec = dated(f"PIC {picture}{usage}", pattern=pattern, **window)
    records = [{"A": str(day), "B": "x"}]
    data = write(codec, records)
    assert read(codec, data) == records
    assert write(codec, read(codec, data)) == data
