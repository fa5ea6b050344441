from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters import registry
from tests.facade.running import Gateway


@pytest.fixture(autouse=True)
def _scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._BUILT_IN, "scripted", "tests.facade.scripted")
    monkeypatch.setitem(registry._BUILT_IN, "scripted_late", "tests.facade.scripted_late")


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that the test starts."""
    running = Gateway(tmp_path)
    yield running
    await running.stop()


@pytest.fixture
async def erp(gateway: Gateway) -> Gateway:
    """A gateway in front of one scripted system, started."""
    await gateway.start()
    return gateway
