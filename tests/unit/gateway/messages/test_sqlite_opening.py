"""Opening the embedded store: its lock, its key, what it must refuse, and that it stays fast."""

from __future__ import annotations

import base64
import errno
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest
from pydantic import ValidationError

from gateway.messages import (
    CannotOpen,
    Damaged,
    Progress,
    SqliteStore,
    State,
    StoreBusy,
    StoreError,
    StoreFailed,
    StoreFull,
    StoreSettings,
    remedies,
)
from gateway.messages.database import is_sound
from tests.unit.gateway.messages.making import FLOW, VERSION, put, whole

ROOMY = StoreSettings(min_free_bytes=0, reserve_bytes=0)
KEY = base64.b64encode(bytes(range(32))).decode()


async def opened(folder: Path, settings: StoreSettings = ROOMY) -> SqliteStore:
    store = SqliteStore(folder, settings)
    await store.open()
    await store.define(FLOW, VERSION, b"{}")
    return store


async def left(folder: Path, settings: StoreSettings = ROOMY) -> str:
    """A closed store with one message in it; the message's id."""
    store = await opened(folder, settings)
    message_id = await put(store)
    await store.aclose()
    return message_id


async def test_only_the_owner_gets_at_anything(tmp_path: Path) -> None:
    store = await opened(tmp_path / "state")
    await put(store, b"x" * 300_000)
    files = [each for each in (tmp_path / "state").rglob("*") if each.is_file()]
    assert len(files) >= 5
    assert {each.name: stat.S_IMODE(each.stat().st_mode) & 0o077 for each in files} == dict.fromkeys(
        (each.name for each in files), 0
    )
    await store.aclose()


