"""Links that break, brokers that die or freeze, log-ins that are refused."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import aiomqtt
import pytest

from adapters.contract import Deadline
from adapters.errors import (
    AdapterError,
    AuthenticationFailed,
    ConnectFailed,
    ConnectionLost,
    ConnectTimeout,
    OutcomeUnknown,
)
from adapters.mqtt import outgoing
from tests.faults.proxy import Direction, FaultProxy
from tests.peers.mosquitto import mosquitto
from tests.peers.process import ServerProcess, free_port
from tests.unit.adapters.mqtt.conftest import Connect, MakePlant, Plant


async def until_connected(plant: Plant, within_s: float) -> float:
    """Publish until it works, without calling `connect`: the seconds it took."""
    started = time.monotonic()
    while True:
        try:
            await plant.publish("temperature", b"again", 2, line="recovery", machine="m")
        except AdapterError:
            assert time.monotonic() - started < within_s, "did not come back by itself"
            await asyncio.sleep(0.02)
        else:
            return time.monotonic() - started


async def eventually(condition: Callable[[], bool], within_s: float = 10) -> None:
    """Wait until the condition holds. Raises: TimeoutError."""
    async with asyncio.timeout(within_s):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("qos", [1, 2])
async def test_what_was_cut_off_before_its_acknowledgement_is_unknown_and_never_sent_again(
    connect: Connect, broker: ServerProcess, qos: int
) -> None:
    topic = f"cut/{qos}/t"
    async with FaultProxy(broker.port) as proxy, aiomqtt.Client("127.0.0.1", broker.port) as other:
        await other.subscribe(topic, qos=qos)
        channels = {
            "cut": {"topic": "cut/{qos}/t", "qos": qos, "direction": "publish"},
            "temperature": {"topic": "plant/{line}/{machine}/temperature"},
        }
        plant = await connect(proxy.port, system=f"cut-{qos}", channels=channels)
        for number in range(3):
            proxy.cut_after(0, Direction.TO_CLIENT)
            with pytest.raises(OutcomeUnknown):
                await plant.publish("cut", f"unknown {number}".encode(), qos=str(qos))
            proxy.restore()
            await until_connected(plant, 5)
        await plant.publish("cut", b"end", qos=str(qos))
        seen: list[bytes] = []
        async with asyncio.timeout(10):
            while b"end" not in seen:
                seen.append(bytes((await anext(other.messages)).payload))  # type: ignore[arg-type]
    for number in range(3):
        assert seen.count(f"unknown {number}".encode()) <= 1
    if qos == 1:  # the broker had each before its PUBACK was cut off
        assert len(seen) == 4


async def test_what_never_left_is_not_sent_later(connect: Connect, broker: ServerProcess) -> None:
    async with FaultProxy(broker.port) as proxy, aiomqtt.Client("127.0.0.1", broker.port) as other:
        await other.subscribe("plant/late/status", qos=1)
        plant = await connect(proxy.port, system="late")
        proxy.cut_after(0, Direction.TO_SERVER)
        with pytest.raises(OutcomeUnknown):
            await plant.publish("status", b"lost", line="late")
        proxy.restore()
        await until_connected(plant, 5)
        await plant.publish("status", b"end", line="late")
        async with asyncio.timeout(5):
            assert (await anext(other.messages)).payload == b"end"


async def test_a_late_acknowledgement_confuses_nobody(connect: Connect, broker: ServerProcess) -> None:
    async with FaultProxy(broker.port) as proxy:
        plant = await connect(proxy.port, system="late-ack")
        for _ in range(3):
            proxy.silence()
            with pytest.raises(OutcomeUnknown, match="did not acknowledge"):
                await plant.publish("status", b"slow", deadline_s=0.1, line="1")
            proxy.restore()
            await plant.publish("status", b"quick", line="1")
        assert proxy.connections == 1


async def test_a_silent_broker_is_given_up_and_calls_then_fail_at_once(
    connect: Connect, broker: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "SILENCE_S", 0.2)
    async with FaultProxy(broker.port) as proxy:
        plant = await connect(proxy.port, system="silent")
        proxy.silence()
        with pytest.raises(OutcomeUnknown):
            await plant.publish("status", b"1", deadline_s=0.3, line="1")
        started = time.monotonic()
        with pytest.raises(ConnectFailed, match="silent"):
            await plant.publish("status", b"1", line="1")
        assert time.monotonic() - started < 2
        proxy.restore()
        await until_connected(plant, 10)


async def test_keepalive_notices_a_dead_peer_without_any_call(
    connect: Connect, broker: ServerProcess
) -> None:
    async with FaultProxy(broker.port) as proxy:
        plant = await connect(proxy.port, system="keepalive", keepalive_s=1)
        watch = await plant.watch("status", line="1")
        proxy.silence()
        async with asyncio.timeout(6), aclosing(watch.events):
            with pytest.raises(ConnectionLost):
                await anext(watch.events)


async def test_a_lost_connection_ends_every_watch(connect: Connect, broker: ServerProcess) -> None:
    async with FaultProxy(broker.port) as proxy:
        plant = await connect(proxy.port, system="watches")
        watches = [await plant.watch("status", line=str(number)) for number in range(3)]
        proxy.reset()
        for watch in watches:
            async with asyncio.timeout(5):
                with pytest.raises(ConnectionLost, match="may have been missed"):
                    await anext(watch.events)
        await until_connected(plant, 5)
        again = await plant.watch("status", line="1")
        async with aclosing(again.events), asyncio.timeout(5):
            await plant.publish("status", b"back", line="1")
            assert (await anext(again.events)).data == b"back"


async def test_last_values_outlive_the_broker(own_broker: ServerProcess, connect: Connect) -> None:
    plant = await connect(own_broker.port, system="restart")
    watch = await plant.watch("status", line="1")
    async with aclosing(watch.events):
        await plant.publish("status", b"before", line="1")
        await anext(watch.events)
    own_broker.kill()
    with pytest.raises((ConnectFailed, OutcomeUnknown)):
        await plant.publish("status", b"1", line="1")
    await eventually(lambda: not plant.adapter._session.connected)
    last, headers = await plant.last("status", line="1")
    assert last == b"before"
    assert headers["mqtt.connected"] == "false"
    own_broker.start()
    assert await until_connected(plant, 10) < 8
    assert (await plant.last("status", line="1"))[0] == b"before"


async def test_a_frozen_broker_leaves_writes_unknown_and_works_again_when_thawed(
    own_broker: ServerProcess, connect: Connect
) -> None:
    plant = await connect(own_broker.port, system="frozen")
    own_broker.freeze()
    try:
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            await plant.publish("status", b"1", deadline_s=0.3, line="1")
        assert time.monotonic() - started < 3
    finally:
        own_broker.thaw()
    await until_connected(plant, 5)


async def test_connecting_to_a_frozen_broker_times_out(own_broker: ServerProcess, make: MakePlant) -> None:
    own_broker.freeze()
    try:
        with pytest.raises(ConnectTimeout):
            await make(own_broker.port).adapter.connect(Deadline.after(0.3))
    finally:
        own_broker.thaw()


async def test_a_payload_cut_off_in_the_middle_never_arrives(connect: Connect, broker: ServerProcess) -> None:
    async with FaultProxy(broker.port) as proxy:
        plant = await connect(proxy.port, system="middle")
        watcher = await connect(broker.port, system="middle-watcher")
        watch = await watcher.watch("status", line="middle")
        async with aclosing(watch.events):
            proxy.cut_after(500_000, Direction.TO_SERVER)
            with pytest.raises(OutcomeUnknown):
                await plant.publish("status", b"x" * 1_000_000, line="middle")
            proxy.restore()
            await until_connected(plant, 5)
            await plant.publish("status", b"whole", line="middle")
            async with asyncio.timeout(5):
                assert (await anext(watch.events)).data == b"whole"


async def test_a_client_with_our_identifier_is_hinted_at(
    connect: Connect, broker: ServerProcess, caplog: pytest.LogCaptureFixture
) -> None:
    plant = await connect(broker.port, system="twin", client_id="the-same")
    for _ in range(4):
        async with aiomqtt.Client("127.0.0.1", broker.port, identifier="the-same"):
            await eventually(lambda: not plant.adapter._session.connected)
            await eventually(lambda: plant.adapter._session.connected)
        if "does another client use" in caplog.text:
            break
    assert "does another client use the client identifier the-same?" in caplog.text


# --- log-in -------------------------------------------------------------------------------------------


LOGINS: dict[str, dict[str, str]] = {
    "wrong-password": {"username": "gateway", "password": "wrong"},
    "wrong-user": {"username": "nobody", "password": "right"},
    "no-password": {"username": "gateway"},
    "anonymous": {},
}


@pytest.fixture
def guarded(tmp_path: Path) -> ServerProcess:
    server = mosquitto(tmp_path / "guarded", users={"gateway": "right"})
    server.start()
    return server


async def test_log_ins(guarded: ServerProcess, make: MakePlant) -> None:
    try:
        good = make(guarded.port, username="gateway", password="right").adapter
        await good.connect(Deadline.after(5))
        assert (await good.probe(Deadline.after(5))).authenticated is True
        for name, login in LOGINS.items():
            bad = make(guarded.port, **login).adapter
            with pytest.raises(AuthenticationFailed, match="refuses the log-in"):
                await bad.connect(Deadline.after(5))
            assert (await bad.probe(Deadline.after(5))).authenticated is False, name
    finally:
        guarded.stop()


async def test_a_password_changed_while_running_is_named_in_later_calls(
    tmp_path: Path, connect: Connect
) -> None:
    first = mosquitto(tmp_path / "first", users={"gateway": "right"})
    first.start()
    try:
        plant = await connect(first.port, username="gateway", password="right")
    finally:
        first.kill()
    second = mosquitto(tmp_path / "second", users={"gateway": "changed"}, port=first.port)
    second.start()
    try:
        async with asyncio.timeout(10):
            while True:
                try:
                    await plant.publish("status", b"1", line="1")
                except AuthenticationFailed:
                    break
                except (ConnectFailed, OutcomeUnknown):
                    await asyncio.sleep(0.02)
    finally:
        second.stop()


@pytest.mark.parametrize(
    ("host", "says"),
    [("127.0.0.1", "not reachable"), ("no-such-host.invalid", "not known"), ("no..host", "not known")],
)
async def test_no_broker_there(make: MakePlant, host: str, says: str) -> None:
    plant = make(0, broker=f"mqtt://{host}:{free_port()}")
    with pytest.raises(ConnectFailed, match=says):
        await plant.adapter.connect(Deadline.after(10))
