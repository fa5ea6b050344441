"""Four real legacy systems behind one gateway, one of them in trouble.

What must hold for every kind of trouble: the caller of the troubled system gets the right problem within its
deadline, the other three keep answering, and service resumes by itself when the trouble is over.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults.house import (
    CALLS,
    TIMEOUT_S,
    TROUBLES,
    House,
    Trouble,
    assert_problem,
    end,
    open_house,
    refused,
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("isolation")]

GRACE_S = 1.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(tmp_path_factory.mktemp("isolation")) as house:
        yield house


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
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
            assert_problem(status, answer, writing=writing)
        await house.others_answer(name)
    finally:
        await end(system, trouble)
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
        await refused(system)
    try:
        answers = await asyncio.gather(*(house.write(name) for name in house.systems))
        for status, problem in answers:
            assert_problem(status, problem, writing=True)
        async with house.gateway.session.get("/health/live") as response:
            assert response.status == 200
    finally:
        for system in house.systems.values():
            await end(system, refused)
    await house.all_resume()
