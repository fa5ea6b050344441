"""A broker of few words, for what a real one does not say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

CONNACK = {"3.1.1": b"\x20\x02\x00\x00", "5": b"\x20\x03\x00\x00\x00"}
RESUMED = {"3.1.1": b"\x20\x02\x01\x00", "5": b"\x20\x03\x01\x00\x00"}


def suback(mid: bytes, filters: int = 2) -> bytes:
    """QoS 1 for each filter, in 3.1.1."""
    return bytes([0x90, 2 + filters]) + mid + b"\x01" * filters


def suback_5(mid: bytes, filters: int = 2) -> bytes:
    """QoS 1 for each filter, in MQTT 5."""
    return bytes([0x90, 3 + filters]) + mid + b"\x00" + b"\x01" * filters


def connack_5(properties: bytes, reason: int = 0) -> bytes:
    """A CONNACK of MQTT 5."""
    return bytes([0x20, 3 + len(properties), 0, reason, len(properties)]) + properties


@asynccontextmanager
async def scripted(
    connack: bytes,
    answer_subscribe: Callable[[bytes], bytes] = suback,
    answer_publish: Callable[[bytes], bytes] | None = None,
) -> AsyncIterator[int]:
    """What the broker says to CONNECT, SUBSCRIBE and PUBLISH, the latter two by packet identifier. Yields its
    port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readexactly(1))[0]
                body = await reader.readexactly(await _remaining(reader))
                kind = head >> 4
                if kind == 1:
                    writer.write(connack)
                elif kind == 8:
                    writer.write(answer_subscribe(body[:2]))
                elif kind == 3 and answer_publish is not None:
                    length = int.from_bytes(body[:2], "big")
                    writer.write(answer_publish(body[2 + length : 4 + length]))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _remaining(reader: asyncio.StreamReader) -> int:
    value = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value
