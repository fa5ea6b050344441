"""Inserts under an idempotency key: done once, however often and by however many they are sent."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import Operation, ValueReply
from adapters.errors import InvalidRequest, OutcomeUnknown, PeerRejected
from adapters.odbc.config import OdbcSettings
from tests.faults.proxy import Direction, FaultProxy
from tests.peers import sqlite
from tests.peers.postgresql import PostgresServer
from tests.unit.adapters.odbc.conftest import Database, Open

pytestmark = pytest.mark.xdist_group("odbc-postgresql")

MARKS = "legacy_gateway_applied"
SCRIPT = """CREATE TABLE payment (id integer PRIMARY KEY, amount integer CHECK (amount > 0));
CREATE TABLE other (id integer PRIMARY KEY);"""


@pytest.fixture(params=["postgresql", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The connection string of a database with two tables."""
    if request.param == "sqlite":
        return sqlite.connection(sqlite.database(tmp_path / "bank.db", SCRIPT))
    postgres: PostgresServer = request.getfixturevalue("postgres")
    name: str = request.getfixturevalue("database")
    postgres.psql(SCRIPT, name)
    return postgres.connection(name)


@pytest.fixture
async def bank(place: str, open_database: Open) -> Database:
    return await open_database(place, applied_table=MARKS)


def operation(db: Database, name: str) -> Operation:
    return next(operation for operation in db.adapter.operations() if operation.name == name)


async def ids(db: Database, table: str = "payment") -> list[int]:
    return [row["id"] for row in await db.rows(table, order="id")]


async def test_the_table_of_marks_is_made_and_not_offered(
    bank: Database, place: str, open_database: Open
) -> None:
    names = {operation.name for operation in bank.adapter.operations()}
    assert names == {
        f"{table}.{verb}" for table in ("payment", "other") for verb in ("read", "get", "insert")
    }
    assert operation(bank, "payment.insert").deduplicates
    assert bank.adapter.notes() == ()
    again = await open_database(place, applied_table=MARKS)
    assert again.adapter.notes() == ()
    assert {operation.name for operation in again.adapter.operations()} == names
    without = await open_database(place)
    assert not operation(without, "payment.insert").deduplicates


async def test_the_same_key_inserts_once(bank: Database) -> None:
    first = await bank.insert("payment", [{"id": 1, "amount": 5}, {"id": 2, "amount": 6}], key="m1:0/pay")
    assert [row["id"] for row in first.value] == [1, 2]  # type: ignore[union-attr,index,call-overload]
    assert "odbc.repeated" not in first.headers
    again = await bank.insert("payment", [{"id": 3, "amount": 5}], key="m1:0/pay")
    assert again.value is None
    assert again.headers == {"odbc.repeated": "true", "preference-applied": "return=minimal"}
    assert await ids(bank) == [1, 2]
    await bank.insert("payment", {"id": 3, "amount": 5}, key="m1:1/pay")
    await bank.insert("payment", {"id": 4, "amount": 5})
    assert await ids(bank) == [1, 2, 3, 4]


async def test_a_repeated_single_row_still_has_its_place(bank: Database) -> None:
    for _ in range(2):
        reply = await bank.insert("payment", {"id": 7, "amount": 1}, prefer="return=minimal", key="k")
        assert reply.value is None
        assert (reply.headers["odbc.key"], reply.headers["location"]) == ("7", "/payment/7")


async def test_a_key_counts_for_one_table(bank: Database) -> None:
    await bank.insert("payment", {"id": 1, "amount": 5}, key="k")
    await bank.insert("other", {"id": 1}, key="k")
    assert (await ids(bank), await ids(bank, "other")) == ([1], [1])


async def test_keys_are_told_apart_exactly(bank: Database) -> None:
    keys = ["k", "K", "k ", " k", "k.", "x" * 200, "x" * 199 + "y", "m:0/step'\"\\;--", "{fn now()}", "?"]
    for number, key in enumerate(keys):
        await bank.insert("payment", {"id": number, "amount": 1}, key=key)
    assert len(await ids(bank)) == len(keys)


@pytest.mark.parametrize(
    "key", ["", "x" * 201, "é", "a\x00b", "a\nb"], ids=["empty", "long", "é", "nul", "lf"]
)
async def test_what_is_no_key_is_refused_and_nothing_done(bank: Database, key: str) -> None:
    with pytest.raises(InvalidRequest):
        await bank.insert("payment", {"id": 1, "amount": 1}, key=key)
    assert await ids(bank) == []


async def test_a_refused_insert_leaves_no_mark(bank: Database) -> None:
    for body in ({"id": 1, "amount": 0}, [{"id": 1, "amount": 1}, {"id": 2, "amount": 0}]):
        with pytest.raises(PeerRejected) as caught:
            await bank.insert("payment", body, key="k")
        assert caught.value.code == "23514"
        assert not caught.value.transient
    await bank.insert("payment", {"id": 1, "amount": 1}, key="k")
    assert await ids(bank) == [1]


async def test_many_at_once_under_one_key_insert_once(bank: Database) -> None:
    replies = await asyncio.gather(
        *(bank.insert("payment", {"id": number, "amount": 1}, 30, key="k") for number in range(12))
    )
    assert sorted(reply.headers.get("odbc.repeated", "") for reply in replies) == [""] + ["true"] * 11
    assert len(await ids(bank)) == 1


