"""One connection of a channel that is received: arrivals in order, a bounded number at a time.

Source: MQTT 3.1.1 and 5 §4.6 (PUBACKs in the order of the messages); 5 §4.9 (flow control).
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque

from paho.mqtt.subscribeoptions import SubscribeOptions

from adapters.contract import Deadline
from adapters.errors import AdapterError, ConnectFailed, ConnectionLost, ConnectTimeout, ProtocolViolation
from adapters.mqtt.arrival import Arrival
from adapters.mqtt.client import Link
from adapters.mqtt.config import MqttSettings
from adapters.mqtt.engine import Terms
from adapters.mqtt.message import Message
from adapters.mqtt.operations import TopicFamily
from adapters.mqtt.past import Past
from adapters.mqtt.reasons import refused_subscription

_LOG = logging.getLogger(__name__)


class Reception:
    """Messages of one family over one link, kept in hand until they are acknowledged."""

    def __init__(self, family: TopicFamily, settings: MqttSettings, terms: Terms, past: Past) -> None:
        self._family = family
        self._settings = settings
        self._past = past
        self.link = Link(settings, terms, self._received, self._wake)
        self._waiting: deque[Arrival] = deque()
        self._in_hand: deque[Arrival] = deque()
        self._bytes = 0
        self._more = asyncio.Event()
        self._drops_retained = family.settings.retained == "ignore"
        self._subscribing: asyncio.Task[None] | None = None

    # --- life --------------------------------------------------------------------------------------

    async def open(self, connected: socket.socket, deadline: Deadline) -> None:
        """Log in over a connected socket and ask for the subscription. What the session holds may come before
        the answer to that, and may fill the window: so nobody waits for it here.

        Raises: ConnectFailed, ConnectTimeout, AuthenticationFailed, PermissionDenied, ProtocolViolation.
        """
        await self.link.open(connected, deadline)
        present = self.link.session_present
        if self._past.resumed(present, self.link.limits.session_expiry_s, self._settings.session_expiry_s):
            return
        if present and not self._past.made and self._settings.version != "5":
            # Subscribing again makes the broker send all retained messages again, and they are not new.
            self._drops_retained = True
        self._subscribing = asyncio.create_task(self._subscribe(), name="mqtt-subscribe")

    async def aclose(self) -> None:
        """Disconnect. Idempotent; what was not acknowledged stays with the broker."""
        self.link.close()
        self._waiting.clear()
        subscribing, self._subscribing = self._subscribing, None
        if subscribing is not None:
            subscribing.cancel()
            await asyncio.wait({subscribing})

    async def _subscribe(self) -> None:
        """Ask, and end the link when the broker refuses, or is silent for too long while listened to."""
        wanted, qos = self._family.template.filter, min(self._family.settings.qos, 1)
        ignored = self._family.settings.retained == "ignore"
        handling = SubscribeOptions.RETAIN_DO_NOT_SEND if ignored else SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
        try:
            answer = self.link.ask_for([(wanted, qos)], handling)
            heard = self.link.heard
            while not (await asyncio.wait({answer}, timeout=self._settings.connect_timeout_s))[0]:
                if self.link.heard == heard and not self.link.paused:
                    raise ConnectTimeout("the MQTT broker did not answer SUBSCRIBE in time")
                heard = self.link.heard
            granted = answer.result()
            if not granted or granted[0].is_failure:
                raise refused_subscription(wanted, granted[0]) if granted else _unanswered(wanted)
            self._past.subscribed(granted[0].value, qos)
        except AdapterError as error:
            self.link.fail(error)

    def _wake(self) -> None:
        self._more.set()

    # --- what arrives ------------------------------------------------------------------------------

    async def next(self) -> Arrival:
        """The next message. Once the link has ended none that came on it is given out: its acknowledgement
        could reach nobody.

        Raises: ConnectionLost, NotSent, AccessRefused, PeerRejected, ProtocolViolation.
        """
        while True:
            if self.link.closed.is_set():
                raise self.link.failure or _lost()
            if self._waiting:
                return self._waiting.popleft()
            self._more.clear()
            await self._more.wait()

    def _received(self, message: Message) -> None:
        if message.qos > 1:
            self.link.fail(ProtocolViolation("the MQTT broker sent QoS 2 to a subscription with QoS 1"))
            return
        arrival = Arrival(message, self._family, self, self._settings.max_received_bytes)
        self._in_hand.append(arrival)
        self._bytes += arrival.size
        if not self._family.template.match(message.topic.split("/")):
            self._past.count_foreign(message.topic)
            arrival.settled = True
        elif message.retained and self._drops_retained and not message.duplicate:
            arrival.settled = True
        else:
            self._waiting.append(arrival)
            self._more.set()
        self._advance()

    @property
    def _full(self) -> bool:
        settings = self._settings
        return len(self._in_hand) >= settings.receive_window or self._bytes >= settings.receive_window_bytes

    # --- what becomes of it ------------------------------------------------------------------------

    async def ack(self, arrival: Arrival) -> None:
        """As `Delivery.ack`. The PUBACK goes out once all earlier messages have theirs."""
        await self._settle(arrival)

    async def nack(self, arrival: Arrival, reason: str, *, for_good: bool) -> None:
        """As `Delivery.nack`. To have a message again, the connection must end: the standard knows no other
        way. It ends when all that came before it are acknowledged."""
        if for_good or not arrival.packet_id:
            self._past.count_refused(arrival.topic, arrival.size, reason)
        else:
            arrival.given_back = True
        await self._settle(arrival)

    async def _settle(self, arrival: Arrival) -> None:
        if self.link.closed.is_set():
            raise _lost()
        if arrival.settled:
            return
        arrival.settled = True
        self._advance()
        # Two turns of the event loop: in the first the PUBACK goes out, and an end of the connection that the
        # operating system knows of already is seen. So this fails when the PUBACK went nowhere.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        if self.link.closed.is_set() and not (arrival.released and self.link.ended_here):
            raise _lost()

    def _advance(self) -> None:
        """Acknowledge from the oldest on, as far as they are settled; read on when there is room."""
        while self._in_hand and self._in_hand[0].settled:
            oldest = self._in_hand.popleft()
            self._bytes -= oldest.size
            oldest.released = True
            if oldest.given_back:
                self.link.close(ConnectionLost("a message was given back; the MQTT broker delivers it again"))
                return
            if oldest.packet_id:
                self.link.acknowledge(oldest.packet_id)
        if self._full:
            self.link.pause()
        else:
            self.link.resume()


def _lost() -> ConnectionLost:
    return ConnectionLost(
        "the connection that the message came on has ended; the MQTT broker delivers it again"
    )


def _unanswered(wanted: str) -> ConnectFailed:
    return ConnectFailed(f"the MQTT broker's SUBACK says nothing of the subscription to {wanted}")
