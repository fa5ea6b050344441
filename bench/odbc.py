"""GET /api/warehouse/payments: one row by key, and a hundred rows by a filter, from PostgreSQL."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from bench.contenders import Contender, start_gateway, start_plain
from tests.peers.postgresql import PostgresServer

_TABLE = """
create table payments (id integer primary key, customer varchar(40) not null, city varchar(40),
  amount numeric(12,2), quantity integer, placed timestamp, paid boolean, note text);
insert into payments select n, 'customer ' || n, 'city ' || n % 50, n * 1.01, n % 1000,
  timestamp '2026-01-01' + n * interval '1 minute', n % 2 = 0, 'note ' || n from generate_series(1, 10000) n;
create index on payments (quantity);
analyze payments;
"""


def start(folder: Path, stack: ExitStack) -> tuple[Contender, Contender]:
    """The gateway and FastAPI + pyodbc in threads in front of the same database."""
    server = PostgresServer()
    server.start()
    stack.callback(server.stop)
    server.psql(_TABLE)
    warehouse = {
        "adapter": "odbc",
        "connection": "${env:BENCH_CONNECTION}",
        "tables": {"allow": ["payments"]},
        "max_connections": 4,
        "max_in_flight": 64,
    }
    environ = {"BENCH_CONNECTION": server.connection()}
    return (
        start_gateway(folder, {"warehouse": warehouse}, environ, stack),
        start_plain(folder, "odbc", environ, stack),
    )
