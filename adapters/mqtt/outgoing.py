"""Publishes under way on one connection: each waits for its answer, within what the broker allows."""

from __future__ import annotations

import asyncio
from typing import Protocol

from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from adapters.contract import Deadline
from adapters.errors import AdapterError, ConnectFailed, ConnectionLost, NotSent, OutcomeUnknown, PoolTimeout
from adapters.mqtt.engine import Engine
from adapters.mqtt.message import Publication
from adapters.mqtt.reasons import Limits, refused_publish

SILENCE_S = 5.0
"""A publish that times out ends the link when the broker has said nothing for this long."""

_MAX_UNANSWERED = 60_000
"""Publishes between the oldest without an acknowledgement and the newest: packet identifiers have 16 bits."""


class Carrier(Protocol):
    """The link that the publishes go over."""

    limits: Limits

    @property
    def engine(self) -> Engine | None:
        """paho's engine, None once the link has ended."""

    def lost(self) -> ConnectFailed:
        """Why nothing can be sent."""

    def fail(self, failure: AdapterError) -> None:
        """Give the connection up."""


class Outgoing:
    """The publishes of one link."""

    def __init__(self, link: Carrier) -> None:
        self._link = link
        self._loop = asyncio.get_running_loop()
        self._sent = 0
        self._pending: dict[int, tuple[asyncio.Future[ReasonCode], int]] = {}
        self._unanswered_since: float | None = None
        self._slots: asyncio.Semaphore | None = None
        self._slots_taken: set[int] = set()

    def limit(self, in_flight: int | None) -> None:
        """Send no more than so many with QoS 1 and 2 before one is acknowledged (Receive Maximum, §3.3.4)."""
        self._slots = asyncio.Semaphore(in_flight) if in_flight is not None else None

    def heard(self) -> None:
        """The broker has said something."""
        self._unanswered_since = None

    async def publish(self, publication: Publication, deadline: Deadline) -> ReasonCode:
        """As `Link.publish`."""
        if deadline.expired():
            raise NotSent("no time was left to publish")
        if self._link.engine is None:
            raise self._link.lost()
        self._link.limits.check(publication.packet_bytes, publication.qos, publication.retain)
        limited = publication.qos > 0 and self._slots is not None
        if limited:
            await self._take_slot(deadline)
        mid = self._send(publication)
        if limited:
            self._slots_taken.add(mid)
        return await self._acknowledged(mid, deadline)

    async def _take_slot(self, deadline: Deadline) -> None:
        assert self._slots is not None
        try:
            async with asyncio.timeout(deadline.remaining()):
                await self._slots.acquire()
        except TimeoutError as error:
            self._suspect()
            raise PoolTimeout(
                f"the MQTT broker takes {self._link.limits.in_flight} messages at a time, "
                "and acknowledged none in time"
            ) from error
        if self._link.engine is None:
            self._slots.release()  # for the next who waits, to find the same
            raise self._link.lost()

    def _send(self, publication: Publication) -> int:
        """Hand it to paho: its packet identifier. Raises: ConnectFailed."""
        engine = self._link.engine
        if engine is None:
            raise self._link.lost()
        oldest = next(iter(self._pending.values()), None)
        if oldest is not None and self._sent - oldest[1] > _MAX_UNANSWERED:
            self._link.fail(ConnectionLost("the MQTT broker left a publish unacknowledged for too long"))
            raise self._link.lost()
        info = engine.publish(
            publication.topic,
            publication.payload,
            publication.qos,
            publication.retain,
            publication.properties,
        )
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            # Only NO_CONN, or QUEUE_SIZE: the packet identifier belongs to one never acknowledged.
            self._link.fail(ConnectionLost("the connection to the MQTT broker cannot take more"))
            raise self._link.lost()
        return info.mid

    async def _acknowledged(self, mid: int, deadline: Deadline) -> ReasonCode:
        self._sent += 1
        acknowledged: asyncio.Future[ReasonCode] = self._loop.create_future()
        self._pending[mid] = (acknowledged, self._sent)
        if self._unanswered_since is None:
            self._unanswered_since = self._loop.time()
        try:
            async with asyncio.timeout(deadline.remaining()):
                reason = await acknowledged
        except TimeoutError as error:
            self._suspect()
            raise OutcomeUnknown(
                "the MQTT broker did not acknowledge the message in time; it may have it"
            ) from error
        finally:
            if self._pending.get(mid, (None, 0))[0] is acknowledged:
                del self._pending[mid]
        if reason.is_failure:
            raise refused_publish(reason)
        return reason

    def answered(self, mid: int, reason: ReasonCode) -> None:
        """The broker has acknowledged or refused one; with QoS 0, the socket has taken it."""
        if mid in self._slots_taken and self._slots is not None:
            self._slots_taken.remove(mid)
            self._slots.release()
        pending = self._pending.pop(mid, None)
        if pending is not None and not pending[0].done():
            pending[0].set_result(reason)

    def end(self, text: str) -> None:
        """The link has ended: whoever waits for an acknowledgement gets OutcomeUnknown with this text."""
        for acknowledged, _ in self._pending.values():
            if not acknowledged.done():
                acknowledged.set_exception(OutcomeUnknown(text))
        if self._slots is not None:
            self._slots.release()

    def _suspect(self) -> None:
        """A publish timed out: end a link on which the broker says nothing, so that the next callers learn at
        once that nothing was sent, and what waits in memory for a dead peer stays bounded."""
        since = self._unanswered_since
        if since is not None and self._loop.time() - since > SILENCE_S:
            self._link.fail(ConnectionLost("the MQTT broker has gone silent"))
