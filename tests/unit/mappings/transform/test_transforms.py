"""Field maps: what they give, whether and how they go back, and what schema they have."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.contract import JsonValue
from mappings.transform import Transform, TransformDefinition, build_transform


def transform(fields: dict[str, Any]) -> Transform:
    """As a configuration is read: strictly, from JSON."""
    text = json.dumps({"transform": fields})
    return build_transform(TransformDefinition.model_validate_json(text, strict=True))


RECORD: dict[str, JsonValue] = {
    "line": {"invoice": "A-1", "amount": Decimal("10.50"), "day": "23.11.2026", "code": "2", "note": None},
    "header": {"account": "0007"},
    "items": [{"sku": "x", "qty": "3"}, {"sku": "y", "qty": "4"}],
    "count": 5,
}
GIVES: dict[str, tuple[dict[str, Any], dict[str, JsonValue]]] = {
    "rename": ({"invoice_no": "line.invoice"}, {"invoice_no": "A-1"}),
    "nest": ({"a.b.c": "count", "a.d": "count"}, {"a": {"b": {"c": 5}, "d": 5}}),
    "quoted-target": ({"`a.b`.c": "count"}, {"a.b": {"c": 5}}),
    "expression": ({"net": "line.amount - 0.50"}, {"net": Decimal("10.00")}),
    "from": ({"x": {"from": "count"}}, {"x": 5}),
    "constant": ({"x": {"constant": "payment"}}, {"x": "payment"}),
    "constant-null": ({"x": {"constant": None}}, {"x": None}),
    "constant-fraction-is-exact": ({"x": {"constant": 1.1}}, {"x": Decimal("1.1")}),
    "default-missing": ({"x": {"from": "line.nothing", "default": 0}}, {"x": 0}),
    "default-missing-below": ({"x": {"from": "nothing.at.all", "default": "-"}}, {"x": "-"}),
    "default-null": ({"x": {"from": "line.note", "default": "-"}}, {"x": "-"}),
    "default-in-expression": ({"x": {"from": "line.nothing + 1", "default": 0}}, {"x": 0}),
    "optional-missing": ({"x": {"from": "line.nothing", "optional": True}, "y": "count"}, {"y": 5}),
    "optional-null": ({"x": {"from": "line.note", "optional": True}}, {"x": None}),
    "when-true": ({"x": {"from": "count", "when": "count > 4"}}, {"x": 5}),
    "when-false": ({"x": {"from": "nothing", "when": "count > 5"}}, {}),
    "constant-when": ({"x": {"constant": 1, "when": "has(nothing)"}}, {}),
    "to-integer": ({"x": {"from": "header.account", "type": "integer"}}, {"x": 7}),
    "to-decimal": ({"x": {"from": "header.account", "type": "decimal"}}, {"x": Decimal(7)}),
    "to-string": ({"x": {"from": "line.amount", "type": "string"}}, {"x": "10.50"}),
    "to-boolean": ({"x": {"from": '"true"', "type": "boolean"}}, {"x": True}),
    "type-that-it-has": ({"x": {"from": "count", "type": "integer"}}, {"x": 5}),
    "null-stays-null": ({"x": {"from": "line.note", "type": "integer"}}, {"x": None}),
    "lookup": ({"x": {"from": "line.code", "lookup": {"1": "EUR", "2": "USD"}}}, {"x": "USD"}),
    "lookup-otherwise": (
        {"x": {"from": "line.code", "lookup": {"1": "EUR"}, "otherwise": None}},
        {"x": None},
    ),
    "lookup-of-number": (
        {"x": {"from": "count", "lookup": {"5": True}, "source_type": "integer"}},
        {"x": True},
    ),
    "date-from": ({"x": {"from": "line.day", "date": {"from": "%d.%m.%Y"}}}, {"x": "2026-11-23"}),
    "date-from-to": (
        {"x": {"from": "line.day", "date": {"from": "%d.%m.%Y", "to": "%Y%m%d"}}},
        {"x": "20261123"},
    ),
    "datetime": (
        {"x": {"from": '"20261123 0815"', "date": {"from": "%Y%m%d %H%M", "offset": "+01:00"}}},
        {"x": "2026-11-23T08:15:00+01:00"},
    ),
    "each": (
        {"x": {"each": "items", "transform": {"id": "sku", "n": {"from": "qty", "type": "integer"}}}},
        {"x": [{"id": "x", "n": 3}, {"id": "y", "n": 4}]},
    ),
    "each-outer": (
        {"x": {"each": "items", "transform": {"id": "sku + outer.header.account"}}},
        {"x": [{"id": "x0007"}, {"id": "y0007"}]},
    ),
    "each-of-scalars": (
        {"x": {"each": "[1, 2]", "transform": {"v": "this * 2"}}},
        {"x": [{"v": 2}, {"v": 4}]},
    ),
    "each-missing": ({"x": {"each": "nothing", "transform": {"a": "b"}, "optional": True}}, {}),
    "whole": ({"x": "this"}, {"x": RECORD}),
}


@pytest.mark.parametrize(("fields", "expected"), GIVES.values(), ids=GIVES)
def test_gives(fields: dict[str, Any], expected: dict[str, JsonValue]) -> None:
    before = repr(RECORD)
    found = transform(fields)
    result = found.apply(RECORD)
    assert result == expected
    assert list(result) == list(expected)
    assert repr(RECORD) == before
    schema = found.schema()
    assert jsonschema_rs.Draft202012Validator(schema).is_valid(result), schema


def test_a_record_that_is_no_object() -> None:
    assert transform({"value": "this"}).apply([1]) == {"value": [1]}


ONE_WAY = {
    "expression": ({"a": "b + 1"}, "a: its source is an expression"),
    "whole": ({"a": "this"}, "a: its source is the whole record"),
    "condition": ({"a": {"from": "b", "when": "c"}}, "a: it has a condition"),
    "default": ({"a": {"from": "b", "default": 1}}, "a: it has a default"),
    "type": ({"a": {"from": "b", "type": "integer"}}, "source_type says it"),
    "otherwise": ({"a": {"from": "b", "lookup": {"x": "y"}, "otherwise": 1}}, "a: its lookup has otherwise"),
    "lookup-same-value": (
        {"a": {"from": "b", "lookup": {"x": "1", "y": "1"}}},
        "same value for several keys",
    ),
    "lookup-mixed": ({"a": {"from": "b", "lookup": {"x": "1", "y": 1}}}, "not all text"),
    "same-source": ({"a": "b", "c": "b"}, "the source b: this target is there twice"),
    "source-inside": ({"a": "b", "c": "b.d"}, "lies inside"),
    "item": ({"a": {"each": "b", "transform": {"c": "d + 1"}}}, "a: c: its source is an expression"),
    "outer": ({"a": {"each": "b", "transform": {"c": "outer.d"}}}, "a: c: its source is outside the item"),
    "constant-when": ({"a": {"constant": 1, "when": "b"}}, "a: it has a condition"),
}


@pytest.mark.parametrize(("fields", "reason"), ONE_WAY.values(), ids=ONE_WAY)
def test_one_way(fields: dict[str, Any], reason: str) -> None:
    found = transform(fields)
    assert found.inverse() is None
    assert found.why_one_way is not None
    assert reason in found.why_one_way


BOTH_WAYS: dict[str, Any] = {
    "payment.`invoice.no`": "line.invoice",
    "payment.amount": 'this["line"].amount',
    "payment.kind": {"constant": "credit"},
    "account": {"from": "header.account", "type": "integer", "source_type": "string"},
    "text": {"from": "header.number", "type": "string", "source_type": "decimal"},
    "sure": {"from": "header.sure", "type": "boolean", "source_type": "string"},
    "currency": {"from": "line.currency", "lookup": {"1": "EUR", "2": "USD"}},
    "urgent": {"from": "line.urgent", "lookup": {"0": False, "1": True}, "source_type": "integer"},
    "day": {"from": "line.day", "date": {"from": "%d.%m.%Y", "to": "%Y%m%d"}},
    "note": {"from": "line.note", "optional": True},
    "items": {"each": "items", "transform": {"id.sku": "sku", "this": "outer_qty", "outer": "`odd name`"}},
}
TEXT = st.text(max_size=5)
SOURCES = st.fixed_dictionaries(
    {
        "line": st.fixed_dictionaries(
            {
                "invoice": TEXT,
                "amount": st.decimals(-1000, 1000, places=2),
                "currency": st.sampled_from(["1", "2"]),
                "urgent": st.sampled_from([0, 1]),
                "day": st.dates().map(lambda day: f"{day.day:02}.{day.month:02}.{day.year:04}"),
            },
            optional={"note": st.one_of(st.none(), TEXT)},
        ),
        "header": st.fixed_dictionaries(
            {
                "account": st.integers(-999, 999).map(str),
                "number": st.decimals(-1000, 1000, places=3),
                "sure": st.sampled_from(["true", "false"]),
            }
        ),
        "items": st.lists(
            st.fixed_dictionaries({"sku": TEXT, "outer_qty": st.integers(), "odd name": TEXT}), max_size=3
        ),
    }
)


@given(SOURCES)
def test_there_and_back(record: dict[str, JsonValue]) -> None:
    there = transform(BOTH_WAYS)
    back = there.inverse()
    assert back is not None
    assert back.inverse() is there
    result = there.apply(record)
    assert back.apply(result) == record
    assert there.apply(back.apply(result)) == result
    assert jsonschema_rs.Draft202012Validator(there.schema()).is_valid(result)


def test_the_schema_takes_what_the_source_says() -> None:
    source: dict[str, JsonValue] = {
        "type": "object",
        "properties": {
            "a": {"type": "integer", "minimum": 1},
            "items": {"type": "array", "items": {"properties": {"b": {"type": ["string", "null"]}}}},
        },
    }
    fields = {
        "x.y": "a",
        "n": "a > 1",
        "z": {"each": "items", "transform": {"c": {"from": "b", "type": "integer"}, "d": "b"}},
    }
    assert transform(fields).schema(source) == {
        "type": "object",
        "properties": {
            "x": {
                "type": "object",
                "properties": {"y": {"type": "integer", "minimum": 1}},
                "required": ["y"],
                "additionalProperties": False,
            },
            "n": {"type": "boolean"},
            "z": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"c": {"type": ["integer", "null"]}, "d": {"type": ["string", "null"]}},
                    "required": ["c", "d"],
                    "additionalProperties": False,
                },
            },
        },
        "required": ["x", "n", "z"],
        "additionalProperties": False,
    }