async def test_a_second_store_is_refused(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    second = SqliteStore(tmp_path, ROOMY)
    with pytest.raises(StoreBusy, match=f"in use by process {os.getpid()}"):
        await second.open()
    await second.aclose()
    await put(store)
    await store.aclose()
    await (await opened(tmp_path)).aclose()


async def test_a_second_process_is_refused(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    program = (
        "import asyncio, pathlib, sys\n"
        "from gateway.messages import *\n"
        "asyncio.run(SqliteStore(pathlib.Path(sys.argv[1]), StoreSettings()).open())\n"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True)
    assert done.returncode == 1
    assert "two gateways cannot share a state folder" in done.stderr.splitlines()[-1]
    await store.aclose()


async def test_one_who_was_thought_dead_is_fenced(tmp_path: Path) -> None:
    """Where the lock does not work, a second opening still ends the first."""
    store = await opened(tmp_path)
    (tmp_path / "store.lock").unlink()
    second = await opened(tmp_path)
    with pytest.raises(StoreFailed, match="another process has opened the store"):
        await put(store)
    assert store.failed
    await put(second)
    await store.aclose()
    await second.aclose()


async def test_closing_twice_and_using_what_is_closed(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    await store.aclose()
    await store.aclose()
    for use in (put(store), store.find(), put(store, b"x" * 300_000), store.lease(1)):
        with pytest.raises(StoreFailed, match="not open"):
            await use


async def test_closing_what_was_never_opened(tmp_path: Path) -> None:
    await SqliteStore(tmp_path, ROOMY).aclose()


async def test_another_key(tmp_path: Path) -> None:
    await left(tmp_path)
    store = SqliteStore(tmp_path, StoreSettings(key=KEY))
    with pytest.raises(Damaged, match="the key is not the one"):
        await store.open()
    await (await opened(tmp_path)).aclose()


async def test_a_key_of_the_configuration(tmp_path: Path) -> None:
    settings = StoreSettings(key=KEY, min_free_bytes=0, reserve_bytes=0)
    message_id = await left(tmp_path, settings)
    assert not (tmp_path / "store.key").exists()
    store = await opened(tmp_path, settings)
    assert await whole(store, message_id) == b"payload"
    await store.aclose()


@pytest.mark.parametrize("key", ["", "x", "=", KEY[:-4], KEY + "AAAA", "ü", KEY.replace("A", "*")])
def test_no_key(key: str) -> None:
    with pytest.raises(ValidationError, match="base64"):
        StoreSettings(key=key)


def _rewrite(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(content) and None


def _sql(statement: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        database = apsw.Connection(str(folder / "messages.db"))
        database.execute(statement)
        database.close()

    return change


REFUSED: dict[str, tuple[Callable[[Path], Any], type[StoreError], str]] = {
    "the key is gone": (lambda folder: (folder / "store.key").unlink(), Damaged, "store.key is missing"),
    "the key is cut off": (_rewrite("store.key", b"AAAA"), Damaged, "does not hold a key.*from a backup"),
    "the key is binary": (_rewrite("store.key", b"\xff" * 32), Damaged, "does not hold a key"),
    "others may read the key": (
        lambda folder: (folder / "store.key").chmod(0o644),
        StoreFailed,
        "chmod 600 .*/store.key",
    ),
    "others may read the spool": (lambda folder: (folder / "spool").chmod(0o755), StoreFailed, "chmod 700"),
    "the database is gone": (
        lambda folder: (folder / "messages.db").unlink(),
        Damaged,
        "messages.db is gone",
    ),
    "no database": (_rewrite("messages.db", b"no database" * 1000), Damaged, "NotADBError.*from a backup"),
    "a database cut off": (
        lambda folder: os.truncate(folder / "messages.db", 3 * 4096),
        Damaged,
        "CorruptError.*from a backup",
    ),
    "a folder in the database's place": (
        lambda folder: ((folder / "messages.db").unlink(), (folder / "messages.db").mkdir()),
        CannotOpen,
        r"messages\.db: ",
    ),
    "the database is older": (_sql("UPDATE meta SET value = 0 WHERE name = 'epoch'"), Damaged, "is older"),
    "a newer gateway's": (_sql("PRAGMA user_version = 99"), CannotOpen, "tables 99"),
    "no check value": (
        _sql("DELETE FROM meta WHERE name = 'check'"),
        Damaged,
        "the key is not the one.*store.key",
    ),
    "the opening is nonsense": (_rewrite("store.opening", b"[]"), Damaged, "store.opening is not as"),
    "a folder in the key's place": (
        lambda folder: ((folder / "store.key").unlink(), (folder / "store.key").mkdir()),
        CannotOpen,
        "store.key: Is a directory; .*from a backup",
    ),
    "a page is damaged after a failure": (
        lambda folder: (_damage_page(folder), (folder / "store.failed").touch()),
        Damaged,
        "messages.db is damaged.*from a backup",
    ),
}


def _damage_page(folder: Path) -> None:
    """Zero the root of an index."""
    database = apsw.Connection(str(folder / "messages.db"))
    page = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'by_state'").get
    database.close()
    with (folder / "messages.db").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(4096))


@pytest.mark.parametrize(("change", "error", "text"), REFUSED.values(), ids=REFUSED)
async def test_what_is_refused(tmp_path: Path, change: Any, error: type[StoreError], text: str) -> None:
    await left(tmp_path)
    change(tmp_path)
    store = SqliteStore(tmp_path, ROOMY)
    with pytest.raises(error, match=text):
        await store.open()
    await store.aclose()


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.EACCES, "account read and write it"),
        (errno.EPERM, "account read and write it"),
        (errno.ENOSPC, "free some room"),
        (errno.EROFS, "for writing"),
        (errno.EIO, "its disk fails"),
        (errno.ELOOP, "put it in order"),
    ],
)
def test_what_can_be_done_about_a_file(number: int, says: str, tmp_path: Path) -> None:
    key = tmp_path / "store.key"
    text = remedies.of_file(OSError(number, os.strerror(number), key), tmp_path)
    assert text.startswith(f"{key}: {os.strerror(number)}; ")
    assert says in text
    assert str(tmp_path) in remedies.of_file(OSError(number, os.strerror(number)), tmp_path)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (apsw.SQLITE_CORRUPT, "from a backup, as a whole"),
        (apsw.SQLITE_NOTADB, "from a backup, as a whole"),
        (apsw.SQLITE_CANTOPEN, "account read and write messages.db, messages.db-wal"),
        (apsw.SQLITE_READONLY, "account read and write messages.db, messages.db-wal"),
        (apsw.SQLITE_PERM, "account read and write messages.db, messages.db-wal"),
        (apsw.SQLITE_FULL, "free some room"),
        (apsw.SQLITE_BUSY, "end the other program"),
        (apsw.SQLITE_IOERR_READ, "its disk fails"),
    ],
)
def test_what_can_be_done_about_a_database(code: int, says: str, tmp_path: Path) -> None:
    database = tmp_path / "messages.db"
    text = remedies.of_database(apsw.exception_for(code), database)
    assert text.startswith(f"{database}: ")
    assert says in text


