"""Change channels: each new row is delivered, marked once it is stored, and told from its next life."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import Deadline, Delivery
from adapters.errors import AdapterError, LimitExceeded, PeerRejected, PermissionDenied, ProtocolViolation
from adapters.odbc.config import OdbcSettings
from tests.peers import sqlite
from tests.peers.postgresql import PostgresServer
from tests.unit.adapters.odbc.conftest import Database, Open

pytestmark = pytest.mark.xdist_group("odbc-postgresql")

SCRIPT = """CREATE TABLE outbox (
    id integer PRIMARY KEY, name varchar(40), amount numeric(20, 4), state varchar(10) DEFAULT 'new',
    again integer DEFAULT 0);
CREATE TABLE other (id integer PRIMARY KEY);"""
ORDERS = {"table": "outbox", "status": {"column": "state"}, "version": "again", "poll_interval_s": 0.05}
AWAITED_S = 20.0


class Place:
    """A database that the test changes beside the adapter."""

    def __init__(self, connection: str, run: Callable[[str], list[tuple[Any, ...]]], open_: Open) -> None:
        self.connection = connection
        self.run = run
        self._open = open_

    async def opened(self, orders: dict[str, Any] | None = None, **settings: Any) -> Database:
        return await self.opened_with({"orders": orders or {}}, **settings)

    async def opened_with(self, changes: dict[str, dict[str, Any]], **settings: Any) -> Database:
        channels = {name: {**ORDERS, **orders} for name, orders in changes.items()}
        return await self._open(self.connection, changes=channels, **settings)

    def states(self) -> dict[int, str]:
        return dict(self.run("SELECT id, state FROM outbox ORDER BY id"))


@pytest.fixture(params=["postgresql", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path, open_database: Open) -> Place:
    if request.param == "sqlite":
        return in_sqlite(tmp_path / "shop.db", open_database)
    return request.getfixturevalue("in_postgres")  # type: ignore[no-any-return]


@pytest.fixture
def in_postgres(postgres: PostgresServer, database: str, open_database: Open) -> Place:
    return postgres_with(SCRIPT, postgres, database, open_database)


def postgres_with(script: str, postgres: PostgresServer, database: str, open_: Open) -> Place:
    def run(sql: str) -> list[tuple[Any, ...]]:
        wrapped = f"SELECT row_to_json(r) FROM ({sql}) r" if sql.startswith("SELECT") else sql
        lines = postgres.psql(wrapped, database).splitlines()
        return [tuple(json.loads(line).values()) for line in lines] if wrapped is not sql else []

    postgres.psql(script, database)
    return Place(postgres.connection(database), run, open_)


def in_sqlite(path: Path, open_: Open, script: str = SCRIPT) -> Place:
    sqlite.database(path, script)

    def run(sql: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(path, timeout=20)) as connection, connection:
            return connection.execute(sql).fetchall()

    return Place(sqlite.connection(path), run, open_)


@contextlib.asynccontextmanager
async def receiving(db: Database, channel: str = "orders") -> AsyncIterator[AsyncGenerator[Delivery, None]]:
    async with aclosing(db.adapter.receive(channel, None)) as deliveries:
        yield deliveries


async def following(deliveries: AsyncGenerator[Delivery, None], count: int = 1) -> list[Delivery]:
    async with asyncio.timeout(AWAITED_S):
        return [await anext(deliveries) for _ in range(count)]


async def text(delivery: Delivery) -> str:
    async with aclosing(delivery.payload.chunks) as chunks:
        return b"".join([chunk async for chunk in chunks]).decode()


async def row(delivery: Delivery) -> Any:
    return json.loads(await text(delivery), parse_float=Decimal)


async def ids(deliveries: list[Delivery]) -> list[int]:
    return [(await row(delivery))["id"] for delivery in deliveries]


async def none_follows(deliveries: AsyncGenerator[Delivery, None]) -> None:
    """Several polls pass and nothing comes. The generator has ended then."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await anext(deliveries)


