"""Functions made of text: whatever a definition says is a constant in it."""

from __future__ import annotations

import re

import pytest

from mappings.edi.findings import BrokenRule
from mappings.edi.generated import Part, Place, Values, reader

MATCH = re.compile("([^,]*),([^,]*),([^,]*)").fullmatch
NAMES = {
    "apostrophe": "'",
    "quote": '"',
    "backslash": "\\",
    "line end": "a\nb",
    "three apostrophes": "'''",
    "braces": "{text}",
    "code": "'] = 1; values['",
    "line separator": "\u2028",
}


def _whole(text: str) -> int:
    if not text.isdigit():
        raise BrokenRule("number", "is not a whole number")
    return int(text)


def _is_small(values: Values) -> bool:
    return values != {"first": 99}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_any_name_is_a_constant(name: str) -> None:
    parts = (Part(name, 1, _whole, is_sure=True), Part("rest", 2, None, is_sure=False))
    places = (
        Place(name, 0, None, is_sure=False, parts=(), is_text=True),
        Place(f"{name} parts", 1, None, is_sure=False, parts=parts, is_text=False),
    )
    read = reader(MATCH, lambda text: None, places, [(f"{name} parts", bool)])
    assert read("a,1,c") == {name: "a", f"{name} parts": {name: 1, "rest": "c"}}
    assert read(",,") == {}


@pytest.mark.parametrize(
    "text", ["x,,", "99,,", "1", ""], ids=["conversion", "agreement", "groups", "nothing"]
)
def test_what_is_wrong_has_no_values(text: str) -> None:
    places = [Place("first", 0, _whole, is_sure=True, parts=(), is_text=True)]
    places += [Place(name, at, None, False, (), True) for at, name in ((1, "b"), (2, "c"))]
    read = reader(MATCH, lambda text: None, places, [("", _is_small)])
    assert read("98,,c") == {"first": 98, "c": "c"}
    assert read(text) is None


def test_released_groups_stand_for_those_that_are_not_found() -> None:
    places = [Place(name, at, None, False, (), True) for at, name in enumerate("abc")]
    read = reader(MATCH, lambda text: [text, None, ""] if text else None, places, [])
    assert read("x") == {"a": "x"}
    assert read("") is None
