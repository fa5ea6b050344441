"""A fixed-width file from an SFTP server to rows of a database: a flow and a plain script."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.contenders import Contender, start_gateway
from bench.cpu import cpu_seconds
from bench.job import Job, Spent, command
from tests.peers.postgresql import PostgresServer
from tests.peers.sshd import Sshd, sshd

_RECORDS = 50_000
_POLL_S = 0.05
_GIVE_UP_S = 300.0
_TABLE = "(id bigint PRIMARY KEY, invoice varchar(12), payer varchar(30), amount numeric(12,2), booked date)"
_LAYOUT = {
    "format": "fixed_width",
    "encoding": "us-ascii",
    "record_length": 80,
    "fields": {
        "id": {"at": 1, "length": 10, "type": "integer"},
        "invoice": {"at": 11, "length": 12},
        "payer": {"at": 23, "length": 30},
        "amount": {"at": 53, "length": 12, "type": "decimal", "scale": 2},
        "booked": {"at": 65, "length": 8, "type": "date"},
    },
}


def start(folder: Path, stack: ExitStack) -> Job:
    """50,000 records of 80 bytes with 5 fields, batches of 500; each row once whatever happens in the flow,
    by a mark in the same transaction; the plain one commits its batches and has no such mark."""
    database = PostgresServer()
    database.start()
    stack.callback(database.stop)
    for name in ("payment", "plain"):
        database.psql(f"CREATE TABLE {name} {_TABLE}")
    peer = sshd(folder / "sshd")
    peer.server.start()
    stack.callback(peer.server.stop)
    inbox = peer.files / "in"
    inbox.mkdir()
    load = {"call": "warehouse.payment.insert", "batch": 500}
    gateway = start_gateway(
        folder,
        _systems(peer, inbox),
        {"BENCH_CONNECTION": database.connection()},
        stack,
        mappings={"ledger": _LAYOUT},
        flows={"load": {"from": "bank.ledger", "steps": [load]}},
    )
    loading = _Loading(database, peer, inbox, _content())
    return Job(
        "file by SFTP into a database",
        _RECORDS,
        lambda: loading.through(gateway),
        loading.plainly,
    )


@dataclass(frozen=True)
class _Loading:
    """The two peers, and the file that is loaded."""

    database: PostgresServer
    peer: Sshd
    inbox: Path
    content: bytes

    def through(self, gateway: Contender) -> Spent:
        """From the moment the file is there until its last row is."""
        self.database.psql("TRUNCATE payment")
        cpu, started = cpu_seconds(gateway.pid), time.perf_counter()
        self._put("ledger.txt")
        while int(self.database.psql("SELECT count(*) FROM payment")) < _RECORDS:
            if time.perf_counter() - started > _GIVE_UP_S:
                raise SystemExit("the gateway has not loaded the file; see its log")
            time.sleep(_POLL_S)
        return Spent(time.perf_counter() - started, cpu_seconds(gateway.pid) - cpu)

    def plainly(self) -> Spent:
        """The script from its start to its end."""
        self.database.psql("TRUNCATE plain")
        file = self._put("ledger.plain")
        known = {
            "port": self.peer.port,
            "key": os.fspath(self.peer.client_key),
            "user": self.peer.username,
            "file": os.fspath(file),
        }
        environ = {**os.environ, "BENCH_CONNECTION": self.database.connection()}
        spent = command([sys.executable, "-m", "bench.plain.loader", json.dumps(known)], environ)
        file.unlink()
        return spent

    def _put(self, name: str) -> Path:
        file = self.peer.files / "draft"
        file.write_bytes(self.content)
        return file.rename(self.inbox / name)


def _systems(peer: Sshd, inbox: Path) -> dict[str, object]:
    """The database, and the inbox that files are dropped into."""
    return {
        "warehouse": {
            "adapter": "odbc",
            "connection": "${env:BENCH_CONNECTION}",
            "applied_table": "gateway_applied",
        },
        "bank": {
            **peer.access(),
            "inboxes": {
                "ledger": {
                    "path": os.fspath(inbox),
                    "pattern": "*.txt",
                    "complete_when": "rename",
                    "then": "delete",
                    "poll_interval_s": 0.1,
                    "format": "ledger",
                }
            },
        },
    }


def _content() -> bytes:
    return b"".join(
        f"{n:010}INV-{n:08}{f'Payer {n % 977}':<30}{n * 37:012}2026{1 + n % 12:02}{1 + n % 28:02}".ljust(
            80
        ).encode()
        for n in range(_RECORDS)
    )
