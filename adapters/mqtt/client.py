"""One MQTT connection: paho's protocol engine on the event loop, without a thread.

A `Link` is opened once, lives until something goes wrong, and is never reused: its successor gets a new paho
client and a clean session. So paho can never resend by itself what a caller was told is unknown, and a late
acknowledgement of a former connection has nobody to confuse.

paho rather than aiomqtt on top of it, because aiomqtt connects in a thread that cannot be cancelled, drops
what arrives when its queue is full, and starts a task for each message.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from adapters.contract import Deadline
from adapters.errors import (
    AdapterError,
    AuthenticationFailed,
    ConnectFailed,
    ConnectionLost,
    ConnectTimeout,
    NotSent,
    OutcomeUnknown,
    ProtocolViolation,
)
from adapters.mqtt.config import MqttSettings
from adapters.mqtt.wire import BufferedSocket

_LOG = logging.getLogger(__name__)

SILENCE_S = 5.0
"""A publish that times out ends the link when the broker has said nothing for this long."""

_MAX_UNANSWERED = 60_000
"""Publishes between the oldest without an acknowledgement and the newest: packet identifiers have 16 bits."""

_TICK_S = 1.0

_READS_PER_TURN = 100
"""paho's reads, of at least one packet each, before the event loop turns to others."""


@dataclass(frozen=True, slots=True)
class Message:
    """One received message."""

    topic: str
    payload: bytes
    qos: int
    retained: bool


class _Client(paho.Client):
    """paho's client on a socket that is connected already.

    `_create_socket` is the one place where paho 2.x makes its socket; there is no public way to hand one in.
    """

    def __init__(self, connected: BufferedSocket, client_id: str) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=True,
            protocol=paho.MQTTv311,
            reconnect_on_failure=False,
        )
        self._connected = connected

    def _create_socket(self) -> paho.SocketLike:
        return self._connected


