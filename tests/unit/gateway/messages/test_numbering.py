"""Control numbers that are given once, what a message has brought, and messages that follow from others."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.messages import (
    Began,
    Claimed,
    Counted,
    Follows,
    LeaseLost,
    MessageStore,
    NotAllowed,
    Progress,
    Reached,
    State,
    StoreFailed,
    numbering,
)
from tests.unit.gateway.messages.making import FLOW, Stores, lease_one, message, put, whole

PAIR, OTHER = "x12/interchange/ZZ:ACME/ZZ:BIGCO", "x12/interchange/ZZ:ACME/ZZ:SMALLCO"


async def test_a_counter_goes_on_behind_what_a_person_says(stores: Stores) -> None:
    store = await stores.open()
    await store.set_counter(PAIR, 48_213)
    assert store.next_number(PAIR) == 48_214
    await store.count([Counted(PAIR, 48_214), Counted(OTHER, 3)])
    assert await store.counters() == {PAIR: 48_214, OTHER: 3}
    with pytest.raises(NotAllowed, match="has used 48214"):
        await store.set_counter(PAIR, 100)
    await store.set_counter(PAIR, 100, back=True)
    assert store.next_number(PAIR) == 101
    store = await stores.open()
    assert (store.next_number(PAIR), store.next_number(OTHER)) == (101, 4)


async def test_what_was_kept_first_for_an_effect_stays(stores: Stores) -> None:
    store = await stores.open(keep_keys_days=7)
    assert await store.count_once([Counted(PAIR, 1)], "effect", b"first") == b"first"
    store = await stores.open(keep_keys_days=7)
    both = await asyncio.gather(
        store.count_once([Counted(PAIR, 2)], "effect", b"second"),
        store.count_once([Counted(OTHER, 5)], "another", b"third"),
    )
    assert both == [b"first", b"third"]
    assert await store.counters() == {PAIR: 1, OTHER: 5}
    stores.clock.now += 8 * 86_400
    await store.prune()
    assert await store.count_once([Counted(PAIR, 3)], "effect", b"fourth") == b"fourth"


async def test_each_counter_counts_by_itself_from_one(store: MessageStore) -> None:
    assert [store.next_number(PAIR) for _ in range(3)] == [1, 2, 3]
    assert store.next_number(OTHER) == 1
    assert store.next_number(PAIR) == 4


async def test_what_was_used_is_not_given_again_after_a_restart(stores: Stores) -> None:
    """What was given and never used is: nothing has left that has it."""
    store = await stores.open()
    given = [store.next_number(PAIR) for _ in range(5)]
    await put(store)
    await store.record(await lease_one(store), Counted(PAIR, given[2]), Began("1/send/1"))
    store = await stores.open()
    assert store.next_number(PAIR) == given[3]
    await store.count([Counted(PAIR, given[3]), Counted(OTHER, 70)])
    store = await stores.open()
    assert (store.next_number(PAIR), store.next_number(OTHER)) == (given[4], 71)


async def test_numbers_may_be_used_in_any_order(stores: Stores) -> None:
    store = await stores.open()
    await store.count([Counted(PAIR, 7)])
    await store.count([Counted(PAIR, 3)])
    assert (await stores.open()).next_number(PAIR) == 8


async def test_a_number_is_used_with_what_has_it_or_not_at_all(stores: Stores) -> None:
    store = await stores.open()
    await put(store)
    lease = await lease_one(store)
    await store.release(lease)
    with pytest.raises(LeaseLost):
        await store.record(lease, Counted(PAIR, store.next_number(PAIR)), Began("1/send/1"))
    assert (await stores.open()).next_number(PAIR) == 1


async def test_no_number_is_given_twice_to_many_threads(store: MessageStore) -> None:
    def some() -> list[int]:
        return [store.next_number(PAIR) for _ in range(100)]

    found = await asyncio.gather(*(asyncio.to_thread(some) for _ in range(8)))
    assert sorted(number for each in found for number in each) == list(range(1, 801))


async def test_more_counters_than_are_remembered(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that were not used yet are remembered all the same, however many there are."""
    monkeypatch.setattr(numbering, "MAX_KNOWN", 10)
    store = await stores.open()
    names = [f"x12/group/A/{number}" for number in range(100)]
    for name in names[:50]:
        await store.count([Counted(name, store.next_number(name))])
    assert [store.next_number(name) for name in names] == [2] * 50 + [1] * 50
    assert [store.next_number(name) for name in names] == [3] * 50 + [2] * 50


async def test_a_store_that_is_closed_gives_none(store: MessageStore) -> None:
    await store.aclose()
    for ask in (lambda: store.next_number(PAIR), lambda: store.claimant(FLOW, PAIR)):
        with pytest.raises(StoreFailed):
            ask()


async def test_the_first_that_claims_keeps_it(stores: Stores) -> None:
    store = await stores.open()
    first, second = await put(store, b"1"), await put(store, b"2")
    leases = {each.message.id: each for each in await store.lease(2)}
    assert store.claimant(FLOW, "x12/ZZ:A/ZZ:B/000000001") is None
    for each in (first, second):
        await store.record(leases[each], Claimed("x12/ZZ:A/ZZ:B/000000001"))
    await store.record(leases[second], Claimed("x12/ZZ:A/ZZ:B/000000002"))
    store = await stores.open()
    assert store.claimant(FLOW, "x12/ZZ:A/ZZ:B/000000001") == first
    assert store.claimant(FLOW, "x12/ZZ:A/ZZ:B/000000002") == second
    assert store.claimant("another-flow", "x12/ZZ:A/ZZ:B/000000001") is None


async def test_claims_are_kept_as_long_as_those_of_arrivals(stores: Stores) -> None:
    store = await stores.open(keep_claims_days=30)
    await put(store)
    await store.record(await lease_one(store), Claimed("one"))
    stores.clock.now += 29 * 86_400
    await store.prune()
    assert store.claimant(FLOW, "one") is not None
    stores.clock.now += 2 * 86_400
    await store.prune()
    assert store.claimant(FLOW, "one") is None


@pytest.mark.parametrize("payload", [b"ISA*00*", b"x" * 300_000], ids=["small", "large"])
async def test_a_message_that_follows_waits_to_be_run(stores: Stores, payload: bytes) -> None:
    store = await stores.open()
    parent = await put(store)
    lease = await lease_one(store)
    follows = Follows(message(payload, source="acknowledge", headers={"a": "b"}))
    await store.record(lease, follows, Reached(Progress(0, {"acknowledged": 1})))
    store = await stores.open()
    (found,) = await store.find(parent=parent)
    assert (found.state, found.headers, found.source) == (State.PENDING, {"a": "b"}, "acknowledge")
    assert await whole(store, found.id) == payload
    assert {each.message.id for each in await store.lease(10)} == {parent, found.id}


async def test_the_names_of_partners_are_in_no_file(stores: Stores, tmp_path: Path) -> None:
    store = await stores.open()
    await put(store)
    await store.record(await lease_one(store), Counted(PAIR, 1), Claimed("x12/ZZ:ACME/ZZ:BIGCO/000000001"))
    assert not [path for path in files(tmp_path) if b"BIGCO" in path.read_bytes()]


def files(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]