async def test_a_new_row_is_delivered_as_it_is_read_and_marked_when_acknowledged(place: Place) -> None:
    db = await place.opened()
    place.run("INSERT INTO outbox (id, name, amount) VALUES (1, 'é😀 \"x\"', 12.5)")
    (channel,) = db.adapter.channels()
    assert (channel.name, channel.window, channel.holds_records) == ("orders", 100, False)
    assert channel.payload.schema["required"] == ["id", "name", "amount", "state", "again"]  # type: ignore[union-attr]
    async with receiving(db) as deliveries:
        (delivery,) = await following(deliveries)
        assert delivery.payload.content_type == "application/json"
        assert await row(delivery) == await db.get("outbox", 1)
        assert delivery.headers == {"odbc.table": "outbox", "odbc.key": "1"}
        assert (delivery.source_key(), delivery.cursor()) == ("orders[1]@0", None)
        assert not delivery.redelivered
        assert place.states() == {1: "new"}
        await delivery.ack()
        assert place.states() == {1: "done"}
        await none_follows(deliveries)


async def test_rows_in_hand_do_not_come_twice_and_others_do(place: Place) -> None:
    db = await place.opened({"batch": 3})
    async with receiving(db) as deliveries:
        place.run("INSERT INTO outbox (id) VALUES (5), (6), (7), (8), (9)")
        first = await following(deliveries, 5)
        assert await ids(first) == [5, 6, 7, 8, 9]
        place.run("INSERT INTO outbox (id) VALUES (1), (10)")
        later = await following(deliveries, 2)
        assert await ids(later) == [1, 10]
        for delivery in first + later:
            await delivery.ack()
        await none_follows(deliveries)
    assert set(place.states().values()) == {"done"}


async def test_what_was_not_marked_comes_again_under_its_key(place: Place) -> None:
    """As after a crash between storing a row and marking it."""
    db = await place.opened()
    place.run("INSERT INTO outbox (id) VALUES (1), (2)")
    keys = []
    for _ in range(2):
        async with receiving(db) as deliveries:
            found = await following(deliveries, 2)
            keys.append([delivery.source_key() for delivery in found])
    assert keys[0] == keys[1] == ["orders[1]@0", "orders[2]@0"]


async def test_a_row_that_becomes_new_again_is_another_arrival(place: Place) -> None:
    db = await place.opened()
    place.run("INSERT INTO outbox (id, name) VALUES (1, 'same')")
    keys = []
    async with receiving(db) as deliveries:
        for _ in range(3):
            (delivery,) = await following(deliveries)
            keys.append(delivery.source_key())
            await delivery.ack()
            place.run("UPDATE outbox SET state = 'new', again = again + 1")
    assert keys == ["orders[1]@0", "orders[1]@1", "orders[1]@2"]


async def test_postgresql_tells_the_lives_of_a_row_apart_by_itself(in_postgres: Place) -> None:
    db = await in_postgres.opened({"version": None})
    in_postgres.run("INSERT INTO outbox (id, name) VALUES (1, 'same')")
    keys = []
    async with receiving(db) as deliveries:
        for _ in range(3):
            (delivery,) = await following(deliveries)
            assert "xmin" not in await row(delivery)
            keys.append(delivery.source_key())
            await delivery.ack()
            in_postgres.run("UPDATE outbox SET state = 'new'")
        assert len(set(keys)) == 3
        (delivery,) = await following(deliveries)
    in_postgres.run("VACUUM FREEZE outbox")
    async with receiving(db) as deliveries:
        (again,) = await following(deliveries)
        assert again.source_key() == delivery.source_key()


@pytest.mark.parametrize("version", ["again", None], ids=["a column", "of the database"])
async def test_a_row_that_changed_after_it_was_read_is_not_marked(
    in_postgres: Place, version: str | None
) -> None:
    db = await in_postgres.opened({"version": version})
    in_postgres.run("INSERT INTO outbox (id, name) VALUES (1, 'old')")
    async with receiving(db) as deliveries:
        (old,) = await following(deliveries)
        in_postgres.run("UPDATE outbox SET name = 'young', again = 1")
        await old.ack()
        assert in_postgres.states() == {1: "new"}
        (young,) = await following(deliveries)
        assert (await row(young))["name"] == "young"
        assert young.source_key() != old.source_key()
        in_postgres.run("UPDATE outbox SET state = 'withdrawn'")
        await young.ack()
        assert in_postgres.states() == {1: "withdrawn"}


