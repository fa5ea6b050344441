"""What every store does when people look, decide, and when time passes."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from gateway.messages import (
    CUT,
    Advanced,
    Anew,
    Began,
    DeadRecord,
    Finished,
    Mark,
    MessageStore,
    NotAllowed,
    Progress,
    State,
    UnknownMessage,
)
from tests.unit.gateway.messages.making import (
    FAILURE,
    FLOW,
    VERSION,
    Stores,
    arrival,
    dead,
    in_doubt,
    lease_one,
    leased_ids,
    message,
    put,
    whole,
)

DAY_S = 24 * 3600

NO_IDS = {
    "empty": "",
    "no uuid": "../../etc/passwd",
    "another kind of uuid": str(uuid.uuid4()),
    "braces": "{00000000-0001-8000-8000-000000000000}",
    "nobody's": "00000000-0001-8000-8000-000000000000",
    "far beyond": "ffffffff-ffff-8fff-bfff-ffffffffffff",
    "NUL": "\0",
    "long": "0" * 100_000,
    "surrogate": "\ud800",
}
ASKED: dict[str, Any] = {
    "get": lambda store, each: store.get(each),
    "result": lambda store, each: store.result(each),
    "history": lambda store, each: store.history(each),
    "payload": whole,
    "replay": lambda store, each: store.replay(each, by="x"),
    "discard": lambda store, each: store.discard(each, by="x"),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("message_id", NO_IDS.values(), ids=NO_IDS)
async def test_there_is_no_such_message(store: MessageStore, ask: Any, message_id: str) -> None:
    await put(store)
    with pytest.raises(UnknownMessage):
        await ask(store, message_id)
    await put(store)


async def test_replay_runs_again_with_what_is_known(store: MessageStore) -> None:
    message_id = await dead(store, b"original")
    await store.replay(message_id, by="key-1")
    lease = await lease_one(store)
    assert (lease.message.id, lease.message.attempts) == (message_id, 2)
    assert await whole(store, message_id) == b"original"


@pytest.mark.parametrize(
    ("unknown_as", "expected"),
    [
        ("repeat", {"0/a": Mark(True, 1, b"r")}),
        ("done", {"0/a": Mark(True, 1, b"r"), "0/b": Mark(True, 1)}),
        (None, {"0/a": Mark(True, 1, b"r"), "0/b": Mark(False, 1)}),
    ],
)
async def test_what_has_no_answer_is_what_the_person_says(
    store: MessageStore, unknown_as: Any, expected: Any
) -> None:
    message_id = await in_doubt(store, Finished("0/a", b"r"), Began("0/b"))
    await store.replay(message_id, by="key-1", unknown_as=unknown_as)
    assert (await lease_one(store)).marks == expected


async def test_a_replay_goes_to_the_end_of_its_lane(stores: Stores) -> None:
    store = await stores.open()
    first = await dead(store, lane="a")
    second, third = await put(store, lane="a"), await put(store, lane="a")
    await store.replay(first, by="x")
    store = await stores.open()
    fourth = await put(store, lane="a")
    for expected in (second, third, first, fourth):
        (lease,) = await store.lease(10)
        assert lease.message.id == expected
        await store.complete(lease, Progress())


async def test_a_replay_waits_behind_one_that_runs(store: MessageStore) -> None:
    first = await dead(store, lane="a")
    await put(store, lane="a")
    running = await lease_one(store)
    await store.replay(first, by="x")
    assert await leased_ids(store) == []
    await store.complete(running, Progress())
    assert await leased_ids(store) == [first]


async def in_state(store: MessageStore, state: State) -> str:
    """A message in this state, without progress."""
    if state is State.DEAD:
        return await dead(store)
    if state is State.IN_DOUBT:
        return await in_doubt(store)
    message_id = await put(store)
    if state is State.DISCARDED:
        await store.discard(message_id, by="x")
    elif state in (State.RUNNING, State.DONE):
        lease = await lease_one(store)
        if state is State.DONE:
            await store.complete(lease, Progress())
    return message_id


@pytest.mark.parametrize("state", State)
async def test_which_may_be_replayed(store: MessageStore, state: State) -> None:
    message_id = await in_state(store, state)
    assert (await store.get(message_id)).state is state
    if state in (State.DEAD, State.IN_DOUBT):
        await store.replay(message_id, by="x")
        assert (await store.get(message_id)).state is State.PENDING
        with pytest.raises(NotAllowed):
            await store.replay(message_id, by="x")
    else:
        with pytest.raises(NotAllowed, match=f"is {state}.* dead, in_doubt"):
            await store.replay(message_id, by="x")
        assert (await store.get(message_id)).state is state


@pytest.mark.parametrize("state", State)
async def test_which_may_be_discarded(store: MessageStore, state: State) -> None:
    message_id = await in_state(store, state)
    if state in (State.DEAD, State.IN_DOUBT, State.PENDING):
        await store.discard(message_id, by="key-1", reason="a test order")
        assert (await store.get(message_id)).state is State.DISCARDED
        last = (await store.history(message_id))[-1]
        assert (last.kind, last.text) == ("discarded", "by key-1: a test order")
    else:
        with pytest.raises(NotAllowed, match="dead, in_doubt, pending"):
            await store.discard(message_id, by="x")
        assert (await store.get(message_id)).state is state


async def test_counts(store: MessageStore) -> None:
    await store.define("other", "v2", b"{}")
    for state in State:
        await in_state(store, state)
    await put(store, flow="other", version="v2")
    assert await store.counts() == {(FLOW, state): 1 for state in State} | {("other", State.PENDING): 1}


async def test_find(store: MessageStore) -> None:
    await store.define("other", "v2", b"{}")
    one = await dead(store)
    two = await put(store, source="erp.orders")
    three = await put(store, flow="other", version="v2")
    four = await put(store, flow="other", version="v2", source="erp.orders", parent=one)

    async def found(**wanted: Any) -> list[str]:
        return [each.id for each in await store.find(**wanted)]

    assert await found() == [four, three, two, one]
    assert await found(states={State.DEAD}) == [one]
    assert await found(states={State.DEAD, State.PENDING}) == [four, three, two, one]
    assert await found(states={State.DONE}) == []
    assert await found(flow="other") == [four, three]
    assert await found(flow="nobody") == []
    assert await found(source="erp.orders") == [four, two]
    assert await found(flow=FLOW, source="erp.orders", states=[State.PENDING]) == [two]
    assert await found(flow=FLOW, source="erp.orders", states=[State.DEAD]) == []
    assert await found(parent=one) == [four]
    assert await found(parent=one, states={State.DEAD}) == []
    assert await found(parent=one, flow=FLOW) == []
    assert await found(before=three) == [two, one]
    assert await found(before=three, limit=1) == [two]
    assert await found(before=one) == []


@pytest.mark.parametrize(
    "wanted", [{}, {"flow": FLOW}, {"states": {State.PENDING}}, {"source": "bank.statements"}]
)
async def test_pages_hold_each_once(store: MessageStore, wanted: dict[str, Any]) -> None:
    ids = [await put(store) for _ in range(10)]
    pages: list[str] = []
    while page := await store.find(limit=3, before=pages[-1] if pages else None, **wanted):
        assert len(page) <= 3
        pages += [each.id for each in page]
    assert pages == ids[::-1]


async def test_a_page_is_bounded_and_not_empty(store: MessageStore) -> None:
    await put(store)
    assert len(await store.find(limit=10**9)) == 1
    assert len(await store.find(limit=0)) == 1


async def test_what_is_done_goes_after_its_days(stores: Stores) -> None:
    store = await stores.open(keep_done_days=2, keep_dead_days=5)
    kept = {state: await in_state(store, state) for state in State if state is not State.PENDING}
    kept[State.PENDING] = await put(store)
    stores.clock.now += 1.9 * DAY_S
    assert await store.prune() == 0
    stores.clock.now += 0.2 * DAY_S
    assert await store.prune() == 2
    left = {each.state for each in await store.find()}
    assert left == {State.PENDING, State.RUNNING, State.DEAD, State.IN_DOUBT}
    with pytest.raises(UnknownMessage):
        await store.get(kept[State.DONE])
    stores.clock.now += 30 * DAY_S
    assert await store.prune() == 1
    assert {each.state for each in await store.find()} == left - {State.DEAD}
    assert State.DEAD not in {state for _, state in await store.counts()}


@pytest.mark.parametrize(
    ("counts", "is_kept"), [({CUT: 1}, True), ({"failed": 1}, False)], ids=["in part", "whole"]
)
async def test_what_holds_the_whole_of_a_dead_record_stays_with_it(
    counts: dict[str, int], is_kept: bool, stores: Stores
) -> None:
    store = await stores.open(keep_done_days=2, keep_dead_days=5)
    file = await put(store)
    lease = await lease_one(store)
    await store.record(lease, DeadRecord(message(b"begin"), FAILURE), Advanced(Progress(1, counts)))
    await store.complete(lease, Progress(1, counts))
    stores.clock.now += 3 * DAY_S
    assert await store.prune() == (0 if is_kept else 1)
    (record,) = await store.find(parent=file)
    await store.discard(record.id, by="a person")
    assert await store.prune() == (1 if is_kept else 0)
    stores.clock.now += 3 * DAY_S
    assert await store.prune() == 1
    assert await store.find() == []


async def test_many_go_and_the_rest_stays(stores: Stores) -> None:
    store = await stores.open()
    for _ in range(600):
        await store.append(arrival())
    leases = await store.lease(590)
    for lease in leases:
        await store.complete(lease, Progress())
    stores.clock.now += 8 * DAY_S
    assert await store.prune() == 590
    assert await store.counts() == {(FLOW, State.PENDING): 10}


async def test_a_payload_goes_with_the_last_that_holds_it(stores: Stores) -> None:
    store = await stores.open()
    await store.define("other", "v2", b"{}")
    payload = b"x" * 400_000
    appended = await store.append(arrival(message(payload), message(payload, flow="other", version="v2")))
    spool = stores.folder / "spool"
    for message_id in appended.ids:
        if stores.kind == "sqlite":
            assert len(list(spool.iterdir())) == 1
        assert await whole(store, message_id) == payload
        await store.discard(message_id, by="x")
        stores.clock.now += 8 * DAY_S
        assert await store.prune() == 1
    if stores.kind == "sqlite":
        await store.next_due_s()
        assert list(spool.iterdir()) == []


async def test_ids_are_not_given_again_after_all_are_gone(stores: Stores) -> None:
    store = await stores.open()
    first = await put(store)
    await store.discard(first, by="x")
    stores.clock.now += 8 * DAY_S
    await store.prune()
    store = await stores.open()
    assert await put(store) > first


async def test_a_definition_stays_as_long_as_it_is_needed(stores: Stores) -> None:
    store = await stores.open()
    await store.define(FLOW, "v2", b"old")
    message_id = await in_state(store, State.PENDING)
    old = await put(store, version="v2")
    store = await stores.open()
    await store.prune()
    assert await store.definition("v2") == b"old"
    await store.discard(message_id, by="x")
    await store.discard(old, by="x")
    await store.prune()
    assert await store.definition("v2") is None
    assert await store.definition("v1") == b"{}", "asked for since the store was opened"
    assert (await store.get(old)).version == "v2"
    await store.define(FLOW, "v2", b"old")
    assert await store.definition("v2") == b"old"
    await put(store, version="v2")


async def test_a_claim_is_forgotten_so_many_days_after_it_was_seen_last(stores: Stores) -> None:
    store = await stores.open(keep_claims_days=3)
    await store.append(arrival(claim="1"))
    for _ in range(3):  # a source may show what it has for longer than that
        stores.clock.now += 2.9 * DAY_S
        await store.prune()
        assert (await store.append(arrival(claim="1"))).duplicate
    stores.clock.now += 3.1 * DAY_S
    await store.prune()
    assert not (await store.append(arrival(claim="1"))).duplicate


async def test_a_key_is_given_once(stores: Stores) -> None:
    store = await stores.open()
    assert (await store.reserve("me", "k", "hash")).state == "new"
    assert (await store.reserve("me", "k", "hash")).state == "running"
    assert (await store.reserve("me", "k", "another")).state == "other"
    assert (await store.reserve("you", "k", "another")).state == "new"
    await store.settle("me", "k", b"the answer")
    async for opened in stores.and_again(store):
        answered = await opened.reserve("me", "k", "hash")
        assert (answered.state, answered.answer) == ("answered", b"the answer")
        assert (await opened.reserve("me", "k", "another")).state == "other"
    assert (await opened.reserve("you", "k", "another")).state == "unknown"
    await opened.settle("you", "k", b"found out")
    assert (await opened.reserve("you", "k", "another")).answer == b"found out"


async def test_a_forgotten_key_is_new(store: MessageStore) -> None:
    await store.reserve("me", "k", "hash")
    await store.forget("me", "k")
    assert (await store.reserve("me", "k", "another")).state == "new"
    await store.settle("me", "k", b"a")
    await store.forget("me", "k")
    assert (await store.reserve("me", "k", "another")).state == "answered"


async def test_a_key_whose_taker_is_gone_is_forgotten(store: MessageStore) -> None:
    task = asyncio.create_task(store.reserve("me", "k", "hash"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(30):
        while (await store.reserve("me", "k", "hash")).state != "new":
            await asyncio.sleep(0)


async def test_an_answer_is_kept_for_its_days(stores: Stores) -> None:
    store = await stores.open(keep_keys_days=2)
    for key in ("a", "b"):
        await store.reserve("me", key, "hash")
        await store.settle("me", key, b"")
    stores.clock.now += 1.9 * DAY_S
    await store.prune()
    assert (await store.reserve("me", "a", "hash")).state == "answered"
    stores.clock.now += 0.2 * DAY_S
    # No longer than that, but it is not the store that knows whether the clock is right.
    assert (await store.reserve("me", "a", "hash")).state == "answered"
    await store.prune()
    assert (await store.reserve("me", "a", "hash")).state == "new"
    await store.prune()
    assert (await store.reserve("me", "a", "hash")).state == "running"
    assert (await store.reserve("me", "b", "hash")).state == "new"


async def test_scope_and_key_are_not_run_together(store: MessageStore) -> None:
    await store.reserve("ab", "c", "hash")
    assert (await store.reserve("a", "bc", "hash")).state == "new"


async def test_failures_of_the_past_are_not_shown_of_what_is_done(store: MessageStore) -> None:
    message_id = await put(store)
    await store.retry(await lease_one(store), FAILURE, 0)
    await store.complete(await lease_one(store), Progress())
    assert (await store.get(message_id)).failure is None


async def moved(store: MessageStore, message_id: str, *marks: str) -> None:
    await store.define(FLOW, "v2", b"{}")
    standing = await store.standing(message_id)
    await store.move(standing, Anew("v2", Progress(2, {"read": 2}), frozenset(marks)), by="x")


@pytest.mark.parametrize("state", State)
async def test_which_may_run_by_another_version(store: MessageStore, state: State) -> None:
    message_id = await in_state(store, state)
    if state in (State.DEAD, State.IN_DOUBT, State.PENDING):
        await moved(store, message_id)
        lease = await lease_one(store)
        assert (lease.message.id, lease.message.version) == (message_id, "v2")
        assert lease.message.progress == Progress(2, {"read": 2})
    else:
        with pytest.raises(NotAllowed, match=f"is {state}.* dead, in_doubt, pending"):
            await moved(store, message_id)
        assert (await store.get(message_id)).version == VERSION


async def test_of_its_marks_those_are_kept_that_are_named(store: MessageStore) -> None:
    message_id = await in_doubt(store, Finished("0/a", b"r"), Finished("0/b", b"s"))
    assert (await store.standing(message_id)).marks == {
        "0/a": Mark(True, 1, b"r"),
        "0/b": Mark(True, 1, b"s"),
    }
    await moved(store, message_id, "0/a", "0/c")
    assert (await lease_one(store)).marks == {"0/a": Mark(True, 1, b"r")}


async def test_one_that_waits_keeps_its_place_and_runs_at_once(stores: Stores) -> None:
    store = await stores.open()
    first, second = await put(store, lane="a"), await put(store, lane="a")
    await store.retry(await lease_one(store), FAILURE, 3600)
    await moved(store, second)
    assert await leased_ids(store) == []
    await moved(store, first)
    for expected in (first, second):
        (lease,) = await store.lease(10)
        assert lease.message.id == expected
        await store.complete(lease, Progress())
    assert await store.counts() == {(FLOW, State.DONE): 2}
    stores.clock.now += 100 * DAY_S
    assert await store.prune() == 2
    assert await store.counts() == {}


async def test_what_has_changed_meanwhile_is_not_moved(store: MessageStore) -> None:
    await store.define(FLOW, "v2", b"{}")
    message_id = await put(store)
    standing = await store.standing(message_id)
    lease = await lease_one(store)
    await store.record(lease, Finished("0/a"))
    await store.release(lease)
    with pytest.raises(NotAllowed, match="has changed in this moment"):
        await store.move(standing, Anew("v2", Progress(), frozenset()), by="x")
    assert (await store.standing(message_id)).marks == {"0/a": Mark(True, 1)}
