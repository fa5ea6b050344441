"""What is wrong in transaction sets: each rule with its place; the next one is read all the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mappings.contract import MappingError
from tests.unit.mappings.x12.samples import golden, interchange, read, read_all, rules, transaction, x12

BEG = "BEG*00*NE*PO1**20261123"
LINE = "PO1*1*1*EA"
GOOD = transaction(BEG, LINE, number="0009")


def case(segments: tuple[str, ...], rule: str, path: str | None, said: str, name: str) -> Any:
    return pytest.param(segments, rule, path, said, id=name)


ELEMENTS = [
    case(("BEG*00**PO1**20261123", LINE), "required-element", "/order/kind", "BEG02", "missing"),
    case(("BEG*99*NE*PO1**20261123", LINE), "code", "/order/purpose", "code 7", "no such code"),
    case(("BEG*000*NE*PO1**20261123", LINE), "too-long", "/order/purpose", "code 5", "too long"),
    case((f"BEG*00*NE*{'9' * 23}**20261123", LINE), "too-long", "/order/number", "at most 22", "a long text"),
    case((BEG, "N1*ST*X*92*1", LINE), "too-short", "/parties/0/party/id", "code 4", "too short"),
    case(("BEG*00*NE*PO1**20260231", LINE), "date", "/order/date", "code 8", "no such day"),
    case(("BEG*00*NE*PO1**2026112", LINE), "date", "/order/date", "BEG05", "seven digits of a date"),
    case(("BEG*00*NE*PO1**2O261123", LINE), "date", "/order/date", "code 8", "a letter in a date"),
    case((BEG, "PO1*1*1.2.3*EA"), "number", "/lines/0/item/quantity", "code 6", "two points"),
    case((BEG, "PO1*1*1,5*EA"), "number", "/lines/0/item/quantity", "code 6", "a comma"),
    case((BEG, "PO1*1*+1*EA"), "number", "/lines/0/item/quantity", "code 6", "a plus"),
    case((BEG, "PO1*1* 1*EA"), "number", "/lines/0/item/quantity", "code 6", "a space in a number"),
    case((BEG, "PO1*1*٣*EA"), "number", "/lines/0/item/quantity", "code 6", "digits of another script"),
    case((BEG, LINE, "CTT*1.0"), "number", "/totals/counts/lines", "whole", "a point in a whole number"),
    case((BEG, "PO1*1*1*EA*9*QT*ZZ*X"), "code", "/lines/0/item/sku_qualifier", "PO106", "one code of many"),
    case((BEG, "REF*DP*a\tb", LINE), "character", "/references/0/value", "code 6", "a control character"),
    case((BEG, "REF*DP*a:b", LINE), "components", "/references/0/value", "code 13", "components in a text"),
    case((BEG, "REF*DP*a^b", LINE), "repetitions", "/references/0/value", "code 12", "a repetition"),
    case((BEG, "REF*DP*x*y*z", LINE), "extra-element", "/references/0", "code 3", "more elements"),
    case((BEG, "REF*DP*x*", LINE), "trailing-separator", "/references/0", "REF03", "a separator at the end"),
    case((BEG, "REF*DP", LINE), "condition", "/references/0/value", "R0203", "one of two is needed"),
    case((BEG, "N1*ST*X*92", LINE), "condition", "/parties/0/party/id", "P0304", "both or none"),
    case((BEG, "PO1*1**EA"), "condition", "/lines/0/item/quantity", "C0302", "one needs the other"),
]
STRUCTURE = [
    case((LINE,), "required-segment", "/order", "segment 2, BEG", "no first segment"),
    case((BEG,), "required-segment", "/lines", "PO1", "no loop that must be"),
    case((BEG, "ZZZ*1", LINE), "unknown-segment", None, "code 1", "no segment of this definition"),
    case((BEG, BEG, LINE), "segment-count", None, "code 5", "once too often"),
    case((BEG, LINE, "CTT*1", "REF*DP*1"), "segment-order", None, "code 7", "behind its place"),
    case((BEG, "N3*x", LINE), "unexpected-segment", None, "code 2", "outside of its loop"),
    case((BEG, "N1*ST*X", "N3*1", "N3*2", "N3*3", LINE), "segment-count", "/parties/0", "2 times", "three"),
    case((BEG, LINE, "CTT*1", "CTT*1"), "loop-count", None, "code 4", "a loop once too often"),
    case((BEG, LINE, ""), "empty-segment", None, "terminator", "nothing before a terminator"),
    case((BEG, LINE, "*x"), "unknown-segment", None, "no tag", "no tag"),
]


@pytest.mark.parametrize(("segments", "rule", "path", "said"), ELEMENTS + STRUCTURE)
def test_one_mistake_is_one_error_with_its_place(
    segments: tuple[str, ...], rule: str, path: str | None, said: str
) -> None:
    body = transaction(*segments)
    if "" in segments:
        body = (*body[:-1], f"SE*{len(segments) + 1}*0001")
    data = interchange(*body, *GOOD)
    error, good = read(golden("purchase-order"), data)
    assert isinstance(error, MappingError)
    assert error.rule == rule
    assert said in str(error)
    assert error.place.record == 1
    if path is not None:
        assert error.place.path == path
    assert error.raw == "".join(f"{one}~" for one in body).encode()
    assert good["order"]["number"] == "PO1"
    if error.excerpt:
        assert error.excerpt.encode() in data


def test_an_error_names_its_segment_and_its_byte() -> None:
    data = interchange(*transaction(BEG, "N1*ST*X", LINE, "PO1*2*x*EA"))
    (error,) = read(golden("purchase-order"), data)
    assert error.place.byte_offset == data.index(b"PO1*2")
    assert error.place.path == "/lines/1/item/quantity"
    assert str(error).endswith("segment 5, PO102: is not a number (code 6)")


def test_all_mistakes_are_told_and_the_bytes_once() -> None:
    data = interchange(*transaction("BEG*99*XX*PO1**20261123", "ZZ*1", "PO1*1*x*QQ"))
    results = read(golden("purchase-order"), data)
    assert rules(results) == ["code", "code", "unknown-segment", "number", "code"]
    assert [bool(one.raw) for one in results] == [True, False, False, False, False]


def test_a_thousand_mistakes_are_told_and_the_others_counted() -> None:
    data = interchange(*transaction(BEG, *["PO1*1*x*EA"] * 1500))
    results, summary = read_all(golden("purchase-order"), data)
    assert rules(results) == ["number"] * 1000 + ["more-errors"]
    assert "500 more" in str(results[-1])
    assert summary.errors == 1001


def test_of_a_claim_that_is_bad_the_others_are_not_lost() -> None:
    """With records inside of a transaction set: the good ones are given, the bad one is not."""
    data = golden("claims")
    text = (b"".join(write_claims())).decode()
    results = read(data, text.replace("CLM*C-2*80", "CLM*C-2*8O").encode())
    assert rules(results) == ["number"]
    assert results[1].raw.startswith(b"CLM*C-2")
    assert len(results) == 4
    ids = [one["billing"]["subscriber"].get("claim", {}).get("claim", {}).get("id") for one in (results[0],)]
    assert ids == ["C-1"]


def test_what_is_inside_of_something_bad_is_not_read_without_it() -> None:
    text = b"".join(write_claims()).decode()
    results = read(golden("claims"), text.replace("NM1*85*2*CLINIC", "NM1*85*3*CLINIC").encode())
    assert rules(results) == ["code", "enclosing", "enclosing", "enclosing"]


def write_claims() -> list[bytes]:
    from tests.unit.mappings.x12.samples import GOLDEN

    return [(GOLDEN / "claims.edi").read_bytes()]


@pytest.mark.parametrize("byte", range(256))
def test_every_byte_in_a_number_is_a_digit_or_an_error(byte: int) -> None:
    codec = x12(
        transaction="850",
        encoding="iso-8859-1",
        content=[{"segment": "QTY", "elements": [{"name": "n", "type": "N2 1/9"}], "max": "unbounded"}],
    )
    for at in range(4):
        digits = bytearray(b"1234")
        digits[at] = byte
        data = interchange(*transaction("QTY*@@")).replace(b"@@", bytes(digits))
        results = read(codec, data)
        plain = chr(byte).isdigit() and byte < 0x80
        if plain or (at == 0 and byte == ord("-")):
            assert results[0]["QTY"][0]["n"] == Decimal(digits.decode()).scaleb(-2)
        else:
            assert rules(results), bytes(digits)


def test_a_level_that_may_not_stand_here_is_told_with_those_that_may() -> None:
    """A hierarchy in which a level is skipped, or has a code of its own, is not out of order."""
    level = {"segment": "HL", "elements": [{}, {}, {"name": "code"}]}
    codec = x12(
        transaction="856",
        content=[
            {
                "loop": "S",
                "max": 9,
                "content": [
                    {**level, "match": {"at": 3, "value": "S"}},
                    {
                        "loop": "O",
                        "max": 9,
                        "content": [
                            {**level, "match": {"at": 3, "value": "O"}},
                            {"loop": "P", "content": [{**level, "match": {"at": 3, "value": "P"}}]},
                        ],
                    },
                ],
            }
        ],
    )
    for code in ("X", "P"):
        data = interchange(
            *transaction("HL*1**S", f"HL*2*1*{code}", identifier="856"), group="SH*ACME*GLOBEX"
        )
        (error,) = read(codec, data)
        assert (error.rule, "it may be O, S (code 2)" in str(error)) == ("unexpected-segment", True)
