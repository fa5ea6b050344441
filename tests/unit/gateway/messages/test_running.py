"""What every store does with messages that run: leases, marks, lanes, retries, and the ends of attempts."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from gateway.messages import (
    Advanced,
    Began,
    DeadRecord,
    Failure,
    Finished,
    LeaseLost,
    Mark,
    MessageStore,
    Progress,
    State,
    StoreError,
    Undone,
)
from tests.unit.gateway.messages.making import (
    FAILURE,
    FLOW,
    START,
    Stores,
    arrival,
    in_doubt,
    lease_one,
    leased_ids,
    message,
    put,
    whole,
)


async def test_the_oldest_run_first_and_each_once(store: MessageStore) -> None:
    ids = [await put(store) for _ in range(5)]
    assert await leased_ids(store, 2) == ids[:2]
    assert await leased_ids(store, 2) == ids[2:4]
    assert await leased_ids(store, 2) == ids[4:]
    assert await leased_ids(store, 2) == []


async def test_only_of_some_flows(store: MessageStore) -> None:
    await store.define("other", "v2", b"{}")
    mine = [await put(store) for _ in range(2)]
    others = [await put(store, flow="other", version="v2") for _ in range(2)]
    assert await leased_ids(store, flows=[]) == []
    assert await leased_ids(store, flows=["nobody"]) == []
    assert await leased_ids(store, 1, flows=["other", FLOW]) == mine[:1]
    assert await leased_ids(store, flows=["other"]) == others
    assert await leased_ids(store) == mine[1:]


async def test_a_lease_has_the_message(store: MessageStore) -> None:
    message_id = await put(store, headers={"a": "b"})
    lease = await lease_one(store)
    assert (lease.message.id, lease.message.state, lease.message.attempts) == (message_id, State.RUNNING, 1)
    assert lease.message.headers == {"a": "b"}
    assert lease.marks == {}


async def test_marks_and_progress_survive_the_end_of_the_process(stores: Stores) -> None:
    store = await stores.open()
    message_id = await put(store)
    lease = await lease_one(store)
    await store.record(lease, Began("0/a"))
    await store.record(lease, Finished("0/a", b"answer"), Began("0/b"))
    await store.record(lease, Undone("0/b"), Began("0/c"), Finished("0/d"))
    store = await stores.open()
    again = await lease_one(store)
    assert again.message.id == message_id
    assert again.token > lease.token
    assert again.marks == {
        "0/a": Mark(True, 1, b"answer"),
        "0/c": Mark(False, 1),
        "0/d": Mark(True, 1),
    }
    await store.record(
        again, Began("0/c"), Advanced(Progress(100, {"read": 100, "sent": 99})), Began("100/a")
    )
    third = await lease_one(await stores.open())
    assert third.message.progress == Progress(100, {"read": 100, "sent": 99})
    assert third.marks == {"100/a": Mark(False, 1)}
    assert third.message.attempts == 3


async def test_beginning_again_counts(stores: Stores) -> None:
    store = await stores.open()
    await put(store)
    for _ in range(2):
        lease = await lease_one(store)
        await store.record(lease, Began("0/a"))
        await store.retry(lease, FAILURE, 0)
    assert (await lease_one(store)).marks == {"0/a": Mark(False, 2)}


async def test_done(stores: Stores) -> None:
    store = await stores.open()
    message_id = await put(store)
    lease = await lease_one(store)
    await store.complete(lease, Progress(1, {"sent": 1}), b'{"answer": 1}')
    async for opened in stores.and_again(store):
        kept = await opened.get(message_id)
        assert (kept.state, kept.has_result, kept.progress) == (State.DONE, True, Progress(1, {"sent": 1}))
        assert await opened.result(message_id) == b'{"answer": 1}'
        assert await leased_ids(opened) == []


async def test_done_without_a_result(store: MessageStore) -> None:
    message_id = await put(store)
    assert await store.result(message_id) is None
    await store.complete(await lease_one(store), Progress())
    assert await store.result(message_id) is None


async def test_a_retry_waits(stores: Stores) -> None:
    store = await stores.open()
    assert await store.next_due_s() is None
    message_id = await put(store)
    assert await store.next_due_s() is None
    await store.retry(await lease_one(store), FAILURE, 60)
    assert await store.next_due_s() == 60
    waiting = await store.get(message_id)
    assert (waiting.state, waiting.attempts, waiting.failure) == (State.PENDING, 1, FAILURE)
    assert waiting.due_at == waiting.updated_at + timedelta(seconds=60)
    assert await leased_ids(store) == []
    stores.clock.now += 59
    store = await stores.open()
    assert await leased_ids(store) == []
    stores.clock.now += 1
    assert await store.next_due_s() == 0
    again = await lease_one(store)
    assert (again.message.attempts, again.message.due_at) == (2, None)


async def test_a_retry_without_a_wait_runs_at_once_and_before_younger_ones(store: MessageStore) -> None:
    first = await put(store)
    second = await put(store)
    await store.retry(await lease_one(store), FAILURE, 0)
    assert await leased_ids(store) == [first, second]


@pytest.mark.parametrize(
    ("jump_s", "is_due"),
    [(-3600, False), (-3 * 24 * 3600, True), (3 * 24 * 3600, True)],
    ids=["back a little", "back for days", "forward for days"],
)
async def test_the_clock_is_put(stores: Stores, jump_s: float, is_due: bool) -> None:
    store = await stores.open()
    await put(store)
    await store.retry(await lease_one(store), FAILURE, 300)
    stores.clock.now += jump_s
    assert (await store.next_due_s() == 0) is is_due
    assert (len(await store.lease(1)) == 1) is is_due


async def test_nothing_waits_for_more_than_a_day(stores: Stores) -> None:
    store = await stores.open()
    await put(store)
    await store.retry(await lease_one(store), FAILURE, 1e9)
    assert await store.next_due_s() == 24 * 3600


async def test_a_release_does_not_count(store: MessageStore) -> None:
    await put(store)
    for _ in range(3):
        lease = await lease_one(store)
        assert lease.message.attempts == 1
        await store.release(lease)


async def test_a_dead_letter(store: MessageStore) -> None:
    message_id = await put(store, b"original")
    await store.dead_letter(await lease_one(store), FAILURE)
    kept = await store.get(message_id)
    assert (kept.state, kept.failure) == (State.DEAD, FAILURE)
    assert await whole(store, message_id) == b"original"
    assert await leased_ids(store) == []


async def test_in_doubt_keeps_its_marks_and_waits_for_a_person(stores: Stores) -> None:
    message_id = await in_doubt(await stores.open(), Finished("0/a"), Began("0/b"))
    store = await stores.open()
    assert (await store.get(message_id)).state is State.IN_DOUBT
    assert await leased_ids(store) == []


async def test_a_dead_record_is_a_message_of_its_own(store: MessageStore) -> None:
    parent = await put(store)
    lease = await lease_one(store)
    bad = message(b"the bad record", headers={"record": "7"})
    await store.record(lease, DeadRecord(bad, FAILURE), Advanced(Progress(1, {"failed": 1})))
    await store.complete(lease, Progress(1, {"failed": 1}))
    (record,) = await store.find(parent=parent)
    assert (record.state, record.failure, record.parent) == (State.DEAD, FAILURE, parent)
    assert await whole(store, record.id) == b"the bad record"
    assert [each.kind for each in await store.history(record.id)] == ["received", "dead"]
    assert await leased_ids(store) == []


async def test_a_large_dead_record_is_spooled(store: MessageStore) -> None:
    parent = await put(store)
    await store.record(await lease_one(store), DeadRecord(message(b"x" * 400_000), FAILURE))
    (record,) = await store.find(parent=parent)
    assert await whole(store, record.id) == b"x" * 400_000


async def test_what_was_spooled_for_a_refused_change_does_not_stay(stores: Stores) -> None:
    store = await stores.open()
    await put(store)
    lease = await lease_one(store)
    await store.release(lease)
    large = DeadRecord(message(b"x" * 400_000), FAILURE)
    with pytest.raises(LeaseLost):
        await store.record(lease, large, large)
    with pytest.raises(StoreError, match="not defined"):
        await store.append(arrival(message(b"x" * 400_000, version="never")))
    assert list((stores.folder / "spool").iterdir()) == []


async def test_all_changes_or_none(store: MessageStore) -> None:
    await put(store)
    lease = await lease_one(store)
    with pytest.raises(Exception, match="not defined"):
        await store.record(lease, Began("0/a"), DeadRecord(message(version="never"), FAILURE))
    await store.retry(lease, FAILURE, 0)
    assert (await lease_one(store)).marks == {}


ENDS: dict[str, Any] = {
    "record": lambda store, lease: store.record(lease, Began("0/a")),
    "record nothing": lambda store, lease: store.record(lease),
    "complete": lambda store, lease: store.complete(lease, Progress(), b"r"),
    "retry": lambda store, lease: store.retry(lease, FAILURE, 1),
    "release": lambda store, lease: store.release(lease),
    "dead letter": lambda store, lease: store.dead_letter(lease, FAILURE),
    "hold": lambda store, lease: store.hold(lease, FAILURE),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
async def test_an_old_lease_changes_nothing(stores: Stores, end: Any) -> None:
    store = await stores.open()
    message_id = await put(store)
    old = await lease_one(store)
    await store.retry(old, FAILURE, 0)
    with pytest.raises(LeaseLost):
        await end(store, old)
    await lease_one(store)
    before = await store.get(message_id)
    with pytest.raises(LeaseLost):
        await end(store, old)
    assert await store.get(message_id) == before
    reopened = await stores.open()
    with pytest.raises(LeaseLost):
        await end(reopened, old)


async def test_a_lease_whose_taker_is_gone_is_given_back(store: MessageStore) -> None:
    await put(store)
    task = asyncio.create_task(store.lease(1))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(30):
        while not (found := await store.lease(1)):
            await asyncio.sleep(0)
    assert found[0].message.attempts == 1


async def test_a_lane_runs_one_after_the_other(store: MessageStore) -> None:
    a = [await put(store, lane="a") for _ in range(3)]
    b = await put(store, lane="b")
    free = await put(store)
    leases = await store.lease(10)
    assert [each.message.id for each in leases] == [a[0], b, free]
    await store.complete(leases[0], Progress())
    (second,) = await store.lease(10)
    assert second.message.id == a[1]
    await store.dead_letter(second, FAILURE)
    assert await leased_ids(store) == [a[2]]


async def test_a_retry_that_waits_holds_up_its_lane(stores: Stores) -> None:
    store = await stores.open()
    first = await put(store, lane="a")
    second = await put(store, lane="a")
    await store.retry(await lease_one(store), FAILURE, 60)
    assert await leased_ids(store) == []
    third = await put(store, lane="a")
    store = await stores.open()
    assert await leased_ids(store) == []
    stores.clock.now += 61
    for expected in (first, second, third):
        (lease,) = await store.lease(10)
        assert lease.message.id == expected
        await store.complete(lease, Progress())


async def test_lanes_of_different_flows_are_different(store: MessageStore) -> None:
    await store.define("other", "v2", b"{}")
    ids = [await put(store, lane="a"), await put(store, lane="a", flow="other", version="v2")]
    assert await leased_ids(store) == ids


async def test_the_end_of_the_process_keeps_the_order_of_a_lane(stores: Stores) -> None:
    store = await stores.open()
    first, _ = await put(store, lane="a"), await put(store, lane="a")
    await lease_one(store)
    assert await leased_ids(await stores.open()) == [first]


async def test_discarding_the_head_of_a_lane_lets_it_go_on(store: MessageStore) -> None:
    first, second = await put(store, lane="a"), await put(store, lane="a")
    await store.discard(first, by="test")
    assert await leased_ids(store) == [second]


async def test_discarding_in_the_midst_of_a_lane_changes_nothing_else(store: MessageStore) -> None:
    ids = [await put(store, lane="a") for _ in range(3)]
    first = await lease_one(store)
    await store.discard(ids[1], by="test")
    assert await leased_ids(store) == []
    await store.complete(first, Progress())
    assert await leased_ids(store) == [ids[2]]


async def test_a_message_that_ends_the_process_too_often_is_a_dead_letter(stores: Stores) -> None:
    store = await stores.open()
    poison, other = await put(store, lane="a"), await put(store, lane="a")
    for attempt in range(1, 4):
        lease = await lease_one(store)
        assert (lease.message.id, lease.message.attempts) == (poison, attempt)
        store = await stores.open()
    kept = await store.get(poison)
    assert kept.state is State.DEAD
    assert kept.failure is not None
    assert kept.failure.error == "interrupted"
    assert [each.kind for each in await store.history(poison)][-3:] == ["attempt", "interrupted", "dead"]
    assert await leased_ids(store) == [other]


async def test_one_that_gets_further_each_time_is_not(stores: Stores) -> None:
    store = await stores.open()
    await put(store)
    for n in range(1, 6):
        lease = await lease_one(store)
        await store.record(lease, Advanced(Progress(n)))
        store = await stores.open()
    assert (await lease_one(store)).message.progress == Progress(5)


async def test_history(stores: Stores) -> None:
    store = await stores.open()
    message_id = await put(store)
    await store.retry(await lease_one(store), Failure("ConnectFailed", "no route"), 1)
    stores.clock.now += 2
    await store.dead_letter(await lease_one(store), FAILURE)
    await store.replay(message_id, by="key-7")
    await store.complete(await lease_one(store), Progress())
    entries = await (await stores.open()).history(message_id)
    kinds = ["received", "attempt", "retry", "attempt", "dead", "replayed", "attempt", "done"]
    assert [each.kind for each in entries] == kinds
    assert "no route" in entries[2].text
    assert "key-7" in entries[5].text
    assert entries[0].at.timestamp() == START
    assert [each.at for each in entries] == sorted(each.at for each in entries)


async def test_history_is_bounded(store: MessageStore) -> None:
    message_id = await put(store)
    for n in range(120):
        await store.retry(await lease_one(store), Failure("Throttled", f"no. {n}"), 0)
    entries = await store.history(message_id)
    assert len(entries) <= 102
    assert entries[0].kind == "received"
    assert "no. 119" in entries[-1].text


async def test_a_failure_text_is_bounded(store: MessageStore) -> None:
    message_id = await put(store)
    await store.dead_letter(await lease_one(store), Failure("ReadFailed", "x" * 1_000_000))
    failure = (await store.get(message_id)).failure
    assert failure is not None
    assert 1000 <= len(failure.text) <= 10_000


async def test_an_arrival_for_several_flows_runs_each(store: MessageStore) -> None:
    await store.define("other", "v2", b"{}")
    appended = await store.append(arrival(message(), message(flow="other", version="v2")))
    assert await leased_ids(store) == list(appended.ids)
