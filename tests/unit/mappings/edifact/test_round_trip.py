"""Laws: what was written reads as the same records, wherever it is cut; both ways to read a segment agree."""

from __future__ import annotations

import string
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.contract import MappingError
from mappings.edi import Delimiters
from mappings.edi.careful import CarefulReader
from mappings.edi.readers import SegmentReaders
from mappings.edifact.compiled import compile_definition
from mappings.edifact.schema import EdifactDefinition
from tests.unit.mappings.edifact.samples import (
    PARTNERS,
    bare,
    definition,
    edifact,
    golden,
    golden_data,
    golden_records,
)
from tests.unit.mappings.segments.samples import read, read_all, told, write

# What separates comes often: every character of a value may have to be released.
CHARACTERS = st.one_of(
    st.sampled_from("+:'?*.,"), st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])
)


def text(most: int) -> st.SearchStrategy[str]:
    return st.text(CHARACTERS, min_size=1, max_size=most)


def number(digits: int) -> st.SearchStrategy[Decimal]:
    whole = st.integers(-(10 ** (digits - 5)), 10 ** (digits - 5))
    return st.builds(lambda value, exponent: Decimal(value).scaleb(-exponent), whole, st.integers(0, 4))


LETTERS = text(3).filter(lambda value: not any(one in "0123456789" for one in value))
ELEMENTS: dict[str, tuple[dict[str, Any], st.SearchStrategy[Any]]] = {
    "an": ({"type": "an..20"}, text(20)),
    "fixed": ({"type": "an3"}, st.text(CHARACTERS, min_size=3, max_size=3)),
    "letters": ({"type": "a..3"}, LETTERS),
    "number": ({"type": "n..15"}, number(15)),
    "digits": ({"type": "n6"}, st.integers(0, 999_999).map(Decimal)),
    "few": ({"type": "an..2", "codes": ["AA", "B+"]}, st.sampled_from(["AA", "B+"])),
    "many": (
        {"type": "an1", "codes": list(string.ascii_uppercase)},
        st.sampled_from(string.ascii_uppercase),
    ),
    "list": ({"type": "an..5", "repeat": 4}, st.lists(text(5), min_size=1, max_size=4)),
    "numbers": ({"type": "n..3", "repeat": 9}, st.lists(st.integers(0, 999), min_size=1, max_size=9)),
    "composite": (
        {
            "components": [
                {"name": "a", "type": "an..5"},
                {"name": "b", "type": "n..9"},
                {"name": "c", "type": "an1", "codes": ["X"]},
            ],
            "conditions": ["D5(3, 2)"],
        },
        st.fixed_dictionaries({"b": number(9)}, optional={"a": text(5), "c": st.just("X")}),
    ),
    "composites": (
        {"repeat": 3, "components": [{"name": "a", "type": "an..5", "required": True}, {"name": "b"}]},
        st.lists(st.fixed_dictionaries({"a": text(5)}, optional={"b": text(9)}), min_size=1, max_size=3),
    ),
}
VALUES = st.fixed_dictionaries({}, optional={name: values for name, (_, values) in ELEMENTS.items()})
CONTENT = [
    {"segment": "BGM", "elements": [{"name": name, **one} for name, (one, _) in ELEMENTS.items()]},
    {"segment": "RFF", "name": "x", "max": 2, "match": {"at": 1, "value": "X"}},
    {"segment": "RFF", "name": "y", "match": {"at": 1, "value": ["Y", "+"]}},
    {
        "loop": "SG1",
        "max": 3,
        "content": [
            {"segment": "NAD", "elements": [{"name": "id", "type": "n..2"}]},
            {"segment": "FTX", "max": "unbounded", "elements": [{"name": "line", "type": "an..9"}]},
            {"loop": "SG2", "content": [{"segment": "CTA"}]},
        ],
    },
]
GENERIC = st.one_of(
    text(9),
    st.lists(text(4), min_size=2, max_size=3),
    st.builds(lambda items: {"repeat": items}, st.lists(text(4), min_size=2, max_size=3)),
)
FREE = st.dictionaries(st.integers(2, 12).map(lambda at: f"RFF{at:02}"), GENERIC, max_size=3)
LOOPS = st.fixed_dictionaries(
    {"NAD": st.dictionaries(st.just("id"), st.integers(0, 99), max_size=1)},
    optional={
        "FTX": st.lists(st.fixed_dictionaries({"line": text(9)}), min_size=1, max_size=3),
        "SG2": st.just({"CTA": {"CTA02": "x"}}),
    },
)
RECORDS = st.fixed_dictionaries(
    {"BGM": VALUES},
    optional={
        "x": st.lists(FREE.map(lambda rest: {"RFF01": "X", **rest}), min_size=1, max_size=2),
        "y": FREE.map(lambda rest: {"RFF01": "+", **rest}),
        "SG1": st.lists(LOOPS, min_size=1, max_size=3),
    },
)
INTERCHANGE = {"syntax": "UNOW", "syntax_version": "4", **PARTNERS}
MARKED = {
    "defaults": {},
    "others": {
        "group": {},
        "delimiters": {
            "element": "|",
            "component": ";",
            "repetition": "~",
            "release": "\\",
            "segment": "\n",
            "decimal": ",",
        },
    },
}


