"""Several types of record in columns: their order, how often they occur, totals over them."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.fixed_width import FixedWidthDefinition, FixedWidthFormat
from tests.statements import once
from tests.unit.mappings.columns.both import Seen, anywhere, assert_same, bytewise, summary, whole


def structured(**changes: Any) -> FixedWidthFormat:
    """A header, batches of a head and lines with their sum, a trailer that counts all of them."""
    amount = {"at": 2, "length": 6, "type": "decimal", "scale": 2, "sign": "leading"}
    records = {
        "header": once("H", to={"at": 2, "length": 5}),
        "head": once("B", n={"at": 2, "length": 3}),
        "line": {
            "match": {"at": 1, "value": ["D", "E"]},
            "max": changes.pop("most", None),
            "fields": {
                "kind": {"at": 1, "length": 1},
                "amount": amount,
                "extra": {"at": 8, "length": 3, "type": "integer", "nullable": True},
            },
        },
        "note": {"fields": {"text": {"at": 1, "length": 10}}},
        "foot": {
            "match": {"at": 1, "value": "F"},
            "min": 1,
            "max": 1,
            "fields": {
                "sum": {"at": 2, "length": 9, "type": "decimal", "scale": 2, "equals": "sum(line.amount)"},
                "extras": {"at": 11, "length": 6, "type": "integer", "equals": "sum(line.extra)"},
            },
        },
        "trailer": once("T", count={"at": 2, "length": 6, "type": "integer", "equals": "count(*)"}),
    }
    definition = {
        "format": "fixed_width",
        "encoding": "us-ascii",
        "separator": "lf",
        "records": records,
        **changes,
    }
    if changes.get("order") != "any":
        definition["groups"] = {"batch": {"records": ["head", "line", "note", "foot"]}}
    return FixedWidthFormat(FixedWidthDefinition.model_validate(definition))


def line(amount: int, extra: int | None = 1) -> str:
    return f"D{'-' if amount < 0 else '+'}{abs(amount):05}{'   ' if extra is None else f'{extra:03}'}"


def batch(amounts: list[int], extra: int | None = 1) -> list[str]:
    extras = 0 if extra is None else extra * len(amounts)
    return ["B001", *(line(each, extra) for each in amounts), f"F{sum(amounts):09}{extras:06}"]


def file_of(*batches: list[str], count: int | None = None) -> bytes:
    rows = ["HACME ", *(row for each in batches for row in each)]
    return "\n".join([*rows, f"T{len(rows) + 1 if count is None else count:06}", ""]).encode()


def rules(seen: list[Seen]) -> list[object]:
    return [each[0] for each in seen if isinstance(each, tuple)]


LINES = list(range(1, 120))
CASES = {
    "good": (file_of(batch(LINES), batch(LINES)), []),
    "sum of nulls": (file_of(batch(LINES, None)), []),
    "negative sum refused": (file_of(batch([-5] * 40)), ["decimal"]),
    "wrong sum": (file_of([*batch(LINES)[:-1], "F000000001000119"]), ["total"]),
    "wrong count": (file_of(batch(LINES), count=7), ["total"]),
    "a bad line makes sums unknown": (
        file_of([*batch(LINES)[:50], "D+x0001001", *batch(LINES)[50:-1], "F000000001000119"]),
        ["decimal"],
    ),
    "the amount of a short line is unknown": (
        file_of([*batch(LINES)[:50], "Dé", *batch(LINES)[50:-1], "F000000001000119"]),
        ["short-record"],
    ),
    "no foot": (file_of(batch(LINES)[:-1], batch(LINES)), ["missing-record"]),
    "lines before a head": (
        file_of([line(1)] * 40, batch(LINES)),
        ["missing-record", "missing-record"],
    ),
    "lines after the foot": (file_of([*batch(LINES), *[line(1)] * 30]), ["missing-record"] * 2),
    "lines behind the trailer": (
        file_of(batch(LINES)) + "\n".join([line(3)] * 20).encode(),
        ["record-order"] * 20,
    ),
}


@pytest.mark.parametrize(("data", "expected"), CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("order", ["sequence", "any"])
def test_structure(data: bytes, expected: list[str], order: str) -> None:
    seen, _ = assert_same(structured(order=order), data, (whole, anywhere(Random(1), 600), bytewise))
    if order == "sequence":
        assert rules(seen) == expected


def test_more_than_may_be() -> None:
    """The last of a hundred lines of one run are too many."""
    data = file_of(batch([1] * 100))
    seen, end = assert_same(structured(most=70, order="any"), data, (whole, anywhere(Random(2), 300)))
    assert rules(seen) == ["extra-record"] * 30
    assert summary(end).records == 104


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_random_order(seed: int) -> None:
    rng = Random(seed)
    rows: list[str] = ["HACME "]
    for _ in range(rng.randrange(1, 6)):
        amounts = [rng.randrange(-10, 10**5) for _ in range(rng.choice((1, 5, 40, 200)))]
        rows += batch(amounts, rng.choice((None, 1, 7)))
    rows.append(f"T{len(rows) + 1:06}")
    for _ in range(rng.choice((0, 0, 1, 3))):
        at = rng.randrange(len(rows))
        rows[at : at + rng.randrange(3)] = rng.choice(
            ([], ["HACME "], [line(5)], ["?" * 10], ["D"], ["B002"])
        )
    data = "\n".join(rows).encode()
    format_ = structured(order=rng.choice(("sequence", "any")), most=rng.choice((None, 150)))
    assert_same(format_, data, (whole, anywhere(rng, 700)))