async def test_a_refused_row_comes_again_and_does_not_hold_up_others(place: Place) -> None:
    db = await place.opened({"batch": 1})
    place.run("INSERT INTO outbox (id) VALUES (1), (2)")
    async with receiving(db) as deliveries:
        (first,) = await following(deliveries)
        await first.nack("no room")
        seen = await following(deliveries, 2)
        again = {delivery.headers["odbc.key"]: delivery.redelivered for delivery in seen}
        assert again == {"1": True, "2": False}
        for delivery in seen:
            await delivery.ack()
        await none_follows(deliveries)
    assert place.states() == {1: "done", 2: "done"}


async def test_a_row_that_is_never_taken_is_put_aside(place: Place) -> None:
    db = await place.opened({"status": {"column": "state", "error": "bad"}})
    place.run("INSERT INTO outbox (id) VALUES (1)")
    async with receiving(db) as deliveries:
        (delivery,) = await following(deliveries)
        await delivery.nack("does not fit", for_good=True)
        assert place.states() == {1: "bad"}
        await none_follows(deliveries)


async def test_a_row_that_cannot_be_put_aside_stays_new_and_is_not_offered_at_once(place: Place) -> None:
    db = await place.opened()
    place.run("INSERT INTO outbox (id) VALUES (1)")
    async with receiving(db) as deliveries:
        (delivery,) = await following(deliveries)
        await delivery.nack("does not fit", for_good=True)
        await none_follows(deliveries)
    assert place.states() == {1: "new"}


@pytest.mark.parametrize("error", ["bad", None])
async def test_a_row_that_is_too_long_does_not_hold_up_the_others(
    error: str | None, tmp_path: Path, postgres: PostgresServer, database: str, open_database: Open
) -> None:
    script = SCRIPT.replace("varchar(40)", "text")
    for place in (
        in_sqlite(tmp_path / "shop.db", open_database, script),
        postgres_with(script, postgres, database, open_database),
    ):
        db = await place.opened({"status": {"column": "state", "error": error}}, max_reply_bytes=100_000)
        place.run("INSERT INTO outbox (id) VALUES (1), (2), (3)")
        place.run(f"UPDATE outbox SET name = '{'x' * 200_000}' WHERE id = 2")
        async with receiving(db) as deliveries:
            first, second, third = await following(deliveries, 3)
            assert [(await row(each))["id"] for each in (first, third)] == [1, 3]
            with pytest.raises(LimitExceeded, match=r"the row 2: .* 100000 bytes"):
                await text(second)
            await second.nack("it is too long", for_good=True)
            await first.ack()
            await third.ack()
            place.run("INSERT INTO outbox (id) VALUES (4)")
            (fourth,) = await following(deliveries)
            await fourth.ack()
            await none_follows(deliveries)
        assert place.states() == {1: "done", 2: error or "new", 3: "done", 4: "done"}


@pytest.mark.long
async def test_a_row_that_no_process_has_memory_for_does_not_hold_up_the_others(
    postgres: PostgresServer, database: str, open_database: Open
) -> None:
    place = postgres_with(SCRIPT.replace("varchar(40)", "text"), postgres, database, open_database)
    db = await place.opened({"status": {"column": "state", "error": "bad"}}, timeout_s=60)
    place.run("INSERT INTO outbox (id) VALUES (1), (2), (3)")
    place.run("UPDATE outbox SET name = repeat('x', 300000000) WHERE id = 2")
    async with receiving(db) as deliveries:
        first, second, third = await following(deliveries, 3)
        assert [(await row(each))["id"] for each in (first, third)] == [1, 3]
        with pytest.raises(LimitExceeded, match="the row 2: "):
            await text(second)
        await second.nack("it is too long", for_good=True)
        await first.ack()
        await third.ack()
        await none_follows(deliveries)
    assert place.states() == {1: "done", 2: "bad", 3: "done"}


