"""What arrives is stored, and then acknowledged, in the order in which it came."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.errors import ConnectionLost, LimitExceeded, ReadFailed
from gateway.flows import acknowledging
from gateway.messages import Arrival, State, StoreFull
from gateway.telemetry import configure, shut_down
from tests.unit.gateway.flows.bench import Bench, until
from tests.unit.gateway.flows.scripted import Arriving

FLOW = {"from": "s.messages", "steps": [{"call": "s.do"}]}


@pytest.fixture
def log() -> Iterator[io.BytesIO]:
    """What is logged; whole after `shut_down`."""
    written = io.BytesIO()
    configure("info", "json", written)
    yield written
    configure()


def deliveries(count: int, **more: Any) -> list[Arriving]:
    return [Arriving(b'{"n": %d}' % number, key=str(number), **more) for number in range(count)]


async def test_acknowledged_in_the_order_of_arrival_and_only_once_stored(bench: Bench) -> None:
    await bench.start(FLOW)
    append = bench.store.append
    stored: list[str] = []
    released = asyncio.Event()
    waiting = 0

    async def slow(arrival: Arrival) -> Any:
        nonlocal waiting
        waiting += 1
        await released.wait()
        found = await append(arrival)
        stored.extend(found.ids)
        return found

    bench.store.append = slow  # type: ignore[method-assign]
    acked: list[bytes] = []

    def on_ack(one: Arriving) -> None:
        assert len(stored) > len(acked)
        acked.append(one.data)

    arriving = deliveries(30, on_ack=on_ack)
    bench.arrive("messages", *arriving)
    # As many are held as the window allows, so that they share commits; the rest stays at the source.
    await until(lambda: waiting == 20)
    assert bench.script.arriving["messages"].qsize() == 10
    assert acked == []
    released.set()
    await until(lambda: len(acked) == 30)
    assert acked == [one.data for one in arriving]
    await bench.settled(State.DONE, count=30)


def stored_at_once(bench: Bench, count: int) -> None:
    """Have so many appends end together, whatever commits they share."""
    append, there, ended = bench.store.append, asyncio.Event(), 0

    async def together(arrival: Arrival) -> Any:
        nonlocal ended
        found = await append(arrival)
        ended += 1
        if ended == count:
            there.set()
        await there.wait()
        return found

    bench.store.append = together  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("channel", "at_once"), [("messages", 1), ("changes", 5)], ids=["one by one", "together"]
)
async def test_what_may_be_acknowledged_together_is(channel: str, at_once: int, bench: Bench) -> None:
    await bench.start({"from": f"s.{channel}", "steps": []})
    stored_at_once(bench, 5)
    begun: list[bytes] = []
    released, under_way, most = asyncio.Event(), 0, 0

    async def acking(one: Arriving) -> None:
        nonlocal under_way, most
        begun.append(one.data)
        under_way += 1
        most = max(most, under_way)
        await released.wait()
        under_way -= 1

    arriving = deliveries(5, acking=acking)
    bench.arrive(channel, *arriving)
    await until(lambda: under_way == at_once)
    released.set()
    await until(lambda: all(one.acked for one in arriving))
    assert begun == [one.data for one in arriving]
    assert most == at_once


async def test_an_acknowledgement_that_fails_leaves_those_beside_it(bench: Bench) -> None:
    await bench.start({"from": "s.changes", "steps": []})
    stored_at_once(bench, 3)
    arriving = deliveries(3)
    arriving[1].ack_error = ConnectionLost("cut")
    bench.arrive("changes", *arriving)
    await until(lambda: len(bench.script.resumed) == 2)
    assert [one.acked for one in arriving] == [True, False, True]
    (again,) = bench.arrive("changes", Arriving(arriving[1].data, key="1", redelivered=True))
    await until(lambda: again.acked)
    assert len(await bench.messages()) == 3


async def test_the_same_arrival_is_stored_once_and_acknowledged_again(bench: Bench) -> None:
    await bench.start(FLOW)
    first, again = Arriving(b"{}", key="k"), Arriving(b"{}", key="k", redelivered=True)
    bench.arrive("messages", first, again)
    await until(lambda: again.acked)
    await bench.settled(State.DONE)
    assert len(await bench.messages()) == 1


async def test_without_a_key_a_redelivery_is_another_message(bench: Bench) -> None:
    await bench.start(FLOW)
    bench.arrive("messages", Arriving(b"{}"), Arriving(b"{}", redelivered=True))
    first, second = await bench.settled(State.DONE, count=2)
    assert (first.redelivered, second.redelivered) == (False, True)


async def test_a_lost_connection_is_received_from_again_where_it_was(bench: Bench) -> None:
    await bench.start(FLOW)
    bench.arrive("messages", Arriving(b"{}", key="1", at="place-1"))
    await bench.settled(State.DONE)
    bench.arrive("messages", ConnectionLost("cut"), Arriving(b"{}", key="2", at="place-2"))
    await bench.settled(State.DONE, count=2)
    assert bench.script.resumed == [("messages", None), ("messages", "place-1")]


async def test_an_adapter_that_fails_does_not_end_receiving(bench: Bench) -> None:
    await bench.start(FLOW)
    bench.arrive("messages", RuntimeError("bug"), Arriving(b"{}"))
    await bench.settled(State.DONE)


async def test_after_a_failed_acknowledgement_it_is_received_again(bench: Bench) -> None:
    await bench.start(FLOW)
    bad = Arriving(b"{}", key="1", ack_error=ConnectionLost("cut"))
    bench.arrive("messages", bad)
    await until(lambda: len(bench.script.resumed) == 2)
    again = Arriving(b"{}", key="1", redelivered=True)
    bench.arrive("messages", again)
    await until(lambda: again.acked)
    assert len(await bench.messages()) == 1


@pytest.mark.parametrize(
    ("error", "for_good"), [(ReadFailed("changed"), False), (LimitExceeded("too large"), True)]
)
async def test_a_delivery_that_is_not_whole_is_not_stored(
    error: Exception, for_good: bool, bench: Bench
) -> None:
    await bench.start(FLOW)
    broken = Arriving(b'{"half":', broken=error)
    bench.arrive("messages", broken, Arriving(b"{}"))
    await bench.settled(State.DONE)
    assert (broken.acked, broken.nacked, broken.for_good) == (False, str(error), for_good)
    assert len(await bench.messages()) == 1


async def test_a_large_delivery_goes_to_the_spool(bench: Bench) -> None:
    await bench.start(
        {"from": "s.files", "steps": [{"call": "s.rows.insert", "batch": 1000}]},
        gateway={"messages": {"max_inline_bytes": 2048}},
    )
    data = "id\n" + "".join(f"{number}\n" for number in range(5000))
    bench.arrive("files", data)
    (message,) = await bench.settled(State.DONE)
    assert await bench.payload(message) == data.encode()
    assert message.progress.records == 5000
    assert list((bench.folder / "state").rglob("spool*"))


async def test_a_full_store_takes_nothing_and_acknowledges_nothing_until_there_is_room(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acknowledging, "FULL_WAIT_S", 0.01)
    await bench.start(FLOW)
    append, full, refused = bench.store.append, True, 0

    async def limited(arrival: Arrival) -> Any:
        nonlocal refused
        if full:
            refused += 1
            raise StoreFull("no room")
        return await append(arrival)

    bench.store.append = limited  # type: ignore[method-assign]
    arriving = deliveries(3)
    bench.arrive("messages", *arriving)
    await until(lambda: refused > 5)
    assert not any(one.acked or one.nacked for one in arriving)
    full = False
    await bench.settled(State.DONE, count=3)
    await until(lambda: all(one.acked for one in arriving))
    assert [body["n"] for body in bench.script.sent("do")] == [0, 1, 2]  # type: ignore[index, call-overload]


@pytest.mark.parametrize("cursor", [False, True], ids=["lane", "cursor"])
async def test_one_that_is_refused_for_want_of_room_is_not_overtaken(
    cursor: bool, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acknowledging, "FULL_WAIT_S", 0.01)
    await bench.start(FLOW if cursor else {**FLOW, "order_by": "'all'"})
    append, stored, refused = bench.store.append, list[bytes](), 0

    async def limited(arrival: Arrival) -> Any:
        nonlocal refused
        payload = arrival.messages[0].payload
        if payload == b'{"n": 0}' and refused < 3:
            refused += 1
            raise StoreFull("no room")
        stored.append(payload)  # type: ignore[arg-type]
        return await append(arrival)

    bench.store.append = limited  # type: ignore[method-assign]
    sent = [f'{{"n": {n}}}'.encode() for n in range(4)]
    bench.arrive("messages", *(Arriving(data, at=str(n) if cursor else None) for n, data in enumerate(sent)))
    await bench.settled(State.DONE, count=4)
    assert stored == sent
    assert refused == 3


async def test_several_flows_read_one_channel(bench: Bench) -> None:
    await bench.start(
        flows={
            "f": FLOW,
            "g": {"from": "s.messages", "steps": [{"call": "s.do.again"}]},
            "h": {"from": "s.rows", "steps": [{"call": "s.look"}]},
        }
    )
    (one,) = bench.arrive("messages", Arriving(b'{"n": 1}', key="k", headers={"mqtt.topic": "a/b"}))
    bench.arrive("rows", '{"n": 2}')
    messages = await bench.settled(State.DONE, count=3)
    assert one.acked
    first, second = (message for message in messages if message.source == "s.messages")
    assert first.correlation_id == second.correlation_id
    assert first.headers == {"mqtt.topic": "a/b"}
    assert bench.script.sent("look") == [{"n": 2}]


async def test_only_channels_that_a_flow_reads_are_received(bench: Bench) -> None:
    await bench.start(FLOW)
    bench.arrive("rows", "{}")
    bench.arrive("messages", "{}")
    await bench.settled(State.DONE)
    assert [channel for channel, _ in bench.script.resumed] == ["messages"]


async def test_bad_bytes_are_stored_and_acknowledged_and_then_a_dead_letter(bench: Bench) -> None:
    await bench.start(FLOW)
    (bad,) = bench.arrive("messages", Arriving(b"\xff\xfe{", key="1"))
    (message,) = await bench.settled(State.DEAD)
    assert bad.acked
    assert await bench.payload(message) == b"\xff\xfe{"
    assert message.failure is not None
    assert message.failure.rule == "utf-8"


async def test_a_system_that_describes_itself_late_is_received_from_then(bench: Bench) -> None:
    bench.script.up = False
    await bench.start(
        {"from": "late.messages", "steps": [{"call": "late.do"}]},
        systems={"late": {"adapter": "scripted_flows_late"}},
    )
    assert bench.engine.status()["f"].state == "waiting"
    bench.script.up = True
    bench.arrive("messages", "{}")
    await bench.settled(State.DONE)
    assert bench.engine.status()["f"].state == "running"


async def test_a_system_not_yet_tried_is_no_reason_to_warn(bench: Bench, log: io.BytesIO) -> None:
    bench.write(FLOW)
    bench.prepare()
    await bench.store.open()
    await bench.engine.start()
    await until(lambda: "s.messages" in bench.engine._receivers)
    assert bench.engine.status()["f"].reason == ""
    await bench.catalogue.start()
    bench.arrive("messages", "{}")
    await bench.settled(State.DONE)
    await bench.stop()
    shut_down()
    assert b"system is ready" in log.getvalue()
    assert b"nothing is received" not in log.getvalue()


async def test_a_system_that_is_away_is_told_once_and_received_from_when_it_is_back(
    bench: Bench, log: io.BytesIO
) -> None:
    bench.script.up = False
    await bench.start(FLOW)
    await until(lambda: "connection refused" in bench.engine.status()["f"].reason)
    assert bench.script.resumed == []
    bench.script.up = True
    await until(lambda: bench.script.resumed)
    await until(lambda: bench.engine.status()["f"].reason == "")
    bench.arrive("messages", "{}")
    await bench.settled(State.DONE)
    await bench.stop()
    shut_down()
    assert log.getvalue().count(b"nothing is received") == 1
    assert log.getvalue().count(b"receiving again") == 1


async def test_a_stop_does_not_wait_for_a_system_that_is_away(bench: Bench) -> None:
    bench.script.up = False
    await bench.start(FLOW)
    await until(lambda: bench.engine.status()["f"].reason)
    async with asyncio.timeout(30):
        await bench.stop(grace_s=100.0)


async def test_nothing_of_a_payload_is_logged(bench: Bench, log: io.BytesIO) -> None:
    await bench.start(FLOW)
    bench.arrive("messages", '{"secret-in-payload', Arriving(b'{"n": "secret-in-payload"}'))
    await bench.settled(State.DONE)
    await bench.settled(State.DEAD)
    await bench.stop()
    shut_down()
    assert b"a message is a dead letter" in log.getvalue()
    assert b"secret-in-payload" not in log.getvalue()


async def test_a_stop_acknowledges_what_is_being_stored_and_takes_no_more(bench: Bench) -> None:
    await bench.start(FLOW)
    append = bench.store.append
    entered, released = asyncio.Event(), asyncio.Event()

    async def slow(arrival: Arrival) -> Any:
        entered.set()
        await released.wait()
        return await append(arrival)

    bench.store.append = slow  # type: ignore[method-assign]
    (first,) = bench.arrive("messages", Arriving(b"{}"))
    await entered.wait()
    draining = asyncio.create_task(bench.engine.drain(20))
    for _ in range(20):  # so that the receiver has heard of it
        await asyncio.sleep(0)
    (late,) = bench.arrive("messages", Arriving(b"{}"))
    released.set()
    await draining
    assert (first.acked, late.acked) == (True, False)
    assert len(await bench.messages()) == 1


async def test_what_the_source_delivers_again_is_marked_in_the_calls_it_makes(bench: Bench) -> None:
    await bench.start(FLOW)
    bench.arrive("messages", Arriving(b"{}", redelivered=True))
    await bench.settled(State.DONE)
    ((_, request),) = bench.script.calls
    assert request.headers == {"gateway.redelivered": "true"}
