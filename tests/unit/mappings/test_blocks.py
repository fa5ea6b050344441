"""Records that are plain become the same lines in blocks as one by one, whatever the data is."""

from __future__ import annotations

import gzip
import random
from collections.abc import Mapping

import pytest

from mappings.blocks import block_decoder, plain_decoder
from mappings.contract import Context, Format
from mappings.formats import build, built_in
from mappings.json import decode, encode
from mappings.x12.schema import X12Definition
from tests.unit.fuzz.damage import SEED, damaged
from tests.unit.mappings.columns.both import anywhere, assert_same, bytewise, whole
from tests.unit.mappings.edi.streams import golden_bytes, read
from tests.unit.mappings.edifact import samples as edifact
from tests.unit.mappings.hl7 import samples as hl7
from tests.unit.mappings.segments.samples import segments
from tests.unit.mappings.x12 import samples as x12

ORDERS, CLAIMS = golden_bytes("x12", "purchase-order"), golden_bytes("x12", "claims")
MESSAGES = golden_bytes("edifact", "orders")
RESULTS = (hl7.GOLDEN / "results.hl7").read_bytes()
FORMATS: Mapping[str, tuple[Format, bytes]] = {
    "850": (x12.golden("purchase-order"), ORDERS),
    "837 by claim": (x12.golden("claims"), CLAIMS),
    "x12 in lists": (x12.x12(), ORDERS + CLAIMS),
    "ORDERS": (edifact.golden("orders"), MESSAGES),
    "edifact in lists": (edifact.edifact(), MESSAGES),
    "ORU": (hl7.golden(), RESULTS),
    "hl7 in lists": (hl7.hl7(), RESULTS),
    "segments": (segments(delimiters={"segment": "~", "element": "*"}), ORDERS),
}


@pytest.mark.parametrize("name", FORMATS)
def test_lines_are_the_same(name: str) -> None:
    format_, sample = FORMATS[name]
    chance = random.Random(SEED)
    seen, _ = assert_same(format_, sample, (whole, bytewise, anywhere(chance)))
    assert any(isinstance(one, bytes) for one in seen)
    for _ in range(60):
        data = damaged(sample, chance)
        try:
            assert_same(format_, data, (whole, anywhere(chance)))
        except AssertionError as error:
            raise AssertionError(f"seed {SEED}: {data!r}") from error


def test_compressed_data_too() -> None:
    format_ = build(X12Definition.model_validate({**x12.definition("claims"), "compression": "gzip"}))
    decoder = plain_decoder(format_, Context())
    assert decoder is not None
    pieces = [*decoder.feed(gzip.compress(CLAIMS)), *decoder.finish()[0]]
    lines = b"".join(piece for piece in pieces if isinstance(piece, bytes)).splitlines()
    assert [decode(line) for line in lines] == read(x12.golden("claims"), CLAIMS)


def test_what_is_not_plain_is_not_taken_for_it() -> None:
    for name in ("ndjson", "json"):
        format_ = built_in(name)
        assert format_ is not None
        assert block_decoder(format_, Context()) is None


NUMBERS = {
    "N0": ("9" * 390, "9" * 391),
    "N2": ("-" + "9" * 390, "-" + "9" * 391),
    "R": ("-" + "9" * 389 + ".5", "-" + "9" * 389 + ".51"),
    "R 1/380": ("1.5E-400", "1.5E-401"),
}


@pytest.mark.parametrize("type_", NUMBERS)
@pytest.mark.parametrize("lenient", [[], ["too_long"]])
def test_every_number_that_is_read_is_one_of_json(type_: str, lenient: list[str]) -> None:
    content = [{"segment": "AMT", "elements": [{"type": type_}]}]
    format_ = x12.x12(content=content, transaction="850", lenient=lenient)
    good, bad = NUMBERS[type_]
    (record,) = read(format_, x12.interchange(*x12.transaction(f"AMT*{good}")))
    assert decode(encode(record)) == record
    (error,) = read(format_, x12.interchange(*x12.transaction(f"AMT*{bad}")))
    assert error.rule in {"number", "too-long"}
