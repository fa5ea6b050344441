"""Laws: what was written reads as the same records, wherever it is cut; both ways to read a segment agree."""

from __future__ import annotations

import string
from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.contract import Context, MappingError
from mappings.edi import Delimiters, Walker
from mappings.edi.careful import CarefulReader
from mappings.edi.readers import SegmentReaders
from mappings.x12.compiled import compile_definition
from mappings.x12.schema import X12Definition
from tests.unit.mappings.edi.streams import NOW, bare
from tests.unit.mappings.x12.samples import (
    definition,
    golden,
    golden_records,
    interchange,
    read,
    read_all,
    transaction,
    write,
    x12,
)

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="*:^~"), min_size=1
)


def text(most: int, least: int = 1) -> st.SearchStrategy[str]:
    characters = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="*:^~")
    return st.text(characters, min_size=least, max_size=most)


def number(digits: int, places: int | None = None) -> st.SearchStrategy[Decimal]:
    exponents = st.integers(0, 4) if places is None else st.just(places)
    return st.builds(
        lambda value, exponent: Decimal(value).scaleb(-exponent),
        st.integers(-(10 ** (digits - 5)), 10 ** (digits - 5)),
        exponents,
    )


ELEMENTS: dict[str, tuple[dict[str, Any], st.SearchStrategy[Any]]] = {
    "an": ({"type": "AN 1/20"}, text(20)),
    "id": ({"type": "ID 2/2", "codes": ["AA", "BB"]}, st.sampled_from(["AA", "BB"])),
    "many": (
        {"type": "ID 1/2", "codes": list(string.ascii_uppercase)},
        st.sampled_from(string.ascii_uppercase),
    ),
    "whole": ({"type": "N0 1/9"}, st.integers(-(10**9) + 1, 10**9 - 1)),
    "cents": ({"type": "N2 1/12"}, number(12, 2)),
    "real": ({"type": "R 1/15"}, number(15)),
    "padded": ({"type": "N0 4/9"}, st.integers(0, 10**9 - 1)),
    "date": ({"type": "DT 8/8"}, st.dates().map(lambda day: day.isoformat())),
    "short": (
        {"type": "DT 6/6", "century_from": 1970},
        st.dates(
            min_value=date(1970, 1, 1),
            max_value=date(2069, 12, 31),
        ).map(lambda day: day.isoformat()),
    ),
    "time": (
        {"type": "TM 4/8"},
        st.one_of(
            st.times().map(lambda time: time.strftime("%H:%M")),
            st.times().map(lambda time: time.strftime("%H:%M:%S")),
            st.builds(lambda time, part: f"{time:%H:%M:%S}.{part}", st.times(), st.integers(0, 99)),
        ),
    ),
    "list": ({"type": "AN 1/5", "repeat": 4}, st.lists(text(5), min_size=1, max_size=4)),
    "numbers": ({"type": "N0 1/3", "repeat": 9}, st.lists(st.integers(0, 999), min_size=1, max_size=9)),
    "composite": (
        {
            "components": [
                {"name": "a", "type": "AN 1/5"},
                {"name": "b", "type": "R 1/9"},
                {"name": "c", "type": "ID 1/1", "codes": ["X"]},
            ]
        },
        st.dictionaries(st.just("a"), text(5), max_size=1).flatmap(
            lambda first: st.fixed_dictionaries({"b": number(9)}, optional={"c": st.just("X")}).map(
                lambda rest: first | rest
            )
        ),
    ),
    "composites": (
        {"repeat": 3, "components": [{"name": "a", "type": "AN 1/5", "required": True}, {"name": "b"}]},
        st.lists(st.fixed_dictionaries({"a": text(5)}, optional={"b": text(9)}), min_size=1, max_size=3),
    ),
}
VALUES = st.fixed_dictionaries({}, optional={name: values for name, (_, values) in ELEMENTS.items()})
CODEC = x12(
    transaction="850",
    group={"functional_identifier": "PO", "version": "005010"},
    interchange={"sender": "ACME", "receiver": "GLOBEX"},
    content=[
        {"segment": "BEG", "elements": [{"name": name, **one} for name, (one, _) in ELEMENTS.items()]},
        {"segment": "REF", "name": "x", "max": 2, "match": {"at": 1, "value": "X"}},
        {"segment": "REF", "name": "y", "match": {"at": 1, "value": ["Y", "Z"]}},
        {
            "loop": "N1",
            "max": 3,
            "content": [
                {"segment": "N1", "elements": [{"name": "id", "type": "N0 1/2"}]},
                {"segment": "N3", "max": "unbounded", "elements": [{"name": "line", "type": "AN 1/9"}]},
                {"loop": "PER", "content": [{"segment": "PER"}]},
            ],
        },
    ],
)
GENERIC = st.one_of(
    text(9),
    st.lists(text(4), min_size=2, max_size=3),
    st.builds(lambda items: {"repeat": items}, st.lists(text(4), min_size=2, max_size=3)),
)
FREE = st.dictionaries(st.integers(2, 12).map(lambda at: f"REF{at:02}"), GENERIC, max_size=3)
LOOPS = st.fixed_dictionaries(
    {"N1": st.dictionaries(st.just("id"), st.integers(0, 99), max_size=1)},
    optional={
        "N3": st.lists(st.fixed_dictionaries({"line": text(9)}), min_size=1, max_size=3),
        "PER": st.just({"PER": {"PER02": "x"}}),
    },
)
RECORDS = st.fixed_dictionaries(
    {"BEG": VALUES},
    optional={
        "x": st.lists(FREE.map(lambda rest: {"REF01": "X", **rest}), min_size=1, max_size=2),
        "y": FREE.map(lambda rest: {"REF01": "Z", **rest}),
        "N1": st.lists(LOOPS, min_size=1, max_size=3),
    },
)


