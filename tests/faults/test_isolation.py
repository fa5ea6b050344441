"""Four real legacy systems behind one gateway, one of them in trouble.

What must hold for every kind of trouble: the caller of the troubled system gets the right problem within its
deadline, the other three keep answering, and service resumes by itself when the trouble is over.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest
import pytest_asyncio

from tests.conformance.kit import Kit
from tests.faults.gateway import Gateway
from tests.faults.proxy import Direction, FaultProxy

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("isolation")]

TIMEOUT_S = 2.0
GRACE_S = 1.0
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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("isolation")
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


async def _refused(system: System) -> None:
    await system.proxy.refuse()
    system.proxy.reset()


async def _silent(system: System) -> None:
    system.proxy.silence()


async def _frozen(system: System) -> None:
    system.kit.server.freeze()


async def _killed(system: System) -> None:
    await asyncio.to_thread(system.kit.server.kill)


async def _garbled(system: System) -> None:
    """Every fifth byte of what the peer says is wrong."""
    system.proxy.reset()
    system.proxy.garble(5, Direction.TO_CLIENT)


async def _cut_off(system: System) -> None:
    """Connections end in the middle of a reply."""
    system.proxy.cut_after(20, Direction.TO_CLIENT)


async def _end(system: System, trouble: Trouble) -> None:
    if trouble is _killed:
        await asyncio.to_thread(system.kit.server.start)
    if trouble is _frozen:
        system.kit.server.thaw()
    system.proxy.restore()
    await system.proxy.accept()


def _assert_problem(status: int, problem: dict[str, Any], *, writing: bool) -> None:
    assert status in (502, 503, 504), problem
    assert problem["status"] == status
    assert problem["instance"].startswith("urn:uuid:")
    if status == 503:
        assert problem["outcome"] == "not_sent"
    elif writing and status == 504:
        assert problem["outcome"] == "unknown"


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    "trouble", [_refused, _silent, _frozen, _killed, _garbled, _cut_off], ids=lambda t: t.__name__[1:]
)
async def test_one_system_in_trouble(house: House, name: str, trouble: Trouble) -> None:
    system = house.systems[name]
    await house.all_resume()
    await trouble(system)
    try:
        for call, writing in ((house.write, True), (house.read, False), (house.write, True)):
            if not writing and system.calls.read is None:
                continue
            started = time.monotonic()
            status, answer = await call(name)
            assert time.monotonic() - started < TIMEOUT_S + GRACE_S
            _assert_problem(status, answer, writing=writing)
        await house.others_answer(name)
    finally:
        await _end(system, trouble)
    await house.resumes(name)


@pytest.mark.parametrize("name", CALLS)
async def test_a_slow_system_is_waited_for_and_holds_nobody_up(house: House, name: str) -> None:
    await house.all_resume()
    house.systems[name].proxy.latency_s = 0.1
    try:
        slow = asyncio.create_task(house.write(name))
        await house.others_answer(name)
        status, answer = await slow
        assert status < 300, answer
    finally:
        house.systems[name].proxy.restore()


async def test_all_systems_in_trouble_at_once_and_the_gateway_is_alive(house: House) -> None:
    for system in house.systems.values():
        await _refused(system)
    try:
        answers = await asyncio.gather(*(house.write(name) for name in house.systems))
        for status, problem in answers:
            _assert_problem(status, problem, writing=True)
        async with house.gateway.session.get("/health/live") as response:
            assert response.status == 200
    finally:
        for system in house.systems.values():
            await _end(system, _refused)
    await house.all_resume()
