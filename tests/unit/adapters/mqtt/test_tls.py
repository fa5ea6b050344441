"""mqtts://: the broker's certificate and name are verified, or nothing is sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from adapters.contract import Deadline
from adapters.errors import AdapterError, ConnectFailed, ConnectTimeout
from certs import Authority
from tests.faults.proxy import FaultProxy
from tests.peers.mosquitto import mosquitto
from tests.peers.process import ServerProcess
from tests.unit.adapters.mqtt.arriving import read, receiving, take, until, waiting_for_first
from tests.unit.adapters.mqtt.conftest import Connect, MakePlant

TLS = {"orders": {"topic": "tls/{line}", "direction": "publish"}}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("authority") / "ca")


@pytest.fixture(scope="module")
def encrypted(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A broker that speaks TLS, its certificate for 127.0.0.1 only."""
    issued = authority.issue(["127.0.0.1"])
    server = mosquitto(tmp_path_factory.mktemp("encrypted"), tls=(issued.certificate, issued.key))
    server.start()
    yield server
    server.stop()


def secure(port: int, ca: Path | None, host: str = "127.0.0.1") -> dict[str, object]:
    return {"broker": f"mqtts://{host}:{port}", "tls": {"ca": str(ca)} if ca else {}}


async def test_publish_and_watch_through_tls(
    connect: Connect, encrypted: ServerProcess, authority: Authority
) -> None:
    plant = await connect(0, **secure(encrypted.port, authority.certificate_path))
    watch = await plant.watch("status", line="1")
    async with aclosing(watch.events), asyncio.timeout(10):
        for payload in (b"1", bytes(range(256)) * 4096, b"2"):
            await plant.publish("status", payload, line="1")
            assert (await anext(watch.events)).data == payload
        count = 300
        await asyncio.gather(*(plant.publish("status", b"%d" % n, line="1") for n in range(count)))
        assert [int((await anext(watch.events)).data) for _ in range(count)] == list(range(count))


async def test_receiving_through_tls_with_a_small_window(
    make: MakePlant, encrypted: ServerProcess, authority: Authority
) -> None:
    """Reading stops and goes on in the middle of what TLS has decrypted."""
    adapter = make(
        0,
        **secure(encrypted.port, authority.certificate_path),
        receive_window=2,
        channels={"orders": {"topic": "tls/{line}", "qos": 0}},
    ).adapter
    sender = make(0, **secure(encrypted.port, authority.certificate_path), system="sender", channels=TLS)
    await sender.adapter.connect(Deadline.after(10))
    async with receiving(adapter) as deliveries, waiting_for_first(deliveries) as first:
        await until(lambda: adapter._receivers["orders"].past._granted)
        payloads = [b"%d" % number * 2000 for number in range(100)]
        for payload in payloads:
            await sender.publish("orders", payload, line="1")
        found = [await read(await first)]
        await first.result().ack()
        assert found + await take(deliveries, 99) == payloads


async def test_an_unknown_authority_is_refused(
    make: MakePlant, encrypted: ServerProcess, tmp_path: Path
) -> None:
    other = Authority.create(tmp_path / "other")
    for ca in (other.certificate_path, None):
        plant = make(0, **secure(encrypted.port, ca))
        with pytest.raises(ConnectFailed, match=r"certificate of the MQTT broker .* is refused"):
            await plant.adapter.connect(Deadline.after(10))
        found = await plant.adapter.probe(Deadline.after(10))
        assert found.authenticated is None
        assert "is refused" in found.detail


async def test_another_name_is_refused(
    make: MakePlant, encrypted: ServerProcess, authority: Authority
) -> None:
    plant = make(0, **secure(encrypted.port, authority.certificate_path, "localhost"))
    with pytest.raises(ConnectFailed, match=r"(?i)hostname mismatch"):
        await plant.adapter.connect(Deadline.after(10))


async def test_plaintext_and_tls_do_not_meet(
    make: MakePlant, encrypted: ServerProcess, broker: ServerProcess, authority: Authority
) -> None:
    to_plain = make(0, **secure(broker.port, authority.certificate_path))
    to_tls = make(encrypted.port)
    for plant in (to_plain, to_tls):
        with pytest.raises(AdapterError):
            await plant.adapter.connect(Deadline.after(2))


async def test_a_silent_handshake_ends_with_the_deadline(
    make: MakePlant, encrypted: ServerProcess, authority: Authority
) -> None:
    async with FaultProxy(encrypted.port) as proxy:
        proxy.silence()
        plant = make(0, **secure(proxy.port, authority.certificate_path))
        started = time.monotonic()
        with pytest.raises(ConnectTimeout):
            await plant.adapter.connect(Deadline.after(0.3))
        assert time.monotonic() - started < 3