async def test_rows_can_be_deleted_instead(place: Place) -> None:
    db = await place.opened({"status": None, "delete": True, "where": {"name": "neq.keep"}})
    place.run("INSERT INTO outbox (id, name) VALUES (1, 'a'), (2, 'keep'), (3, 'b')")
    async with receiving(db) as deliveries:
        found = await following(deliveries, 2)
        assert await ids(found) == [1, 3]
        place.run("UPDATE outbox SET again = 1 WHERE id = 3")
        for delivery in found:
            await delivery.ack()
        assert list(place.states()) == [2, 3]
        (changed,) = await following(deliveries)
        await changed.ack()
    assert list(place.states()) == [2]


async def test_conditions_order_and_columns(place: Place) -> None:
    db = await place.opened(
        {
            "where": {"amount": "gte.2", "or": "(name.eq.a,name.is.null)"},
            "order_by": "amount.desc",
            "columns": ["amount", "name"],
        }
    )
    place.run(
        "INSERT INTO outbox (id, name, amount) VALUES"
        " (1, 'a', 1), (2, 'a', 2), (3, 'b', 9), (4, NULL, 4), (5, 'a', 4)"
    )
    async with receiving(db) as deliveries:
        found = await following(deliveries, 3)
        assert [delivery.headers["odbc.key"] for delivery in found] == ["4", "5", "2"]
        assert list(await row(found[0])) == ["amount", "name"]
        await none_follows(deliveries)


STATUSES: list[tuple[str, str | None, str, dict[str, Any], Any]] = [
    ("integer", None, "0", {"new": 0, "done": 1}, 1),
    ("varchar(9)", None, "NULL", {"new": None, "done": "sent"}, "sent"),
    ("varchar(9)", None, "'x'", {"new": "x", "done": None}, None),
    ("varchar(9)", None, "''", {"new": "", "done": "1"}, "1"),
    ("varchar(9)", None, "'it''s; --'", {"new": "it's; --", "done": '"é?{x}'}, '"é?{x}'),
    ("boolean", "postgresql", "true", {"new": True, "done": False}, False),
    ("boolean", "sqlite", "true", {"new": True, "done": False}, 0),
    ("timestamp", "postgresql", "NULL", {"new": None, "done": "infinity"}, "infinity"),
    ("char(4)", None, "'n   '", {"new": "n   ", "done": "d   "}, "d   "),
]


async def test_states_of_any_type(place: Place) -> None:
    here = "sqlite" if "sqlite" in place.connection else "postgresql"
    cases = {f"c{n}": case for n, case in enumerate(STATUSES) if case[1] in (None, here)}
    for name, (declared, _, sql, _, _) in cases.items():
        place.run(f"CREATE TABLE {name} (id integer PRIMARY KEY, mark {declared})")
        place.run(f"INSERT INTO {name} VALUES (1, {sql})")
    db = await place.opened_with(
        {
            name: {"table": name, "status": {"column": "mark", **status}, "version": "id"}
            for name, (_, _, _, status, _) in cases.items()
        }
    )
    assert len(db.adapter.channels()) == len(cases) >= 7
    for name, case in cases.items():
        async with receiving(db, name) as deliveries:
            (delivery,) = await following(deliveries)
            await delivery.ack()
        assert place.run(f"SELECT mark FROM {name}") == [(case[-1],)], case


KEYS = [
    ("varchar(200)", "'a,\"b\" é😀 '' \\ ; --'"),
    ("varchar(2000)", "'" + "long " * 300 + "'"),
    ("char(6)", "'ab'"),
    ("numeric(30, 10)", "12345678901234567890.0123456789"),
    ("double precision", "0.1"),
    ("double precision", "5e-324"),
    ("date", "'2026-01-31'"),
    ("timestamp", "'2026-01-31 12:00:00.123456'"),
    ("timestamptz", "'2026-01-31 12:00:00.5+05:30'"),
    ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"),
    ("bytea", "'\\x00ff10'"),
    ("boolean", "true"),
    ("bigint", "9223372036854775807"),
    ("interval", "'1 day 2 hours'"),
    ("inet", "'192.168.0.1/24'"),
    ("money", "12.34"),
]


