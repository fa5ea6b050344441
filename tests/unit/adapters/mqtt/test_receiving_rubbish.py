"""Receiving from a broker that refuses, is silent, or breaks the protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from adapters.errors import (
    AdapterError,
    AuthenticationFailed,
    ConnectionLost,
    ConnectTimeout,
    PeerRejected,
    PermissionDenied,
    ProtocolViolation,
)
from adapters.mqtt.adapter import MqttAdapter
from tests.unit.adapters.mqtt.arriving import CHANNELS, following, receiving, take, until, waiting_for_first
from tests.unit.adapters.mqtt.conftest import MakePlant
from tests.unit.adapters.mqtt.scripted import CONNACK, RESUMED, connack_5, scripted, suback, suback_5

TOPIC = b"plant/1/order"


def arriving(mid: int, payload: bytes = b"x", head: int = 0x32, topic: bytes = TOPIC) -> bytes:
    """A PUBLISH to the client, QoS 1 unless the head says otherwise; in MQTT 5 the payload begins with the
    properties."""
    body = len(topic).to_bytes(2, "big") + topic + mid.to_bytes(2, "big") + payload
    return bytes([head, len(body)]) + body


def one(mid: bytes) -> bytes:
    return suback(mid, 1)


def one_5(mid: bytes) -> bytes:
    return suback_5(mid, 1)


def reader(make: MakePlant, port: int, version: str = "3.1.1", **settings: Any) -> MqttAdapter:
    return make(port, version=version, channels=CHANNELS, **settings).adapter


REFUSED: dict[str, tuple[str, Callable[[bytes], bytes], type[AdapterError], str]] = {
    "3.1.1-failure": ("3.1.1", lambda mid: b"\x90\x03" + mid + b"\x80", PermissionDenied, r"plant/\+/order"),
    "5-not-authorized": ("5", lambda mid: b"\x90\x04" + mid + b"\x00\x87", PermissionDenied, r"\(135\)"),
    "5-quota": ("5", lambda mid: b"\x90\x04" + mid + b"\x00\x97", PeerRejected, "Quota exceeded"),
    "5-no-wildcards": ("5", lambda mid: b"\x90\x04" + mid + b"\x00\xa2", PeerRejected, "Wildcard"),
    "no-code": ("5", lambda mid: b"\x90\x03" + mid + b"\x00", AdapterError, "says nothing"),
    "silence": ("3.1.1", lambda mid: b"", ConnectTimeout, "did not answer SUBSCRIBE"),
    "truncated": ("3.1.1", lambda mid: b"\x90\x01\x00", AdapterError, "MQTT"),
    "qos-2-arrives": (
        "3.1.1",
        lambda mid: one(mid) + arriving(1, head=0x34) + b"\x62\x02\x00\x01",
        ProtocolViolation,
        "QoS 2",
    ),
    "no-packet": ("3.1.1", lambda mid: one(mid) + b"\x32\x02\xff\xff", AdapterError, "MQTT"),
    "hangs-up": ("5", lambda mid: one_5(mid) + b"\xe0\x02\x8b\x00", ConnectionLost, "Server shutting down"),
}


@pytest.mark.parametrize(("version", "answer", "expected", "says"), REFUSED.values(), ids=REFUSED)
async def test_what_a_broker_says_to_subscribe(
    make: MakePlant, version: str, answer: Callable[[bytes], bytes], expected: type[AdapterError], says: str
) -> None:
    async with scripted(CONNACK[version], answer) as port:
        adapter = reader(make, port, version, connect_timeout_s=0.3)
        async with receiving(adapter) as deliveries:
            with pytest.raises(expected, match=says) as caught:
                await following(deliveries)
        if isinstance(caught.value, PeerRejected):
            assert caught.value.code in {"151", "162"}
            assert caught.value.transient == (caught.value.code == "151")


async def test_a_refused_log_in(make: MakePlant) -> None:
    async with scripted(b"\x20\x02\x00\x05") as port, receiving(reader(make, port)) as deliveries:
        with pytest.raises(AuthenticationFailed):
            await following(deliveries)


async def test_a_session_that_fills_the_window_before_the_answer_to_subscribe(
    make: MakePlant, version: str
) -> None:
    """The answer stands behind messages that cannot be read before others are acknowledged."""
    five = version == "5"
    early = b"".join(arriving(mid, b"\x00" * five + b"%d" % mid) for mid in range(1, 6))
    async with scripted(RESUMED[version] + early, one_5 if five else one) as port:
        adapter = reader(make, port, version, receive_window=2, connect_timeout_s=0.2)
        async with receiving(adapter) as deliveries:
            held = [await following(deliveries) for _ in range(2)]
            reception = adapter._receivers["orders"]._current
            assert reception is not None
            assert reception._subscribing is not None
            # Longer than connecting may take: nobody is listened to, so nobody is late.
            done, _ = await asyncio.wait({reception._subscribing}, timeout=0.5)
            assert not done
            for delivery in held:
                await delivery.ack()
            assert await take(deliveries, 3) == [b"3", b"4", b"5"]
            await until(lambda: adapter._receivers["orders"].past._granted)


async def test_a_topic_that_is_no_utf_8_is_dropped_and_counted(make: MakePlant) -> None:
    bad = arriving(1, topic=b"plant/\xff/order")
    async with scripted(CONNACK["3.1.1"], lambda mid: one(mid) + bad + arriving(2, b"good")) as port:
        adapter = reader(make, port)
        async with receiving(adapter) as deliveries:
            assert await take(deliveries, 1) == [b"good"]
        assert adapter._receivers["orders"].past.foreign == 1


async def test_a_weaker_grant_is_told_of(make: MakePlant) -> None:
    kept_a_minute = connack_5(b"\x11\x00\x00\x00\x3c")
    async with scripted(kept_a_minute, lambda mid: b"\x90\x04" + mid + b"\x00\x00") as port:
        adapter = reader(make, port, "5")
        async with receiving(adapter) as deliveries, waiting_for_first(deliveries):
            await until(lambda: adapter._receivers["orders"].past._granted)
        assert sorted(adapter.notes()) == [
            "channel orders: the broker grants QoS 0 only: at most once",
            "channel orders: the broker keeps the session for 60 s only",
        ]


async def test_a_broker_that_says_the_session_was_taken_over(
    make: MakePlant, caplog: pytest.LogCaptureFixture
) -> None:
    async with scripted(CONNACK["5"], lambda mid: one_5(mid) + b"\xe0\x02\x8e\x00") as port:
        adapter = reader(make, port, "5", client_id="twin")
        async with receiving(adapter) as deliveries:
            with pytest.raises(ConnectionLost, match="Session taken over"):
                await following(deliveries)
        assert "does another client use the client identifier twin-orders?" in caplog.text