async def test_a_log_that_was_removed(tmp_path: Path) -> None:
    message_id = await left(tmp_path)
    last = json.loads((tmp_path / "store.opening").read_bytes())
    (tmp_path / "store.opening").write_text(json.dumps(last | {"closed": False}))
    (tmp_path / "messages.db-wal").unlink(missing_ok=True)
    with pytest.raises(Damaged, match=r"messages\.db-wal is gone"):
        await SqliteStore(tmp_path, ROOMY).open()
    (tmp_path / "store.opening").unlink()
    store = await opened(tmp_path)
    assert await whole(store, message_id) == b"payload"
    await store.aclose()


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreFailed, match="file"):
        await SqliteStore(tmp_path / "file" / "state", ROOMY).open()


async def test_a_database_that_another_program_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    timeout = apsw.Connection.set_busy_timeout

    class Impatient(apsw.Connection):
        def set_busy_timeout(self, milliseconds: int) -> None:
            timeout(self, 50)

    monkeypatch.setattr(apsw, "Connection", Impatient)
    store = await opened(tmp_path)
    other = apsw.Connection(str(tmp_path / "messages.db"))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreFull, match="locked by another program"):
        await put(store)
    other.execute("COMMIT")
    other.close()
    await put(store)
    await store.aclose()


async def test_the_log_stays_small(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    for _ in range(40):
        await put(store, os.urandom(200_000))
    assert (tmp_path / "messages.db-wal").stat().st_size < 12 << 20
    await store.aclose()
    assert (tmp_path / "messages.db-wal").stat().st_size == 0


@pytest.mark.parametrize(
    ("version", "sound"),
    [
        (3_040_001, False), (3_044_005, False), (3_044_006, True), (3_045_000, False), (3_050_006, False),
        (3_050_007, True), (3_051_002, False), (3_051_003, True), (3_054_001, True), (4_000_000, True),
    ],
)  # fmt: skip
def test_which_sqlite_is_sound(version: int, sound: bool) -> None:
    assert is_sound(version) is sound


async def measure(folder: Path, count: int) -> dict[str, float]:
    """Seconds that each thing takes with so many messages waiting behind one of their lane, as many for their
    next attempt, and as many ready."""
    store = await opened(folder)
    for lane in ("a", "b", None):
        await put(store, lane=lane)
    database = apsw.Connection(str(folder / "messages.db"))
    names = [row[1] for row in database.execute("PRAGMA table_info(messages)")]
    given = {"seq": "?2 + value", "place": "?2 + value", "queue": "?3", "due": "?4"}
    columns = ", ".join(given.get(name, name) for name in names)
    soon = round(time.time() * 1000) + 3_600_000
    with database:
        for seq, queue, due in ((1, 3, None), (2, 2, soon), (3, 1, None)):
            database.execute(
                "WITH RECURSIVE numbers (value) AS "
                "(SELECT 1 UNION ALL SELECT value + 1 FROM numbers WHERE value < ?5) "
                f"INSERT INTO messages SELECT {columns} FROM messages, numbers WHERE seq = ?1",
                (seq, seq * 10_000_000, queue, due, count),
            )
    database.close()
    await store.aclose()
    took: dict[str, float] = {}
    store = SqliteStore(folder, ROOMY)

    async def timed(name: str, work: Any) -> Any:
        start = time.perf_counter()
        done = await work
        took[name] = time.perf_counter() - start
        return done

    await timed("open", store.open())
    leases = await timed("lease", store.lease(100))
    assert len(leases) == 100
    assert len(await timed("lease of flows", store.lease(10, flows=[FLOW, "other"]))) == 10
    await timed("complete", store.complete(leases[0], Progress()))
    await timed("append", put(store))
    assert await timed("next due", store.next_due_s()) > 3000
    assert len(await timed("find", store.find(states=[State.PENDING], flow=FLOW, limit=100))) == 100
    assert sum((await timed("counts", store.counts())).values()) == 3 * count + 4
    assert await timed("prune", store.prune()) == 0
    await store.aclose()
    return took


async def test_a_backlog_costs_nothing(tmp_path: Path) -> None:
    took = await measure(tmp_path, 10_000)
    assert max(took.values()) < 5, took


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_a_million_wait(tmp_path: Path) -> None:
    took = await measure(tmp_path, 330_000)
    print(took)
    assert max(took.values()) < 5, took
