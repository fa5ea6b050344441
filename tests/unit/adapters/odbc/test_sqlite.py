"""SQLite through its driver: what is stored is what is seen, and filters find what they should."""

from __future__ import annotations

import contextlib
import json
import math
import sqlite3
import struct
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.contract import Deadline, Request, Result
from adapters.errors import (
    Blame,
    ConnectFailed,
    InvalidRequest,
    PeerRejected,
    ProtocolViolation,
    Throttled,
)
from tests.peers.sqlite import connection, database
from tests.unit.adapters.odbc.conftest import Database, Open


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["id"] for row in rows]


def test_operations_describe_tables_and_views(shop: Database) -> None:
    found = {operation.name: operation for operation in shop.adapter.operations()}
    assert set(found) == {
        *("dear.read", "item.read", "item.get", "item.insert"),
        *("line.read", "line.get", "line.insert"),
    }
    insert = found["item.insert"]
    assert insert.result is Result.CREATED
    assert insert.takes_batches
    assert insert.request is not None
    assert insert.request.schema["required"] == ["name"]  # type: ignore[union-attr]
    properties = insert.request.schema["properties"]  # type: ignore[union-attr]
    assert properties["name"]["maxLength"] == 40
    assert properties["price"]["type"] == ["number", "null"]
    assert properties["id"]["type"] == "integer"
    assert {parameter.name for parameter in found["line.read"].parameters} >= {"order_no", "select", "and"}


@pytest.mark.parametrize("batch", [True, False], ids=["batch", "one"])
async def test_a_row_that_is_alone_is_not_counted(batch: bool, shop: Database) -> None:
    """A flow that sends a batch row by row to find the bad one has its own number for it."""
    row = {"id": 1, "name": "n"}
    with pytest.raises(PeerRejected) as caught:
        await shop.insert("item", [row] if batch else row)
    assert "row" not in caught.value.extra
    assert "row 1" not in caught.value.message


@pytest.mark.parametrize("at", [0, 49, 50, 119, 120], ids=str)
async def test_a_refused_batch_names_the_row_at_whatever_place(shop: Database, at: int) -> None:
    rows: list[dict[str, Any]] = [{"id": number, "name": f"n{number}"} for number in range(1000, 1121)]
    rows[at]["id"] = 1
    with pytest.raises(PeerRejected) as caught:
        await shop.insert("item", rows, prefer="return=minimal")
    assert (caught.value.code, caught.value.extra["row"]) == ("23505", at)
    assert f"row {at + 1}: " in caught.value.message
    rows[at]["id"] = 2000
    await shop.insert("item", rows, prefer="return=minimal")
    assert [row["id"] for row in await shop.rows("item", id="gte.1000")] == sorted(row["id"] for row in rows)


async def test_values_are_exact(shop: Database) -> None:
    rows = await shop.rows("item", order="id")
    assert rows[0] == {
        "id": 1,
        "name": "bolt",
        "price": Decimal("1.1"),
        "weight": Decimal("0.1"),
        "photo": "AP8Q",
        "active": True,
        "added": "2026-01-02 03:04:05",
        "note": None,
    }
    assert rows[1]["weight"] == Decimal("0.30000000000000004")
    assert rows[1]["active"] is False
    assert rows[1]["note"] == 'é😀 "quoted" \\ 100%'
    assert rows[2]["weight"] == Decimal("1e300")
    assert rows[2]["photo"] == ""


ODD_VALUES = [
    ("INTEGER", 2**63 - 1, 2**63 - 1),
    ("INTEGER", -(2**63), -(2**63)),
    ("INTEGER", "not a number", "not a number"),
    ("INTEGER", 1.5, Decimal("1.5")),
    ("DECIMAL(20,4)", 12345678901234567, 12345678901234567),
    ("DECIMAL(10,2)", 0.1, Decimal("0.1")),
    ("DOUBLE", "12 EUR", "12 EUR"),
    ("DOUBLE", math.inf, "Infinity"),
    ("DOUBLE", -math.inf, "-Infinity"),
    ("DOUBLE", 5e-324, Decimal("5e-324")),
    ("DOUBLE", 1.7976931348623157e308, Decimal("1.7976931348623157e308")),
    ("TEXT", "a\x00b", "a\x00b"),
    ("TEXT", "\n\r\t\x01\x02\x1f", "\n\r\t\x01\x02\x1f"),
    ("TEXT", b"\x00\xff", "AP8="),
    ("TEXT", "\U00100000\U0010ffff\U0001f600", "\U00100000\U0010ffff\U0001f600"),
    ("TEXT", "x" * 2_000_000, "x" * 2_000_000),
    ("BLOB", "text", "text"),
    ("BLOB", bytes(range(256)) * 400, None),
    ("BOOLEAN", 2, 2),
    ("BOOLEAN", "yes", "yes"),
    ("DATE", "2024-13-45", "2024-13-45"),
    ("DATETIME", 1700000000, 1700000000),
    ("TIME", "24:00:00", "24:00:00"),
    ("", 3, 3),
    ("", "any", "any"),
    ("", None, None),
]


