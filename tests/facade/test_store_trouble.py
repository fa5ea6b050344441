"""A store that is full or has failed: what callers are told, and what goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.http import server
from gateway.messages import SqliteStore, StoreFailed
from tests.facade.running import Gateway, until
from tests.facade.test_async import ASYNC, deferred, message

ROW = {"id": 1}
FLOWS = {"orders": {"from": {"post": {}}, "steps": []}}
STORING: dict[str, tuple[str, dict[str, Any]]] = {
    "async": ("/api/erp/rows", {"headers": ASYNC}),
    "key": ("/api/erp/rows", {"headers": {"Idempotency-Key": "k"}}),
    "both": ("/api/erp/rows", {"headers": {**ASYNC, "Idempotency-Key": "k"}}),
    "flow": ("/api/flows/orders", {}),
}


@pytest.mark.parametrize("what", STORING)
async def test_no_room_on_the_disk(what: str, gateway: Gateway) -> None:
    await gateway.start({"messages": {"min_free_bytes": 2**40}}, flows=FLOWS)
    path, options = STORING[what]
    answer = await gateway.request("POST", path, json=ROW, **options)
    assert answer.problem(507, "insufficient-storage")["outcome"] == "not_sent"
    assert int(answer.headers["Retry-After"]) > 0
    assert gateway.script.requests == []
    assert (await gateway.request("POST", "/api/erp/rows", json=ROW)).status == 201
    assert (await gateway.request("GET", "/api/messages")).json == {"messages": []}
    ready = await gateway.request("GET", "/health/ready")
    assert (ready.status, ready.json["store"]) == (200, {"state": "full"})


async def test_too_many_wait(gateway: Gateway) -> None:
    await gateway.start({"messages": {"max_pending": 3}}, system={"timeout_s": 30})
    gateway.script.hold = asyncio.Event()
    taken = [await deferred(gateway, "POST", "/api/erp/rows", json=ROW) for _ in range(3)]
    for _ in range(2):
        answer = await gateway.request("POST", "/api/erp/rows", json=ROW, headers=ASYNC)
        assert answer.problem(503, "too-many-messages")["outcome"] == "not_sent"
        assert int(answer.headers["Retry-After"]) > 0
    keyed = {**ASYNC, "Idempotency-Key": "k"}
    answer = await gateway.request("POST", "/api/erp/rows", json=ROW, headers=keyed)
    answer.problem(503, "too-many-messages")
    assert (await gateway.request("GET", "/health/ready")).json["store"] == {"state": "full"}
    gateway.script.hold.set()
    for identifier in taken:
        await message(gateway, identifier, "done")
    # Nothing was stored under the key, so it is free.
    answer = await gateway.request("POST", "/api/erp/rows", json=ROW, headers=keyed)
    assert answer.status == 202
    assert "Idempotency-Replayed" not in answer.headers


async def test_a_failed_store_ends_the_gateway(gateway: Gateway) -> None:
    await gateway.start(flows=FLOWS)
    gateway.script.hold = asyncio.Event()
    running = asyncio.create_task(gateway.request("POST", "/api/erp/Notify", json={}))
    await gateway.script.entered.wait()
    gateway.store._writer.fail("the disk is gone")
    await until(lambda: gateway.service._failed.is_set())
    gateway.script.hold.set()
    assert (await running).status == 202  # what is under way is finished
    with pytest.raises(StoreFailed):
        await gateway.begin_stop()
    gateway._served = None


async def test_what_cannot_be_stored_any_more_is_refused(gateway: Gateway) -> None:
    await gateway.start(flows=FLOWS)
    gateway.script.hold = asyncio.Event()
    running = asyncio.create_task(gateway.request("POST", "/api/erp/Notify", json={}))
    await gateway.script.entered.wait()
    # As if the gateway had not begun to stop yet: a request comes between the failure and its end.
    gateway.service._failed.is_set = lambda: True  # type: ignore[method-assign]
    gateway.store._writer.fail("the disk is gone")
    for path, options in STORING.values():
        answer = await gateway.request("POST", path, json=ROW, **options)
        answer.problem(503, "store-failed")
    (await gateway.request("GET", "/api/messages")).problem(503, "store-failed")
    ready = await gateway.request("GET", "/health/ready")
    assert (ready.status, ready.json["status"], ready.json["store"]) == (503, "failed", {"state": "failed"})
    gateway.script.hold.set()
    assert (await running).status == 202
    with pytest.raises(StoreFailed):
        await gateway.begin_stop()
    gateway._served = None


async def test_nothing_is_removed_while_the_clock_is_not_trusted(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, removals, trusted = 0, 0, False

    class Clock:
        def is_trusted(self) -> bool:
            nonlocal looks
            looks += 1
            return trusted

    async def prune(store: SqliteStore) -> int:
        nonlocal removals
        removals += 1
        return 0

    monkeypatch.setattr(server, "WallClock", Clock)
    monkeypatch.setattr(server, "FIRST_PRUNE_S", 0.0)
    monkeypatch.setattr(server, "PRUNE_EVERY_S", 0.01)
    monkeypatch.setattr(SqliteStore, "prune", prune)
    await gateway.start()
    await until(lambda: looks > 2)
    assert removals == 0
    trusted = True
    await until(lambda: removals > 1)
