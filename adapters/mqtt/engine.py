"""paho's protocol engine, fitted to a socket that is connected already.

Where paho 2.x has no public way, its inner members are used here and nowhere else: `_create_socket`, the one
place where it makes its socket; `_handle_pubrec`, which ignores the reason code of MQTT 5 and would carry on
with a message that the broker has refused; and `_ping_t`, the time of an unanswered PINGREQ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from adapters.mqtt.config import MAX_PACKET_BYTES, MqttSettings
from adapters.mqtt.wire import BufferedSocket


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a connection asks of the broker.

    `keeps_session`: the broker keeps subscriptions and messages while the client is away, and resumes where
    it was. `window`: messages are acknowledged one by one by the owner, of which the broker may send this
    many ahead; None: paho acknowledges by itself. `max_packet_bytes`: larger ones are not sent by a broker of
    MQTT 5; one of 3.1.1 cannot be told, and they are shortened as they come.
    """

    client_id: str
    keeps_session: bool = False
    window: int | None = None
    max_packet_bytes: int = MAX_PACKET_BYTES


class Engine(paho.Client):
    """paho's client on a connected socket."""

    def __init__(self, connected: BufferedSocket, settings: MqttSettings, terms: Terms) -> None:
        newer = settings.version == "5"
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=terms.client_id,
            clean_session=None if newer else not terms.keeps_session,
            protocol=paho.MQTTv5 if newer else paho.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=terms.window is not None,
        )
        self._connected = connected
        self._newer = newer
        self.max_inflight_messages = 0  # no queue inside paho: what is accepted is sent at once
        if settings.username is not None:
            secret = settings.password.get_secret_value() if settings.password is not None else None
            self.username_pw_set(settings.username, secret)

    def log_in(self, settings: MqttSettings, terms: Terms) -> None:
        """Send CONNECT."""
        if not self._newer:
            self.connect(settings.host, settings.port, settings.keepalive_s)
            return
        self.connect(
            settings.host,
            settings.port,
            settings.keepalive_s,
            clean_start=not terms.keeps_session,
            properties=_connect_properties(settings, terms),
        )

    def forgive_silence(self) -> None:
        """Do not take the connection for dead: nobody reads at the moment, a PINGRESP may well be there."""
        self._ping_t = 0.0

    def _create_socket(self) -> paho.SocketLike:
        return self._connected

    def _handle_pubrec(self) -> MQTTErrorCode:
        packet = self._in_packet["packet"]
        if not self._newer or len(packet) < 3 or packet[2] < 0x80:
            return super()._handle_pubrec()
        mid = int.from_bytes(packet[:2], "big")
        if mid not in self._out_messages:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        reason = ReasonCode(PacketTypes.PUBREC, identifier=packet[2])
        return self._do_on_publish(mid, reason, _properties(PacketTypes.PUBREC))


def _properties(packet_type: int) -> Properties:
    return Properties(packet_type)  # type: ignore[no-untyped-call]


def _connect_properties(settings: MqttSettings, terms: Terms) -> Properties:
    properties = _properties(PacketTypes.CONNECT)
    if terms.keeps_session:
        properties.SessionExpiryInterval = settings.session_expiry_s
    if terms.window is not None:
        properties.ReceiveMaximum = terms.window
    if terms.max_packet_bytes < MAX_PACKET_BYTES:
        properties.MaximumPacketSize = terms.max_packet_bytes
    return properties


def publish_properties(content_type: str, pairs: Sequence[tuple[str, str]]) -> Properties:
    """The properties of a PUBLISH of MQTT 5: what the payload is, and user properties."""
    properties = _properties(PacketTypes.PUBLISH)
    if content_type:
        properties.ContentType = content_type
    if pairs:
        properties.UserProperty = list(pairs)
    return properties
