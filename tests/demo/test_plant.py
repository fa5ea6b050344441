"""The demo's plant: mosquitto with passwords, and machines that publish and obey."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from tests.peers.process import ServerProcess


def client(broker: ServerProcess, username: str = "gateway", password: str = "g-secret") -> aiomqtt.Client:
    return aiomqtt.Client("127.0.0.1", broker.port, username=username, password=password)


@pytest.fixture
async def machines(broker: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("MACHINES_PASSWORD", "m-secret")
    with (tmp_path / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway.demo.plant", "--port", str(broker.port)), stdout=log, stderr=log
        )
    yield process
    if process.returncode is None:
        process.terminate()
    await process.wait()


async def until(messages: Any, topic: str, condition: Any) -> dict[str, Any]:
    async with asyncio.timeout(20):
        async for message in messages:
            if message.retain or str(message.topic) != topic:
                continue  # retained: published before this test
            value: dict[str, Any] = json.loads(message.payload)
            if condition(value):
                return value
    raise AssertionError("the stream ended")


async def test_machines_publish_and_obey(broker: ServerProcess, machines: Any) -> None:
    async with client(broker) as plant:
        await plant.subscribe("plant/#", qos=1)
        for topic in ("plant/line1/press/temperature", "plant/line2/packer/temperature"):
            reading = await until(plant.messages, topic, lambda value: True)
            assert reading.keys() == {"machine", "celsius", "previous", "limit", "setpoint", "at"}
        for nonsense in (b"", b"{", b'{"celsius": "hot"}', b'{"celsius": 9999}', b"[]"):
            await plant.publish("plant/line2/mixer/setpoint", nonsense, qos=1)
        await plant.publish("plant/nowhere/mixer/setpoint", b'{"celsius": 1}', qos=1)
        await plant.publish("plant/line2/mixer/setpoint", b'{"celsius": 33.5}', qos=1)
        topic = "plant/line2/mixer/temperature"
        await until(plant.messages, topic, lambda value: value["setpoint"] == 33.5)
        await until(plant.messages, topic, lambda value: value["celsius"] > 26)


async def test_the_last_reading_is_retained(broker: ServerProcess, machines: Any) -> None:
    topic = "plant/line2/packer/temperature"
    async with client(broker) as plant:
        await plant.subscribe(topic)
        await until(plant.messages, topic, lambda value: True)
    machines.terminate()
    assert await machines.wait() == 0
    async with client(broker) as later:
        await later.subscribe(topic)
        async with asyncio.timeout(10):
            async for message in later.messages:
                assert message.retain
                break


async def test_a_broker_that_goes_away_is_waited_for(broker: ServerProcess, machines: Any) -> None:
    topic = "plant/line2/packer/temperature"
    for _ in range(2):
        async with client(broker) as plant:
            await plant.subscribe(topic)
            await until(plant.messages, topic, lambda value: True)
        broker.kill()
        broker.start()
    broker.kill()
    machines.terminate()
    assert await machines.wait() == 0
    broker.start()


@pytest.mark.parametrize(
    ("username", "password"),
    [pytest.param("gateway", "wrong", id="wrong-password"), pytest.param(None, None, id="anonymous")],
)
async def test_the_broker_knows_its_clients(broker: ServerProcess, username: Any, password: Any) -> None:
    with pytest.raises(aiomqtt.MqttError):
        async with aiomqtt.Client("127.0.0.1", broker.port, username=username, password=password):
            pass
