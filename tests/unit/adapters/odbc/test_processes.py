"""Driver processes: bounded, replaced when they hang or die, gone when the gateway is."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adapters.contract import Deadline, Request, RowsReply
from adapters.errors import ConnectionLost, NotSent, OutcomeUnknown, PeerRejected, PoolTimeout, ReadTimeout
from adapters.odbc.pool import PING_AFTER_S
from adapters.odbc.process import Worker
from tests.conformance.leftovers import Leftovers
from tests.faults.proxy import FaultProxy
from tests.peers.postgresql import PASSWORD, PostgresServer
from tests.unit.adapters.odbc.conftest import Database, Open

pytestmark = pytest.mark.xdist_group("odbc-postgresql")

ROOT = Path(__file__).parents[4]


@pytest.fixture
async def db(postgres: PostgresServer, database: str, open_database: Open) -> Database:
    postgres.psql(
        """CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1);
        CREATE TABLE many AS SELECT i AS id, repeat('x', 1000) AS filler FROM generate_series(1, 20000) i;
        CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(60)::text AS nap;
        CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN IF NEW.id = 99 THEN PERFORM pg_sleep(60); END IF; RETURN NEW; END$$;
        CREATE TRIGGER dawdle BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION dawdle();""",
        database,
    )
    return await open_database(postgres.connection(database), max_connections=3)


def pool_of(db: Database):  # type: ignore[no-untyped-def]
    return db.adapter._client.pool


async def until(condition, within_s: float = 5.0) -> None:  # type: ignore[no-untyped-def]
    give_up = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < give_up, "the condition did not come true in time"
        await asyncio.sleep(0.02)


def sleeping(postgres: PostgresServer, database: str) -> int:
    return int(
        postgres.psql(
            f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND state = 'active'"
            " AND pid <> pg_backend_pid()"
        )
    )


async def test_a_slow_read_ends_at_its_deadline_and_is_cancelled_in_the_database(
    db: Database, postgres: PostgresServer, database: str
) -> None:
    started = time.monotonic()
    with pytest.raises(ReadTimeout):
        await db.rows("slow", 0.5)
    assert time.monotonic() - started < 3
    await until(lambda: sleeping(postgres, database) == 0)
    assert await db.rows("t") == [{"id": 1}]


async def test_a_slow_write_ends_at_its_deadline_with_an_unknown_outcome(
    db: Database, postgres: PostgresServer, database: str
) -> None:
    with pytest.raises(OutcomeUnknown):
        await db.insert("t", {"id": 99}, 0.5)
    await until(lambda: sleeping(postgres, database) == 0)
    assert await db.rows("t") == [{"id": 1}]


async def test_a_cancelled_call_is_cancelled_in_the_database(
    db: Database, postgres: PostgresServer, database: str
) -> None:
    call = asyncio.create_task(db.rows("slow", 60))
    await until(lambda: sleeping(postgres, database) == 1)
    call.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await call
    await until(lambda: sleeping(postgres, database) == 0)
    assert await db.rows("t") == [{"id": 1}]


async def test_more_calls_than_connections_wait_their_turn(db: Database) -> None:
    await asyncio.gather(*(db.rows("t", 20) for _ in range(30)))
    assert pool_of(db).count <= 3


async def test_waiting_for_a_connection_ends_with_a_pool_timeout(db: Database) -> None:
    slow = [asyncio.create_task(db.rows("slow", 3)) for _ in range(3)]
    await until(lambda: pool_of(db).count == 3 and not pool_of(db)._idle)
    started = time.monotonic()
    with pytest.raises(PoolTimeout):
        await db.rows("t", 0.3)
    assert time.monotonic() - started < 2.5
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    assert await db.rows("t") == [{"id": 1}]


async def test_cancelled_waiters_do_not_lose_the_turn(db: Database) -> None:
    async def brief() -> None:
        with contextlib.suppress(TimeoutError, PoolTimeout, ReadTimeout):
            async with asyncio.timeout(0.003):
                await db.rows("t", 5)

    for _ in range(5):
        await asyncio.gather(*(brief() for _ in range(40)))
    assert await db.rows("t", 5) == [{"id": 1}]
    await until(lambda: len(pool_of(db)._idle) == pool_of(db).count)
    assert not pool_of(db)._waiting


async def test_a_hung_process_is_killed_and_its_neighbours_answer(db: Database) -> None:
    streams = [await db.adapter.call("many.read", Request(), Deadline.after(2)) for _ in range(2)]
    hung, other = [stream.blocks for stream in streams if isinstance(stream, RowsReply)]
    pid = hung._worker.pid  # type: ignore[attr-defined]
    os.kill(pid, signal.SIGSTOP)
    await db.rows("t", 2)
    assert sum([block.count(b"\n") async for block in other]) == 20_000
    with pytest.raises(ReadTimeout):
        await _drained(hung)
    await until(lambda: not Path(f"/proc/{pid}").exists())
    assert await db.rows("t") == [{"id": 1}]


async def test_a_crashed_process_is_replaced(db: Database) -> None:
    call = asyncio.create_task(db.rows("slow", 10))
    await until(lambda: pool_of(db).count == 1 and not pool_of(db)._idle)
    pid = _children()[0]
    os.kill(pid, signal.SIGSEGV)
    with pytest.raises(ConnectionLost):
        await call
    assert await db.rows("t") == [{"id": 1}]


async def test_an_idle_process_that_died_is_noticed(db: Database) -> None:
    await db.rows("t")
    (worker,) = pool_of(db)._idle
    os.kill(worker.pid, signal.SIGKILL)
    await until(lambda: worker._frames._lost)
    assert await db.rows("t") == [{"id": 1}]


async def test_a_frozen_backend_does_not_hold_up_the_others(
    db: Database, postgres: PostgresServer, database: str
) -> None:
    streams = [await db.adapter.call("many.read", Request(), Deadline.after(1)) for _ in range(2)]
    first, second = [stream.blocks for stream in streams if isinstance(stream, RowsReply)]
    backends = postgres.psql(
        f"SELECT pid FROM pg_stat_activity WHERE datname = '{database}' AND query LIKE '%FETCH%' LIMIT 1"
    )
    backend = int(backends)
    os.kill(backend, signal.SIGSTOP)
    try:
        results = await asyncio.gather(_drained(first), _drained(second), return_exceptions=True)
        assert sorted(map(str, map(type, results))) == sorted(map(str, (int, ReadTimeout)))
        started = time.monotonic()
        assert await db.rows("t") == [{"id": 1}]
        assert time.monotonic() - started < 4
    finally:
        os.kill(backend, signal.SIGCONT)


async def _drained(blocks) -> int:  # type: ignore[no-untyped-def]
    return sum([block.count(b"\n") async for block in blocks])


@pytest.mark.parametrize("taken", [0, 1, 3])
async def test_an_abandoned_stream_leaves_a_clean_connection(db: Database, taken: int) -> None:
    for _ in range(6):
        reply = await db.adapter.call("many.read", Request(), Deadline.after(5))
        assert isinstance(reply, RowsReply)
        for _ in range(taken):
            await anext(reply.blocks)
        await reply.blocks.aclose()
        await reply.blocks.aclose()
    await until(lambda: len(pool_of(db)._idle) == pool_of(db).count)
    assert await db.rows("t") == [{"id": 1}]
    assert len(await db.rows("many", 30)) == 20_000


async def test_the_reader_sets_the_pace(db: Database) -> None:
    reply = await db.adapter.call("many.read", Request(), Deadline.after(5))
    assert isinstance(reply, RowsReply)
    frames = reply.blocks._worker._frames  # type: ignore[attr-defined]
    await until(lambda: len(frames._frames) == 1)
    await asyncio.sleep(0.1)  # nothing to wait for: nothing more may come
    assert len(frames._frames) == 1
    await reply.blocks.aclose()


async def test_a_terminated_connection_is_replaced(
    db: Database, postgres: PostgresServer, database: str
) -> None:
    await asyncio.gather(*(db.rows("t") for _ in range(9)))
    postgres.psql(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
        " AND pid <> pg_backend_pid()"
    )
    with pytest.raises(ConnectionLost):
        await db.rows("t")
    # One failure is enough: the other idle connections are tested before they are used again.
    for _ in range(5):
        assert await db.rows("t") == [{"id": 1}]


def _terminate(postgres: PostgresServer, database: str) -> None:
    postgres.psql(
        f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{database}'"
        " AND pid <> pg_backend_pid()"
    )


async def test_a_write_does_not_meet_a_connection_that_died_while_idle(
    db: Database, postgres: PostgresServer, database: str
) -> None:
    await db.rows("t")
    _terminate(postgres, database)
    for worker in pool_of(db)._idle:
        worker.last_used -= 2  # as if idle for so long
    await db.insert("t", {"id": 2})
    assert [row["id"] for row in await db.rows("t")] == [1, 2]


async def test_a_write_whose_connection_the_server_ended_before_is_known_not_to_be_done(
    db: Database, postgres: PostgresServer, database: str
) -> None:
    await db.rows("t")
    _terminate(postgres, database)
    for worker in pool_of(db)._idle:
        worker.last_used += 60  # as if used just now, however slow this machine is
    with pytest.raises(NotSent, match="nothing was done"):
        await db.insert("t", {"id": 2})
    await db.insert("t", {"id": 2})


async def test_a_write_that_the_server_ends_is_known_not_to_be_done(
    db: Database, postgres: PostgresServer, database: str
) -> None:
    call = asyncio.create_task(db.insert("t", {"id": 99}, 30))
    await until(lambda: sleeping(postgres, database) == 1)
    _terminate(postgres, database)
    # The driver says 57P01 or 08S01, by the moment at which it notices.
    with pytest.raises((NotSent, PeerRejected), match="nothing was done"):
        await call
    assert await db.rows("t") == [{"id": 1}]


async def test_a_link_that_was_cut_while_idle_costs_no_call(
    postgres: PostgresServer, database: str, db: Database, open_database: Open
) -> None:
    async with FaultProxy(postgres.port) as proxy:
        other = await open_database(postgres.connection(database, port=proxy.port), max_connections=1)
        for cut in (proxy.reset, proxy.silence):
            await other.rows("t")
            for worker in pool_of(other)._idle:
                worker.last_used -= PING_AFTER_S + 1
            cut()
            call = asyncio.create_task(other.rows("t", 20))
            if cut == proxy.silence:
                await until(lambda: pool_of(other).count == 1 and not pool_of(other)._idle)
                await until(lambda: proxy.connections > 2 + 1, 15)  # the silent one was given up
                proxy.restore()
            assert await call == [{"id": 1}]


async def test_idle_processes_are_retired(postgres: PostgresServer, open_database: Open) -> None:
    db = await open_database(postgres.connection(), idle_s=0.2)
    await until(lambda: pool_of(db).count == 0)
    postgres.psql("SELECT 1")
    assert (await db.adapter.probe(Deadline.after(5))).authenticated


async def test_the_loop_is_not_blocked(db: Database) -> None:
    slow = [asyncio.create_task(db.rows("slow", 1)) for _ in range(3)]
    worst, last = 0.0, time.monotonic()
    while not all(task.done() for task in slow):
        await asyncio.sleep(0.01)
        worst, last = max(worst, time.monotonic() - last), time.monotonic()
    await asyncio.gather(*slow, return_exceptions=True)
    assert worst < 0.3


GATEWAY = """
import asyncio, sys
from pathlib import Path
from adapters import registry
from adapters.contract import AdapterContext, Deadline, Request

