"""Rows of a real database through the facade."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.facade.running import Gateway


async def test_ndjson_streams_are_not_cut_by_the_default_limit(gateway: Gateway, tmp_path: Path) -> None:
    file = tmp_path / "shop.sqlite"
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE item (id INTEGER PRIMARY KEY)")
        database.executemany("INSERT INTO item VALUES (?)", [(number,) for number in range(1000)])
    database.close()
    connection = f"Driver=SQLite3;Database={file}"
    await gateway.start(systems={"shop": {"adapter": "odbc", "connection": connection, "default_limit": 10}})
    assert len((await gateway.request("GET", "/api/shop/item")).json) == 10
    headers = {"Accept": "application/x-ndjson"}
    assert (await gateway.request("GET", "/api/shop/item", headers=headers)).body.count(b"\n") == 1000
    limited = await gateway.request("GET", "/api/shop/item?limit=7", headers=headers)
    assert limited.body.count(b"\n") == 7
