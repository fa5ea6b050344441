"""Deliveries are stored side by side and acknowledged in the order in which they came."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from adapters.contract import Channel, Delivery
from adapters.errors import AdapterError
from gateway.flows.patience import FULL_WAIT_S, pause
from gateway.messages import Appended, Arrival, MessageStore, StoreError, StoreFull
from gateway.telemetry import get_logger, metrics

_log = get_logger("flows")


_KEYS = ("odbc.key", "sftp.path")
_MAX_KEY = 200


@dataclass(frozen=True, slots=True)
class _Taken:
    """A delivery that is being stored."""

    delivery: Delivery
    arrival: Arrival
    appending: asyncio.Task[Appended]


class Acknowledging:
    """Stores the deliveries of one channel side by side, so that they share commits, and acknowledges them in
    the order in which they came: one after the other, or where the channel says so those together that are
    stored by then. Where their order counts, each is stored before the next: else one could be refused for
    want of room, and the next one taken. `name` is that of the system and the channel; `acked` is called when
    the source has taken an acknowledgement."""

    def __init__(
        self, name: str, channel: Channel, store: MessageStore, acked: Callable[[], None] = lambda: None
    ) -> None:
        self._channel = name
        self._acked = acked
        self._store = store
        self._window = max(1, channel.window)
        self._together = channel.acks_together
        self._waiting: deque[_Taken] = deque()
        self._taken = asyncio.Event()
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
        self._waiting.append(_Taken(delivery, arrival, task))
        self._taken.set()

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
        await asyncio.gather(*(taken.appending for taken in self._waiting), return_exceptions=True)
        self._waiting.clear()

    async def _progress(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def run(self) -> None:
        """Acknowledge until cancelled. Raises: any of `adapters.errors`, StoreError."""
        while True:
            stored = await self._next_stored()
            acks = (taken.delivery.ack() for taken in stored)
            ended = await asyncio.gather(*acks, return_exceptions=True)
            errors = [error for error in ended if error is not None]
            self._held -= len(ended) - len(errors)
            self._changed.set()
            for error in errors:
                self._tell(error)
            if errors:
                raise errors[0]
            self._acked()

    async def _next_stored(self) -> Sequence[_Taken]:
        """The next delivery once it is stored; where they go together, with those behind it that are stored
        by then. Raises: StoreError."""
        while not self._waiting:
            self._taken.clear()
            await self._taken.wait()
        await self._waiting[0].appending
        stored = [self._waiting.popleft()]
        while self._together and self._waiting and _is_stored(self._waiting[0].appending):
            stored.append(self._waiting.popleft())
        for taken in stored:
            self._count(taken.delivery, taken.arrival, taken.appending.result())
        return stored

    def _count(self, delivery: Delivery, arrival: Arrival, appended: Appended) -> None:
        result = "duplicate" if appended.duplicate else "stored"
        if appended.duplicate:
            _log.warning(
                "a delivery is stored already; it is acknowledged and not run again",
                channel=self._channel,
                source_key=_shown(delivery, arrival),
                messages=list(appended.ids),
                remedy="replay that message, or have the source give what is new another key or version",
            )
        metrics.FLOW_RECEIVED.labels(self._channel, result).inc()
        for message in () if appended.duplicate else arrival.messages:
            metrics.FLOW_MESSAGES.labels(message.flow, "received").inc()

    def _tell(self, error: BaseException) -> None:
        metrics.FLOW_RECEIVED.labels(self._channel, "not_acknowledged").inc()
        if isinstance(error, AdapterError):
            reason = error.message
            _log.warning("a delivery could not be acknowledged", channel=self._channel, reason=reason)


def _shown(delivery: Delivery, arrival: Arrival) -> str:
    """What people know a delivery by: its row's key, its file's path; else what it is claimed by."""
    headers = delivery.headers
    return next((headers[name] for name in _KEYS if name in headers), arrival.claim or "")[:_MAX_KEY]


def _is_stored(appending: asyncio.Task[Appended]) -> bool:
    return appending.done() and not appending.cancelled() and appending.exception() is None


def _orders(arrival: Arrival) -> frozenset[tuple[str, str]]:
    """The orders that an arrival keeps: those of its lanes, and that of the channel where a cursor says from
    where on it is received."""
    lanes = {(message.flow, message.lane) for message in arrival.messages if message.lane is not None}
    return frozenset(lanes if arrival.cursor is None else {*lanes, ("", "")})
