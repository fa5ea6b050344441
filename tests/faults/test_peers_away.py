"""Each of the systems goes away and comes back while messages go all their ways: nothing that was
acknowledged is lost, the other ways go on meanwhile, and all of it resumes by itself."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults.deliveries import WINDOW, Deliveries, open_deliveries

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("peers-away")]

SEED = random.randrange(2**32)
TIMEOUT_S = 2.0
ALL = ("posts", "again", "once", "files", "readings", "changes")
RESUMES_S = 60.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deliveries(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Deliveries]:
    """All ways, with all sources at work until the last test has ended."""
    print(f"seed {SEED}")
    folder = tmp_path_factory.mktemp("peers-away")
    async with open_deliveries(folder, random.Random(SEED), timeout_s=TIMEOUT_S) as deliveries:
        await deliveries.ready()
        deliveries.load()
        yield deliveries


async def _goes_on(deliveries: Deliveries, *paths: str, within_s: float = RESUMES_S) -> None:
    """Return when each path has delivered what was acknowledged from now on. Raises: TimeoutError."""
    before = {path: set(deliveries.sources[path].ledger.acked) for path in paths}
    async with asyncio.timeout(within_s):
        while True:
            there = {(one.path, one.id) for one in deliveries.arrived()}
            new = {path: deliveries.sources[path].ledger.acked - before[path] for path in paths}
            if all(any((path, one) in there for one in new[path]) for path in paths):
                return
            await asyncio.sleep(0.1)


async def _kept(deliveries: Deliveries) -> None:
    """The oracle's verdict of all paths, once all has resumed."""
    await _goes_on(deliveries, *ALL)
    decided = await deliveries.gateway.messages(state=["dead", "in_doubt"])
    assert [one for one in decided if one["flow"] != "once"] == []
    for path, verdict in (await deliveries.verdicts()).items():
        print(f"{path}: {verdict}")
        assert (verdict.lost, verdict.altered, verdict.stuck, verdict.unexpected) == ((), (), (), ()), path
    assert "Traceback" not in deliveries.gateway.log


async def test_a_broker_that_is_started_anew_finds_its_reader_again(deliveries: Deliveries) -> None:
    """Subscriptions are there again; what came is at most once more, and marked."""
    await _goes_on(deliveries, *ALL)
    extra = (await deliveries.verdicts("readings"))["readings"].extra
    await asyncio.to_thread(deliveries.broker.stop)
    await _goes_on(deliveries, "posts", "again", "files", "changes")
    await asyncio.to_thread(deliveries.broker.start)
    await _kept(deliveries)
    assert (await deliveries.verdicts("readings"))["readings"].extra <= extra + WINDOW


async def test_a_frozen_file_server_costs_its_own_ways_only(deliveries: Deliveries) -> None:
    """Its sessions are given up at the deadline; no file is cut short, none comes twice."""
    await _goes_on(deliveries, "files")
    deliveries.bank.server.freeze()
    await _goes_on(deliveries, "posts", "again", "readings", "changes")
    await _reason(deliveries, "bank")
    deliveries.bank.server.thaw()
    await _kept(deliveries)
    assert (await deliveries.verdicts("files"))["files"].extra == 0


async def test_a_database_that_is_gone_gets_each_row_once_when_it_is_back(deliveries: Deliveries) -> None:
    """Killed with its connections in use: writes of unknown outcome are repeated under their keys."""
    await _goes_on(deliveries, *ALL)
    await asyncio.to_thread(deliveries.database.kill)
    await _reason(deliveries, "rows")
    await asyncio.to_thread(deliveries.database.start)
    await _kept(deliveries)
    await _once_each(deliveries)


async def test_connections_that_the_database_ends_are_replaced_and_nothing_is_done_twice(
    deliveries: Deliveries,
) -> None:
    await _goes_on(deliveries, *ALL)
    chance = random.Random(SEED)
    for _ in range(20):
        await asyncio.to_thread(deliveries.database.psql, _END_ALL)
        await asyncio.sleep(chance.uniform(0.05, 0.3))
    await _kept(deliveries)
    await _once_each(deliveries)


@pytest.mark.long
async def test_a_frozen_database_gets_each_row_once_when_it_goes_on(deliveries: Deliveries) -> None:
    """Statements that were under way are carried out after they were given up."""
    await _goes_on(deliveries, *ALL)
    deliveries.database.freeze()
    await asyncio.sleep(TIMEOUT_S * 2)
    deliveries.database.thaw()
    await _kept(deliveries)
    await _once_each(deliveries)


_END_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


async def _once_each(deliveries: Deliveries) -> None:
    verdicts = await deliveries.verdicts("posts", "files", "changes")
    assert {path: verdict.extra for path, verdict in verdicts.items()} == dict.fromkeys(verdicts, 0)


async def _reason(deliveries: Deliveries, system: str) -> None:
    """Return when the gateway says of itself that the system is away."""
    async with asyncio.timeout(RESUMES_S):
        while True:
            async with deliveries.gateway.session.get("/health/ready") as answer:
                found = (await answer.json())["systems"][system]
            if found["state"] != "ready" and found.get("reason"):
                return
            await asyncio.sleep(0.1)
