"""Channels that flows read: acknowledged one by one and in order, redelivered otherwise, bounded in hand."""

from __future__ import annotations

import asyncio
import gc
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import aiomqtt
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from adapters.errors import AdapterError, ConnectionLost, LimitExceeded
from adapters.mqtt.adapter import MqttAdapter
from tests.faults.proxy import FaultProxy
from tests.peers.mosquitto import mosquitto
from tests.peers.process import ServerProcess
from tests.unit.adapters.mqtt.arriving import (
    CHANNELS,
    following,
    numbers,
    packet_ids,
    put,
    read,
    receiving,
    seen,
    subscribed,
    take,
    until,
    waiting_for_first,
)
from tests.unit.adapters.mqtt.conftest import MakePlant

Reader: TypeAlias = Callable[..., MqttAdapter]
ENDLESS = ("max_inflight_messages 0", "max_queued_messages 0")
"""The broker neither waits for acknowledgements nor drops what a client has not fetched."""


@pytest.fixture
def reader(make: MakePlant, own_broker: ServerProcess, version: str) -> Reader:
    """Makes adapters whose channel `orders` is read; all have the same client identifier."""

    def reader(port: int = own_broker.port, channel: dict[str, Any] | None = None, **settings: Any) -> Any:
        channels = {"orders": {**CHANNELS["orders"], **(channel or {})}}
        return make(port, version=version, channels=channels, **settings).adapter

    return reader


def notes(adapter: MqttAdapter) -> str:
    return "\n".join(adapter.notes())


# --- acknowledging ------------------------------------------------------------------------------------


@pytest.fixture
def endless_broker(tmp_path: Path) -> Any:
    server = mosquitto(tmp_path / "endless", extra=ENDLESS)
    server.start()
    yield server
    server.stop()


