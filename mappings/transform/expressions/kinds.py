"""The kinds of values, and when two values are equal."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, TypeAlias

from mappings.contract import JsonValue
from mappings.transform.expressions.errors import Unanswerable

Kind: TypeAlias = Literal["null", "boolean", "number", "double", "text", "list", "object"]
"""What expressions tell apart. Whole numbers and decimals are one kind; a double, which is not exact, is
another."""

WORDS: dict[Kind, str] = {
    "null": "null",
    "boolean": "true or false",
    "number": "a number",
    "double": "a double",
    "text": "text",
    "list": "a list",
    "object": "an object",
}
_KINDS: dict[type, Kind] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    Decimal: "number",
    float: "double",
    str: "text",
    list: "list",
    dict: "object",
}
DOUBLE = "a double is not exact; decimal(x) makes a decimal of the digits it is shown with"


def kind_of(value: JsonValue) -> Kind:
    """The kind of a value. Raises: Unanswerable for what is no JSON value."""
    kind = _KINDS.get(type(value))
    if kind is None:
        raise Unanswerable("a value is of a kind that records do not have")
    return kind


def equal(left: JsonValue, right: JsonValue) -> bool:
    """True for equal values; those of different kinds are not equal. Nested values are compared member by
    member.

    Raises: Unanswerable where a double meets a decimal: which of 0.1's neighbours is meant is not known.
    """
    one, other = kind_of(left), kind_of(right)
    if one != other:
        if {one, other} == {"number", "double"}:
            if Decimal in (type(left), type(right)):
                raise Unanswerable(f"a double is compared with a decimal: {DOUBLE}")
            return left == right
        return False
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(item, right[key]) for key, item in left.items())
    return left == right


def compare(left: JsonValue, right: JsonValue) -> int:
    """Below, at or above 0 as `left` is less than, equal to or greater than `right`: numbers by value, texts
    by code point. Raises: Unanswerable for kinds without an order."""
    one, other = kind_of(left), kind_of(right)
    if one == other == "text" or {one, other} <= {"number", "double"}:
        if {one, other} == {"number", "double"} and Decimal in (type(left), type(right)):
            raise Unanswerable(f"a double is compared with a decimal: {DOUBLE}")
        return (left > right) - (left < right)  # type: ignore[operator]
    raise Unanswerable(f"{WORDS[one]} and {WORDS[other]} have no order; numbers and texts have")
