"""Every byte at every position of numbers: its value, or an error."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mappings.contract import MappingError
from tests.unit.mappings.fixed_width.samples import one_field, read, write

PLUS, MINUS = (0xA, 0xC, 0xE, 0xF), (0xB, 0xD)


def value(codec: Any, data: bytes) -> Any:
    (result,) = read(codec, data)
    if isinstance(result, MappingError):
        assert result.raw == data
        assert (result.place.record, result.place.path) == (1, "/a")
        return result.rule
    return result["a"]


@pytest.mark.parametrize("encoding", ["us-ascii", "cp037"])
def test_packed_reads_every_byte_at_every_position(encoding: str) -> None:
    codec = one_field({"length": 3, "type": "integer", "usage": "packed"}, encoding)
    for at in range(3):
        for byte in range(256):
            data = bytearray(b"\x12\x34\x5c")
            data[at] = byte
            high, low = byte >> 4, byte & 15
            digits = [1, 2, 3, 4, 5]
            digits[2 * at] = high
            sign = 0xC
            if at == 2:
                sign = low
            else:
                digits[2 * at + 1] = low
            number = int("".join(map(str, digits))) if max(digits) < 10 else None
            if number is None or sign not in PLUS + MINUS:
                assert value(codec, bytes(data)) == "packed", (at, byte)
            else:
                assert value(codec, bytes(data)) == (-number if sign in MINUS else number), (at, byte)


def test_packed_without_sign_refuses_minus() -> None:
    codec = one_field({"length": 2, "type": "integer", "usage": "packed", "sign": "none"})
    for sign in range(16):
        expected: Any = 123 if sign in PLUS else "sign" if sign in MINUS else "packed"
        assert value(codec, bytes([0x12, 0x30 | sign])) == expected
    assert value(codec, b"\x00\x0d") == 0  # a zero has no sign
    assert write(codec, [{"a": 123}]) == b"\x12\x3f"


def test_packed_of_an_even_number_of_digits_has_a_zero_in_front() -> None:
    codec = one_field({"length": 3, "type": "integer", "usage": "packed", "digits": 4})
    assert value(codec, b"\x01\x23\x4d") == -1234
    assert value(codec, b"\x11\x23\x4d") == "digits"


@pytest.mark.parametrize("leading", [False, True])
@pytest.mark.parametrize("encoding", ["cp037", "cp273", "cp500", "cp1047", "cp1140"])
def test_zoned_ebcdic_reads_every_byte_at_every_position(encoding: str, leading: bool) -> None:
    sign = "overpunch_leading" if leading else "overpunch"
    codec = one_field({"length": 3, "type": "integer", "sign": sign}, encoding)
    signed = 0 if leading else 2
    for at in range(3):
        for byte in range(256):
            data = bytearray(b"\xf1\xf2\xf3")
            data[at] = byte
            zone, digit = byte >> 4, byte & 15
            digits = [1, 2, 3]
            digits[at] = digit
            good = digit < 10 and (zone in PLUS + MINUS if at == signed else zone == 0xF)
            number = int("".join(map(str, digits))) if good else 0
            expected: Any = (-number if at == signed and zone in MINUS else number) if good else "integer"
            assert value(codec, bytes(data)) == expected, (at, byte)


@pytest.mark.parametrize(
    ("overpunch", "positive", "negative"),
    [
        ("letters", b"{ABCDEFGHI", b"}JKLMNOPQR"),
        ("micro-focus", b"0123456789", b"pqrstuvwxy"),
        ("minus-letters", b"0123456789", b"}JKLMNOPQR"),
        ("realia", b"0123456789", b" !\"#$%&'()"),
    ],
)
def test_zoned_ascii_reads_every_byte_at_every_position(
    overpunch: str, positive: bytes, negative: bytes
) -> None:
    codec = one_field({"length": 2, "type": "integer", "sign": "overpunch", "overpunch": overpunch})
    for byte in range(256):
        one = bytes([byte])
        digit = max(positive.find(one), negative.find(one), b"0123456789".find(one))
        expected: Any = "integer" if digit < 0 else -(10 + digit) if one in negative else 10 + digit
        assert value(codec, b"1" + one) == expected
        assert value(codec, one + b"5") == (int(one) * 10 + 5 if one.isdigit() else "integer")


@pytest.mark.parametrize(
    ("encoding", "digits"), [("us-ascii", b"0123456789"), ("cp500", bytes(range(0xF0, 0xFA)))]
)
def test_display_reads_every_byte_at_every_position(encoding: str, digits: bytes) -> None:
    codec = one_field({"length": 3, "type": "integer"}, encoding)
    for at in range(3):
        for byte in range(256):
            data = bytearray(digits[1:4])
            data[at] = byte
            numbers = [1, 2, 3]
            numbers[at] = digits.find(bytes([byte]))
            expected: Any = "integer" if min(numbers) < 0 else int("".join(map(str, numbers)))
            assert value(codec, bytes(data)) == expected, (at, byte)


SIGNED: list[Any] = [
    pytest.param({"sign": "leading"}, [b"-0042", b"+0042"], [b" 0042", b"00042", b"0042-"], id="leading"),
    pytest.param({"sign": "leading", "plus": " "}, [b"-0042", b" 0042"], [b"+0042"], id="leading, space"),
    pytest.param({"sign": "trailing"}, [b"0042-", b"0042+"], [b"0042 ", b"-0042", b"00-42"], id="trailing"),
    pytest.param(
        {"sign": "floating", "pad": " "}, [b"  -42", b"   42"], [b"-  42", b"  +42", b"42   "], id="floating"
    ),
    pytest.param({"sign": "floating"}, [b"-0042", b"00042"], [b" 0042", b"0-042"], id="floating, zeros"),
    pytest.param(
        {"sign": "leading", "pad": " "}, [b"-  42", b"+  42"], [b"  -42", b"-42  "], id="leading, spaces"
    ),
    pytest.param(
        {"sign": "trailing", "pad": " ", "justify": "left"}, [b"42  -", b"42  +"], [b"  42-"], id="left"
    ),
    pytest.param({"pad": " "}, [b"   42"], [b"42   ", b"    ", b" 4 2 ", b"     "], id="spaces"),
    pytest.param({"pad": "*"}, [b"***42"], [b"42***", b"   42", b"*4*2*", b"*****"], id="asterisks"),
    pytest.param({"sign": "floating", "pad": "*"}, [b"**-42", b"***42"], [b"-**42"], id="floating asterisks"),
    pytest.param({"sign": "overpunch", "pad": "*"}, [b"***4K", b"***4B"], [b"   4K"], id="zoned, asterisks"),
    pytest.param({"sign": "overpunch", "pad": " "}, [b"   4K", b"   4B"], [b"  4K ", b"    -"], id="zoned"),
]


@pytest.mark.parametrize("encoding", ["us-ascii", "cp037"])
@pytest.mark.parametrize(("options", "good", "bad"), SIGNED)
def test_signs_and_padding(
    options: dict[str, str], good: list[bytes], bad: list[bytes], encoding: str
) -> None:
    codec = one_field({"length": 5, "type": "integer", **options}, encoding)
    for text in good:
        data = text.decode().encode(encoding)
        number = value(codec, data)
        assert number in (42, -42)
        assert write(codec, [{"a": number}]) == data
    for text in bad:
        assert value(codec, text.decode().encode(encoding).ljust(5, b"\x00")[:5]) == "integer"


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize("width", [1, 2, 4, 8, 16])
def test_binary_holds_what_its_bytes_hold(order: Any, width: int) -> None:
    codec = one_field({"length": width, "type": "integer", "usage": "binary", "byte_order": order})
    half = 2 ** (8 * width - 1)
    for number in (0, 1, -1, half - 1, -half):
        data = number.to_bytes(width, order, signed=True)
        assert value(codec, data) == number
        assert write(codec, [{"a": number}]) == data
    for number in (half, -half - 1):
        with pytest.raises(MappingError, match="does not fit"):
            write(codec, [{"a": number}])


def test_implied_and_written_points() -> None:
    implied = one_field({"length": 5, "type": "decimal", "scale": 3})
    assert str(value(implied, b"00042")) == "0.042"
    written = one_field(
        {"length": 7, "type": "decimal", "scale": 2, "separator": ",", "pad": " ", "sign": "floating"}
    )
    assert str(value(written, b"  -0,50")) == "-0.50"
    assert write(written, [{"a": Decimal("-0.5")}]) == b"  -0,50"
    assert value(written, b"   0.50") == "decimal"
    assert value(written, b"    ,50") == "decimal"
    assert value(written, b"   0,5 ") == "decimal"


def test_bcd_reads_every_byte_at_every_position() -> None:
    codec = one_field({"length": 2, "type": "integer", "usage": "bcd"})
    for at in range(2):
        for byte in range(256):
            data = bytearray(b"\x12\x34")
            data[at] = byte
            text = data.hex()
            assert value(codec, bytes(data)) == (int(text) if text.isdigit() else "packed")
    assert write(codec, [{"a": 120}]) == b"\x01\x20"
    for number, rule in ((-1, "sign"), (10000, "overflow")):
        with pytest.raises(MappingError) as caught:
            write(codec, [{"a": number}])
        assert caught.value.rule == rule
    assert (
        value(one_field({"length": 2, "type": "integer", "usage": "bcd", "digits": 3}), b"\x12\x34")
        == "digits"
    )


@pytest.mark.parametrize("plus", "ACEF")
@pytest.mark.parametrize("minus", "BD")
def test_signs_that_are_written_and_read_as_declared(plus: str, minus: str) -> None:
    options = {"positive_sign": plus, "negative_sign": minus, "length": 2, "type": "integer"}
    for signs_read in ("all", "written"):
        packed = one_field({**options, "usage": "packed", "signs_read": signs_read})
        zoned = one_field({**options, "sign": "overpunch", "signs_read": signs_read}, "cp037")
        assert write(packed, [{"a": 123}, {"a": -123}]).hex() == f"123{plus}123{minus}".lower()
        assert write(zoned, [{"a": 12}, {"a": -12}]).hex() == f"f1{plus}2f1{minus}2".lower()
        for half in range(16):
            is_read = half in (int(plus, 16), int(minus, 16)) if signs_read == "written" else half > 9
            number = -1 if half in MINUS else 1
            assert value(packed, bytes([0x12, 0x30 | half])) == (number * 123 if is_read else "packed")
            assert value(zoned, bytes([0xF1, half << 4 | 2])) == (number * 12 if is_read else "integer")
        negative_zero = bytes([0, int(minus, 16)])
        assert value(packed, negative_zero) == ("sign" if signs_read == "written" else 0)
        assert value(zoned, bytes([0xF0, int(minus, 16) << 4])) == ("sign" if signs_read == "written" else 0)


def test_a_number_may_count_thousands() -> None:
    codec = one_field({"length": 3, "type": "decimal", "scale": -3, "usage": "packed"})
    assert value(codec, b"\x12\x34\x5d") == -12345000
    assert write(codec, [{"a": Decimal("-12345E3")}]) == b"\x12\x34\x5d"
    for number, rule in ((500, "scale"), (100_000_000, "overflow")):
        with pytest.raises(MappingError) as caught:
            write(codec, [{"a": number}])
        assert caught.value.rule == rule
    small = one_field({"length": 2, "type": "decimal", "scale": 5})
    assert str(value(small, b"42")) == "0.00042"