def lawful(**changes: Any) -> Any:
    directory = {"version": "D", "release": "1", "agency": "UN"}
    return edifact(message="TEST", directory=directory, content=CONTENT, interchange=INTERCHANGE, **changes)


CODECS = {name: lawful(**changes) for name, changes in MARKED.items()}


@pytest.mark.parametrize("name", CODECS)
@settings(max_examples=60, deadline=None)
@given(records=st.lists(RECORDS, min_size=1, max_size=3), size=st.integers(1, 200))
def test_reading_what_was_written_gives_the_records(name: str, records: list[Any], size: int) -> None:
    codec = CODECS[name]
    data = write(codec, records)
    results, summary = read_all(codec, data, size)
    assert [one for one in results if isinstance(one, MappingError)] == []
    assert bare(results) == records
    assert summary.errors == 0
    assert write(codec, results, now=None) == data


SEGMENTS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(["NAD", "FTX", "ZZZ", "AAAA"]),
            "elements": st.lists(st.one_of(st.just(""), GENERIC), max_size=6),
        }
    ),
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(segments=SEGMENTS, size=st.integers(1, 100))
def test_lists_of_segments_come_back(segments: list[Any], size: int) -> None:
    codec = edifact(interchange=INTERCHANGE)
    kind = {"type": "TEST", "version": "D", "release": "1", "agency": "UN"}
    record = {"envelope": {"message": {"identifier": kind}}, "segments": segments}
    (back,) = read(codec, write(codec, [record]), size)
    assert back["segments"] == segments


