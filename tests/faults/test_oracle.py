"""The oracle finds what it is there to find."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.oracle import Ledger, judge


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = Ledger(tmp_path / "ledger")
    for identifier in ("a", "b", "c", "d"):
        ledger.send(identifier, f"content of {identifier}")
    for identifier in ("a", "b", "c"):
        ledger.ack(identifier)
    ledger.close()
    return ledger


def test_all_is_well(ledger: Ledger) -> None:
    verdict = judge(ledger, [(one, f"content of {one}") for one in "abc"])
    assert str(verdict) == (
        "3 acknowledged, 3 delivered: 0 lost, 0 duplicated, 0 altered, 0 stuck, 0 held, 0 unexpected"
    )


def test_what_was_not_acknowledged_may_arrive(ledger: Ledger) -> None:
    assert judge(ledger, [(one, f"content of {one}") for one in "abcd"]).unexpected == ()


def test_each_fault_is_found(ledger: Ledger) -> None:
    received = [("a", "content of a"), ("a", "content of a"), ("b", "content of a"), ("x", "never sent")]
    verdict = judge(ledger, received)
    assert verdict.lost == ("c",)
    assert verdict.duplicated == {"a": 2}
    assert verdict.extra == 1
    assert verdict.altered == ("b",)
    assert verdict.unexpected == ("x",)


def test_what_a_person_decides_is_not_lost(ledger: Ledger) -> None:
    verdict = judge(ledger, [("a", "content of a")], held={"b"}, waiting={"c"})
    assert (verdict.lost, verdict.held, verdict.stuck) == ((), ("b",), ("c",))


def test_the_ledger_outlives_its_process(ledger: Ledger, tmp_path: Path) -> None:
    lines = (tmp_path / "ledger").read_text().splitlines()
    assert [line.split()[:2] for line in lines] == [
        *(["sent", one] for one in "abcd"),
        *(["acked", one] for one in "abc"),
    ]
