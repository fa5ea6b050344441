"""Large values that are wrong: explained in bounded work, at the right place."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.contract import JsonSchema
from gateway.catalogue.checker import MAX_VIOLATIONS, Checker
from gateway.catalogue.excerpt import MAX_ITEMS, MAX_MEMBERS, TooManyMembers, excerpts

_ITEM: JsonSchema = {
    "type": "object",
    "properties": {"sku": {"type": "string"}},
    "required": ["sku"],
    "additionalProperties": False,
}
ORDER: JsonSchema = {
    "type": "object",
    "properties": {"line": {"type": "array", "items": _ITEM}, "note": {"type": "string"}},
    "required": ["line"],
}


def test_a_small_value_is_its_own_excerpt() -> None:
    value: Any = {"line": [{"sku": "a"}], "note": "x"}
    (only,) = excerpts(value)
    assert only.value == value
    assert not only.cut


def test_of_a_list_of_wrong_items_the_first_are_told() -> None:
    found = Checker(ORDER).violations({"line": [{"x": 1}] * 200_000})
    assert len(found) == MAX_VIOLATIONS
    assert {violation.pointer for violation in found} <= {
        place for index in range(MAX_ITEMS) for place in (f"/line/{index}/x", f"/line/{index}/sku")
    }


@pytest.mark.parametrize("index", [0, 99, 100, 101, 5_432, 199_999])
def test_one_wrong_item_is_found_wherever_it_is(index: int) -> None:
    items: list[Any] = [{"sku": "a"}] * 200_000
    items[index] = {"sku": 7}
    (found,) = Checker(ORDER).violations({"line": items})
    assert (found.pointer, found.message) == (f"/line/{index}/sku", "must be a string")


@pytest.mark.parametrize("index", [3, 1_234])
def test_a_wrong_item_of_a_list_at_the_top(index: int) -> None:
    items: list[Any] = [{"sku": "a"}] * 2_000
    items[index] = {}
    (found,) = Checker({"type": "array", "items": _ITEM}).violations(items)
    assert found.pointer == f"/{index}/sku"


def test_what_is_wrong_beside_a_long_list_is_told() -> None:
    (found,) = Checker(ORDER).violations({"line": [{"sku": "a"}] * 100_000, "note": 7})
    assert found.pointer == "/note"


def test_a_rule_about_the_whole_list_is_told_as_far_as_it_can_be() -> None:
    schema: JsonSchema = {"type": "array", "maxItems": 1_000}
    (found,) = Checker(schema).violations([1] * 1_001)
    assert found.pointer == ""
    assert "too large to say where" in found.message


def test_an_object_of_very_many_members_is_not_searched() -> None:
    value: Any = {"a": {f"m{n}": 1 for n in range(400_000)}}
    schema: JsonSchema = {"properties": {"a": {"additionalProperties": False}}}
    (found,) = Checker(schema).violations(value)
    assert found.pointer == "/a"
    assert "400000 members" in found.message
    with pytest.raises(TooManyMembers):
        next(excerpts({str(n): 1 for n in range(MAX_MEMBERS + 1)}))


def test_lists_in_lists_are_cut_to_a_bounded_size() -> None:
    value: Any = [[[0] * 100] * 100] * 100
    first = next(excerpts(value))
    count = 0
    level: list[Any] = [first.value]
    while level:
        count += len(level)
        level = [item for inner in level if isinstance(inner, list) for item in inner]
    assert count < 6_000
