"""Four real legacy systems behind one gateway, a fault proxy before each, and what can befall them."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.conformance.kit import Kit
from tests.faults.gateway import Gateway
from tests.faults.proxy import Direction, FaultProxy

TIMEOUT_S = 2.0
RESUMES_S = 15.0
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Calls:
    """How to reach a system's peer through the gateway: a read that it answers itself, and a write."""

    read: str | None
    """None where reads are answered from memory (the last value of a topic)."""
    write: str
    """`{number}` stands for a new number each time."""
    body: Callable[[], Any]


def _order() -> Any:
    line = {"sku": "K-1", "quantity": 3, "price": {"@currency": "EUR", "#text": 0.10}}
    order = {"customer": "c", "orderedOn": "2026-03-01", "item": [line], "invoice": {"days": 14}}
    return {"order": order}


CALLS = {
    "soap": Calls("/api/soap/ListItems?count=3&prefix=kit", "/api/soap/CreateOrder", _order),
    "odbc": Calls(
        "/api/odbc/payment?reference=eq.first",
        "/api/odbc/payment",
        lambda: {"reference": f"isolation {next(_NUMBERS)}", "amount": 0.10},
    ),
    "sftp": Calls(
        "/api/sftp/statements",
        "/api/sftp/payments?name=isolation-{number}.json",
        lambda: {"celsius": 71.5},
    ),
    "mqtt": Calls(None, "/api/mqtt/temperature/1/press", lambda: {"celsius": 71.5}),
}


@dataclass
class System:
    """One legacy system, the proxy before it, and its calls."""

    kit: Kit
    proxy: FaultProxy
    calls: Calls


@dataclass
class House:
    """The gateway and what stands behind it."""

    gateway: Gateway
    systems: dict[str, System]

    async def read(self, name: str) -> tuple[int, dict[str, Any]]:
        path = self.systems[name].calls.read
        assert path is not None
        async with self.gateway.session.get(path) as response:
            return response.status, await _json(response)

    async def write(self, name: str) -> tuple[int, dict[str, Any]]:
        calls = self.systems[name].calls
        path = calls.write.replace("{number}", str(next(_NUMBERS)))
        async with self.gateway.session.post(path, json=calls.body()) as response:
            return response.status, await _json(response)

    async def resumes(self, name: str) -> None:
        """Return when five writes in a row have succeeded. Raises: TimeoutError."""
        async with asyncio.timeout(RESUMES_S):
            in_a_row = 0
            while in_a_row < 5:
                status, _ = await self.write(name)
                in_a_row = in_a_row + 1 if status < 300 else 0
                await asyncio.sleep(0.05)

    async def all_resume(self) -> None:
        await asyncio.gather(*(self.resumes(name) for name in self.systems))

    async def others_answer(self, troubled: str) -> None:
        """Ten writes to each other system, none slower than a second."""
        for name in self.systems.keys() - {troubled}:
            for _ in range(10):
                started = time.monotonic()
                status, answer = await self.write(name)
                assert status < 300, (name, answer)
                assert time.monotonic() - started < 1.0, name


async def _json(response: Any) -> dict[str, Any]:
    if response.status >= 400:
        assert response.content_type == "application/problem+json"
    answer = await response.json(content_type=None)
    return answer if isinstance(answer, dict) else {"value": answer}


@asynccontextmanager
async def open_house(folder: Path) -> AsyncIterator[House]:
    """Start all of it, with its files in `folder`, and stop it at the end."""
    async with AsyncExitStack() as stack:
        systems: dict[str, System] = {}
        configured: dict[str, Any] = {}
        secrets: list[str] = []
        for name, calls in CALLS.items():
            kit: Kit = import_module(f"tests.conformance.kit_{name}").KIT()
            stack.callback(kit.stop)
            await asyncio.to_thread(kit.start, folder)
            proxy = await stack.enter_async_context(FaultProxy(kit.port))
            systems[name] = System(kit, proxy, calls)
            secrets += kit.secrets
            limits = {"timeout_s": TIMEOUT_S, "connect_timeout_s": TIMEOUT_S}
            configured[name] = kit.settings(proxy.port) | limits
        gateway = await stack.enter_async_context(Gateway(folder, configured, secrets, base=folder))
        house = House(gateway, systems)
        await house.all_resume()
        yield house


Trouble = Callable[[System], Awaitable[None]]


async def refused(system: System) -> None:
    await system.proxy.refuse()
    system.proxy.reset()


async def silent(system: System) -> None:
    system.proxy.silence()


async def frozen(system: System) -> None:
    system.kit.server.freeze()


async def killed(system: System) -> None:
    await asyncio.to_thread(system.kit.server.kill)


async def garbled(system: System) -> None:
    """Every fifth byte of what the peer says is wrong."""
    system.proxy.reset()
    system.proxy.garble(5, Direction.TO_CLIENT)


async def cut_off(system: System) -> None:
    """Connections end in the middle of a reply."""
    system.proxy.cut_after(20, Direction.TO_CLIENT)


async def end(system: System, trouble: Trouble) -> None:
    if trouble is killed:
        await asyncio.to_thread(system.kit.server.start)
    if trouble is frozen:
        system.kit.server.thaw()
    system.proxy.restore()
    await system.proxy.accept()


TROUBLES: tuple[Trouble, ...] = (refused, silent, frozen, killed, garbled, cut_off)


def assert_problem(status: int, problem: dict[str, Any], *, writing: bool) -> None:
    assert status in (502, 503, 504), problem
    assert problem["status"] == status
    assert problem["instance"].startswith("urn:uuid:")
    if status == 503:
        assert problem["outcome"] == "not_sent"
    elif writing and status == 504:
        assert problem["outcome"] == "unknown"