class Link:
    """One connection to the broker. `on_message` is called for each message, on the event loop."""

    def __init__(
        self, settings: MqttSettings, client_id: str, on_message: Callable[[Message], None] | None = None
    ) -> None:
        self._settings = settings
        self._client_id = client_id
        self._deliver = on_message
        self._loop = asyncio.get_running_loop()
        self._client: _Client | None = None
        self._socket: BufferedSocket | None = None
        self._tick: asyncio.TimerHandle | None = None
        self._answers: dict[int, asyncio.Future[list[ReasonCode]]] = {}
        self._sent = 0
        self._pending: dict[int, tuple[asyncio.Future[None], int]] = {}
        self._unanswered_since: float | None = None
        self._number = -1
        self._reading = self._writing = self._watched = False
        self._accepted: asyncio.Future[None] = self._loop.create_future()
        self.closed = asyncio.Event()
        self.failure: AdapterError | None = None

    # --- life --------------------------------------------------------------------------------------

    async def open(self, connected: socket.socket, deadline: Deadline) -> None:
        """Log in over a connected socket, which the link owns from now on.

        Raises: ConnectFailed, ConnectTimeout, AuthenticationFailed, ProtocolViolation.
        """
        settings = self._settings
        self._socket, self._number = BufferedSocket(connected), connected.fileno()
        self._client = client = _Client(self._socket, self._client_id)
        client.max_inflight_messages = 0  # no queue inside paho: what is accepted is sent at once
        if settings.username is not None:
            secret = settings.password.get_secret_value() if settings.password is not None else None
            client.username_pw_set(settings.username, secret)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_socket_register_write = lambda *_: self._write_soon()
        client.on_socket_unregister_write = lambda *_: self._stop_writing()
        client.on_socket_close = lambda *_: self._forget_socket()
        try:
            client.connect(settings.host, settings.port, settings.keepalive_s)
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

    def close(self) -> None:
        """Say DISCONNECT if the socket takes it at once, and close. Idempotent."""
        client = self._client
        if client is not None:
            self.failure = self.failure or ConnectFailed("the connection to the MQTT broker was closed")
            client.disconnect()
            client.loop_write()
        self._end(ConnectFailed("the connection to the MQTT broker was closed"))

    def fail(self, failure: AdapterError) -> None:
        """Give the connection up. Publishes without an acknowledgement end as OutcomeUnknown."""
        self._end(failure)

    # --- calls -------------------------------------------------------------------------------------

    async def subscribe(self, filters: Sequence[tuple[str, int]], deadline: Deadline) -> list[ReasonCode]:
        """Subscribe to filters, each with its greatest QoS; the answer has a reason code for each.

        Raises: ConnectTimeout, ConnectFailed.
        """
        assert self._client is not None, "open first"
        rc, mid = self._client.subscribe(list(filters))
        if rc != MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
            raise self._lost()
        answer = self._loop.create_future()
        self._answers[mid] = answer
        try:
            async with asyncio.timeout(deadline.remaining()):
                granted: list[ReasonCode] = await answer
                return granted
        except TimeoutError as error:
            raise ConnectTimeout("the MQTT broker did not answer SUBSCRIBE in time") from error
        finally:
            self._answers.pop(mid, None)

    async def publish(self, topic: str, payload: bytes, qos: int, retain: bool, deadline: Deadline) -> None:
        """Publish and wait for PUBACK (QoS 1), PUBCOMP (QoS 2), or the hand-over to the socket (QoS 0).

        Raises: NotSent, ConnectFailed, OutcomeUnknown.
        """
        if deadline.expired():
            raise NotSent("no time was left to publish")
        if self.closed.is_set() or self._client is None:
            raise self._lost()
        oldest = next(iter(self._pending.values()), None)
        if oldest is not None and self._sent - oldest[1] > _MAX_UNANSWERED:
            self.fail(ConnectionLost("the MQTT broker left a publish unacknowledged for too long"))
            raise self._lost()
        info = self._client.publish(topic, payload, qos, retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            # Only NO_CONN, or QUEUE_SIZE: the packet identifier belongs to one never acknowledged.
            self.fail(ConnectionLost("the connection to the MQTT broker cannot take more"))
            raise self._lost()
        self._sent += 1
        acknowledged: asyncio.Future[None] = self._loop.create_future()
        self._pending[info.mid] = (acknowledged, self._sent)
        if self._unanswered_since is None:
            self._unanswered_since = self._loop.time()
        try:
            async with asyncio.timeout(deadline.remaining()):
                await acknowledged
        except TimeoutError as error:
            self._suspect()
            raise OutcomeUnknown(
                "the MQTT broker did not acknowledge the message in time; it may have it"
            ) from error
        finally:
            if self._pending.get(info.mid, (None, 0))[0] is acknowledged:
                del self._pending[info.mid]

    def _suspect(self) -> None:
        """A publish timed out: end a link on which the broker says nothing, so that the next callers learn at
        once that nothing was sent, and what waits in memory for a dead peer stays bounded."""
        since = self._unanswered_since
        if since is not None and self._loop.time() - since > SILENCE_S:
            self.fail(ConnectionLost("the MQTT broker has gone silent"))

    def _lost(self) -> ConnectFailed:
        reason = f": {self.failure.message}" if self.failure is not None else ""
        return ConnectFailed(f"there is no connection to the MQTT broker{reason}")

    # --- event loop --------------------------------------------------------------------------------

    def _readable(self) -> None:
        self._unanswered_since = None
        client, connected = self._client, self._socket
        if client is None:
            return
        try:
            for _ in range(_READS_PER_TURN):
                client.loop_read()
                if connected is None or connected is not self._socket or not connected.readable:
                    return
        except Exception as error:
            # The top of an event-loop callback: what paho raises here, struct.error for one, is the
            # broker's rubbish.
            _LOG.warning("unreadable packet from the MQTT broker: %s", type(error).__name__)
            self._end(ProtocolViolation("the MQTT broker sent a packet that cannot be read"))
            return
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
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(ConnectFailed(lost))
        for acknowledged, _ in self._pending.values():
            if not acknowledged.done():
                acknowledged.set_exception(OutcomeUnknown(f"{lost}; it may have the message"))

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
        if not reason.is_failure:
            self._accepted.set_result(None)
            return
        self._end(_refusal(reason))

    def _on_disconnect(
        self,
        client: paho.Client,
        userdata: object,
        flags: paho.DisconnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
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
        pending = self._pending.pop(mid, None)
        if pending is not None and not pending[0].done():
            pending[0].set_result(None)

    def _on_message(self, client: paho.Client, userdata: object, message: paho.MQTTMessage) -> None:
        if self._deliver is not None:
            self._deliver(Message(message.topic, bytes(message.payload), message.qos, message.retain))


_BAD_CREDENTIALS = {134: "Bad user name or password", 135: "Not authorized"}
"""CONNACK 4 and 5 of MQTT 3.1.1 as paho numbers them. Both mean the log-in: mosquitto answers 5 to a wrong
password."""


def _refusal(reason: ReasonCode) -> AdapterError:
    """The error for a negative CONNACK (MQTT 3.1.1 §3.2.2.3)."""
    if reason.value in _BAD_CREDENTIALS:
        return AuthenticationFailed(f"the MQTT broker refuses the log-in: {reason}")
    return ConnectFailed(f"the MQTT broker refuses the connection: {reason}")
