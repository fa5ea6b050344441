"""What tests of receiving share: an adapter that reads one channel, messages put there, the broker's log."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any, TypeAlias

from paho.mqtt import publish

from adapters.contract import Delivery
from adapters.mqtt.adapter import MqttAdapter
from tests.peers.process import ServerProcess

ARRIVES_S = 20.0
Reader: TypeAlias = Callable[..., MqttAdapter]
CHANNELS: dict[str, Any] = {"orders": {"topic": "plant/{line}/order"}}


def put(broker: ServerProcess, *payloads: bytes, topic: str = "plant/1/order", **options: Any) -> None:
    """Publish these with QoS 1, in order; returns when the broker has confirmed them."""
    messages: Any = [{"topic": topic, "payload": payload, "qos": 1, **options} for payload in payloads]
    publish.multiple(messages, hostname="127.0.0.1", port=broker.port)


def numbers(first: int, beyond: int) -> list[bytes]:
    """Payloads that can be told apart."""
    return [b"%d" % number for number in range(first, beyond)]


async def read(delivery: Delivery) -> bytes:
    """The payload, whole."""
    async with aclosing(delivery.payload.chunks) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def following(deliveries: AsyncGenerator[Delivery, None]) -> Delivery:
    """The next delivery."""
    async with asyncio.timeout(ARRIVES_S):
        return await anext(deliveries)


async def take(deliveries: AsyncGenerator[Delivery, None], count: int) -> list[bytes]:
    """The next payloads, each acknowledged."""
    found = []
    for _ in range(count):
        delivery = await following(deliveries)
        found.append(await read(delivery))
        await delivery.ack()
    return found


def receiving(adapter: MqttAdapter, channel: str = "orders") -> aclosing[AsyncGenerator[Delivery, None]]:
    """The deliveries of a channel, closed at the end."""
    return aclosing(adapter.receive(channel, None))


@asynccontextmanager
async def waiting_for_first(
    deliveries: AsyncGenerator[Delivery, None],
) -> AsyncIterator[asyncio.Future[Delivery]]:
    """Ask for the first delivery, which makes the connection, and go on meanwhile."""
    first = asyncio.ensure_future(anext(deliveries))
    try:
        yield first
    finally:
        first.cancel()
        await asyncio.wait({first})


async def subscribed(adapter: MqttAdapter, broker: ServerProcess, channel: str = "orders") -> None:
    """Have the broker keep a session for the channel, and leave."""
    before = len(seen(broker, "Sending SUBACK"))
    async with receiving(adapter, channel) as deliveries, waiting_for_first(deliveries):
        await until(lambda: len(seen(broker, "Sending SUBACK")) > before)
        await until(lambda: adapter._receivers[channel].past._granted)


async def until(condition: Callable[[], bool], every_s: float = 0.01) -> None:
    """Wait until the condition holds. Raises: TimeoutError."""
    async with asyncio.timeout(ARRIVES_S):
        while not condition():
            await asyncio.sleep(every_s)


def seen(broker: ServerProcess, text: str) -> list[str]:
    """The lines of the broker's log that hold this text, a regular expression."""
    return [line for line in broker.log.read_text().splitlines() if re.search(text, line)]


def packet_ids(lines: list[str]) -> list[int]:
    """The packet identifiers in lines of the broker's log, in order."""
    found = [re.search(r"(?:Mid: |, m)(\d+)", line) for line in lines]
    return [int(each.group(1)) for each in found if each is not None]


def notes(adapter: MqttAdapter) -> str:
    """The adapter's notes, a line each."""
    return "\n".join(adapter.notes())
