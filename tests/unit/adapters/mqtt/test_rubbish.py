"""A broker that breaks the protocol: each answer, byte by byte, and what the adapter makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from adapters.contract import Deadline
from adapters.errors import (
    AdapterError,
    AuthenticationFailed,
    ConnectFailed,
    ConnectTimeout,
    NotSent,
    OutcomeUnknown,
    PermissionDenied,
    ProtocolViolation,
)
from tests.unit.adapters.mqtt.conftest import Connect, MakePlant

CONNACK = b"\x20\x02\x00\x00"


def suback(mid: bytes, filters: int = 2) -> bytes:
    return bytes([0x90, 2 + filters]) + mid + b"\x01" * filters


@asynccontextmanager
async def scripted(
    connack: bytes,
    answer_subscribe: Callable[[bytes], bytes] = suback,
    answer_publish: Callable[[bytes], bytes] | None = None,
) -> AsyncIterator[int]:
    """A broker of few words: what it says to CONNECT, SUBSCRIBE and PUBLISH (each given the packet
    identifier). Yields its port."""

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


REFUSALS: dict[str, tuple[bytes, type[AdapterError]]] = {
    "unacceptable-version": (b"\x20\x02\x00\x01", AdapterError),
    "identifier-rejected": (b"\x20\x02\x00\x02", ConnectFailed),
    "server-unavailable": (b"\x20\x02\x00\x03", ConnectFailed),
    "bad-password": (b"\x20\x02\x00\x04", AuthenticationFailed),
    "not-authorized": (b"\x20\x02\x00\x05", AuthenticationFailed),
    "unknown-code": (b"\x20\x02\x00\x99", AdapterError),
    "http": (b"HTTP/1.1 400 Bad Request\r\n\r\n", AdapterError),
    "ssh": (b"SSH-2.0-OpenSSH_9.2\r\n", AdapterError),
    "zeros": (b"\x00" * 16, AdapterError),
    "ones": (b"\xff" * 16, AdapterError),
    "truncated-connack": (b"\x20\x00", AdapterError),
    "endless-length": (b"\x20\xff\xff\xff\xff\xff", AdapterError),
    "nothing": (b"", ConnectTimeout),
    "half-a-connack": (b"\x20\x02\x00", ConnectTimeout),
    "publish-before-connack": (b"\x30\x05\x00\x01a\x00\x00", ConnectTimeout),
}


@pytest.mark.parametrize(("connack", "expected"), REFUSALS.values(), ids=REFUSALS)
async def test_what_a_broker_says_to_connect(
    make: MakePlant, connack: bytes, expected: type[AdapterError]
) -> None:
    async with scripted(connack) as port:
        plant = make(port)
        with pytest.raises(expected):
            await plant.adapter.connect(Deadline.after(0.5))
        with pytest.raises((NotSent, AuthenticationFailed, ProtocolViolation)):
            await plant.publish("status", b"1", line="1")


async def test_a_refused_subscription_denies_reading_and_leaves_publishing(connect: Connect) -> None:
    async with scripted(
        CONNACK,
        lambda mid: bytes([0x90, 4]) + mid + b"\x01\x80",
        lambda mid: b"\x40\x02" + mid,
    ) as port:
        plant = await connect(port)
        await plant.publish("status", b"1", line="1")
        with pytest.raises(PermissionDenied, match=r"plant/\+/status"):
            await plant.last("status", line="1")
        with pytest.raises(PermissionDenied):
            await plant.watch("status", line="1")
        watch = await plant.watch("temperature", line="1", machine="m")
        await watch.events.aclose()


@pytest.mark.parametrize(
    "answer",
    [lambda mid: b"\x90\x03\xff\xff\x01", lambda mid: b"", lambda mid: b"\x90\x01\x00"],
    ids=["other-identifier", "silence", "truncated"],
)
async def test_a_bad_answer_to_subscribe(make: MakePlant, answer: Callable[[bytes], bytes]) -> None:
    async with scripted(CONNACK, answer) as port:
        with pytest.raises(AdapterError):
            await make(port).adapter.connect(Deadline.after(0.5))


PUBACKS: dict[str, Callable[[bytes], bytes]] = {
    "silence": lambda mid: b"",
    "other-identifier": lambda mid: b"\x40\x02\xff\xf0",
    "truncated": lambda mid: b"\x40\x01\x00",
    "reserved-packet": lambda mid: b"\xf0\x00",
    "pubcomp-without-pubrec-for-another": lambda mid: b"\x70\x02\xff\xf0",
    "publish-with-a-topic-that-is-not-utf-8": lambda mid: b"\x30\x05\x00\x02\xff\xfe1",
    "publish-with-a-length-beyond-the-packet": lambda mid: b"\x30\x04\xff\xffab",
    "connack-again": lambda mid: CONNACK,
}


@pytest.mark.parametrize("puback", PUBACKS.values(), ids=PUBACKS)
async def test_anything_but_the_acknowledgement_leaves_a_publish_unknown(
    connect: Connect, puback: Callable[[bytes], bytes]
) -> None:
    async with scripted(CONNACK, suback, puback) as port:
        plant = await connect(port)
        with pytest.raises(OutcomeUnknown):
            await plant.publish("status", b"1", deadline_s=0.5, line="1")


async def test_an_acknowledgement_sent_twice_is_taken_once(connect: Connect) -> None:
    async with scripted(CONNACK, suback, lambda mid: (b"\x40\x02" + mid) * 2) as port:
        plant = await connect(port)
        for _ in range(5):
            await plant.publish("status", b"1", line="1")
