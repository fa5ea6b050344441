"""A broker that breaks the protocol: each answer, byte by byte, and what the adapter makes of it."""

from __future__ import annotations

from collections.abc import Callable

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
from tests.unit.adapters.mqtt.scripted import CONNACK as CONNACKS
from tests.unit.adapters.mqtt.scripted import scripted, suback

CONNACK = CONNACKS["3.1.1"]

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