async def test_one_that_waits_for_a_refused_one_inserts(bank: Database) -> None:
    bodies = [{"id": 1, "amount": 0}] * 3 + [{"id": 1, "amount": 1}] + [{"id": 1, "amount": 0}] * 3
    found = await asyncio.gather(
        *(bank.insert("payment", body, 30, key="k") for body in bodies), return_exceptions=True
    )
    assert not isinstance(found[3], BaseException)
    assert await ids(bank) == [1]


async def test_old_marks_are_removed(tmp_path: Path, open_database: Open) -> None:
    path = sqlite.database(tmp_path / "bank.db", SCRIPT)
    bank = await open_database(sqlite.connection(path), applied_table=MARKS, applied_keep_days=7)
    for days in (6, 8):
        at = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
        _run(path, f"INSERT INTO {MARKS} VALUES ('{days} days', 'payment', '{at}')")
    await bank.insert("payment", {"id": 1, "amount": 1}, key="new")
    async with asyncio.timeout(10):
        while len(_run(path, f"SELECT key FROM {MARKS}")) != 2:
            await asyncio.sleep(0.01)
    assert sorted(_run(path, f"SELECT key FROM {MARKS}")) == [("6 days",), ("new",)]


def _run(path: Path, sql: str) -> list[Any]:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(sql).fetchall()


UNFIT = {
    "a view": f"CREATE VIEW {MARKS} AS SELECT 1 AS key, 2 AS target, 3 AS applied_at",
    "no key": f"CREATE TABLE {MARKS} (key text, target text, applied_at text)",
    "other columns": f"CREATE TABLE {MARKS} (key text PRIMARY KEY)",
    "half a key": f"CREATE TABLE {MARKS} (key text PRIMARY KEY, target text, applied_at text)",
}


@pytest.mark.parametrize("sql", UNFIT.values(), ids=UNFIT)
async def test_another_table_of_the_name_is_left_alone(sql: str, tmp_path: Path, open_database: Open) -> None:
    path = sqlite.database(tmp_path / "bank.db", SCRIPT + sql)
    bank = await open_database(sqlite.connection(path), applied_table=MARKS)
    (note,) = bank.adapter.notes()
    assert note.startswith(f"applied_table: {MARKS} is of no use, no insert can be repeated: it ")
    assert not operation(bank, "payment.insert").deduplicates
    for number in (1, 2):
        await bank.insert("payment", {"id": number, "amount": 1}, key="k")
    assert await ids(bank) == [1, 2]


async def test_a_table_that_may_not_be_made_is_noted(
    postgres: PostgresServer, database: str, open_database: Open
) -> None:
    postgres.psql(
        SCRIPT + "DROP ROLE IF EXISTS clerk; CREATE ROLE clerk LOGIN PASSWORD 'c';"
        "GRANT SELECT, INSERT ON payment TO clerk",
        database,
    )
    connection = postgres.connection(database).replace("Uid=postgres", "Uid=clerk")
    connection = connection[: connection.index("Pwd=")] + "Pwd=c"
    bank = await open_database(connection, applied_table=MARKS)
    (note,) = bank.adapter.notes()
    assert note.startswith(f"applied_table: {MARKS} cannot be made")
    assert "42501" in note
    assert not operation(bank, "payment.insert").deduplicates
    await bank.adapter.aclose()
    postgres.psql("DROP OWNED BY clerk; DROP ROLE clerk", database)


def test_marks_need_inserts() -> None:
    raw = {"adapter": "odbc", "connection": "DSN=x", "applied_table": MARKS, "read_only": True}
    with pytest.raises(ValueError, match="no use where read_only"):
        OdbcSettings.model_validate(raw)


COMMIT = len(b"Q\0\0\0\0COMMIT\0")
COMMITTED = len(b"C\0\0\0\0COMMIT\0") + len(b"Z\0\0\0\0I")


@pytest.mark.parametrize(
    ("direction", "last"),
    [(Direction.TO_SERVER, COMMIT), (Direction.TO_CLIENT, COMMITTED)],
    ids=["before COMMIT arrives", "before its answer arrives"],
)
async def test_a_link_cut_at_commit_and_the_same_again_inserts_once(
    postgres: PostgresServer, database: str, open_database: Open, direction: Direction, last: int
) -> None:
    postgres.psql(SCRIPT, database)
    async with FaultProxy(postgres.port) as proxy:
        connection = postgres.connection(database, port=proxy.port)
        bank = await open_database(connection, applied_table=MARKS, max_connections=1)

        async def pay(number: int) -> ValueReply:
            body = {"id": number, "amount": 5}
            return await bank.insert("payment", body, prefer="return=minimal", key=f"k{number}")

        for number in (10, 11, 12, 13):  # every statement is prepared then, each insert sends as many bytes
            start = proxy.bytes(direction)
            await pay(number)
            sent = proxy.bytes(direction) - start
        proxy.cut_after(sent - last, direction)
        with pytest.raises(OutcomeUnknown):
            await pay(14)
        proxy.restore()
        committed = direction is Direction.TO_CLIENT
        assert postgres.psql("SELECT count(*) FROM payment WHERE id = 14", database) == str(int(committed))
        reply = await pay(14)
        assert ("odbc.repeated" in reply.headers) is committed
        assert await ids(bank) == [10, 11, 12, 13, 14]