async def test_rows_are_found_again_by_keys_of_any_type(in_postgres: Place) -> None:
    cases = {f"c{n}": case for n, case in enumerate(KEYS)}
    in_postgres.run(
        "".join(
            f"CREATE TABLE {name} (a {declared}, b integer, v {declared}, state text, PRIMARY KEY (a, b));"
            f"INSERT INTO {name} VALUES ({value}, 1, {value}, 'new'), ({value}, 2, NULL, 'new');"
            for name, (declared, value) in cases.items()
        )
    )
    db = await in_postgres.opened_with({name: {"table": name, "version": "v"} for name in cases})
    for name in cases:
        async with receiving(db, name) as deliveries:
            found = await following(deliveries, 2)
            assert len({delivery.source_key() for delivery in found}) == 2
            assert all(len(delivery.source_key() or "") <= 2000 for delivery in found)
            await asyncio.gather(*(delivery.ack() for delivery in found))
    left = " UNION ALL ".join(f"SELECT '{name}' AS name, state FROM {name}" for name in cases)
    assert {state for _, state in in_postgres.run(left)} == {"done"}


async def test_a_key_may_be_named_and_hold_nulls(place: Place) -> None:
    place.run("CREATE TABLE keyless (a varchar(9), b integer, state varchar(9))")
    place.run("INSERT INTO keyless VALUES (NULL, 1, 'new'), ('x', NULL, 'new'), ('x', 2, 'new')")
    db = await place.opened({"table": "keyless", "key": ["a", "b"], "version": "b"})
    async with receiving(db) as deliveries:
        found = await following(deliveries, 3)
        assert len({delivery.source_key() for delivery in found}) == 3
        await found[0].ack()
        assert len(place.run("SELECT * FROM keyless WHERE state = 'done'")) == 1
        await found[1].ack()
        await found[2].ack()
    assert len(place.run("SELECT * FROM keyless WHERE state = 'done'")) == 3


UNFIT: list[tuple[dict[str, Any], str]] = [
    ({"table": "outbux"}, "there is no table 'outbux'"),
    ({"status": {"column": "stato"}}, "has no column 'stato'"),
    ({"version": "versio"}, "has no column 'versio'"),
    ({"key": "ident"}, "has no column 'ident'"),
    ({"columns": ["id", "nome"]}, "has no column 'nome'"),
    ({"where": {"nome": "eq.x"}}, "no column 'nome'; did you mean 'name'?"),
    ({"where": {"name": "like"}}, "name: position 5: expected '.'"),
    ({"order_by": "nome"}, "no column 'nome'"),
    ({"order_by": "name.sideways"}, "expected asc or desc"),
    ({"where": {"id": "eq.one"}}, "whole number"),
    ({"table": "keyless"}, "no primary key"),
    ({"status": {"column": "id"}}, "whole number"),
    ({"status": {"column": "again", "new": 0, "done": "done"}}, "whole number"),
]


async def test_what_cannot_be_a_channel_is_missing_and_says_why(tmp_path: Path, open_database: Open) -> None:
    script = SCRIPT + "CREATE TABLE keyless (id integer, state text, again integer);"
    place = in_sqlite(tmp_path / "shop.db", open_database, script)
    db = await place.opened_with({f"c{n}": orders for n, (orders, _) in enumerate(UNFIT)})
    assert db.adapter.channels() == []
    missing = db.adapter.missing()
    assert [channel.name for channel in missing] == [f"changes.c{n}" for n in range(len(UNFIT))]
    for channel, (orders, reason) in zip(missing, UNFIT, strict=True):
        assert reason in channel.reason, orders


