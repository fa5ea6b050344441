"""A store that an older gateway left is brought to the tables of this one, and keeps what it has."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from gateway.messages import CannotOpen, Finished, SqliteStore, State, StoreSettings, tables
from tests.unit.gateway.messages.making import FAILURE, FLOW, VERSION, lease_one, put, whole

ROOMY = StoreSettings(min_free_bytes=0, reserve_bytes=0)
FIRST = Path(__file__).with_name("tables_1.sql")
LARGE = b"x" * 300_000


async def opened(folder: Path) -> SqliteStore:
    store = SqliteStore(folder, ROOMY)
    await store.open()
    return store


def shape(database: Path) -> list[tuple[str, str]]:
    """The tables, indexes and triggers of a database, and its version."""
    with apsw.Connection(str(database)) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()
        return [*found, ("version", str(connection.pragma("user_version")))]


def made_old(folder: Path) -> None:
    """Put what a store has into tables of version 1, as an older gateway would have left it."""
    database = folder / "messages.db"
    old = apsw.Connection(str(folder / "old.db"))
    old.execute(FIRST.read_text(encoding="utf-8"))
    triggers = old.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        old.execute(f"DROP TRIGGER {name}")
    old.execute("ATTACH ? AS new", (str(database),))
    for (table,) in old.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table'").fetchall():
        old.execute(f"INSERT INTO main.{table} SELECT * FROM new.{table}")
    for _, sql in triggers:
        old.execute(sql)
    old.close()
    for suffix in ("", "-wal", "-shm"):
        (folder / f"messages.db{suffix}").unlink(missing_ok=True)
    (folder / "old.db").rename(database)
    (folder / "messages.db-wal").touch()


async def left(folder: Path) -> tuple[str, str, str]:
    """A store of version 1 with a message that waits, one in the spool that ran, and a dead letter."""
    store = await opened(folder)
    await store.define(FLOW, VERSION, b"{}")
    dead = await put(store, b"dead")
    await store.dead_letter(await lease_one(store), FAILURE)
    ran = await put(store, LARGE, lane="one")
    await store.record(await lease_one(store), Finished("1/ledger/1", b"answer"))
    waits = await put(store, b"waits", headers={"sftp.name": "a.txt"})
    await store.aclose()
    made_old(folder)
    return waits, ran, dead


async def test_an_old_store_goes_on_with_all_that_it_has(tmp_path: Path) -> None:
    waits, ran, dead = await left(tmp_path)
    assert shape(tmp_path / "messages.db")[-1] == ("version", "1")
    store = await opened(tmp_path)
    assert (await store.get(dead)).failure == FAILURE
    assert await whole(store, waits) == b"waits"
    assert await whole(store, ran) == LARGE
    leases = {each.message.id: each for each in await store.lease(10)}
    assert leases.keys() == {waits, ran}
    assert leases[ran].marks["1/ledger/1"].result == b"answer"
    assert leases[waits].message.headers == {"sftp.name": "a.txt"}
    assert (await store.counts())[FLOW, State.RUNNING] == 2
    await store.aclose()


async def test_its_tables_are_those_of_a_new_store(tmp_path: Path) -> None:
    await left(tmp_path / "old")
    for folder in ("old", "new"):
        await (await opened(tmp_path / folder)).aclose()
    assert shape(tmp_path / "old" / "messages.db") == shape(tmp_path / "new" / "messages.db")
    assert shape(tmp_path / "new" / "messages.db")[-1] == ("version", str(len(tables.STEPS)))


async def test_a_step_that_fails_leaves_the_step_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step is there whole or not at all, and the next start goes on with those that are to come."""
    await left(tmp_path)
    good = (*tables.STEPS, "CREATE TABLE one (n); CREATE TABLE two (n);")
    bad = (*tables.STEPS, "CREATE TABLE one (n); CREATE TABLE one (n);")
    monkeypatch.setattr(tables, "STEPS", bad)
    with pytest.raises(CannotOpen):
        await opened(tmp_path)
    found = shape(tmp_path / "messages.db")
    assert found[-1] == ("version", str(len(good) - 1))
    assert "one" not in dict(found)
    monkeypatch.setattr(tables, "STEPS", good)
    await (await opened(tmp_path)).aclose()
    found = shape(tmp_path / "messages.db")
    assert found[-1] == ("version", str(len(good)))
    assert "two" in dict(found)


async def test_the_store_of_a_newer_gateway_is_refused_and_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = tables.STEPS
    monkeypatch.setattr(tables, "STEPS", (*steps, "CREATE TABLE later (n);"))
    await (await opened(tmp_path)).aclose()
    monkeypatch.setattr(tables, "STEPS", steps)
    before = shape(tmp_path / "messages.db")
    newer, here = len(steps) + 1, len(steps)
    with pytest.raises(CannotOpen, match=rf"newer version of the gateway \(tables {newer}, here {here}\)"):
        await opened(tmp_path)
    assert shape(tmp_path / "messages.db") == before
