"""Every case runs for every adapter in the registry, against the peer of its kit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from adapters import registry
from adapters.contract import Adapter, AdapterContext, Deadline
from tests.conformance.kit import Kit
from tests.conformance.waivers import WAIVERS
from tests.faults.proxy import FaultProxy

Make: TypeAlias = Callable[[dict[str, Any]], Adapter]
Connected: TypeAlias = Callable[[dict[str, Any]], Awaitable[Adapter]]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "adapter_name" in metafunc.fixturenames:
        metafunc.parametrize("adapter_name", registry.names(), scope="session")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """One worker per adapter, so that each peer is started once; waived cases must fail."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        name = callspec.params.get("adapter_name") if callspec is not None else None
        if name is None:
            continue
        if config.pluginmanager.hasplugin("xdist"):
            item.add_marker(pytest.mark.xdist_group(f"conformance-{name}"))
        reason = WAIVERS.get((name, item.originalname))  # type: ignore[attr-defined]
        if reason is not None:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))


@pytest.fixture(scope="session")
def adapter_type(adapter_name: str) -> registry.AdapterType:
    return registry.load(adapter_name)


@pytest.fixture(scope="session")
def kit_folder(adapter_name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp(f"conformance-{adapter_name}")


@pytest.fixture(scope="session")
def started_kit(adapter_name: str, kit_folder: Path) -> Iterator[Kit]:
    kit: Kit = import_module(f"tests.conformance.kit_{adapter_name}").KIT()
    try:
        kit.start(kit_folder)
        yield kit
    finally:
        kit.stop()


@pytest.fixture
def kit(started_kit: Kit) -> Kit:
    """The kit, its peer as this adapter's cases left it: they put right what they break."""
    return started_kit


@pytest.fixture
async def proxy(kit: Kit) -> AsyncIterator[FaultProxy]:
    """A fault proxy in front of the peer."""
    async with FaultProxy(kit.port) as proxy:
        yield proxy


@pytest.fixture
async def make(adapter_type: registry.AdapterType, kit_folder: Path) -> AsyncIterator[Make]:
    """Makes adapters from settings as a configuration file has them, and closes them at the end."""
    async with AsyncExitStack() as stack:

        def make(raw: dict[str, Any]) -> Adapter:
            settings = adapter_type.settings.model_validate(raw, context={"base_dir": kit_folder})
            adapter = adapter_type.create(settings, AdapterContext("conformance", kit_folder))
            stack.push_async_callback(adapter.aclose)
            return adapter

        yield make


@pytest.fixture
def connected(make: Make) -> Connected:
    """Makes adapters and connects them."""

    async def connected(raw: dict[str, Any]) -> Adapter:
        adapter = make(raw)
        await adapter.connect(Deadline.after(15))
        return adapter

    return connected


@pytest.fixture
async def adapter(kit: Kit, connected: Connected) -> Adapter:
    """A connected adapter, directly at the peer."""
    return await connected(kit.settings())


@pytest.fixture
async def proxied(kit: Kit, proxy: FaultProxy, connected: Connected) -> Adapter:
    """A connected adapter, the fault proxy in between."""
    return await connected(kit.settings(proxy.port))
