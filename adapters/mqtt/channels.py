"""What arrives at a channel: a connection of its own, on which the broker keeps what was not acknowledged.

    receive() ──► dial, log in with the kept session, subscribe ──► next(), next(), … ──► link lost: raises
                        │
                        └── arrivals in the order they came; PUBACKs go out in that order too

A connection that paho acknowledges by itself would lose what was received and not yet stored; so each message
is acknowledged by whoever takes it. Nothing is discarded when the window is full: the socket is not read.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncGenerator, Sequence

from adapters.contract import BytesShape, Channel, Deadline, Delivery
from adapters.errors import AdapterError, ConnectFailed, ConnectionLost
from adapters.mqtt.config import BESIDE_PAYLOAD_BYTES, MqttSettings
from adapters.mqtt.dial import dial
from adapters.mqtt.engine import Terms
from adapters.mqtt.operations import TopicFamily
from adapters.mqtt.past import Past
from adapters.mqtt.reception import Reception
from adapters.mqtt.session import takeover_hint, was_short

_LOG = logging.getLogger(__name__)

_ORDER = (
    "Each message comes with its own connection, {identifier}, whose session the broker keeps; it is "
    "acknowledged once it is stored, in the order of arrival."
)
_DELIVERY = {
    0: "With QoS 0 a message that arrives while the gateway is away or ends is lost: at most once.",
    1: "At least once: after a lost connection the broker sends again what was not acknowledged.",
    2: "Received with QoS 1, at least once: after a lost connection the broker sends again what was not "
    "acknowledged.",
}


class Receiver:
    """Receives one family of topics, one connection after another, and remembers from one to the next."""

    def __init__(
        self, family: TopicFamily, settings: MqttSettings, client_id: str, context: ssl.SSLContext | None
    ) -> None:
        self._family = family
        self._settings = settings
        self._client_id = f"{client_id}-{family.name}"
        self._context = context
        self._current: Reception | None = None
        self._closings = 0
        self._short_lives = 0
        self._taken_over = ""
        self.past = Past(family.name, self._client_id)

    def channel(self) -> Channel:
        """The family as an inward port."""
        family = self._family
        text = f"{_ORDER.format(identifier=self._client_id)} {_DELIVERY[family.settings.qos]}"
        return Channel(
            name=family.name,
            summary=f"Messages of {family.template.text}",
            payload=BytesShape(family.content_type, family.settings.format),
            window=self._settings.receive_window,
            description=f"{family.settings.description}\n\n{text}".strip(),
        )

    def notes(self) -> Sequence[str]:
        """What whoever reads the channel must know and no delivery shows."""
        name = self._family.name
        found = list(self.past.notes())
        if self._family.settings.qos == 0:
            found.append(f"channel {name}: with QoS 0 a flow gets its messages at most once")
        if self._taken_over:
            found.append(f"channel {name}: connections end at once{self._taken_over}")
        return found

    async def receive(self) -> AsyncGenerator[Delivery, None]:
        """What arrives, until the connection is lost.

        Raises: ConnectionLost, NotSent, AccessRefused, PeerRejected, ProtocolViolation.
        """
        reception = await self._open(Deadline.after(self._settings.connect_timeout_s))
        since = asyncio.get_running_loop().time()
        try:
            while True:
                yield await reception.next()
        except AdapterError as error:
            self._lost(reception, error, asyncio.get_running_loop().time() - since)
            raise
        finally:
            await reception.aclose()

    async def aclose(self) -> None:
        """End the connection, also one that is being made. Idempotent; what is not acknowledged stays with
        the broker."""
        self._closings += 1
        if self._current is not None:
            await self._current.aclose()

    async def _open(self, deadline: Deadline) -> Reception:
        settings, closings = self._settings, self._closings
        terms = Terms(
            client_id=self._client_id,
            keeps_session=True,
            window=settings.receive_window,
            max_packet_bytes=settings.max_received_bytes + BESIDE_PAYLOAD_BYTES,
        )
        connected = await dial(settings, self._context, deadline)
        self._current = reception = Reception(self._family, settings, terms, self.past)
        try:
            await reception.open(connected, deadline)
            if self._closings != closings:  # meanwhile
                raise ConnectFailed("the system was closed")
        except BaseException:
            await reception.aclose()
            raise
        return reception

    def _lost(self, reception: Reception, error: AdapterError, lived_s: float) -> None:
        """Notice a second client of the same name: it and this one disconnect each other for ever."""
        if not isinstance(error, ConnectionLost) or reception.link.ended_here:
            return
        self._short_lives = self._short_lives + 1 if was_short(lived_s) else 0
        self._taken_over = takeover_hint(reception.link, self._short_lives, self._client_id)
        if self._taken_over:
            _LOG.error("channel %s is not received: %s%s", self._family.name, error.message, self._taken_over)
