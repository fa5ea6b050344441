"""Commands that connect leave the connections of a running gateway alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest

from adapters.contract import ByteBody, Deadline, EventsReply, Request
from gateway.catalogue import Catalogue, State
from gateway.config import load
from tests.peers.mosquitto import mosquitto
from tests.unit.gateway.cli.command import gateway

PLANT = """\
plant:
  adapter: mqtt
  broker: mqtt://127.0.0.1:{port}
  {client_id}
  channels:
    state: {{topic: "plant/state", format: null}}
"""


def _body(data: bytes) -> ByteBody:
    async def chunks() -> AsyncGenerator[bytes, None]:
        yield data

    return ByteBody(chunks=chunks(), content_type="application/octet-stream", size=len(data))


@pytest.mark.parametrize("command", [("check", "--connect"), ("openapi", "--connect")], ids=lambda c: c[0])
@pytest.mark.parametrize("client_id", ["", "client_id: ours"], ids=["default-id", "configured-id"])
async def test_a_running_gateway_is_not_disconnected(
    tmp_path: Path, command: tuple[str, str], client_id: str
) -> None:
    broker = mosquitto(tmp_path / "broker")
    broker.start()
    folder = tmp_path / "config"
    (folder / "systems").mkdir(parents=True)
    (folder / "gateway.yaml").write_text("docs: public\n")
    (folder / "systems" / "plant.yaml").write_text(PLANT.format(port=broker.port, client_id=client_id))
    running = Catalogue(load(folder))
    try:
        await running.start()
        system = running.systems["plant"]
        await system.wait_attempted()
        assert system.state is State.READY, system.reason
        reply = await system.call(system.entries["state.watch"], Request(), Deadline.after(5))
        assert isinstance(reply, EventsReply)
        async with aclosing(reply.events):
            result = await asyncio.to_thread(gateway, *command, cwd=folder)
            assert result.code == 0, result.err
            # A watch ends when its connection does, so an event shows that it is still the same one.
            publish = system.entries["state.publish"]
            await system.call(publish, Request(body=_body(b"on")), Deadline.after(5))
            async with asyncio.timeout(5):
                assert (await anext(reply.events)).data == b"on"
    finally:
        await running.aclose()
        broker.stop()
