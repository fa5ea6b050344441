"""The keeping of a connection: who waits how long, what ends the keeper, what closing leaves behind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from adapters.contract import Deadline
from adapters.errors import AdapterError, ConnectFailed, ConnectTimeout
from adapters.mqtt import ADAPTER, session
from adapters.mqtt.config import MqttSettings
from adapters.mqtt.session import Session
from tests.faults.proxy import FaultProxy
from tests.peers.process import ServerProcess
from tests.unit.adapters.mqtt.conftest import CHANNELS

Make: TypeAlias = Callable[..., Session]


def ignore(_: object) -> None:
    """Neither messages nor losses are looked at."""


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Makes sessions, closed at the end."""
    made: list[Session] = []

    def make(
        port: int, on_lost: Callable[[AdapterError], None] = ignore, client_id: str = "session"
    ) -> Session:
        raw = {"adapter": "mqtt", "broker": f"mqtt://127.0.0.1:{port}", "channels": CHANNELS}
        settings = ADAPTER.settings.model_validate(raw, context={"base_dir": tmp_path})
        assert isinstance(settings, MqttSettings)
        made.append(Session(settings, client_id, None, [("plant/#", 1)], ignore, on_lost))
        return made[-1]

    yield make
    for each in made:
        await each.aclose()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_the_cancellation_of_aclose_passes(broker: ServerProcess, make: Make) -> None:
    kept = make(broker.port, client_id="cancelled")
    await kept.connect(Deadline.after(5))
    closing = asyncio.create_task(kept.aclose())
    await asyncio.sleep(0)  # it has begun, and waits for the keeper
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert not kept.connected


async def test_aclose_twice_and_before_any_connection(broker: ServerProcess, make: Make) -> None:
    never = make(broker.port)
    await never.aclose()
    kept = make(broker.port, client_id="twice")
    await kept.connect(Deadline.after(5))
    await kept.aclose()
    await kept.aclose()
    with pytest.raises(ConnectFailed, match="was closed"):
        await kept.connect(Deadline.after(5))


async def test_a_listener_that_fails_does_not_end_the_keeping(
    broker: ServerProcess, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[AdapterError] = []

    def fail(failure: AdapterError) -> None:
        told.append(failure)
        raise RuntimeError("a mistake in the listener")

    async with FaultProxy(broker.port) as proxy:
        kept = make(proxy.port, fail, client_id="listener")
        await kept.connect(Deadline.after(5))
        for losses in (1, 2):
            proxy.reset()
            await until(lambda losses=losses: len(told) == losses and kept.connected)
    assert "a mistake in the listener" in caplog.text


async def test_an_unexpected_error_while_connecting_again_is_logged_and_tried_again(
    broker: ServerProcess, make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    dial, attempts = session.dial, []

    async def fail_once(*arguments: object) -> object:
        attempts.append(arguments)
        if len(attempts) == 1:
            raise RuntimeError("a mistake in here")
        return await dial(*arguments)  # type: ignore[arg-type]

    async with FaultProxy(broker.port) as proxy:
        kept = make(proxy.port, client_id="unexpected")
        await kept.connect(Deadline.after(5))
        monkeypatch.setattr(session, "dial", fail_once)
        proxy.reset()
        await until(lambda: len(attempts) >= 2 and kept.connected)
        assert "a mistake in here" in caplog.text
        proxy.reset()  # and the link that came of it is watched as well
        await until(lambda: len(attempts) >= 3 and kept.connected)


async def test_waiting_for_another_attempt_ends_with_the_deadline(
    own_broker: ServerProcess, make: Make
) -> None:
    kept = make(own_broker.port)
    own_broker.freeze()
    try:
        first = asyncio.create_task(kept.connect(Deadline.after(10)))
        await asyncio.sleep(0)
        started = time.monotonic()
        with pytest.raises(ConnectTimeout, match="another attempt"):
            await kept.connect(Deadline.after(0.2))
        assert time.monotonic() - started < 2
    finally:
        own_broker.thaw()
    await first
    await kept.connect(Deadline.after(5))
    assert kept.connected


async def test_closing_while_connecting_leaves_no_link(own_broker: ServerProcess, make: Make) -> None:
    kept = make(own_broker.port)
    own_broker.freeze()
    try:
        connecting = asyncio.create_task(kept.connect(Deadline.after(10)))
        await asyncio.sleep(0)
        await kept.aclose()
    finally:
        own_broker.thaw()
    with pytest.raises(ConnectFailed, match="was closed"):
        await connecting
    assert not kept.connected
