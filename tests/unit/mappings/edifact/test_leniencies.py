"""Rules that partners break: an error, unless the definition lets it pass; then it is counted."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.contract import MappingError
from mappings.edifact.schema import Leniency
from tests.unit.mappings.edifact.samples import a_message, golden, interchange
from tests.unit.mappings.segments.samples import read_all

BODY = ("BGM+220+1", "DTM+137:20261123:102", "NAD+BY+1::9", "LIN+1", "QTY+21:1", "UNS+S")


def sent(at: int = 0, *text: str, change: tuple[str, str] = ("", "")) -> bytes:
    body = (*BODY[:at], *text, *BODY[at + 1 :]) if text else BODY
    return interchange(*a_message(*body)).decode("latin-1").replace(*change).encode("latin-1")


CASES: dict[Leniency, tuple[bytes, Any]] = {
    Leniency.TRAILING_SEPARATORS: (sent(3, "LIN+1++"), {"item": {"number": 1}}),
    Leniency.PADDING: (sent(4, "QTY+21:1 "), {"quantities": [{"quantity": {"qualifier": "21", "value": 1}}]}),
    Leniency.TOO_SHORT: (sent(2, "NAD+BY+1::9+++++++D"), {}),
    Leniency.TOO_LONG: (sent(0, f"BGM+220+{'1' * 36}"), {}),
    Leniency.CODES: (sent(0, "BGM+999+1"), {}),
    Leniency.CHARACTERS: (sent(2, "NAD+BY+1::9++A\nB"), {}),
    Leniency.CONDITIONS: (sent(3, "LIN+1++:EN"), {"item": {"number": 1, "id": {"kind": "EN"}}}),
    Leniency.MISSING_ELEMENTS: (sent(0, "BGM+220"), {}),
    Leniency.EXTRA_ELEMENTS: (sent(3, "LIN+1++++X"), {"item": {"number": 1}}),
    Leniency.UNKNOWN_SEGMENTS: (sent(0, BODY[0], "ZZZ+1"), {}),
    Leniency.MISSING_SEGMENTS: (interchange(*a_message(*BODY[:-1])), {}),
    Leniency.SEGMENT_COUNTS: (sent(0, BODY[0], BODY[0]), {}),
    Leniency.EMPTY_SEGMENTS: (sent(change=("LIN+1'", "LIN+1''")), {}),
    Leniency.CONTROL_REFERENCES: (sent(change=("UNT+8+1", "UNT+8+2")), {}),
    Leniency.CONTROL_COUNTS: (sent(change=("UNT+8+", "UNT+9+")), {}),
    Leniency.ENVELOPE: (sent(change=("261123:1015", "261323:1015")), {}),
    Leniency.DUPLICATES: (interchange(*a_message(*BODY), *a_message(*BODY)), {}),
}


def records(results: list[Any]) -> list[Any]:
    return [one for one in results if isinstance(one, dict)]


@pytest.mark.parametrize("word", list(Leniency))
def test_what_is_tolerated_is_read_and_counted(word: Leniency) -> None:
    data, line = CASES[word]
    results, summary = read_all(golden("orders"), data)
    assert any(isinstance(one, MappingError) for one in results)
    results, summary = read_all(golden("orders", lenient=[word]), data)
    assert results == records(results), results
    assert line.items() <= results[0]["lines"][0].items()
    assert summary.leniencies == {word.value: 1}
    assert summary.errors == 0


@pytest.mark.parametrize("word", list(Leniency))
def test_what_is_right_needs_no_leniency(word: Leniency) -> None:
    _, summary = read_all(golden("orders", lenient=[word]), sent())
    assert (summary.errors, summary.leniencies) == (0, {})


@pytest.mark.parametrize("word", list(Leniency))
def test_one_leniency_does_not_cover_others(word: Leniency) -> None:
    others = [one for one in Leniency if one is not word]
    results, _ = read_all(golden("orders", lenient=others), CASES[word][0])
    assert any(isinstance(one, MappingError) for one in results)


def test_values_are_what_is_left_of_them() -> None:
    codec = golden("orders", lenient=["too_long", "characters", "codes"])
    (record,), _ = read_all(codec, sent(0, f"BGM+999+{'1' * 36}"))
    assert record["order"] == {"document": {"code": "999"}, "number": "1" * 36}
    (record,), _ = read_all(codec, sent(2, "NAD+BY+1::9++A\r\nB"))
    assert record["buyer"]["party"]["name"] == {"line1": "A\r\nB"}
