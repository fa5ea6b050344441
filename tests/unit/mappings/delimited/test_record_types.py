"""Several types of record: their order, their totals, both ways; what is wrong with definitions of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.contract import Context, MappingError
from mappings.delimited import DelimitedDefinition, DelimitedFormat

AMOUNT = {"type": "decimal", "scale": 2}
RECORDS: dict[str, Any] = {
    "head": {"match": "H", "min": 1, "max": 1, "fields": {"no": {}}},
    "line": {"match": ["D", "R"], "fields": {"kind": {}, "text": {"nullable": True}, "amount": AMOUNT}},
    "note": {"fields": {"word": {}, "rest": {}}},
    "tail": {
        "match": "T",
        "min": 1,
        "max": 1,
        "fields": {
            "lines": {"type": "integer", "equals": "count(line)"},
            "sum": {**AMOUNT, "equals": "sum(line.amount)"},
        },
    },
}
GROUPS = {"order": {"records": ["head", "line", "note", "tail"], "min": 1}}
BASE: dict[str, Any] = {"records": RECORDS, "groups": GROUPS, "line_ending": "lf"}


def compiled(**changes: Any) -> DelimitedFormat:
    return DelimitedFormat(DelimitedDefinition.model_validate({"format": "delimited", **BASE, **changes}))


def read(codec: DelimitedFormat, data: bytes, size: int = 3) -> list[Any]:
    decoder = codec.decoder(Context())
    results: list[Any] = []
    for start in range(0, len(data), size):
        results += decoder.feed(data[start : start + size])
    last, summary = decoder.finish()
    results += last
    assert summary.errors == sum(isinstance(each, MappingError) for each in results)
    return results


def write(codec: DelimitedFormat, rows: list[Any]) -> bytes:
    encoder = codec.encoder(Context())
    return b"".join([*(encoder.encode([row]) for row in rows), encoder.finish()])


def line(text: str | None, amount: str, kind: str = "D") -> dict[str, Any]:
    return {"line": {"kind": kind, "text": text, "amount": Decimal(amount)}}


TEXTS = st.text(st.sampled_from('HDRT,"\n#\r ab'), max_size=4)
LINES = st.builds(
    lambda kind, text, amount: {"line": {"kind": kind, "text": text, "amount": amount}},
    st.sampled_from("DR"),
    TEXTS.filter(bool) | st.none(),
    st.decimals(-1000, 1000, places=2),
)
NOTES = st.builds(
    lambda word, rest: {"note": {"word": word, "rest": rest}},
    TEXTS.filter(lambda word: word not in "HDRT"),
    TEXTS,
)


@st.composite
def orders(draw: st.DrawFn) -> list[Any]:
    rows: list[Any] = []
    for number in range(draw(st.integers(1, 3))):
        lines, notes = draw(st.lists(LINES, max_size=3)), draw(st.lists(NOTES, max_size=2))
        total = sum((each["line"]["amount"] for each in lines), Decimal(0))
        tail = {"tail": {"lines": len(lines), "sum": total}}
        rows += [{"head": {"no": str(number)}}, *lines, *notes, tail]
    return rows


@given(orders(), st.integers(1, 30), st.sampled_from([1, 2]), st.sampled_from(["minimal", "all"]))
@settings(max_examples=150, deadline=None)
def test_what_was_written_is_read_again(rows: list[Any], size: int, column: int, quoting: str) -> None:
    codec = compiled(quoting=quoting) if column == 1 else compiled(quoting=quoting, comment="#")
    for row in rows:
        jsonschema_rs.validator_for(codec.schema()).validate(row)
    data = write(codec, rows)
    assert read(codec, data, size) == rows
    left_out = [{"tail": {}} if "tail" in row else row for row in rows]
    assert write(codec, left_out) == data


GOOD = b"H,1\nD,a,1.50\nR,,2.00\nhello,world\nT,2,3.50\n"
DATA: list[Any] = [
    pytest.param(GOOD, [], id="good"),
    pytest.param(GOOD.replace(b"T,2", b"T,3"), [("total", 5, "/tail/lines")], id="another count"),
    pytest.param(GOOD.replace(b"3.50", b"3.51"), [("total", 5, "/tail/sum")], id="another sum"),
    pytest.param(GOOD.replace(b"1.50", b"x"), [("decimal", 2, "/line/amount")], id="sum of a bad line"),
    pytest.param(
        GOOD.replace(b"D,a,1.50", b'D,"a"b,1'), [("after-quote", 2, None)], id="count with a bad line"
    ),
    pytest.param(GOOD.replace(b"D,a,", b"D,"), [("short-row", 2, "/line")], id="short row"),
    pytest.param(
        GOOD + b"D,a,1.50\n", [("missing-record", 6, "/head"), ("missing-record", 7, "/tail")], id="no head"
    ),
    pytest.param(b"H,1\nH,2\nT,0,0\n", [("missing-record", 2, "/tail")], id="no tail"),
    pytest.param(b"", [("missing-record", 1, "/order")], id="nothing"),
]


@pytest.mark.parametrize(("data", "expected"), DATA)
def test_reads(data: bytes, expected: list[Any]) -> None:
    for size in (1, 1000):
        found = [
            (each.rule, each.place.record, each.place.path)
            for each in read(compiled(), data, size)
            if isinstance(each, MappingError)
        ]
        assert found == expected


def test_a_row_of_no_type_makes_totals_unknown() -> None:
    records = {name: each for name, each in RECORDS.items() if name != "note"}
    codec = compiled(records=records, groups={"order": {"records": ["head", "line", "tail"]}})
    results = read(codec, GOOD)
    assert [each.rule for each in results if isinstance(each, MappingError)] == ["unknown-record"]
    assert results[-1] == {"tail": {"lines": 2, "sum": Decimal("3.50")}}
    (error,) = [each for each in results if isinstance(each, MappingError)]
    assert (error.place.record, error.place.byte_offset, error.raw) == (4, 21, b"hello,world")


def test_cut_at_every_byte_gives_placed_errors_and_no_shifted_record() -> None:
    codec = compiled()
    whole = read(codec, GOOD)
    for cut in range(len(GOOD)):
        results = read(codec, GOOD[:cut])
        complete = GOOD[:cut].count(b"\n")
        assert results[:complete] == whole[:complete]
        assert all(isinstance(each, MappingError) for each in results[complete + 1 :])


def test_flows_see_lines_with_their_head() -> None:
    see = compiled().details()
    seen = [see(each) for each in read(compiled(), GOOD)]
    head = {"head": {"no": "1"}}
    assert seen[0] is None
    assert seen[1] == {**head, **line("a", "1.50")}


BAD_RECORDS: list[Any] = [
    pytest.param([{"head": {"no": "1"}, "line": {}}], "record-type", "", id="two types"),
    pytest.param([{"x": {}}], "unknown-record", "/x", id="unknown type"),
    pytest.param([{"head": {}}], "required", "/head/no", id="field missing"),
    pytest.param([{"head": {"no": "1", "x": 1}}], "unknown-field", "/head/x", id="field unknown"),
    pytest.param([line("a", "1")], "missing-record", "/head", id="line first"),
    pytest.param([{"head": {"no": "1"}}, line("a", "1", "X")], "match", "/line/kind", id="of no type"),
    pytest.param(
        [{"head": {"no": "1"}}, {"note": {"word": "T", "rest": ""}}],
        "match",
        "/note/word",
        id="of another type",
    ),
    pytest.param(
        [{"head": {"no": "1"}}, {"tail": {"lines": 1, "sum": 0}}], "total", "/tail/lines", id="another total"
    ),
    pytest.param([{"head": {"no": "1"}}], "missing-record", "/tail", id="no tail"),
]


@pytest.mark.parametrize(("rows", "rule", "path"), BAD_RECORDS)
def test_what_cannot_be_written_is_refused(rows: list[Any], rule: str, path: str) -> None:
    with pytest.raises(MappingError) as caught:
        write(compiled(), rows)
    assert (caught.value.rule, caught.value.place.path or "") == (rule, path)


def test_the_type_may_stand_in_another_column() -> None:
    records = {
        "a": {"match": "A", "fields": {"x": {}, "y": {}}},
        "b": {"match": ["B", "C"], "fields": {"x": {}, "kind": {}}},
    }
    codec = compiled(records=records, groups={}, type_column=2, order="any")
    rows = [{"a": {"x": "1", "y": "2"}}, {"b": {"x": "3", "kind": "C"}}]
    assert write(codec, rows) == b"1,A,2\n3,C\n"
    assert read(codec, b"1,A,2\n3,C\n") == rows


def one(**changes: Any) -> dict[str, Any]:
    return {"records": {"a": {"match": "A", "fields": {"x": {}}, **changes}}, "groups": {}}


BAD_DEFINITIONS: list[Any] = [
    pytest.param({"fields": {"a": {}}}, "either fields or records", id="fields and records"),
    pytest.param({"header": True}, "header: several types", id="header row"),
    pytest.param({"other_columns": "ignore"}, "other_columns: several types", id="columns of a header row"),
    pytest.param(one(min=2, max=1), "records.a.max: is less than min", id="bounds"),
    pytest.param(one(fields={"x": {"column": "X"}}), "records.a.fields.x.column", id="column name"),
    pytest.param(one(match=None, fields={}), "needs the column of its type", id="no field for the type"),
    pytest.param({**one(), "type_column": 3}, "its rows have no column 3", id="column beyond"),
    pytest.param(one(match="A\n"), "match: holds a line end", id="line end in match"),
    pytest.param({**one(match=" A"), "spaces": "trim"}, "and spaces are trimmed", id="space in match"),
    pytest.param(
        {**one(match="A,B"), "quote": None}, "cannot be written without quotes", id="delimiter in match"
    ),
    pytest.param(
        one(match=["A", "B"], fields={"x": {"type": "integer"}}), "can never be 'A'", id="unreachable"
    ),
    pytest.param(
        {"records": {"a": {"match": "A"}, "b": {"match": "A"}}, "groups": {}},
        "'A' is 'a' too",
        id="ambiguous",
    ),
    pytest.param(
        {"records": {"a": {"fields": {"x": {}}}, "b": {"fields": {"x": {}}}}, "groups": {}},
        "only one type may be without",
        id="two without match",
    ),
    pytest.param({"groups": {"g": {"records": ["nobody"]}}}, "neither a type of record nor", id="group"),
    pytest.param(
        {**one(fields={"x": {"type": "integer", "equals": "count(b)"}})},
        "'b' is no type",
        id="total of nobody",
    ),
    pytest.param(
        {**one(fields={"x": {"type": "integer", "equals": "sum(a.y)"}})}, "a.y is no number", id="sum of text"
    ),
    pytest.param(
        {**one(fields={"x": {"type": "decimal", "scale": 2, "equals": "count(a)"}})},
        "whole number",
        id="count",
    ),
]


@pytest.mark.parametrize(("changes", "message"), BAD_DEFINITIONS)
def test_a_definition_that_contradicts_itself_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compiled(**changes)


def test_all_contradictions_are_told_at_once() -> None:
    with pytest.raises(ValueError) as caught:
        compiled(header=True, comment=",", null='"', **one(min=2, max=1))
    assert len(str(caught.value).splitlines()) == 4
