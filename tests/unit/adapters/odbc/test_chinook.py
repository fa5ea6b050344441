"""The Chinook sample database: every table, read through the adapter, equals the published rows."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.corpus import ABSENT, CORPUS
from tests.peers import sqlite
from tests.peers.postgresql import PostgresServer
from tests.unit.adapters.odbc.conftest import Database, Open

pytestmark = pytest.mark.xdist_group("odbc-postgresql")

CHINOOK = CORPUS / "sql" / "chinook"

if not CHINOOK.is_dir():
    pytest.skip(ABSENT, allow_module_level=True)

EXPECTED: dict[str, list[dict[str, Any]]] = json.loads(
    (CHINOOK / "ChinookData.json").read_text(), parse_float=Decimal
)
COUNTS = {
    "Album": 347,
    "Artist": 275,
    "Customer": 59,
    "Employee": 8,
    "Genre": 25,
    "Invoice": 412,
    "InvoiceLine": 2240,
    "MediaType": 5,
    "Playlist": 18,
    "PlaylistTrack": 8715,
    "Track": 3503,
}


async def test_sqlite(open_database: Open, tmp_path: Path) -> None:
    file = sqlite.database(tmp_path / "chinook.db", (CHINOOK / "Chinook_Sqlite.sql").read_text("utf-8-sig"))
    await _compare(await open_database(sqlite.connection(file)), str)


async def test_postgresql(postgres: PostgresServer, database: str, open_database: Open) -> None:
    script = (CHINOOK / "Chinook_PostgreSql.sql").read_text("utf-8-sig")
    # N'…' is of type character, and PostgreSQL drops its trailing spaces on the way into a varchar.
    script = re.sub(r"([(,] ?)N'", r"\1'", script)
    postgres.psql(script[script.index("\\c chinook;") + len("\\c chinook;") :], database)
    await _compare(await open_database(postgres.connection(database)), _snake)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


async def _compare(db: Database, spelled: Any) -> None:
    for table, count in COUNTS.items():
        rows = await db.rows(spelled(table))
        assert len(rows) == count == len(EXPECTED[table])
        found = sorted((_plain(row) for row in rows), key=str)
        expected = sorted(
            (_plain({spelled(name): value for name, value in row.items()}) for row in EXPECTED[table]),
            key=str,
        )
        assert found == expected, table
        key = rows[-1]
        names = [name for name in EXPECTED[table][0] if name.endswith("Id")]
        own = [n for n in names if n == f"{table}Id"] or names
        text = ",".join(str(key[spelled(name)]) for name in own)
        assert await db.get(spelled(table), text) == key


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Dates in one spelling; nulls left out, which the published rows write as empty texts."""
    return {
        name: re.sub(r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)$", r"\1 \2", value)
        if isinstance(value, str)
        else value
        for name, value in sorted(row.items())
        if value not in (None, "")
    }
