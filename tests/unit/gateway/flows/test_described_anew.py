"""Systems that describe themselves late, anew, or while the flows still look at what another one said."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from adapters.contract import Channel, Deadline, Operation, Request
from adapters.errors import ConnectionLost
from gateway.flows.sending import BLOCKED_S
from gateway.messages import Began, Change, Lease, State
from tests.unit.gateway.flows.bench import Bench, until
from tests.unit.gateway.flows.scripted import CHANNELS, OPERATIONS, Arriving, ScriptedAdapter

LATE = {"adapter": "scripted_flows_late"}


async def test_a_system_is_not_overlooked_that_describes_itself_while_another_is_looked_at(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = asyncio.Event()
    connect = ScriptedAdapter.connect

    async def one_after_the_other(self: ScriptedAdapter, deadline: Deadline) -> None:
        if self._context.system == "second":
            await looking.wait()
        await connect(self, deadline)

    monkeypatch.setattr(ScriptedAdapter, "connect", one_after_the_other)
    bench.write(
        flows={
            "one": {"from": "first.messages", "steps": [{"call": "first.do"}]},
            "two": {"from": "second.rows", "steps": [{"call": "second.do"}]},
        },
        systems={"first": LATE, "second": LATE},
    )
    bench.prepare()
    await bench.store.open()
    define = bench.store.define

    async def held(flow: str, version: str, definition: bytes) -> None:
        looking.set()
        await until(lambda: bench.engine.status()["two"].state == "running")
        await define(flow, version, definition)

    monkeypatch.setattr(bench.store, "define", held)
    await bench.catalogue.start()
    await bench.engine.start()
    bench.arrive("rows", "{}")
    (message,) = await bench.settled(State.DONE)
    assert message.flow == "two"


async def test_what_arrives_while_no_flow_reads_it_stays_with_its_source(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.flows.receiving.FULL_WAIT_S", 0.01)
    await bench.start({"from": "s.messages", "steps": [{"call": "s.do"}]})
    bench.arrive("messages", Arriving(b"{}", key="1"))
    await bench.settled(State.DONE)

    offered: dict[str, Any] = {"channels": [each for each in CHANNELS if each.name != "messages"]}

    def channels(self: ScriptedAdapter) -> tuple[Channel, ...]:
        return tuple(offered["channels"])

    monkeypatch.setattr(ScriptedAdapter, "channels", channels)
    system = bench.catalogue.systems["s"]
    system._suspect.set()
    await until(lambda: "messages" not in system.channels)
    await until(lambda: bench.engine.status()["f"].state == "blocked")
    (unread,) = bench.arrive("messages", Arriving(b"{}", key="2"))
    await until(lambda: unread.nacked)
    assert not unread.acked
    # Nor is it read: what is spooled for nobody would stay there.
    assert not unread.was_read
    bench.arrive("messages", ConnectionLost("cut"))
    receiver = bench.engine._receivers["s.messages"]
    await until(lambda: receiver.reason == "s does not offer this channel any more")

    offered["channels"] = CHANNELS
    system._suspect.set()
    await until(lambda: bench.engine.status()["f"].state == "running")
    bench.arrive("messages", Arriving(b"{}", key="2"))
    await bench.settled(State.DONE, count=2)


async def test_a_call_that_is_offered_no_more_when_it_is_made_is_not_in_doubt(bench: Bench) -> None:
    await bench.start({"from": "s.messages", "steps": [{"call": "s.do"}]})
    system, record = bench.catalogue.systems["s"], bench.store.record

    async def offered(operations: Sequence[Operation]) -> None:
        bench.script.operations = operations
        system._suspect.set()
        await until(lambda: len(system.entries) == len(operations))

    async def taken_away(lease: Lease, *changes: Change) -> None:
        await record(lease, *changes)
        if any(isinstance(change, Began) for change in changes):
            await offered(OPERATIONS[1:])

    bench.store.record = taken_away  # type: ignore[method-assign]
    bench.arrive("messages", "{}")

    async def failures() -> list[str]:
        found = [message.failure for message in await bench.messages(State.PENDING)]
        return [failure.error for failure in found if failure is not None]

    assert await until(failures) == ["NoOperation"]
    assert bench.script.calls == []
    bench.store.record = record  # type: ignore[method-assign]
    await offered(OPERATIONS)
    bench.ahead_s = BLOCKED_S + 1
    bench.engine._dispatcher.wake()
    (message,) = await bench.settled(State.DONE, State.IN_DOUBT)
    assert (message.state, len(bench.script.calls)) == (State.DONE, 1)


async def test_calls_to_a_system_that_is_away_and_unknown_wait_together(bench: Bench) -> None:
    bench.write(systems={"late": LATE})
    await bench.start()
    await until(lambda: bench.catalogue.systems["late"].entries)
    entry = bench.catalogue.systems["late"].entries["do"]
    bench.script.hold = asyncio.Event()
    await bench.engine.accept_call(entry, Request(body={}), owner="k", correlation_id="c")
    await until(lambda: bench.script.calls)
    await bench.kill()
    bench.script.up, bench.script.hold = False, None
    await bench.start()
    await until(lambda: bench.engine._dispatcher.paused_for("call:late.do"))


async def test_a_flow_is_not_compiled_again_when_nothing_of_it_changed(bench: Bench) -> None:
    bench.write({"from": "s.messages", "steps": [{"call": "s.do"}]})
    bench.prepare()
    flows = bench.engine._flows
    program = flows.prepared["f"].program
    assert program is not None
    flows.look()
    assert flows.prepared["f"].program is program
    del bench.engine
