"""A broker per test session, and adapters on it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from adapters.contract import AdapterContext, ByteBody, BytesReply, Deadline, EventsReply, Request, ValueReply
from adapters.mqtt import ADAPTER
from adapters.mqtt.adapter import MqttAdapter
from tests.peers.mosquitto import mosquitto
from tests.peers.process import ServerProcess
from tests.unit.adapters.mqtt.arriving import CHANNELS as ORDERS
from tests.unit.adapters.mqtt.arriving import Reader

VERSIONS = ("3.1.1", "5")
CHANNELS = {
    "temperature": {"topic": "plant/{line}/{machine}/temperature"},
    "status": {"topic": "plant/{line}/status", "retain": True},
}


async def chunks(*parts: bytes) -> AsyncGenerator[bytes, None]:
    for part in parts:
        yield part


def request(body: bytes | None = None, **parameters: Any) -> Request:
    """A request with topic parameters, and a body where there is one."""
    content = None if body is None else ByteBody(chunks=chunks(body), content_type="application/json")
    return Request(parameters=parameters, body=content)


class Plant:
    """An adapter with shorter calls."""

    def __init__(self, adapter: MqttAdapter) -> None:
        self.adapter = adapter

    async def publish(self, channel: str, body: bytes, deadline_s: float = 10, **parameters: Any) -> Any:
        deadline = Deadline.after(deadline_s)
        reply = await self.adapter.call(f"{channel}.publish", request(body, **parameters), deadline)
        assert isinstance(reply, ValueReply)
        return reply.value

    async def last(self, channel: str, **parameters: Any) -> tuple[bytes, dict[str, str]]:
        reply = await self.adapter.call(f"{channel}.last", request(**parameters), Deadline.after(10))
        assert isinstance(reply, BytesReply)
        return b"".join([chunk async for chunk in reply.chunks]), dict(reply.headers)

    async def watch(self, channel: str, kind: str = "watch", **parameters: Any) -> EventsReply:
        reply = await self.adapter.call(f"{channel}.{kind}", request(**parameters), Deadline.after(10))
        assert isinstance(reply, EventsReply)
        return reply


MakePlant: TypeAlias = Callable[..., Plant]
Connect: TypeAlias = Callable[..., Awaitable[Plant]]


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A broker that anybody may use; its messages last as long as the session."""
    server = mosquitto(tmp_path_factory.mktemp("mosquitto"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[ServerProcess]:
    """A broker for one test to break."""
    server = mosquitto(tmp_path / "mosquitto")
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[MakePlant]:
    """Makes adapters, closed at the end."""
    async with AsyncExitStack() as stack:

        def make(port: int, *, system: str = "plant", **settings: Any) -> Plant:
            raw = {"adapter": "mqtt", "broker": f"mqtt://127.0.0.1:{port}", "channels": CHANNELS, **settings}
            model = ADAPTER.settings.model_validate(raw, context={"base_dir": tmp_path})
            adapter = ADAPTER.create(model, AdapterContext(system, tmp_path))
            stack.push_async_callback(adapter.aclose)
            assert isinstance(adapter, MqttAdapter)
            return Plant(adapter)

        yield make


@pytest.fixture
def connect(make: MakePlant) -> Connect:
    """Makes adapters and connects them."""

    async def connect(port: int, **settings: Any) -> Plant:
        plant = make(port, **settings)
        await plant.adapter.connect(Deadline.after(10))
        return plant

    return connect


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """Each version of MQTT in turn."""
    return str(request.param)


@pytest.fixture
async def plant(
    broker: ServerProcess, connect: Connect, version: str, request: pytest.FixtureRequest
) -> Plant:
    """A connected adapter on the session's broker."""
    return await connect(broker.port, system=f"plant-{request.node.name}"[:60], version=version)


@pytest.fixture
def reader(make: MakePlant, own_broker: ServerProcess, version: str) -> Reader:
    """Makes adapters whose channel `orders` is read; all have the same client identifier."""

    def reader(port: int = own_broker.port, channel: dict[str, Any] | None = None, **settings: Any) -> Any:
        channels = {"orders": {**ORDERS["orders"], **(channel or {})}}
        return make(port, version=version, channels=channels, **settings).adapter

    return reader
