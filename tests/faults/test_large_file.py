"""A statement file much larger than memory should be goes from an inbox to rows of a database: each record
once, though the gateway is killed on the way, and with flat memory.

GATEWAY_LARGE_MB is the size of the long form's file. Prints the rate and how far memory grew.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.deliveries import bank_settings, rows_settings
from tests.faults.gateway import Gateway
from tests.peers.postgresql import PASSWORD, PostgresServer
from tests.peers.sshd import Sshd, sshd
from tests.statements import statements

LARGE_MB = int(os.environ.get("GATEWAY_LARGE_MB", "500"))
SMALL_MB = 12
MAX_GROWTH_KIB = 100 * 1024
_RECORD_BYTES = 500
_BLOCK = 1000
_STATEMENT = statements(
    {
        "number": {"at": 2, "length": 10, "type": "integer"},
        "amount": {"at": 12, "length": 12, "type": "decimal", "scale": 2},
        "payer": {"at": 24, "length": 70},
    },
    record_length=_RECORD_BYTES,
    count_length=10,
)
_PAYMENT = {
    "transform": {
        "number": "line.number",
        "amount": "line.amount",
        "payer": "line.payer",
        "account": "header.account",
    }
}
_SCHEMA = """
CREATE TABLE payment (
    number bigint NOT NULL, amount numeric(12, 2) NOT NULL, payer text NOT NULL, account text NOT NULL
);
CREATE TABLE outbox (number bigint PRIMARY KEY, state text NOT NULL);
"""
_SLOW = """
CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN PERFORM pg_sleep(0.05); RETURN NULL; END $$;
CREATE TRIGGER pause AFTER INSERT ON payment FOR EACH STATEMENT EXECUTE FUNCTION pause();
"""
"""Each batch takes so long that a small file is not done before it can be killed."""


def write_statement(file: Path, records: int) -> None:
    """A statement in EBCDIC of so many lines, written in blocks."""

    def encoded(*lines: str) -> bytes:
        return "".join(line.ljust(_RECORD_BYTES) for line in lines).encode("cp037")

    with file.open("wb") as out:
        out.write(encoded("HACC-000001"))
        for first in range(1, records + 1, _BLOCK):
            numbers = range(first, min(first + _BLOCK, records + 1))
            out.write(encoded(*(f"D{n:010}{n * 7:012}Payer of invoice {n}" for n in numbers)))
        out.write(encoded(f"T{records:010}"))


@dataclass
class Journey:
    """The bank, the database, and the gateway between."""

    gateway: Gateway
    bank: Sshd
    database: PostgresServer

    def rows(self) -> int:
        return int(self.database.psql("SELECT count(*) FROM payment"))

    async def until(self, rows: int) -> int:
        """Return when there are so many rows, with the most memory that the gateway had meanwhile, in KiB."""
        most = 0
        while await asyncio.to_thread(self.rows) < rows:
            most = max(most, self.memory())
            await asyncio.sleep(0.1)
        return most

    def memory(self) -> int:
        """Resident memory of the gateway's process, in KiB."""
        status = Path(f"/proc/{self.gateway.server.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])


@asynccontextmanager
async def open_journey(folder: Path) -> AsyncIterator[Journey]:
    async with AsyncExitStack() as stack:
        database = PostgresServer()
        stack.callback(database.stop)
        bank = sshd(folder / "bank")
        stack.callback(bank.server.stop)
        inbox = bank.files / "drops"
        inbox.mkdir()
        for server in (database, bank.server):
            await asyncio.to_thread(server.start)
        await asyncio.to_thread(database.psql, _SCHEMA)
        system = bank_settings(bank, inbox)
        system["inboxes"]["drops"] |= {"pattern": "*.stm", "format": "statement", "then": "delete"}
        payments = {
            "from": "bank.drops",
            "steps": [{"map": "payment"}, {"call": "rows.payment.insert", "batch": 500}],
        }
        gateway = Gateway(
            folder,
            {"bank": system, "rows": rows_settings(database)},
            [PASSWORD],
            flows={"payments": payments},
            mappings={"statement": _STATEMENT, "payment": _PAYMENT},
        )
        await stack.enter_async_context(gateway)
        yield Journey(gateway, bank, database)


@pytest.mark.timeout(300)
async def test_a_file_of_some_megabytes(tmp_path: Path) -> None:
    await _carried(tmp_path, SMALL_MB, _SLOW)


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_a_file_of_hundreds_of_megabytes(tmp_path: Path) -> None:
    await _carried(tmp_path, LARGE_MB)


async def _carried(folder: Path, megabytes: int, more_schema: str = "") -> None:
    records = megabytes * 1_000_000 // _RECORD_BYTES
    async with open_journey(folder) as journey:
        if more_schema:
            await asyncio.to_thread(journey.database.psql, more_schema)
        await _idle(journey.gateway)
        idle = journey.memory()
        inbox = journey.bank.files / "drops"
        await asyncio.to_thread(write_statement, inbox / "a.part", records)
        started = time.monotonic()
        (inbox / "a.part").rename(inbox / "a.stm")
        most = 0
        for share in (3, 2):
            most = max(most, await journey.until(records // share))
            await asyncio.to_thread(journey.gateway.server.kill)
            await asyncio.to_thread(journey.gateway.server.start)
        most = max(most, await journey.until(records))
        seconds = time.monotonic() - started
        message = await _done(journey.gateway)
        rate = f"{records / seconds:.0f} records/s with two restarts"
        print(
            f"{records} records, {megabytes} MB: {rate}; {idle} KiB idle, {(most - idle) / 1024:.0f} MiB more"
        )
        found = journey.database.psql("SELECT count(*), count(DISTINCT number), sum(amount) FROM payment")
        assert found == f"{records}|{records}|{records * (records + 1) // 2 * 7 / 100:.2f}"
        assert message["attempts"] == 3, "it was not killed on the way"
        assert message["progress"]["records"] == records
        assert not list(inbox.glob("*.stm"))
        assert most - idle < MAX_GROWTH_KIB


async def _idle(gateway: Gateway) -> None:
    """Return when all systems have been described."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(OSError):
                async with gateway.session.get("/health/ready") as answer:
                    systems = (await answer.json())["systems"]
                if all(system["state"] == "ready" for system in systems.values()):
                    return
            await asyncio.sleep(0.1)


async def _done(gateway: Gateway) -> dict[str, object]:
    """The message, once it is done."""
    async with asyncio.timeout(60):
        while True:
            (message,) = await gateway.messages()
            if message["state"] == "done":
                return message
            await asyncio.sleep(0.1)
