"""Channels that flows read: acknowledged one by one and in order, redelivered otherwise, bounded in hand."""

from __future__ import annotations

import asyncio
import gc
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from adapters.errors import AdapterError, ConnectionLost, LimitExceeded
from tests.faults.proxy import FaultProxy
from tests.peers.mosquitto import mosquitto
from tests.peers.process import ServerProcess
from tests.unit.adapters.mqtt.arriving import (
    Reader,
    following,
    notes,
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

ENDLESS = ("max_inflight_messages 0", "max_queued_messages 0")
"""The broker neither waits for acknowledgements nor drops what a client has not fetched."""


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


async def test_of_one_too_large_little_is_kept(
    own_broker: ServerProcess, reader: Reader, version: str
) -> None:
    adapter = reader(max_received_bytes=10_000)
    await subscribed(adapter, own_broker)
    size = 50 * 2**20
    put(own_broker, b"x" * size, b"small", b"y" * size, b"last")
    gc.collect()
    tracemalloc.start()
    try:
        async with receiving(adapter) as deliveries:
            for after in (b"small", b"last"):
                if version == "3.1.1":
                    large = await following(deliveries)
                    assert large.payload.size == size
                    with pytest.raises(LimitExceeded, match=f"has {size} bytes"):
                        await read(large)
                    await large.nack("too large", for_good=True)
                assert await take(deliveries, 1) == [after]
        assert tracemalloc.get_traced_memory()[1] < size / 10
    finally:
        tracemalloc.stop()


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