async def test_without_a_version_rows_are_taken_where_the_database_keeps_one(
    in_postgres: Place, tmp_path: Path, open_database: Open
) -> None:
    elsewhere = await in_sqlite(tmp_path / "shop.db", open_database).opened({"version": None})
    (missing,) = elsewhere.adapter.missing()
    assert "name a `version` column of outbox" in missing.reason
    in_postgres.run("CREATE VIEW seen AS SELECT * FROM outbox")
    of_view = await in_postgres.opened({"table": "seen", "key": "id", "version": None})
    assert "name a `version`" in of_view.adapter.missing()[0].reason


INVALID: list[tuple[dict[str, Any], str]] = [
    ({}, "needs either status or delete"),
    ({"status": {"column": "s"}, "delete": True}, "needs either status or delete"),
    ({"status": {"column": "s", "new": "x", "done": "x"}}, "again and again"),
    ({"status": {"column": "s", "error": "new"}}, "again and again"),
    ({"status": {"column": "s"}, "poll_interval_s": 0}, "greater than"),
    ({"status": {"column": "s"}, "batch": 0}, "greater than"),
    ({"status": {"column": "s"}, "keys": "id"}, "Extra inputs"),
]


@pytest.mark.parametrize(("orders", "reason"), INVALID, ids=[str(orders) for orders, _ in INVALID])
def test_settings_that_make_no_sense(orders: dict[str, Any], reason: str) -> None:
    raw = {"adapter": "odbc", "connection": "DSN=x", "changes": {"orders": {"table": "t", **orders}}}
    with pytest.raises(ValueError, match=reason):
        OdbcSettings.model_validate(raw)


def test_a_read_only_system_has_no_change_channels() -> None:
    raw = {"adapter": "odbc", "connection": "DSN=x", "read_only": True, "changes": {"orders": ORDERS}}
    with pytest.raises(ValueError, match="read_only does not allow"):
        OdbcSettings.model_validate(raw)


DRIFTS = [
    ("ALTER TABLE outbox DROP COLUMN name", PeerRejected, "a column is no longer there"),
    ("ALTER TABLE outbox RENAME COLUMN state TO status", PeerRejected, "a column is no longer there"),
    ("DROP TABLE outbox", PeerRejected, "the table is no longer there"),
    ("ALTER TABLE outbox ALTER name TYPE integer USING 1", ProtocolViolation, "name is 'integer' and was"),
    ("ALTER TABLE outbox ALTER amount TYPE numeric(20, 2)", ProtocolViolation, "amount is 'numeric(20,2)'"),
    ("ALTER TABLE outbox ALTER state TYPE text", ProtocolViolation, "state is 'text'"),
    ("ALTER TABLE outbox ALTER id TYPE bigint", ProtocolViolation, "id is 'bigint' and was 'integer'"),
]


@pytest.mark.parametrize(("sql", "error", "reason"), DRIFTS, ids=[sql[:60] for sql, _, _ in DRIFTS])
async def test_a_table_that_changes_stops_the_channel_and_nothing_is_skipped(
    in_postgres: Place, sql: str, error: type[AdapterError], reason: str
) -> None:
    db = await in_postgres.opened()
    in_postgres.run("INSERT INTO outbox (id) VALUES (1), (2)")
    async with receiving(db) as deliveries:
        (delivery,) = await following(deliveries)
        await delivery.ack()
    in_postgres.run(sql)
    for _ in range(2):
        async with receiving(db) as deliveries:
            with pytest.raises(error) as caught:
                await following(deliveries)
            assert reason in str(caught.value)
    if "name TYPE" in sql:
        await db.adapter.connect(Deadline.after(15))
        async with receiving(db) as deliveries:
            (delivery,) = await following(deliveries)
            assert await row(delivery) == {"id": 2, "name": 1, "amount": None, "state": "new", "again": 0}


