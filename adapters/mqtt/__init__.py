"""MQTT: publish confirmed by the broker, last values, live streams, messages received for flows."""

from __future__ import annotations

from adapters.contract import Capability
from adapters.mqtt.adapter import MqttAdapter
from adapters.mqtt.config import MqttSettings
from adapters.registry import AdapterType

__all__ = ["ADAPTER"]

ADAPTER = AdapterType(
    name="mqtt",
    title="MQTT broker",
    settings=MqttSettings,
    create=MqttAdapter,
    capabilities=frozenset(
        {
            Capability.DESCRIBED_BY_SETTINGS,
            Capability.VALUES,
            Capability.BYTES,
            Capability.EVENTS,
            Capability.RECEIVES,
            Capability.AUTHENTICATES,
        }
    ),
)
