"""The gateway as a process, killed with SIGKILL in the middle of writes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.conformance.kit_soap import KIT
from tests.faults.gateway import Gateway
from tests.faults.house import CALLS
from tests.faults.proxy import Direction, FaultProxy

PATH = CALLS["soap"].write
ASYNC = {"Prefer": "respond-async"}


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[KIT]:
    peer = KIT()
    peer.start(tmp_path)
    yield peer
    peer.stop()


async def write(gateway: Gateway, **headers: str) -> tuple[int, Any, Any]:
    body = CALLS["soap"].body()
    async with gateway.session.post(PATH, json=body, headers=headers) as response:
        return response.status, response.headers.copy(), await response.json(content_type=None)


async def state(gateway: Gateway, identifier: str) -> str:
    async with gateway.session.get(f"/api/messages/{identifier}") as response:
        assert response.status == 200, await response.text()
        return str((await response.json())["state"])


async def test_keys_and_stored_calls_survive(kit: KIT, tmp_path: Path) -> None:
    async with FaultProxy(kit.port) as proxy:
        system = {**kit.settings(proxy.port), "timeout_s": 60}
        async with Gateway(
            tmp_path / "gateway", {"soap": system}, kit.secrets, base=tmp_path / "c"
        ) as gateway:
            answered = await write(gateway, **{"Idempotency-Key": "answered"})
            assert answered[0] == 200, answered
            kit.server.freeze()
            sent = proxy.bytes(Direction.TO_SERVER)
            hanging = asyncio.create_task(write(gateway, **{"Idempotency-Key": "hanging"}))
            await proxy.until(lambda: proxy.bytes(Direction.TO_SERVER) > sent, 20)
            accepted = [await write(gateway, **ASYNC) for _ in range(10)]
            keyed = await write(gateway, **ASYNC, **{"Idempotency-Key": "stored"})
            assert [status for status, _, _ in (*accepted, keyed)] == [202] * 11
            await asyncio.to_thread(gateway.server.kill)
            with pytest.raises(aiohttp.ClientError):
                await hanging
            kit.server.thaw()
            await asyncio.to_thread(gateway.server.start)

            status, headers, body = await write(gateway, **{"Idempotency-Key": "answered"})
            assert (status, body, headers["Idempotency-Replayed"]) == (200, answered[2], "true")
            for preferred in ({}, {}, ASYNC):  # nor is it stored: no store knows what was made at once
                status, _, problem = await write(gateway, **preferred, **{"Idempotency-Key": "hanging"})
                assert (status, problem["type"]) == (409, "/problems/idempotency-outcome-unknown")
                assert problem["outcome"] == "unknown"
            status, headers, body = await write(gateway, **ASYNC, **{"Idempotency-Key": "stored"})
            assert (status, body["id"]) == (202, keyed[2]["id"])

            ids = [body["id"] for _, _, body in (*accepted, keyed)]
            async with asyncio.timeout(60):
                while set(states := [await state(gateway, each) for each in ids]) - {"done", "in_doubt"}:
                    await asyncio.sleep(0.05)
            # None is lost; those that were being sent when the gateway died wait for a person.
            assert len(states) == 11
