"""What lasts is kept from the garbage collector, and let go when something has taken its place."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.catalogue import Catalogue
from gateway.cli import freezing
from gateway.config import load


class _Lasting:
    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("thawed")
def test_what_is_replaced_does_not_stay() -> None:
    lasting = _Lasting()
    seen = weakref.ref(lasting)
    freezing.freeze()
    assert gc.get_freeze_count() > 0
    del lasting
    gc.collect()
    assert seen() is not None
    freezing.freeze()
    assert seen() is None


@pytest.mark.usefixtures("thawed")
async def test_it_freezes_once_nothing_new_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen = asyncio.Event()
    count = 0

    def freeze() -> None:
        nonlocal count
        count += 1
        frozen.set()

    monkeypatch.setattr(freezing, "freeze", freeze)
    monkeypatch.setattr(freezing, "SETTLE_S", 0.01)
    (tmp_path / "gateway.yaml").write_text("listen: 127.0.0.1:0\n")
    freezer = freezing.Freezer()
    for _ in range(3):
        freezer.watch(Catalogue(load(tmp_path, {})))
    async with asyncio.timeout(30):
        await frozen.wait()
    assert count == 1
    freezer.close()
