"""The Channel Adapter for MQTT: one broker, its channels, one connection."""

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
    BytesReply,
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
from adapters.contract import Channel as InwardChannel
from adapters.errors import (
    AccessRefused,
    AdapterError,
    Blame,
    PeerRejected,
    PermissionDenied,
)
from adapters.mqtt.client import Link, Message
from adapters.mqtt.config import MqttSettings
from adapters.mqtt.dial import dial
from adapters.mqtt.last_values import LastValues, Value
from adapters.mqtt.operations import Channel
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
    """One MQTT broker as configured. Keeps one connection from the first `connect` until `aclose`."""

    def __init__(self, settings: MqttSettings, context: AdapterContext) -> None:
        self._settings = settings
        client_id = settings.client_id or f"legacy-gateway-{context.system}"
        self._client_id = f"{client_id}-{context.instance}" if context.instance else client_id
        tls = settings.tls
        self._tls = (
            client_context(tls.ca, certificate=tls.certificate, key=tls.key) if settings.encrypted else None
        )
        self._channels = [Channel.of(name, channel) for name, channel in settings.channels.items()]
        self._operations = tuple(
            operation for channel in self._channels for operation in channel.operations()
        )
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
        """Disconnect, end every watch."""
        await self._session.aclose()
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
            link = Link(self._settings, f"{self._client_id}-probe-{secrets.token_hex(4)}")
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

    def channels(self) -> Sequence[InwardChannel]:
        """There are none."""
        return ()

    def receive(self, channel: str, resume: str | None) -> AsyncGenerator[Delivery, None]:
        """Never called, since there are no channels."""
        raise KeyError(channel)

    def missing(self) -> Sequence[MissingOperation]:
        """None: the settings are the contract."""
        return ()

    def notes(self) -> Sequence[str]:
        """Nothing: the settings say all."""
        return ()

    async def call(self, operation: str, request: Request, deadline: Deadline) -> Reply:
        """Publish, read the last value, or watch.

        Raises: InvalidRequest, NotSent, ConnectFailed, OutcomeUnknown, PeerRejected, PermissionDenied,
        AuthenticationFailed.
        """
        return await self._calls[operation](request, deadline)

    # --- calls -------------------------------------------------------------------------------------

    def _table(self) -> dict[str, _Call]:
        kinds: dict[str, Callable[[Channel, Request, Deadline], Awaitable[Reply]]] = {
            "publish": self._publish,
            "last": self._last,
            "watch": self._watch,
            "watch-all": self._watch_all,
        }
        by_name = {channel.name: channel for channel in self._channels}
        table: dict[str, _Call] = {}
        for operation in self._operations:
            channel, _, kind = operation.name.rpartition(".")
            table[operation.name] = partial(kinds[kind], by_name[channel])
        return table

    async def _publish(self, channel: Channel, request: Request, deadline: Deadline) -> ValueReply:
        topic = topic_of(channel, request.parameters)
        link = self._session.link  # before the body is read: nothing is worth reading without a link
        payload = await payload_of(request.body, self._settings.max_request_bytes)
        qos = channel.settings.qos
        await link.publish(topic, payload, qos, channel.settings.retain, deadline)
        return ValueReply({"topic": topic, "qos": qos}, {"mqtt.topic": topic})

    async def _last(self, channel: Channel, request: Request, deadline: Deadline) -> BytesReply:
        topic = topic_of(channel, request.parameters)
        value = self._values.get(topic)
        if value is None:
            _ = self._session.link  # without a connection nobody knows whether there is a value
            self._check_granted(channel)
            value = await self._retained(topic, deadline)
        if value is None:
            raise PeerRejected(
                f"no value of {topic} was seen since the gateway started, and the broker keeps none",
                code="no-value",
                blame=Blame.NOT_FOUND,
            )
        payload = value.message.payload
        headers = {
            **_headers(value.message),
            "mqtt.received": value.received.isoformat(timespec="milliseconds"),
            "mqtt.connected": str(self._session.connected).lower(),
        }
        return BytesReply(_once(payload), channel.content_type, len(payload), headers=headers)

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

    async def _watch(self, channel: Channel, request: Request, deadline: Deadline) -> EventsReply:
        topic_of(channel, request.parameters)  # every level is needed, and they must make a topic
        return await self._watch_all(channel, request, deadline)

    async def _watch_all(self, channel: Channel, request: Request, deadline: Deadline) -> EventsReply:
        wanted = given_of(channel, request.parameters)
        _ = self._session.link
        self._check_granted(channel)
        watches = self._watches[channel.name]
        watch = Watch(
            self._settings.watch_buffer,
            self._settings.watch_buffer_bytes,
            lambda closed: _discard(watches, closed),
        )
        watches[watch] = wanted
        return EventsReply(watch, {"mqtt.filter": channel.template.filter})

    def _check_granted(self, channel: Channel) -> None:
        if channel.template.filter in self._session.refused:
            raise PermissionDenied(f"the MQTT broker refuses the subscription to {channel.template.filter}")

    # --- what arrives ------------------------------------------------------------------------------

    def _new_session(self) -> Session:
        filters: dict[str, int] = {}
        for channel in self._channels:
            if channel.subscribes:
                wanted = channel.template.filter
                filters[wanted] = max(channel.settings.qos, filters.get(wanted, 0))
        return Session(
            self._settings, self._client_id, self._tls, tuple(filters.items()), self._received, self._lost
        )

    def _received(self, message: Message) -> None:
        if len(message.payload) > self._settings.max_payload_bytes:
            self.skipped += 1
            _LOG.warning(
                "skipped a message of %d bytes on %s: more than max_payload_bytes allows (%d skipped so far)",
                len(message.payload),
                message.topic,
                self.skipped,
            )
            return
        levels = message.topic.split("/")
        matching = [c for c in self._channels if c.subscribes and c.template.match(levels)]
        if not matching:
            return
        self._values.put(Value(message, datetime.now(UTC)))
        self._arrived.set()
        self._events += 1
        event: Event | None = None
        for channel in matching:
            watches = self._watches.get(channel.name)
            if not watches:
                continue
            event = event or Event(
                str(self._events), message.payload, _headers(message), source=message.topic
            )
            named = channel.template.values(levels)
            for watch, wanted in watches.items():
                if wanted.items() <= named.items():
                    watch.push(event)

    def _lost(self, failure: AdapterError) -> None:
        for watches in self._watches.values():
            for watch in watches:
                watch.fail(connection_lost(failure))


def _discard(watches: dict[Watch, Mapping[str, str]], watch: Watch) -> None:
    watches.pop(watch, None)


def _headers(message: Message) -> dict[str, str]:
    return {
        "mqtt.topic": message.topic,
        "mqtt.qos": str(message.qos),
        "mqtt.retained": str(message.retained).lower(),
    }


async def _once(payload: bytes) -> AsyncGenerator[bytes, None]:
    yield payload
