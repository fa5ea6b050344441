"""Adapters at real databases: SQLite files and one PostgreSQL server per test worker."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from adapters import registry
from adapters.contract import AdapterContext, Deadline, Request, RowsReply, ValueReply
from adapters.odbc.adapter import OdbcAdapter
from tests.peers import sqlite
from tests.peers.postgresql import PostgresServer, programs

Open: TypeAlias = Callable[..., Awaitable["Database"]]


class Database:
    """An adapter in the words of these tests."""

    def __init__(self, adapter: OdbcAdapter) -> None:
        self.adapter = adapter

    async def rows(self, table: str, within_s: float = 10, /, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of a read, fractions as Decimal."""
        block = await self.text(table, within_s, **parameters)
        return [json.loads(line, parse_float=Decimal) for line in block.splitlines()]

    async def text(self, table: str, within_s: float = 10, /, **parameters: Any) -> bytes:
        """The NDJSON of a read."""
        request = Request(parameters=parameters)
        reply = await self.adapter.call(f"{table}.read", request, Deadline.after(within_s))
        assert isinstance(reply, RowsReply)
        return b"".join([block async for block in reply.blocks])

    async def get(self, table: str, key: Any, within_s: float = 10) -> Any:
        """One row by its key."""
        request = Request(parameters={"key": key})
        reply = await self.adapter.call(f"{table}.get", request, Deadline.after(within_s))
        assert isinstance(reply, ValueReply)
        return reply.value

    async def insert(
        self, table: str, body: Any, within_s: float = 10, prefer: str = "", key: str | None = None
    ) -> ValueReply:
        """The answer to an insert; `key`: its idempotency key."""
        headers = {"prefer": prefer} if prefer else {}
        request = Request(body=body, headers=headers, idempotency_key=key)
        reply = await self.adapter.call(f"{table}.insert", request, Deadline.after(within_s))
        assert isinstance(reply, ValueReply)
        return reply


@pytest.fixture
async def open_database() -> AsyncIterator[Open]:
    """Connects adapters to databases, and closes them at the end."""
    async with AsyncExitStack() as stack:

        async def opened(connection: str, **settings: Any) -> Database:
            adapter_type = registry.load("odbc")
            raw = {"adapter": "odbc", "connection": connection, **settings}
            adapter = adapter_type.create(
                adapter_type.settings.model_validate(raw), AdapterContext("db", Path())
            )
            assert isinstance(adapter, OdbcAdapter)
            stack.push_async_callback(adapter.aclose)
            await adapter.connect(Deadline.after(15))
            return Database(adapter)

        yield opened


@pytest.fixture
async def shop(open_database: Open, tmp_path: Path) -> Database:
    """A small SQLite database, see `tests.peers.sqlite`."""
    return await open_database(sqlite.connection(sqlite.database(tmp_path / "shop.db")))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL server."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def database(postgres: PostgresServer, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of a new database on the server, dropped at the end."""
    name = f"test_{abs(hash(request.node.nodeid)):x}"
    postgres.psql(f"CREATE DATABASE {name} TEMPLATE template0")
    yield name
    postgres.psql(f"DROP DATABASE {name} WITH (FORCE)")