@settings(max_examples=60, deadline=None)
@given(st.lists(RECORDS, min_size=1, max_size=3), st.integers(1, 200))
def test_reading_what_was_written_gives_the_records(records: list[Any], size: int) -> None:
    data = write(CODEC, records)
    results, summary = read_all(CODEC, data, size)
    assert [{k: v for k, v in one.items() if k != "envelope"} for one in results] == records
    assert summary.errors == 0
    assert write(CODEC, results, now=None) == data


SEGMENTS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(["N1", "REF", "ZZZ"]),
            "elements": st.lists(st.one_of(st.just(""), GENERIC), max_size=6),
        }
    ),
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(SEGMENTS, st.integers(1, 100))
def test_lists_of_segments_come_back(segments: list[Any], size: int) -> None:
    codec = x12(interchange={"sender": "A", "receiver": "B"})
    envelope = {
        "group": {"functional_identifier": "PO", "sender": "AA", "receiver": "BB", "version": "005010"},
        "transaction": {"identifier": "850"},
    }
    (back,) = read(codec, write(codec, [{"envelope": envelope, "segments": segments}]), size)
    assert back["segments"] == segments


CLAIM = st.fixed_dictionaries(
    {
        "claim": st.fixed_dictionaries(
            {
                "id": text(9),
                "amount": number(9),
                "facility": st.just({"code": "11", "qualifier": "B", "frequency": "1"}),
            }
        ),
        "diagnoses": st.just({"codes": {"qualifier": "ABK", "code": "J0300"}}),
        "services": st.just(
            [
                {
                    "number": {"value": 1},
                    "service": {
                        "procedure": {"qualifier": "HC", "code": "99213"},
                        "charge": Decimal(1),
                        "unit": "UN",
                        "quantity": Decimal(1),
                        "pointers": {"first": 1},
                    },
                    "date": {"qualifier": "472", "format": "D8", "date": "2026-11-01"},
                }
            ]
        ),
    }
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 2), st.integers(1, 3), st.none() | CLAIM), min_size=1, max_size=6))
def test_records_of_a_loop_come_back_in_what_encloses_them(parts: list[Any]) -> None:
    """Whatever follows whatever: what cannot be told apart when it is read is refused, never altered."""
    codec, first = golden("claims"), golden_records("claims")[0]
    records = []
    for billing, subscriber, claim in parts:
        record = {**first, "billing": {**first["billing"], "level": {"number": str(billing), "level": "20"}}}
        person = {**first["billing"]["subscriber"], "level": {"number": str(subscriber), "level": "22"}}
        person.pop("claim")
        record["billing"]["subscriber"] = person if claim is None else {**person, "claim": claim}
        records.append(record)
    try:
        data = write(codec, records)
    except MappingError as error:
        refused = error.rule
    else:
        refused = ""
        assert read(codec, data) == records
    assert refused in ("", "ambiguous", "enclosing")


