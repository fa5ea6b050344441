"""The fault proxy does what its names say: every later fault test stands on it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from tests.faults.proxy import Direction, FaultProxy
from tests.peers.process import free_port


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """A server that sends back what it gets, and FIN after FIN."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(65_536):
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


@pytest.fixture
async def proxy(echo: int) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(echo) as proxy:
        yield proxy


class Client:
    """A plain TCP client through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def echoed(self, data: bytes) -> bytes:
        await self.send(data)
        return await asyncio.wait_for(self.reader.readexactly(len(data)), 5)


@pytest.fixture
async def client(proxy: FaultProxy) -> AsyncIterator[Client]:
    client = Client(*await asyncio.open_connection("127.0.0.1", proxy.port))
    yield client
    client.writer.transport.abort()
    with contextlib.suppress(OSError):
        await client.writer.wait_closed()


async def test_forwards_everything_both_ways_and_counts(proxy: FaultProxy, client: Client) -> None:
    data = bytes(range(256)) * 4096
    await asyncio.gather(client.send(data), _expect(client, data))
    assert proxy.bytes(Direction.TO_SERVER) == proxy.bytes(Direction.TO_CLIENT) == len(data)
    assert (proxy.connections, proxy.live) == (1, 1)


async def _expect(client: Client, data: bytes) -> None:
    assert await asyncio.wait_for(client.reader.readexactly(len(data)), 5) == data


async def test_latency_delays_each_way(proxy: FaultProxy, client: Client) -> None:
    proxy.latency_s = 0.1
    started = time.monotonic()
    assert await client.echoed(b"slow") == b"slow"
    assert time.monotonic() - started >= 0.2


async def test_throttle_limits_the_rate(proxy: FaultProxy, client: Client) -> None:
    proxy.bytes_per_s = 10_000
    started = time.monotonic()
    assert await client.echoed(b"x" * 2000) == b"x" * 2000
    assert time.monotonic() - started >= 0.2


async def test_silence_holds_open_connections_and_restore_lets_go(proxy: FaultProxy, client: Client) -> None:
    await client.echoed(b"before")
    proxy.silence()
    await client.send(b"held")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.reader.read(1), 0.1)
    proxy.restore()
    assert await asyncio.wait_for(client.reader.readexactly(4), 5) == b"held"


async def test_silence_accepts_new_connections_and_says_nothing(proxy: FaultProxy) -> None:
    proxy.silence()
    client = Client(*await asyncio.open_connection("127.0.0.1", proxy.port))
    await client.send(b"hello")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.reader.read(1), 0.1)
    proxy.restore()
    assert await asyncio.wait_for(client.reader.readexactly(5), 5) == b"hello"
    client.writer.close()
    await client.writer.wait_closed()


async def test_silence_stops_reading_so_that_the_sender_stalls(proxy: FaultProxy, client: Client) -> None:
    await client.echoed(b"before")
    proxy.silence()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.send(b"x" * 64_000_000), 0.3)


async def test_cut_passes_exactly_so_many_bytes_then_resets(proxy: FaultProxy, client: Client) -> None:
    proxy.cut_after(10, Direction.TO_SERVER)
    await client.send(b"0123456789abcdef")
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(client.reader.readexactly(11), 5)
    assert proxy.bytes(Direction.TO_SERVER) == 10


async def test_cut_of_the_answer(proxy: FaultProxy, client: Client) -> None:
    proxy.cut_after(3, Direction.TO_CLIENT)
    await client.send(b"0123456789")
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(client.reader.readexactly(10), 5)
    assert proxy.bytes(Direction.TO_SERVER) == 10
    assert proxy.bytes(Direction.TO_CLIENT) == 3


async def test_flip_alters_one_byte_only_once(proxy: FaultProxy, client: Client) -> None:
    await client.echoed(b"zero")
    proxy.flip(2, Direction.TO_CLIENT)
    assert await client.echoed(b"\x00\x00\x00\x00") == b"\x00\x00\xff\x00"
    assert await client.echoed(b"\x00\x00\x00\x00") == b"\x00\x00\x00\x00"


async def test_garble_alters_until_restored(proxy: FaultProxy, client: Client) -> None:
    await client.echoed(b"before")
    proxy.garble(3, Direction.TO_CLIENT)
    for _ in range(3):
        assert await client.echoed(b"\x00" * 5) == b"\xff\x00\x00\xff\x00"
    proxy.restore()
    assert await client.echoed(b"\x00" * 5) == b"\x00" * 5


async def test_reset_is_seen_as_a_reset(proxy: FaultProxy, client: Client) -> None:
    await client.echoed(b"before")
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(client.reader.read(1), 5)


async def test_half_close_ends_one_direction_only(proxy: FaultProxy, client: Client) -> None:
    await client.echoed(b"before")
    proxy.half_close(Direction.TO_CLIENT)
    assert await asyncio.wait_for(client.reader.read(), 5) == b""
    await client.send(b"still goes out")
    await proxy.until(lambda: proxy.bytes(Direction.TO_SERVER) == len(b"beforestill goes out"))


async def test_the_clients_fin_is_passed_on(client: Client) -> None:
    await client.send(b"all")
    client.writer.write_eof()
    assert await asyncio.wait_for(client.reader.read(), 5) == b"all"


async def test_refuse_and_accept_again_on_the_same_port(proxy: FaultProxy, client: Client) -> None:
    await client.echoed(b"before")
    port = proxy.port
    await proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    assert await client.echoed(b"lives on") == b"lives on"
    await proxy.accept()
    again = Client(*await asyncio.open_connection("127.0.0.1", port))
    assert await again.echoed(b"after") == b"after"
    again.writer.close()
    await again.writer.wait_closed()


async def test_a_dead_server_is_seen_as_a_reset(unused_port: int) -> None:
    async with FaultProxy(unused_port) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(1), 5)
        writer.close()


@pytest.fixture
def unused_port() -> int:
    return free_port()


async def test_leaving_closes_what_is_open(echo: int) -> None:
    async with FaultProxy(echo) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"open")
        assert await asyncio.wait_for(reader.readexactly(4), 5) == b"open"
    assert proxy.live == 0
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(reader.read(10), 5)
    writer.close()