async def main(connection, busy):
    odbc = registry.load("odbc")
    settings = odbc.settings.model_validate({"adapter": "odbc", "connection": connection})
    adapter = odbc.create(settings, AdapterContext("db", Path()))
    await adapter.connect(Deadline.after(10))
    if busy:
        call = asyncio.create_task(adapter.call("slow.read", Request(), Deadline.after(60)))
    print("ready", flush=True)
    await asyncio.sleep(60)

asyncio.run(main(sys.argv[1], sys.argv[2] == "True"))
"""


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "in a driver call"])
async def test_processes_end_with_the_gateway(postgres: PostgresServer, database: str, busy: bool) -> None:
    postgres.psql("CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(60)::text AS nap", database)
    gateway = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", GATEWAY, postgres.connection(database), str(busy)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert gateway.stdout is not None
    assert await gateway.stdout.readline() == b"ready\n"
    await until(lambda: sleeping(postgres, database) == int(busy))
    workers = _children(gateway.pid)
    assert len(workers) == 1
    gateway.kill()
    await gateway.communicate()
    await until(lambda: not any(_is_running(pid) for pid in workers))
    await until(lambda: sleeping(postgres, database) == 0)


def _is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]) != "Z"
    return False


def _children(parent: int | None = None) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                command = (entry / "cmdline").read_bytes()
                if int(fields[1]) == (parent or os.getpid()) and b"adapters.odbc.worker" in command:
                    found.append(int(entry.name))
    return found


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
async def test_signals_to_the_whole_group_do_not_end_calls(db: Database, how: signal.Signals) -> None:
    reply = await db.adapter.call("many.read", Request(), Deadline.after(5))
    assert isinstance(reply, RowsReply)
    (pid,) = [pid for pid in _children() if pid == reply.blocks._worker.pid]  # type: ignore[attr-defined]
    os.kill(pid, how)
    assert await _drained(reply.blocks) == 20_000


async def test_a_stream_that_nobody_closes_gives_its_connection_back_from_any_thread(db: Database) -> None:
    held = [await db.adapter.call("many.read", Request(), Deadline.after(5))]
    await asyncio.to_thread(held.clear)
    gc.collect()
    await until(lambda: len(pool_of(db)._idle) == pool_of(db).count)
    assert await db.rows("t") == [{"id": 1}]


async def test_secrets_are_not_visible_from_outside(db: Database) -> None:
    await db.rows("t")
    (worker,) = pool_of(db)._idle
    for what in ("cmdline", "environ"):
        shown = await asyncio.to_thread(Path(f"/proc/{worker.pid}/{what}").read_bytes)
        assert PASSWORD.encode() not in shown


async def test_a_worker_starts_lean() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys, adapters.odbc.worker; print(*sys.modules)"],
        cwd=ROOT, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    loaded = set(done.stdout.split())
    assert not loaded & {"pydantic", "asyncio", "gateway", "adapters.contract", "adapters.errors", "aiohttp"}


async def test_a_start_that_is_cancelled_leaves_nothing_behind() -> None:
    before = await Leftovers.now()
    for steps in range(12):
        start = asyncio.create_task(Worker.start())
        for _ in range(steps):
            await asyncio.sleep(0)
        start.cancel()
        (result,) = await asyncio.gather(start, return_exceptions=True)
        if isinstance(result, Worker):
            await result.end()
    gc.collect()  # an unclosed socket or transport would warn here, and warnings are errors
    await before.wait_until_gone()


async def test_ending_a_worker_twice_is_harmless() -> None:
    worker = await Worker.start()
    await worker.end(1)
    await worker.end(1)
