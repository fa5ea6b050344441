"""Receiving from a server that is frozen, killed, cut off or slow to answer."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from adapters.contract import Delivery
from adapters.errors import AdapterError, ReadFailed, ReadTimeout
from tests.faults.proxy import FaultProxy
from tests.peers.sshd import Sshd
from tests.unit.adapters.sftp.conftest import listing, names_in, opened, until
from tests.unit.adapters.sftp.receiving import Store, inbox_settings, read

SIZE = 6_000_000


async def test_a_frozen_server_ends_the_reading_and_the_waiting_at_the_deadline(own_server: Sshd) -> None:
    folder = own_server.files
    (folder / "a").write_bytes(os.urandom(SIZE))
    settings = {**inbox_settings(own_server, folder, then="delete"), "timeout_s": 1.0}
    store = Store()
    async with opened(settings) as adapter:
        async with aclosing(adapter.receive("inbox", None)) as deliveries:
            delivery = await anext(deliveries)
            own_server.server.freeze()
            began = time.monotonic()
            with pytest.raises(ReadTimeout):
                await read(delivery)
            await delivery.nack("frozen")
            with pytest.raises(AdapterError):
                await anext(deliveries)
            assert time.monotonic() - began < 10
        await until(lambda: not adapter._pool._busy)
        own_server.server.thaw()
        await store.take(adapter, 1)
    assert [len(content) for content in store.contents] == [SIZE]
    assert names_in(folder) == []
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("sftp-bank")] == []


async def test_an_acknowledgement_to_a_frozen_server_ends_at_the_deadline_and_is_made_up_for(
    own_server: Sshd,
) -> None:
    folder = own_server.files
    (folder / "a").write_bytes(b"a")
    settings = {**inbox_settings(own_server, folder, then="delete"), "timeout_s": 1.0}
    async with opened(settings) as adapter:
        deliveries = adapter.receive("inbox", None)
        delivery = await anext(deliveries)
        await read(delivery)
        own_server.server.freeze()
        with pytest.raises(AdapterError):
            await delivery.ack()
        own_server.server.thaw()
        waiting = asyncio.ensure_future(anext(deliveries))
        await until(lambda: names_in(folder) == [], 20)
        assert not waiting.done(), "it is not read again"
        waiting.cancel()
        await asyncio.wait({waiting})
        await deliveries.aclose()


async def read_and_cut(delivery: Delivery, proxy: FaultProxy, after: int) -> None:
    """Read, and cut the connection once so many bytes have come."""
    got = 0
    async for chunk in delivery.payload.chunks:
        got += len(chunk)
        if got >= after:
            proxy.reset()


@pytest.fixture
async def proxy(server: Sshd) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(server.port) as proxy:
        yield proxy


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.9])
async def test_a_connection_cut_anywhere_gives_no_shorter_file(
    server: Sshd, folder: Path, proxy: FaultProxy, part: float
) -> None:
    content = os.urandom(SIZE)
    (folder / "a").write_bytes(content)
    store = Store()
    settings = {**inbox_settings(server, folder, then="delete"), "port": proxy.port}
    async with opened(settings) as adapter:
        async with aclosing(adapter.receive("inbox", None)) as deliveries:
            delivery = await anext(deliveries)
            with pytest.raises(ReadFailed):
                await read_and_cut(delivery, proxy, int(part * SIZE))
            with pytest.raises(ReadFailed):
                await delivery.ack()
        await store.take(adapter, 1)
    assert store.contents == [content]


async def test_what_is_not_taken_gives_its_connection_back(server: Sshd, folder: Path) -> None:
    """One connection for all: a delivery that nobody reads must not hold it."""
    (folder / "a").write_bytes(os.urandom(SIZE))
    async with opened({**inbox_settings(server, folder), "max_connections": 1}) as adapter:
        for _ in range(3):
            async with aclosing(adapter.receive("inbox", None)) as deliveries:
                await anext(deliveries)
            assert [row["name"] for row in await listing(adapter)] == ["a"]


async def test_closing_the_adapter_ends_the_waiting(server: Sshd, folder: Path) -> None:
    async with opened(inbox_settings(server, folder)) as adapter:
        deliveries = adapter.receive("inbox", None)
        waiting = asyncio.ensure_future(anext(deliveries))
        await until(lambda: bool(adapter._pool._idle))
        await adapter.aclose()
        with pytest.raises(AdapterError):
            await asyncio.wait_for(waiting, 10)