async def test_what_a_killed_process_had_not_acknowledged_comes_again(
    endless_broker: ServerProcess, reader: Reader, version: str
) -> None:
    broker = endless_broker
    adapter = reader(broker.port, client_id="killed")
    await subscribed(adapter, broker)
    put(broker, *numbers(0, 100))
    program = Path(__file__).with_name("reader_process.py")
    child = subprocess.Popen(  # noqa: ASYNC220 (starting does not wait)
        [sys.executable, program, str(broker.port), version], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    try:
        # It has taken all, acknowledged five, and says so.
        assert await asyncio.to_thread(child.stdout.readline) == "acknowledged 5 of 100\n"
        await until(lambda: len(seen(broker, "Received PUBACK from killed-orders")) == 5)
    finally:
        child.send_signal(signal.SIGKILL)
        await asyncio.to_thread(child.wait)
        child.stdout.close()
    async with receiving(adapter) as deliveries:
        again = [await following(deliveries) for _ in range(95)]
        assert [await read(delivery) for delivery in again] == numbers(5, 100)
        assert all(delivery.redelivered for delivery in again)
        for delivery in again:
            await delivery.ack()
        put(broker, b"end")
        assert await take(deliveries, 1) == [b"end"]


async def test_acknowledgements_go_out_in_the_order_of_arrival(
    own_broker: ServerProcess, reader: Reader
) -> None:
    adapter = reader()
    await subscribed(adapter, own_broker)
    put(own_broker, *numbers(0, 4))
    async with receiving(adapter) as deliveries:
        first, second, third, fourth = [await following(deliveries) for _ in range(4)]
        sent = packet_ids(seen(own_broker, "Sending PUBLISH to .*-orders"))
        await third.ack()
        await fourth.ack()
        await second.ack()
        assert not seen(own_broker, "Received PUBACK from .*-orders")
        await first.ack()
        await until(lambda: len(seen(own_broker, "Received PUBACK from .*-orders")) == 4)
        assert packet_ids(seen(own_broker, "Received PUBACK from .*-orders")) == sent
        await first.ack()  # once more does nothing
        put(own_broker, b"next")
        assert await take(deliveries, 1) == [b"next"]


async def test_an_acknowledgement_of_a_former_connection_is_dropped(
    own_broker: ServerProcess, reader: Reader
) -> None:
    async with FaultProxy(own_broker.port) as proxy:
        adapter = reader(proxy.port)
        await subscribed(adapter, own_broker)
        put(own_broker, *numbers(0, 3))
        async with receiving(adapter) as deliveries:
            former = [await following(deliveries) for _ in range(2)]
            proxy.reset()
            with pytest.raises(AdapterError):
                await take(deliveries, 2)  # one of which may have come
        async with receiving(adapter) as deliveries:
            again = await following(deliveries)
            with pytest.raises(ConnectionLost, match="delivers it again"):
                await former[1].ack()
            with pytest.raises(ConnectionLost):
                await former[0].nack("no room")
            assert (await read(again), again.redelivered) == (b"0", True)
            assert not seen(own_broker, "Received PUBACK from .*-orders")
            await again.ack()
            assert await take(deliveries, 2) == numbers(1, 3)
        assert "may be missing" not in notes(adapter)


async def test_one_given_back_comes_again_and_those_before_it_do_not(
    own_broker: ServerProcess, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    adapter = reader()
    await subscribed(adapter, own_broker)
    put(own_broker, *numbers(0, 3))
    async with receiving(adapter) as deliveries:
        first, second, third = [await following(deliveries) for _ in range(3)]
        await second.nack("no room")
        await first.ack()
        with pytest.raises(ConnectionLost, match="given back"):
            await following(deliveries)
        with pytest.raises(ConnectionLost):
            await third.ack()
    async with receiving(adapter) as deliveries:
        assert await take(deliveries, 2) == [b"1", b"2"]
    assert "another client" not in caplog.text


async def test_one_refused_for_good_is_acknowledged_counted_and_logged(
    own_broker: ServerProcess, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    adapter = reader()
    await subscribed(adapter, own_broker)
    put(own_broker, b"secret-payload", b"good")
    async with receiving(adapter) as deliveries:
        await (await following(deliveries)).nack("it cannot be read", for_good=True)
        assert await take(deliveries, 1) == [b"good"]
        await until(lambda: len(seen(own_broker, "Received PUBACK from .*-orders")) == 2)
    assert "it cannot be read" in caplog.text
    assert "secret-payload" not in caplog.text
    assert "1 messages were acknowledged and not stored" in notes(adapter)


async def test_one_too_large(own_broker: ServerProcess, reader: Reader, version: str) -> None:
    """A broker of MQTT 5 keeps it back; one of 3.1.1 sends it, and reading it says what it is."""
    adapter = reader(max_received_bytes=10_000)
    await subscribed(adapter, own_broker)
    put(own_broker, b"x" * 10_000, b"x" * 100_000, b"small")
    async with receiving(adapter) as deliveries:
        assert await take(deliveries, 1) == [b"x" * 10_000]
        if version == "3.1.1":
            large = await following(deliveries)
            assert (large.payload.size, large.headers["mqtt.line"]) == (100_000, "1")
            with pytest.raises(LimitExceeded, match="max_received_bytes"):
                await read(large)
            await large.nack("too large", for_good=True)
        assert await take(deliveries, 1) == [b"small"]


# --- bounded in hand ----------------------------------------------------------------------------------

FLOOD, SIZE, WINDOW = 5000, 4096, 50


async def test_a_flood_waits_at_the_broker_while_nothing_is_acknowledged(
    endless_broker: ServerProcess, reader: Reader, version: str
) -> None:
    broker = endless_broker
    adapter = reader(broker.port, receive_window=WINDOW, keepalive_s=1)
    await subscribed(adapter, broker)
    messages = [b"%07d" % number + b"x" * (SIZE - 7) for number in range(FLOOD)]
    put(broker, *messages)
    gc.collect()
    tracemalloc.start()
    try:
        async with receiving(adapter) as deliveries:
            held = [await following(deliveries) for _ in range(WINDOW)]
            reception = adapter._receivers["orders"]._current
            assert reception is not None
            assert reception.link.paused
            async with waiting_for_first(deliveries) as more:
                # Longer than twice the keepalive: the connection is kept up though nothing is read.
                ping = "Received PINGREQ from .*-orders"
                before = len(seen(broker, ping))
                await until(lambda: len(seen(broker, ping)) >= before + 3, every_s=0.2)
                assert not more.done()
                assert len(reception._in_hand) == WINDOW
                assert tracemalloc.get_traced_memory()[0] < (WINDOW + 100) * SIZE
                tracemalloc.stop()  # it slows down
                if version == "5":
                    assert len(seen(broker, "Sending PUBLISH to .*-orders")) == WINDOW
                for delivery in held[:-1]:
                    await delivery.ack()
                assert await read(await more) == messages[WINDOW]
                await held[-1].ack()
                await more.result().ack()
            assert await take(deliveries, FLOOD - WINDOW - 1) == messages[WINDOW + 1 :]
            put(broker, b"end")
            assert await take(deliveries, 1) == [b"end"]
    finally:
        tracemalloc.stop()
    assert len(seen(broker, "Sending CONNACK to .*-orders")) == 2  # one to subscribe, one for all of this


async def test_the_window_is_bounded_in_bytes_too(own_broker: ServerProcess, reader: Reader) -> None:
    adapter = reader(receive_window_bytes=2500)
    await subscribed(adapter, own_broker)
    put(own_broker, *(b"%04d" % number * 250 for number in range(6)))
    async with receiving(adapter) as deliveries:
        held = [await following(deliveries) for _ in range(3)]  # the third goes beyond it
        async with waiting_for_first(deliveries) as more:
            reception = adapter._receivers["orders"]._current
            assert reception is not None
            assert reception.link.paused
            assert not more.done()
            await held[0].ack()
            assert (await read(await more))[:4] == b"0003"
            for delivery in (*held[1:], more.result()):
                await delivery.ack()
        assert len(await take(deliveries, 2)) == 2


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
