from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.messages import MessageStore
from tests.unit.gateway.messages.making import Stores


@pytest.fixture(params=["sqlite"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    """Every implementation of the store's contract, in turn."""
    stores = Stores(request.param, tmp_path / "state")
    yield stores
    await stores.close()


@pytest.fixture
async def store(stores: Stores) -> MessageStore:
    return await stores.open()
