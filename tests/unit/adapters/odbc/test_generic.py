"""The generic dialect, at a database that has a better one: standard SQL, rows as the driver delivers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from adapters.errors import Blame, InvalidRequest, PeerRejected, ProtocolViolation
from adapters.odbc import client
from adapters.odbc.dialects import Dialect
from tests.peers.postgresql import PostgresServer
from tests.unit.adapters.odbc.conftest import Database, Open

pytestmark = pytest.mark.xdist_group("odbc-postgresql")


@pytest.fixture
async def db(
    postgres: PostgresServer, database: str, open_database: Open, monkeypatch: pytest.MonkeyPatch
) -> Database:
    postgres.psql(
        """CREATE TABLE stock (
            id integer PRIMARY KEY, name varchar(20) NOT NULL UNIQUE, price numeric(20, 6), weight float8,
            made date, "od""d ?" text
        );
        CREATE VIEW cheap AS SELECT id, price FROM stock WHERE price < 5;
        INSERT INTO stock VALUES (1, 'bolt', 12345678901234.123456, 0.1, '2026-01-02', 'x'),
            (2, 'nut', 0.5, 1e300, NULL, NULL), (3, '50%_off!', NULL, NULL, NULL, '');""",
        database,
    )
    monkeypatch.setattr(client, "choose", lambda product, quote: Dialect(quote))
    return await open_database(postgres.connection(database), schemas=["public"], read_block_rows=2)


async def test_operations(db: Database) -> None:
    found = {operation.name: operation for operation in db.adapter.operations()}
    assert set(found) == {"stock.read", "stock.get", "stock.insert", "cheap.read"}
    schema = found["stock.insert"].request.schema  # type: ignore[union-attr]
    assert schema["required"] == ["id", "name"]  # type: ignore[index]


async def test_reading(db: Database) -> None:
    first = await db.get("stock", 1)
    assert first == {
        "id": 1,
        "name": "bolt",
        "price": Decimal("12345678901234.123456"),
        "weight": Decimal("0.1"),
        "made": "2026-01-02",
        'od"d ?': "x",
    }
    assert [row["id"] for row in await db.rows("stock", order="price.desc.nullslast")] == [1, 2, 3]
    assert [row["id"] for row in await db.rows("stock", order="price.nullsfirst")] == [3, 2, 1]
    assert [row["id"] for row in await db.rows("stock", order="id", limit=1, offset=1)] == [2]
    assert await db.rows("stock", order="id", limit=5, offset=9) == []
    assert [row["id"] for row in await db.rows("stock", name=["like.50\\%\\_off!"])] == [3]
    assert [row["id"] for row in await db.rows("stock", name=["ilike.B*"])] == [1]
    assert [
        row["id"] for row in await db.rows("stock", **{"and": ['("od""d ?".is.null)'.replace('""', '\\"')]})
    ] == [2]
    assert await db.rows("cheap", select="n:id") == [{"n": 2}]
    with pytest.raises(InvalidRequest):
        await db.rows("stock", id=["eq.x"])


async def test_inserting(db: Database) -> None:
    row = {"id": 4, "name": "a'b{fn x}", "price": Decimal("0.000001")}
    stored = await db.insert("stock", row)
    assert stored.value == {**row, "weight": None, "made": None, 'od"d ?': None}
    with pytest.raises(PeerRejected) as caught:
        await db.insert("stock", [{"id": 5, "name": "new"}, {"id": 6, "name": "nut"}])
    assert (caught.value.code, caught.value.blame, caught.value.extra) == (
        "23505",
        Blame.CONFLICT,
        {"row": 1},
    )
    assert len(await db.rows("stock")) == 4


async def test_a_value_without_json_form_is_an_error_with_its_place(
    db: Database, postgres: PostgresServer, database: str
) -> None:
    postgres.psql("UPDATE stock SET weight = 'NaN' WHERE id = 3", database)
    with pytest.raises(ProtocolViolation, match="row 3, column weight"):
        await db.rows("stock", order="id")
    assert len(await db.rows("stock", select="id")) == 3
