"""The gateway is killed at random moments while messages go all its ways: none is lost, and what may come
twice does so only within the promise.

The seed of a run is printed. GATEWAY_KILL_SEED repeats it; GATEWAY_KILLS is the number of kills of
the long form.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections import defaultdict
from pathlib import Path

import pytest

from tests.faults.deliveries import AT_ONCE, WINDOW, Deliveries, open_deliveries

KILLS = int(os.environ.get("GATEWAY_KILLS", "30"))
SEED = int(os.environ.get("GATEWAY_KILL_SEED", random.randrange(2**32)))
FEW = 4
ALIVE_S = (0.1, 2.0)
"""For how long the gateway lives after each start."""


@pytest.mark.timeout(300)
async def test_few_kills(tmp_path: Path) -> None:
    await _killed(tmp_path, FEW, SEED)


@pytest.mark.long
@pytest.mark.timeout(120 + 30 * KILLS)
async def test_many_kills(tmp_path: Path) -> None:
    await _killed(tmp_path, KILLS, SEED)


async def _killed(folder: Path, kills: int, seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    async with open_deliveries(folder, chance) as deliveries:
        await deliveries.ready()
        deliveries.load()
        for number in range(kills):
            await asyncio.sleep(chance.uniform(*ALIVE_S))
            await asyncio.to_thread(deliveries.gateway.server.kill)
            await _started(deliveries, chance, killed_on_the_way=number % 4 == 3)
        await asyncio.sleep(chance.uniform(*ALIVE_S))
        await deliveries.stop()
        await _judge(deliveries, kills + kills // 4)
        assert await asyncio.to_thread(deliveries.gateway.server.orphans) == set()
        assert "Traceback" not in deliveries.gateway.log


async def _started(deliveries: Deliveries, chance: random.Random, *, killed_on_the_way: bool) -> None:
    server = deliveries.gateway.server
    starting = asyncio.create_task(asyncio.to_thread(server.start, 60))
    if killed_on_the_way:
        await asyncio.wait({starting}, timeout=chance.uniform(0.2, 1.5))
        server.kill()
        with contextlib.suppress(RuntimeError):
            await starting
        starting = asyncio.create_task(asyncio.to_thread(server.start, 60))
    await starting


async def _judge(deliveries: Deliveries, kills: int) -> None:
    verdicts = await deliveries.verdicts()
    print(f"{await deliveries.interrupted()} of the last messages were under way when it was killed")
    for path, verdict in verdicts.items():
        print(f"{kills} kills, {path}: {verdict}")
    extra_at_most = {"readings": kills * WINDOW, "again": kills * AT_ONCE}
    for path, verdict in verdicts.items():
        assert verdict.acked > 0, path
        assert (verdict.lost, verdict.altered, verdict.stuck, verdict.unexpected) == ((), (), (), ()), path
        assert verdict.extra <= extra_at_most.get(path, 0), path
        assert len(verdict.held) <= (kills * AT_ONCE if path == "once" else 0), path
    _marked(deliveries)


def _marked(deliveries: Deliveries) -> None:
    """Whatever came more than once says so: all but the first are marked as redelivered."""
    marks = defaultdict(list)
    messages = defaultdict(set)
    for one in deliveries.arrived():
        marks[one.path, one.id].append(one.redelivered)
        messages[one.path, one.id].add(one.message)
    for (path, identifier), found in marks.items():
        assert sum(found) >= len(found) - 1, (path, identifier)
        if path == "again":
            assert len(messages[path, identifier]) == 1
