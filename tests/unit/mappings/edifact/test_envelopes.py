"""Interchanges, groups and messages: what begins and ends them, references, counts, character sets."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mappings.contract import MappingError
from tests.unit.mappings.edifact.samples import (
    PARTNERS,
    a_message,
    bare,
    edifact,
    golden,
    golden_data,
    golden_records,
    interchange,
)
from tests.unit.mappings.segments.samples import read, read_all, rules, told, write

GENERIC = edifact()
UNB = "UNB+UNOC:3+ACME+BANK+261123:1015+R1"
ONE = a_message("BGM+220")
GROUP = "UNG+ORDERS+A+B+261123:1015+G1+UN+D:96A"


def test_a_record_has_what_is_around_it() -> None:
    head = "UNB+UNOC:3+ACME:14:DEPT+BANK:ZZ+261123:1015+R1+PW:AA+ORDERS+A+1+EANCOM+1"
    text = interchange(GROUP, "UNH+7+ORDERS:D:96A:UN:EAN008+CAR+1:C", "UNT+2+7", "UNE+1+G1", head=head)
    (record,) = read(GENERIC, text)
    assert record["envelope"] == {
        "interchange": {
            "syntax": {"identifier": "UNOC", "version": "3"},
            "sender": {"identification": "ACME", "qualifier": "14", "internal": "DEPT"},
            "recipient": {"identification": "BANK", "qualifier": "ZZ"},
            "prepared": {"date": "261123", "time": "1015"},
            "control_reference": "R1",
            "recipient_reference": {"reference": "PW", "qualifier": "AA"},
            "application_reference": "ORDERS",
            "priority": "A",
            "acknowledgement_request": "1",
            "agreement": "EANCOM",
            "test": "1",
        },
        "group": {
            "identification": "ORDERS",
            "sender": {"identification": "A"},
            "recipient": {"identification": "B"},
            "prepared": {"date": "261123", "time": "1015"},
            "control_reference": "G1",
            "agency": "UN",
            "version": {"version": "D", "release": "96A"},
        },
        "message": {
            "control_reference": "7",
            "identifier": {
                "type": "ORDERS",
                "version": "D",
                "release": "96A",
                "agency": "UN",
                "association": "EAN008",
            },
            "access_reference": "CAR",
            "transfer": {"sequence": "1", "position": "C"},
        },
    }
    assert write(GENERIC, [record], now=None) == text


# Data, the rule, a part of what is said, where.
WRONG = [
    pytest.param(
        (*ONE[:-1], "UNT+4+1"), "segments-counted", "UNT01 is 4, there are 3", "UNT", id="UNT count"
    ),
    pytest.param(
        (*ONE[:-1], "UNT+3+2"), "control-reference", "UNT02 is 2, UNH01 is 1", "UNT", id="UNT reference"
    ),
    pytest.param((*ONE[:-1], "UNT+x+1"), "message-trailer", "UNT01", "UNT", id="UNT no number"),
    pytest.param(ONE[:-1], "missing-trailer", "no UNT", "UNZ", id="no UNT"),
    pytest.param(("UNH+1+ORDERS:D:96A", "UNT+2+1"), "message-header", "UNH02-4", "UNH", id="UNH lacks"),
    pytest.param((*ONE, *ONE), "duplicate-message", "came before", "UNH", id="a reference twice"),
    pytest.param((GROUP, *ONE, "UNE+2+G1"), "messages-counted", "there are 1", "UNE", id="UNE count"),
    pytest.param(
        (GROUP, *ONE, "UNE+1+G2"), "group-control-reference", "UNG says G1", "UNE", id="UNE reference"
    ),
    pytest.param((GROUP, *ONE), "missing-group-trailer", "no UNE", "UNZ", id="no UNE"),
    pytest.param(
        (GROUP.replace("261123", "261323"), *ONE, "UNE+1+G1"), "group-header", "UNG04-1", "UNG", id="UNG date"
    ),
    pytest.param(
        (GROUP, *ONE, *a_message("BGM", number="2", kind="INVOIC:D:96A:UN"), "UNE+2+G1"),
        "group-mix",
        "several types",
        "UNH+2",
        id="two types in a group",
    ),
    pytest.param(
        (GROUP, *ONE, "UNE+1+G1", *a_message("BGM", number="2")),
        "groups-mixed",
        "in none",
        "UNH+2",
        id="a message beside a group",
    ),
    pytest.param(
        (GROUP, "UNE+0+G1", GROUP, "UNE+0+G1"), "duplicate-group", "came before", "UNG", id="group twice"
    ),
    pytest.param(("XYZ+1", *ONE), "control-structure", "outside of a message", "XYZ", id="a stray segment"),
    pytest.param((*ONE, "UNT+3+1"), "control-structure", "'UNT'", "UNT", id="UNT twice"),
    pytest.param((*ONE, "UNE+1+G1"), "control-structure", "'UNE'", "UNE", id="UNE of no group"),
    pytest.param(("", *ONE), "empty-segment", "nothing before", "'", id="nothing before a terminator"),
    pytest.param(("+x", *ONE), "unknown-segment", "no tag", "+x", id="no tag"),
]


@pytest.mark.parametrize(("parts", "rule", "said", "at"), WRONG)
def test_what_is_wrong_with_an_envelope(parts: tuple[str, ...], rule: str, said: str, at: str) -> None:
    data = interchange(*parts)
    results = read(GENERIC, data)
    (error,) = [one for one in results if isinstance(one, MappingError)]
    assert error.rule == rule
    assert said in str(error)
    offset = error.place.byte_offset
    assert offset is not None
    assert data[offset:].startswith(at.encode()) or data[: offset + 1].endswith(at.encode())
    assert told(read(GENERIC, data, 1)) == told(results)


HEADERS = [
    pytest.param("UNB+UNOC:3+ACME+BANK+261323:1015+R1", "interchange-header", "UNB04-1", True, id="a date"),
    pytest.param("UNB+UNOC:3+ACME+BANK+261123:2515+R1", "interchange-header", "UNB04-2", True, id="a time"),
    pytest.param("UNB+UNOC:3++BANK+261123:1015+R1", "interchange-header", "UNB02", True, id="no sender"),
    pytest.param(f"{UNB}{'1' * 13}", "interchange-header", "UNB05", True, id="a long reference"),
    pytest.param("UNB+UNOC:5+ACME+BANK+261123:1015+R1", "syntax-version", "UNB01-2", False, id="syntax 5"),
    pytest.param("UNB+UNOC+ACME+BANK+261123:1015+R1", "syntax-version", "UNB01-2", False, id="no version"),
    pytest.param("UNB+UNOX:3+ACME+BANK+261123:1015+R1", "syntax-identifier", "UNOX", False, id="UNOX"),
    pytest.param(
        "UNB+KECA:3+ACME+BANK+261123:1015+R1", "syntax-identifier", "KECA", False, id="a private set"
    ),
]


@pytest.mark.parametrize(("head", "rule", "said", "is_read"), HEADERS)
def test_what_is_wrong_with_the_header(head: str, rule: str, said: str, is_read: bool) -> None:
    data = interchange(*ONE, head=head)
    results = read(GENERIC, data)
    assert rule in rules(results)
    assert any(said in str(one) for one in results)
    assert any(isinstance(one, dict) for one in results) == is_read
    again = read(GENERIC, data + interchange(*ONE, head=f"{UNB}9"))
    assert again[-1]["segments"] == [{"id": "BGM", "elements": ["220"]}]


def test_trailers_of_the_interchange() -> None:
    data = interchange(*ONE)
    assert rules(read(GENERIC, data.replace(b"UNZ+1+R1", b"UNZ+2+R1"))) == ["interchange-counted"]
    assert rules(read(GENERIC, data.replace(b"UNZ+1+R1", b"UNZ+1+R2"))) == ["interchange-control-reference"]
    assert rules(read(GENERIC, data.replace(b"UNZ+1+R1", b"UNZ+1"))) == ["interchange-trailer"]
    assert rules(read(GENERIC, data[: data.index(b"UNZ")])) == ["missing-interchange-trailer"]


def test_an_interchange_that_came_before_is_not_read_again() -> None:
    data, other = interchange(*ONE), interchange(*ONE, head=f"{UNB}9")
    results = read(GENERIC, data + data + other)
    assert rules(results) == ["duplicate-interchange"]
    assert len(results) == 3


def test_an_interchange_that_came_in_another_stream_is_refused() -> None:
    seen: list[str] = []
    data, other = interchange(*ONE), interchange(*ONE, head=f"{UNB}9")
    codec = edifact(acknowledge={"when": "errors"})
    assert rules(read(codec, data + other, seen_before=lambda one: bool(seen.append(one)))) == []
    assert len(set(seen)) == 2
    again, summary = read_all(codec, data, seen_before=lambda one: one == seen[0])
    assert rules(again) == ["duplicate-interchange"]
    assert b"+4+26+UNB+6" in summary.acknowledgement
    assert b"UCM" not in summary.acknowledgement
    lenient = edifact(lenient=["duplicates"])
    assert rules(read(lenient, data + data, seen_before=lambda one: True)) == []


def test_an_interchange_without_its_end_is_followed_by_the_next() -> None:
    first, second = interchange(*ONE, head=f"{UNB}0"), interchange(*ONE, head=f"{UNB}9")
    cut = first[: first.index(b"UNT")]
    for advice in (b"", b"UNA:+.? '"):
        results = read(GENERIC, cut + advice + second)
        assert rules(results) == ["missing-trailer", "missing-interchange-trailer"]
        assert results[-1]["envelope"]["interchange"]["control_reference"] == "R19"
        assert told(read(GENERIC, cut + advice + second, 1)) == told(results)


ADVICE = [
    pytest.param("UNA:+.? '", "+:?'", id="what holds without it"),
    pytest.param("UNA:+.? '\r\n", "+:?'", id="a line end behind it"),
    pytest.param("UNA=*.? ~", "*=?~", id="others"),
    pytest.param("UNA:+,!  ", None, id="a space ends segments"),
    pytest.param("UNA:+., '", "+:,'", id="a comma releases"),
    pytest.param("UNA::.? '", None, id="one twice"),
    pytest.param("UNA:+.? '-----", None, id="something behind it"),
]


@pytest.mark.parametrize(("advice", "marks"), ADVICE)
def test_the_service_string_advice(advice: str, marks: str | None) -> None:
    element, component, release, terminator = tuple(marks or "+:?'")
    text = "\n".join(
        f"{one}'"
        for one in (
            "UNB+UNOC:3+A+B+261123:1015+R1",
            "UNH+1+ORDERS:D:96A:UN",
            "FTX+a?'b:c??",
            "UNT+3+1",
            "UNZ+1+R1",
        )
    )
    table = str.maketrans({"+": element, ":": component, "?": release, "'": terminator})
    data = advice.encode() + text.translate(table).encode()
    results = read(GENERIC, data)
    if marks is None:
        assert rules(results)[0] == "interchange-header"
        assert results[0].place.byte_offset == 0
    else:
        (record,) = results
        assert record["segments"] == [{"id": "FTX", "elements": [[f"a{terminator}b", f"c{release}"]]}]
    assert told(read(GENERIC, data, 1)) == told(results)


def test_level_b_has_its_own_separators() -> None:
    data = interchange(*a_message("FTX+a:b"), head="UNB+UNOB:1+A+B+261123:1015+R1")
    data = data.translate(bytes.maketrans(b"+:'", b"\x1d\x1f\x1c"))
    (record,) = read(GENERIC, data)
    assert record["segments"] == [{"id": "FTX", "elements": [["a", "b"]]}]


def test_another_separator_without_advice_is_told() -> None:
    data = interchange(*ONE).replace(b"+", b"*")
    (error,) = read(GENERIC, data)
    assert (error.rule, error.place.byte_offset) == ("interchange-header", 0)
    assert "UNA" in str(error)


SYNTAX = [
    pytest.param("UNOC:3", "a*b", ["a*b"], id="an asterisk before version 4"),
    pytest.param("UNOC:4", "a*b", [{"repeat": ["a", "b"]}], id="a repetition"),
    pytest.param("UNOC:4", "a?*b", ["a*b"], id="an asterisk released"),
    pytest.param("UNOC:3", "a?+b", ["a+b"], id="a separator released"),
    pytest.param("UNOC:3", "??", ["?"], id="a release released"),
    pytest.param("UNOC:3", "???+", ["?+"], id="both"),
    pytest.param("UNOC:3", "a?b", ["a?b"], id="a release before what means nothing"),
    pytest.param("UNOC:3", "x??+y", ["x?", "y"], id="a separator behind a release that is released"),
]


@pytest.mark.parametrize(("syntax", "text", "elements"), SYNTAX)
def test_separators_and_releases(syntax: str, text: str, elements: list[Any]) -> None:
    data = interchange(*a_message(f"FTX+{text}"), head=f"UNB+{syntax}+A+B+261123:1015+R1")
    for size in (1, len(data)):
        (record,) = read(GENERIC, data, size)
        assert record["segments"] == [{"id": "FTX", "elements": elements}]


CHARACTER_SETS = [
    ("UNOA", "A-Z", "us-ascii"),
    ("UNOB", "a-z", "us-ascii"),
    ("UNOC", "Größe", "iso-8859-1"),
    ("UNOD", "Łódź", "iso-8859-2"),
    ("UNOE", "Москва", "iso-8859-5"),
    ("UNOF", "Αθήνα", "iso-8859-7"),
    ("UNOG", "Ħal", "iso-8859-3"),
    ("UNOH", "Rīga", "iso-8859-4"),
    ("UNOI", "القاهرة", "iso-8859-6"),
    ("UNOJ", "ירושלים", "iso-8859-8"),
    ("UNOK", "İstanbul", "iso-8859-9"),
    ("UNOL", "5 €", "iso-8859-15"),
    ("UNOW", "東京 €", "utf-8"),
    ("UNOY", "東京 €", "utf-8"),
    ("IATA", "MUC", "us-ascii"),
]


@pytest.mark.parametrize(
    ("identifier", "text", "encoding"), CHARACTER_SETS, ids=[one[0] for one in CHARACTER_SETS]
)
def test_character_sets(identifier: str, text: str, encoding: str) -> None:
    codec = edifact(interchange={"syntax": identifier, **PARTNERS})
    record = {
        "envelope": {
            "message": {"identifier": {"type": "X", "version": "D", "release": "1", "agency": "UN"}}
        },
        "segments": [{"id": "FTX", "elements": [text]}],
    }
    data = write(codec, [record])
    assert f"FTX+{text}'".encode(encoding) in data
    for size in (1, len(data)):
        (back,) = read(edifact(), data, size)
        assert back["segments"] == record["segments"]
    if encoding == "us-ascii":
        with pytest.raises(MappingError) as caught:
            write(codec, [{**record, "segments": [{"id": "FTX", "elements": ["ü"]}]}])
        assert caught.value.rule == "encoding"


def test_bytes_that_the_character_set_has_not_are_told_with_their_segment() -> None:
    data = interchange(
        *a_message("FTX+a", "FTX+\xfc"), *a_message("FTX+b", number="2"), head=UNB.replace("UNOC", "UNOA")
    )
    error, good = read(GENERIC, data)
    assert (error.rule, error.place.byte_offset) == ("encoding", data.index(b"FTX+\xfc"))
    assert "segment 3" in str(error)
    assert good["segments"] == [{"id": "FTX", "elements": ["b"]}]
    declared = edifact(encoding="iso-8859-1")
    assert read(declared, data)[0]["segments"][1]["elements"] == ["ü"]


BETWEEN = [
    pytest.param(b"\r\n \r\n", None, id="line ends and spaces"),
    pytest.param(b"\x00\x1a", None, id="NUL and end of file"),
    pytest.param(b"garbage", "begins with UNA or UNB", id="text"),
    pytest.param(b"STX=ANA:1+5000'MHD=1+ORDHDR:9'", "TRADACOMS", id="TRADACOMS"),
    pytest.param(b"ISA*00*          *00*", "X12", id="X12"),
    pytest.param(b"UNH+1+ORDERS:D:96A:UN'", "format: segments", id="no interchange"),
    pytest.param(b"UIB+IATA:1+1'", "interactive", id="interactive EDIFACT"),
    pytest.param(b"x" * 5000, "begins with UNA or UNB", id="a lot of text"),
]


@pytest.mark.parametrize(("between", "said"), BETWEEN)
def test_what_stands_between_interchanges(between: bytes, said: str | None) -> None:
    first, second = interchange(*ONE, head=f"{UNB}0"), interchange(*ONE, head=f"{UNB}9")
    for data in (between + first, first + between + second, first + between):
        results = read(GENERIC, data)
        errors = [one for one in results if isinstance(one, MappingError)]
        assert len(results) - len(errors) == data.count(b"UNB+")
        assert told(read(GENERIC, data, 1)) == told(results)
        if said is None:
            assert not errors
        else:
            (error,) = errors
            assert (error.rule, error.place.byte_offset) == ("between-interchanges", data.index(between))
            assert said in str(error)
            assert between.startswith(error.raw)
            assert error.raw_is_cut == (len(between) > 200)


def test_a_segment_that_is_too_long_costs_its_message_alone() -> None:
    data = interchange(*a_message("FTX+" + "x" * 5000), *a_message("FTX+b", number="2"))
    for size in (1, 100, len(data)):
        results = read(GENERIC, data, size, max_record_bytes=300)
        assert rules(results) == ["record-length"]
        assert results[-1]["segments"] == [{"id": "FTX", "elements": ["b"]}]
    assert told(read(GENERIC, data, 1, max_record_bytes=300)) == told(
        read(GENERIC, data, max_record_bytes=300)
    )


def test_released_terminators_take_no_more_than_linear_time() -> None:
    data = interchange(*a_message("FTX+" + "?'" * 100_000))
    (record,) = read(GENERIC, data, 3)
    assert record["segments"][0]["elements"] == ["'" * 100_000]


def test_several_interchanges_keep_their_delimiters() -> None:
    first = b"UNA=*.? ~" + interchange(*ONE, head=f"{UNB}1").translate(bytes.maketrans(b":+'", b"=*~"))
    second = interchange(*ONE, head=f"{UNB}2")
    results, summary = read_all(GENERIC, first + b"\r\n" + second + first.replace(b"R11", b"R13"))
    assert [one["envelope"]["interchange"]["control_reference"] for one in results] == ["R11", "R12", "R13"]
    assert summary.records == 3


def test_references_are_counted_by_who_keeps_them() -> None:
    counters: Counter[str] = Counter(
        {"edifact/interchange/:ACME/:GLOBEX": 41, "edifact/group/:ACME/:GLOBEX": 9}
    )

    def following(name: str) -> int:
        counters[name] += 1
        return counters[name]

    codec = golden("invoice-lines")
    records = bare(golden_records("invoice-lines"))
    data = write(codec, records, next_number=following)
    assert data.count(b"UNB+UNOW:4+ACME+GLOBEX+20261123:1015+42'") == 1
    assert b"UNG+INVOIC+ACME+GLOBEX+20261123:1015+10+UN+D:03B'" in data
    assert b"UNE+2+10'" in data
    assert data.endswith(b"UNZ+1+42'\n")
    assert sorted(counters.values()) == [10, 42]


def test_consecutive_records_with_one_header_stand_in_one_interchange() -> None:
    first, second = golden_records("orders")
    other = {**second["envelope"]["interchange"], "control_reference": "2"}
    codec = golden("orders")
    assert write(codec, [first, second]).count(b"UNB+") == 1
    third = {**second, "envelope": {**second["envelope"], "interchange": other}}
    data = write(codec, [first, third])
    assert data.count(b"UNB+") == 2
    assert data.count(b"UNZ+1+") == 2
    assert read(codec, data) == [first, third]


REFUSED: list[Any] = [
    pytest.param(
        {"interchange": {"sender": {"identification": "x" * 36}}},
        "too-long",
        "interchange/sender",
        id="sender",
    ),
    pytest.param(
        {"interchange": {"prepared": {"date": "261332", "time": "1015"}}},
        "date",
        "interchange/prepared/date",
        id="date",
    ),
    pytest.param(
        {"interchange": {"syntax": {"identifier": "UNOX"}}},
        "syntax-identifier",
        "interchange/syntax",
        id="set",
    ),
    pytest.param(
        {"interchange": {"syntax": {"version": "9"}}},
        "syntax-version",
        "interchange/syntax/version",
        id="version",
    ),
    pytest.param({"interchange": {"unknown": "1"}}, "unknown-field", "interchange/unknown", id="unknown"),
    pytest.param({"interchange": []}, "type", "interchange", id="no object"),
    pytest.param({"message": {"control_reference": 7}}, "type", "message/control_reference", id="a number"),
    pytest.param({"message": {"identifier": {"type": None}}}, "type", "message/identifier/type", id="null"),
    pytest.param(
        {"group": {"control_reference": "x" * 15}}, "too-long", "group/control_reference", id="group"
    ),
    pytest.param({"transaction": {}}, "unknown-field", "transaction", id="another part"),
]


@pytest.mark.parametrize(("envelope", "rule", "path"), REFUSED)
def test_an_envelope_that_cannot_be_written_is_refused(envelope: Any, rule: str, path: str) -> None:
    with pytest.raises(MappingError) as caught:
        write(golden("orders"), [{**bare(golden_records("orders"))[0], "envelope": envelope}])
    assert caught.value.rule == rule
    assert (caught.value.place.path or "").startswith(f"/envelope/{path}")


def test_without_a_clock_a_date_has_to_be_given() -> None:
    with pytest.raises(MappingError) as caught:
        write(golden("orders"), bare(golden_records("orders")), now=None)
    assert caught.value.place.path == "/envelope/interchange/prepared"


def test_without_partners_they_have_to_be_given() -> None:
    with pytest.raises(MappingError) as caught:
        write(golden("orders", interchange={}), bare(golden_records("orders")))
    assert caught.value.place.path == "/envelope/interchange/sender"


DIRECTORIES = [
    pytest.param("ORDERS:D:96A:UN:EAN008", True, id="the one that is defined"),
    pytest.param("ORDERS:D:01B:UN:EAN010", False, id="another release"),
    pytest.param("INVOIC:D:96A:UN:EAN008", False, id="another type"),
]


@pytest.mark.parametrize(("kind", "is_meant"), DIRECTORIES)
def test_messages_of_other_types_and_versions(kind: str, is_meant: bool) -> None:
    data = golden_data("orders").replace(b"ORDERS:D:96A:UN:EAN008", kind.encode())
    results = read(golden("orders"), data)
    if is_meant:
        assert results == golden_records("orders")
        return
    assert rules(results) == ["message-type", "message-type"]
    lists = read(golden("orders", others="segments"), data)
    assert [len(one["segments"]) for one in lists] == [19, 6]
    assert write(golden("orders", others="segments"), lists) == data
