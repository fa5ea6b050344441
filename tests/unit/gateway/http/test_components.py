from __future__ import annotations

from typing import Any

from gateway.catalogue import Checker
from gateway.http.components import Components
from gateway.http.examples import example


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
    assert example({"type": "string", "pattern": "^[0-9]{5}$"}) is None
