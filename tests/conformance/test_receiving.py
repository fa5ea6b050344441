"""What arrives: delivered whole, kept by its source until it is acknowledged, not delivered afterwards."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

from adapters.contract import Adapter, BytesShape, Capability, Deadline, Delivery, JsonShape
from adapters.errors import AdapterError
from adapters.registry import AdapterType
from tests.conformance.conftest import Connected, Make
from tests.conformance.kit import Arriving, Kit
from tests.faults.proxy import FaultProxy

ARRIVES_S = 20.0
_NUMBERS = itertools.count(1000)

BYTES = [
    pytest.param(b"\x00", id="nul"),
    pytest.param("Grüße, 世界".encode(), id="non-ascii"),
    pytest.param(bytes(range(256)), id="all-bytes"),
    pytest.param(b"0123456789abcdef" * 40_000, id="640-kb"),
]


@pytest.fixture
def arriving(kit: Kit, adapter_type: AdapterType) -> Arriving:
    if Capability.RECEIVES not in adapter_type.capabilities:
        assert kit.arriving is None
        pytest.skip("nothing arrives by this protocol")
    assert kit.arriving is not None
    return kit.arriving


@pytest.fixture
async def receiver(arriving: Arriving, connected: Connected) -> Adapter:
    """A connected adapter whose channel is empty: the source knows its reader, and whatever an earlier case
    left there is gone."""
    adapter = await connected(arriving.settings(None))
    await emptied(adapter, arriving)
    return adapter


@asynccontextmanager
async def receiving(adapter: Adapter, channel: str) -> AsyncIterator[AsyncGenerator[Delivery, None]]:
    async with aclosing(adapter.receive(channel, None)) as deliveries:
        yield deliveries


async def read(delivery: Delivery) -> bytes:
    async with aclosing(delivery.payload.chunks) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def following(deliveries: AsyncGenerator[Delivery, None], within_s: float = ARRIVES_S) -> Delivery:
    async with asyncio.timeout(within_s):
        return await anext(deliveries)


async def emptied(adapter: Adapter, arriving: Arriving) -> list[int]:
    """Acknowledge what is there until a number put last has come through; the numbers before it.

    What was put before the source knew its reader may be lost to it (a first subscription): so another number
    follows after a while.
    """
    mine: list[int] = []
    found: list[int] = []
    async with receiving(adapter, arriving.channel) as deliveries, asyncio.timeout(ARRIVES_S):
        while True:
            waiting = asyncio.ensure_future(anext(deliveries))
            while not waiting.done():
                if not mine or (await asyncio.wait({waiting}, timeout=2.0)) == (set(), {waiting}):
                    mine += await put(arriving)
            delivery = waiting.result()
            number = _number(arriving, await read(delivery))
            await delivery.ack()
            if number == mine[-1]:
                return found
            if number is not None and number not in mine:
                found.append(number)


def _number(arriving: Arriving, data: bytes) -> int | None:
    try:
        return arriving.number_of(data)
    except (ValueError, KeyError, TypeError):
        return None  # bytes of another case


async def put(arriving: Arriving, count: int = 1) -> list[int]:
    numbers = list(itertools.islice(_NUMBERS, count))
    for number in numbers:
        await asyncio.to_thread(arriving.put, number)
    return numbers


async def test_channels_are_described(arriving: Arriving, receiver: Adapter) -> None:
    channels = receiver.channels()
    names = [channel.name for channel in channels]
    assert arriving.channel in names
    assert len(names) == len(set(names))
    for channel in channels:
        assert channel.summary
        assert channel.window >= 1
        assert isinstance(channel.payload, JsonShape | BytesShape)
    assert [channel.name for channel in receiver.channels()] == names


async def test_what_is_acknowledged_does_not_come_again(
    arriving: Arriving, receiver: Adapter, connected: Connected
) -> None:
    (number,) = await put(arriving)
    async with receiving(receiver, arriving.channel) as deliveries:
        delivery = await following(deliveries)
        assert arriving.number_of(await read(delivery)) == number
        assert all(isinstance(text, str) for text in delivery.headers.values())
        await delivery.ack()
    await receiver.aclose()
    again = await connected(arriving.settings(None))
    assert number not in await emptied(again, arriving)


@pytest.mark.parametrize("taken", ["unread", "read"])
async def test_what_is_not_acknowledged_comes_again(
    arriving: Arriving, receiver: Adapter, connected: Connected, taken: str
) -> None:
    (number,) = await put(arriving)
    async with receiving(receiver, arriving.channel) as deliveries:
        delivery = await following(deliveries)
        if taken == "read":
            assert arriving.number_of(await read(delivery)) == number
        else:
            await delivery.payload.chunks.aclose()
    await receiver.aclose()
    again = await connected(arriving.settings(None))
    assert await emptied(again, arriving) == [number]


async def test_what_is_refused_comes_again(
    arriving: Arriving, receiver: Adapter, connected: Connected
) -> None:
    (number,) = await put(arriving)
    async with receiving(receiver, arriving.channel) as deliveries:
        delivery = await following(deliveries)
        await read(delivery)
        await delivery.nack("no room")
    await receiver.aclose()
    again = await connected(arriving.settings(None))
    assert await emptied(again, arriving) == [number]


async def test_arrivals_are_told_apart_and_recognised(
    arriving: Arriving, receiver: Adapter, connected: Connected
) -> None:
    """Two arrivals have two keys; the same one has its key again after the adapter was made anew."""
    await put(arriving, 2)
    async with receiving(receiver, arriving.channel) as deliveries:
        delivery = await following(deliveries)
        await read(delivery)
        first = delivery.source_key()
    await receiver.aclose()
    adapter = await connected(arriving.settings(None))
    seen: list[str | None] = []
    async with receiving(adapter, arriving.channel) as deliveries:
        for _ in range(2):
            delivery = await following(deliveries)
            await read(delivery)
            seen.append(delivery.source_key())
            await delivery.ack()
    assert seen[0] == first
    assert first is None or first != seen[1]
    assert all(key is None or 0 < len(key) <= 2000 for key in seen)


async def test_many_arrive_once_each_in_order(arriving: Arriving, receiver: Adapter) -> None:
    numbers = await put(arriving, 20)
    found = []
    async with receiving(receiver, arriving.channel) as deliveries:
        for _ in numbers:
            delivery = await following(deliveries)
            found.append(arriving.number_of(await read(delivery)))
            await delivery.ack()
    assert found == numbers


@pytest.mark.parametrize("data", BYTES)
async def test_bytes_arrive_as_they_are(arriving: Arriving, receiver: Adapter, data: bytes) -> None:
    if arriving.put_bytes is None:
        pytest.skip("what arrives is a row, not bytes")
    await asyncio.to_thread(arriving.put_bytes, data)
    async with receiving(receiver, arriving.channel) as deliveries:
        delivery = await following(deliveries)
        found = await read(delivery)
        while delivery.redelivered and _number(arriving, found) is not None:
            await delivery.ack()  # its source had not read the acknowledgement when this connection began
            delivery = await following(deliveries)
            found = await read(delivery)
        assert found == data
        await delivery.ack()


async def test_waiting_can_be_cancelled(arriving: Arriving, receiver: Adapter) -> None:
    async with receiving(receiver, arriving.channel) as deliveries:
        waiting = asyncio.ensure_future(anext(deliveries))
        await asyncio.wait({waiting}, timeout=0.2)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    numbers = await put(arriving)
    assert await emptied(receiver, arriving) == numbers


async def test_a_lost_connection_ends_the_waiting(
    arriving: Arriving, kit: Kit, make: Make, proxy: FaultProxy, receiver: Adapter
) -> None:
    """`receiver` has made the source know its reader."""
    await receiver.aclose()
    adapter = make(arriving.settings(proxy.port))
    await adapter.connect(Deadline.after(10))
    async with receiving(adapter, arriving.channel) as deliveries:
        waiting = asyncio.ensure_future(anext(deliveries))
        await asyncio.wait({waiting}, timeout=0.5)
        await proxy.refuse()
        proxy.reset()
        with pytest.raises(AdapterError):
            await asyncio.wait_for(waiting, ARRIVES_S)
    await proxy.accept()
    numbers = await put(arriving)
    await adapter.connect(Deadline.after(10))
    assert await emptied(adapter, arriving) == numbers


async def test_a_peer_that_is_killed_before_the_acknowledgement(
    arriving: Arriving, kit: Kit, receiver: Adapter, connected: Connected
) -> None:
    (number,) = await put(arriving)
    async with receiving(receiver, arriving.channel) as deliveries:
        delivery = await following(deliveries)
        await read(delivery)
        await asyncio.to_thread(kit.server.kill)
        try:
            async with asyncio.timeout(ARRIVES_S):
                with pytest.raises(AdapterError):
                    await delivery.ack()
        finally:
            await asyncio.to_thread(kit.server.start)
    await receiver.aclose()
    again = await connected(arriving.settings(None))
    found = await emptied(again, arriving)
    assert found == ([number] if arriving.restartable else [])
