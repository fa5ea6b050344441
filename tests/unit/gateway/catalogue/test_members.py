"""Looks into schemas, those among them that refer to themselves."""

from __future__ import annotations

import pytest

from adapters.contract import JsonSchema
from gateway.catalogue.members import item_schema, members, types

_ITSELF: JsonSchema = {
    "$ref": "#/$defs/A",
    "$defs": {
        "A": {"oneOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}], "properties": {"a": {}}},
        "B": {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "object", "properties": {"b": {"type": "string"}}}]},
    },
}


def test_a_schema_that_combines_itself_has_an_end() -> None:
    assert set(members(_ITSELF)) == {"a", "b"}
    assert types(_ITSELF) == {"object"}


def test_references_that_go_in_a_circle_say_nothing() -> None:
    circle: JsonSchema = {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}
    assert members(circle) == {}
    assert types(circle) == frozenset()


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        pytest.param({"type": ["integer", "null"]}, {"integer", "null"}, id="several"),
        pytest.param({"enum": [1, True, None, "x", 1.5]}, {"integer", "boolean", "null", "string", "number"},
                     id="by values"),
        pytest.param({"const": "x"}, {"string"}, id="by a constant"),
        pytest.param({"anyOf": [{"type": "string"}, {"allOf": [{"type": "null"}]}]}, {"string", "null"},
                     id="nested"),
        pytest.param({}, set(), id="anything"),
    ],
)  # fmt: skip
def test_types(schema: JsonSchema, expected: set[str]) -> None:
    assert types(schema) == expected


def test_items_keep_their_definitions() -> None:
    definitions: JsonSchema = {"A": {"type": "string"}}
    schema: JsonSchema = {"type": "array", "items": {"$ref": "#/$defs/A"}, "$defs": definitions}
    assert item_schema(schema) == {"$ref": "#/$defs/A", "$defs": definitions}
    assert item_schema({"type": "string"}) is None
