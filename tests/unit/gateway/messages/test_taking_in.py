"""What every store does with arrivals."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from gateway.messages import Arrival, MessageStore, State, StoreError, StoreFull
from tests.unit.gateway.messages.making import (
    FLOW,
    START,
    VERSION,
    Stores,
    arrival,
    lease_one,
    message,
    put,
    whole,
)

PAYLOADS = {
    "empty": b"",
    "one byte": b"\0",
    "text": "größe".encode(),
    "every byte": bytes(range(256)) * 5,
    "the most in a row": b"a" * (256 * 1024),
    "one more": b"a" * (256 * 1024 + 1),
    "a frame of the spool": b"f" * 64 * 1024 * 5,
    "a frame and a byte": b"f" * (64 * 1024 * 5 + 1),
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
async def test_a_payload_comes_back_as_it_came(store: MessageStore, payload: bytes) -> None:
    message_id = await put(store, payload)
    assert await whole(store, message_id) == payload
    kept = await store.get(message_id)
    assert (kept.size, kept.sha256) == (len(payload), hashlib.sha256(payload).hexdigest())


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
async def test_a_spooled_payload_comes_back_as_it_came(store: MessageStore, payload: bytes) -> None:
    async with store.spool() as writer:
        for at in range(0, len(payload), 100_001):
            await writer.write(payload[at : at + 100_001])
        spooled = await writer.finish()
    assert (spooled.size, spooled.sha256) == (len(payload), hashlib.sha256(payload).hexdigest())
    assert await whole(store, await put(store, spooled)) == payload


async def test_everything_of_a_message_is_kept(stores: Stores) -> None:
    store = await stores.open()
    message_id = await put(
        store,
        headers={"mqtt.topic": "plant/ü", "": ""},
        lane="account 1",
        correlation_id="c-1",
        owner="key-1",
        parent="p",
        redelivered=True,
    )
    async for opened in stores.and_again(store):
        kept = await opened.get(message_id)
        assert (kept.id, kept.flow, kept.version, kept.source) == (
            message_id,
            FLOW,
            VERSION,
            "bank.statements",
        )
        assert kept.headers == {"mqtt.topic": "plant/ü", "": ""}
        assert (kept.lane, kept.correlation_id, kept.owner, kept.parent) == ("account 1", "c-1", "key-1", "p")
        assert kept.redelivered
        assert kept.state is State.PENDING
        assert kept.received_at == datetime.fromtimestamp(START, UTC)
        assert (kept.attempts, kept.failure, kept.due_at, kept.has_result) == (0, None, None, False)
        assert kept.content_type == "text/plain"


async def test_an_arrival_may_be_for_several_flows_and_is_stored_once(store: MessageStore) -> None:
    await store.define("other", "v2", b"{}")
    appended = await store.append(arrival(message(b"p" * 9), message(b"p" * 9, flow="other", version="v2")))
    assert [(await store.get(each)).flow for each in appended.ids] == [FLOW, "other"]
    assert [await whole(store, each) for each in appended.ids] == [b"p" * 9] * 2


async def test_an_arrival_for_no_flow_moves_the_cursor(store: MessageStore) -> None:
    appended = await store.append(Arrival(channel="bank.statements", messages=(), cursor="17"))
    assert appended.ids == ()
    assert await store.cursor("bank.statements") == "17"


async def test_messages_of_one_arrival_hold_the_same_payload(store: MessageStore) -> None:
    with pytest.raises(ValueError, match="same payload"):
        await store.append(arrival(message(b"a"), message(b"b")))
    assert await store.counts() == {}


async def test_the_cursor_is_the_last_one(stores: Stores) -> None:
    store = await stores.open()
    assert await store.cursor("bank.statements") is None
    await store.append(arrival(cursor="1"))
    await store.append(arrival(cursor="2"))
    await store.append(arrival())
    assert await (await stores.open()).cursor("bank.statements") == "2"


async def test_a_claim_is_stored_once(stores: Stores) -> None:
    store = await stores.open()
    first = await store.append(arrival(claim="file 1", cursor="1"))
    async for opened in stores.and_again(store):
        again = await opened.append(arrival(claim="file 1", cursor="2"))
        assert again.duplicate
        assert again.ids == first.ids
        assert await opened.cursor("bank.statements") == "1"
        assert sum((await opened.counts()).values()) == 1
    other = await opened.append(Arrival(channel="other", messages=(message(),), claim="file 1"))
    assert not other.duplicate


async def test_a_claim_of_an_arrival_nobody_wanted_is_stored(store: MessageStore) -> None:
    unwanted = Arrival(channel="c", messages=(), claim="1")
    assert not (await store.append(unwanted)).duplicate
    assert (await store.append(unwanted)).duplicate


async def test_the_same_claim_at_once_is_stored_once(store: MessageStore) -> None:
    appended = await asyncio.gather(*(store.append(arrival(claim="1")) for _ in range(20)))
    assert sum(not each.duplicate for each in appended) == 1
    assert len({each.ids for each in appended}) == 1


async def test_what_was_spooled_for_a_duplicate_does_not_stay(stores: Stores) -> None:
    store = await stores.open()
    for _ in range(2):
        async with store.spool() as writer:
            await writer.write(b"x")
            spooled = await writer.finish()
        await store.append(arrival(message(spooled), claim="1"))
    await store.cursor("after the commit")
    await store.next_due_s()
    assert len(list((stores.folder / "spool").iterdir())) == 1


async def test_ids_sort_by_arrival(store: MessageStore) -> None:
    ids = [await put(store) for _ in range(20)]
    assert sorted(ids) == ids
    assert len({each[:13] for each in ids}) == 20


async def test_many_callers_share_and_each_gets_its_own(store: MessageStore) -> None:
    ids = await asyncio.gather(*(put(store, str(n).encode()) for n in range(500)))
    assert len(set(ids)) == 500
    assert [await whole(store, ids[n]) for n in (0, 250, 499)] == [b"0", b"250", b"499"]


async def test_too_many_waiting_is_refused_and_works_again(stores: Stores) -> None:
    store = await stores.open(max_pending=3)
    await put(store)
    await put(store)
    with pytest.raises(StoreFull, match="max_pending is 3"):
        await store.append(arrival(message(), message()))
    await put(store)
    with pytest.raises(StoreFull):
        await put(store, b"x" * 300_000)
    assert sum((await store.counts()).values()) == 3
    if stores.kind == "sqlite":
        assert list((stores.folder / "spool").iterdir()) == []
    await store.discard((await store.find())[0].id, by="test")
    await put(store)


async def test_in_one_group_each_is_refused_for_itself(stores: Stores) -> None:
    store = await stores.open(max_pending=10)
    outcomes = await asyncio.gather(*(put(store) for _ in range(30)), return_exceptions=True)
    assert sum(isinstance(each, str) for each in outcomes) == 10
    assert sum(isinstance(each, StoreFull) for each in outcomes) == 20


async def test_a_change_that_fails_leaves_those_of_others(store: MessageStore) -> None:
    async with store.spool() as writer:
        await writer.write(b"x")
        spooled = await writer.finish()
    outcomes = await asyncio.gather(
        put(store),
        store.append(arrival(message(spooled), claim="good")),
        store.append(arrival(message(spooled), claim="bad", cursor="bad")),
        put(store),
        put(store, version="unknown"),
        return_exceptions=True,
    )
    assert [isinstance(each, StoreError) for each in outcomes] == [False, False, True, False, True]
    assert await store.cursor("bank.statements") is None
    assert not (await store.append(arrival(claim="bad"))).duplicate


async def test_a_spool_without_finish_leaves_nothing(stores: Stores) -> None:
    store = await stores.open()
    async with store.spool() as writer:
        await writer.write(b"x" * 500_000)
    with suppress(ZeroDivisionError):
        async with store.spool() as writer:
            await writer.write(b"x" * 500_000)
            raise ZeroDivisionError
    if stores.kind == "sqlite":
        assert list((stores.folder / "spool").iterdir()) == []


async def test_what_no_message_was_stored_for_is_gone_after_a_restart(stores: Stores) -> None:
    store = await stores.open()
    spooled = []
    for n in range(2):
        async with store.spool() as writer:
            await writer.write(b"x" * n)
            spooled.append(await writer.finish())
    message_id = await put(store, spooled[1])
    store = await stores.open()
    assert await whole(store, message_id) == b"x"
    if stores.kind == "sqlite":
        assert [each.name for each in (stores.folder / "spool").iterdir()] == [spooled[1].id]


async def test_definitions_are_kept(stores: Stores) -> None:
    store = await stores.open()
    assert await store.definition("v2") is None
    await store.define(FLOW, "v2", b"second")
    await store.define(FLOW, "v2", b"other")
    assert await store.definition("v2") == b"second"
    assert await (await stores.open()).definition("v2") == b"second"


async def test_a_message_without_a_definition_is_refused(store: MessageStore) -> None:
    with pytest.raises(StoreError, match="not defined"):
        await put(store, version="never")


async def test_listeners_hear_of_what_arrives(store: MessageStore) -> None:
    heard = asyncio.Event()
    store.on_change(heard.set)
    await put(store)
    await asyncio.wait_for(heard.wait(), 30)
    heard.clear()
    lease = await lease_one(store)
    await store.release(lease)
    await asyncio.wait_for(heard.wait(), 30)


async def test_a_caller_who_goes_hurts_nobody(store: MessageStore) -> None:
    tasks = [asyncio.create_task(put(store)) for _ in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await put(store)
    assert 11 <= sum((await store.counts()).values()) <= 21
