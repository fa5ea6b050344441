"""The embedded store's process is killed: what was said yes to is not lost, and nothing is there twice."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import apsw
import pytest

from gateway.messages import Arrival, SqliteStore, State
from tests.unit.gateway.messages.killing import payload_of, settings
from tests.unit.gateway.messages.making import FLOW, VERSION, message, whole

ROOT = Path(__file__).parents[4]


async def kill(folder: Path, kills: int, seed: int) -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.unit.gateway.messages.killing",
        folder,
        str(kills),
        str(seed),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await program.communicate()
    ledger = json.loads(output)
    assert ledger["ended"] == [], "a victim ended before it was killed"
    acked: dict[str, str] = ledger["acked"]
    assert len(acked) > kills
    store = SqliteStore(folder, settings())
    await store.open()
    await store.define(FLOW, VERSION, b"{}")
    lost = [
        claim for claim, message_id in acked.items() if await whole(store, message_id) != payload_of(claim)
    ]
    assert lost == []
    for message_id in ledger["done"]:
        assert (await store.get(message_id)).state is State.DONE
    # Those that were stored and not yet said yes to are known by their claim, and so is each only once.
    last = max(int(claim) for claim in acked)
    for claim in map(str, range(last + 1)):
        given = message(payload_of(claim), lane="x")
        appended = await store.append(Arrival(channel="c", messages=(given,), claim=claim))
        assert appended.duplicate or claim not in acked
        assert not (claim in acked and appended.ids != (acked[claim],))
    assert sum((await store.counts()).values()) >= last + 1
    await store.aclose()
    database = apsw.Connection(str(folder / "messages.db"))
    assert database.execute("PRAGMA integrity_check").get == "ok"
    twice = "SELECT count(*) FROM claims"
    assert database.execute(twice).get == database.execute("SELECT count(*) FROM messages").get
    spooled = database.execute("SELECT count(*) FROM payloads WHERE spool IS NOT NULL").get
    assert len(list((folder / "spool").iterdir())) == spooled
    counted = database.execute("SELECT state, sum(count) FROM tallies GROUP BY 1 HAVING sum(count) > 0")
    assert dict(counted) == dict(database.execute("SELECT state, count(*) FROM messages GROUP BY 1"))
    database.close()


async def test_thirty_kills(tmp_path: Path) -> None:
    await kill(tmp_path, 30, seed=1)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(10, 14))
async def test_two_hundred_kills(tmp_path: Path, seed: int) -> None:
    await kill(tmp_path, 200, seed)
