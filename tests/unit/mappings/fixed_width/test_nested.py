"""Groups, tables, and what varies in length: read, written, and refused with its place."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.contract import MappingError, Place
from mappings.json.schema import RecordSchema
from tests.unit.mappings.fixed_width.samples import fixed, read, write

ORDERS = fixed(
    {
        "encoding": "us-ascii",
        "separator": "lf",
        "fields": {
            "id": {"at": 1, "length": 3},
            "place": {
                "type": "group",
                "at": 5,
                "length": 6,
                "fields": {
                    "zip": {"at": 1, "length": 4},
                    "mark": {"type": "constant", "length": 1, "value": "/"},
                },
            },
            "months": {"length": 2, "type": "integer", "occurs": {"count": 3}},
            "count": {"length": 1, "type": "integer"},
            "lines": {
                "type": "group",
                "occurs": {"min": 1, "max": 4, "depends_on": "count"},
                "fields": {
                    "sku": {"length": 2},
                    "tags": {"length": 1, "type": "integer"},
                    "tag": {"length": 2, "occurs": {"max": 3, "depends_on": "tags"}},
                },
            },
            "note": {"length": 10, "variable": True},
            "end": {"length": 3},
        },
    }
)
DATA = b"A01 8000/ 0102032aa1xxbb0hello END\nA02 9000/ 0000001cc0END\n"
RECORDS: list[Any] = [
    {
        "id": "A01",
        "place": {"zip": "8000"},
        "months": [1, 2, 3],
        "count": 2,
        "lines": [{"sku": "aa", "tags": 1, "tag": ["xx"]}, {"sku": "bb", "tags": 0, "tag": []}],
        "note": "hello ",
        "end": "END",
    },
    {
        "id": "A02",
        "place": {"zip": "9000"},
        "months": [0, 0, 0],
        "count": 1,
        "lines": [{"sku": "cc", "tags": 0, "tag": []}],
        "note": "",
        "end": "END",
    },
]


def test_groups_and_tables_both_ways() -> None:
    for size in (1, 10, 100):
        assert read(ORDERS, DATA, size) == RECORDS
    assert write(ORDERS, RECORDS) == DATA
    schema = RecordSchema(ORDERS.schema())
    assert [schema.error(record, Place()) for record in RECORDS] == [None, None]
    assert schema.error({**RECORDS[0], "months": [1]}, Place()) is not None


def test_counts_that_are_left_out_are_computed() -> None:
    first = {name: value for name, value in RECORDS[0].items() if name != "count"}
    first["lines"] = [{"sku": "aa", "tag": ["xx"]}, {"sku": "bb", "tag": []}]
    assert write(ORDERS, [first]) == DATA.splitlines(keepends=True)[0]
    assert RecordSchema(ORDERS.schema()).error(first, Place()) is None


BAD: list[Any] = [
    pytest.param(b"A01 8000/ 01xx032aa1xxbb0hello END", "integer", 12, "/months/1", id="in a table"),
    pytest.param(b"A01 8000/ 0102030aa1xxbb0hello END", "occurs", 17, "/lines", id="fewer than min"),
    pytest.param(b"A01 8000/ 0102035aa1xxbb0hello END", "occurs", 17, "/lines", id="more than max"),
    pytest.param(b"A01 8000/ 0102032aa1xxbbxhello END", "integer", 24, "/lines/1/tags", id="nested counter"),
    pytest.param(b"A01 8000/ 0102032aa1xxbb9hello END", "occurs", 25, "/lines/1/tag", id="nested count"),
    pytest.param(b"A01x8000/ 0102032aa1xxbb0hello END", "gap", 3, None, id="gap"),
    pytest.param(b"A01 8000- 0102032aa1xxbb0hello END", "constant", 8, "/place", id="constant in a group"),
    pytest.param(b"A01 8000/x0102032aa1xxbb0hello END", "gap", 9, "/place", id="end of a group"),
    pytest.param(b"A01 8000/ 0102032aa1xxbb0EN", "short-record", 25, "/note", id="no foot"),
    pytest.param(b"A01 8000/ 0102032aa1xxbb0hello worldEND", "long-record", 35, "/note", id="long text"),
    pytest.param(b"A01 8000/ 0102032aa1xxb", "short-record", 22, "/lines/1/sku", id="ends in a table"),
    pytest.param(b"A01 8000/ 0102032aa1xxbb0he\x01lo END", "control", 25, "/note", id="control in the text"),
]


@pytest.mark.parametrize(("data", "rule", "offset", "path"), BAD)
def test_what_is_wrong_has_its_place(data: bytes, rule: str, offset: int, path: str | None) -> None:
    error, good = read(ORDERS, data + b"\n" + DATA.splitlines(keepends=True)[1])
    assert (error.rule, error.place.byte_offset, error.place.path) == (rule, offset, path)
    assert error.raw == data
    assert good == RECORDS[1]


REFUSED: list[Any] = [
    pytest.param({"months": [1, 2]}, "occurs", "/months", id="too few"),
    pytest.param({"months": "1,2,3"}, "type", "/months", id="no array"),
    pytest.param({"count": 1}, "occurs", "/lines", id="another count"),
    pytest.param({"lines": []}, "occurs", "/lines", id="none"),
    pytest.param({"note": "hello world"}, "overflow", "/note", id="long text"),
    pytest.param({"note": "a\nb"}, "control", "/note", id="line end in the text"),
    pytest.param({"note": None}, "type", "/note", id="null text"),
    pytest.param({"place": {"zip": "80000"}}, "overflow", "/place/zip", id="in a group"),
    pytest.param({"place": {}}, "required", "/place/zip", id="missing in a group"),
    pytest.param({"place": {"zip": "8", "x": 1}}, "unknown-field", "/place/x", id="unknown in a group"),
    pytest.param({"x": 1}, "unknown-field", "/x", id="unknown"),
    pytest.param({"end": ...}, "required", "/end", id="missing foot"),
    pytest.param({"id": ...}, "required", "/id", id="missing head"),
]


@pytest.mark.parametrize(("changes", "rule", "path"), REFUSED)
def test_what_does_not_fit_is_refused_with_its_place(changes: dict[str, Any], rule: str, path: str) -> None:
    record = {name: value for name, value in (RECORDS[0] | changes).items() if value is not ...}
    with pytest.raises(MappingError) as caught:
        write(ORDERS, [record])
    assert (caught.value.rule, caught.value.place.path) == (rule, path)


def test_truncation_at_every_byte_is_a_placed_error_or_a_shorter_text() -> None:
    line = DATA.splitlines()[0]
    for end in range(len(line)):
        for result in read(ORDERS, line[:end]):
            if isinstance(result, MappingError):
                assert result.place.record == 1
                assert result.raw == line[:end]
            else:  # the text is shorter, and what were its last bytes are the foot
                assert write(ORDERS, [result]) == line[:end] + b"\n"


OPTIONAL = fixed(
    {
        "encoding": "us-ascii",
        "separator": "lf",
        "fields": {
            "a": {"length": 2},
            "b": {"length": 2, "type": "integer", "optional": True},
            "c": {"length": 2, "optional": True, "nullable": True},
            "d": {"type": "group", "optional": True, "fields": {"e": {"length": 1}, "f": {"length": 1}}},
        },
    }
)


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("aa", {"b": None, "c": None, "d": None}),
        ("aa12", {"b": 12, "c": None, "d": None}),
        ("aa12cc", {"b": 12, "c": "cc", "d": None}),
        ("aa12  ef", {"b": 12, "c": None, "d": {"e": "e", "f": "f"}}),
    ],
)
def test_a_record_may_end_before_optional_fields(line: str, values: dict[str, Any]) -> None:
    record = {"a": "aa", **values}
    assert read(OPTIONAL, line.encode()) == [record]
    assert write(OPTIONAL, [record]) == line.encode() + b"\n"
    assert RecordSchema(OPTIONAL.schema()).error(record, Place()) is None


def test_optional_fields_are_whole_and_follow_each_other() -> None:
    for line, rule, path in ((b"aa1", "short-record", "/b"), (b"aa12ccefg", "long-record", None)):
        (error,) = read(OPTIONAL, line)
        assert (error.rule, error.place.path) == (rule, path)
    with pytest.raises(MappingError) as caught:
        write(OPTIONAL, [{"a": "aa", "b": None, "c": "cc", "d": None}])
    assert (caught.value.rule, caught.value.place.path) == ("type", "/b")
    with pytest.raises(MappingError) as caught:
        write(OPTIONAL, [{"a": "aa", "b": 1, "c": "cc"}])
    assert (caught.value.rule, caught.value.place.path) == ("required", "/d")


REST = fixed(
    {
        "encoding": "cp037",
        "record_format": "V",
        "fields": {
            "n": {"length": 1, "type": "integer", "usage": "binary"},
            "amounts": {
                "type": "group",
                "occurs": {"max": 3},
                "fields": {"v": {"length": 2, "type": "decimal", "scale": 1, "usage": "packed"}},
            },
        },
    }
)


def test_a_table_may_take_what_the_record_has_left() -> None:
    data = bytes.fromhex("000500000100090000fe123c456d")
    records = [
        {"n": 1, "amounts": []},
        {"n": -2, "amounts": [{"v": Decimal("12.3")}, {"v": Decimal("-45.6")}]},
    ]
    assert read(REST, data) == records
    assert write(REST, records) == data
    for wrong, rule, path in (
        ("00080000fe123c45", "occurs", "/amounts"),
        ("000d0000fe" + "123c" * 4, "long-record", "/amounts"),
        ("00090000fe123c4567", "packed", "/amounts/1/v"),
    ):
        (error,) = read(REST, bytes.fromhex(wrong))
        assert (error.rule, error.place.path) == (rule, path)
    with pytest.raises(MappingError) as caught:
        write(REST, [{"n": 1, "amounts": [{"v": 1}, {"v": "x"}]}])
    assert (caught.value.rule, caught.value.place.path) == ("type", "/amounts/1/v")


def test_there_may_be_room_for_all_occurrences() -> None:
    fields = {
        "n": {"length": 1, "type": "integer"},
        "t": {"length": 2, "occurs": {"max": 3, "depends_on": "n", "room": "all"}},
        "z": {"length": 1},
    }
    codec = fixed({"encoding": "us-ascii", "record_length": 8, "fields": fields})
    assert read(codec, b"2aabbxxZ") == [{"n": 2, "t": ["aa", "bb"], "z": "Z"}]
    assert write(codec, [{"n": 2, "t": ["aa", "bb"], "z": "Z"}]) == b"2aabb  Z"
    assert [loss.split(":")[0] for loss in codec.losses()] == ["fields.t"]


def test_a_table_in_records_of_one_length_is_followed_by_the_fill_character() -> None:
    fields = {
        "n": {"length": 1, "type": "integer"},
        "t": {"length": 2, "occurs": {"max": 3, "depends_on": "n"}},
    }
    codec = fixed({"encoding": "us-ascii", "record_length": 8, "fill": ".", "fields": fields})
    assert read(codec, b"2aabb...") == [{"n": 2, "t": ["aa", "bb"]}]
    assert write(codec, [{"n": 2, "t": ["aa", "bb"]}]) == b"2aabb..."
    (error,) = read(codec, b"2aabb.x.")
    assert (error.rule, error.place.byte_offset) == ("gap", 6)


def test_totals_over_groups_and_tables() -> None:
    item = {"sku": {"length": 2}, "amount": {"length": 3, "type": "decimal", "scale": 1}}
    codec = fixed(
        {
            "encoding": "us-ascii",
            "separator": "lf",
            "records": {
                "order": {
                    "match": {"at": 1, "value": "O"},
                    "fields": {
                        "n": {"at": 2, "length": 1, "type": "integer"},
                        "items": {"type": "group", "occurs": {"max": 5, "depends_on": "n"}, "fields": item},
                    },
                },
                "end": {
                    "match": {"at": 1, "value": "T"},
                    "min": 1,
                    "max": 1,
                    "fields": {
                        "orders": {"at": 2, "length": 2, "type": "integer", "equals": "count(order)"},
                        "items": {"length": 2, "type": "integer", "equals": "count(order.items)"},
                        "sum": {
                            "length": 5,
                            "type": "decimal",
                            "scale": 1,
                            "equals": "sum(order.items.amount)",
                        },
                        "more": {"length": 3, "optional": True},
                    },
                },
            },
        }
    )
    data = b"O2aa010bb025\nO0\nO1cc100\nT030300135\n"
    records = read(codec, data)
    assert [one for one in records if isinstance(one, MappingError)] == []
    assert records[-1] == {"end": {"orders": 3, "items": 3, "sum": Decimal("13.5"), "more": None}}
    assert write(codec, records) == data
    assert write(codec, [*records[:-1], {"end": {"more": None}}]) == data
    wrong = read(codec, data.replace(b"T0303", b"T0304"))[-1]
    assert (wrong.rule, wrong.place.path, wrong.excerpt) == ("total", "/end/items", "4, not 3")
    assert wrong.place.byte_offset == 24 + 3
    unknown = read(codec, data.replace(b"O1cc100", b"O1ccx00"))
    assert [one.rule for one in unknown if isinstance(one, MappingError)] == ["decimal"]


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "sku": st.text("abc", min_size=0, max_size=2),
                "tag": st.lists(st.text("xyz", max_size=2), max_size=3),
            }
        ),
        min_size=1,
        max_size=4,
    ),
    st.text("abc d", max_size=10),
    st.integers(1, 40),
)
@settings(max_examples=100, deadline=None)
def test_round_trip(lines: list[Any], note: str, size: int) -> None:
    record = RECORDS[0] | {"lines": lines, "note": note}
    del record["count"]
    data = write(ORDERS, [record, record])
    (first, second) = read(ORDERS, data, size)
    assert first == second
    assert first["note"] == note
    assert [{name: line[name] for name in ("sku", "tag")} for line in first["lines"]] == lines
    assert write(ORDERS, [first, second]) == data
