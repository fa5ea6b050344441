"""Copybooks in columns give what they give record by record."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.columns import block_decoder
from mappings.columns.batching import batch_decoder
from mappings.contract import Context, Format
from mappings.copybook import CopybookDefinition, CopybookFormat
from mappings.fixed_width import FixedWidthDefinition, FixedWidthFormat
from tests.unit.mappings.columns.both import anywhere, assert_same, bytewise, whole
from tests.unit.mappings.columns.random_copybook import random_copybook
from tests.unit.mappings.columns.test_arrow import assert_values


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_random_copybooks_and_data(seed: int) -> None:
    rng = Random(seed)
    format_, make = random_copybook(rng)
    assert_same(format_, make(rng, rng.choice((20, 60, 200))), (whole, anywhere(rng)))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_random_copybooks_to_arrow(seed: int) -> None:
    rng = Random(seed)
    format_, make = random_copybook(rng)
    length = format_.layout.records[0].length
    data = make(rng, rng.choice((20, 60)))
    data = data[: len(data) // length * length]
    assert_values(format_, data, anywhere(rng)(data))


def copybook(text: str, **more: Any) -> CopybookFormat:
    """Records in ASCII."""
    given = {"format": "copybook", "encoding": "us-ascii", "copybook": text, **more}
    return CopybookFormat(CopybookDefinition.model_validate(given))


TABLES = """
 01 R.
   05 A PIC 9(2).
   05 T OCCURS 2 TIMES.
     10 B PIC X(2).
     10 U OCCURS 3 TIMES PIC S9(1).
     10 G.
       15 C PIC 9V9.
       15 FILLER PIC X.
"""


def test_bad_occurrences() -> None:
    """A record with one bad occurrence among good ones is an error with its own path."""
    good = b"12" + b"ab12345." + b"  00099."
    bad = good.replace(b"345", b"3x5", 1)
    format_ = copybook(TABLES)
    results, _ = assert_same(format_, (good * 20 + bad) * 3 + bad * 2 + good, (whole, bytewise))
    errors = [each for each in results if isinstance(each, tuple)]
    assert ["/T/0/G/C" in str(each[2]) for each in errors] == [True] * 5
    assert isinstance(results[0], bytes)
    assert results[0].startswith(
        b'{"A":12,"T":[{"B":"ab","U":[1,2,3],"G":{"C":4.5}},{"B":"","U":[0,0,0],"G":{"C":9.9}}]}\n'
    )


def test_types_of_tables() -> None:
    schema = batch_decoder(copybook(TABLES), Context()).schema
    inside = "struct<B: string, U: list<item: int64>, G: struct<C: decimal128(2, 1)>>"
    assert str(schema.field("T").type) == f"list<item: {inside}>"


MOVING = {
    "depending": " 01 R.\n 05 N PIC 9.\n 05 T OCCURS 0 TO 3 DEPENDING ON N PIC X.\n",
    "redefines": " 01 R.\n 05 A PIC X(2).\n 05 B REDEFINES A PIC 9(2).\n",
    "renames": " 01 R.\n 05 A PIC X.\n 05 B PIC X.\n 66 C RENAMES A THRU B.\n",
}


@pytest.mark.parametrize("text", MOVING.values(), ids=MOVING.keys())
def test_what_moves_goes_record_by_record(text: str) -> None:
    more = {"redefines": "all"} if "REDEFINES" in text else {"renames": "keep"}
    assert block_decoder(copybook(text, **more), Context()) is None


def several() -> Format:
    """Two types of record, of which one has several readings."""
    text = """
 01 HEAD.
   05 KIND PIC X.
   05 NAME PIC X(3).
 01 ITEM.
   05 KIND PIC X.
   05 PRICE PIC 9V99.
 01 END-R.
   05 KIND PIC X.
   05 A PIC X(3).
   05 B REDEFINES A PIC 9(3).
"""
    records = {
        name: {"record": record, "match": {"field": "KIND", "value": value}}
        for name, record, value in (("head", "HEAD", "H"), ("item", "ITEM", "I"), ("end", "END-R", "E"))
    }
    return copybook(text, records=records, redefines="all", order="any")


def test_several_types_of_which_one_has_no_columns() -> None:
    rng = Random(5)
    records = rng.choices((b"HABC", b"I123", b"I999", b"I9x9", b"E012", b"Eabc", b"Z..."), k=500)
    runs = b"".join(each * rng.choice((1, 2, 40)) for each in records)
    assert_same(several(), runs, (whole, anywhere(rng)))


WORDS = """
 01 HEAD.
   05 KIND PIC X.
   05 NAME PIC X(3).
 01 ITEM.
   05 KIND PIC X.
   05 PRICE PIC S9(5)V99 COMP-3.
   05 T PIC 9 OCCURS 2 TIMES.
 01 MOVES.
   05 KIND PIC X.
   05 N PIC 9.
   05 T PIC X OCCURS 0 TO 5 DEPENDING ON N.
