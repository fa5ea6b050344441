from __future__ import annotations

import time

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from gateway.http.preferences import preferences, prefers_async


def _headers(*lines: str) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict([("Prefer", line) for line in lines]))


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ([], False),
        (["respond-async"], True),
        (["Respond-ASYNC"], True),
        (["respond-async, wait=10"], True),
        (["wait=10", "respond-async"], True),
        (["return=minimal; foo=bar, respond-async"], True),
        (["respond-async; foo"], True),
        (['respond-async=""'], True),
        (['note="a, respond-async"'], False),
        (['note="a\\", respond-async"'], False),
        (["respond-async=yes"], False),
        (["respond-async=no, respond-async"], False),
        (["respond_async"], False),
        (["respond-async!x y"], False),
        ([""], False),
        ([",,;,="], False),
        (['"respond-async"'], False),
        (["é, respond-async"], True),
        (["wait=10"], False),
        (["x" * 5000 + ", respond-async"], False),
    ],
    ids=lambda value: str(value)[:40],
)
def test_whether_a_202_is_preferred(lines: list[str], wanted: bool) -> None:
    assert prefers_async(_headers(*lines)) is wanted


def test_the_first_of_a_repeated_preference_counts() -> None:
    found = preferences(_headers('return=minimal, handling="lenient"', "return=representation"))
    assert dict(found) == {"return": "minimal", "handling": "lenient"}


@pytest.mark.parametrize("line", ['"' * 9000, '\\"' * 9000, '"\\' * 9000, "=" * 9000, ";" * 9000])
def test_hostile_lines_take_no_time(line: str) -> None:
    started = time.perf_counter()
    preferences(_headers(line))
    assert time.perf_counter() - started < 1.0
