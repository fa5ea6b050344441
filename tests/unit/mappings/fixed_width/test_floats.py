"""Floating-point numbers: known bytes, what is refused, and the laws of both formats."""

from __future__ import annotations

import struct
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mappings.contract import MappingError
from mappings.fixed_width import FixedWidthFormat
from tests.unit.mappings.fixed_width.samples import one_field, read, write


def floating(usage: str, length: int, order: str = "big") -> FixedWidthFormat:
    return one_field({"length": length, "type": "float", "usage": usage, "byte_order": order})


CODECS = {
    (usage, length, order): floating(usage, length, order)
    for usage in ("ieee", "hexadecimal")
    for length in (4, 8)
    for order in ("big", "little")
}

KNOWN: list[Any] = [
    pytest.param("ieee", "3f800000", "1", id="single one"),
    pytest.param("ieee", "3dcccccd", "0.1", id="single tenth"),
    pytest.param("ieee", "c2f6e979", "-123.456", id="single fraction"),
    pytest.param("ieee", "7f7fffff", "3.4028235E+38", id="single greatest"),
    pytest.param("ieee", "00000001", "1E-45", id="single least"),
    pytest.param("ieee", "80000000", "-0", id="single negative zero"),
    pytest.param("ieee", "3fb999999999999a", "0.1", id="double tenth"),
    pytest.param("ieee", "400921fb54442d18", "3.141592653589793", id="double pi"),
    pytest.param("ieee", "0000000000000001", "5E-324", id="double least"),
    pytest.param("hexadecimal", "00000000", "0", id="short zero"),
    pytest.param("hexadecimal", "41100000", "1", id="short one"),
    pytest.param("hexadecimal", "4019999a", "0.1", id="short tenth"),
    pytest.param("hexadecimal", "c276a000", "-118.625", id="short fraction"),
    pytest.param("hexadecimal", "42640000", "100", id="short hundred"),
    pytest.param("hexadecimal", "7fffffff", "7.237005E+75", id="short greatest"),
    pytest.param("hexadecimal", "00100000", "5.397605E-79", id="short least that is normal"),
    pytest.param("hexadecimal", "4110000000000000", "1", id="long one"),
    pytest.param("hexadecimal", "401999999999999a", "0.1", id="long tenth"),
    pytest.param("hexadecimal", "413243f6a8885a31", "3.1415926535897933", id="long pi"),
]


@pytest.mark.parametrize(("usage", "data", "number"), KNOWN)
def test_known_bytes(usage: str, data: str, number: str) -> None:
    raw = bytes.fromhex(data)
    for order in ("big", "little"):
        stored = raw if order == "big" else raw[::-1]
        codec = CODECS[usage, len(raw), order]
        (record,) = read(codec, stored)
        assert record["a"] == Decimal(number)
        assert record["a"].is_signed() == Decimal(number).is_signed()
        assert write(codec, [record]) == stored


@pytest.mark.parametrize("data", ["7f800000", "ff800000", "7fc00000", "7f800001", "7ff0000000000000"])
def test_what_is_no_number_is_refused(data: str) -> None:
    raw = bytes.fromhex(data)
    (error,) = read(CODECS["ieee", len(raw), "big"], raw)
    assert (error.rule, error.raw, error.place.path) == ("float", raw, "/a")


REFUSED: list[Any] = [
    pytest.param("ieee", 4, Decimal("0.1234567890123"), "precision", id="digits of a single"),
    pytest.param("ieee", 4, 2**24 + 1, "precision", id="whole number of a single"),
    pytest.param("ieee", 4, Decimal("1e39"), "overflow", id="too great"),
    pytest.param("ieee", 4, Decimal("1e-46"), "overflow", id="too small"),
    pytest.param("ieee", 8, Decimal("1e400"), "overflow", id="too great for a double"),
    pytest.param("ieee", 8, Decimal("1e999999"), "overflow", id="enormous"),
    pytest.param("ieee", 8, Decimal("nan"), "overflow", id="not a number"),
    pytest.param("ieee", 8, "1", "type", id="text"),
    pytest.param("ieee", 8, True, "type", id="truth"),
    pytest.param("hexadecimal", 4, Decimal("1e76"), "overflow", id="beyond 16**63"),
    pytest.param("hexadecimal", 4, Decimal("1e-90"), "overflow", id="below 16**-70"),
    pytest.param("hexadecimal", 4, Decimal("0.12345678901"), "precision", id="digits of a short"),
]


@pytest.mark.parametrize(("usage", "length", "number", "rule"), REFUSED)
def test_what_would_not_read_back_is_not_written(usage: str, length: int, number: Any, rule: str) -> None:
    with pytest.raises(MappingError) as caught:
        write(CODECS[usage, length, "big"], [{"a": number}])
    assert caught.value.rule == rule


@pytest.mark.parametrize("key", CODECS, ids=str)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_reading_what_was_read_and_written_gives_it_again(
    key: tuple[str, int, str], data: st.DataObject
) -> None:
    usage, length, order = key
    raw = data.draw(st.binary(min_size=length, max_size=length))
    codec = CODECS[key]
    (record,) = read(codec, raw)
    big = raw if order == "big" else raw[::-1]
    if isinstance(record, MappingError):
        assert usage == "ieee"
        assert big[0] & 0x7F == 0x7F
        return
    exact = _exact(usage, big)
    if abs(exact) > Fraction(1, 10**37) and (usage == "ieee" or big[1] >> 4):  # with all its digits
        assert abs(Fraction(record["a"]) / exact - 1) < Fraction(1, 10 ** (5 if length == 4 else 14))
    written = write(codec, [record])
    if usage == "ieee" or big[1] >> 4:  # a hexadecimal fraction that begins with a zero is written without it
        assert written == raw
    assert read(codec, written) == [record]


@pytest.mark.parametrize("usage", ["ieee", "hexadecimal"])
@given(number=st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-999, max_value=999))
@settings(max_examples=100, deadline=None)
def test_short_decimals_are_kept(usage: str, number: Decimal) -> None:
    assume(number)
    for length in (4, 8):
        codec = CODECS[usage, length, "big"]
        assert read(codec, write(codec, [{"a": number}])) == [{"a": number}]


def _exact(usage: str, big: bytes) -> Fraction:
    if usage == "ieee":
        return Fraction(struct.unpack(">f" if len(big) == 4 else ">d", big)[0])
    places = 2 * len(big) - 2
    fraction = Fraction(int.from_bytes(big[1:], "big"), 16**places)
    return (-1 if big[0] & 0x80 else 1) * fraction * Fraction(16) ** ((big[0] & 0x7F) - 64)
