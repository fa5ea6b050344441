"""Channels that flows read: the session that the broker keeps, and what a delivery says of a message."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from adapters.errors import AdapterError, ConnectionLost
from tests.peers.mosquitto import mosquitto
from tests.peers.process import ServerProcess
from tests.unit.adapters.mqtt.arriving import (
    Reader,
    following,
    notes,
    numbers,
    put,
    read,
    receiving,
    seen,
    subscribed,
    take,
    until,
    waiting_for_first,
)

# --- the session --------------------------------------------------------------------------------------


async def test_a_broker_that_stops_and_starts_again_keeps_the_session(
    tmp_path: Path, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    broker = mosquitto(tmp_path / "kept", persistent=True)
    broker.start()
    try:
        adapter = reader(broker.port)
        await subscribed(adapter, broker)
        put(broker, *numbers(0, 3))
        async with receiving(adapter) as deliveries:
            assert await take(deliveries, 1) == [b"0"]
            held = await following(deliveries)
            await asyncio.to_thread(broker.stop)
            with pytest.raises(AdapterError):
                await following(deliveries)
            with pytest.raises(ConnectionLost):
                await held.ack()
        with pytest.raises(AdapterError):
            await following(adapter.receive("orders", None))
        await asyncio.to_thread(broker.start)
        async with receiving(adapter) as deliveries:
            assert await take(deliveries, 2) == [b"1", b"2"]
        assert "may be missing" not in caplog.text
    finally:
        broker.stop()


async def test_a_broker_that_lost_the_session_is_told_of(
    own_broker: ServerProcess, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    adapter = reader()
    await subscribed(adapter, own_broker)
    async with receiving(adapter) as deliveries, waiting_for_first(deliveries) as first:
        await until(lambda: len(seen(own_broker, "Sending CONNACK to .*-orders")) == 2)
        await asyncio.to_thread(own_broker.kill)
        with pytest.raises(AdapterError):
            await first
    assert "may be missing" not in caplog.text
    await asyncio.to_thread(own_broker.start)
    await subscribed(adapter, own_broker)
    put(own_broker, b"afterwards")
    async with receiving(adapter) as deliveries:
        assert await take(deliveries, 1) == [b"afterwards"]
    assert "no longer had the session" in caplog.text
    assert "lost the session, 1 times" in notes(adapter)


@pytest.mark.parametrize("policy", ["receive", "ignore"])
async def test_retained_messages_come_with_a_new_subscription_only(
    own_broker: ServerProcess, reader: Reader, policy: str
) -> None:
    put(own_broker, b"kept", retain=True)
    adapter = reader(channel={"retained": policy})
    async with receiving(adapter) as deliveries, waiting_for_first(deliveries) as first:
        if policy == "receive":
            delivery = await first
            assert (await read(delivery), delivery.headers["mqtt.retain"]) == (b"kept", "true")
            await delivery.ack()
        else:
            await until(lambda: bool(seen(own_broker, "Sending SUBACK to .*-orders")))
            put(own_broker, b"live")
            assert await read(await first) == b"live"
            await first.result().ack()
    put(own_broker, b"while away", topic="plant/2/order", retain=True)
    async with receiving(adapter) as deliveries:
        put(own_broker, b"live")
        assert await take(deliveries, 2) == [b"while away", b"live"]
    restarted = reader(channel={"retained": policy})
    async with receiving(restarted) as deliveries, waiting_for_first(deliveries) as first:
        await until(lambda: restarted._receivers["orders"].past._granted)
        put(own_broker, b"live")
        assert await read(await first) == b"live"
        await first.result().ack()


async def test_messages_of_a_former_subscription_are_dropped_and_told_of(
    own_broker: ServerProcess, reader: Reader
) -> None:
    await subscribed(reader(channel={"topic": "plant/{line}/former"}), own_broker)
    adapter = reader()
    await subscribed(adapter, own_broker)
    put(own_broker, b"old", topic="plant/1/former")
    put(own_broker, b"new")
    async with receiving(adapter) as deliveries:
        assert await take(deliveries, 1) == [b"new"]
        await until(lambda: len(seen(own_broker, "Received PUBACK from .*-orders")) == 2)
    assert "1 messages of other topics were dropped" in notes(adapter)


async def test_a_second_client_of_the_same_identifier_is_told_of(
    own_broker: ServerProcess, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    """mosquitto 2.0 does not say so even with MQTT 5: it shows by connections that end again and again."""
    adapter = reader(client_id="twin")
    for _ in range(3):
        assert "another client" not in caplog.text
        before = len(seen(own_broker, "Sending CONNACK to twin-orders"))
        async with receiving(adapter) as deliveries, waiting_for_first(deliveries) as first:
            await until(lambda: len(seen(own_broker, "Sending CONNACK to twin-orders")) > before)  # noqa: B023
            other = aiomqtt.Client(
                "127.0.0.1", own_broker.port, identifier="twin-orders", clean_session=False
            )
            async with other:
                with pytest.raises(ConnectionLost):
                    await first
    assert "does another client use the client identifier twin-orders?" in caplog.text
    assert "another client" in notes(adapter)


async def test_closing_the_adapter_ends_the_waiting(own_broker: ServerProcess, reader: Reader) -> None:
    adapter = reader()
    async with receiving(adapter) as deliveries, waiting_for_first(deliveries) as first:
        await until(lambda: bool(seen(own_broker, "Sending SUBACK to .*-orders")))
        await adapter.aclose()
        with pytest.raises(AdapterError, match="was closed"):
            await first


# --- what is delivered --------------------------------------------------------------------------------


@pytest.mark.parametrize(("qos", "granted"), [(0, 0), (1, 1), (2, 1)])
async def test_the_quality_of_service(
    own_broker: ServerProcess, reader: Reader, qos: int, granted: int
) -> None:
    adapter = reader(channel={"qos": qos})
    (channel,) = adapter.channels()
    assert ("at most once" in channel.description, "at most once" in notes(adapter)) == (qos == 0, qos == 0)
    async with receiving(adapter) as deliveries, waiting_for_first(deliveries) as first:
        await until(lambda: bool(seen(own_broker, "Sending SUBACK to .*-orders")))
        put(own_broker, b"1", qos=2)
        delivery = await first
        assert delivery.headers["mqtt.qos"] == str(granted)
        await delivery.nack("no", for_good=True)
        put(own_broker, b"2", topic="plant/2/order")
        assert await take(deliveries, 1) == [b"2"]
    await until(lambda: len(seen(own_broker, "Received PUBACK from .*-orders")) == 2 * granted)


async def test_a_message_given_back_with_qos_0_is_lost_and_counted(
    own_broker: ServerProcess, reader: Reader
) -> None:
    adapter = reader(channel={"qos": 0})
    async with receiving(adapter) as deliveries, waiting_for_first(deliveries) as first:
        await until(lambda: bool(seen(own_broker, "Sending SUBACK to .*-orders")))
        put(own_broker, b"1", b"2")
        await (await first).nack("no room")
        assert await take(deliveries, 1) == [b"2"]
    assert "1 messages were acknowledged and not stored" in notes(adapter)


async def test_the_facts_of_a_delivery(own_broker: ServerProcess, reader: Reader) -> None:
    adapter = reader(channel={"topic": "plant/{line}/{topic}"})
    await subscribed(adapter, own_broker)
    put(own_broker, b"\x00\xff", topic="plant/Halle 7/order")
    async with receiving(adapter) as deliveries:
        delivery = await following(deliveries)
        assert delivery.headers == {
            "mqtt.topic": "plant/Halle 7/order",  # not the level of that name
            "mqtt.line": "Halle 7",
            "mqtt.qos": "1",
            "mqtt.retain": "false",
        }
        assert await read(delivery) == b"\x00\xff"
        assert (delivery.source_key(), delivery.cursor(), delivery.redelivered) == (None, None, False)
        await delivery.ack()


def published(broker: ServerProcess, given: dict[str, Any]) -> None:
    """Publish one message with properties of MQTT 5, and wait for its acknowledgement."""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    for name, value in given.items():
        setattr(properties, name, value)
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    client.publish("plant/1/order", b"1", 1, properties=properties).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


PROPERTIES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "all": (
        {
            "ContentType": "application/json",
            "ResponseTopic": "plant/answers",
            "CorrelationData": b"\x00\x01",
            "UserProperty": [("idempotency-key", "k-1"), ("trace", "a"), ("trace", "b")],
        },
        {
            "mqtt.content-type": "application/json",
            "mqtt.response-topic": "plant/answers",
            "mqtt.correlation-data": "AAE=",
            "mqtt.user.idempotency-key": "k-1",
            "mqtt.user.trace": "a, b",
        },
    ),
    "too-many": (
        {"UserProperty": [(f"n{number}", "x") for number in range(40)]},
        {f"mqtt.user.n{number}": "x" for number in range(32)} | {"mqtt.left-out": "8"},
    ),
    "too-long": (
        {"UserProperty": [("long", "x" * 2000), ("short", "y")], "CorrelationData": b"x" * 5000},
        {"mqtt.user.short": "y", "mqtt.left-out": "2"},
    ),
}


@pytest.mark.parametrize("version", ["5"], indirect=True)
@pytest.mark.parametrize(("given", "expected"), PROPERTIES.values(), ids=PROPERTIES)
async def test_properties_are_headers_within_bounds(
    own_broker: ServerProcess, reader: Reader, given: dict[str, Any], expected: dict[str, str]
) -> None:
    adapter = reader()
    await subscribed(adapter, own_broker)
    await asyncio.to_thread(published, own_broker, given)
    async with receiving(adapter) as deliveries:
        delivery = await following(deliveries)
        beside = {"mqtt.topic", "mqtt.qos", "mqtt.retain", "mqtt.line"}
        assert {name: text for name, text in delivery.headers.items() if name not in beside} == expected
        await delivery.ack()
