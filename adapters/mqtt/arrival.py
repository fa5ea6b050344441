"""One message that arrived, until it is acknowledged."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Protocol

from adapters.contract import ByteBody
from adapters.errors import LimitExceeded
from adapters.mqtt.facts import all_facts
from adapters.mqtt.message import Message
from adapters.mqtt.operations import TopicFamily


class Source(Protocol):
    """The connection that a message came on."""

    async def ack(self, arrival: Arrival) -> None:
        """Acknowledge it. Raises: ConnectionLost."""

    async def nack(self, arrival: Arrival, reason: str, *, for_good: bool) -> None:
        """Give it back, or take note that it is refused."""


class Arrival:
    """A `Delivery` of MQTT.

    `topic`, `size` (bytes of payload) and `packet_id` (0 with QoS 0) are as it came. `settled`: it needs no
    more of the gateway; `given_back`: the broker is to deliver it again; `released`: that, or
    its PUBACK, was said.
    """

    __slots__ = (
        "_family",
        "_max_bytes",
        "_message",
        "_payload",
        "_source",
        "given_back",
        "packet_id",
        "released",
        "settled",
        "size",
        "topic",
    )

    def __init__(self, message: Message, family: TopicFamily, source: Source, max_bytes: int) -> None:
        self._message = message
        self._family = family
        self._source = source
        self._max_bytes = max_bytes
        self.topic = message.topic
        self.packet_id = message.packet_id if message.qos else 0
        self.size = message.size
        self._payload = message.payload if self.size <= max_bytes else None
        self.settled = self.given_back = self.released = False

    @property
    def payload(self) -> ByteBody:
        """The bytes, in one piece."""
        return ByteBody(chunks=self._chunks(), content_type=self._family.content_type, size=self.size)

    async def _chunks(self) -> AsyncGenerator[bytes, None]:
        if self._payload is None:
            raise LimitExceeded(
                f"the message on {self.topic} has {self.size} bytes, "
                f"and max_received_bytes allows {self._max_bytes}"
            )
        yield self._payload

    @property
    def headers(self) -> Mapping[str, str]:
        """Topic, its named levels, quality of service, and what MQTT 5 adds."""
        return all_facts(self._message, self._family.template.values(self.topic.split("/")))

    @property
    def redelivered(self) -> bool:
        """The DUP flag: the broker has sent it before (3.1.1 §3.3.1.1)."""
        return self._message.duplicate

    def source_key(self) -> str | None:
        """None: MQTT names messages only for as long as a connection lasts."""
        return None

    def cursor(self) -> str | None:
        """None: the session at the broker remembers."""
        return None

    async def ack(self) -> None:
        """Send PUBACK, once those that came before have theirs.

        Raises: ConnectionLost: the broker delivers it again.
        """
        await self._source.ack(self)

    async def nack(self, reason: str, *, for_good: bool = False) -> None:
        """Have the broker deliver it again. With `for_good` it is acknowledged, counted and logged: MQTT has
        no way to put a message aside.

        Raises: ConnectionLost.
        """
        await self._source.nack(self, reason, for_good=for_good)
