from __future__ import annotations

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from gateway.http.idempotency import MAX_KEY_LENGTH, key_of
from gateway.http.problems import HttpProblem


def _headers(*lines: str) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict([("Idempotency-Key", line) for line in lines]))


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("8e03978e-40d5-43e8-bc93-6894a57f9324", "8e03978e-40d5-43e8-bc93-6894a57f9324"),
        ('"8e03978e-40d5-43e8-bc93-6894a57f9324"', "8e03978e-40d5-43e8-bc93-6894a57f9324"),
        ('"with a space, and ; and \\" and \\\\"', 'with a space, and ; and " and \\'),
        ("  order/17:retry=1  ", "order/17:retry=1"),
        ("x" * MAX_KEY_LENGTH, "x" * MAX_KEY_LENGTH),
    ],
    ids=["bare", "quoted", "escaped", "spaces-around", "longest"],
)
def test_keys(line: str, key: str) -> None:
    assert key_of(_headers(line)) == key


def test_without_the_header_there_is_no_key() -> None:
    assert key_of(_headers()) is None


@pytest.mark.parametrize(
    "lines",
    [
        [""],
        ["   "],
        ['""'],
        ["a b"],
        ["a,b"],
        ['"a", "b"'],
        ["a", "a"],
        ["a", "b"],
        ['"a'],
        ['a"'],
        ['"a"b"'],
        ['"a\\b"'],
        ['"a";v=1'],
        ["a;v=1"],
        ["é"],
        ["a\tb"],
        ['"a\tb"'],
        ["\x7f"],
        ["x" * (MAX_KEY_LENGTH + 1)],
        ['"' + "x" * (MAX_KEY_LENGTH + 1) + '"'],
        ["\ud800"],
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_key(lines: list[str]) -> None:
    with pytest.raises(HttpProblem) as refused:
        key_of(_headers(*lines))
    assert refused.value.problem_type.name == "invalid-idempotency-key"
