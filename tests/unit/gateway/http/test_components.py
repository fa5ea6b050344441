from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from gateway.catalogue import Checker
from gateway.http.components import Components
from gateway.http.examples import example
from gateway.http.samples import sample_of


def test_equal_definitions_are_shared_and_different_ones_numbered() -> None:
    components = Components()
    money: dict[str, Any] = {"type": "number"}
    first = components.adopt(
        "erp", {"$ref": "#/$defs/Price", "$defs": {"Price": {"$ref": "#/$defs/M"}, "M": money}}
    )
    again = components.adopt(
        "erp", {"$ref": "#/$defs/Price", "$defs": {"M": money, "Price": {"$ref": "#/$defs/M"}}}
    )
    # The same text, but what it refers to differs.
    other = components.adopt(
        "erp", {"$ref": "#/$defs/Price", "$defs": {"Price": {"$ref": "#/$defs/M"}, "M": {"type": "string"}}}
    )
    elsewhere = components.adopt("crm", {"$ref": "#/$defs/M", "$defs": {"M": money}})
    assert first == again == {"$ref": "#/components/schemas/erp.Price"}
    assert other == {"$ref": "#/components/schemas/erp.Price-2"}
    assert elsewhere == {"$ref": "#/components/schemas/crm.M"}
    assert components.schemas["erp.Price-2"] == {"$ref": "#/components/schemas/erp.M-2"}


def test_recursion_odd_names_and_members_called_ref() -> None:
    components = Components()
    node: dict[str, Any] = {
        "type": "object",
        "properties": {"next": {"$ref": "#/$defs/{urn:x}a~1b"}, "$ref": {"type": "string"}},
        "enum": [{"$ref": "#/$defs/{urn:x}a~1b"}],
    }
    shown = components.adopt("erp", {"$ref": "#/$defs/{urn:x}a~1b", "$defs": {"{urn:x}a/b": node}})
    assert shown == {"$ref": "#/components/schemas/erp._urn_x_a_b"}
    adopted: Any = components.schemas["erp._urn_x_a_b"]
    assert adopted["properties"]["next"] == shown
    assert adopted["properties"]["$ref"] == {"type": "string"}
    assert adopted["enum"] == node["enum"]


def test_examples() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "required": ["a", "when", "kind", "self"],
        "additionalProperties": False,
        "properties": {
            "a": {"type": "integer", "minimum": 10},
            "when": {"type": "string", "format": "date-time"},
            "kind": {"oneOf": [{"const": "x"}, {"type": "integer"}]},
            "code": {"type": "string", "minLength": 6, "maxLength": 8},
            "maybe": {"type": ["null", "number"]},
            "self": {"$ref": "#/$defs/node"},
        },
        "$defs": {"node": {"type": "object", "properties": {"child": {"$ref": "#/$defs/node"}}}},
    }
    assert Checker(schema).is_valid(example(schema))
    assert example({"type": "string", "pattern": "^[0-9]{5}$", "maxLength": 3}) is None


DATE = "^(?:-?(?:[1-9][0-9]{4,}|[0-9]{4})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?:Z|\\+00:00)?)$"
CHOICE: dict[str, Any] = {
    "type": "object",
    "properties": {"card": {"type": "string"}, "iban": {"type": "string"}, "note": {"type": "string"}},
    "oneOf": [{"required": ["card"]}, {"required": ["iban"]}],
}
ENDLESS: dict[str, Any] = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/$defs/node"}}}
    },
}
PRICE: dict[str, Any] = {"type": "number", "multipleOf": Decimal("0.01"), "exclusiveMaximum": 1000}


@pytest.mark.parametrize(
    ("schema", "whole", "value"),
    [
        pytest.param(PRICE, False, Decimal("12.50"), id="decimal"),
        pytest.param(
            {"type": "number", "maximum": Decimal("0.5")}, False, Decimal("0.5"), id="decimal-bound"
        ),
        pytest.param({"type": "integer", "multipleOf": 7, "minimum": 14}, False, 14, id="integer-multiple"),
        pytest.param({"type": "string", "pattern": "^(?:SO-[0-9]{4,8})$"}, False, "SO-1234", id="pattern"),
        pytest.param({"type": "string", "pattern": DATE}, False, "2026-01-31", id="date-by-pattern"),
        pytest.param({"type": ["string", "null"], "format": "date"}, False, "2026-01-31", id="nullable"),
        pytest.param({"enum": [None, "EUR"]}, False, "EUR", id="enum"),
        pytest.param({"type": "string", "default": "a", "examples": ["b"]}, False, "b", id="given"),
        pytest.param(CHOICE, False, {"card": "text"}, id="choice"),
        pytest.param(CHOICE, True, {"card": "text", "note": "text"}, id="choice-whole"),
        pytest.param(
            {
                "type": "object",
                "required": ["a"],
                "properties": {"a": {"const": 1}, "id": {"type": "integer"}},
            },
            False,
            {"a": 1},
            id="optional-left-out",
        ),
        pytest.param(
            {"type": "object", "properties": {"a": {"const": 1}}}, False, {"a": 1}, id="all-optional"
        ),
        pytest.param({"type": "array", "minItems": 2, "items": {"const": 1}}, False, [1, 1], id="items"),
        pytest.param(ENDLESS, False, None, id="endless"),
        pytest.param({"type": "string", "pattern": "^(?=a)a$"}, False, None, id="not-simple"),
        pytest.param({}, False, {"value": Decimal("21.5")}, id="anything"),
    ],
)
def test_example(schema: dict[str, Any], whole: bool, value: Any) -> None:
    found = example(schema, whole=whole)
    assert found == value
    assert str(found) == str(value)


def test_an_example_is_bounded() -> None:
    definitions = {
        f"n{depth}": {
            "type": "object",
            "properties": {f"m{number}": {"$ref": f"#/$defs/n{depth + 1}"} for number in range(10)},
        }
        for depth in range(9)
    }
    schema: dict[str, Any] = {"$ref": "#/$defs/n0", "$defs": {**definitions, "n9": {"type": "string"}}}
    assert len(str(example(schema, whole=True))) < 50_000


@pytest.mark.parametrize(
    ("pattern", "sample"),
    [
        ("^[A-Z]{2}-[0-9]{4}$", "AB-1234"),
        (r"^\d{3}-\w+$", "123-a"),
        ("^(a|b)c?$", "a"),
        ("^(?:ab){2}$", "abab"),
        (r"^[\w.-]+@x$", None),
        ("^[^a]b$", "1b"),
        ("^(?!a).$", None),
        ("[", None),
        ("^a{9999}$", None),
    ],
)
def test_samples(pattern: str, sample: str | None) -> None:
    found = sample_of(pattern)
    assert found == sample or (sample is None and found is not None and re.search(pattern, found))
