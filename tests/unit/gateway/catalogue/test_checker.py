from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gateway.catalogue.checker import MAX_VIOLATIONS, Checker, SchemaError
from gateway.catalogue.explanations import pointer

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
        ({"amount": Decimal("0.015")}, [("/amount", "may have 2 decimal places at most")]),
        ({"amount": Decimal("99999999999999999999.99")}, []),
        ({"choice": {"card": 1}}, [("/choice/card", "string")]),
        ({"choice": {}}, [("/choice/card", "is missing")]),
        ({"choice": 1}, [("/choice", "must be an object; or must be a string")]),
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


DATE = r"^(?:-?(?:[1-9][0-9]{4,}|[0-9]{4})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?:Z|\+00:00)?)$"
NEW_LINE: dict[str, Any] = {
    "type": "object",
    "properties": {"sku": {"type": "string"}, "unitPrice": {"type": "number"}},
    "required": ["sku", "unitPrice"],
    "additionalProperties": False,
}
LINE: dict[str, Any] = {
    "type": "object",
    "properties": {"@type": {"const": "Line"}, "@number": {}, **NEW_LINE["properties"], "amount": {}},
    "required": ["@type", "@number", "sku", "unitPrice", "amount"],
    "additionalProperties": False,
}
PAYMENT: dict[str, Any] = {
    "type": "object",
    "properties": {name: {} for name in ("card", "bankTransfer", "invoice")},
    "oneOf": [{"required": [name]} for name in ("card", "bankTransfer", "invoice")],
    "additionalProperties": False,
}
LINES: dict[str, Any] = {
    "type": "array",
    "items": {"oneOf": [{"$ref": "#/$defs/New"}, LINE]},
    "$defs": {"New": NEW_LINE},
}


@pytest.mark.parametrize(
    ("schema", "value", "found"),
    [
        pytest.param(LINES, [{"sku": "a"}], [("/0/unitPrice", "is missing")], id="the-nearest-alternative"),
        pytest.param(
            LINES,
            [{"sku": "a", "unitprice": 1}],
            [
                ("/0/unitPrice", "is missing"),
                ("/0/unitprice", "is not a known member; did you mean unitPrice?"),
            ],
            id="a-slip-in-the-nearest-alternative",
        ),
        pytest.param(
            LINES,
            [{"@type": "Line", "sku": "a", "unitPrice": 1, "amount": 1}],
            [("/0/@number", "is missing")],
            id="the-alternative-that-a-constant-names",
        ),
        pytest.param(LINES, [7], [("/0", "must be an object")], id="of-no-alternative's-type"),
        pytest.param(
            {"anyOf": [NEW_LINE, {"type": "array", "items": NEW_LINE}]},
            [{"sku": 1, "unitPrice": 2}],
            [("/0/sku", "must be a string")],
            id="one-or-many",
        ),
        pytest.param(
            PAYMENT, {}, [("", "must have exactly one of card, bankTransfer, invoice")], id="choice-of-none"
        ),
        pytest.param(
            PAYMENT,
            {"card": 1, "invoice": 2},
            [("", "must have exactly one of card, bankTransfer, invoice")],
            id="choice-of-several",
        ),
        pytest.param(
            {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {},
            [("", "must have at least one of a, b")],
            id="at-least-one",
        ),
        pytest.param(
            {"oneOf": [{"type": "number"}, {"multipleOf": 2}]},
            4,
            [("", "fits more than one of the alternatives, of which one alone is allowed")],
            id="several-fit",
        ),
        pytest.param({"enum": ["EUR", 1]}, "x", [("", 'must be one of "EUR", 1')], id="enumeration"),
        pytest.param(
            {"enum": list(range(30))},
            "x",
            [("", f"must be one of {', '.join(map(str, range(20)))} and 10 more")],
            id="long-enumeration",
        ),
        pytest.param(
            {"pattern": "^(?:SO-[0-9]{4,8})$"},
            "x",
            [("", "does not match SO-[0-9]{4,8}")],
            id="short-pattern",
        ),
        pytest.param(
            {"pattern": DATE},
            "x",
            [("", "is not an ISO 8601 date, such as 2026-01-31")],
            id="date-by-pattern",
        ),
        pytest.param(
            {"pattern": "^(?:" + "[a-c]" * 20 + ")$", "description": "Twenty letters."},
            "x",
            [("", "does not have the form that the schema asks for (Twenty letters.)")],
            id="long-pattern",
        ),
        pytest.param(
            {"format": "date"},
            "2026-02-30",
            [("", "is not an ISO 8601 date, such as 2026-01-31")],
            id="format",
        ),
        pytest.param({"type": ["string", "null"]}, 1, [("", "must be null or a string")], id="types"),
        pytest.param({"properties": {"a": False}}, {"a": 1}, [("/a", "is not allowed here")], id="never"),
    ],
)
def test_messages(schema: dict[str, Any], value: Any, found: list[tuple[str, str]]) -> None:
    violations = Checker(schema).violations(value)
    assert [(violation.pointer, violation.message) for violation in violations] == found
