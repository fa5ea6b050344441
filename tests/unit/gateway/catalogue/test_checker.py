from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gateway.catalogue.checker import MAX_VIOLATIONS, Checker, SchemaError, pointer

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "amount": {"type": "number", "multipleOf": Decimal("0.01")},
        "choice": {
            "oneOf": [
                {"type": "object", "required": ["card"], "properties": {"card": {"type": "string"}}},
                {"type": "string"},
            ]
        },
        "item": {"$ref": "#/$defs/Item"},
    },
    "additionalProperties": False,
    "$defs": {
        "Item": {
            "type": "object",
            "properties": {"quantity": {"type": "integer"}},
            "additionalProperties": False,
        }
    },
}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"amount": Decimal("0.015")}, [("/amount", "multiple")]),
        ({"amount": Decimal("99999999999999999999.99")}, []),
        ({"choice": {"card": 1}}, [("/choice/card", "string")]),
        ({"choice": {}}, [("/choice/card", "is missing")]),
        ({"choice": 1}, [("/choice", "none of the allowed alternatives")]),
        ({"item": {"quantitty": 1}}, [("/item/quantitty", "did you mean quantity?")]),
        ({"a/b~c": 1}, [("/a~1b~0c", "not a known member")]),
        ([], [("", "object")]),
        ({"item": {"quantity": 10**30}}, []),
    ],
)
def test_violations(value: Any, found: list[tuple[str, str]]) -> None:
    checker = Checker(SCHEMA)
    violations = checker.violations(value)
    assert checker.is_valid(value) is (not found)
    assert [violation.pointer for violation in violations] == [place for place, _ in found]
    for violation, (_, text) in zip(violations, found, strict=True):
        assert text in violation.message


def test_values_stay_out_of_the_messages() -> None:
    (violation,) = Checker({"type": "integer"}).violations("secret" * 1000)
    assert "secret" not in violation.message


def test_violations_are_bounded() -> None:
    checker = Checker({"type": "array", "items": {"type": "integer"}})
    assert len(checker.violations(["x"] * 10_000)) == MAX_VIOLATIONS


@pytest.mark.parametrize(
    "schema",
    [{"type": "objekt"}, {"$ref": "http://127.0.0.1:9/x"}, {"$ref": "#/$defs/none"}, {"pattern": "("}],
)
def test_bad_schemas(schema: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        Checker(schema)


def test_pointer() -> None:
    assert pointer(["a", 0, "b/c", "~"]) == "/a/0/b~1c/~0"
