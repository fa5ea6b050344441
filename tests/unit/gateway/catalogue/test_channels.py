"""The channels of a system, as the catalogue shows them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from adapters import registry
from adapters.errors import ConnectFailed, ConnectionLost
from gateway.catalogue import Catalogue, State
from tests.unit.gateway.flows.bench import Bench, until
from tests.unit.gateway.flows.scripted import CHANNELS, Arriving


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setitem(registry._BUILT_IN, "scripted_flows", "tests.unit.gateway.flows.scripted")
    monkeypatch.setitem(registry._BUILT_IN, "scripted_flows_late", "tests.unit.gateway.flows.scripted_late")
    return Bench(tmp_path)


def made(bench: Bench, adapter: str = "scripted_flows") -> Catalogue:
    bench.write(systems={"s": {"adapter": adapter}})
    bench.prepare()
    return bench.catalogue


async def test_channels_are_known_when_operations_are(bench: Bench) -> None:
    assert list(made(bench).systems["s"].channels.values()) == list(CHANNELS)
    catalogue = made(bench, "scripted_flows_late")
    assert catalogue.systems["s"].channels == {}
    await catalogue.start()
    await until(lambda: catalogue.systems["s"].channels)
    await catalogue.aclose()


async def test_nothing_is_received_from_a_system_that_is_not_ready(bench: Bench) -> None:
    system = made(bench).systems["s"]
    with pytest.raises(ConnectFailed, match="is unavailable"):
        await anext(system.receive("messages", None))


async def test_a_lost_connection_while_receiving_is_looked_at_at_once(bench: Bench) -> None:
    catalogue = made(bench)
    states: list[Any] = []
    system = catalogue.systems["s"]
    catalogue.on_state(lambda: states.append(system.state))
    await catalogue.start()
    await until(lambda: states == [State.READY])
    deliveries = system.receive("messages", "there")
    one = Arriving(b"{}")
    bench.arrive("messages", one, ConnectionLost("cut"))
    assert await anext(deliveries) is one
    bench.script.up = False
    with pytest.raises(ConnectionLost):
        await anext(deliveries)
    await until(lambda: states == [State.READY, State.UNAVAILABLE])
    bench.script.up = True
    await until(lambda: states[-1] is State.READY)
    assert bench.script.resumed == [("messages", "there")]
    await catalogue.aclose()
    await asyncio.sleep(0)


async def test_a_format_that_a_channel_names_and_that_is_not_there_is_a_problem(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mappings.formats.built_in", lambda name: None)
    system = made(bench).systems["s"]
    assert set(system.missing_formats) == {"csv", "json", "ndjson"}
