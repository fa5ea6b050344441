"""What is wrong with messages: the rule, the place, and that reading goes on with the next."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.contract import MappingError
from tests.unit.mappings.hl7.samples import hl7, message, read, read_all, rules, write

ANY = hl7()
PATIENT = {
    "content": [
        {"segment": "MSH", "min": 1},
        {
            "segment": "PID",
            "min": 1,
            "fields": [
                {"at": 1, "name": "number", "type": "SI"},
                {"at": 3, "name": "ids", "type": "CX", "repeat": 2, "required": True},
                {"at": 5, "name": "name", "type": "XPN"},
                {"at": 7, "name": "born", "type": "DTM"},
                {"name": "sex", "codes": ["F", "M"]},
                {"at": 10, "name": "day", "type": "DT"},
                {"name": "time", "type": "TM"},
                {"name": "weight", "type": "NM", "max_length": 5},
                {"name": "own", "type": "ZAB"},
            ],
        },
        {"segment": "PV1", "max": 2},
        {"group": "insurance", "max": 2, "content": [{"segment": "IN1"}, {"segment": "IN2", "min": 1}]},
    ],
    "types": {"ZAB": [{"name": "a", "required": True}, {"name": "b", "type": "HD"}]},
}
ONE = hl7(**PATIENT, messages=["ADT^A01", "ADT^A04", "ORU"], versions=["2.5"], processing=["P"])

PID: list[tuple[str, str, list[str], str]] = [
    ("required", "PID|1", ["required-field"], "/PID/ids"),
    ("required-null", 'PID|1||""', [], ""),
    ("code", "PID|1||4|||||X", ["code"], "/PID/sex"),
    ("month", "PID|1||4||||20261301", ["date-time"], "/PID/born"),
    ("day", "PID|1||4||||20260230", ["date-time"], "/PID/born"),
    ("hour", "PID|1||4||||2026010124", ["date-time"], "/PID/born"),
    ("date", "PID|1||4|||||||2026010108", ["date"], "/PID/day"),
    ("time", "PID|1||4||||||||2460", ["time"], "/PID/time"),
    ("number", "PID|1||4|||||||||1,5", ["number"], "/PID/weight"),
    ("number-letters", "PID|1||4|||||||||1e5", ["number"], "/PID/weight"),
    ("number-of-another-script", "PID|1||4|||||||||\u0661", ["number"], "/PID/weight"),
    ("sequence", "PID|-1||4", ["number"], "/PID/number"),
    ("too-long", "PID|1||4|||||||||12.345", ["too-long"], "/PID/weight"),
    ("components", "PID|1^2||4", ["components"], "/PID/number"),
    ("subcomponents", "PID|1&2||4", ["components"], "/PID/number"),
    ("subcomponents-inside", "PID|1||4&5", ["components"], "/PID/ids/0/id"),
    ("repeated", "PID|1||4||a~b", ["repetitions"], "/PID/name"),
    ("repeated-more", "PID|1||4~5~6", ["repetitions"], "/PID/ids"),
    ("date-inside", "PID|1||4^^^^^^2026-01", ["date"], "/PID/ids/0/effective"),
    ("required-component", "PID|1||4||||||||||^x", ["required-field"], "/PID/own/a"),
    ("two", "PID|x||4|||||X", ["number", "code"], "/PID/number"),
]


@pytest.mark.parametrize(("segment", "broken", "path"), [one[1:] for one in PID], ids=[one[0] for one in PID])
def test_fields(segment: str, broken: list[str], path: str) -> None:
    results = read(ONE, message(segment) + message("PID|2||9"))
    errors = [one for one in results if isinstance(one, MappingError)]
    assert [one.rule for one in errors] == broken
    good = [one for one in results if isinstance(one, dict)]
    assert good[-1]["PID"] == {"number": 2, "ids": [{"id": "9"}]}
    assert len(good) == (1 if broken else 2)
    if broken:
        assert errors[0].place.path == path
        assert errors[0].place.record == 1
        assert errors[0].raw == message(segment).rstrip(b"\r")
        assert errors[0].place.byte_offset == len(message())


MESSAGES: list[tuple[str, bytes, list[str]]] = [
    ("no-segment", message(), ["required-segment"]),
    ("twice", message("PID|1||4", "PID|1||4"), ["segment-count"]),
    ("too-often", message("PID|1||4", "PV1", "PV1", "PV1"), ["segment-count"]),
    ("order", message("PV1", "PID|1||4"), ["required-segment", "segment-order"]),
    ("unknown", message("PID|1||4", "ZZZ|1"), ["unknown-segment"]),
    ("group", message("PID|1||4", "IN1|1", "IN1|2", "IN2|2"), ["required-segment"]),
    ("groups", message("PID|1||4", *["IN1|1", "IN2|2"] * 3), ["loop-count"]),
    ("no-identifier", message("PID|1||4", "continued"), ["segment-identifier"]),
    ("type", message("PID|1||4", kind="SIU^S12"), ["message-type"]),
    ("event", message("PID|1||4", kind="ADT^A02"), ["event"]),
    ("any-event", message("PID|1||4", kind="ORU^R77"), []),
    ("version", message("PID|1||4", version="2.6"), ["version"]),
    ("processing", message("PID|1||4").replace(b"|P|", b"|T|"), ["processing"]),
    ("outside", b"PID|1||4\rPV1\r", ["outside"]),
    ("cut-header", b"MSH|\r", ["delimiters"]),
    ("short-header", b"MSH\r", ["delimiters"]),
    ("letters", b"MSHa^~\\&aPID\r", ["delimiters"]),
    ("same-delimiters", b"MSH|^^\\&|\r", ["delimiters"]),
    ("many-delimiters", b"MSH|^~\\&#$|\r", ["delimiters"]),
    ("character-set", b"MSH|^~\\&|||||||ADT^A01|1|P|2.5||||||KOI8\rPID|1||4\r", ["character-set"]),
    ("not-utf-8", message("PID|1||4") + b"PV1|\xe9\r", ["encoding"]),
    ("not-ascii", b"MSH|^~\\&|||||||ADT^A01|1|P|2.5||||||ASCII\rPID|1||\xc3\xa9\r", ["encoding"]),
]


@pytest.mark.parametrize(("data", "broken"), [one[1:] for one in MESSAGES], ids=[one[0] for one in MESSAGES])
def test_messages(data: bytes, broken: list[str]) -> None:
    results, summary = read_all(ONE, data + message("PID|2||9"))
    assert rules(results) == broken
    assert isinstance(results[-1], dict)
    assert (summary.records, summary.errors) == (2, len(broken))


BATCHES: list[tuple[str, bytes, list[str], int]] = [
    ("whole", b"FHS|^~\\&|a\rBHS|^~\\&|b\r" + message() + b"BTS|1\rFTS|1\r", [], 1),
    ("without-counts", b"FHS|^~\\&|a\rBHS|^~\\&|b\r" + message() + b"BTS\rFTS\r", [], 1),
    ("without-batches-counted-as-none", b"FHS|^~\\&|a\r" + message() * 2 + b"FTS|0\r", [], 2),
    ("without-batches", b"FHS|^~\\&|a\r" + message() * 2 + b"FTS|1\r", [], 2),
    ("two-batches", b"FHS|^~\\&|a\r" + (b"BHS|^~\\&|b\r" + message() + b"BTS|1\r") * 2 + b"FTS|2\r", [], 2),
    ("messages", b"BHS|^~\\&|b\r" + message() + b"BTS|2\r", ["batch-count"], 1),
    ("batches", b"FHS|^~\\&|a\r" + message() + b"FTS|7\r", ["batch-count"], 1),
    ("no-number", b"BHS|^~\\&|b\r" + message() + b"BTS|x\r", ["batch-count"], 1),
    ("cut", b"BHS|^~\\&|b\r" + message(), ["batch-trailer"], 1),
    ("cut-file", b"FHS|^~\\&|a\rBHS|^~\\&|b\r" + message() + b"BTS|1\r", ["batch-trailer"], 1),
    (
        "not-ended",
        b"BHS|^~\\&|b\r" + message() + b"BHS|^~\\&|c\r" + message() + b"BTS|1\r",
        ["batch-trailer"],
        2,
    ),
    ("bad-header", b"BHS|\r" + message() + b"BTS|1\r", ["delimiters"], 1),
    ("header-not-text", b"BHS|^~\\&|\xff\r" + message() + b"BTS|1\r", ["encoding"], 1),
]


@pytest.mark.parametrize(
    ("data", "broken", "good"), [one[1:] for one in BATCHES], ids=[one[0] for one in BATCHES]
)
def test_batches(data: bytes, broken: list[str], good: int) -> None:
    for size in (1, 5, 1000):
        results = read(ANY, data, size)
        assert rules(results) == broken
        assert sum(isinstance(one, dict) for one in results) == good


def test_a_message_that_is_too_long_is_passed_over() -> None:
    long = message("PID|1||4", "NTE|1||" + "x" * 500)
    for size in (1, 64, 10_000):
        results, summary = read_all(ANY, long + message("PID|1||5"), size, max_record_bytes=300)
        first, second = results
        assert isinstance(first, MappingError)
        assert (first.rule, first.raw_is_cut) == ("record-length", True)
        assert long.startswith(first.raw)
        assert isinstance(second, dict)
        assert (summary.records, summary.errors) == (2, 1)


def test_a_message_of_just_the_length_is_read() -> None:
    data = message("NTE|1||" + "x" * 400)
    size = len(data) - 1
    assert rules(read(ANY, data, max_record_bytes=size)) == []
    assert rules(read(ANY, data, max_record_bytes=size - 1)) == ["record-length"]
    (record,) = read(ANY, data)
    assert write(ANY, [record], max_record_bytes=size) == data
    with pytest.raises(MappingError, match="longer than"):
        write(ANY, [record], max_record_bytes=size - 1)


LENIENT: list[tuple[str, str, list[str], object]] = [
    ("too_long", "weight", ["PID|1||4|||||||||12.345"], 12.345),
    ("codes", "sex", ["PID|1||4|||||X"], "X"),
    ("missing_fields", "number", ["PID|1"], 1),
    ("components", "number", ["PID|1^2||4"], 1),
    ("repetitions", "name", ["PID|1||4||a~b"], {"family": {"surname": "a"}}),
    ("unknown_segments", "number", ["PID|1||4", "ZZZ|1"], 1),
    ("segment_order", "number", ["PID|1||4", "PV1", "IN1", "IN2", "PV1"], 1),
    ("segment_counts", "number", ["PID|1||4", "PID|2||4"], 1),
    ("missing_segments", "number", ["PID|1||4", "IN1"], 1),
]


@pytest.mark.parametrize(("word", "name", "segments", "value"), LENIENT, ids=[one[0] for one in LENIENT])
def test_a_rule_may_be_let_pass(word: str, name: str, segments: list[str], value: object) -> None:
    assert rules(read(hl7(**PATIENT), message(*segments)))
    results, summary = read_all(hl7(**PATIENT, lenient=[word]), message(*segments))
    assert float(results[0]["PID"][name]) == value if name == "weight" else results[0]["PID"][name] == value
    assert summary.leniencies == {word: 1}
    assert any(one.startswith(f"lenient: what {word} ") for one in hl7(**PATIENT, lenient=[word]).losses())


def test_every_byte_in_a_number_is_read_or_refused() -> None:
    for at in range(2):
        for byte in range(256):
            digits = bytearray(b"12")
            digits[at] = byte
            data = message("PID|1||4|||||||||").rstrip(b"\r") + bytes(digits) + b"\r"
            results = read(ONE, data)
            for one in results:
                if isinstance(one, dict) and "weight" in one["PID"]:
                    assert read(ONE, write(ONE, [one])) == [one]
            if chr(byte).isascii() and chr(byte).isdigit():
                assert results[0]["PID"]["weight"] == int(digits)


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\r\r\n", b"\n \n"], ids=repr)
@pytest.mark.parametrize("size", [1, 1000])
def test_a_bad_message_is_kept_as_it_came(end: bytes, size: int) -> None:
    bad = message("PID|1", "", "PI|2").rstrip(b"\r").replace(b"\r", end)
    data = b"\x0b" + bad + b"\x1c\r\x0b" + message("PID|3").replace(b"\r", end) + b"\x1c\r"
    first, second = read(hl7(), data, size)
    assert isinstance(first, MappingError)
    assert first.rule == "segment-identifier"
    assert first.raw == bad
    assert data[first.place.byte_offset or 0 :].startswith(b"PI|2")
    assert isinstance(second, dict)


def test_lines_between_segments_are_part_of_what_a_message_may_be_long() -> None:
    data = message("PID|1") + b"\n" * 5000
    assert rules(read(ANY, data, 7, max_record_bytes=200)) == []
    assert rules(read(ANY, data + b"PID|2\r", 7, max_record_bytes=200)) == ["record-length"]
    assert rules(read(ANY, data + b"PID|2\r", 7, max_record_bytes=6000)) == []


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("MSH-9", ["ORM", "O01"], "message-type"),
        ("MSH-9", None, "message-type"),
        ("MSH-9", ["ADT", "A99"], "event"),
        ("MSH-12", "2.6", "version"),
        ("MSH-12", " ", "version"),
        ("MSH-11", "T", "processing"),
    ],
)
def test_a_message_that_would_be_refused_is_not_written(field: str, value: Any, rule: str) -> None:
    (record,) = read(ONE, message("PID|1||7"))
    assert write(ONE, [record]) == message("PID|1||7")
    record["MSH"][field] = value
    with pytest.raises(MappingError) as caught:
        write(ONE, [record])
    assert (caught.value.rule, caught.value.place.path) == (rule, f"/MSH/{field}")
    generic = hl7(messages=["ADT^A01"])
    with pytest.raises(MappingError) as caught:
        write(generic, [{"segments": [{"id": "MSH", "fields": ["|", "^~\\&"]}]}])
    assert caught.value.place.path == "/segments/0/fields/8"
