"""What is wrong in messages: each rule with its place; the next message is read all the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mappings.contract import MappingError
from tests.unit.mappings.edifact.samples import a_message, edifact, golden, interchange
from tests.unit.mappings.segments.samples import read, read_all, rules, told

BODY = ("BGM+220+1", "DTM+137:20261123:102", "NAD+BY+1::9", "LIN+1", "QTY+21:1", "UNS+S")
GOOD = a_message(*BODY, number="9")


def case(at: int, text: str | tuple[str, ...], rule: str, path: str | None, said: str, name: str) -> Any:
    texts = (text,) if isinstance(text, str) else text
    return pytest.param((*BODY[:at], *texts, *BODY[at + 1 :]), rule, path, said, id=name)


QUANTITY = "/lines/0/quantities/0/quantity"
ELEMENTS = [
    case(
        0, "BGM+220", "required-element", "/order/number", "BGM02: is missing (code 13)", "an element lacks"
    ),
    case(0, "BGM++1", "required-element", "/order/document", "BGM01", "a composite lacks"),
    case(1, "DTM+:2026", "required-element", "/dates/0/date/qualifier", "DTM01-1", "a component lacks"),
    case(0, "BGM+999+1", "code", "/order/document/code", "code 12", "no such code"),
    case(0, f"BGM+220+{'9' * 36}", "too-long", "/order/number", "at most 35", "too long"),
    case(0, "BGM+220+1+9+x", "extra-element", "/order", "code 16", "an element too many"),
    case(0, "BGM+220+1:2", "components", "/order/number", "code 16", "components in a text"),
    case(0, "BGM+220+1+", "trailing-separator", "/order", "code 45", "a separator at the end"),
    case(0, "BGM+220:+1", "trailing-separator", "/order/document", "BGM01-2", "a component's at the end"),
    case(0, "BGM+220+a\tb", "character", "/order/number", "code 21", "a control character"),
    case(4, "QTY+21:x", "number", f"{QUANTITY}/value", "QTY01-2", "no number"),
    case(4, "QTY+21:1.", "number", f"{QUANTITY}/value", "code 37", "nothing behind the point"),
    case(4, "QTY+21:.5", "number", f"{QUANTITY}/value", "code 37", "nothing before the point"),
    case(4, "QTY+21:1.5.5", "number", f"{QUANTITY}/value", "code 37", "two points"),
    case(4, "QTY+21:1,000.5", "number", f"{QUANTITY}/value", "code 37", "both marks"),
    case(4, "QTY+21:?+1", "number", f"{QUANTITY}/value", "code 37", "a plus"),
    case(4, "QTY+21:1E3", "number", f"{QUANTITY}/value", "code 37", "an exponent"),
    case(4, "QTY+21: 1", "number", f"{QUANTITY}/value", "code 37", "a space"),
    case(4, "QTY+21:\xb2", "number", f"{QUANTITY}/value", "code 37", "a superscript"),
    case(4, f"QTY+21:{'1' * 16}", "too-long", f"{QUANTITY}/value", "at most 15", "too many digits"),
    case(4, "QTY+21:1:KGM:x", "components", QUANTITY, "at most 3", "a component too many"),
    case(4, "QTY+21:1:KGMM", "too-long", f"{QUANTITY}/unit", "QTY01-3", "a component too long"),
    case(3, "LIN+1++:EN", "condition", "/lines/0/item/id/value", "code 48", "one needs the other"),
    case(
        2, "NAD+BY+1::9+++++++D1", "character", "/buyer/party/country", "only letters", "a digit in letters"
    ),
    case(2, "NAD+BY+1::8", "code", "/buyer/party/party/agency", "NAD02-3", "a code in a component"),
]
STRUCTURE = [
    case(
        0, (), "required-segment", "/order", "segment 2, BGM: the segment BGM (order) is missing", "no first"
    ),
    case(1, (), "required-segment", "/dates", "DTM", "one lacks"),
    case(2, (), "required-segment", "/buyer", "buyer", "a group lacks"),
    case(4, (), "required-segment", "/lines/0/quantities", "QTY", "one in a group lacks"),
    case(5, (), "required-segment", "/section", "UNS", "the last lacks"),
    case(0, (BODY[0], "ZZZ+1"), "unknown-segment", None, "code 15", "no segment of this definition"),
    case(0, (BODY[0], BODY[0]), "segment-count", None, "code 35", "once too often"),
    case(2, (BODY[2], BODY[2]), "loop-count", None, "code 36", "a group once too often"),
    case(5, (BODY[5], BODY[0]), "segment-order", None, "behind the place", "behind its place"),
    case(1, (BODY[1], "PRI+AAA:1"), "unexpected-segment", None, "may not stand here", "outside of its group"),
    case(2, (BODY[2], "NAD+XX+1"), "unexpected-segment", None, "may be BY, DP, IV, SU", "nobody's qualifier"),
    case(3, ("LIN:1+1",), "unknown-segment", None, "code 15", "a nesting indicator"),
]


@pytest.mark.parametrize(("body", "rule", "path", "said"), ELEMENTS + STRUCTURE)
def test_one_mistake_is_one_error_with_its_place(
    body: tuple[str, ...], rule: str, path: str | None, said: str
) -> None:
    message = a_message(*body)
    data = interchange(*message, *GOOD)
    results = read(golden("orders"), data)
    error, good = results[0], results[-1]
    assert isinstance(error, MappingError)
    assert error.rule == rule
    assert said in str(error)
    assert error.place.record == 1
    if path is not None:
        assert error.place.path == path
    assert error.raw == "".join(f"{one}'" for one in message).encode("latin-1")
    assert good["envelope"]["message"]["control_reference"] == "9"
    # A segment that is taken for none leaves its group without it.
    assert len(results) == 2 or rule == "unknown-segment"
    assert told(read(golden("orders"), data, 1)) == told(results)


def test_an_error_names_its_segment_and_its_byte() -> None:
    data = interchange(*a_message(*BODY[:5], "LIN+2", "QTY+21:x", "UNS+S"))
    (error,) = read(golden("orders"), data)
    assert error.place.byte_offset == data.index(b"QTY+21:x")
    assert error.place.path == "/lines/1/quantities/0/quantity/value"
    assert str(error).endswith("segment 8, QTY01-2: is not a number (code 37)")


def test_all_mistakes_are_told_and_the_bytes_once() -> None:
    data = interchange(*a_message("BGM+999+1", *BODY[1:3], "ZZZ", "LIN+x", *BODY[4:]))
    results = read(golden("orders"), data)
    assert rules(results) == ["code", "unknown-segment", "number"]
    assert [bool(one.raw) for one in results] == [True, False, False]


def test_a_thousand_mistakes_are_told_and_the_others_counted() -> None:
    data = interchange(*a_message(*BODY[:4], *["QTY+21:x", "LIN+1"] * 1500, *BODY[4:]))
    results, summary = read_all(golden("orders"), data)
    assert rules(results) == ["number"] * 1000 + ["more-errors"]
    assert "500 more" in str(results[-1])
    assert summary.errors == 1001


def test_of_a_line_that_is_bad_the_others_are_not_lost() -> None:
    body = ("BGM+380+R-1", "LIN+1", "LIN+2", "MOA+203:x", "LIN+3", "UNS+S", "MOA+79:1")
    data = interchange(*a_message(*body, kind="INVOIC:D:03B:UN"), head="UNB+UNOW:4+A+B+20261123:1015+1")
    results = read(golden("invoice-lines"), data)
    assert rules(results) == ["number"]
    assert results[1].raw == b"LIN+2'MOA+203:x'"
    assert [one["line"]["item"]["number"] for one in (results[0], results[2])] == [1, 3]


def test_what_is_inside_of_something_bad_is_not_read_without_it() -> None:
    body = ("BGM+380000+R-1", "LIN+1", "LIN+2", "UNS+S", "MOA+79:1")
    data = interchange(*a_message(*body, kind="INVOIC:D:03B:UN"), head="UNB+UNOW:4+A+B+20261123:1015+1")
    results = read(golden("invoice-lines"), data)
    assert rules(results) == ["too-long", "enclosing", "enclosing"]


NUMBERS = [
    *(("19,9", "19.9"), ("19.90", "19.90"), ("-5", "-5"), ("-0,5", "-0.5"), ("007", "7"), ("0", "0")),
    ("123456789012345", "123456789012345"),
    ("1234567890,12345", "1234567890.12345"),
]


@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_numbers_are_exact_with_either_mark(text: str, value: str) -> None:
    (record,) = read(golden("orders"), interchange(*a_message(*BODY[:4], f"QTY+21:{text}", "UNS+S")))
    assert str(record["lines"][0]["quantities"][0]["quantity"]["value"]) == value


def test_every_byte_in_every_place_of_a_number() -> None:
    """A number, another one, or an error with its place: never a third thing."""
    data = interchange(*a_message(*BODY[:4], "QTY+21:12.5", "UNS+S"))
    start = data.index(b"12.5")
    codec = golden("orders")
    for at in range(start, start + 4):
        for byte in range(256):
            results = read(codec, data[:at] + bytes([byte]) + data[at + 1 :])
            if isinstance(results[0], MappingError):
                assert results[0].place.byte_offset is not None
                continue
            line = results[0]["lines"][0]["quantities"][0]["quantity"]
            text = (data[start:at] + bytes([byte]) + data[at + 1 : start + 4]).decode("latin-1")
            number, _, unit = text.partition(":")
            # A decimal mark that is released is one.
            assert line["value"] == Decimal(number.replace(",", ".").replace("?.", "."))
            assert line.get("unit", "") == unit


def test_service_characters_that_stand_in_numbers_end_them() -> None:
    """With a comma between elements it is none in numbers."""
    content = [{"segment": "MOA", "elements": [{"name": "a", "type": "n..9"}, {"name": "b", "type": "n..9"}]}]
    codec = edifact(message="TEST", content=content)
    data = b"UNA:,.? '" + interchange(*a_message("MOA+1+2", kind="TEST:D:1:UN")).replace(b"+", b",")
    (record,) = read(codec, data)
    assert record["MOA"] == {"a": 1, "b": 2}