MARKS = Delimiters("*", ":", "^", "~")
PLANS = {
    name: compile_definition(X12Definition.model_validate(definition(name))).plan
    for name in ("purchase-order", "claims")
}
READERS = {name: SegmentReaders(plan.layout, MARKS) for name, plan in PLANS.items() if plan is not None}
WORDS = (
    "0 1 12.5 -1 .5 00 EA NE F D8 472 20261123 1015 HC ABK:J03 HC:1:25 11:B:1 1:2 x a^b : ^ \x00 é 20261332"
)
PIECES = st.sampled_from(["", "a b", "9" * 20, *WORDS.split(" ")])


@pytest.mark.parametrize("name", ["purchase-order", "claims"])
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_the_quick_way_and_the_careful_way_agree(name: str, data: st.DataObject) -> None:
    plan = PLANS[name]
    assert plan is not None
    segment = data.draw(st.sampled_from([one for one in plan.layout.segments if one.elements]))
    parts = data.draw(st.lists(PIECES, max_size=10))
    text_ = "*".join([segment.tag, *parts])
    quick = (READERS[name].made[segment.index] or READERS[name].make(segment.index))(text_)
    careful, findings = CarefulReader(MARKS, frozenset()).read(segment, text_)
    if quick is not None:
        assert (quick, findings) == (careful, [])
    else:
        assert findings, f"{text_} is right, and is read the slow way"


def test_many_delimiters_are_read_as_well() -> None:
    """Beyond the readers that are kept, segments are read the careful way: with the same results."""
    codec = golden("purchase-order")
    base = interchange(
        *transaction("BEG*00*NE*PO1**20261123", "N1*ST*X*92*12", "PO1*1*1.50*EA"), version="00401"
    )
    expected = read(codec, base)[0]["lines"]
    for at, mark in enumerate("!#$%&'()+,-./;<=>?@[]_`{|}"):
        data = base.replace(b"*", mark.encode())
        if mark in ".:":
            continue
        (record,) = read(codec, data)
        assert record["lines"] == expected, at


def test_the_walker_can_be_used_again() -> None:
    plan = PLANS["purchase-order"]
    assert plan is not None
    walker = Walker(plan, MARKS)
    for _ in range(2):
        walker.start()
        assert walker.take("BEG", "BEG*00*NE*1**20261123") == ()
        assert [one.rule for one in walker.end()] == ["required-segment"]


VALUES_REFUSED = [
    pytest.param({"an": ""}, "too-short", "/BEG/an", id="empty text"),
    pytest.param({"an": None}, "type", "/BEG/an", id="null"),
    pytest.param({"an": 1}, "type", "/BEG/an", id="number as text"),
    pytest.param({"an": "x" * 21}, "too-long", "/BEG/an", id="too long"),
    pytest.param({"an": "a*b"}, "delimiter", "/BEG/an", id="element separator"),
    pytest.param({"an": "a~b"}, "delimiter", "/BEG/an", id="terminator"),
    pytest.param({"an": "a\nb"}, "character", "/BEG/an", id="control character"),
    pytest.param({"an": "\ud800"}, "encoding", "", id="lone surrogate"),
    pytest.param({"id": "CC"}, "code", "/BEG/id", id="no code"),
    pytest.param({"many": "a"}, "code", "/BEG/many", id="no code of many"),
    pytest.param({"whole": 1.0}, "type", "/BEG/whole", id="float"),
    pytest.param({"whole": True}, "type", "/BEG/whole", id="boolean"),
    pytest.param({"whole": 10**9}, "too-long", "/BEG/whole", id="too many digits"),
    pytest.param({"cents": Decimal("1.234")}, "scale", "/BEG/cents", id="too many places"),
    pytest.param({"real": Decimal("NaN")}, "number", "/BEG/real", id="not a number"),
    pytest.param({"real": Decimal("1e400000")}, "number", "/BEG/real", id="huge"),
    pytest.param({"date": "2026-02-30"}, "date", "/BEG/date", id="no date"),
    pytest.param({"date": "20260228"}, "date", "/BEG/date", id="date as it is written"),
    pytest.param({"short": "2070-01-01"}, "date", "/BEG/short", id="another century"),
    pytest.param({"time": "24:00"}, "time", "/BEG/time", id="no time"),
    pytest.param({"list": []}, "type", "/BEG/list", id="empty list"),
    pytest.param({"list": "a"}, "type", "/BEG/list", id="no list"),
    pytest.param({"list": ["a"] * 5}, "repetitions", "/BEG/list", id="too many"),
    pytest.param({"list": ["a", ""]}, "too-short", "/BEG/list/1", id="empty repetition"),
    pytest.param({"composite": {}}, "type", "/BEG/composite", id="empty composite"),
    pytest.param({"composite": {"z": "1"}}, "unknown-field", "/BEG/composite/z", id="unknown component"),
    pytest.param(
        {"composites": [{"b": "x"}]}, "required-element", "/BEG/composites/0/a", id="component lacks"
    ),
    pytest.param({"other": 1}, "unknown-field", "/BEG/other", id="unknown element"),
]


