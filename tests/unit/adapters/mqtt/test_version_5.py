"""What MQTT 5 adds to publishing: refusals with reasons, limits, user properties."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import aiomqtt
import pytest

from adapters.contract import ByteBody, Deadline, Request, ValueReply
from adapters.errors import (
    AdapterError,
    AuthenticationFailed,
    Blame,
    ConnectFailed,
    NotSent,
    OutcomeUnknown,
    PeerRejected,
    PermissionDenied,
    PoolTimeout,
)
from tests.peers.mosquitto import mosquitto
from tests.peers.process import ServerProcess
from tests.unit.adapters.mqtt.conftest import Connect, MakePlant, chunks
from tests.unit.adapters.mqtt.scripted import connack_5, scripted, suback_5

CHANNELS = {
    f"{name}{qos}": {"topic": f"{name}/{{line}}", "qos": qos, "direction": "publish"}
    for name in ("open", "closed")
    for qos in (0, 1, 2)
} | {"kept": {"topic": "kept/{line}", "retain": True}}
PUBLISHED = {
    "open": {"topic": "open/{line}", "qos": 1, "direction": "publish"},
    "exact": {"topic": "exact/{line}", "qos": 2, "direction": "publish"},
    "kept": {"topic": "kept/{line}", "qos": 0, "retain": True, "direction": "publish"},
}


@pytest.fixture
def strict(tmp_path: Path) -> ServerProcess:
    """A broker with an access list and limits."""
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite open/#\ntopic readwrite kept/#\n")
    return mosquitto(
        tmp_path / "strict",
        extra=(f"acl_file {acl}", "retain_available false", "max_packet_size 2000"),
    )


async def test_a_broker_says_why_it_refuses(strict: ServerProcess, connect: Connect) -> None:
    strict.start()
    try:
        plant = await connect(strict.port, version="5", channels=CHANNELS)
        for qos in (1, 2):
            with pytest.raises(PermissionDenied, match=r"Not authorized \(135\)"):
                await plant.publish(f"closed{qos}", b"1", line="1")
            await plant.publish(f"open{qos}", b"1", line="1")  # and the connection is as good as before
        with pytest.raises(PeerRejected) as too_large:
            await plant.publish("open1", b"x" * 2000, line="1")
        assert (too_large.value.code, too_large.value.blame) == ("149", Blame.CALLER)
        with pytest.raises(PeerRejected, match="keeps no retained") as retained:
            await plant.publish("kept", b"1", line="1")
        assert (retained.value.code, retained.value.blame) == ("154", Blame.PEER)
        await plant.publish("open1", b"x" * 1900, line="1")
    finally:
        strict.stop()


async def test_user_properties_and_content_type(connect: Connect, broker: ServerProcess) -> None:
    plant = await connect(broker.port, system="properties", version="5")
    async with aiomqtt.Client("127.0.0.1", broker.port, protocol=aiomqtt.ProtocolVersion.V5) as other:
        await other.subscribe("plant/properties/status")
        request = Request(
            parameters={"line": "properties"},
            body=ByteBody(chunks=chunks(b"1"), content_type="application/json"),
            correlation_id="c-1",
            idempotency_key="message:0/ledger",
        )
        reply = await plant.adapter.call("status.publish", request, Deadline.after(10))
        assert isinstance(reply, ValueReply)
        async with asyncio.timeout(10):
            properties = (await anext(other.messages)).properties
    assert vars(properties)["UserProperty"] == [
        ("correlation-id", "c-1"),
        ("idempotency-key", "message:0/ledger"),
    ]
    assert vars(properties)["ContentType"] == "application/json"


async def test_a_message_that_nobody_subscribes_to(connect: Connect, broker: ServerProcess) -> None:
    channels = {"lonely": {"topic": "nobody/{line}", "direction": "publish"}}
    plant = await connect(broker.port, system="lonely", version="5", channels=channels)
    request = Request(parameters={"line": "1"}, body=ByteBody(chunks=chunks(b"1"), content_type=""))
    reply = await plant.adapter.call("lonely.publish", request, Deadline.after(10))
    assert reply.headers["mqtt.reason-code"] == "16"


REFUSALS: dict[str, tuple[bytes, type[AdapterError], str]] = {
    "bad-password": (connack_5(b"", 134), AuthenticationFailed, "refuses the log-in"),
    "not-authorized": (connack_5(b"", 135), AuthenticationFailed, "Not authorized"),
    "authentication-method": (connack_5(b"", 140), AuthenticationFailed, "method"),
    "banned": (connack_5(b"", 138), PermissionDenied, "Banned"),
    "busy": (connack_5(b"", 137), ConnectFailed, "Server busy"),
    "moved": (connack_5(b"", 157), ConnectFailed, "Server moved"),
    "version": (connack_5(b"", 132), ConnectFailed, "set version"),
    "an-old-broker": (b"\x20\x02\x00\x01", ConnectFailed, "set version"),
    "unknown-code": (connack_5(b"", 255), AdapterError, "MQTT"),
    "properties-cut-off": (b"\x20\x04\x00\x00\x05\x21", AdapterError, "MQTT"),
    "unknown-property": (connack_5(b"\x7f\x00"), AdapterError, "MQTT"),
}


@pytest.mark.parametrize(("connack", "expected", "says"), REFUSALS.values(), ids=REFUSALS)
async def test_what_a_broker_says_to_connect(
    make: MakePlant, connack: bytes, expected: type[AdapterError], says: str
) -> None:
    async with scripted(connack) as port:
        with pytest.raises(expected, match=says):
            await make(port, version="5").adapter.connect(Deadline.after(2))


ANSWERS: dict[str, tuple[str, Callable[[bytes], bytes], type[AdapterError], str]] = {
    "unspecified": ("open", lambda mid: b"\x40\x03" + mid + b"\x80", PeerRejected, "128"),
    "implementation": ("open", lambda mid: b"\x40\x04" + mid + b"\x83\x00", PeerRejected, "131"),
    "topic": ("open", lambda mid: b"\x40\x03" + mid + b"\x90", PeerRejected, "144"),
    "quota": ("open", lambda mid: b"\x40\x03" + mid + b"\x97", PeerRejected, "151"),
    "payload-format": ("open", lambda mid: b"\x40\x03" + mid + b"\x99", PeerRejected, "153"),
    "not-authorized": ("open", lambda mid: b"\x40\x03" + mid + b"\x87", PermissionDenied, ""),
    "unknown-code": ("open", lambda mid: b"\x40\x03" + mid + b"\xf0", OutcomeUnknown, ""),
    "pubrec-quota": ("exact", lambda mid: b"\x50\x03" + mid + b"\x97", PeerRejected, "151"),
    "pubrec-of-nobody": ("exact", lambda mid: b"\x50\x03\xff\xf0\x97", OutcomeUnknown, ""),
    "pubrec-unknown-code": ("exact", lambda mid: b"\x50\x03" + mid + b"\xf0", OutcomeUnknown, ""),
    "pubcomp-lost-track": (
        "exact",
        lambda mid: b"\x50\x02" + mid + b"\x70\x03" + mid + b"\x92",
        OutcomeUnknown,
        "",
    ),
}


@pytest.mark.parametrize(("channel", "answer", "expected", "code"), ANSWERS.values(), ids=ANSWERS)
async def test_reason_codes_are_kept(
    connect: Connect,
    channel: str,
    answer: Callable[[bytes], bytes],
    expected: type[AdapterError],
    code: str,
) -> None:
    async with scripted(connack_5(b""), suback_5, answer) as port:
        plant = await connect(port, version="5", channels=PUBLISHED)
        with pytest.raises(expected) as caught:
            await plant.publish(channel, b"1", deadline_s=0.5, line="1")
        if isinstance(caught.value, PeerRejected):
            assert caught.value.code == code
            assert caught.value.transient == (code == "151")
            assert (caught.value.blame is Blame.CALLER) == (code in {"144", "153"})


LIMITS: dict[str, tuple[bytes, str, str]] = {
    "maximum-qos": (b"\x24\x01", "exact", "155"),
    "no-retain": (b"\x25\x00", "kept", "154"),
    "maximum-packet-size": (b"\x27\x00\x00\x00\x0a", "open", "149"),
}


@pytest.mark.parametrize(("properties", "channel", "code"), LIMITS.values(), ids=LIMITS)
async def test_what_the_broker_said_it_does_not_take_is_not_sent(
    connect: Connect, properties: bytes, channel: str, code: str
) -> None:
    sent: list[bytes] = []

    def answer(mid: bytes) -> bytes:
        sent.append(mid)
        return b""

    async with scripted(connack_5(properties), suback_5, answer) as port:
        plant = await connect(port, version="5", channels=PUBLISHED)
        with pytest.raises(PeerRejected) as caught:
            await plant.publish(channel, b"1", deadline_s=5, line="1")
        assert caught.value.code == code
        assert not sent


async def test_no_more_are_under_way_than_the_broker_takes(connect: Connect) -> None:
    """Receive Maximum 2: the third is not sent before one of the others is acknowledged."""
    sent: list[bytes] = []

    def answer(mid: bytes) -> bytes:
        """Acknowledge nothing but, with the second, the first."""
        sent.append(mid)
        return b"\x40\x02" + sent[0] if len(sent) == 2 else b""

    async with scripted(connack_5(b"\x21\x00\x02"), suback_5, answer) as port:
        plant = await connect(port, version="5", channels=PUBLISHED)
        first = asyncio.create_task(plant.publish("open", b"1", deadline_s=5, line="1"))
        second = asyncio.create_task(plant.publish("open", b"2", deadline_s=1, line="1"))
        await first
        third = asyncio.create_task(plant.publish("open", b"3", deadline_s=1, line="1"))
        with pytest.raises(OutcomeUnknown):
            await second
        with pytest.raises(OutcomeUnknown):  # it had the place of the first
            await third
        with pytest.raises(PoolTimeout, match="2 messages at a time"):
            await plant.publish("open", b"4", deadline_s=0.3, line="1")
        waiting = asyncio.create_task(plant.publish("open", b"5", deadline_s=5, line="1"))
        await asyncio.sleep(0)
        await plant.adapter.aclose()
        with pytest.raises(NotSent):
            await waiting
        assert len(sent) == 3
