"""Receiving from an inbox as the gateway does: a store that remembers claims, and points where it dies."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from enum import Enum
from pathlib import Path
from typing import Any

from adapters.contract import Delivery
from adapters.errors import AdapterError
from adapters.sftp.adapter import SftpAdapter
from tests.peers.sshd import Sshd
from tests.unit.adapters.sftp.conftest import opened, settings_for


def inbox_settings(peer: Sshd, folder: Path, **inbox: Any) -> dict[str, Any]:
    """Settings with the inbox `inbox` on a folder, which is looked into often."""
    box = {"path": str(folder), "complete_when": "rename", "poll_interval_s": 0.1, **inbox}
    return settings_for(peer, folder, inboxes={"inbox": box}, outboxes={})


@asynccontextmanager
async def receiver(peer: Sshd, folder: Path, **inbox: Any) -> AsyncIterator[SftpAdapter]:
    """An adapter with such an inbox."""
    async with opened(inbox_settings(peer, folder, **inbox)) as adapter:
        yield adapter


@asynccontextmanager
async def arrivals(peer: Sshd, folder: Path, **inbox: Any) -> AsyncIterator[AsyncGenerator[Delivery, None]]:
    """What such an adapter delivers."""
    async with receiver(peer, folder, **inbox) as adapter, aclosing(adapter.receive("inbox", None)) as found:
        yield found


async def read(delivery: Delivery) -> bytes:
    """A delivery's payload, whole."""
    async with aclosing(delivery.payload.chunks) as chunks:
        return b"".join([chunk async for chunk in chunks])


class Death(Enum):
    """Where the gateway is killed during a delivery."""

    BEFORE_READING = "before reading"
    DURING_READING = "during reading"
    BEFORE_STORING = "before storing"
    BEFORE_ACK = "after storing, before the acknowledgement"
    DURING_ACK = "during the acknowledgement"
    AFTER_ACK = "after the acknowledgement"


class Killed(Exception):
    """The gateway is no more."""


class Store:
    """What outlives the gateway: claims, the messages stored under them, the cursor."""

    def __init__(self) -> None:
        self.messages: dict[str, bytes] = {}
        self.cursor: str | None = None
        self.duplicates = 0

    def append(self, delivery: Delivery, data: bytes) -> None:
        key = delivery.source_key()
        assert key is not None
        assert len(key) <= 2000
        assert key.endswith(hashlib.sha256(data).hexdigest())
        if key in self.messages:
            self.duplicates += 1
            return
        self.messages[key] = data
        self.cursor = delivery.cursor() or self.cursor

    @property
    def contents(self) -> list[bytes]:
        """Of the messages, in the order in which they were stored."""
        return list(self.messages.values())

    async def take(self, adapter: SftpAdapter, count: int, *, within_s: float = 20) -> None:
        """Receive until there are so many messages."""
        async with asyncio.timeout(within_s):
            while len(self.messages) < count:
                try:
                    await self._take(adapter, count)
                except AdapterError:
                    await asyncio.sleep(0.05)

    async def _take(self, adapter: SftpAdapter, count: int) -> None:
        async with aclosing(adapter.receive("inbox", self.cursor)) as deliveries:
            async for delivery in deliveries:
                try:
                    data = await read(delivery)
                except AdapterError as error:
                    await delivery.nack(str(error))
                    continue
                self.append(delivery, data)
                await delivery.ack()
                if len(self.messages) >= count:
                    return

    async def take_and_die(self, adapter: SftpAdapter, death: Death) -> None:
        """Receive one delivery and die at a point of it."""
        async with asyncio.timeout(20):
            deliveries = adapter.receive("inbox", self.cursor)
            delivery = await anext(deliveries)
            if death is Death.BEFORE_READING:
                return
            if death is Death.DURING_READING:
                await anext(delivery.payload.chunks)
                return
            data = await read(delivery)
            if death is Death.BEFORE_STORING:
                return
            self.append(delivery, data)
            if death is Death.BEFORE_ACK:
                return
            acknowledging = asyncio.ensure_future(delivery.ack())
            if death is Death.DURING_ACK:
                await asyncio.sleep(0)
                acknowledging.cancel()
                await asyncio.wait({acknowledging})
            else:
                await acknowledging
