"""What a sysadmin may write, and what is said about what he may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.contract import AdapterContext
from adapters.mqtt import ADAPTER
from adapters.mqtt.config import MqttSettings

GOOD: dict[str, Any] = {
    "adapter": "mqtt",
    "broker": "mqtt://broker.example",
    "channels": {"temperature": {"topic": "plant/{line}/temperature"}},
}


def settings(**changed: Any) -> MqttSettings:
    return MqttSettings.model_validate({**GOOD, **changed}, context={"base_dir": Path(__file__).parent})


def channel(**changed: Any) -> dict[str, Any]:
    return {"channels": {"temperature": {"topic": "plant/{line}", **changed}}}


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "no-scheme": ({"broker": "broker.example:1883"}, "broker", "must begin with mqtt:// or mqtts://"),
    "other-scheme": ({"broker": "tcp://broker.example"}, "broker", "must begin with mqtt://"),
    "no-host": ({"broker": "mqtt://:1883"}, "broker", "names no host"),
    "path": ({"broker": "mqtt://broker.example/x"}, "broker", "only a host and a port"),
    "credentials-in-the-url": ({"broker": "mqtt://u:p@broker.example"}, "broker", "no credentials"),
    "port-zero": ({"broker": "mqtt://broker.example:0"}, "broker", "port 0"),
    "port-too-large": ({"broker": "mqtt://broker.example:65536"}, "broker", "ort"),
    "port-not-a-number": ({"broker": "mqtt://broker.example:mqtt"}, "broker", "ort"),
    "space-in-the-host": ({"broker": "mqtt://broker example"}, "broker", "names no host"),
    "password-without-username": ({"password": "p"}, "", "needs a username"),
    "tls-without-mqtts": ({"tls": {"ca": "test_config.py"}}, "", "write mqtts://"),
    "ca-missing": (
        {"broker": "mqtts://b.example", "tls": {"ca": "none.pem"}},
        "tls.ca",
        "does not exist",
    ),
    "certificate-without-key": (
        {"broker": "mqtts://b.example", "tls": {"certificate": "test_config.py"}},
        "tls",
        "together",
    ),
    "version-3.1": ({"version": "3.1"}, "version", "'3.1.1' or '5'"),
    "version-a-number": ({"version": 5}, "version", "'3.1.1' or '5'"),
    "retained-a-boolean": (channel(retained=True), "channels.temperature.retained", "'receive' or 'ignore'"),
    "window-zero": ({"receive_window": 0}, "receive_window", "greater than or equal to 1"),
    "window-beyond": ({"receive_window": 70_000}, "receive_window", "less than or equal"),
    "window-bytes": ({"receive_window_bytes": 0}, "receive_window_bytes", "greater than or equal to 1"),
    "expiry-of-seconds": ({"session_expiry_s": 1}, "session_expiry_s", "greater than or equal to 60"),
    "expiry-beyond-32-bits": ({"session_expiry_s": 2**32}, "session_expiry_s", "less than or equal"),
    "received-bytes": ({"max_received_bytes": 2**28}, "max_received_bytes", "less than or equal"),
    "no-channels": ({"channels": {}}, "channels", "at least 1"),
    "channel-name": ({"channels": {"my channel": {"topic": "a"}}}, "channels.my channel", "pattern"),
    "channel-name-with-a-dot": ({"channels": {"a.b": {"topic": "a"}}}, "channels.a.b", "pattern"),
    "qos-3": (channel(qos=3), "channels.temperature.qos", "0, 1 or 2"),
    "qos-text": (channel(qos="1"), "channels.temperature.qos", "0, 1 or 2"),
    "direction": (channel(direction="in"), "channels.temperature.direction", "'publish'"),
    "unknown-key": (channel(keep=True), "channels.temperature.keep", "not permitted"),
    "wildcard": (channel(topic="plant/+"), "channels.temperature.topic", "wildcard"),
    "keepalive-zero": ({"keepalive_s": 0}, "keepalive_s", "greater than or equal to 1"),
    "payload-bound": ({"max_payload_bytes": 2**28}, "max_payload_bytes", "less than or equal"),
    "watch-buffer": ({"watch_buffer": 0}, "watch_buffer", "greater than or equal to 1"),
    "last-values": ({"last_values_max": 0}, "last_values_max", "greater than or equal to 1"),
    "client-id-empty": ({"client_id": ""}, "client_id", "at least 1"),
}


@pytest.mark.parametrize(("changed", "where", "says"), BAD.values(), ids=BAD)
def test_bad_settings_name_the_key_and_the_rule(changed: dict[str, Any], where: str, says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**changed)
    problems = [(".".join(map(str, e["loc"])), e["msg"]) for e in caught.value.errors()]
    assert any(place.startswith(where) and says in message for place, message in problems), problems


@pytest.mark.parametrize(
    ("broker", "host", "port", "encrypted"),
    [
        ("mqtt://b.example", "b.example", 1883, False),
        ("mqtt://b.example:2000/", "b.example", 2000, False),
        ("mqtts://b.example", "b.example", 8883, True),
        ("mqtt://[::1]:1884", "::1", 1884, False),
        ("mqtt://127.0.0.1", "127.0.0.1", 1883, False),
    ],
)
def test_brokers(broker: str, host: str, port: int, encrypted: bool) -> None:
    found = settings(broker=broker)
    assert (found.host, found.port, found.encrypted) == (host, port, encrypted)


def test_an_unusable_ca_is_named_when_the_adapter_is_made(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    found = MqttSettings.model_validate(
        {**GOOD, "broker": "mqtts://b.example", "tls": {"ca": "ca.pem"}}, context={"base_dir": tmp_path}
    )
    with pytest.raises(ValueError, match=r"ca\.pem holds no whole PEM certificate"):
        ADAPTER.create(found, AdapterContext("plant", tmp_path))


def test_the_directions_choose_the_operations() -> None:
    def names(direction: str) -> list[str]:
        adapter = ADAPTER.create(settings(**channel(direction=direction)), AdapterContext("plant", Path()))
        return [operation.name.rpartition(".")[2] for operation in adapter.operations()]

    assert names("publish") == ["publish"]
    assert names("subscribe") == ["last", "watch", "watch-all"]
    assert names("both") == ["publish", "last", "watch", "watch-all"]
