"""The bytes of a message over the socket: whole, or visibly broken off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.admin import AdminClient, AdminError, AdminServer, Reloaded
from gateway.flows import Replay
from gateway.messages import Arrival, NewMessage, SqliteStore, StoreSettings

PAYLOAD = bytes(range(256)) * 8192
"""2 MiB: in the spool, and sent in several pieces."""


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    found = SqliteStore(tmp_path, StoreSettings(min_free_bytes=0, reserve_bytes=0))
    await found.open()
    yield found
    await found.aclose()


class Nobody:
    async def replay(self, message_id: str, asked: Replay) -> None:
        raise AssertionError("nothing is replayed here")

    def waits_for(self, flow: str) -> str:
        return ""


@pytest.fixture
async def client(store: SqliteStore, tmp_path: Path) -> AsyncIterator[AdminClient]:
    async def reload() -> Reloaded:
        return Reloaded()

    server = AdminServer(tmp_path, store, Nobody(), reload)
    await server.start()
    async with AdminClient(tmp_path) as found:
        yield found
    await server.aclose()


async def put(store: SqliteStore) -> str:
    await store.define("f", "v1", b"{}")
    message = NewMessage(flow="f", version="v1", source="s", payload=PAYLOAD, content_type="text/plain")
    return (await store.append(Arrival(channel="c", messages=(message,)))).ids[0]


async def receive(client: AdminClient, message_id: str, received: bytearray) -> None:
    async with asyncio.timeout(30):
        async for chunk in client.payload(message_id):
            received += chunk


async def test_it_comes_as_it_is(store: SqliteStore, client: AdminClient) -> None:
    message_id = await put(store)
    received = bytearray()
    await receive(client, message_id, received)
    assert received == PAYLOAD


@pytest.mark.parametrize("where", [0.01, 0.5, 0.9999], ids=["the first piece", "the middle", "the end"])
async def test_one_that_was_changed_is_not_taken_for_whole(
    where: float, store: SqliteStore, client: AdminClient, tmp_path: Path
) -> None:
    message_id = await put(store)
    (file,) = (tmp_path / "spool").iterdir()
    content = bytearray(file.read_bytes())
    content[int(len(content) * where)] ^= 1
    file.write_bytes(content)
    received = bytearray()
    with pytest.raises(AdminError):
        await receive(client, message_id, received)
    assert PAYLOAD.startswith(received)