@pytest.mark.parametrize(
    ("declared", "stored", "seen"), ODD_VALUES, ids=[f"{d}={str(s)[:20]!r}" for d, s, _ in ODD_VALUES]
)
async def test_what_is_stored_is_seen(
    open_database: Open, tmp_path: Path, declared: str, stored: Any, seen: Any
) -> None:
    file = database(tmp_path / "odd.db", f"CREATE TABLE t (id INTEGER PRIMARY KEY, v {declared})")
    with contextlib.closing(sqlite3.connect(file)) as direct, direct:
        direct.execute("INSERT INTO t VALUES (1, ?)", (stored,))
    row = await (await open_database(connection(file))).get("t", 1)
    if seen is None and isinstance(stored, bytes):
        seen = __import__("base64").b64encode(stored).decode()
    assert row == {"id": 1, "v": seen}


async def test_doubles_are_exact_at_every_exponent(open_database: Open, tmp_path: Path) -> None:
    numbers = [struct.unpack(">d", struct.pack(">Q", (e << 52) | (0x5A5A5 * e * 977 & 2**52 - 1)))[0]
               for e in range(2047)]  # fmt: skip
    file = database(tmp_path / "doubles.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, v DOUBLE)")
    with contextlib.closing(sqlite3.connect(file)) as direct, direct:
        direct.executemany("INSERT INTO t (v) VALUES (?)", [(number,) for number in numbers])
    text = await (await open_database(connection(file))).text("t", order="id")
    assert [json.loads(line)["v"] for line in text.splitlines()] == numbers


FILTERS = [
    ({"id": ["eq.2"]}, [2]),
    ({"id": ["neq.2"]}, [1, 3, 4]),
    ({"id": ["gt.1", "lt.4"]}, [2, 3]),
    ({"id": ["gte.2"], "price": ["lte.1"]}, [2]),
    ({"id": ["in.(1,3,99)"]}, [1, 3]),
    ({"id": ["in.()"]}, []),
    ({"id": ["not.in.(1,3)"]}, [2, 4]),
    ({"price": ["eq.1.10"]}, [1]),
    ({"price": ["gt.1e4"]}, [3]),
    ({"price": ["is.null"]}, [4]),
    ({"price": ["not.is.null"]}, [1, 2, 3]),
    ({"price": ["is.not_null"]}, [1, 2, 3]),
    ({"active": ["is.true"]}, [1, 3, 4]),
    ({"active": ["eq.false"]}, [2]),
    ({"active": ["is.unknown"]}, []),
    ({"weight": ["eq.0.30000000000000004"]}, [2]),
    ({"photo": ["eq.AP8Q"]}, [1]),
    ({"name": ["eq.bolt"]}, [1]),
    ({"name": ["like.bolt*"]}, [1]),
    ({"name": ["ilike.bolt*"]}, [1, 4]),
    ({"name": ["like.*8"]}, [4]),
    ({"name": ["like.*M\\_8"]}, [4]),
    ({"name": ["like.____"]}, [1]),
    ({"name": ["like.[b]olt"]}, []),
    ({"name": ["like.b?lt"]}, []),
    ({"note": ["like.*100\\%"]}, [2]),
    ({"note": ["like.*\\\\*"]}, [2]),
    ({"note": ["eq.a,b.(c)"]}, [4]),
    ({"note": ["eq."]}, [3]),
    ({"and": ['(note.eq."a,b.(c)",id.gt.1)']}, [4]),
    ({"or": ["(id.eq.1,name.eq.nut)"]}, [1, 2]),
    ({"or": ["(id.eq.1,and(id.gt.2,price.not.is.null))"]}, [1, 3]),
    ({"not.or": ["(id.eq.1,id.eq.2)"]}, [3, 4]),
    ({"and": ["(not.or(id.eq.1,id.eq.2),id.lt.4)"]}, [3]),
    ({"added": ["gte.2026-02-01"]}, [3]),
    ({"limit": 2}, [1, 2]),
    ({"limit": 2, "offset": 1}, [2, 3]),
    ({"offset": 3}, [4]),
    ({"limit": 0}, []),
]


