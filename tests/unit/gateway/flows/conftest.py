from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters import registry
from tests.unit.gateway.flows.bench import Bench


@pytest.fixture(autouse=True)
def _scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._BUILT_IN, "scripted_flows", "tests.unit.gateway.flows.scripted")
    monkeypatch.setitem(registry._BUILT_IN, "scripted_flows_late", "tests.unit.gateway.flows.scripted_late")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A configuration, a store and an engine, which the test starts."""
    found = Bench(tmp_path)
    yield found
    if hasattr(found, "engine"):
        await found.stop(grace_s=0.2)