LINES = st.lists(
    st.tuples(st.integers(1, 2), st.none() | st.lists(number(9), max_size=2), st.booleans()),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(parts=LINES)
def test_records_of_a_group_come_back_in_what_encloses_them(parts: list[Any]) -> None:
    """Whatever follows whatever: what cannot be told apart when it is read is refused, never altered."""
    codec, (first, *_) = golden("invoice-lines"), golden_records("invoice-lines")
    records = []
    for at, (invoice, amounts, ends) in enumerate(parts):
        message = {**first["envelope"]["message"], "control_reference": str(invoice)}
        record = {**first, "envelope": {**first["envelope"], "message": message}}
        record.pop("line")
        if amounts is not None:
            said = [{"amount": {"qualifier": "203", "value": one}} for one in amounts]
            record["line"] = {"item": {"number": at}, **({"amounts": said} if said else {})}
        if ends:
            end = {"section": {"code": "S"}, "totals": [{"amount": {"qualifier": "79"}}]}
            record |= end if amounts is None else {}
        records.append(record)
    try:
        data = write(codec, records)
    except MappingError as error:
        refused = error.rule
    else:
        refused = ""
        assert read(codec, data) == records
    of_segments = ("required-segment", "segment-count", "segment-order")
    assert refused in ("", "ambiguous", "enclosing", "duplicate-message", *of_segments)


MARKS = Delimiters("+", ":", "*", "'", "?")
PLANS = {
    name: compile_definition(EdifactDefinition.model_validate(definition(name))).plan
    for name in ("orders", "invoice-lines", "contrl")
}
LAWFUL = compile_definition(EdifactDefinition.model_validate(
    {"format": "edifact", "message": "TEST", "content": CONTENT}
)).plan  # fmt: skip
PLANS["laws"] = LAWFUL
READERS = {name: SegmentReaders(plan.layout, MARKS) for name, plan in PLANS.items() if plan is not None}
WORDS = (
    "0 1 12.5 12,5 -1 .5 00 EN BY 137:20261123:102 21:48 203:1,5:EUR ? ?? ?+ a?+b a?:b x?' ?x :1 1: : a*b * "
    "AA B?+ X :::text \x00 é 1?.5 UN ORDERS:D:96A:UN 4:1 7"
)
PIECES = st.sampled_from(["", "a b", "9" * 20, *WORDS.split(" ")])


@pytest.mark.parametrize("name", PLANS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_the_quick_way_and_the_careful_way_agree(name: str, data: st.DataObject) -> None:
    plan = PLANS[name]
    assert plan is not None
    segment = data.draw(st.sampled_from(plan.layout.segments))
    parts = data.draw(st.lists(PIECES, max_size=10))
    text_ = "+".join([segment.tag, *parts])
    quick = (READERS[name].made[segment.index] or READERS[name].make(segment.index))(text_)
    careful, findings = CarefulReader(MARKS, frozenset()).read(segment, text_)
    if quick is not None:
        assert (quick, findings) == (careful, [])
    elif "?" not in text_ and segment.elements is not None:
        assert findings, f"{text_} is right, and is read the slow way"


@pytest.mark.parametrize("name", ["orders", "invoice-lines"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_data_reads_alike_however_it_is_cut(name: str, data: st.DataObject) -> None:
    sample = bytearray(golden_data(name))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(sample) - 1))
        piece = data.draw(
            st.sampled_from([b"'", b"?", b"+", b"UNB+UNOC:3+", b"UNA:+.? '", b"UNZ+1+1'", b"\n", b""])
        )
        sample[at : at + data.draw(st.integers(0, 40))] = piece
    whole = told(read(golden(name), bytes(sample)))
    assert told(read(golden(name), bytes(sample), data.draw(st.integers(1, 64)))) == whole


VALUES_REFUSED = [
    pytest.param({"an": ""}, "too-short", "/BGM/an", id="empty text"),
    pytest.param({"an": None}, "type", "/BGM/an", id="null"),
    pytest.param({"an": 1}, "type", "/BGM/an", id="number as text"),
    pytest.param({"an": "x" * 21}, "too-long", "/BGM/an", id="too long"),
    pytest.param({"an": "a\nb"}, "character", "/BGM/an", id="control character"),
    pytest.param({"an": "\ud800"}, "encoding", "", id="lone surrogate"),
    pytest.param({"fixed": "ab"}, "too-short", "/BGM/fixed", id="too short"),
    pytest.param({"letters": "a1"}, "character", "/BGM/letters", id="digit in letters"),
    pytest.param({"few": "CC"}, "code", "/BGM/few", id="no code"),
    pytest.param({"many": "a"}, "code", "/BGM/many", id="no code of many"),
    pytest.param({"number": 1.0}, "type", "/BGM/number", id="float"),
    pytest.param({"number": True}, "type", "/BGM/number", id="boolean"),
    pytest.param({"number": "1"}, "type", "/BGM/number", id="text as number"),
    pytest.param({"number": 10**15}, "too-long", "/BGM/number", id="too many digits"),
    pytest.param({"number": Decimal("NaN")}, "number", "/BGM/number", id="not a number"),
    pytest.param({"number": Decimal("1e400000")}, "number", "/BGM/number", id="huge"),
    pytest.param({"list": []}, "type", "/BGM/list", id="empty list"),
    pytest.param({"list": ["a"] * 5}, "repetitions", "/BGM/list", id="too many"),
    pytest.param({"composite": {}}, "type", "/BGM/composite", id="empty composite"),
    pytest.param({"composite": {"z": "1"}}, "unknown-field", "/BGM/composite/z", id="unknown component"),
    pytest.param({"composite": {"c": "X"}}, "condition", "/BGM/composite", id="a condition"),
    pytest.param({"composites": [{"b": "x"}]}, "required-element", "/BGM/composites/0/a", id="component"),
    pytest.param({"other": 1}, "unknown-field", "/BGM/other", id="unknown element"),
]


@pytest.mark.parametrize(("values", "rule", "path"), VALUES_REFUSED)
def test_what_cannot_be_written_exactly_is_refused(values: dict[str, Any], rule: str, path: str) -> None:
    with pytest.raises(MappingError) as caught:
        write(CODECS["defaults"], [{"BGM": values}])
    assert caught.value.rule == rule
    assert (caught.value.place.path or "").startswith(path)
    assert caught.value.place.record == 1


OTHERS_REFUSED = [
    pytest.param(
        {"interchange": {"syntax": {"version": "3"}}}, {"list": ["a", "b"]}, "repetitions", id="version 3"
    ),
    pytest.param({"interchange": {"syntax": {"identifier": "UNOC"}}}, {"an": "東"}, "encoding", id="UNOC"),
]


@pytest.mark.parametrize(("envelope", "values", "rule"), OTHERS_REFUSED)
def test_what_an_interchange_has_no_way_to_say_is_refused(envelope: Any, values: Any, rule: str) -> None:
    with pytest.raises(MappingError) as caught:
        write(CODECS["defaults"], [{"envelope": envelope, "BGM": values}])
    assert caught.value.rule == rule


def test_without_a_release_what_separates_is_refused() -> None:
    codec = lawful(delimiters={"release": "none"})
    record = {"BGM": {"an": "a?b"}}
    data = write(codec, [record])
    assert data.startswith(b"UNA:+. *'")
    assert bare(read(codec, data)) == [record]
    with pytest.raises(MappingError) as caught:
        write(codec, [{"BGM": {"an": "a+b"}}])
    assert caught.value.rule == "delimiter"


LISTS_REFUSED = [
    pytest.param([{"id": "UNT", "elements": []}], "control-structure", "/segments/0", id="control segment"),
    pytest.param([{"id": "a b", "elements": []}], "type", "/segments/0", id="no tag"),
    pytest.param([{"id": "FTX"}], "type", "/segments/0", id="no elements"),
    pytest.param([{"id": "FTX", "elements": ["a\x00"]}], "character", "/segments/0", id="control character"),
    pytest.param([{"id": "FTX", "elements": [["a"]]}], "type", "/segments/0", id="a list of one"),
    pytest.param("FTX", "type", "/segments", id="no list"),
]


@pytest.mark.parametrize(("segments", "rule", "path"), LISTS_REFUSED)
def test_lists_that_cannot_be_written_are_refused(segments: Any, rule: str, path: str) -> None:
    kind = {"type": "TEST", "version": "D", "release": "1", "agency": "UN"}
    with pytest.raises(MappingError) as caught:
        write(
            edifact(interchange=INTERCHANGE),
            [{"envelope": {"message": {"identifier": kind}}, "segments": segments}],
        )
    assert (caught.value.rule, caught.value.place.path) == (rule, path)