@pytest.mark.parametrize(("values", "rule", "path"), VALUES_REFUSED)
def test_what_cannot_be_written_exactly_is_refused(values: dict[str, Any], rule: str, path: str) -> None:
    with pytest.raises(MappingError) as caught:
        write(CODEC, [{"BEG": values}])
    assert caught.value.rule == rule
    assert (caught.value.place.path or "").startswith(path)
    assert caught.value.place.record == 1


BODIES_REFUSED = [
    pytest.param([], "record-type", "", id="no object"),
    pytest.param({"BEG": []}, "type", "/BEG", id="no segment"),
    pytest.param({"ZZZ": {}}, "unknown-field", "/ZZZ", id="unknown segment"),
    pytest.param({"x": []}, "type", "/x", id="empty list"),
    pytest.param({"x": [{"REF01": "X"}] * 3}, "segment-count", "", id="too many"),
    pytest.param({"x": [{"REF01": "Y"}]}, "ambiguous", "/", id="another's qualifier"),
    pytest.param({"y": {"REF01": "Q"}}, "unexpected-segment", "", id="nobody's qualifier"),
    pytest.param(
        {"N1": [{"N3": [{"line": "x"}]}]}, "required-segment", "/N1/0/N1", id="loop without its first"
    ),
    pytest.param({"N1": [{"N1": {}}] * 4}, "loop-count", "", id="too many loops"),
    pytest.param({"N1": ["x"]}, "type", "/N1/0", id="no loop"),
    pytest.param({"y": {"REF01": "Z", "REF1": "x"}}, "unknown-field", "/y/REF1", id="no position"),
    pytest.param({"y": {"REF01": "Z", "REF02": {"x": []}}}, "type", "/y/REF02", id="no element"),
]


@pytest.mark.parametrize(("record", "rule", "path"), BODIES_REFUSED)
def test_a_body_that_would_read_otherwise_is_refused(record: Any, rule: str, path: str) -> None:
    with pytest.raises(MappingError) as caught:
        write(CODEC, [record])
    assert caught.value.rule == rule
    assert (caught.value.place.path or "").startswith(path)


@pytest.mark.parametrize("text_", [".5", "-.5", "0", "-0.5"])
def test_a_number_without_room_for_a_zero_is_written_without_it(text_: str) -> None:
    codec = x12(
        transaction="850",
        content=[
            {"segment": "ZZZ", "elements": [{"name": "v", "type": "R 1/1" if "." in text_[:2] else "R 1/2"}]}
        ],
    )
    data = interchange(*transaction(f"ZZZ*{text_}"))
    assert data in write(codec, read(codec, data), now=None)


def test_what_encloses_records_is_compared_with_what_was_written_not_with_the_same_changed_objects() -> None:
    codec = golden("claims")
    record = bare(golden_records("claims"))[0]
    for _ in range(4):
        # So that the quick way is the usual one.
        write(codec, [record])
    live, written = deepcopy(record), list[Any]()

    def changing() -> Iterator[Any]:
        for line in ("1 FIRST ROAD", "2 OTHER ROAD"):
            live["billing"]["provider"]["address"]["line1"] = line
            written.append(deepcopy(live))
            yield live

    encoder = codec.encoder(Context(now=NOW))
    data = encoder.encode(changing()) + encoder.finish()
    assert bare(read(codec, data)) == written
