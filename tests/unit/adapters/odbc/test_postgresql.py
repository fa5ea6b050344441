"""PostgreSQL through psqlodbc: exact values, flat memory, the peer's own codes."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.contract import Deadline, Request, RowsReply
from adapters.errors import (
    AuthenticationFailed,
    Blame,
    ConnectFailed,
    InvalidRequest,
    PeerRejected,
    PermissionDenied,
    ReadTimeout,
    Throttled,
)
from tests.peers.postgresql import PostgresServer
from tests.unit.adapters.odbc.conftest import Database, Open

pytestmark = pytest.mark.xdist_group("odbc-postgresql")

ZOO: list[tuple[str, str, Any]] = [
    ("smallint", "-32768", -32768),
    ("bigint", "9223372036854775807", 2**63 - 1),
    (
        "numeric(38,6)",
        "12345678901234567890123456789012.123456",
        Decimal("12345678901234567890123456789012.123456"),
    ),
    ("numeric", "1e-30", Decimal("0.000000000000000000000000000001")),
    ("numeric", "1.10", Decimal("1.10")),
    ("numeric", "NaN", "NaN"),
    ("real", "0.1", Decimal("0.1")),
    ("double precision", "0.1", Decimal("0.1")),
    ("double precision", "5e-324", Decimal("5e-324")),
    ("double precision", "NaN", "NaN"),
    ("double precision", "-Infinity", "-Infinity"),
    ("boolean", "true", True),
    ("boolean", "false", False),
    ("text", "", ""),
    ("text", "a'b\"c\\d\n\r\te\u2028😀\U0010ffff{fn x}", "a'b\"c\\d\n\r\te\u2028😀\U0010ffff{fn x}"),
    ("char(5)", "ab", "ab   "),
    ("varchar(10)", "ab", "ab"),
    ("date", "10000-01-01", "10000-01-01"),
    ("date", "0044-03-15 BC", "0044-03-15 BC"),
    ("date", "infinity", "infinity"),
    ("time", "24:00:00", "24:00:00"),
    ("timestamp", "2026-01-02 03:04:05.678901", "2026-01-02T03:04:05.678901"),
    ("timestamp", "-infinity", "-infinity"),
    ("timestamptz", "2026-01-02 03:04:05.5+05:30", "2026-01-01T21:34:05.5+00:00"),
    ("interval", "1 day 2 hours 3.5 seconds", "P1DT2H3.5S"),
    ("bytea", "\\x00ff10", "AP8Q"),
    ("bytea", "\\x" + "ab" * 200, None),
    ("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("money", "12.34", "$12.34"),
    ("json", '{"b":\r\n [1.50, null],\n "a": "x"}', {"b": [Decimal("1.50"), None], "a": "x"}),
    ("jsonb", '{"n": 12345678901234567890.5}', {"n": Decimal("12345678901234567890.5")}),
    ("integer[]", "{1,NULL,3}", [1, None, 3]),
    ("text[]", '{"a,b","c\\"d"}', ["a,b", 'c"d']),
    ("inet", "192.168.0.1/24", "192.168.0.1/24"),
    ("int4range", "[1,5)", "[1,5)"),
    ("xml", "<a>é</a>", "<a>é</a>"),
    ("mood", "happy", "happy"),
    ("positive", "5", 5),
]


@pytest.fixture
def zoo(postgres: PostgresServer, database: str) -> str:
    columns = ", ".join(f"c{number} {declared}" for number, (declared, _, _) in enumerate(ZOO))
    values = ", ".join("'" + text.replace("'", "''") + "'" for _, text, _ in ZOO)
    postgres.psql(
        "SET standard_conforming_strings = on; SET lc_monetary = 'C';"
        "CREATE TYPE mood AS ENUM ('happy', 'sad'); CREATE DOMAIN positive AS integer CHECK (VALUE > 0);"
        f"CREATE TABLE zoo (id serial PRIMARY KEY, {columns}); INSERT INTO zoo VALUES (1, {values});",
        database,
    )
    return postgres.connection(database)


async def test_every_type_is_exact_and_round_trips(open_database: Open, zoo: str) -> None:
    db = await open_database(zoo)
    row = await db.get("zoo", 1)
    seen = {f"c{number}": value for number, (_, _, value) in enumerate(ZOO)}
    for name, value in seen.items():
        if value is None:
            seen[name] = row[name]
            assert len(row[name]) == 268
            assert "\n" not in row[name]
        elif isinstance(value, str):
            value = seen[name] = value.replace("$", row[name][:1]) if value.startswith("$") else value
        assert row[name] == seen[name], (name, ZOO[int(name[1:])])
        assert type(row[name]) is type(seen[name])
    copied = await db.insert("zoo", {**seen, "id": 100})
    assert {**copied.value, "id": 1} == row  # type: ignore[dict-item]
    schema = next(o for o in db.adapter.operations() if o.name == "zoo.insert").request.schema  # type: ignore[union-attr]
    described = {declared: schema["properties"][f"c{n}"] for n, (declared, _, _) in enumerate(ZOO)}  # type: ignore[index,call-overload]
    assert described["mood"]["enum"] == ["happy", "sad", None]
    assert described["varchar(10)"]["maxLength"] == 10
    assert described["positive"]["type"] == ["integer", "null"]


async def test_every_filterable_type_finds_its_value(open_database: Open, zoo: str) -> None:
    db = await open_database(zoo)
    operands = {
        "timestamptz": "2026-01-02T03:04:05.5+05:30",
        "bytea": "AP8Q",
        "char(5)": "ab   ",
        "money": "12.34",
    }
    seen = set()
    for number, (declared, text, _) in enumerate(ZOO):
        if declared in ("json", "jsonb", "integer[]", "text[]", "xml", "real") or text in (
            "NaN",
            "-Infinity",
        ):
            continue
        if declared in seen or "BC" in text or text.startswith(("10000", "24:")):
            continue
        seen.add(declared)
        operand = operands.get(declared, text)
        assert len(await db.rows("zoo", **{f"c{number}": [f"eq.{operand}"]})) == 1, declared
        quoted = '"' + operand.replace("\\", "\\\\").replace('"', '\\"') + '"'
        assert len(await db.rows("zoo", **{f"c{number}": [f"not.in.({quoted})"]})) == 0, declared
    assert len(seen) > 18


BAD_OPERANDS = [
    ("i", "eq.2147483648", "range of 32 bits"),
    ("i", "eq.five", "whole number"),
    ("d", "eq.2026-02-30", "date that exists"),
    ("d", "eq.yesterday", "date that exists"),
    ("ts", "eq.2026-01-01T00:00:00Z", "without an offset"),
    ("ts", "eq.2026-01-01T25:00:00", "time of day"),
    ("tz", "eq.2026-01-01T00:00:00", "with an offset"),
    ("tz", "eq.2026-01-01T00:00:00+99:00", "offset does not exist"),
    ("u", "eq.1234", "UUID"),
    ("b", "eq.true'", "true or false"),
    ("j", "eq.{}", "does not apply"),
    ("a", "gt.1", "does not apply"),
    ("m", "eq.angry", "one of happy, sad"),
]


@pytest.fixture
def typed(postgres: PostgresServer, database: str) -> str:
    postgres.psql(
        "CREATE TYPE mood AS ENUM ('happy', 'sad');"
        "CREATE TABLE typed (i integer, d date, ts timestamp, tz timestamptz, u uuid, b boolean, j jsonb,"
        " a integer[], m mood)",
        database,
    )
    return postgres.connection(database)


async def test_bad_operands_are_refused(open_database: Open, typed: str) -> None:
    db = await open_database(typed)
    for column, text, message in BAD_OPERANDS:
        with pytest.raises(InvalidRequest) as caught:
            await db.rows("typed", **{column: [text]})
        assert caught.value.violations[0].parameter == column
        assert message in caught.value.violations[0].message, text
    with pytest.raises(InvalidRequest, match="does not fit"):
        await db.rows("typed", order="j")
    assert await db.rows("typed", tz=["eq.2026-01-01T00:00:00 02:00"]) == []  # a plus sign that was decoded


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=50))
async def test_any_text_round_trips_as_data(shelf: Database, text: str) -> None:
    if not await shelf.rows("book", title=[f"eq.{text}"]):
        await shelf.insert("book", {"title": text}, prefer="return=minimal")
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    escaped = "".join("\\" + c if c in "%_*\\" else c for c in text)
    for parameters in (
        {"title": [f"eq.{text}"]},
        {"title": [f"in.({quoted})"]},
        {"title": [f"like.{escaped}"]},
        {"and": [f"(title.eq.{quoted})"]},
    ):
        assert [row["title"] for row in await shelf.rows("book", **parameters)] == [text]


@pytest.fixture
async def shelf(postgres: PostgresServer, database: str, open_database: Open) -> Database:
    """A table with constraints of all kinds."""
    postgres.psql(
        """CREATE TABLE writer (id integer PRIMARY KEY, name text);
        CREATE TABLE book (
            id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            title text NOT NULL CONSTRAINT one_title UNIQUE,
            short varchar(5),
            price numeric(6, 2) CONSTRAINT not_free CHECK (price > 0),
            writer integer CONSTRAINT known_writer REFERENCES writer,
            doubled numeric GENERATED ALWAYS AS (price * 2) STORED,
            loud text DEFAULT 'yes'
        );
        COMMENT ON COLUMN book.title IS 'as printed';
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN
                IF NEW.title = 'forbidden' THEN RAISE EXCEPTION 'secret reason'; END IF;
                RETURN NEW;
            END$$;
        CREATE TRIGGER guard BEFORE INSERT ON book FOR EACH ROW EXECUTE FUNCTION refuse();""",
        database,
    )
    return await open_database(postgres.connection(database))


async def test_insert(shelf: Database) -> None:
    operation = next(o for o in shelf.adapter.operations() if o.name == "book.insert")
    assert operation.request is not None
    assert operation.request.schema["required"] == ["title"]  # type: ignore[union-attr]
    assert set(operation.request.schema["properties"]) == {"title", "short", "price", "writer", "loud"}  # type: ignore[union-attr,arg-type]
    reply = await shelf.insert("book", {"title": "a", "price": Decimal("9.90")})
    assert reply.value == {
        "id": 1,
        "title": "a",
        "short": None,
        "price": Decimal("9.90"),
        "writer": None,
        "doubled": Decimal("19.80"),
        "loud": "yes",
    }
    assert reply.headers["odbc.key"] == "1"
    mixed = [{"title": "b"}, {"title": "c", "loud": None}, {"loud": "no", "title": "d"}, {"title": "e"}]
    stored: Any = (await shelf.insert("book", mixed)).value
    assert [(row["title"], row["loud"]) for row in stored] == [
        ("b", "yes"),
        ("c", None),
        ("d", "no"),
        ("e", "yes"),
    ]
    assert (await shelf.insert("book", {"title": "f"}, prefer="return=minimal")).value is None
    assert len(await shelf.rows("book")) == 6


REFUSED = [
    ({"title": "taken"}, "23505", Blame.CONFLICT, "one_title"),
    ({"title": None}, "23502", Blame.CALLER, "title"),
    ({"title": "x", "price": 0}, "23514", Blame.CALLER, "not_free"),
    ({"title": "x", "price": 10**9}, "22003", Blame.CALLER, "range"),
    ({"title": "x", "short": "too long for it"}, "22001", Blame.CALLER, "too long"),
    ({"title": "x", "writer": 99}, "23503", Blame.CONFLICT, "known_writer"),
    ({"title": "x", "price": "abc"}, "22P02", Blame.CALLER, "type"),
    ({"title": "forbidden"}, "P0001", Blame.CALLER, "trigger"),
]


async def test_refusals_keep_the_code_and_hide_the_words(shelf: Database) -> None:
    await shelf.insert("book", {"title": "taken"})
    for row, code, blame, message in REFUSED:
        with pytest.raises(PeerRejected) as caught:
            await shelf.insert("book", row)
        assert (caught.value.code, caught.value.blame) == (code, blame), row
        assert message in caught.value.message
        for leak in ("INSERT", "secret", "ERROR", "abc", "Failing row", "json_to_recordset"):
            assert leak not in caught.value.message
        with pytest.raises(PeerRejected) as caught:
            await shelf.insert(
                "book", [{**row, "title": "ok"}, row] if row["title"] == "x" else [{"title": "ok"}, row]
            )
        assert caught.value.code == code
    assert len(await shelf.rows("book")) == 1


async def test_a_refused_batch_names_the_row(shelf: Database) -> None:
    rows = [{"title": f"t{n}"} for n in range(20)] + [{"title": "t3"}] + [{"title": "x", "loud": "a"}]
    with pytest.raises(PeerRejected) as caught:
        await shelf.insert("book", rows)
    assert caught.value.extra == {"row": 20}
    assert await shelf.rows("book") == []


async def test_nul_is_refused_before_anything_is_sent(shelf: Database) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await shelf.insert("book", [{"title": "fine"}, {"title": "a\x00b"}])
    assert caught.value.violations[0].pointer == "/1/title"


async def test_a_dropped_column_answers_with_its_code(
    shelf: Database, postgres: PostgresServer, database: str
) -> None:
    await shelf.rows("book")
    postgres.psql("ALTER TABLE book DROP COLUMN short", database)
    with pytest.raises(PeerRejected) as caught:
        await shelf.rows("book")
    assert caught.value.code == "42703"
    await shelf.adapter.connect(Deadline.after(10))
    assert await shelf.rows("book") == []


async def test_a_changed_type_is_followed(shelf: Database, postgres: PostgresServer, database: str) -> None:
    await shelf.insert("book", {"title": "a", "price": 5})
    assert (await shelf.get("book", 1))["loud"] == "yes"
    postgres.psql("ALTER TABLE book ALTER loud DROP DEFAULT, ALTER loud TYPE boolean USING true", database)
    assert (await shelf.get("book", 1))["loud"] is True


async def test_memory_stays_flat_while_streaming(
    postgres: PostgresServer, database: str, open_database: Open
) -> None:
    postgres.psql(
        "CREATE TABLE big AS SELECT i AS id, repeat('x', 500) AS filler FROM generate_series(1, 300000) i",
        database,
    )
    db = await open_database(postgres.connection(database))
    reply = await db.adapter.call("big.read", Request(), Deadline.after(30))
    assert isinstance(reply, RowsReply)
    worker = reply.blocks._worker.pid  # type: ignore[attr-defined]
    count, largest, resident = 0, 0, []
    async for block in reply.blocks:
        count += block.count(b"\n")
        largest = max(largest, len(block))
        if len(resident) < 1000:
            resident.append(_resident_mib(worker))
    assert count == 300_000
    assert largest < 1_000_000
    assert max(resident) < 60, f"{max(resident)} MiB resident"
    assert max(resident) - resident[0] < 10


def _resident_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 2**20


async def test_several_schemas(postgres: PostgresServer, database: str, open_database: Open) -> None:
    postgres.psql(
        'CREATE SCHEMA sales; CREATE SCHEMA "we""ird"; CREATE TABLE sales.orders (id int PRIMARY KEY);'
        'CREATE TABLE "we""ird".orders (id int PRIMARY KEY); CREATE TABLE public.other (id int);'
        'INSERT INTO "we""ird".orders VALUES (7)',
        database,
    )
    connection = postgres.connection(database)
    default = await open_database(connection)
    assert [o.name for o in default.adapter.operations()] == ["other.read", "other.insert"]
    db = await open_database(connection, schemas=["sales", 'we"ird'])
    names = {o.name for o in db.adapter.operations()}
    assert {"orders.read", 'we"ird.orders.read'} <= names
    assert await db.rows("orders") == []
    assert await db.rows('we"ird.orders') == [{"id": 7}]
    only = await open_database(connection, schemas=["sales", 'we"ird'], tables={"allow": ["*.orders"]})
    assert {o.name for o in only.adapter.operations()} == {
        f'we"ird.orders.{v}' for v in ("read", "get", "insert")
    }


async def test_views_partitions_and_odd_names(
    postgres: PostgresServer, database: str, open_database: Open
) -> None:
    postgres.psql(
        'CREATE TABLE "order" (id int PRIMARY KEY, "select" text, "we?ird {fn x} ""q"" é" text);'
        'CREATE VIEW seen AS SELECT id FROM "order";'
        "CREATE TABLE parted (id int, y int, PRIMARY KEY (id, y)) PARTITION BY RANGE (y);"
        "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (100);",
        database,
    )
    db = await open_database(postgres.connection(database))
    names = {o.name for o in db.adapter.operations()}
    assert names == {
        *("order.read", "order.get", "order.insert", "seen.read"),
        *("parted.read", "parted.get", "parted.insert"),
    }
    row = {"id": 1, "select": "a", 'we?ird {fn x} "q" é': "b"}
    assert (await db.insert("order", row)).value == row
    assert await db.rows("order", **{'we?ird {fn x} "q" é': ["eq.b"], "and": ["(select.eq.a)"]}) == [row]
    await db.insert("parted", {"id": 1, "y": 5})
    assert await db.get("parted", "1,5") == {"id": 1, "y": 5}


async def test_rights(postgres: PostgresServer, database: str, open_database: Open) -> None:
    postgres.psql(
        "DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'r';"
        "CREATE TABLE visible (id int PRIMARY KEY); CREATE TABLE hidden (id int PRIMARY KEY);"
        "GRANT SELECT ON visible TO reader",
        database,
    )
    connection = postgres.connection(database).replace("Uid=postgres", "Uid=reader")
    connection = connection[: connection.index("Pwd=")] + "Pwd=r"
    db = await open_database(connection)
    assert [o.name for o in db.adapter.operations()] == ["visible.read", "visible.get"]
    postgres.psql("REVOKE SELECT ON visible FROM reader", database)
    with pytest.raises(PermissionDenied):
        await db.rows("visible")
    await db.adapter.aclose()
    postgres.psql("DROP OWNED BY reader; DROP ROLE reader", database)


async def test_connect_failures(postgres: PostgresServer, open_database: Open) -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        await open_database(postgres.connection(password="wrong;Server=elsewhere"))
    assert "wrong" not in str(caught.value)
    with pytest.raises(ConnectFailed):
        await open_database(postgres.connection("no_such_database"))


async def test_read_only_is_kept_by_the_database(shelf: Database, open_database: Open) -> None:
    settings_ = shelf.adapter._settings
    db = await open_database(settings_.connection.get_secret_value(), read_only=True)
    endpoint = shelf.adapter._offer.endpoints["book.insert"]
    db.adapter._offer.endpoints["book.insert"] = endpoint
    with pytest.raises(PeerRejected) as caught:
        await db.insert("book", {"title": "x"})
    assert caught.value.code == "25006"


async def test_statement_timeout(postgres: PostgresServer, database: str, open_database: Open) -> None:
    postgres.psql(
        "CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(20)::text AS nap;CREATE TABLE t (id int PRIMARY KEY)",
        database,
    )
    db = await open_database(postgres.connection(database), statement_timeout_s=0.2)
    with pytest.raises(ReadTimeout):
        await db.rows("slow", 10)
    assert await db.rows("t") == []


PASSING = [
    ("40001", Throttled),
    ("40P01", Throttled),
    ("55P03", Throttled),
    ("53300", Throttled),
    ("53100", PeerRejected),
    ("53200", PeerRejected),
    ("57014", PeerRejected),
    ("57P03", PeerRejected),
    ("25006", PeerRejected),
]


async def test_what_may_pass_means_try_again(
    postgres: PostgresServer, database: str, open_database: Open
) -> None:
    postgres.psql(
        "CREATE TABLE t (id int PRIMARY KEY, code text);"
        "CREATE FUNCTION clash() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE EXCEPTION USING ERRCODE = NEW.code; END$$;"
        "CREATE TRIGGER clash BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION clash();",
        database,
    )
    db = await open_database(postgres.connection(database))
    for code, error in PASSING:
        with pytest.raises(error) as caught:
            await db.insert("t", {"id": 1, "code": code})
        if isinstance(caught.value, PeerRejected):
            assert (caught.value.code, caught.value.transient) == (code, True)
    with pytest.raises(PeerRejected) as refused:
        await db.insert("t", {"id": 1, "code": "22003"})
    assert not refused.value.transient


async def test_rows_are_valid_ndjson(open_database: Open, zoo: str) -> None:
    db = await open_database(zoo)
    text = await db.text("zoo")
    assert text.endswith(b"\n")
    assert text.count(b"\n") == 1
    json.loads(text)