@pytest.mark.parametrize(("parameters", "expected"), FILTERS, ids=str)
async def test_filters(shop: Database, parameters: dict[str, Any], expected: list[int]) -> None:
    assert ids(await shop.rows("item", order="id", **parameters)) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("price", [2, 1, 3, 4]),
        ("price.desc", [4, 3, 1, 2]),
        ("price.nullsfirst", [4, 2, 1, 3]),
        ("price.desc.nullslast", [3, 1, 2, 4]),
        ("active.desc,name", [4, 1, 3, 2]),
    ],
)
async def test_order(shop: Database, order: str, expected: list[int]) -> None:
    assert ids(await shop.rows("item", order=order)) == expected


async def test_select_and_views(shop: Database) -> None:
    assert await shop.rows("item", select="label:name,id", id=["eq.2"]) == [{"label": "nut", "id": 2}]
    assert [*(await shop.rows("item", select="*,again:id", limit=1))[0]][-2:] == ["note", "again"]
    assert await shop.rows("dear", select="twice", twice=["gt.9.5"]) == [{"twice": Decimal("24691.34")}]


async def test_keys(shop: Database) -> None:
    assert (await shop.get("item", 2))["name"] == "nut"
    assert (await shop.get("item", "2"))["name"] == "nut"
    assert (await shop.get("line", "1,2"))["quantity"] == 20
    with pytest.raises(PeerRejected) as caught:
        await shop.get("item", 99)
    assert caught.value.blame is Blame.NOT_FOUND


BAD_READS = [
    ({"id": ["eq.x"]}, "id", "whole number"),
    ({"id": ["eq.1.5"]}, "id", "whole number"),
    ({"id": ["eq."]}, "id", "whole number"),
    ({"id": ["eq.9223372036854775808"]}, "id", "64 bits"),
    ({"id": ["in.(1,x)"]}, "id", "whole number"),
    ({"id": ["like.1*"]}, "id", "texts only"),
    ({"id": ["is.true"]}, "id", "booleans only"),
    ({"id": ["eq.1; DROP TABLE item"]}, "id", "whole number"),
    ({"id": ["eq.1 OR 1=1"]}, "id", "whole number"),
    ({"price": ["eq.ten"]}, "price", "number"),
    ({"price": ["eq.NaN"]}, "price", "number"),
    ({"price": ["gt.1e9999"]}, "price", "number"),
    ({"active": ["eq.yes"]}, "active", "true or false"),
    ({"photo": ["eq.not base64!"]}, "photo", "base64"),
    ({"name": ["eq.a\x00b"]}, "name", "U+0000"),
    ({"name": ["like.\x00"]}, "name", "U+0000"),
    ({"name": ["eq.\ud800"]}, "name", "surrogate"),
    ({"name": ["eq.\U00100000"]}, "name", "U+FFFFF"),
    ({"name": ["like.\U00100000"]}, "name", "U+FFFFF"),
    ({"nmae": ["eq.x"]}, "nmae", "did you mean 'name'?"),
    ({"select": "id,nmae"}, "select", "position 4: item has no column 'nmae'; did you mean 'name'?"),
    ({"select": "id,id"}, "select", "twice"),
    ({"select": "count(*)"}, "select", "embedded"),
    ({"order": "prize"}, "order", "did you mean 'price'?"),
    ({"order": "id.asc,1"}, "order", "no column '1'"),
    ({"order": "(SELECT 1)"}, "order", "expected a column"),
    ({"order": 'id"; DROP TABLE item; --'}, "order", "no column"),
    ({"and": ["(id.eq.1,nope.eq.2)"]}, "and", "position 10: item has no column 'nope'"),
    ({"or": ["(id.eq.x)"]}, "or", "position 2: id"),
    ({"limit": -1}, "limit", "from 0"),
    ({"limit": "ten"}, "limit", "from 0"),
    ({"offset": True}, "offset", "from 0"),
    ({"offset": 2**60}, "offset", "at most"),
]


