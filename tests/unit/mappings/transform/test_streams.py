"""One record to several and several to one, units, and tables in files."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from mappings.contract import MappingError
from mappings.definition import READ_FILE
from mappings.transform import Transform, TransformDefinition, build_transform

PAGE = Path(__file__).parents[4] / "docs" / "mappings" / "transforms.md"


def transform(fields: dict[str, Any], files: dict[str, bytes] | None = None, **keys: Any) -> Transform:
    context = None if files is None else {READ_FILE: files.__getitem__}
    text = json.dumps({"transform": fields, **keys})
    return build_transform(TransformDefinition.model_validate_json(text, strict=True, context=context))


def run(found: Transform, records: list[Any]) -> list[Any]:
    """The results; errors of the decoder are among the records."""
    course = found.run()
    results: list[Any] = []
    for record in records:
        results += course.skip() if isinstance(record, MappingError) else course.feed(record)
    return [*results, *course.finish()]


BAD = MappingError("is bad", rule="bad")


def shown(results: list[Any]) -> list[Any]:
    return [
        (each.rule, each.place.record, each.place.path) if isinstance(each, MappingError) else each
        for each in results
    ]


LINES = {"sku": "sku", "no": "outer.no"}
SPLITS: list[Any] = [
    pytest.param(
        [{"no": 1, "lines": [{"sku": "a"}, {"sku": "b"}]}, {"no": 2, "lines": []}],
        [{"sku": "a", "no": 1}, {"sku": "b", "no": 1}],
        id="items",
    ),
    pytest.param(
        [{"no": 1, "lines": [{"sku": "a"}, {}, {"sku": "c"}]}],
        [{"sku": "a", "no": 1}, ("missing-member", 1, "/lines/1/sku"), {"sku": "c", "no": 1}],
        id="one bad item costs itself",
    ),
    pytest.param(
        [{"no": 1}, BAD, {"no": 3, "lines": "x"}],
        [("missing-member", 1, "/lines"), ("type", 3, "/lines")],
        id="no list",
    ),
]


@pytest.mark.parametrize(("records", "expected"), SPLITS)
def test_one_becomes_several(records: list[Any], expected: list[Any]) -> None:
    found = transform(LINES, each="lines")
    assert shown(run(found, records)) == expected
    assert found.inverse() is None
    assert "one record becomes several" in (found.why_one_way or "")


def item(no: int, value: Any = 0) -> dict[str, Any]:
    return {"no": no, "v": value}


GROUP = {"no": "first.no", "values": {"each": "items", "transform": {"v": {"from": "v", "type": "integer"}}}}
JOINS: list[Any] = [
    pytest.param(
        {"group_by": ["no"]}, [item(1), item(1), item(2), item(1)], [(1, 2), (2, 1), (1, 1)], id="by"
    ),
    pytest.param(
        {"group_by": ["no", "v"]}, [item(1, 1), item(1, 2), item(1, 2)], [(1, 1), (1, 2)], id="by two"
    ),
    pytest.param({"group_by": ["no"]}, [], [], id="none"),
    pytest.param({"group_start": "no == 1"}, [item(1), item(2), item(1)], [(1, 2), (1, 1)], id="start"),
    pytest.param({"group_start": "no == 1"}, [item(2), item(1)], [(2, 1), (1, 1)], id="before the first"),
    pytest.param({"group_size": 2}, [item(1), item(2), item(3), item(4)], [(1, 2), (3, 2)], id="size"),
    pytest.param(
        {"group_size": 2}, [item(1), item(2), item(3)], [(1, 2), ("group-length", 3, None)], id="half a size"
    ),
    pytest.param(
        {"group_by": ["no"], "max_group": 2},
        [item(1), item(1), item(1), item(2)],
        [("group-length", 1, None), (2, 1)],
        id="too many",
    ),
    pytest.param(
        {"group_by": ["no"]},
        [item(1), item(1, "x"), item(2)],
        [("type", 2, "/v"), (2, 1)],
        id="an error is in its own record",
    ),
    pytest.param(
        {"group_by": ["no"]},
        [item(1), BAD, item(1), item(2)],
        [("group-incomplete", 1, None), (2, 1)],
        id="a bad record in a group",
    ),
    pytest.param(
        {"group_by": ["no"]},
        [item(1), BAD, item(2), item(3)],
        [("group-incomplete", 1, None), ("group-incomplete", 3, None), (3, 1)],
        id="a bad record between groups",
    ),
    pytest.param(
        {"group_size": 2},
        [item(1), BAD, item(3), item(4)],
        [("group-incomplete", 1, None), (3, 2)],
        id="a bad record counts",
    ),
    pytest.param(
        {"group_by": ["nothing"]}, [item(1)], [("missing-member", 1, "/nothing")], id="a key that is missing"
    ),
]


@pytest.mark.parametrize(("keys", "records", "expected"), JOINS)
def test_several_become_one(keys: dict[str, Any], records: list[Any], expected: list[Any]) -> None:
    found = transform(GROUP, **keys)
    results = [
        (each["no"], len(each["values"])) if isinstance(each, dict) else each
        for each in shown(run(found, records))
    ]
    assert results == expected
    assert found.inverse() is None
    assert "several records become one" in (found.why_one_way or "")


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), max_size=20))
def test_what_is_joined_is_split_again(pairs: list[tuple[int, int]]) -> None:
    records = [{"no": no, "v": value} for no, value in pairs]
    join = transform({"no": "first.no", "all": {"each": "items", "transform": {"v": "v"}}}, group_by=["no"])
    split = transform({"no": "outer.no", "v": "v"}, each="all")
    assert run(split, run(join, records)) == records


BAD_DEFINITIONS: list[Any] = [
    pytest.param({"each": "a", "group_by": ["b"]}, "has each and group_by", id="both"),
    pytest.param({"group_by": ["a"], "group_size": 2}, "has group_by and group_size", id="two kinds"),
    pytest.param({"max_group": 2}, "max_group belongs to", id="bound alone"),
    pytest.param({"group_size": 0}, "greater than or equal to 1", id="size of nothing"),
    pytest.param({"each": "a +"}, "is no expression", id="no expression"),
    pytest.param({"group_start": "1"}, "never true or false", id="no condition"),
    pytest.param({"group_by": []}, "at least 1", id="no keys"),
]


@pytest.mark.parametrize(("keys", "reason"), BAD_DEFINITIONS)
def test_a_definition_that_contradicts_itself(keys: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        transform({"x": "y"}, **keys)


UNITS: list[Any] = [
    pytest.param({"factor": "1000"}, {}, 2, 2000, id="whole"),
    pytest.param({"factor": "1/100"}, {}, 1999, Decimal("19.99"), id="ratio"),
    pytest.param({"factor": "0.3048"}, {}, Decimal("10"), Decimal("3.048"), id="decimal"),
    pytest.param({"factor": "9/5", "add": "32"}, {}, Decimal("36.6"), Decimal("97.88"), id="with an addend"),
    pytest.param({"factor": "5/9", "add": "-160/9"}, {}, 212, 100, id="exact in the end"),
    pytest.param({"factor": "1000"}, {"source_type": "string", "type": "integer"}, "1.5", 1500, id="text"),
    pytest.param({"factor": "1/4"}, {"type": "string"}, 3, "0.75", id="to text"),
    pytest.param({"factor": "2"}, {}, None, None, id="null"),
]


@pytest.mark.parametrize(("unit", "keys", "value", "expected"), UNITS)
def test_units(unit: dict[str, str], keys: dict[str, Any], value: Any, expected: Any) -> None:
    found = transform({"x": {"from": "y", "unit": unit, **keys}})
    result = found.apply({"y": value})["x"]
    assert (result, type(result)) == (expected, type(expected))
    back = found.inverse() if "type" not in keys or "source_type" in keys else None
    if back is not None:
        assert back.apply({"x": result}) == {"y": value}


BAD_UNITS: list[Any] = [
    pytest.param({"factor": "1/3"}, 1, "unit", id="no exact decimal"),
    pytest.param({"factor": "2"}, "1", "type", id="text"),
    pytest.param({"factor": "2"}, True, "type", id="true"),
    pytest.param({"factor": "2"}, 1.5, "type", id="double"),
    pytest.param({"factor": "2"}, Decimal("NaN"), "unit", id="NaN"),
]


@pytest.mark.parametrize(("unit", "value", "rule"), BAD_UNITS)
def test_what_has_no_value_in_the_other_unit(unit: dict[str, str], value: Any, rule: str) -> None:
    with pytest.raises(MappingError) as caught:
        transform({"x": {"from": "y", "unit": unit}}).apply({"y": value})
    assert (caught.value.rule, caught.value.place.path) == (rule, "/y")


@given(
    st.fractions(max_denominator=50).filter(bool),
    st.fractions(max_denominator=50),
    st.integers(-(10**20), 10**20) | st.decimals(-(10**6), 10**6, places=6),
)
def test_a_unit_goes_back_to_what_it_was(factor: Any, add: Any, value: Any) -> None:
    found = transform({"x": {"from": "y", "unit": {"factor": str(factor), "add": str(add)}}})
    back = found.inverse()
    assert back is not None
    try:
        result = found.apply({"y": value})
    except MappingError as error:
        no_value = error.rule
    else:
        no_value = None
        assert back.apply(result) == {"y": value}
    assert no_value in (None, "unit")


TABLE = b'code,name,iso\r\nD,Germany,DE\r\nF,"France, metropolitan",FR\r\n'


def test_a_table_is_read_from_its_file_and_goes_both_ways() -> None:
    for keys, expected in (({}, "France, metropolitan"), ({"columns": ["code", "iso"]}, "FR")):
        found = transform({"x": {"from": "y", "lookup": "t.csv", **keys}}, {"t.csv": TABLE})
        assert found.apply({"y": "F"}) == {"x": expected}
        back = found.inverse()
        assert back is not None
        assert back.apply({"x": expected}) == {"y": "F"}


def test_the_content_of_a_table_is_part_of_the_definition() -> None:
    text = json.dumps({"transform": {"x": {"from": "y", "lookup": "t.csv"}}})
    given_ = TransformDefinition.model_validate_json(text, context={READ_FILE: lambda name: TABLE})
    again = TransformDefinition.model_validate_json(given_.model_dump_json(by_alias=True, exclude_unset=True))
    assert build_transform(again).apply({"y": "D"}) == {"x": "Germany"}


BAD_TABLES: list[Any] = [
    pytest.param(b"", {}, "two columns", id="empty"),
    pytest.param(b"a\r\n1\r\n", {}, "two columns", id="one column"),
    pytest.param(b"a,b\r\n", {}, "0 rows", id="no rows"),
    pytest.param(b"a,b\r\n1\r\n", {}, "is no CSV file", id="short row"),
    pytest.param(b"a,b\r\n1,2\r\n1,3\r\n", {}, "twice, with different values", id="ambiguous"),
    pytest.param(b"a,b\r\n1,2\r\n", {"columns": ["a", "c"]}, "has no column 'c'", id="column missing"),
    pytest.param(b'a,b\r\n1,"2\r\n', {}, "is no CSV file", id="unclosed quote"),
]


@pytest.mark.parametrize(("data", "keys", "reason"), BAD_TABLES)
def test_a_table_that_is_none(data: bytes, keys: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        transform({"x": {"from": "y", "lookup": "t.csv", **keys}}, {"t.csv": data})


def test_a_table_needs_somebody_to_read_it() -> None:
    with pytest.raises(ValueError, match="none to be read here"):
        transform({"x": {"from": "y", "lookup": "t.csv"}})


def test_the_schema_of_the_source_is_what_is_read_of_it() -> None:
    found = transform(
        {
            "a": "x.y",
            "b": {"from": "n", "type": "string", "source_type": "integer"},
            "c": {"from": "d", "date": {"from": "%Y%m%d"}, "optional": True},
            "e": {"each": "items", "transform": {"f": {"from": "g", "lookup": {"1": "x"}}}},
            "h": {"from": "i + 1", "when": "j"},
            "k": {"constant": 1},
        }
    )
    assert found.source_schema() == {
        "type": "object",
        "properties": {
            "x": {"type": "object", "properties": {"y": {}}, "required": ["y"]},
            "n": {"type": ["integer", "null"]},
            "d": {"type": ["string", "null"]},
            "items": {
                "type": ["array", "null"],
                "items": {
                    "type": "object",
                    "properties": {"g": {"anyOf": [{"enum": ["1"]}, {"type": "null"}]}},
                    "required": ["g"],
                },
            },
            "i": {},
            "j": {},
        },
        "required": ["x", "n", "items"],
    }


def test_the_schemas_of_splits_and_joins() -> None:
    split = transform(LINES, each="lines")
    item_schema = {"type": "object", "properties": {"sku": {}}, "required": ["sku"]}
    lines = {"type": "array", "items": item_schema}
    assert split.source_schema() == {"type": "object", "properties": {"lines": lines}, "required": ["lines"]}
    source = {
        "type": "object",
        "properties": {"lines": {"type": "array", "items": {"properties": {"sku": {"type": "string"}}}}},
    }
    assert split.schema(source)["properties"] == {"sku": {"type": "string"}, "no": {}}
    join = transform({"no": "first.no", "n": "size(items)"}, group_by=["no"])
    assert join.source_schema() == {"type": "object", "properties": {"no": {}}, "required": ["no"]}
    source = {"type": "object", "properties": {"no": {"type": "integer"}}}
    assert join.schema(source)["properties"] == {"no": {"type": "integer"}, "n": {"type": "number"}}
    assert jsonschema_rs.validator_for(join.schema(source)).is_valid({"no": 1, "n": 2})


def test_the_examples_of_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    part = text[text.index("## One to several") :]
    (definitions, lines) = re.findall(r"```(?:yaml|json)\n(.*?)```", part, re.DOTALL)
    found = re.search(r"`(\{\"number\".*?\})` becomes", part)
    assert found is not None
    record, expected = json.loads(found[1]), json.loads(lines)
    given_ = YAML(typ="safe").load(definitions)
    split, join = (build_transform(TransformDefinition.model_validate(each)) for each in given_.values())
    assert run(split, [record]) == expected
    assert run(join, expected) == [{"number": "A-1", "total": 2, "lines": record["lines"]}]
    measures = YAML(typ="safe").load(re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[1])["measures"]
    table = {READ_FILE: lambda name: b"code,name\r\nD,Germany\r\n"}
    measured = build_transform(TransformDefinition.model_validate(measures, context=table))
    source = {"cents": 1999, "fahrenheit": 212, "weight": "1.5", "land": "D"}
    result = {"price": Decimal("19.99"), "celsius": 100, "grams": 1500, "country": "Germany"}
    assert measured.apply(source) == result
    back = measured.inverse()
    assert back is not None
    assert back.apply(result) == source
