"""Messages: as they come from the broker, and as they go to it."""

from __future__ import annotations

from dataclasses import dataclass

from paho.mqtt.properties import Properties


@dataclass(frozen=True, slots=True)
class Message:
    """One received message. `topic` is empty where it is no UTF-8. `duplicate`: the broker has sent it
    before. `packet_id` names it to the broker, 0 with QoS 0; `properties` are those of MQTT 5. `dropped`:
    bytes of the payload that are missing at its end, because it is longer than it may be."""

    topic: str
    payload: bytes
    qos: int
    retained: bool
    duplicate: bool = False
    packet_id: int = 0
    properties: Properties | None = None
    dropped: int = 0

    @property
    def size(self) -> int:
        """Bytes of the payload as it was sent."""
        return len(self.payload) + self.dropped


@dataclass(frozen=True, slots=True)
class Publication:
    """One message to publish. `properties` only with MQTT 5."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    properties: Properties | None = None

    @property
    def packet_bytes(self) -> int:
        """The size of its packet: the fixed header, topic, identifier, properties, payload (§3.3)."""
        beside = 0 if self.properties is None else len(self.properties.pack())  # type: ignore[no-untyped-call]
        rest = 2 + len(self.topic.encode()) + (2 if self.qos else 0) + beside + len(self.payload)
        return 1 + next(n for n in (1, 2, 3, 4, 5) if rest < 1 << 7 * n) + rest
