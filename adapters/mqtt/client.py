"""One MQTT connection: paho's protocol engine on the event loop, without a thread.

A `Link` is opened once, lives until something goes wrong, and is never reused: its successor gets a new paho
client. So paho can never resend by itself what a caller was told is unknown, and a late acknowledgement of a
former connection has nobody to confuse, in either direction.

paho rather than aiomqtt on top of it, because aiomqtt connects in a thread that cannot be cancelled, drops
what arrives when its queue is full, and starts a task for each message.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from adapters.contract import Deadline
from adapters.errors import (
    AdapterError,
    ConnectFailed,
    ConnectionLost,
    ConnectTimeout,
    ProtocolViolation,
)
from adapters.mqtt.config import MqttSettings
from adapters.mqtt.engine import Engine, Terms
from adapters.mqtt.message import Message, Publication
from adapters.mqtt.outgoing import Outgoing
from adapters.mqtt.reasons import Limits, refused_connection
from adapters.mqtt.wire import BufferedSocket

_LOG = logging.getLogger(__name__)

_TICK_S = 1.0

_READS_PER_TURN = 100
"""paho's reads, of at least one packet each, before the event loop turns to others."""


class Link:
    """One connection to the broker. `on_message` is called for each message, `on_closed` once, on the event
    loop.

    `limits` and `session_present` are known once it is open. `closing_reason` is the reason code that a
    broker of MQTT 5 ended it with; `ended_here`: it did not, `close` was called. `heard` counts the times
    that something was read.
    """

    def __init__(
        self,
        settings: MqttSettings,
        terms: Terms,
        on_message: Callable[[Message], None] | None = None,
        on_closed: Callable[[], None] | None = None,
    ) -> None:
        self._settings = settings
        self._terms = terms
        self._deliver = on_message
        self._on_closed = on_closed
        self._loop = asyncio.get_running_loop()
        self._client: Engine | None = None
        self._socket: BufferedSocket | None = None
        self._tick: asyncio.TimerHandle | None = None
        self._answers: dict[int, asyncio.Future[list[ReasonCode]]] = {}
        self._outgoing = Outgoing(self)
        self._number = -1
        self._reading = self._writing = self._watched = self._paused = False
        self._accepted: asyncio.Future[None] = self._loop.create_future()
        self.closed = asyncio.Event()
        self.failure: AdapterError | None = None
        self.limits = Limits()
        self.session_present = False
        self.closing_reason: int | None = None
        self.ended_here = False
        self.heard = 0

    # --- life --------------------------------------------------------------------------------------

    async def open(self, connected: socket.socket, deadline: Deadline) -> None:
        """Log in over a connected socket, which the link owns from now on.

        Raises: ConnectFailed, ConnectTimeout, AuthenticationFailed, PermissionDenied, ProtocolViolation.
        """
        self._socket, self._number = (
            BufferedSocket(connected, self._terms.max_packet_bytes),
            connected.fileno(),
        )
        self._client = client = Engine(self._socket, self._settings, self._terms)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_socket_register_write = lambda *_: self._write_soon()
        client.on_socket_unregister_write = lambda *_: self._stop_writing()
        client.on_socket_close = lambda *_: self._forget_socket()
        try:
            client.log_in(self._settings, self._terms)
            self._loop.add_reader(self._number, self._readable)
            async with asyncio.timeout(deadline.remaining()):
                await self._accepted
        except TimeoutError as error:
            self._end(ConnectTimeout("the MQTT broker did not answer CONNECT in time"))
            raise ConnectTimeout("the MQTT broker did not answer CONNECT in time") from error
        except BaseException:
            self._end(ConnectFailed("connecting was given up"))
            raise
        self._tick = self._loop.call_later(_TICK_S, self._on_tick)

    def close(self, failure: AdapterError | None = None) -> None:
        """Say DISCONNECT, after what else waits to be sent, if the socket takes it at once, and close.
        Idempotent. `failure` is what those are told who still wait."""
        failure = failure or ConnectFailed("the connection to the MQTT broker was closed")
        client = self._client
        if client is not None:
            self.failure, self.ended_here = self.failure or failure, True
            client.disconnect()
            client.loop_write()
        self._end(failure)

    def fail(self, failure: AdapterError) -> None:
        """Give the connection up. Publishes without an acknowledgement end as OutcomeUnknown."""
        self._end(failure)

    # --- calls -------------------------------------------------------------------------------------

    def ask_for(
        self,
        filters: Sequence[tuple[str, int]],
        retain_handling: int = SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE,
    ) -> asyncio.Future[list[ReasonCode]]:
        """Send SUBSCRIBE for filters, each with its greatest QoS; the answer has a reason code for each.
        `retain_handling` tells a broker of MQTT 5 whether to send retained messages (§3.8.3.1).

        Raises: ConnectFailed, also in the answer.
        """
        if self._client is None:
            raise self.lost()
        if self._settings.version == "5":
            wanted: list[tuple[str, SubscribeOptions]] | list[tuple[str, int]] = [
                (text, SubscribeOptions(qos=qos, retainHandling=retain_handling)) for text, qos in filters
            ]
        else:
            wanted = list(filters)
        rc, mid = self._client.subscribe(wanted)
        if rc != MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
            raise self.lost()
        answer: asyncio.Future[list[ReasonCode]] = self._loop.create_future()
        self._answers[mid] = answer
        answer.add_done_callback(lambda _: self._answers.pop(mid, None))
        return answer

    async def subscribe(self, filters: Sequence[tuple[str, int]], deadline: Deadline) -> list[ReasonCode]:
        """Subscribe, as `ask_for`, and wait for the answer. Raises: ConnectTimeout, ConnectFailed."""
        try:
            async with asyncio.timeout(deadline.remaining()):
                return await self.ask_for(filters)
        except TimeoutError as error:
            raise ConnectTimeout("the MQTT broker did not answer SUBSCRIBE in time") from error

    async def publish(self, publication: Publication, deadline: Deadline) -> ReasonCode:
        """Publish and wait for PUBACK (QoS 1), PUBCOMP (QoS 2), or the hand-over to the socket (QoS 0). The
        reason code may say more than success: that nobody subscribes.

        Raises: NotSent, ConnectFailed, PoolTimeout, OutcomeUnknown, PeerRejected, PermissionDenied.
        """
        return await self._outgoing.publish(publication, deadline)

    def acknowledge(self, packet_id: int) -> None:
        """Send PUBACK for a message that came on this connection with QoS 1, at the end of this turn of the
        event loop. Nothing is sent once the link has ended."""
        if self._client is not None:
            self._client.ack(packet_id, 1)

    def pause(self) -> None:
        """Read nothing more: what the broker sends stays with it and with the operating system."""
        if not self._paused and self._number >= 0:
            self._paused = True
            self._loop.remove_reader(self._number)

    def resume(self) -> None:
        """Read again. Idempotent."""
        if self._paused and self._number >= 0:
            self._paused = False
            self._loop.add_reader(self._number, self._readable)
            self._read_soon()  # what was read from the socket already makes it readable no more

    @property
    def paused(self) -> bool:
        """True while nothing is read."""
        return self._paused

    @property
    def engine(self) -> Engine | None:
        """paho's engine while the link is open."""
        return self._client

    def lost(self) -> ConnectFailed:
        """What a call is told that finds the link ended."""
        reason = f": {self.failure.message}" if self.failure is not None else ""
        return ConnectFailed(f"there is no connection to the MQTT broker{reason}")

    # --- event loop --------------------------------------------------------------------------------

    def _readable(self) -> None:
        client, connected = self._client, self._socket
        if client is None or self._paused:
            return
        self._outgoing.heard()
        self.heard += 1
        try:
            for _ in range(_READS_PER_TURN):
                client.loop_read()
                if connected is None or connected is not self._socket or not connected.readable:
                    return
                if self.paused:
                    return
        except Exception as error:
            # The top of an event-loop callback: what paho raises here, struct.error for one, is the
            # broker's rubbish.
            _LOG.warning("unreadable packet from the MQTT broker: %s", type(error).__name__)
            self._end(ProtocolViolation("the MQTT broker sent a packet that cannot be read"))
            return
        self._read_soon()

    def _read_soon(self) -> None:
        if not self._reading:
            self._reading = True
            self._loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        """Go on with what is buffered, after everybody else had a turn: a flood must not hold up the loop."""
        self._reading = False
        self._readable()

    def _write_soon(self) -> None:
        """paho has packets to send. They go out together at the end of this turn of the event loop; only if
        the socket does not take them all, the loop watches it."""
        if not self._writing:
            self._writing = True
            self._loop.call_soon(self._write)

    def _write(self) -> None:
        client = self._client
        if client is None:
            return
        client.loop_write()
        if client is self._client and client.want_write() and not self._watched:
            self._watched = True
            self._loop.add_writer(self._number, self._write)

    def _stop_writing(self) -> None:
        self._writing = False
        if self._watched:
            self._watched = False
            self._loop.remove_writer(self._number)

    def _on_tick(self) -> None:
        if self._client is None:
            return
        if self._paused:
            self._client.forgive_silence()
        self._client.loop_misc()  # pings, and ends the link when one goes unanswered
        if not self.closed.is_set():
            self._tick = self._loop.call_later(_TICK_S, self._on_tick)

    def _end(self, failure: AdapterError) -> None:
        """Close the socket and tell everyone who waits. Idempotent; the first failure stands."""
        if self.closed.is_set():
            return
        self.failure = self.failure or failure
        self.closed.set()
        if self._tick is not None:
            self._tick.cancel()
        client, self._client = self._client, None
        if client is not None:
            client.on_disconnect = client.on_socket_close = None
            client.on_socket_register_write = client.on_socket_unregister_write = None
        self._forget_socket()
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._tell_waiting()

    def _forget_socket(self) -> None:
        """Take the socket off the event loop, before paho or we close it and its number is given away."""
        number, self._number = self._number, -1
        if number >= 0:
            self._watched = False
            self._loop.remove_reader(number)
            self._loop.remove_writer(number)

    def _tell_waiting(self) -> None:
        assert self.failure is not None
        if not self._accepted.done():
            self._accepted.set_exception(self.failure)
            self._accepted.exception()  # nobody may be waiting: then it must not be logged as unretrieved
        lost = f"the connection to the MQTT broker ended before it answered ({self.failure.message})"
        for answer in tuple(self._answers.values()):
            if not answer.done():
                answer.set_exception(ConnectFailed(lost))
                answer.exception()  # as above
        self._outgoing.end(f"{lost}; it may have the message")
        if self._on_closed is not None:
            self._on_closed()

    # --- paho's callbacks --------------------------------------------------------------------------

    def _on_connect(
        self,
        client: paho.Client,
        userdata: object,
        flags: paho.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if self._accepted.done():
            return
        if reason.is_failure:
            self._end(refused_connection(reason))
            return
        self.limits, self.session_present = Limits.of(properties), flags.session_present
        self._outgoing.limit(self.limits.in_flight)
        self._accepted.set_result(None)

    def _on_disconnect(
        self,
        client: paho.Client,
        userdata: object,
        flags: paho.DisconnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self.closing_reason = reason.value
        kind = ConnectionLost if self._accepted.done() else ConnectFailed
        self._end(kind(f"the MQTT broker ended the connection ({reason})"))

    def _on_subscribe(
        self,
        client: paho.Client,
        userdata: object,
        mid: int,
        reasons: list[ReasonCode],
        properties: Properties | None,
    ) -> None:
        answer = self._answers.get(mid)
        if answer is not None and not answer.done():
            answer.set_result(reasons)

    def _on_publish(
        self, client: paho.Client, userdata: object, mid: int, reason: ReasonCode, properties: Properties
    ) -> None:
        self._outgoing.answered(mid, reason)

    def _on_message(self, client: paho.Client, userdata: object, message: paho.MQTTMessage) -> None:
        if self._deliver is None:
            return
        try:
            topic = message.topic
        except UnicodeDecodeError:
            if self._terms.window is None:
                raise
            topic = ""  # raising would end the link, and a session that is kept would bring it again
        self._deliver(
            Message(
                topic,
                bytes(message.payload),
                message.qos,
                message.retain,
                message.dup,
                message.mid,
                message.properties,
                self._socket.dropped if self._socket is not None else 0,
            )
        )
