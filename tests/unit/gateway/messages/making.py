"""What the store's tests make: stores, messages, and the ends of leases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from gateway.messages import (
    Arrival,
    Failure,
    Lease,
    MessageStore,
    NewMessage,
    Payload,
    SqliteStore,
    StoreSettings,
)

FLOW, VERSION = "to-ledger", "v1"
START = 1_790_000_000.0
FAILURE = Failure("PeerRejected", "the target says no", step="ledger", record=3, byte_offset=17, rule="max")


class Clock:
    """The time as a test sets it, in seconds since 1970."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


class Stores:
    """Opens stores on one place, one after the other, as a restarted process does."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.clock = Clock()
        self._open: list[MessageStore] = []

    async def open(self, **settings: Any) -> MessageStore:
        """A store with flow and version defined, the ones before it closed."""
        await self.close()
        settings = {"min_free_bytes": 0, "reserve_bytes": 0} | settings
        store: MessageStore = SqliteStore(self.folder, StoreSettings(**settings), now=self.clock)
        self._open.append(store)
        await store.open()
        await store.define(FLOW, VERSION, b"{}")
        return store

    async def and_again(self, store: MessageStore) -> AsyncIterator[MessageStore]:
        """The store, and then the same after a restart."""
        yield store
        yield await self.open()

    async def close(self) -> None:
        while self._open:
            await self._open.pop().aclose()


def message(payload: Payload = b"payload", **changes: Any) -> NewMessage:
    fields: dict[str, Any] = {
        "flow": FLOW,
        "version": VERSION,
        "source": "bank.statements",
        "payload": payload,
        "content_type": "text/plain",
    }
    return NewMessage(**(fields | changes))


def arrival(*messages: NewMessage, **changes: Any) -> Arrival:
    return Arrival(channel="bank.statements", messages=messages or (message(),), **changes)


async def put(store: MessageStore, payload: Payload = b"payload", **changes: Any) -> str:
    """Append one message; its id."""
    return (await store.append(arrival(message(payload, **changes)))).ids[0]


async def lease_one(store: MessageStore) -> Lease:
    (lease,) = await store.lease(1)
    return lease


async def leased_ids(store: MessageStore, limit: int = 100, flows: Sequence[str] | None = None) -> list[str]:
    return [each.message.id for each in await store.lease(limit, flows=flows)]


async def whole(store: MessageStore, message_id: str) -> bytes:
    return b"".join([chunk async for chunk in store.payload(message_id)])


async def dead(store: MessageStore, payload: Payload = b"payload", **changes: Any) -> str:
    """A dead letter; its id."""
    await put(store, payload, **changes)
    lease = await lease_one(store)
    await store.dead_letter(lease, FAILURE)
    return lease.message.id


async def in_doubt(store: MessageStore, *changes: Any) -> str:
    """A message in doubt, with these changes recorded; its id."""
    await put(store)
    lease = await lease_one(store)
    await store.record(lease, *changes)
    await store.hold(lease, FAILURE)
    return lease.message.id
