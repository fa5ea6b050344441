"""What a sysadmin writes for a system behind an MQTT broker."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from adapters.mqtt.topic import Template
from adapters.settings import ExistingFile, Settings, SystemSettings

CHANNEL_NAME = r"^[A-Za-z][A-Za-z0-9_-]*$"
MAX_PACKET_BYTES = 268_435_455
"""The most an MQTT packet can announce (3.1.1 §2.2.3)."""
BESIDE_PAYLOAD_BYTES = 70_000
"""What a packet may hold beside its payload: the longest topic, the headers, some properties."""


def _topic(text: str) -> str:
    Template.parse(text)  # raises ValueError with the reason
    return text


def _broker(text: str) -> str:
    url = urlsplit(text)
    if url.scheme not in ("mqtt", "mqtts"):
        raise ValueError("must begin with mqtt:// or mqtts://")
    if url.username is not None or url.password is not None:
        raise ValueError("holds no credentials; use the keys username and password")
    if url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError("is only a host and a port, such as mqtts://broker.example:8883")
    if not url.hostname or not re.fullmatch(r"[A-Za-z0-9.:_-]{1,253}", url.hostname):
        raise ValueError("names no host")
    if url.port == 0:  # .port raises ValueError itself when it is not a number below 65536
        raise ValueError("port 0 cannot be connected to")
    return text


class ChannelSettings(Settings):
    """One family of topics under one name."""

    topic: Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_topic)]
    """The topic, with a name in braces for each level that varies: plant/{line}/{machine}/temperature."""

    direction: Literal["both", "publish", "subscribe"] = "both"
    """What the gateway does with these topics: both, only publish, or only subscribe (last and watch)."""

    qos: Literal[0, 1, 2] = 1
    """Quality of service, for publishing and for the subscription: 0 at most once and never confirmed,
    1 confirmed by the broker, 2 confirmed and not duplicated on the way to the broker. Flows receive with 0
    or 1; 2 counts as 1."""

    retain: bool = False
    """Ask the broker to keep each published value and to give it to later subscribers."""

    retained: Literal["receive", "ignore"] = "receive"
    """What a flow that reads this channel gets of the values that the broker keeps (retained): receive, all
    of them once, when the subscription is new; or ignore, none. Live messages always come."""

    format: Annotated[str, Field(min_length=1, max_length=100)] | None = "json"
    """What payloads are: json, another format or mapping by its name, or null for raw bytes."""

    description: Annotated[str, Field(max_length=2000)] = ""
    """What these messages are, shown in the API documentation."""


class TlsSettings(Settings):
    """How the broker is recognised, and how the gateway shows who it is. Only for mqtts://."""

    ca: ExistingFile | None = None
    """PEM file of the authorities that may have issued the broker's certificate; else the system's."""

    certificate: ExistingFile | None = None
    """PEM file of the gateway's own certificate, where the broker asks for one."""

    key: ExistingFile | None = None
    """PEM file of the key to that certificate."""

    @model_validator(mode="after")
    def _pair(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key are given together or not at all")
        return self


class MqttSettings(SystemSettings):
    """An MQTT broker and the channels on it."""

    broker: Annotated[str, Field(min_length=8, max_length=300), AfterValidator(_broker)]
    """Where the broker is: mqtt://host:1883, or mqtts://host:8883 for TLS."""

    username: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    """The name to log in with; without it the gateway connects anonymously."""

    password: Annotated[SecretStr, Field(max_length=10_000)] | None = None
    """The password that belongs to the username."""

    tls: TlsSettings = TlsSettings()
    """Certificates, for mqtts://. The broker's certificate and name are always verified."""

    client_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """The client identifier, legacy-gateway-{system} by default. A broker disconnects the older of two
    clients that use the same; `gateway check --connect` and probes therefore add something to it. A channel
    that a flow reads has a connection of its own, {client_id}-{channel}."""

    version: Literal["3.1.1", "5"] = "3.1.1"
    """The version of MQTT to speak. With 5 a broker says why it refuses a message, learns how much the
    gateway takes at a time, and messages carry the correlation id."""

    keepalive_s: Annotated[int, Field(ge=1, le=3600)] = 30
    """Seconds of silence after which the connection is tested; a dead one is noticed within twice that."""

    channels: Annotated[
        dict[Annotated[str, Field(pattern=CHANNEL_NAME, max_length=64)], ChannelSettings],
        Field(min_length=1, max_length=1000),
    ]
    """The families of topics to offer, by name."""

    max_payload_bytes: Annotated[int, Field(ge=1, le=MAX_PACKET_BYTES)] = 2**20
    """Bytes of one payload kept as a last value or shown in a watch; larger ones are skipped, counted and
    logged, or with version 5 not sent by the broker."""

    receive_window: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Messages of one channel that may wait to be stored, for channels that flows read. When so many have
    come and none is stored, no more are taken from the broker."""

    receive_window_bytes: Annotated[int, Field(ge=1, le=2**34)] = 64 * 2**20
    """Bytes of payload of one channel that may wait to be stored; beyond that no more is taken."""

    max_received_bytes: Annotated[int, Field(ge=1, le=MAX_PACKET_BYTES - BESIDE_PAYLOAD_BYTES)] = 16 * 2**20
    """Bytes of one payload that a flow may get. A broker of MQTT 5 is told and does not send larger ones; one
    of 3.1.1 cannot be: larger ones are acknowledged without being stored, counted and logged as errors."""

    session_expiry_s: Annotated[int, Field(ge=60, le=2**32 - 1)] = 7 * 24 * 3600
    """Seconds for which the broker keeps messages for a channel that flows read while the gateway is away;
    4294967295 means for ever. Only MQTT 5 asks for it; with 3.1.1 the broker's own setting counts."""

    last_values_max: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    """Topics whose last value is kept; beyond that the value that changed longest ago is dropped."""

    last_values_max_bytes: Annotated[int, Field(ge=1, le=2**34)] = 64 * 2**20
    """Bytes of payload kept as last values, all topics together."""

    watch_buffer: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """Events that wait for one slow reader of a watch; beyond that its stream ends with an error."""

    watch_buffer_bytes: Annotated[int, Field(ge=1, le=2**30)] = 8 * 2**20
    """Bytes of payload that wait for one slow reader of a watch."""

    @property
    def host(self) -> str:
        """The broker's host name or address."""
        return urlsplit(self.broker).hostname or ""

    @property
    def port(self) -> int:
        """The broker's TCP port, by default that of the scheme."""
        return urlsplit(self.broker).port or (8883 if self.encrypted else 1883)

    @property
    def encrypted(self) -> bool:
        """True for mqtts://."""
        return self.broker.startswith("mqtts://")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.password is not None and self.username is None:
            raise ValueError("a password needs a username (MQTT 3.1.1 §3.1.2.9)")
        if self.tls != TlsSettings() and not self.encrypted:
            raise ValueError("tls is set and the broker is mqtt://; write mqtts://")
        return self
