"""Delimited text in columns gives what it gives record by record."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.columns import block_decoder
from mappings.contract import Context
from mappings.delimited import DelimitedDefinition, DelimitedFormat, HeaderedText
from tests.unit.mappings.columns.both import anywhere, assert_same, bytewise, summary, whole
from tests.unit.mappings.columns.random_delimited import random_delimited


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_random_definitions_and_data(seed: int) -> None:
    rng = Random(seed)
    format_, make = random_delimited(rng)
    assert_same(format_, make(rng, rng.choice((20, 60, 300))), (whole, anywhere(rng)))


GOOD = "".join(f'{number},"name {number}",x{number}\n' for number in range(40))
CASES = {
    "plain": "a,b,c\n" + GOOD,
    "empty": "",
    "no line end": "a,b,c\n" + GOOD + "1,2,3",
    "half a line end": "a,b,c\n" + GOOD + "1,2,3\r",
    "doubled quotes": "a,b,c\n" + '1,"say ""hi""",""""\n' * 30,
    "a quote that does not end": "a,b,c\n" + GOOD + '1,"2,3\n' + GOOD,
    "embedded line ends": "a,b,c\n" + GOOD + '1,"2\n\n2",3\n' + GOOD + '"\r\n",,""\r\n' + GOOD,
    "stray quotes": "a,b,c\n" + GOOD + '1,2"2",3\n' + GOOD + '1,"2"2,3\n' + GOOD,
    "two stray quotes that look like a pair": "a,b,c\n" + GOOD + '1,2",",3\n' + GOOD,
    "bare CR": "a,b,c\n" + GOOD + "1,2\r2,3\n" + GOOD + "1,2,3\r\r\n" + GOOD,
    "NUL and controls": "a,b,c\n" + GOOD + "1,\0,3\n1,\x01,\t\n1,\x7f,\x85\n" + GOOD,
    "backslashes": "a,b,c\n" + "\\,\\\\,\\n\n" * 30,
    "ragged": "a,b,c\n" + "1,2\n1,2,3\n1,2,3,4\n\n" * 30,
    "empty fields": "a,b,c\n" + ",,\n" * 30,
    "one column": "a\n" + "x\n\n" * 30,
    "names that JSON escapes": '"a""",b\\,"c\nd"\n' + GOOD,
    "one much longer than others": "a,b,c\n" + GOOD + "1," + "x" * 9_000 + ",3\n" + GOOD,
    "wide": "a,b,c\n" + "é,€,\U0001f600\n" * 30,
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_text(text: str, ending: str) -> None:
    data = text.replace("\n", ending).encode()
    assert_same(HeaderedText(), data, (whole, anywhere(Random(1), 300), bytewise))


@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xe2\x82"], ids=bytes.hex)
def test_what_is_not_utf_8_costs_its_line(bad: bytes) -> None:
    data = b"a,b,c\n" + GOOD.encode() + b"1," + bad + b",3\n" + GOOD.encode()
    seen, end = assert_same(HeaderedText(), data, (whole, bytewise))
    assert [each[0] for each in seen if isinstance(each, tuple)] == ["encoding"]
    assert summary(end).records == 81


@pytest.mark.parametrize("length", [9, 10, 11])
def test_lines_that_are_too_long(length: int) -> None:
    data = b"a,b\n" + b"1,2\n" * 30 + b"1," + b"x" * length + b"\n" + b"1,2\n" * 30
    assert_same(HeaderedText(), data, (whole, bytewise), Context(max_record_bytes=12))


def test_all_bytes_in_every_place_of_a_number() -> None:
    definition = {
        "format": "delimited",
        "encoding": "latin-1",
        "header": False,
        "fields": {"n": {"type": "integer"}, "d": {"type": "decimal", "scale": 2}},
    }
    format_ = DelimitedFormat(DelimitedDefinition.model_validate(definition))
    rows = [
        number[:at] + bytes([byte]) + number[at + 1 :] + b"\n"
        for number in (b"-107,-1.25", b"0,0")
        for at in range(len(number))
        for byte in range(256)
    ]
    assert_same(format_, b"1,1\n" + b"".join(rows))


def test_what_is_not_known_goes_record_by_record() -> None:
    """A definition that says more than columns know has none; that this is no oversight, new keys show."""
    known = DelimitedDefinition.model_validate({"format": "delimited", "fields": {"a": {}}})
    assert block_decoder(DelimitedFormat(known), Context()) is not None
    strange = known.model_copy(update={"comment": "#"})
    assert block_decoder(DelimitedFormat(strange), Context()) is None
