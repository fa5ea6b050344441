"""Interchanges that flows send: their control numbers are given once, and stay theirs at each attempt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import Request
from adapters.errors import Blame, ConnectFailed, OutcomeUnknown, PeerRejected
from gateway.flows import Replay
from gateway.messages import State
from tests.unit.gateway.flows.bench import Bench, until
from tests.unit.gateway.flows.interchanges import EDIFACT, X12, numbers, order
from tests.unit.gateway.flows.killing import killed_at_each_call
from tests.unit.gateway.flows.scripted import Arriving

FLOW = {"from": "s.rows", "steps": [{"call": "s.edi.put"}], "retry": {"first_s": 0.01}}
BATCHES = {
    "from": "s.lines",
    "on_record_error": "dead_letter_record",
    "steps": [{"call": "s.edi.put", "batch": 10}],
}


class Partner:
    """What arrives at a partner. `fails` are the errors of the calls to come; after one of an unknown outcome
    the file is there. What came under a key before is the same."""

    def __init__(self, bench: Bench, *fails: Exception) -> None:
        bench.script.speaks("orders")
        bench.script.answer = self.answer
        self._bench = bench
        self.fails = list(fails)
        self.tried: list[bytes] = []
        self.came: dict[str, bytes] = {}

    def answer(self, operation: str, request: Request) -> Any:
        assert request.idempotency_key is not None
        data = self._bench.script.bodies[-1]
        self.tried.append(data)
        error = self.fails.pop(0) if self.fails else None
        if error is None or isinstance(error, OutcomeUnknown):
            assert self.came.setdefault(request.idempotency_key, data) == data, "one key, two files"
        return error or {}

    @property
    def numbers(self) -> list[tuple[str, str]]:
        return [numbers(each) for each in self.came.values()]


def row(number: str, key: str | None = None) -> Arriving:
    return Arriving(json.dumps(order(number)).encode(), key=key)


async def start(bench: Bench, flow: Any = FLOW, mapping: Any = X12) -> None:
    await bench.start(flow, mappings={"orders": mapping})


async def test_each_interchange_has_the_next_number_also_after_a_restart(bench: Bench) -> None:
    partner = Partner(bench)
    await start(bench)
    for at in (1, 2):
        bench.arrive("rows", row(f"PO-{at}"))
        await bench.settled(count=at)
    await bench.stop()
    await bench.start()
    bench.arrive("rows", row("PO-3"))
    await bench.settled(count=3)
    assert partner.numbers == [("000000001", "1"), ("000000002", "2"), ("000000003", "3")]


async def test_each_pair_of_partners_counts_by_itself(bench: Bench) -> None:
    """What two definitions send between the same two partners is counted together: so they see it."""
    partner = Partner(bench)
    await start(bench)
    for count, receiver in enumerate(("GLOBEX", "INITECH", "GLOBEX"), 1):
        envelope = {"interchange": {"receiver": receiver}}
        bench.arrive("rows", Arriving(json.dumps({"envelope": envelope, **order("1")}).encode()))
        await bench.settled(count=count)
    assert partner.numbers == [("000000001", "1"), ("000000001", "1"), ("000000002", "2")]


async def test_edifact_counts_too(bench: Bench) -> None:
    partner = Partner(bench)
    await start(bench, mapping=EDIFACT)
    for at in (1, 2):
        bench.arrive("rows", Arriving(json.dumps({"order": {"kind": "220", "number": "7"}}).encode()))
        await bench.settled(count=at)
    assert [each.decode().split("'")[0].split("+")[5] for each in partner.came.values()] == ["1", "2"]


@pytest.mark.parametrize(
    "error",
    [ConnectFailed("nobody is there"), OutcomeUnknown("no answer came")],
    ids=["not sent", "outcome unknown"],
)
async def test_another_attempt_sends_the_same_bytes(error: Exception, bench: Bench) -> None:
    """A second number would make of one order two, and a third of none a gap."""
    partner = Partner(bench, error, error)
    await start(bench)
    bench.arrive("rows", row("PO-1"))
    await bench.settled()
    bench.arrive("rows", row("PO-2"))
    await bench.settled(count=2)
    first, second = partner.tried[0], partner.tried[-1]
    assert partner.tried == [first] * 3 + [second]
    assert (numbers(first)[0], numbers(second)[0]) == ("000000001", "000000002")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_killed_at_each_call_of_the_store_no_number_is_used_twice(after: bool, tmp_path: Path) -> None:
    def make(bench: Bench) -> Partner:
        bench.write({**FLOW, "from": "s.lines"}, mappings={"orders": X12})
        return Partner(bench)

    orders = "\n".join(json.dumps(order(f"PO-{at}")) for at in range(3)).encode()
    async for number, bench, partner in killed_at_each_call(tmp_path, make, "lines", orders, after=after):
        await bench.start()
        await bench.settled()
        await bench.stop()
        assert len(partner.came) == 3, number
        assert len(set(partner.numbers)) == 3, number
    assert number > 5


async def test_a_batch_that_is_refused_is_sent_in_interchanges_of_their_own(bench: Bench) -> None:
    refused = PeerRejected("one of them is wrong", code="1", blame=Blame.CALLER)
    partner = Partner(bench, refused, refused)
    await start(bench, BATCHES)
    bench.arrive("lines", "\n".join(json.dumps(order(f"PO-{at}")) for at in range(3)))
    (message,) = await bench.settled()
    assert partner.numbers == [("000000003", "3"), ("000000004", "4")]
    (dead,) = await bench.dead_records(message)
    await bench.engine.replay(dead.id, Replay(by="ada"))
    await until(lambda: len(partner.came) == 3)
    assert partner.numbers[-1] == ("000000005", "5")


async def test_a_replay_sends_the_same_bytes_and_calls_that_are_repeated_others(bench: Bench) -> None:
    refused = PeerRejected("not today", code="1", blame=Blame.CALLER)
    partner = Partner(bench, refused)
    await start(bench)
    bench.arrive("rows", row("PO-1"))
    (message,) = await bench.settled(State.DEAD)
    await bench.engine.replay(message.id, Replay(by="ada"))
    await bench.settled(State.DONE)
    assert partner.tried[0] == partner.tried[1]
    partner.fails = [refused]
    bench.arrive("rows", row("PO-2"))
    (message,) = await bench.settled(State.DEAD)
    await bench.engine.replay(message.id, Replay(by="ada", current_flow=True, repeat_calls=True))
    await bench.settled(State.DONE, count=2)
    assert [numbers(each)[0][-1] for each in partner.tried] == ["1", "1", "2", "3"]


async def test_by_the_present_flow_what_may_have_been_sent_keeps_its_number(bench: Bench) -> None:
    partner = Partner(bench, OutcomeUnknown("no answer came"))
    steps = [{"call": "s.edi.put", "id": "send"}]
    await start(bench, {**FLOW, "steps": steps, "retry": {"attempts": 1, "first_s": 0.01}})
    bench.arrive("rows", row("PO-1"))
    (message,) = await bench.settled(State.DEAD)
    await bench.reload({**FLOW, "steps": [{"filter": "true"}, *steps]}, mappings={"orders": X12})
    await bench.engine.replay(message.id, Replay(by="ada", current_flow=True))
    await bench.settled(State.DONE)
    assert partner.tried[0] == partner.tried[1]


async def test_a_record_that_cannot_be_written_uses_no_number(bench: Bench) -> None:
    partner = Partner(bench)
    await start(bench)
    bench.arrive("rows", row("x" * 23), row("PO-2"))
    await bench.settled(State.DONE)
    await bench.settled(State.DEAD)
    await bench.stop()
    await bench.start()
    bench.arrive("rows", row("PO-3"))
    await bench.settled(State.DONE, count=2)
    assert [int(number) for number, _ in partner.numbers][-1] <= 3
    assert len(set(partner.numbers)) == 2
