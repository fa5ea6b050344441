"""What transforms refuse: definitions that contradict themselves, and records that do not fit them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from mappings.contract import MappingError
from mappings.transform import Transform, TransformDefinition, build_transform


def transform(fields: dict[str, Any]) -> Transform:
    text = json.dumps({"transform": fields})
    return build_transform(TransformDefinition.model_validate_json(text, strict=True))


BAD_DEFINITIONS: dict[str, tuple[dict[str, Any], str]] = {
    "no-fields": ({}, "at least 1 item"),
    "not-an-expression": ({"a": "b +"}, "is no expression: column 4"),
    "not-text": ({"a": 5}, "valid string"),
    "a-list": ({"a": ["b"]}, "valid string"),
    "unknown-key": ({"a": {"form": "b"}}, "Extra inputs are not permitted"),
    "no-origin": ({"a": {"type": "integer"}}, "exactly one of: from, constant, each"),
    "two-origins": ({"a": {"from": "b", "constant": 1}}, "has from and constant"),
    "null-origin": ({"a": {"from": None}}, "its source is null"),
    "each-without-transform": ({"a": {"each": "b"}}, "each and transform go together"),
    "transform-without-each": (
        {"a": {"from": "b", "transform": {"c": "d"}}},
        "each and transform go together",
    ),
    "each-with-type": ({"a": {"each": "b", "transform": {"c": "d"}, "type": "string"}}, "type cannot stand"),
    "constant-with-default": ({"a": {"constant": 1, "default": 2}}, "default cannot stand beside constant"),
    "otherwise-alone": ({"a": {"from": "b", "otherwise": 1}}, "otherwise belongs to a lookup"),
    "lookup-and-type": ({"a": {"from": "b", "lookup": {"x": 1}, "type": "string"}}, "leave type out"),
    "lookup-empty": ({"a": {"from": "b", "lookup": {}}}, "at least 1 item"),
    "lookup-never-fits": (
        {"a": {"from": "b", "lookup": {"07": "x"}, "source_type": "integer"}},
        "'07' is not how a whole number is written",
    ),
    "date-and-type": ({"a": {"from": "b", "date": {"from": "%Y%m%d"}, "type": "string"}}, "stays text"),
    "date-empty": ({"a": {"from": "b", "date": {}}}, "needs from, to, or both"),
    "date-two-digit-year": ({"a": {"from": "b", "date": {"from": "%y%m%d"}}}, "%y is not one of"),
    "date-without-day": ({"a": {"from": "b", "date": {"from": "%Y-%m"}}}, "lacks %d"),
    "date-twice": ({"a": {"from": "b", "date": {"from": "%Y%m%d%d"}}}, "occurs twice"),
    "date-and-time": ({"a": {"from": "b", "date": {"from": "%Y%m%d", "to": "%Y%m%d%H%M%z"}}}, "time of day"),
    "date-offset-missing": ({"a": {"from": "b", "date": {"from": "%Y%m%d%H%M"}}}, "needs offset"),
    "date-offset-needless": ({"a": {"from": "b", "date": {"from": "%Y%m%d", "offset": "Z"}}}, "time of day"),
    "default-and-optional": ({"a": {"from": "b", "default": 1, "optional": True}}, "allowed is one of them"),
    "type-unknown": ({"a": {"from": "b", "type": "money"}}, "'string', 'integer', 'decimal' or 'boolean'"),
    "boolean-to-number": ({"a": {"from": "b", "type": "integer", "source_type": "boolean"}}, "use a lookup"),
    "when-number": ({"a": {"from": "b", "when": "1 + 1"}}, "is never true or false"),
    "when-broken": ({"a": {"from": "b", "when": "a ="}}, "is no expression"),
    "target-empty-step": ({"a..b": "c"}, "is no target"),
    "target-dot-first": ({".a": "c"}, "is no target"),
    "target-open-quote": ({"`a.b": "c"}, "is no target"),
    "target-after-quote": ({"`a`b": "c"}, "after a back-quoted name"),
    "target-too-deep": ({".".join("a" * 33): "c"}, "more than 32 steps"),
    "target-twice": ({"a": "c", "`a`": "c"}, "this target is there twice"),
    "target-inside": ({"a": "c", "a.b": "c"}, "lies inside the target a"),
    "target-around": ({"a.b": "c", "a": "c"}, "the target a.b lies inside it"),
    "target-inside-item": ({"x": {"each": "y", "transform": {"a": "c", "a.b": "c"}}}, "x[].a.b: lies inside"),
}


@pytest.mark.parametrize(("fields", "reason"), BAD_DEFINITIONS.values(), ids=BAD_DEFINITIONS)
def test_bad_definition(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        transform(fields)
    assert reason in str(caught.value)


def test_every_contradiction_is_named() -> None:
    with pytest.raises(ValueError) as caught:
        transform({"a": "b", "a.c": "d", "e": {"from": "x", "lookup": {"01": 1}, "source_type": "integer"}})
    assert len(str(caught.value).splitlines()) == 2


RECORD: dict[str, Any] = {
    "text": "secret-value",
    "number": Decimal("1.5"),
    "double": 1.5,
    "none": None,
    "yes": True,
    "items": [{"a": 1}, {"b": 2}, 3],
    "day": "2026-02-30",
    "odd/name": "x",
}
BAD_RECORDS: dict[str, tuple[dict[str, Any], str, str | None, str]] = {
    "missing": ({"a": "nothing.x"}, "missing-member", "/nothing", "a: nothing is missing"),
    "missing-inside": (
        {"a.b": "text.x"},
        "missing-member",
        "/text/x",
        "a.b: text.x is missing: text is text",
    ),
    "expression": ({"a": "number / 0"}, "expression", None, "division by zero"),
    "default-does-not-hide": ({"a": {"from": "number / 0", "default": 1}}, "expression", None, "division"),
    "condition": ({"a": {"from": "text", "when": "number"}}, "expression", None, "not true or false"),
    "condition-missing": ({"a": {"from": "text", "when": "x"}}, "missing-member", "/x", "a: x is missing"),
    "integer-of-words": (
        {"a": {"from": "text", "type": "integer"}},
        "type",
        "/text",
        "a: the text is no decimal",
    ),
    "integer-of-fraction": (
        {"a": {"from": "number", "type": "integer"}},
        "type",
        "/number",
        "has a fraction",
    ),
    "integer-of-text-fraction": (
        {"a": {"from": '"1.0"', "type": "integer"}},
        "type",
        "/a",
        "no whole number",
    ),
    "decimal-of-boolean": ({"a": {"from": "yes", "type": "decimal"}}, "type", "/yes", "not true or false"),
    "boolean-of-number": ({"a": {"from": "number", "type": "boolean"}}, "type", "/number", "bool takes"),
    "string-of-list": ({"a": {"from": "items", "type": "string"}}, "type", "/items", "not a list"),
    "source-type": (
        {"a": {"from": "text", "source_type": "decimal"}},
        "type",
        "/text",
        "is text, not an exact",
    ),
    "source-type-double": (
        {"a": {"from": "double", "source_type": "decimal"}},
        "type",
        "/double",
        "is a double",
    ),
    "true-is-no-integer": (
        {"a": {"from": "yes", "source_type": "integer"}},
        "type",
        "/yes",
        "is true or false",
    ),
    "lookup": ({"a": {"from": "text", "lookup": {"x": 1}}}, "lookup", "/text", "not one of the 1 values"),
    "lookup-of-number": ({"a": {"from": "number", "lookup": {"x": 1}}}, "type", "/number", "not text"),
    "date-pattern": ({"a": {"from": "text", "date": {"from": "%Y%m%d"}}}, "date", "/text", "date's pattern"),
    "date-calendar": ({"a": {"from": "day", "date": {"to": "%Y%m%d"}}}, "date", "/day", "is no date of the"),
    "date-number": ({"a": {"from": "number", "date": {"to": "%Y%m%d"}}}, "date", "/number", "is not text"),
    "each-no-list": ({"a": {"each": "text", "transform": {"b": "c"}}}, "type", "/text", "goes over a list"),
    "each-item": (
        {"a": {"each": "items", "transform": {"b": "a"}}},
        "missing-member",
        "/items/1/a",
        "a[1].b: a is",
    ),
    "each-odd-item": (
        {"x": {"each": "items", "transform": {"b": {"from": "a", "default": 0}, "c": "this.a"}}},
        "missing-member",
        "/items/1/a",
        "x[1].c",
    ),
    "pointer-is-escaped": (
        {"a": {"from": 'this["odd/name"]', "type": "integer"}},
        "type",
        "/odd~1name",
        "a:",
    ),
}


@pytest.mark.parametrize(("fields", "rule", "path", "reason"), BAD_RECORDS.values(), ids=BAD_RECORDS)
def test_bad_record(fields: dict[str, Any], rule: str, path: str | None, reason: str) -> None:
    with pytest.raises(MappingError) as caught:
        transform(fields).apply(RECORD)
    assert caught.value.rule == rule
    assert caught.value.place.path == path
    assert reason in caught.value.reason
    assert "secret-value" not in str(caught.value)


def test_a_constant_has_to_be_there_on_the_way_back() -> None:
    back = transform({"a": "b", "kind": {"constant": "x"}}).inverse()
    assert back is not None
    assert back.apply({"a": 1, "kind": "x"}) == {"b": 1}
    for record in ({"a": 1}, {"a": 1, "kind": "y"}, {"a": 1, "kind": None}):
        with pytest.raises(MappingError, match="is not the constant") as caught:
            back.apply(record)
        assert (caught.value.rule, caught.value.place.path) == ("constant", "/kind")


@pytest.mark.parametrize("record", [None, 5, "text", [1], True], ids=repr)
def test_no_object(record: Any) -> None:
    with pytest.raises(MappingError, match="a: b is missing; there is nothing"):
        transform({"a": "b"}).apply(record)
