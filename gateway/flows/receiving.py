"""What arrives at one channel is stored, and then acknowledged: in the order in which it came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

from adapters.contract import Delivery
from adapters.errors import AdapterError, LimitExceeded, ReadFailed
from gateway.catalogue import State, System
from gateway.catalogue.backoff import Backoff
from gateway.flows.acknowledging import Acknowledging
from gateway.flows.bodies import stored
from gateway.flows.definition import Definition
from gateway.flows.flow_set import Prepared
from gateway.flows.lanes import facts_on_arrival, lane_of
from gateway.flows.patience import FULL_WAIT_S, pause
from gateway.messages import Arrival, MessageStore, NewMessage, Payload, StoreFailed, StoreFull
from gateway.telemetry import correlation, get_logger, metrics
from mappings.contract import MappingError

_log = get_logger("flows")

QUIET_S = 60.0
"""Seconds without a failure after which a channel counts as received again, though nothing arrives."""
ReadersOf = Callable[[], list[Prepared]]
Define = Callable[[Definition], Awaitable[None]]


class Receiver:
    """Receives from one channel for all flows that read it. `readers` says which those are now, `define`
    makes their versions known to the store."""

    def __init__(
        self,
        system: System,
        channel: str,
        store: MessageStore,
        inline_bytes: int,
        readers: ReadersOf,
        define: Define,
    ) -> None:
        self._system = system
        self._channel = channel
        self._store = store
        self._inline_bytes = inline_bytes
        self._readers = readers
        self._define = define
        self.name = f"{system.name}.{channel}"
        self.reason = ""
        self._unacknowledged = False
        self._stopping = asyncio.Event()
        self._stopped = asyncio.Event()

    async def stop(self, grace_s: float) -> None:
        """Take nothing more, and acknowledge what has been taken, within so many seconds."""
        self._stopping.set()
        try:
            async with asyncio.timeout(grace_s):
                await self._stopped.wait()
        except TimeoutError:
            _log.info("deliveries were not acknowledged in time", channel=self.name)

    async def run(self) -> None:
        """Receive until stopped or cancelled. What is not acknowledged by then stays with its source.

        Raises: StoreFailed.
        """
        try:
            await self._keep_receiving(Backoff(first_s=0.25, max_s=15.0))
        finally:
            self._stopped.set()

    async def _keep_receiving(self, backoff: Backoff) -> None:
        # Until then nobody knows whether the system is there: nothing is wrong yet.
        await self._unless_stopped(self._system.wait_attempted())
        while not self._stopping.is_set():
            try:
                await self._receive(backoff)
                if self._stopping.is_set():
                    return
                self._tell("the channel ended")
            except AdapterError as error:
                self._tell(error.message)
            except StoreFailed:
                raise
            except Exception:  # the top of this task: whatever an adapter does, the others go on
                _log.exception("receiving failed", channel=self.name)
                self._tell("its adapter failed; see the log")
            await self._rest(backoff)

    async def _rest(self, backoff: Backoff) -> None:
        """Wait before another attempt: for a system that is away until it is back."""
        if self._system.state is State.READY:
            await pause(self._stopping, backoff.next())
        else:
            await self._unless_stopped(self._system.wait_ready())
            self._tell("")

    async def _unless_stopped(self, waiting: Coroutine[Any, Any, None]) -> None:
        """Wait for something, or until receiving is to stop."""
        both = [asyncio.create_task(waiting), asyncio.create_task(self._stopping.wait())]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    def _tell(self, reason: str) -> None:
        """Say why nothing is received, or that nothing keeps it from being received."""
        if reason and reason != self.reason:
            _log.warning("nothing is received", channel=self.name, reason=reason)
        elif self.reason and not reason and not self._stopping.is_set():
            _log.info("receiving again", channel=self.name)
        self.reason = reason

    async def _receive(self, backoff: Backoff) -> None:
        channel = self._system.channels.get(self._channel)
        if channel is None:
            raise ReadFailed(f"{self._system.name} does not offer this channel any more")
        resume = await self._store.cursor(self.name)
        acknowledging = Acknowledging(self.name, channel, self._store, partial(self._acked, backoff))
        work = [
            asyncio.create_task(self._read(resume, acknowledging, backoff), name=f"receive {self.name}"),
            asyncio.create_task(acknowledging.run(), name=f"acknowledge {self.name}"),
        ]
        # Where nothing arrives, that nothing fails any more shows by time alone.
        quiet = asyncio.get_running_loop().call_later(QUIET_S, self._acked, backoff)
        try:
            done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            self._unacknowledged |= work[1] in done
            for task in done:
                task.result()
        finally:
            quiet.cancel()
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await acknowledging.aclose()

    def _acked(self, backoff: Backoff) -> None:
        """Nothing keeps the channel from being received: what could not be acknowledged would come again, and
        is no progress until it is."""
        self._unacknowledged = False
        self._tell("")
        backoff.reset()

    async def _read(self, resume: str | None, acknowledging: Acknowledging, backoff: Backoff) -> None:
        async with aclosing(_Coming(self._system.receive(self._channel, resume), self._stopping)) as coming:
            while (delivery := await coming.next()) is not None:
                if not self._unacknowledged:
                    self._acked(backoff)
                await self._take(delivery, acknowledging)
                await acknowledging.room()
            # The generator stays open for so long: an acknowledgement goes by its connection.
            await acknowledging.drain()

    async def _take(self, delivery: Delivery, acknowledging: Acknowledging) -> None:
        """Read a delivery and have it stored. Its errors are those of the source."""
        try:
            # First: what nobody takes would lie in the spool until the next start, each time that it comes.
            readers = await self._defined_readers()
            chunks = delivery.payload.chunks
            payload = await stored(self._store, chunks, self._inline_bytes) if readers else b""
        except AdapterError as error:
            metrics.FLOW_RECEIVED.labels(self.name, "unreadable").inc()
            _log.warning("a delivery was not whole", channel=self.name, reason=error.message)
            for_good = isinstance(error, LimitExceeded)
            await self._give_back(delivery, acknowledging, error.message, for_good=for_good)
        except StoreFull as error:
            metrics.FLOW_RECEIVED.labels(self.name, "store_full").inc()
            _log.warning("the store is full; nothing is received", channel=self.name, reason=str(error))
            await self._give_back(delivery, acknowledging, "the gateway's store is full")
            await pause(self._stopping, FULL_WAIT_S)
        else:
            if readers:
                acknowledging.store(delivery, self._arrival(delivery, payload, readers))
                return
            # Claimed without a message it would be lost: its system has described itself anew, without it.
            await self._give_back(delivery, acknowledging, "no flow reads this channel now")
            await pause(self._stopping, FULL_WAIT_S)

    async def _give_back(
        self, delivery: Delivery, acknowledging: Acknowledging, reason: str, *, for_good: bool = False
    ) -> None:
        """Leave a delivery with its source, in its turn. Raises: any of `adapters.errors`."""
        await acknowledging.drain()
        await delivery.nack(reason, for_good=for_good)

    async def _defined_readers(self) -> Sequence[tuple[Prepared, Definition]]:
        """The flows that read the channel now, with versions that the store knows: a system that describes
        itself anew makes others. Raises: StoreFull, StoreFailed."""
        found = [(reader, reader.definition) for reader in self._readers() if reader.definition is not None]
        for _, definition in found:
            await self._define(definition)
        return found

    def _arrival(
        self, delivery: Delivery, payload: Payload, readers: Sequence[tuple[Prepared, Definition]]
    ) -> Arrival:
        correlation_id = correlation.new_id()
        return Arrival(
            channel=self.name,
            claim=delivery.source_key(),
            cursor=delivery.cursor(),
            messages=[
                NewMessage(
                    flow=definition.flow,
                    version=definition.version,
                    source=self.name,
                    payload=payload,
                    content_type=delivery.payload.content_type,
                    headers=dict(delivery.headers),
                    lane=self._lane(reader, delivery, payload, correlation_id),
                    correlation_id=correlation_id,
                    redelivered=delivery.redelivered,
                )
                for reader, definition in readers
            ],
        )

    def _lane(
        self, reader: Prepared, delivery: Delivery, payload: Payload, correlation_id: str
    ) -> str | None:
        """None also where it cannot be told: the message becomes a dead letter when it runs."""
        if reader.program is None:
            return None
        channel = self._system.channels.get(self._channel)
        is_file = channel is not None and channel.holds_records
        held_bytes = payload if isinstance(payload, bytes) and not is_file else None
        facts = facts_on_arrival(
            reader.flow.name,
            self.name,
            delivery.headers,
            correlation_id=correlation_id,
            content_type=delivery.payload.content_type,
            redelivered=delivery.redelivered,
        )
        try:
            return lane_of(reader.program, held_bytes, facts)
        except MappingError:
            return None


class _Coming:
    """The deliveries of a channel until it ends, or receiving is to stop. Waiting for one that does not come
    is not broken off by a stop, which would end the connection before everything is acknowledged."""

    def __init__(self, deliveries: AsyncGenerator[Delivery, None], stopping: asyncio.Event) -> None:
        self._deliveries = deliveries
        self._stopping = asyncio.create_task(stopping.wait())
        self._next: asyncio.Task[Delivery | None] | None = None

    async def next(self) -> Delivery | None:
        """The next delivery; None when there are no more. Raises: what the channel raises."""
        if self._stopping.done():
            return None
        self._next = asyncio.create_task(self._following())
        await asyncio.wait({self._next, self._stopping}, return_when=asyncio.FIRST_COMPLETED)
        return self._next.result() if self._next.done() else None

    async def aclose(self) -> None:
        """End receiving."""
        waiting = [task for task in (self._next, self._stopping) if task is not None]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await self._deliveries.aclose()

    async def _following(self) -> Delivery | None:
        return await anext(self._deliveries, None)