@pytest.mark.parametrize(
    ("parameters", "parameter", "message"), BAD_READS, ids=[str(b[0]) for b in BAD_READS]
)
async def test_bad_reads_name_the_parameter_and_the_rule(
    shop: Database, parameters: dict[str, Any], parameter: str, message: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await shop.rows("item", **parameters)
    (violation,) = caught.value.violations
    assert violation.parameter == parameter
    assert message in violation.message


async def test_all_violations_come_at_once(shop: Database) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await shop.rows("item", id=["eq.x", "eq.y"], nope=["eq.1"], order="nope")
    assert len(caught.value.violations) == 4


INJECTIONS = [
    "' OR '1'='1",
    "'; DROP TABLE item; --",
    '" OR ""="',
    "{fn USER()}",
    "{d '2024-01-01'}",
    "{call x}",
    "? ? ?",
    "$1 :name @p1 %s",
    "\\'; --",
    "/* */ --",
    "a%b_c*d\\e",
    "char(1)||hex(1)",
    "\x01FF\x01",
    "\x021;0\x02",
    "\u2028\u202e\ufeff",
]


@pytest.mark.parametrize("text", INJECTIONS)
async def test_a_value_is_only_data(shop: Database, text: str) -> None:
    stored = await shop.insert("item", {"name": text})
    assert stored.value["name"] == text  # type: ignore[index,call-overload]
    assert [row["name"] for row in await shop.rows("item", name=[f"eq.{text}"])] == [text]
    escaped = "".join("\\" + c if c in "%_*\\" else c for c in text)
    assert [row["name"] for row in await shop.rows("item", name=[f"like.{escaped}"])] == [text]
    assert [row["name"] for row in await shop.rows("item", name=[f"ilike.{escaped}"])] == [text]
    assert len(await shop.rows("item")) == 5


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(
        st.characters(max_codepoint=0xFFFFF, exclude_characters="\0", exclude_categories=["Cs"]), max_size=50
    )
)
async def test_any_text_round_trips_as_data(shop: Database, text: str) -> None:
    name = f"{text}"
    if not await shop.rows("item", name=[f"eq.{name}"]):
        await shop.insert("item", {"name": name}, prefer="return=minimal")
    quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    for parameters in (
        {"name": [f"eq.{name}"]},
        {"and": [f"(name.eq.{quoted})"]},
        {"name": [f"in.({quoted})"]},
    ):
        assert [row["name"] for row in await shop.rows("item", **parameters)] == [name]


async def test_insert_gives_the_stored_row_back(shop: Database) -> None:
    reply = await shop.insert("item", {"name": "washer", "price": Decimal("0.05"), "photo": "AP8Q"})
    assert reply.headers["odbc.key"] == "5"
    assert reply.value == {
        "id": 5,
        "name": "washer",
        "price": Decimal("0.05"),
        "weight": None,
        "photo": "AP8Q",
        "active": True,
        "added": None,
        "note": None,
    }
    minimal = await shop.insert("item", {"name": "spring", "id": 77}, prefer="return=minimal")
    assert minimal.value is None
    assert minimal.headers["odbc.key"] == "77"
    both = await shop.insert(
        "line", [{"order_no": 9, "position": p, "item": 1, "quantity": 1} for p in (1, 2)]
    )
    assert [row["position"] for row in both.value] == [1, 2]  # type: ignore[union-attr,index,call-overload]


REFUSED = [
    ({"name": "bolt"}, Blame.CONFLICT, "23505", "item.name"),
    ({"name": None}, Blame.CALLER, "23502", "item.name"),
    ({"id": 1, "name": "x"}, Blame.CONFLICT, "23505", "item.id"),
    ({"id": "text", "name": "x"}, Blame.CALLER, "22018", "type"),
]


@pytest.mark.parametrize(("row", "blame", "code", "message"), REFUSED, ids=str)
async def test_refused_rows(
    shop: Database, row: dict[str, Any], blame: Blame, code: str, message: str
) -> None:
    with pytest.raises(PeerRejected) as caught:
        await shop.insert("item", row)
    assert caught.value.blame is blame
    assert (caught.value.code, caught.value.extra["reported_code"]) == (code, "HY000")
    assert message in caught.value.message
    assert len(await shop.rows("item")) == 4


async def test_a_refused_batch_changes_nothing_and_names_the_row(shop: Database) -> None:
    rows = [{"name": "one"}, {"name": "two"}, {"name": "bolt"}, {"name": "three"}]
    with pytest.raises(PeerRejected) as caught:
        await shop.insert("item", rows)
    assert caught.value.extra == {"row": 2, "reported_code": "HY000"}
    assert len(await shop.rows("item")) == 4