@pytest.mark.parametrize("column", ["state", "amount", "id"])
async def test_a_new_column_and_one_that_is_gone_in_sqlite(
    column: str, tmp_path: Path, open_database: Open
) -> None:
    place = in_sqlite(tmp_path / "shop.db", open_database)
    db = await place.opened()
    place.run("INSERT INTO outbox (id) VALUES (1)")
    place.run("ALTER TABLE outbox ADD COLUMN further text")
    async with receiving(db) as deliveries:
        (delivery,) = await following(deliveries)
        assert "further" not in await row(delivery)
    place.run(f"ALTER TABLE outbox RENAME COLUMN {column} TO renamed")
    async with receiving(db) as deliveries:
        with pytest.raises(PeerRejected) as caught:
            await following(deliveries)
    assert caught.value.code == "42S22"
    with pytest.raises(PeerRejected) as caught:
        await db.rows("outbox")
    assert caught.value.code == "42S22"


async def test_what_commits_late_is_found(
    in_postgres: Place, postgres: PostgresServer, database: str
) -> None:
    """A transaction that began first, took the lower number, and commits last."""
    db = await in_postgres.opened()
    slow = asyncio.create_task(
        asyncio.to_thread(
            postgres.psql,
            "BEGIN; INSERT INTO outbox (id) VALUES (1); SELECT pg_advisory_lock(7); COMMIT;",
            database,
        )
    )
    holder = "SELECT pg_advisory_lock(7); SELECT pg_sleep(0.6)"
    held = asyncio.create_task(asyncio.to_thread(postgres.psql, holder, database))
    in_postgres.run("INSERT INTO outbox (id) VALUES (2)")
    found: set[int] = set()
    async with receiving(db) as deliveries:
        while found != {1, 2}:
            (delivery,) = await following(deliveries)
            found |= set(await ids([delivery]))
            await delivery.ack()
    await asyncio.gather(slow, held)


async def test_acknowledgements_at_once_share_transactions(in_postgres: Place) -> None:
    in_postgres.run(
        "CREATE TABLE commits (tx bigint);"
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN INSERT INTO commits VALUES (txid_current()); RETURN NEW; END$$;"
        "CREATE TRIGGER note BEFORE UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION note();"
        "INSERT INTO outbox (id) SELECT generate_series(1, 100)"
    )
    db = await in_postgres.opened()
    async with receiving(db) as deliveries:
        found = await following(deliveries, 100)
        assert await ids(found) == list(range(1, 101))
        await asyncio.gather(*(delivery.ack() for delivery in found))
    assert set(in_postgres.states().values()) == {"done"}
    (counts,) = in_postgres.run("SELECT count(*) AS rows, count(DISTINCT tx) AS transactions FROM commits")
    assert counts[0] == 100
    assert counts[1] <= 3


async def test_one_row_that_cannot_be_marked_does_not_hold_up_the_others(in_postgres: Place) -> None:
    in_postgres.run(
        "ALTER TABLE outbox ADD CHECK (NOT (id = 3 AND state = 'done'));"
        "INSERT INTO outbox (id) VALUES (1), (2), (3), (4)"
    )
    db = await in_postgres.opened()
    async with receiving(db) as deliveries:
        found = await following(deliveries, 4)
        results = await asyncio.gather(*(delivery.ack() for delivery in found), return_exceptions=True)
        assert [type(result) for result in results] == [type(None), type(None), PeerRejected, type(None)]
        (again,) = await following(deliveries)
        assert (await ids([again]), again.redelivered) == ([3], True)
    assert in_postgres.states() == {1: "done", 2: "done", 3: "new", 4: "done"}


async def test_rights_are_asked_of_the_database(
    in_postgres: Place, postgres: PostgresServer, database: str
) -> None:
    in_postgres.run(
        "DROP ROLE IF EXISTS looker; CREATE ROLE looker LOGIN PASSWORD 'l'; GRANT SELECT ON outbox TO looker;"
        "INSERT INTO outbox (id) VALUES (1)"
    )
    login = in_postgres.connection.replace("Uid=postgres", "Uid=looker")
    in_postgres.connection = login[: login.index("Pwd=")] + "Pwd=l"
    db = await in_postgres.opened()
    async with receiving(db) as deliveries:
        (delivery,) = await following(deliveries)
        with pytest.raises(PermissionDenied):
            await delivery.ack()
    await db.adapter.aclose()
    postgres.psql("DROP OWNED BY looker; DROP ROLE looker", database)


