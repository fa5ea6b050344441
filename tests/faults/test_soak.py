"""The gateway under load for minutes while its systems fail at random: it neither leaks nor loses its way.

The seed of a run is printed; set GATEWAY_SOAK_SEED to repeat it, GATEWAY_SOAK_S for its length in seconds.
"""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import pytest

from tests.faults.house import TROUBLES, House, assert_problem, end, open_house

pytestmark = pytest.mark.long

LENGTH_S = float(os.environ.get("GATEWAY_SOAK_S", "180"))
SEED = int(os.environ.get("GATEWAY_SOAK_SEED", random.randrange(2**32)))
CALLERS = 8
MAX_GROWTH_KIB = 64 * 1024


def _resident_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def _descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def _call(house: House, chance: random.Random, stop: asyncio.Event) -> int:
    """Reads and writes until told to stop; each is answered, or a problem as it must be."""
    calls = 0
    while not stop.is_set():
        name = chance.choice(list(house.systems))
        writing = house.systems[name].calls.read is None or chance.random() < 0.5
        status, answer = await (house.write(name) if writing else house.read(name))
        if status >= 300:
            assert_problem(status, answer, writing=writing)
        calls += 1
    return calls


async def _trouble(house: House, chance: random.Random, seconds: float) -> None:
    """One system after the other gets into trouble for a while."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        system = house.systems[chance.choice(list(house.systems))]
        trouble = chance.choice(TROUBLES)
        await trouble(system)
        await asyncio.sleep(chance.uniform(0.5, 4))
        await end(system, trouble)
        await asyncio.sleep(chance.uniform(0.5, 3))


@pytest.mark.timeout(LENGTH_S + 300)
async def test_load_and_random_trouble(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    print(f"seed {SEED}")
    async with open_house(tmp_path) as house:
        pid = house.gateway.server.pid
        stop = asyncio.Event()
        callers = [asyncio.create_task(_call(house, random.Random(SEED + n), stop)) for n in range(CALLERS)]
        await _trouble(house, chance, LENGTH_S / 4)  # what is allocated once
        memory, descriptors = _resident_kib(pid), _descriptors(pid)
        await _trouble(house, chance, LENGTH_S * 3 / 4)
        stop.set()
        calls = sum(await asyncio.gather(*callers))
        await house.all_resume()
        print(f"{calls} calls, {_resident_kib(pid) - memory} KiB more than after a quarter of the time")
        assert _resident_kib(pid) - memory < MAX_GROWTH_KIB
        assert _descriptors(pid) <= descriptors + 20
        assert "Traceback" not in (tmp_path / "gateway.log").read_text()
