"""The tree of items: groups, tables, variants, views and spans, both ways."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.fixed_width.code_pages import Encoding, code_page
from mappings.fixed_width.field_schema import IntegerField, TextField
from mappings.fixed_width.fields import compile_field
from mappings.fixed_width.items import (
    Array,
    BytesAre,
    Choice,
    Field,
    Gap,
    Group,
    ItemError,
    Mark,
    Span,
    ValueIs,
    Variant,
    Views,
    extent,
)
from mappings.fixed_width.items_reading import record_reader
from mappings.fixed_width.items_schema import record_schema
from mappings.fixed_width.items_writing import record_writer

PAGE = code_page(Encoding.US_ASCII)


def text(name: str, length: int, key: str | None = None) -> Field:
    return Field(name, length, compile_field(TextField(at=1, length=length), PAGE), key)


def number(name: str, length: int, key: str | None = None) -> Field:
    return Field(name, length, compile_field(IntegerField(type="integer", at=1, length=length), PAGE), key)


def record(*members: Any) -> Group:
    return Group("", members)


NESTED = record(
    number("outer-count", 1, "outer-count"),
    Array(
        Group(
            "row",
            (
                number("count", 1, "count"),
                Array(text("word", 2), 0, 3, "count"),
                text("end", 1),
            ),
        ),
        1,
        4,
        "outer-count",
    ),
    text("last", 2),
)
MAXIMAL = record(number("n", 1, "n"), Array(text("a", 2), 0, 3, "n", unused=b"--"), text("z", 1))
CHOSEN = record(
    text("kind", 1, "kind"),
    Choice(
        (
            Variant(Group("person", (text("name", 4),)), (ValueIs("kind", ("P",)),)),
            Variant(Group("firm", (number("id", 2),)), (ValueIs("kind", ("F", "G")),)),
            Variant(text("raw", 4)),
        ),
        4,
        b" ",
    ),
    text("z", 1),
)
TRAILING = record(
    Choice(
        (
            Variant(Group("a", (text("tag", 1), text("long", 4))), (BytesAre(0, frozenset({b"A"})),)),
            Variant(Group("b", (text("tag", 1), text("short", 2))), (BytesAre(0, frozenset({b"B"})),)),
        ),
        None,
        b" ",
    )
)
SEEN_TWICE = record(Views((number("n", 3), Group("t", (text("a", 1), text("b", 2)))), 3, b" "), text("z", 1))
SPANNED = record(
    text("a", 1), Mark("from"), text("b", 2), number("c", 2), Mark("to"), text("d", 1),
    Span("whole", "from", "to", compile_field(TextField(at=1, length=4), PAGE)),
)  # fmt: skip

BOTH_WAYS = {
    "nested": (NESTED, b"21aax3aabbccyzz", {
        "outer-count": 2,
        "row": [
            {"count": 1, "word": ["aa"], "end": "x"}, {"count": 3, "word": ["aa", "bb", "cc"], "end": "y"},
        ],
        "last": "zz",
    }),
    "nothing in the inner table": (NESTED, b"10xzz", {
        "outer-count": 1, "row": [{"count": 0, "word": [], "end": "x"}], "last": "zz",
    }),
    "room for all": (MAXIMAL, b"1aa----z", {"n": 1, "a": ["aa"], "z": "z"}),
    "chosen by a field": (CHOSEN, b"Panna.", {"kind": "P", "person": {"name": "anna"}, "z": "."}),
    "a shorter variant": (CHOSEN, b"F12  .", {"kind": "F", "firm": {"id": 12}, "z": "."}),
    "several values": (CHOSEN, b"G12  .", {"kind": "G", "firm": {"id": 12}, "z": "."}),
    "otherwise": (CHOSEN, b"Xabcd.", {"kind": "X", "raw": "abcd", "z": "."}),
    "chosen by bytes": (TRAILING, b"Aabcd", {"a": {"tag": "A", "long": "abcd"}}),
    "ends with its variant": (TRAILING, b"Bab", {"b": {"tag": "B", "short": "ab"}}),
    "seen twice": (SEEN_TWICE, b"123.", {"n": 123, "t": {"a": "1", "b": "23"}, "z": "."}),
    "seen once": (SEEN_TWICE, b"abc.", {"t": {"a": "a", "b": "bc"}, "z": "."}),
    "spanned": (SPANNED, b"abb12d", {"a": "a", "b": "bb", "c": 12, "d": "d", "whole": "bb12"}),
}  # fmt: skip


@pytest.mark.parametrize(("tree", "data", "values"), BOTH_WAYS.values(), ids=BOTH_WAYS)
def test_both_ways(tree: Group, data: bytes, values: Any) -> None:
    assert record_reader(tree)(data) == values
    assert record_writer(tree)(values) == data
    least, most = extent(tree)
    assert least <= len(data) <= most


@pytest.mark.parametrize(("tree", "data", "values"), BOTH_WAYS.values(), ids=BOTH_WAYS)
def test_cut_at_every_byte(tree: Group, data: bytes, values: Any) -> None:
    """Always an error with a place in the record; nothing shorter is a record too."""
    read = record_reader(tree)
    for end in range(len(data)):
        with pytest.raises(ItemError) as caught:
            read(data[:end])
        assert caught.value.rule in ("short-record", "variant", "integer")
        assert 0 <= caught.value.offset <= end
    with pytest.raises(ItemError) as caught:
        read(data + b"?")
    assert (caught.value.rule, caught.value.offset) == ("long-record", len(data))


BAD_DATA = {
    "field in a table": (NESTED, b"21aax1a\x01yzz", "control", "/row/1/word/0", 6),
    "too many": (NESTED, b"14aax", "occurs", "/row/0/word", 2),
    "too few": (NESTED, b"0zz", "occurs", "/row", 1),
    "counter that is none": (NESTED, b"x", "integer", "/outer-count", 0),
    "variant's field": (CHOSEN, b"Fxx  .", "integer", "/firm/id", 1),
    "no variant": (TRAILING, b"Cab", "variant", "", 0),
    "no view": (record(Views((number("n", 2),), 2, b" ")), b"ab", "integer", "/n", 0),
    "gap": (record(text("a", 1), Gap(b"  ", is_checked=True)), b"a x", "gap", "", 2),
}


@pytest.mark.parametrize(("tree", "data", "rule", "pointer", "offset"), BAD_DATA.values(), ids=BAD_DATA)
def test_bad_data(tree: Group, data: bytes, rule: str, pointer: str, offset: int) -> None:
    with pytest.raises(ItemError) as caught:
        record_reader(tree)(data)
    assert (caught.value.rule, caught.value.pointer, caught.value.offset) == (rule, pointer, offset)


BAD_VALUES = {
    "not an object": (NESTED, [], "type", ""),
    "no array": (NESTED, {"row": {}, "last": ""}, "type", "/row"),
    "no object in an array": (NESTED, {"row": [3], "last": ""}, "type", "/row/0"),
    "missing": (NESTED, {"row": [{"word": []}], "last": ""}, "required", "/row/0/end"),
    "unknown": (NESTED, {"row": [], "last": "", "x": 1}, "unknown-field", "/x"),
    "counter differs": (NESTED, {"outer-count": 2, "row": [], "last": ""}, "occurs", "/row"),
    "too many": (NESTED, {"row": [{"word": ["a"] * 4, "end": ""}], "last": ""}, "occurs", "/row/0/word"),
    "field in a table": (NESTED, {"row": [{"word": ["abc"], "end": ""}], "last": ""}, "overflow",
                         "/row/0/word/0"),
    "no variant": (CHOSEN, {"kind": "P", "z": ""}, "required", "/person"),
    "two variants": (CHOSEN, {"kind": "P", "person": {"name": ""}, "raw": "", "z": ""}, "variant", "/person"),
    "another's variant": (CHOSEN, {"kind": "P", "firm": {"id": 1}, "z": ""}, "variant", "/firm"),
    "taken by one before": (CHOSEN, {"kind": "F", "raw": "a", "z": ""}, "variant", "/raw"),
    "told by other bytes": (TRAILING, {"a": {"tag": "B", "long": ""}}, "variant", "/a"),
    "views differ": (SEEN_TWICE, {"n": 123, "t": {"a": "1", "b": "24"}, "z": ""}, "redundant", "/t"),
    "no view": (SEEN_TWICE, {"z": ""}, "required", "/n"),
    "span differs": (SPANNED, {"a": "", "b": "", "c": 1, "d": "", "whole": "x"}, "redundant", "/whole"),
}  # fmt: skip


@pytest.mark.parametrize(("tree", "values", "rule", "pointer"), BAD_VALUES.values(), ids=BAD_VALUES)
def test_bad_values(tree: Group, values: Any, rule: str, pointer: str) -> None:
    with pytest.raises(ItemError) as caught:
        record_writer(tree)(values)
    assert (caught.value.rule, caught.value.pointer) == (rule, pointer)


def test_counters_are_computed() -> None:
    values = {"row": [{"word": ["a", "b"], "end": "."}], "last": "zz"}
    assert record_writer(NESTED)(values) == b"12a b .zz"


def test_a_counter_that_no_table_computes_is_missing() -> None:
    tree = record(
        Array(
            Group(
                "row",
                (
                    text("kind", 1, "kind"),
                    number("n", 1, "n"),
                    Choice(
                        (
                            Variant(Array(text("w", 1), 0, 3, "n"), (ValueIs("kind", ("T",)),)),
                            Variant(text("other", 1)),
                        ),
                        3,
                        b" ",
                    ),
                ),
            ),
            2,
            2,
        ),
    )
    table, other = {"kind": "T", "w": ["a"]}, {"kind": "O", "other": "x"}
    assert record_writer(tree)({"row": [table, table]}) == b"T1a  T1a  "
    for rows, pointer in (([other, table], "/row/1/n"), ([table, other], "/row/n")):
        with pytest.raises(ItemError) as caught:
            record_writer(tree)({"row": rows})
        assert (caught.value.rule, caught.value.pointer) == ("required", pointer)


def test_schema() -> None:
    schema: Any = record_schema(NESTED)
    assert schema["required"] == ["row", "last"]
    assert schema["properties"]["row"]["items"]["properties"]["word"]["maxItems"] == 3
    schema = record_schema(CHOSEN)
    assert schema["allOf"] == [
        {"oneOf": [{"required": ["person"]}, {"required": ["firm"]}, {"required": ["raw"]}]}
    ]


WORDS = st.text("abc", min_size=1, max_size=2)
ROWS = st.lists(
    st.builds(
        lambda words, end: {"count": len(words), "word": words, "end": end},
        st.lists(WORDS, max_size=3),
        st.sampled_from("xyz"),
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None)
@given(ROWS, WORDS)
def test_what_is_written_is_read(rows: list[Any], last: str) -> None:
    values = {"outer-count": len(rows), "row": rows, "last": last}
    assert record_reader(NESTED)(record_writer(NESTED)(values)) == values


TREES = {"nested": NESTED, "maximal": MAXIMAL, "chosen": CHOSEN, "trailing": TRAILING, "twice": SEEN_TWICE}


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
@settings(deadline=None)
@given(data=st.text("012AFPx ", max_size=16).map(str.encode))
def test_any_bytes_are_values_or_an_error(tree: Group, data: bytes) -> None:
    read = record_reader(tree)
    place: int | None = None
    values = None
    try:
        values = read(data)
    except ItemError as error:
        place = error.offset
    if values is None:
        assert place is not None
        assert place <= len(data)
    else:
        again = record_writer(tree)(values)
        assert read(again) == values
        # what fills an area behind a shorter variant, or a table's room, is not kept
        assert len(again) == len(data)
        assert tree in (CHOSEN, MAXIMAL) or again == data