async def test_marking_without_effect_is_told_and_does_not_spin(
    in_postgres: Place, caplog: pytest.LogCaptureFixture
) -> None:
    in_postgres.run(
        "CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN NEW.state = 'new'; RETURN NEW; END$$;"
        "CREATE TRIGGER undo BEFORE UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION undo();"
        "INSERT INTO outbox (id) VALUES (1)"
    )
    db = await in_postgres.opened({"batch": 1, "poll_interval_s": 0.2})
    started = asyncio.get_running_loop().time()
    async with receiving(db) as deliveries:
        for count in range(4):
            (delivery,) = await following(deliveries)
            assert delivery.redelivered is (count > 0)
            await delivery.ack()
    assert asyncio.get_running_loop().time() - started > 0.35
    (record,) = [
        record for record in caplog.records if "is new again with the same version" in record.message
    ]
    assert "db.orders: the row 1" in record.message


async def test_a_poll_that_waits_takes_no_connection_from_calls(
    in_postgres: Place, postgres: PostgresServer, database: str
) -> None:
    db = await in_postgres.opened(max_connections=1, timeout_s=20)
    in_postgres.run("INSERT INTO outbox (id) VALUES (1)")
    lock = "BEGIN; LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60); COMMIT;"
    locking = asyncio.create_task(asyncio.to_thread(_tolerated, postgres, lock, database))
    granted = (
        "SELECT count(*) AS n FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted"
        " AND relation = 'outbox'::regclass"
    )
    async with asyncio.timeout(AWAITED_S):
        while in_postgres.run(granted) == [(0,)]:
            await asyncio.sleep(0.02)
    async with receiving(db) as deliveries:
        waiting = asyncio.ensure_future(anext(deliveries))
        for _ in range(5):
            assert await db.rows("other") == []
        assert not waiting.done()
        postgres.psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%'"
            " AND pid <> pg_backend_pid()"
        )
        async with asyncio.timeout(AWAITED_S):
            assert (await row(await waiting))["id"] == 1
    await locking


def _tolerated(postgres: PostgresServer, sql: str, database: str) -> None:
    with contextlib.suppress(RuntimeError):
        postgres.psql(sql, database)


async def test_long_rows_are_taken_a_few_at_a_time(tmp_path: Path, open_database: Open) -> None:
    script = (
        "CREATE TABLE outbox (id integer PRIMARY KEY, name text, state text DEFAULT 'new', again integer);"
    )
    place = in_sqlite(tmp_path / "shop.db", open_database, script)
    place.run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12)"
        " INSERT INTO outbox (id, name) SELECT i, hex(zeroblob(2000000)) FROM n"
    )
    db = await place.opened({}, max_reply_bytes=20_000_000)
    async with receiving(db) as deliveries:
        for number in range(1, 13):
            (delivery,) = await following(deliveries)
            found = await row(delivery)
            assert (found["id"], len(found["name"])) == (number, 4_000_000)
            await delivery.ack()


async def test_nothing_is_lost_or_doubled_whenever_the_reader_ends(place: Place) -> None:
    """The reader stores what it is given, marks some of it, ends, and begins again, as after crashes."""
    db = await place.opened({"batch": 7})
    chance = random.Random(5)
    stored: dict[str, Any] = {}
    place.run("INSERT INTO outbox (id) VALUES " + ", ".join(f"({number})" for number in range(1, 61)))
    while set(place.states().values()) != {"done"}:
        async with receiving(db) as deliveries:
            for _ in range(chance.randrange(1, 40)):
                if set(place.states().values()) == {"done"}:
                    break
                found = await following(deliveries, min(3, list(place.states().values()).count("new")))
                for delivery in found:
                    stored.setdefault(delivery.source_key() or "", (await row(delivery))["id"])
                if chance.random() < 0.7:
                    await asyncio.gather(*(delivery.ack() for delivery in found))
                else:
                    break
    assert sorted(stored.values()) == list(range(1, 61))
