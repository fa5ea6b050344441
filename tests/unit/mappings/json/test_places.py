"""What is wrong with a JSON text has a place."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.contract import MappingError
from mappings.json.text import decode

PLACES = [
    pytest.param('{"a":1,\n "a":2}', "duplicate-key", 2, 2, 9, id="duplicate-key"),
    pytest.param('{"é":1, "\\u00e9":2}', "duplicate-key", 1, 9, 9, id="duplicate-key-escaped"),
    pytest.param('[{"a":{"b":"a","b":1},"a":2}]', "duplicate-key", 1, 16, 15, id="duplicate-key-inside"),
    pytest.param('{"a":["a",{"a":1}],"b":"a","b":0}', "duplicate-key", 1, 28, 27, id="equal-values"),
    pytest.param('{"NaN":"NaN",\n"b":NaN}', "not-a-number", 2, 5, 18, id="nan"),
    pytest.param("[1,-Infinity]", "not-a-number", 1, 4, 3, id="infinity"),
    pytest.param('["\\\\ud800", "\\ud83d\\ude00", "x\\ud800"]', "surrogate", 1, 31, 30, id="high"),
    pytest.param('["\\udc00"]', "surrogate", 1, 3, 2, id="low"),
    pytest.param('["\\ud800 \\udc00"]', "surrogate", 1, 3, 2, id="apart"),
    pytest.param('{"\\ud800":1}', "surrogate", 1, 3, 2, id="in-a-key"),
    pytest.param('["1e999", 1.5, 1e999]', "exponent", 1, 16, 15, id="exponent"),
    pytest.param(f"[1, {'9' * 401}]", "number-length", 1, 5, 4, id="digits"),
    pytest.param('{"a":' + "[" * 64 + "]" * 64 + "}", "depth", 1, 69, 68, id="depth"),
    pytest.param("[" * 100_000, "depth", 1, 65, 64, id="depth-beyond-the-parser"),
]


@pytest.mark.parametrize(("text", "rule", "line", "column", "byte_offset"), PLACES)
def test_place(text: str, rule: str, line: int, column: int, byte_offset: int) -> None:
    with pytest.raises(MappingError) as caught:
        decode(text.encode())
    place = caught.value.place
    assert caught.value.rule == rule
    assert (place.line, place.column, place.byte_offset) == (line, column, byte_offset)


@given(
    st.recursive(
        st.text('a{}[],:"\\\n', max_size=4) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text('a"{,:', max_size=3), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_what_stands_before_does_not_mislead(before: object) -> None:
    head = json.dumps([before])[:-1] + ","
    with pytest.raises(MappingError) as caught:
        decode(f'{head}{{"k":0,"k":NaN}}]'.encode())
    assert caught.value.place.byte_offset == len(head) + 11
    with pytest.raises(MappingError) as caught:
        decode(f'{head}{{"k":0,"k":1}}]'.encode())
    assert caught.value.place.byte_offset == len(head) + 7


def test_what_is_no_utf_8_has_a_line_and_a_column() -> None:
    with pytest.raises(MappingError) as caught:
        decode('["é",\n "é'.encode() + b"\xb0+a")
    place = caught.value.place
    assert (caught.value.rule, place.line, place.column, place.byte_offset) == ("utf-8", 2, 4, 11)
