"""Fixed width in columns gives what it gives record by record."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.columns import block_decoder
from mappings.contract import Context, MappingError
from mappings.fixed_width import FixedWidthDefinition, FixedWidthFormat
from tests.unit.mappings.columns.both import anywhere, assert_same, bytewise, summary, whole
from tests.unit.mappings.columns.random_fixed import random_format

SEEDS = st.integers(0, 2**32)


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_random_definitions_and_data(seed: int) -> None:
    rng = Random(seed)
    format_, make = random_format(rng)
    if block_decoder(format_, Context()) is None:
        return
    assert_same(format_, make(rng, rng.choice((20, 60, 300))), (whole, anywhere(rng)))


def one_field(length: int, encoding: str, field: dict[str, Any]) -> FixedWidthFormat:
    """Records of one field and a byte behind it."""
    definition = {
        "format": "fixed_width",
        "encoding": encoding,
        "record_length": length + 1,
        "gaps": "ignore",
        "fields": {"field": {"at": 1, "length": length, **field}},
    }
    return FixedWidthFormat(FixedWidthDefinition.model_validate(definition))


def packed(**more: Any) -> dict[str, Any]:
    return {"type": "decimal", "scale": 2, "usage": "packed", **more}


NUMBERS: dict[str, tuple[bytes, dict[str, Any]]] = {
    "digits": (b"0120", {"type": "integer"}),
    "spaces": (b"  12", {"type": "integer", "pad": " "}),
    "asterisks": (b"**12", {"type": "integer", "pad": "*"}),
    "point": (b" 01.50", {"type": "decimal", "scale": 2, "separator": ".", "pad": " "}),
    "tiny": (b"000000012", {"type": "decimal", "scale": 8}),
    "leading": (b"-012", {"type": "decimal", "scale": 4, "sign": "leading"}),
    "trailing": (b" 12 ", {"type": "integer", "sign": "trailing", "plus": " ", "pad": " "}),
    "floating": (b"  -12", {"type": "integer", "sign": "floating", "pad": " "}),
    "floating zeros": (b"-012", {"type": "integer", "sign": "floating"}),
    "overpunched": (b"01}", {"type": "integer", "sign": "overpunch"}),
    "overpunched first": (b"J20", {"type": "decimal", "scale": 1, "sign": "overpunch_leading"}),
    "bounds": (b"0500", {"type": "integer", "minimum": 12, "maximum": 5120}),
    "day": (b"20240229", {"type": "date"}),
    "moment": (b"00:59 1231-2023", {"type": "datetime", "pattern": "%H:%M %m%d-%Y", "offset": "+01:00"}),
    "time": (b"235959000001", {"type": "time", "pattern": "%H%M%S%f"}),
    "milliseconds": (b"235959001", {"type": "time", "pattern": "%H%M%S%3f"}),
    "offset": (b"202611230815+0530", {"type": "datetime", "pattern": "%Y%m%d%H%M%z"}),
    "offset with colon": (b"202611230815-05:30", {"type": "datetime", "pattern": "%Y%m%d%H%M%:z"}),
}
HALF_BYTES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "packed": (b"\x01\x20\x0c", packed()),
    "unsigned": (b"\x01\x20\x0f", packed(sign="none")),
    "few digits": (b"\x00\x12\x3d", packed(digits=3)),
    "signs as written": (b"\x00\x00\x0d", packed(signs_read="written")),
    "bcd": (b"\x01\x23", {"type": "integer", "usage": "bcd"}),
    "long": (b"\x12" * 15 + b"\x3d", packed(scale=5)),
    "binary": (b"\x00\xff", {"type": "integer", "usage": "binary"}),
    "binary of eight": (b"\x80" + b"\x00" * 7, {"type": "decimal", "scale": 3, "usage": "binary"}),
    "binary with bounds": (b"\x01\x00\x00", {"type": "integer", "usage": "binary", "maximum": 500}),
}


@pytest.mark.parametrize("encoding", ["us-ascii", "cp037", "cp1252", "utf-8"])
@pytest.mark.parametrize(("sample", "field"), NUMBERS.values(), ids=NUMBERS.keys())
def test_all_bytes_in_every_place(sample: bytes, field: dict[str, Any], encoding: str) -> None:
    check_all_bytes(sample.decode().encode(encoding), field, encoding)


@pytest.mark.parametrize(("sample", "field"), HALF_BYTES.values(), ids=HALF_BYTES.keys())
@pytest.mark.parametrize("null", ["none", "low-values"])
def test_all_bytes_in_every_place_of_half_bytes(sample: bytes, field: dict[str, Any], null: str) -> None:
    nullable = {"nullable": True, "null": [null]} if null != "none" else {}
    check_all_bytes(sample, field | nullable, "cp037")


def check_all_bytes(sample: bytes, field: dict[str, Any], encoding: str) -> None:
    records = [sample, b"\x00" * len(sample), b"\xff" * len(sample)]
    records += [
        sample[:at] + bytes([byte]) + sample[at + 1 :] for at in range(len(sample)) for byte in range(256)
    ]
    data = b"".join(record + b"." for record in records)
    _, end = assert_same(one_field(len(sample), encoding, field), data)
    assert summary(end).records == len(records)


@pytest.mark.parametrize("null", ["zeros", "spaces", "nines", "low-values", "high-values"])
@pytest.mark.parametrize(
    "field",
    [
        pytest.param({"type": "integer", "pad": " "}, id="spaces"),
        pytest.param({"type": "integer", "sign": "floating"}, id="floating"),
        pytest.param({"type": "integer", "sign": "leading"}, id="leading"),
        pytest.param(packed(), id="packed"),
        pytest.param({"type": "integer", "usage": "binary"}, id="binary"),
    ],
)
def test_null_in_other_forms(field: dict[str, Any], null: str) -> None:
    """A number that is null in one form is not a number in another."""
    format_ = one_field(3, "us-ascii", field | {"nullable": True, "null": [null]})
    forms = product(b" 09-+\x00\x0c\x0d\x0f\xff", repeat=3)
    assert_same(format_, b"".join(bytes(form) + b"." for form in forms))


TEXTS = {
    "utf-8": 'é€\U0001f600"\\ab\u2028\x7f\x85\u00a0',
    "latin-1": 'é"\\ab\x7f\x85\xa0ÿ',
    "cp1252": 'é€"\\ab',
    "cp037": 'é"\\ab\x85\xa0ÿ[]',
    "cp1140": 'é€"\\ab',
    "iso-8859-7": 'βε"\\ab',
}


@pytest.mark.parametrize("encoding", TEXTS)
@pytest.mark.parametrize("controls", [True, False], ids=["controls", "no controls"])
def test_texts(encoding: str, controls: bool) -> None:
    """Wide characters, escapes and halves of characters in every place of a text."""
    rng = Random(3)
    pieces = [character.encode(encoding) for character in TEXTS[encoding]]
    pieces += [bytes([byte]) for byte in (0, 9, 0x1F, 0x80, 0xC3, 0xE2, 0xFF)] * 2 + [b" ", b"a"] * 6
    records = [b"".join(rng.choices(pieces, k=7))[:6].ljust(6) + b"." for _ in range(3000)]
    format_ = one_field(6, encoding, {"allow_controls": controls})
    assert_same(format_, b"".join(records), (whole, anywhere(rng)))


@pytest.mark.parametrize("separator", ["lf", "crlf", "either"])
@pytest.mark.parametrize("short", ["refuse", "fill"])
@pytest.mark.parametrize("blank", ["refuse", "skip"])
def test_lines_that_end_otherwise(separator: str, short: str, blank: str) -> None:
    definition = {
        "format": "fixed_width",
        "encoding": "us-ascii",
        "separator": separator,
        "short_lines": short,
        "blank_lines": blank,
        "fields": {"a": {"at": 1, "length": 3, "nullable": True}, "b": {"at": 4, "length": 2}},
    }
    rng = Random(4)
    lines = [
        rng.choice(("abcde", "abcde", "abcde", "ab", "abcdef", "", "\r", "abcd\r", "abcde" * 99))
        for _ in range(400)
    ]
    data = "".join(line + rng.choice(("\n", "\n", "\r\n")) for line in lines).encode()
    format_ = FixedWidthFormat(FixedWidthDefinition.model_validate(definition))
    assert_same(format_, data, (whole, anywhere(rng, 400), bytewise), Context(max_record_bytes=60))


def test_what_is_not_known_goes_record_by_record() -> None:
    """A definition that says more than columns know has none; a field that does is read by its codec."""
    format_ = one_field(4, "us-ascii", {"type": "integer"})
    assert block_decoder(format_, Context()) is not None
    strange = FixedWidthFormat(format_.definition.model_copy(update={"strange": True}))
    assert block_decoder(strange, Context()) is None
    fields = format_.definition.fields
    assert fields is not None
    field = fields["field"].model_copy(update={"strange": True})
    unusual = FixedWidthFormat(format_.definition.model_copy(update={"fields": {"field": field}}))
    assert_same(unusual, b"0001.0x02.".ljust(400, b"3"))


def test_records_longer_than_allowed_are_refused_at_once() -> None:
    with pytest.raises(MappingError, match="at most 4 are allowed"):
        block_decoder(one_field(4, "us-ascii", {}), Context(max_record_bytes=4))
