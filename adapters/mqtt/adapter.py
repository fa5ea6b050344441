"""The Channel Adapter for MQTT: one broker, one connection for calls, one for each channel that is read."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias

from adapters.contract import (
    AdapterContext,
    ByteBody,
    BytesReply,
    Channel,
    Deadline,
    Delivery,
    Event,
    EventsReply,
    MissingOperation,
    Operation,
    Probe,
    Reply,
    Request,
    ValueReply,
)
from adapters.errors import (
    AccessRefused,
    AdapterError,
    Blame,
    PeerRejected,
    PermissionDenied,
)
from adapters.mqtt.channels import Receiver
from adapters.mqtt.client import Link
from adapters.mqtt.config import MqttSettings
from adapters.mqtt.dial import dial
from adapters.mqtt.engine import Terms, publish_properties
from adapters.mqtt.facts import facts
from adapters.mqtt.last_values import LastValues, Value
from adapters.mqtt.message import Message, Publication
from adapters.mqtt.operations import TopicFamily
from adapters.mqtt.request import given_of, payload_of, topic_of
from adapters.mqtt.session import Session
from adapters.mqtt.watch import Watch, connection_lost
from certs import client_context

_LOG = logging.getLogger(__name__)

_Call: TypeAlias = Callable[[Request, Deadline], Awaitable[Reply]]

RETAINED_WAIT_S = 0.5
"""Retained values follow the SUBACK, and nothing says when all have come. For this long after subscribing, a
value that is not there is waited for before the answer is that there is none."""


class MqttAdapter:
    """One MQTT broker as configured. Keeps a connection for calls from the first `connect` until `aclose`."""

    def __init__(self, settings: MqttSettings, context: AdapterContext) -> None:
        self._settings = settings
        client_id = settings.client_id or f"legacy-gateway-{context.system}"
        self._client_id = f"{client_id}-{context.instance}" if context.instance else client_id
        tls = settings.tls
        self._tls = (
            client_context(tls.ca, certificate=tls.certificate, key=tls.key) if settings.encrypted else None
        )
        self._families = [TopicFamily.of(name, channel) for name, channel in settings.channels.items()]
        self._operations = tuple(operation for family in self._families for operation in family.operations())
        self._receivers = {
            family.name: Receiver(family, settings, self._client_id, self._tls)
            for family in self._families
            if family.subscribes
        }
        self._calls = self._table()
        self._values = LastValues(settings.last_values_max, settings.last_values_max_bytes)
        self._arrived = asyncio.Event()
        self._watches: dict[str, dict[Watch, Mapping[str, str]]] = defaultdict(dict)
        self._events = 0
        self.skipped = 0
        """Received messages that were larger than `max_payload_bytes`, since the start."""
        self._session = self._new_session()

    # --- the contract ------------------------------------------------------------------------------

    async def connect(self, deadline: Deadline) -> None:
        """Open the connection and subscribe. It is kept from then on.

        Raises: ConnectFailed, ConnectTimeout, AuthenticationFailed, ProtocolViolation.
        """
        await self._session.connect(deadline)

    async def aclose(self) -> None:
        """Disconnect, end every watch and whatever is received."""
        await self._session.aclose()
        for receiver in self._receivers.values():
            await receiver.aclose()
        for watches in tuple(self._watches.values()):
            for watch in tuple(watches):
                await watch.aclose()

    async def probe(self, deadline: Deadline) -> Probe:
        """Log in on a connection of its own, under another client identifier, and leave."""
        reached = False
        try:
            connected = await dial(
                self._settings, self._tls, deadline.within(self._settings.connect_timeout_s)
            )
            reached = True
            link = Link(self._settings, Terms(client_id=f"{self._client_id}-probe-{secrets.token_hex(4)}"))
            await link.open(connected, deadline)
        except AccessRefused as error:
            return Probe(True, False, error.message)
        except AdapterError as error:
            return Probe(reached, None, error.message)
        link.close()
        return Probe(True, True, "the broker accepts the log-in")

    def operations(self) -> Sequence[Operation]:
        """The operations of every channel, in the order of the configuration."""
        return self._operations

    def channels(self) -> Sequence[Channel]:
        """A channel for every family that the gateway may subscribe to."""
        return tuple(receiver.channel() for receiver in self._receivers.values())

    def receive(self, channel: str, resume: str | None) -> AsyncGenerator[Delivery, None]:
        """What arrives at a channel, on a connection of its own. `resume` is not needed: the broker's session
        knows what was acknowledged.

        Raises: ConnectFailed, ConnectTimeout, ConnectionLost, AuthenticationFailed, PermissionDenied,
        PeerRejected, ProtocolViolation.
        """
        return self._receivers[channel].receive()

    def missing(self) -> Sequence[MissingOperation]:
        """None: the settings are the contract."""
        return ()

    def notes(self) -> Sequence[str]:
        """What is not as safe as the settings look, and what happened to messages that no flow got."""
        return [note for receiver in self._receivers.values() for note in receiver.notes()]

    async def call(self, operation: str, request: Request, deadline: Deadline) -> Reply:
        """Publish, read the last value, or watch.

        Raises: InvalidRequest, NotSent, ConnectFailed, PoolTimeout, OutcomeUnknown, PeerRejected,
        PermissionDenied, AuthenticationFailed.
        """
        return await self._calls[operation](request, deadline)

    # --- calls -------------------------------------------------------------------------------------

    def _table(self) -> dict[str, _Call]:
        kinds: dict[str, Callable[[TopicFamily, Request, Deadline], Awaitable[Reply]]] = {
            "publish": self._publish,
            "last": self._last,
            "watch": self._watch,
            "watch-all": self._watch_all,
        }
        by_name = {family.name: family for family in self._families}
        table: dict[str, _Call] = {}
        for operation in self._operations:
            name, _, kind = operation.name.rpartition(".")
            table[operation.name] = partial(kinds[kind], by_name[name])
        return table

    async def _publish(self, family: TopicFamily, request: Request, deadline: Deadline) -> ValueReply:
        topic = topic_of(family, request.parameters)
        link = self._session.link  # before the body is read: nothing is worth reading without a link
        body = request.body
        payload = await payload_of(body, self._settings.max_request_bytes)
        qos = family.settings.qos
        properties = None
        if self._settings.version == "5":
            content_type = body.content_type if isinstance(body, ByteBody) else ""
            properties = publish_properties(content_type, _user_properties(request))
        publication = Publication(topic, payload, qos, family.settings.retain, properties)
        reason = await link.publish(publication, deadline)
        headers = {"mqtt.topic": topic}
        if reason.value:
            headers["mqtt.reason-code"] = str(reason.value)
        return ValueReply({"topic": topic, "qos": qos}, headers)

    async def _last(self, family: TopicFamily, request: Request, deadline: Deadline) -> BytesReply:
        topic = topic_of(family, request.parameters)
        value = self._values.get(topic)
        if value is None:
            _ = self._session.link  # without a connection nobody knows whether there is a value
            self._check_granted(family)
            value = await self._retained(topic, deadline)
        if value is None:
            raise PeerRejected(
                f"no value of {topic} was seen since the gateway started, and the broker keeps none",
                code="no-value",
                blame=Blame.NOT_FOUND,
            )
        payload = value.message.payload
        headers = {
            **facts(value.message),
            "mqtt.received": value.received.isoformat(timespec="milliseconds"),
            "mqtt.connected": str(self._session.connected).lower(),
        }
        return BytesReply(_once(payload), family.content_type, len(payload), headers=headers)

    async def _retained(self, topic: str, deadline: Deadline) -> Value | None:
        """The value, waiting for it as long as retained ones may still be coming."""
        loop = asyncio.get_running_loop()
        until = self._session.subscribed_at + RETAINED_WAIT_S
        while (value := self._values.get(topic)) is None:
            wait_s = min(until - loop.time(), deadline.remaining())
            if wait_s <= 0:
                return None
            self._arrived.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await self._arrived.wait()
            except TimeoutError:
                return self._values.get(topic)
        return value

    async def _watch(self, family: TopicFamily, request: Request, deadline: Deadline) -> EventsReply:
        topic_of(family, request.parameters)  # every level is needed, and they must make a topic
        return await self._watch_all(family, request, deadline)

    async def _watch_all(self, family: TopicFamily, request: Request, deadline: Deadline) -> EventsReply:
        wanted = given_of(family, request.parameters)
        _ = self._session.link
        self._check_granted(family)
        watches = self._watches[family.name]
        watch = Watch(
            self._settings.watch_buffer,
            self._settings.watch_buffer_bytes,
            lambda closed: _discard(watches, closed),
        )
        watches[watch] = wanted
        return EventsReply(watch, {"mqtt.filter": family.template.filter})

    def _check_granted(self, family: TopicFamily) -> None:
        if family.template.filter in self._session.refused:
            raise PermissionDenied(f"the MQTT broker refuses the subscription to {family.template.filter}")

    # --- what arrives ------------------------------------------------------------------------------

    def _new_session(self) -> Session:
        filters: dict[str, int] = {}
        for family in self._families:
            if family.subscribes:
                wanted = family.template.filter
                filters[wanted] = max(family.settings.qos, filters.get(wanted, 0))
        return Session(
            self._settings, self._client_id, self._tls, tuple(filters.items()), self._received, self._lost
        )

    def _received(self, message: Message) -> None:
        if message.size > self._settings.max_payload_bytes:
            self.skipped += 1
            _LOG.warning(
                "skipped a message of %d bytes on %s: more than max_payload_bytes allows (%d skipped so far)",
                message.size,
                message.topic,
                self.skipped,
            )
            return
        levels = message.topic.split("/")
        matching = [c for c in self._families if c.subscribes and c.template.match(levels)]
        if not matching:
            return
        self._values.put(Value(message, datetime.now(UTC)))
        self._arrived.set()
        self._events += 1
        event: Event | None = None
        for family in matching:
            watches = self._watches.get(family.name)
            if not watches:
                continue
            event = event or Event(str(self._events), message.payload, facts(message), source=message.topic)
            named = family.template.values(levels)
            for watch, wanted in watches.items():
                if wanted.items() <= named.items():
                    watch.push(event)

    def _lost(self, failure: AdapterError) -> None:
        for watches in self._watches.values():
            for watch in watches:
                watch.fail(connection_lost(failure))


def _discard(watches: dict[Watch, Mapping[str, str]], watch: Watch) -> None:
    watches.pop(watch, None)


def _user_properties(request: Request) -> list[tuple[str, str]]:
    pairs = (
        ("correlation-id", request.correlation_id),
        ("idempotency-key", request.idempotency_key),
        ("redelivered", request.headers.get("gateway.redelivered")),
    )
    return [(name, value) for name, value in pairs if value]


async def _once(payload: bytes) -> AsyncGenerator[bytes, None]:
    yield payload
