"""A statement in EBCDIC from a real SFTP server to rows in a real database."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.messages import State
from tests.peers import sqlite
from tests.peers.sshd import Sshd, sshd
from tests.statements import statements
from tests.unit.gateway.flows.bench import Bench, until

STATEMENT = statements(
    {
        "invoice": {"at": 2, "length": 8},
        "amount": {"at": 10, "length": 9, "type": "decimal", "scale": 2, "usage": "packed"},
    },
    record_length=40,
    count_length=6,
)
FLOW = {
    "from": "bank.statements",
    "order_by": "this",
    "steps": [
        {"map": "statement-to-payment"},
        {"filter": "amount > 0"},
        {"call": "warehouse.payment.insert", "batch": 100},
    ],
}
PAYMENT = {"transform": {"invoice": "line.invoice", "amount": "line.amount", "account": "header.account"}}
SCHEMA = """
CREATE TABLE payment (
    invoice VARCHAR(8) PRIMARY KEY,
    amount DECIMAL(17, 2) NOT NULL CHECK (amount < 1000000),
    account VARCHAR(10) NOT NULL
);
"""


def packed(cents: int) -> bytes:
    """Packed decimal of nine bytes: seventeen digits and a sign."""
    return bytes.fromhex(f"{abs(cents):017d}{'D' if cents < 0 else 'C'}")


def statement(amounts: list[int], *, count: int | None = None) -> bytes:
    """A statement file with one line for each amount, in cents."""
    number = len(amounts) if count is None else count
    records = ["HACC-000001".encode("cp037")]
    records += [f"DINV{index:05d}".encode("cp037") + packed(cents) for index, cents in enumerate(amounts)]
    records.append(f"T{number:06d}".encode("cp037"))
    return b"".join(record.ljust(40, b"\x40") for record in records)


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Sshd]:
    peer = sshd(tmp_path / "sshd")
    (peer.files / "out" / "done").mkdir(parents=True)
    (peer.files / "out" / "error").mkdir()
    peer.server.start()
    yield peer
    peer.server.stop()


class Journey:
    """The bank, the warehouse, and the gateway between."""

    def __init__(self, bank: Sshd, bench: Bench) -> None:
        self.bank = bank
        self.bench = bench
        self.database = sqlite.database(bench.folder / "warehouse.db", SCHEMA)
        self.folder = bank.files / "out"

    def write(self, **flow: Any) -> None:
        inbox = {
            "path": str(self.folder),
            "pattern": "*.stm",
            "complete_when": "rename",
            "format": "statement",
            "then": {"archive": str(self.folder / "done")},
            "poll_interval_s": 0.1,
        }
        self.bench.write(
            {**FLOW, **flow},
            mappings={"statement": STATEMENT, "statement-to-payment": PAYMENT},
            systems={
                "bank": {
                    **self.bank.access(),
                    "inboxes": {"statements": inbox},
                },
                "warehouse": {
                    "adapter": "odbc",
                    "connection": sqlite.connection(self.database),
                    "applied_table": "gateway_applied",
                    "max_connections": 1,
                },
            },
        )

    def drop(self, name: str, data: bytes) -> None:
        """What the partner does: write beside, then rename."""
        (self.folder / f"{name}.part").write_bytes(data)
        (self.folder / f"{name}.part").rename(self.folder / name)

    async def has(self, count: int) -> None:
        """Wait until so many payments are there."""
        await until(lambda: len(self.rows()) >= count)

    def rows(self) -> list[tuple[str, Decimal]]:
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            found = connection.execute("SELECT invoice, amount FROM payment ORDER BY invoice").fetchall()
        return [(invoice, Decimal(str(amount))) for invoice, amount in found]


@pytest.fixture
def journey(bank: Sshd, bench: Bench) -> Journey:
    return Journey(bank, bench)


async def test_a_statement_becomes_payments(journey: Journey) -> None:
    journey.write()
    await journey.bench.start()
    amounts = [100 * number + 5 for number in range(-2, 250)]
    journey.drop("a.stm", statement(amounts))
    (message,) = await journey.bench.settled(State.DONE)
    assert journey.rows() == [
        (f"INV{index:05d}", Decimal(cents) / 100) for index, cents in enumerate(amounts) if cents > 0
    ]
    assert message.progress.counts == {"checked": 252, "read": 252, "filtered": 2, "sent": 250}
    await until(
        lambda: (journey.folder / "done" / "a.stm").exists() or list((journey.folder / "done").iterdir())
    )
    assert not (journey.folder / "a.stm").exists()


async def test_a_statement_whose_trailer_is_wrong_pays_nobody(journey: Journey) -> None:
    journey.write()
    await journey.bench.start()
    data = statement([100, 200], count=3)
    journey.drop("b.stm", data)
    (message,) = await journey.bench.settled(State.DEAD)
    assert journey.rows() == []
    assert message.failure is not None
    assert message.failure.error == "MappingError"
    assert await journey.bench.payload(message) == data


async def test_the_row_that_the_database_refuses_is_found_and_the_others_are_there(
    journey: Journey,
) -> None:
    journey.write(on_record_error="dead_letter_record")
    await journey.bench.start()
    journey.drop("c.stm", statement([100, 200, 100_000_000_00, 400]))
    (message,) = await journey.bench.settled(State.DONE)
    assert [invoice for invoice, _ in journey.rows()] == ["INV00000", "INV00001", "INV00003"]
    (dead,) = await journey.bench.dead_records(message)
    assert dead.failure is not None
    assert (dead.failure.error, dead.failure.record) == ("PeerRejected", 4)


async def test_killed_on_the_way_every_row_is_there_once(journey: Journey) -> None:
    journey.write()
    bench = journey.bench
    await bench.start()
    amounts = list(range(100, 1600))
    journey.drop("d.stm", statement(amounts))
    for least in (100, 700):
        await journey.has(least)
        await bench.kill()
        await bench.start()
    (message,) = await bench.settled(State.DONE)
    assert len(journey.rows()) == len(amounts)
    assert message.attempts == 3
    assert message.progress.records == len(amounts)
