"""Deliveries are stored side by side and acknowledged one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from functools import partial

from adapters.contract import Delivery
from adapters.errors import AdapterError
from gateway.flows.patience import pause
from gateway.messages import Appended, Arrival, MessageStore, StoreError, StoreFull
from gateway.telemetry import get_logger, metrics

_log = get_logger("flows")

FULL_WAIT_S = 2.0
"""Seconds between two attempts to store what arrived while the store is full."""


class Acknowledging:
    """Stores deliveries side by side, so that they share commits, and acknowledges them one after the other,
    in the order in which they came. Where their order counts, each is stored before the next: else one could
    be refused for want of room, and the next one taken."""

    def __init__(self, channel: str, store: MessageStore, window: int) -> None:
        self._channel = channel
        self._store = store
        self._window = max(1, window)
        self._waiting: asyncio.Queue[tuple[Delivery, Arrival, asyncio.Task[Appended]]] = asyncio.Queue()
        self._latest: asyncio.Task[Appended] | None = None
        self._latest_of: dict[tuple[str, str], asyncio.Task[Appended]] = {}
        self._held = 0
        self._changed = asyncio.Event()
        self._closing = asyncio.Event()

    def store(self, delivery: Delivery, arrival: Arrival) -> None:
        """Begin to store a delivery."""
        self._held += 1
        orders = _orders(arrival)
        before = {self._latest_of[order] for order in orders if order in self._latest_of}
        task = asyncio.create_task(self._append(arrival, before, self._latest))
        self._latest = task
        for order in orders:
            self._latest_of[order] = task
        task.add_done_callback(partial(self._forget, orders))
        self._waiting.put_nowait((delivery, arrival, task))

    def _forget(self, orders: Collection[tuple[str, str]], task: asyncio.Task[Appended]) -> None:
        for order in orders:
            if self._latest_of.get(order) is task:
                del self._latest_of[order]

    async def _append(
        self,
        arrival: Arrival,
        before: Collection[asyncio.Task[Appended]],
        latest: asyncio.Task[Appended] | None,
    ) -> Appended:
        """Store an arrival, once those that have to be there `before` it are; while the store is full, again
        and again, one after the other. Raises: StoreFull (receiving has ended), StoreError."""
        if before:
            await asyncio.wait(before)
            if any(each.cancelled() or each.exception() is not None for each in before):
                raise StoreError("what came before it was not stored")
        while True:
            try:
                return await self._store.append(arrival)
            except StoreFull as error:
                if self._closing.is_set():
                    raise
                metrics.FLOW_RECEIVED.labels(self._channel, "store_full").inc()
                reason = str(error)
            if latest is not None and not latest.done():
                await asyncio.wait([latest])
                continue
            _log.warning("the store is full; nothing is received", channel=self._channel, reason=reason)
            await pause(self._closing, FULL_WAIT_S)

    async def room(self) -> None:
        """Wait until another delivery may be taken."""
        while self._held >= self._window:
            await self._progress()

    async def drain(self) -> None:
        """Wait until everything is acknowledged."""
        while self._held:
            await self._progress()

    async def aclose(self) -> None:
        """Acknowledge nothing more. What is being stored now will be recognised when it comes again."""
        self._closing.set()
        left = []
        while not self._waiting.empty():
            left.append(self._waiting.get_nowait()[2])
        await asyncio.gather(*left, return_exceptions=True)

    async def _progress(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def run(self) -> None:
        """Acknowledge until cancelled. Raises: any of `adapters.errors`, StoreFailed."""
        while True:
            delivery, arrival, appending = await self._waiting.get()
            appended = await appending
            result = "duplicate" if appended.duplicate else "stored"
            metrics.FLOW_RECEIVED.labels(self._channel, result).inc()
            for message in () if appended.duplicate else arrival.messages:
                metrics.FLOW_MESSAGES.labels(message.flow, "received").inc()
            try:
                await delivery.ack()
            except AdapterError as error:
                metrics.FLOW_RECEIVED.labels(self._channel, "not_acknowledged").inc()
                reason = error.message
                _log.warning("a delivery could not be acknowledged", channel=self._channel, reason=reason)
                raise
            self._held -= 1
            self._changed.set()


def _orders(arrival: Arrival) -> frozenset[tuple[str, str]]:
    """The orders that an arrival keeps: those of its lanes, and that of the channel where a cursor says from
    where on it is received."""
    lanes = {(message.flow, message.lane) for message in arrival.messages if message.lane is not None}
    return frozenset(lanes if arrival.cursor is None else {*lanes, ("", "")})
