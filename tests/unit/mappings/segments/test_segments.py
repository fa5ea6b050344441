"""Segments without envelopes: their characters, records out of groups, what is wrong, laws."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from mappings.contract import MappingError, Place
from mappings.formats import FormatDefinition, build
from mappings.json.schema import RecordSchema
from mappings.segments.schema import Leniency
from tests.unit.mappings.segments.samples import read, read_all, rules, segments, told, write

LINES = {
    "segment": "\n",
    "element": "|",
    "component": "^",
    "subcomponent": "&",
    "repetition": "~",
    "release": "\\",
}
NAME = {
    "name": "name",
    "components": [
        {"name": "first", "components": [{"name": "salutation", "required": True}, {"name": "title"}]},
        {"name": "last"},
    ],
}
CONTENT: list[dict[str, Any]] = [
    {"segment": "HDR", "name": "header", "min": 1, "elements": [{"name": "day", "type": "DT 8/8"}]},
    {
        "loop": "order",
        "max": "unbounded",
        "content": [
            {
                "segment": "ORD",
                "name": "head",
                "min": 1,
                "elements": [{"name": "id", "required": True}, NAME],
            },
            {
                "segment": "L",
                "name": "lines",
                "max": "unbounded",
                "elements": [
                    {"name": "sku", "type": "AN 1/9"},
                    {"name": "price", "type": "R 1/9"},
                    {"name": "tags", "repeat": 9, "type": "AN 1/9"},
                ],
            },
        ],
    },
    {"segment": "END", "name": "end", "min": 1, "elements": [{"name": "count", "type": "N0 1/6"}]},
]
WHOLE = segments(delimiters=LINES, content=CONTENT)
ORDERS = segments(delimiters=LINES, content=CONTENT, record="order")
DATA = b"HDR|20261123\nORD|1|Mr&Tom^Fennelly\nL|A-1|1.50|x~y\nL|A\\|2\nORD|2|^Solo\nORD|3\nL|B||z\nEND|3\n"


def test_all_of_the_data_is_one_record() -> None:
    for size in (1, 5, len(DATA)):
        (record,) = read(WHOLE, DATA, size)
        assert record == {
            "header": {"day": "2026-11-23"},
            "order": [
                {
                    "head": {
                        "id": "1",
                        "name": {"first": {"salutation": "Mr", "title": "Tom"}, "last": "Fennelly"},
                    },
                    "lines": [{"sku": "A-1", "price": Decimal("1.50"), "tags": ["x", "y"]}, {"sku": "A|2"}],
                },
                {"head": {"id": "2", "name": {"last": "Solo"}}},
                {"head": {"id": "3"}, "lines": [{"sku": "B", "tags": ["z"]}]},
            ],
            "end": {"count": 3},
        }
    assert write(WHOLE, [record]) == DATA
    assert RecordSchema(dict(WHOLE.schema())).error(record, Place()) is None


def test_each_group_is_a_record() -> None:
    results = read(ORDERS, DATA)
    assert [one.get("order", {}).get("head", {}).get("id") for one in results] == ["1", "2", "3", None]
    assert all(one["header"] == {"day": "2026-11-23"} for one in results)
    assert write(ORDERS, results) == DATA
    see = ORDERS.details()
    assert [see(one) is not None for one in results] == [True, True, True, False]


def test_without_a_definition_each_segment_is_a_record() -> None:
    codec = segments(delimiters={**LINES, "subcomponent": None})
    results = read(codec, DATA)
    assert results[0] == {"id": "HDR", "elements": ["20261123"]}
    assert results[2] == {"id": "L", "elements": ["A-1", "1.50", {"repeat": ["x", "y"]}]}
    assert results[3] == {"id": "L", "elements": ["A|2"]}
    assert write(codec, results) == DATA
    schema = RecordSchema(dict(codec.schema()))
    assert all(schema.error(one, Place()) is None for one in results)


def test_line_ends_and_a_byte_order_mark() -> None:
    expected = read(WHOLE, DATA)
    assert read(WHOLE, DATA.replace(b"\n", b"\r\n")) == expected
    assert read(WHOLE, DATA.rstrip(b"\n")) == expected
    assert read(WHOLE, b"\xef\xbb\xbf" + DATA) == expected
    assert read(WHOLE, DATA + b"\x1a") == expected


def test_no_data_is_no_record() -> None:
    for data in (b"", b"\n", b"\r\n"):
        results, summary = read_all(WHOLE, data)
        assert (results, summary.records, summary.errors) == ([], 0, 0)
    assert write(WHOLE, []) == b""
    assert write(ORDERS, []) == b""


def test_line_breaks_anywhere() -> None:
    marks = {"tag": "=", "component": ":", "release": "?", "line_breaks": "anywhere"}
    codec = segments(delimiters=marks)
    whole = b"STX=ANA:1+A'MHD=1+ORDHDR:9'END=3'"
    wrapped = b"\r\n".join(whole[at : at + 5] for at in range(0, len(whole), 5))
    assert read(codec, wrapped) == read(codec, whole)
    assert read(codec, whole)[0] == {"id": "STX", "elements": [["ANA", "1"], "A"]}
    assert write(codec, read(codec, wrapped)) == whole
    strict = segments(delimiters={**marks, "line_breaks": "between"})
    assert rules(read(strict, wrapped))


WRONG = [
    pytest.param(b"HDR|2026112x\nEND|0\n", ["date"], "/header/day", 0, id="value"),
    pytest.param(b"HDR\nZZZ\nEND|0\n", ["unknown-segment"], None, 4, id="unknown"),
    pytest.param(
        b"HDR\nORD|1|&x\nEND|0\n", ["required-element"], "/order/0/head/name/first/salutation", 4, id="part"
    ),
    pytest.param(
        b"HDR\nORD|1|a&b&c\nEND|0\n", ["components"], "/order/0/head/name/first", 4, id="a part too many"
    ),
    pytest.param(b"HDR\nORD|1&2\nEND|0\n", ["components"], "/order/0/head/id", 4, id="parts in a text"),
    pytest.param(b"HDR\n", ["required-segment"], "/end", 0, id="the last lacks"),
    pytest.param(b"HDR\n\nEND|0\n", ["empty-segment"], None, 4, id="blank line"),
    pytest.param(b"HDR\nORD|\xff\nEND|0\n", ["encoding"], None, 4, id="no UTF-8"),
]


@pytest.mark.parametrize(("data", "expected", "path", "offset"), WRONG)
def test_what_is_wrong_has_a_place(data: bytes, expected: list[str], path: str | None, offset: int) -> None:
    (error,) = read(WHOLE, data)
    assert [error.rule] == expected
    assert error.place.path == path
    assert error.place.byte_offset == offset
    assert (error.place.record, error.raw) == (1, data)
    assert told(read(WHOLE, data, 1)) == told([error])


def test_a_bad_record_costs_itself_alone() -> None:
    results = read(ORDERS, DATA.replace(b"1.50", b"1.5O"))
    assert rules(results) == ["number"]
    assert results[0].raw.startswith(b"HDR|20261123\nORD|1|")
    assert [one["order"]["head"]["id"] for one in results[1:3]] == ["2", "3"]
    bad = read(segments(delimiters={"component": ":"}), b"A+1'b+2'C+3'")
    assert rules(bad) == ["unknown-segment"]
    assert [one["id"] for one in bad if isinstance(one, dict)] == ["A", "C"]


def test_a_segment_that_is_too_long_is_one_error() -> None:
    data = DATA.replace(b"A\\|2", b"x" * 400)
    for size in (1, 50, len(data)):
        results = read(ORDERS, data, size, max_record_bytes=100)
        assert rules(results) == ["record-length"]
        assert [one["order"]["head"]["id"] for one in results[1:3]] == ["2", "3"]
    plain = segments()
    error, last = read(plain, b"A+" + b"x" * 400 + b"'B+1'", max_record_bytes=100)
    assert (error.rule, error.raw_is_cut, len(error.raw)) == ("record-length", True, 100)
    assert last == {"id": "B", "elements": ["1"]}


def test_data_that_ends_inside_of_a_segment_is_told() -> None:
    codec = segments(content=[{"segment": "A", "max": 9}])
    (error,) = read(codec, b"A+1'A+2")
    assert (error.rule, error.place.byte_offset) == ("truncated", 4)
    first, error = read(segments(), b"A+1'A+2")
    assert (first["id"], error.rule) == ("A", "truncated")


def test_separators_that_always_stand() -> None:
    """Whether values are there or not; of a composite without any value its own may be left out."""
    codec = segments(delimiters={**LINES, "separators": "all"}, content=CONTENT)
    good = DATA.replace(b"A\\|2", b"A\\|2||").replace(b"|^Solo", b"|Ms&^Solo").replace(b"ORD|3", b"ORD|3|")
    (record,) = read(codec, good)
    assert write(codec, [record]) == good
    assert record["order"][0]["lines"][1] == {"sku": "A|2"}
    assert rules(read(codec, DATA)) == ["missing-separator"] * 2


@pytest.mark.parametrize(
    ("record", "rule"),
    [
        pytest.param([], "record-type", id="no object"),
        pytest.param({"header": {}}, "required-segment", id="the last lacks"),
        pytest.param({"header": {}, "end": {"count": "1"}}, "type", id="text as number"),
        pytest.param({"header": {}, "end": {}, "x": 1}, "unknown-field", id="unknown"),
        pytest.param(
            {"header": {}, "order": [{"head": {"id": "\ud800"}}], "end": {}}, "encoding", id="surrogate"
        ),
        pytest.param(
            {"header": {}, "order": [{"head": {"id": "a\tb"}}], "end": {}},
            "character",
            id="control character",
        ),
    ],
)
def test_what_cannot_be_written_is_refused(record: Any, rule: str) -> None:
    with pytest.raises(MappingError) as caught:
        write(WHOLE, [record])
    assert caught.value.rule == rule


def test_all_of_the_data_is_one_record_when_writing_too() -> None:
    with pytest.raises(MappingError) as caught:
        write(WHOLE, read(WHOLE, DATA) * 2)
    assert caught.value.rule == "record-count"
    with pytest.raises(MappingError) as caught:
        write(ORDERS, read(ORDERS, DATA)[:2])
    assert caught.value.rule == "required-segment"


def test_without_a_component_separator_nothing_else_is_one() -> None:
    codec = segments(delimiters={"element": "|", "segment": "\n"})
    assert read(codec, b"A|x:y^z\n") == [{"id": "A", "elements": ["x:y^z"]}]
    assert rules(read(codec, "A|x\ue000y\n".encode())) == ["encoding"]
    with pytest.raises(MappingError):
        write(codec, [{"id": "A", "elements": ["\ue000"]}])


UNSOUND: list[tuple[dict[str, Any], str]] = [
    ({"delimiters": {"segment": "+"}}, "delimiters.element: is segment's already"),
    ({"delimiters": {"element": "\n"}}, "delimiters.element: is a line end"),
    ({"delimiters": {"segment": "\r"}}, "delimiters.segment: lines that end"),
    ({"delimiters": {"component": "é"}}, "delimiters.component: is not a character of ASCII"),
    ({"delimiters": {"subcomponent": "&"}, "content": CONTENT[:1]}, "delimiters.component: is needed"),
    ({"delimiters": {"subcomponent": "&", "component": ":"}}, "delimiters.subcomponent: is for content"),
    ({"delimiters": {"separators": "all"}}, "delimiters.separators: is for content"),
    ({"delimiters": {"segment": "\n", "line_breaks": "anywhere"}}, "delimiters.line_breaks: line ends end"),
    ({"record": "x"}, "record: is a group of content"),
    ({"segments": {"A": {"elements": []}}}, "segments: are for content"),
    (
        {"content": CONTENT, "delimiters": {}},
        "content.1.content.0.elements.1.components: delimiters.component",
    ),
    ({"content": CONTENT, "delimiters": {"component": ":"}}, "components.0.components: nothing separates"),
    ({"content": [{"segment": "A"}, {"segment": "A"}]}, "content.0.name: 'A' is the name of another"),
]


@pytest.mark.parametrize(("definition", "said"), UNSOUND, ids=[said[:40] for _, said in UNSOUND])
def test_a_definition_that_contradicts_itself_is_refused(definition: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said.split(":")[0]) as caught:
        segments(**definition)
    assert said in str(caught.value)


def test_losses_are_told() -> None:
    losses = segments(delimiters=LINES, content=CONTENT, lenient=list(Leniency)).losses()
    assert all(": " in one for one in losses)
    assert {word.value for word in Leniency} <= {word for one in losses for word in one.split()}


VALUE = st.text(st.sampled_from("ab|^&~\\é' \""), min_size=1, max_size=6)
ORDER = st.fixed_dictionaries(
    {
        "head": st.fixed_dictionaries(
            {"id": VALUE},
            optional={
                "name": st.fixed_dictionaries(
                    {"last": VALUE},
                    optional={
                        "first": st.fixed_dictionaries({"salutation": VALUE}, optional={"title": VALUE})
                    },
                )
            },
        )
    },
    optional={
        "lines": st.lists(
            st.fixed_dictionaries({"sku": VALUE}, optional={"tags": st.lists(VALUE, min_size=1, max_size=3)}),
            min_size=1,
            max_size=3,
        )
    },
)


@pytest.mark.parametrize("separators", ["needed", "all"])
@settings(max_examples=60, deadline=None)
@given(orders=st.lists(ORDER, max_size=3), size=st.integers(1, 60))
def test_reading_what_was_written_gives_the_record(separators: str, orders: list[Any], size: int) -> None:
    codec = segments(delimiters={**LINES, "separators": separators}, content=CONTENT)
    record = {"header": {"day": "2026-11-23"}, **({"order": orders} if orders else {}), "end": {"count": 1}}
    data = write(codec, [record])
    assert read(codec, data, size) == [record]
    streaming = segments(delimiters={**LINES, "separators": separators}, content=CONTENT, record="order")
    parts = read(streaming, data, size)
    assert write(streaming, parts) == data


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_data_reads_alike_however_it_is_cut(data: st.DataObject) -> None:
    sample = bytearray(DATA)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(sample)))
        piece = data.draw(st.sampled_from([b"\n", b"\\", b"|", b"\r", b"&", b"\xff", b""]))
        sample[at : at + data.draw(st.integers(0, 9))] = piece
    for codec in (WHOLE, ORDERS):
        whole = told(read(codec, bytes(sample)))
        assert told(read(codec, bytes(sample), data.draw(st.integers(1, 20)))) == whole


def test_it_is_one_of_the_formats() -> None:
    definition = TypeAdapter[Any](FormatDefinition).validate_python({"format": "segments"})
    assert read(build(definition), b"A+1'") == [{"id": "A", "elements": ["1"]}]
