"""Callers and processes that mean harm: numbers out of range, callers who leave, rows without end."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sqlite3
import struct
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import Deadline, Request
from adapters.errors import ConnectionLost, InvalidRequest, LimitExceeded
from adapters.odbc import wire
from adapters.odbc.process import Worker, WorkerDied, environment
from adapters.odbc.worker import MAX_MEMORY_BYTES
from tests.peers import sqlite
from tests.unit.adapters.odbc.conftest import Database, Open
from tests.unit.adapters.odbc.test_processes import until


@pytest.mark.parametrize("limit", [2**53, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**20, 10**400])
async def test_a_limit_beyond_all_measure_is_the_callers_mistake(shop: Database, limit: int) -> None:
    for _ in range(6):
        with pytest.raises(InvalidRequest) as caught:
            await shop.rows("item", limit=limit)
        assert caught.value.violations[0].parameter == "limit"
    assert await shop.rows("item", limit=1)


async def test_the_largest_limit_is_taken(shop: Database) -> None:
    assert await shop.rows("item", limit=2**53 - 1) == await shop.rows("item")


@pytest.mark.parametrize("params", [(2**64,), (-(2**63) - 1,), ("\ud800",)], ids=["large", "small", "half"])
async def test_what_no_frame_can_hold_takes_no_worker(shop: Database, params: tuple[Any, ...]) -> None:
    client = shop.adapter._client
    for _ in range(6):
        with pytest.raises(InvalidRequest):
            await client.fetch(wire.Query("SELECT ?", params), Deadline.after(2))
        with pytest.raises(InvalidRequest):
            await client.stream(wire.Query("SELECT ?", params), Deadline.after(2))
    assert await shop.rows("item", limit=1)


@pytest.mark.parametrize(
    "error", [OverflowError, MemoryError, struct.error], ids=lambda error: error.__name__
)
async def test_whatever_goes_wrong_gives_the_worker_back(
    shop: Database, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    async def broken(*_: object) -> None:
        raise error("unforeseen")

    with monkeypatch.context() as patch:
        patch.setattr(Worker, "ask", broken)
        (worker,) = shop.adapter._client.pool._idle
        with pytest.raises(error):
            await shop.adapter.call("item.read", Request(), Deadline.after(2))
        assert worker not in shop.adapter._client.pool._idle
    await until(lambda: shop.adapter._client.pool.count == 0)
    assert await shop.rows("item", limit=1)


# --- long rows -------------------------------------------------------------------------------------------


@pytest.fixture
def long_rows(tmp_path: Path) -> str:
    """A table whose rows are short at first and then 3 MB each."""
    file = tmp_path / "long.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE long (id INTEGER PRIMARY KEY, body TEXT)")
        sizes = [10] * 40 + [3_000_000] * 20
        connection.executemany(
            "INSERT INTO long VALUES (?, ?)", [(n, "x" * size) for n, size in enumerate(sizes)]
        )
    connection.close()
    return sqlite.connection(file)


async def test_blocks_are_cut_by_bytes(open_database: Open, long_rows: str) -> None:
    db = await open_database(long_rows)
    reply = await db.adapter.call("long.read", Request(), Deadline.after(20))
    blocks = [block async for block in reply.blocks]  # type: ignore[union-attr]
    rows = [json.loads(line) for block in blocks for line in block.splitlines()]
    assert [row["id"] for row in rows] == list(range(60))
    assert max(map(len, blocks)) < 3_000_000 + 2**20


async def test_a_row_that_is_too_long_is_refused_and_the_connection_kept(
    open_database: Open, long_rows: str
) -> None:
    db = await open_database(long_rows, max_reply_bytes=100_000)
    with pytest.raises(LimitExceeded, match="100000 bytes"):
        await db.rows("long", 20, order="id")
    with pytest.raises(LimitExceeded):
        await db.get("long", 59)
    assert await db.get("long", 0) == {"id": 0, "body": "x" * 10}
    assert db.adapter._client.pool.count == 1


async def test_a_frame_beyond_all_measure_ends_its_process() -> None:
    worker = await Worker.start()
    worker._frames.data_received(wire.HEADER.pack(wire.LAST, wire.MAX_PAYLOAD_BYTES + 1))
    with pytest.raises(WorkerDied):
        await worker.receive(Deadline.after(5))
    await worker.end(1)


# --- callers who leave -----------------------------------------------------------------------------------


async def test_callers_who_leave_at_once_cost_no_processes(
    open_database: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []
    start = Worker.start

    async def counted() -> Worker:
        worker = await start()
        started.append(worker.pid)
        return worker

    monkeypatch.setattr(Worker, "start", counted)
    db = await open_database(sqlite.connection(sqlite.database(tmp_path / "shop.db")), max_connections=3)
    for number in range(120):
        call = asyncio.create_task(db.rows("item"))
        others = [asyncio.create_task(db.rows("item")) for _ in range(3)]
        for _ in range(number % 12):
            await asyncio.sleep(0)
        for task in (call, *others):
            task.cancel()
        await asyncio.gather(call, *others, return_exceptions=True)
    pool = db.adapter._client.pool
    await until(lambda: len(pool._idle) == pool.count)
    assert len(started) <= 3
    assert await db.rows("item")


async def test_a_worker_whose_caller_had_no_time_is_kept(open_database: Open, tmp_path: Path) -> None:
    db = await open_database(sqlite.connection(sqlite.database(tmp_path / "shop.db")))
    pool = db.adapter._client.pool
    pool.discard(pool._idle.pop())
    await until(lambda: pool.count == 0)
    call = asyncio.create_task(db.rows("item"))
    await until(lambda: pool.count == 1)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    await until(lambda: len(pool._idle) == 1)


async def test_closing_ends_what_is_being_opened(open_database: Open, tmp_path: Path) -> None:
    db = await open_database(sqlite.connection(sqlite.database(tmp_path / "shop.db")))
    pool = db.adapter._client.pool
    calls = [asyncio.create_task(db.rows("item")) for _ in range(4)]
    await until(lambda: pool.count > 1)
    await db.adapter.aclose()
    await asyncio.gather(*calls, return_exceptions=True)
    assert not pool._openings
    await until(lambda: not pool._chores)


# --- processes -------------------------------------------------------------------------------------------


def test_a_process_is_given_no_secrets() -> None:
    whole = {
        "PATH": "/bin",
        "LC_ALL": "C",
        "ODBCSYSINI": "/etc",
        "ERP_PASSWORD": "x",
        "AWS_SECRET_ACCESS_KEY": "y",
    }
    assert environment(whole) == {"PATH": "/bin", "LC_ALL": "C", "ODBCSYSINI": "/etc"}


async def test_the_environment_of_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_SYSTEMS_PASSWORD", "never-here")
    worker = await Worker.start()
    try:
        shown = await asyncio.to_thread(Path(f"/proc/{worker.pid}/environ").read_bytes)
    finally:
        await worker.end(1)
    assert b"never-here" not in shown
    assert b"PATH=" in shown


async def test_the_memory_of_a_process_is_bounded(shop: Database) -> None:
    (worker,) = shop.adapter._client.pool._idle
    limits = await asyncio.to_thread(Path(f"/proc/{worker.pid}/limits").read_text)
    (line,) = [line for line in limits.splitlines() if line.startswith("Max data size")]
    assert line.split()[3] == str(MAX_MEMORY_BYTES)


async def test_the_end_of_a_process_is_logged(
    shop: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (worker,) = shop.adapter._client.pool._idle
    frozen = worker.pid
    os.kill(frozen, signal.SIGSTOP)
    call = asyncio.create_task(shop.rows("item"))
    await until(lambda: not shop.adapter._client.pool._idle)
    os.kill(frozen, signal.SIGKILL)
    with caplog.at_level(logging.WARNING), pytest.raises(ConnectionLost):
        await call
    await until(lambda: "ended by itself: killed by SIGKILL" in caplog.text)