"""


def described(text: str, **more: Any) -> CopybookFormat:
    """Types of record of different lengths, each record after a descriptor word."""
    records = {
        name: {"record": record, "match": {"field": "KIND OF " + record, "value": value}}
        for name, record, value in (("head", "HEAD", "H"), ("item", "ITEM", "I"), ("moves", "MOVES", "M"))
    }
    return copybook(text, records=records, order="any", record_format="V", **more)


def word(record: bytes) -> bytes:
    return (len(record) + 4).to_bytes(2, "big") + b"\0\0" + record


@pytest.mark.parametrize("damage", ["none", "records", "words", "long"])
@pytest.mark.parametrize("short", ["refuse", "fill"])
def test_records_with_descriptor_words(damage: str, short: str) -> None:
    rng = Random(7)
    kinds = [b"HABC", b"I\x00\x12\x34\x5c12", b"I\x00\x12\x34\x5d99", b"M3abc", b"M0"]
    if damage == "records":
        kinds += [b"HABCD", b"H", b"", b"I\x00\x12\x34\x5512", b"Zxyz"]
    parts = [word(each) * rng.choice((1, 3, 40)) for each in rng.choices(kinds, k=300)]
    if damage == "long":
        parts.insert(150, word(b"H" * 2000))
    if damage == "words":
        parts.insert(250, b"\0\3\0\0abc")
    cuts = (whole, anywhere(rng, 3000), bytewise) if damage == "long" else (whole, anywhere(rng, 3000))
    assert_same(described(WORDS, short_lines=short), b"".join(parts), cuts, Context(max_record_bytes=1000))
    cut_short = b"".join(parts[:50])[:-2]
    assert_same(described(WORDS, short_lines=short), cut_short, (whole, bytewise))


def test_fixed_width_with_descriptor_words() -> None:
    definition = {
        "format": "fixed_width",
        "encoding": "cp037",
        "record_format": "V",
        "fields": {"a": {"at": 1, "length": 4}, "n": {"length": 3, "type": "integer", "usage": "packed"}},
    }
    format_ = FixedWidthFormat(FixedWidthDefinition.model_validate(definition))
    good = word("ab".ljust(4).encode("cp037") + b"\x00\x12\x3c")
    results, _ = assert_same(
        format_, good * 100 + word(b"12") + good * 50, (whole, bytewise, anywhere(Random(1)))
    )
    assert isinstance(results[0], bytes)
    assert results[0].startswith(b'{"a":"ab","n":123}\n')


GROUPS: dict[str, Any] = {
    "id": {"at": 1, "length": 3, "type": "integer"},
    "place": {
        "type": "group",
        "at": 5,
        "length": 8,
        "occurs": {"count": 2},
        "fields": {
            "town": {"at": 1, "length": 4},
            "lat": {"at": 6, "length": 2, "type": "integer", "occurs": {"count": 1}},
            "mark": {"at": 8, "length": 1, "type": "constant", "value": "!"},
        },
    },
    "codes": {"at": 22, "length": 1, "occurs": {"count": 3}},
}


@pytest.mark.parametrize("gaps", ["check", "ignore"])
@pytest.mark.parametrize("framing", [{"record_length": 26}, {"separator": "lf"}], ids=["length", "lines"])
@pytest.mark.parametrize("short", ["refuse", "fill"])
def test_groups_that_occur(gaps: str, framing: dict[str, Any], short: str) -> None:
    if "separator" in framing:
        framing = framing | {"short_lines": short}
    definition = {"format": "fixed_width", "encoding": "us-ascii", "gaps": gaps, "fields": GROUPS, **framing}
    format_ = FixedWidthFormat(FixedWidthDefinition.model_validate(definition))
    good = b"001 " + b"Rome 41!" + b"Bonn 50!" + b" abc" + (b"  " if "record_length" in framing else b"")
    rng = Random(6)
    records = []
    for _ in range(300):
        record = bytearray(good)
        if rng.random() < 0.2:
            record[rng.randrange(len(record))] = rng.choice(b" x9!")
        if "separator" in framing:
            record = record[: rng.choice((len(record),) * 5 + (20, 23)) or None] + b"\n"
        records.append(bytes(record))
    assert_same(format_, b"".join(records), (whole, anywhere(rng, 300)))