@pytest.mark.parametrize(
    ("row", "pointer"),
    [
        ({"name": "x", "price": Decimal("12345678901234567890.1234")}, "/price"),
        ({"name": "x", "weight": Decimal("0.1000000000000000055")}, "/weight"),
        ({"name": "x", "id": 2**63}, "/id"),
        ({"name": "a\x00b"}, "/name"),
        ({"name": "\U0010ffff"}, "/name"),
        ({"name": ["a"]}, "/name"),
        ({"name": "x", "photo": "%%%"}, "/photo"),
        ({"name": "x", "nope/~": 1}, "/nope~1~0"),
        ([{"name": "x"}, {"name": "y", "id": 2**64}], "/1/id"),
    ],
    ids=str,
)
async def test_values_that_cannot_be_stored_exactly_are_refused(
    shop: Database, row: Any, pointer: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await shop.insert("item", row)
    assert caught.value.violations[0].pointer == pointer
    assert len(await shop.rows("item")) == 4


async def test_foreign_keys_are_enforced(shop: Database) -> None:
    with pytest.raises(PeerRejected) as caught:
        await shop.insert("line", {"order_no": 5, "position": 1, "item": 99, "quantity": 1})
    assert caught.value.blame is Blame.CONFLICT
    with pytest.raises(PeerRejected) as caught:
        await shop.insert("line", {"order_no": 5, "position": 1, "item": 1, "quantity": 0})
    assert caught.value.blame is Blame.CALLER


ODD_NAMES = [
    "order",
    "select",
    'quo"te',
    "we?ird {fn x}",
    "sp ace",
    "per%cent",
    "semi;colon",
    "ünïcode",
    "a'b",
    "a.b",
]


async def test_odd_names_work(open_database: Open, tmp_path: Path) -> None:
    def quoted(name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    columns = ", ".join(f"{quoted(name)} TEXT" for name in ODD_NAMES)
    tables = [name for name in ODD_NAMES if "{" not in name]
    script = "".join(f"CREATE TABLE {quoted(t)} (id INTEGER PRIMARY KEY, {columns});" for t in tables)
    database_ = await open_database(connection(database(tmp_path / "odd.db", script)))
    for table in tables:
        row = {name: f"value of {name}" for name in ODD_NAMES}
        assert (await database_.insert(table, row)).value == {"id": 1, **row}
        assert await database_.get(table, 1) == {"id": 1, **row}
        for name in ODD_NAMES:
            quoted_name = '"' + name.replace('"', '\\"') + '"'
            found = await database_.rows(
                table, **{"and": [f'({quoted_name}.eq."value of {name}")'.replace('quo"te")', 'quo\\"te")')]}
            )
            assert found == [{"id": 1, **row}]


async def test_names_that_paths_cannot_hold_are_missing(open_database: Open, tmp_path: Path) -> None:
    script = 'CREATE TABLE "a/b" (x); CREATE TABLE "c{d}" (x); CREATE TABLE good (x)'
    database_ = await open_database(connection(database(tmp_path / "odd.db", script)))
    assert [operation.name for operation in database_.adapter.operations()] == ["good.read", "good.insert"]
    assert {missing.name for missing in database_.adapter.missing()} == {"a/b", "c{d}"}


async def test_a_broken_view_costs_only_itself(open_database: Open, tmp_path: Path) -> None:
    script = (
        "CREATE TABLE good (x); CREATE TABLE gone (y);"
        "CREATE VIEW broken AS SELECT y FROM gone; DROP TABLE gone"
    )
    database_ = await open_database(connection(database(tmp_path / "odd.db", script)))
    assert "good.read" in {operation.name for operation in database_.adapter.operations()}
    assert [missing.name for missing in database_.adapter.missing()] == ["broken"]


async def test_wide_tables(open_database: Open, tmp_path: Path) -> None:
    columns = ", ".join(f"c{i} INTEGER DEFAULT {i}" for i in range(300))
    database_ = await open_database(connection(database(tmp_path / "wide.db", f"CREATE TABLE t ({columns})")))
    assert (await database_.insert("t", {})).value == {f"c{i}": i for i in range(300)}


async def test_allow_and_deny(open_database: Open, tmp_path: Path) -> None:
    file = database(tmp_path / "shop.db")
    database_ = await open_database(connection(file), tables={"allow": ["i*", "line"], "deny": ["*ne"]})
    assert {operation.name.split(".")[0] for operation in database_.adapter.operations()} == {"item"}


async def test_read_only(open_database: Open, tmp_path: Path) -> None:
    database_ = await open_database(connection(database(tmp_path / "shop.db")), read_only=True)
    assert not any(operation.name.endswith("insert") for operation in database_.adapter.operations())
    assert all(operation.safe for operation in database_.adapter.operations())


async def test_limits(open_database: Open, tmp_path: Path) -> None:
    database_ = await open_database(connection(database(tmp_path / "shop.db")), default_limit=2, max_limit=3)
    assert len(await database_.rows("item")) == 2
    assert len(await database_.rows("item", limit=3)) == 3
    with pytest.raises(InvalidRequest):
        await database_.rows("item", limit=4)
    request = Request(headers={"accept": "application/x-ndjson"})
    reply = await database_.adapter.call("item.read", request, Deadline.after(5))
    assert b"".join([block async for block in reply.blocks]).count(b"\n") == 4  # type: ignore[union-attr]


async def test_a_locked_database_means_try_again(open_database: Open, tmp_path: Path) -> None:
    file = database(tmp_path / "shop.db")
    database_ = await open_database(connection(file) + ";Timeout=50")
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Throttled):
            await database_.insert("item", {"name": "late"})
        with pytest.raises(Throttled):
            await database_.rows("item")
        other.execute("ROLLBACK")
    await database_.insert("item", {"name": "late"})
    assert len(await database_.rows("item")) == 5


async def test_a_reader_does_not_lock_writers_out(shop: Database, tmp_path: Path) -> None:
    await shop.rows("item")
    await shop.get("item", 1)
    with contextlib.closing(sqlite3.connect(tmp_path / "shop.db", timeout=0.1)) as other, other:
        other.execute("INSERT INTO item (name) VALUES ('from elsewhere')")
    assert len(await shop.rows("item")) == 5


async def test_a_text_that_is_no_utf_8_is_named_and_harms_no_other(
    open_database: Open, tmp_path: Path
) -> None:
    script = """CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT);
        INSERT INTO t VALUES (1, 'ok'), (2, CAST(x'ff41' AS TEXT));"""
    db = await open_database(connection(database(tmp_path / "t.db", script)), max_connections=1)
    with pytest.raises(ProtocolViolation, match="no UTF-8"):
        await db.rows("t")
    (worker,) = db.adapter._client.pool._idle
    assert await db.rows("t", id="eq.1") == [{"id": 1, "s": "ok"}]
    assert db.adapter._client.pool._idle == [worker]


NAMES: list[tuple[dict[str, Any], list[str]]] = [
    ({"allow": ["items"]}, ['tables.allow: no table "items"; did you mean "item"?']),
    ({"allow": ["ITEM"]}, ['tables.allow: no table "ITEM"; did you mean "item"?']),
    ({"allow": ["item", "x*"]}, ['tables.allow: no table "x*"']),
    ({"deny": ["lines", "tmp_*"]}, ['tables.deny: no table "lines"; did you mean "line"?']),
    ({"allow": ["it*", "line"], "deny": ["dear"]}, []),
    ({}, []),
]


@pytest.mark.parametrize(("tables", "notes"), NAMES, ids=str)
async def test_names_that_match_no_table_are_noted(
    tables: dict[str, Any], notes: list[str], open_database: Open, tmp_path: Path
) -> None:
    db = await open_database(connection(database(tmp_path / "shop.db")), tables=tables)
    assert list(db.adapter.notes()) == notes


async def test_a_missing_file_is_not_created(open_database: Open, tmp_path: Path) -> None:
    with pytest.raises(ConnectFailed, match=r"nothing\.db.*does not exist"):
        await open_database(connection(tmp_path / "nothing.db"))
    assert not (tmp_path / "nothing.db").exists()


async def test_a_file_that_is_no_database(open_database: Open, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("hello, this is not a database at all\n" * 100)
    with pytest.raises(ProtocolViolation, match="holds no database"):
        await open_database(connection(tmp_path / "text.db"))
    with pytest.raises(ConnectFailed, match="is not a file"):
        await open_database(connection(tmp_path))


async def test_an_unknown_driver(open_database: Open) -> None:
    with pytest.raises(ConnectFailed, match=r'the driver "No Such Driver" .*odbcinst -q -d'):
        await open_database("Driver=No Such Driver;Database=x")
    with pytest.raises(ConnectFailed, match='the data source "no-such-dsn" is not configured'):
        await open_database("DSN=no-such-dsn")
