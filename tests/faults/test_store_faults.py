"""The disk below the message store fills up or fails: nothing that was acknowledged is lost, nothing is
acknowledged that is not stored, and the gateway is back without anybody's help."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults import volume
from tests.faults.deliveries import AT_ONCE, WINDOW, Deliveries, open_deliveries
from tests.faults.oracle import Verdict

SEED = random.randrange(2**32)
RESUMES_S = 30.0
_MIB = 2**20


async def _until(condition: Any, within_s: float = RESUMES_S) -> None:
    """Wait until `condition` holds. Raises: TimeoutError."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.05)


def _assert_kept(verdicts: dict[str, Verdict], interruptions: int = 0) -> None:
    """Nothing lost, altered or stuck; twice only what may be."""
    extra_at_most = {"readings": interruptions * WINDOW, "again": interruptions * AT_ONCE}
    for path, verdict in verdicts.items():
        print(f"{path}: {verdict}")
        assert (verdict.lost, verdict.altered, verdict.stuck, verdict.unexpected) == ((), (), (), ()), path
        assert verdict.extra <= extra_at_most.get(path, 0), path
        assert len(verdict.held) <= (interruptions * AT_ONCE if path == "once" else 0), path


@pytest.mark.skipif(bool(volume.why_not()), reason=volume.why_not())
@pytest.mark.parametrize(
    "limits",
    [
        pytest.param({"min_free_bytes": 2 * _MIB, "reserve_bytes": _MIB}, id="it-keeps-room"),
        pytest.param({"min_free_bytes": 0, "reserve_bytes": _MIB}, id="not-a-byte-is-free"),
    ],
)
async def test_on_a_full_disk_nothing_new_is_acknowledged_and_with_room_it_goes_on(
    limits: dict[str, int], tmp_path: Path
) -> None:
    print(f"seed {SEED}")
    program = volume.on_small_volume(tmp_path / "state", "24m")
    async with open_deliveries(tmp_path, random.Random(SEED), program=program, store=limits) as deliveries:
        await deliveries.ready()
        deliveries.load()
        await _until(lambda: all(len(one.ledger.acked) > 5 for one in deliveries.sources.values()))
        full = await _filled(deliveries)
        await _reads_work(deliveries)
        assert await _store_state(deliveries) == "full"
        # What was under way comes to an end; then nothing at all is acknowledged any more.
        await asyncio.sleep(2)
        before = {path: len(source.ledger.acked) for path, source in deliveries.sources.items()}
        await asyncio.sleep(1)
        assert all(
            len(deliveries.sources[path].ledger.acked) == before[path] for path in ("posts", "again", "files")
        )
        volume.empty(deliveries.gateway)
        emptied = time.monotonic()
        posts = deliveries.posts["posts"]
        await _until(lambda: len(posts.ledger.acked) > before["posts"] + 5)
        print(f"full for {emptied - full:.1f} s, acknowledges again {time.monotonic() - emptied:.1f} s after")
        await deliveries.stop()
        _assert_kept(await deliveries.verdicts())
        assert deliveries.gateway.server.returncode is None
        assert "Traceback" not in deliveries.gateway.log


async def _filled(deliveries: Deliveries) -> float:
    """Fill the volume until callers are told so; when that was."""
    posts = deliveries.posts["posts"]
    async with asyncio.timeout(RESUMES_S):
        while not posts.refused[507]:
            volume.fill(deliveries.gateway)
            await asyncio.sleep(0.05)
    return time.monotonic()


async def _reads_work(deliveries: Deliveries) -> None:
    gateway = deliveries.gateway
    assert await gateway.messages(flow="files")
    async with gateway.session.get("/api/rows/arrived", params={"limit": "1"}) as answer:
        assert answer.status == 200
    async with gateway.session.get("/health/ready") as answer:
        assert answer.status == 200
    async with gateway.session.post("/api/flows/again", json={"id": "x"}) as answer:
        assert answer.status == 507
        assert int(answer.headers["Retry-After"]) > 0
        assert (await answer.json())["type"] == "/problems/insufficient-storage"


async def _store_state(deliveries: Deliveries) -> str:
    async with deliveries.gateway.session.get("/health/ready") as answer:
        return str((await answer.json())["store"]["state"])


@pytest.mark.parametrize("call", ["sync", pytest.param("write", marks=pytest.mark.long)])
async def test_after_an_error_of_the_disk_nothing_is_acknowledged_and_a_new_start_has_all(
    call: str, tmp_path: Path
) -> None:
    """One call fails, and all calls after it would succeed: what was not synced may be gone nevertheless."""
    print(f"seed {SEED}")
    order = tmp_path / "order"
    program = (sys.executable, "-m", "tests.faults.failing_disk", str(order))
    async with open_deliveries(tmp_path, random.Random(SEED), program=program) as deliveries:
        await deliveries.ready()
        deliveries.load()
        await _until(lambda: all(len(one.ledger.acked) > 5 for one in deliveries.sources.values()))
        server = deliveries.gateway.server
        order.write_text(call)
        await _until(lambda: server.returncode is not None)
        assert server.returncode == 4
        assert not order.exists()
        assert "the message store has failed" in deliveries.gateway.log
        await asyncio.to_thread(server.start)  # what a supervisor does
        acked = len(deliveries.posts["posts"].ledger.acked)
        await _until(lambda: len(deliveries.posts["posts"].ledger.acked) > acked + 5)
        await deliveries.stop()
        _assert_kept(await deliveries.verdicts(), interruptions=1)
        assert "Traceback" not in deliveries.gateway.log
