"""The whole gateway with all its paths of delivery, sources and sinks around it, and an oracle for each path.

    posts     POST with `Prefer: respond-async` → row          files     SFTP inbox → rows, in batches
    readings  MQTT channel → row                               changes   rows of an outbox table → rows
    again     POST to a flow → SOAP, vouched as idempotent     once      POST to a flow → SOAP, not vouched

Rows are inserted into PostgreSQL under an `applied_table`.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiomqtt

from tests.faults.gateway import Gateway
from tests.faults.oracle import Verdict, judge
from tests.faults.recorder import Recorder
from tests.faults.sources import Files, Posts, Publications, Rows, Source
from tests.peers.mosquitto import mosquitto
from tests.peers.postgresql import PASSWORD, PostgresServer
from tests.peers.process import ServerProcess
from tests.peers.sshd import Sshd, sshd

WINDOW = 20
"""Messages of the MQTT channel that may be in hand."""
AT_ONCE = 4
"""Messages of a flow that run at the same time: the default of `max_in_flight`."""
SETTLES_S = 60.0
_TOPIC = "plant/1/reading"
_SCHEMA = """
CREATE TABLE arrived (
    path text NOT NULL, id text NOT NULL, content text NOT NULL, message text, redelivered text
);
CREATE TABLE outbox (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    path text NOT NULL, id text NOT NULL, content text NOT NULL, state text NOT NULL DEFAULT 'new'
);
"""
_ROW = {
    "path": "path",
    "id": "id",
    "content": "content",
    "message": "message.id",
    "redelivered": "string(message.redelivered)",
}
_INSERT = {"call": "rows.arrived.insert", "with": _ROW}
_ORDER = {
    "call": "erp.CreateOrder",
    "with": {
        "order": "{'customer': id, 'orderedOn': '2026-03-01', 'comment': content, "
        "'item': [{'sku': message.id, 'quantity': 1, 'price': {'@currency': 'EUR', '#text': 0.10}}], "
        "'invoice': {'days': 14}}"
    },
}
_RETRY = {"attempts": 1000, "first_s": 0.05, "max_s": 0.5}
FLOWS: Mapping[str, Any] = {
    "files": {"from": "bank.drops", "retry": _RETRY, "steps": [{**_INSERT, "batch": 5}]},
    "readings": {"from": "plant.readings", "retry": _RETRY, "steps": [_INSERT]},
    "changes": {"from": "rows.orders", "retry": _RETRY, "steps": [_INSERT]},
    "again": {"from": {"post": {}}, "retry": _RETRY, "steps": [{**_ORDER, "idempotent": True}]},
    "once": {"from": {"post": {}}, "retry": _RETRY, "steps": [_ORDER]},
}


@dataclass(frozen=True)
class Arrived:
    """One arrival at a sink. `message` is the gateway's id of it, where the sink is told."""

    path: str
    id: str
    content: str
    message: str | None
    redelivered: bool


@dataclass
class Deliveries:
    """All of it. `sources` are by path; `posts` those of them that know the gateway's ids."""

    gateway: Gateway
    database: PostgresServer
    broker: ServerProcess
    bank: Sshd
    erp: Recorder
    sources: dict[str, Source]
    posts: dict[str, Posts]
    _load: list[asyncio.Task[None]] = field(default_factory=list)

    async def ready(self) -> None:
        """Return when the broker keeps messages for the gateway: what was published before is lost to it."""
        warm_up = json.dumps({"path": "warm-up", "id": "warm-up", "content": "-"})
        async with asyncio.timeout(SETTLES_S), aiomqtt.Client("127.0.0.1", self.broker.port) as client:
            while not await self.gateway.messages(flow="readings"):
                await client.publish(_TOPIC, warm_up, qos=1)
                await asyncio.sleep(0.2)

    def load(self) -> None:
        """Have all sources begin."""
        for path, source in self.sources.items():
            self._load.append(asyncio.create_task(source.run(), name=path))

    async def stop(self) -> None:
        """Have all sources end, each when all that it sent is acknowledged. Raises: TimeoutError."""
        for source in self.sources.values():
            source.stop.set()
        async with asyncio.timeout(SETTLES_S):
            await asyncio.gather(*self._load)

    async def aclose(self) -> None:
        """Have all sources end at once."""
        pending = set(self._load)
        while pending:  # again: a cancellation is lost where it meets the end of what is waited for
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=1)
        await asyncio.gather(*self._load, return_exceptions=True)

    def arrived(self) -> list[Arrived]:
        """What is at the sinks."""
        lines = self.database.psql("SELECT row_to_json(arrived) FROM arrived").splitlines()
        found = []
        for row in map(json.loads, lines):
            again = row["redelivered"] == "true"
            found.append(Arrived(row["path"], row["id"], row["content"], row["message"], again))
        for order in self.erp.orders:
            path = order.customer.partition("-")[0]
            found.append(Arrived(path, order.customer, order.comment, order.message, order.again))
        return found

    async def verdicts(self, *paths: str, within_s: float = SETTLES_S) -> dict[str, Verdict]:
        """What the oracle says of these paths, or of all, once what was acknowledged until now has arrived or
        is held, or there was time enough. The sources may go on meanwhile."""
        give_up = time.monotonic() + within_s
        acked = {path: frozenset(self.sources[path].ledger.acked) for path in paths or self.sources}
        while True:
            now = await self._verdicts()
            found = {path: now[path].without_newer_than(acked[path]) for path in acked}
            missing = any(one.lost or one.stuck for one in found.values())
            if not missing or time.monotonic() > give_up:
                return found
            await asyncio.sleep(0.2)

    async def _verdicts(self) -> dict[str, Verdict]:
        """What it says now."""
        arrived = self.arrived()
        waiting = {one["flow"] for one in await self.gateway.messages(state=["pending", "running"])}
        held = [one["id"] for one in await self.gateway.messages(state=["dead", "in_doubt"])]
        found = {}
        for path, source in self.sources.items():
            taken = self.posts[path].taken if path in self.posts else {}
            flow = "call:rows.arrived.insert" if path == "posts" else path
            found[path] = judge(
                source.ledger,
                [(one.id, one.content) for one in arrived if one.path == path],
                held={taken[one] for one in held if one in taken},
                waiting=source.ledger.acked if flow in waiting else (),
            )
        return found

    async def interrupted(self) -> int:
        """How many of the last thousand messages of each flow had more than one attempt."""
        flows = ["call:rows.arrived.insert", *FLOWS]
        found = [one for flow in flows for one in await self.gateway.messages(flow=flow)]
        return sum(one["attempts"] > 1 for one in found)


@asynccontextmanager
async def open_deliveries(
    folder: Path,
    chance: random.Random,
    *,
    program: Sequence[str] | None = None,
    store: Mapping[str, Any] | None = None,
    timeout_s: float = 10.0,
) -> AsyncIterator[Deliveries]:
    """Start all of it, with its files in `folder`; the sources do not send yet.

    `program` runs the gateway where it is not the ordinary one, `store` are settings of its message store,
    `timeout_s` is that of each system.
    """
    async with AsyncExitStack() as stack:
        database = PostgresServer()
        stack.callback(database.stop)
        broker = mosquitto(folder / "broker", persistent=True)
        stack.callback(broker.stop)
        bank = sshd(folder / "bank")
        stack.callback(bank.server.stop)
        inbox = bank.files / "drops"
        inbox.mkdir()
        for server in (database, broker, bank.server):
            await asyncio.to_thread(server.start)
        await asyncio.to_thread(database.psql, _SCHEMA)
        erp = await stack.enter_async_context(Recorder(delay_s=0.01))
        systems = {
            "rows": rows_settings(database),
            "bank": bank_settings(bank, inbox),
            "plant": plant_settings(broker.port),
            "erp": erp.settings(),
        }
        gateway = Gateway(
            folder,
            {name: {**system, "timeout_s": timeout_s} for name, system in systems.items()},
            [PASSWORD],
            flows=FLOWS,
            # Messages of which a kill always hits the same one become dead letters; here all have to arrive.
            settings={"messages": {"crash_limit": 1000, **(store or {})}},
            **({} if program is None else {"program": program}),
        )
        await stack.enter_async_context(gateway)
        posts = {
            "posts": Posts("posts", folder, chance, gateway, "/api/rows/arrived", 0.02),
            "again": Posts("again", folder, chance, gateway, "/api/flows/again", 0.04),
            "once": Posts("once", folder, chance, gateway, "/api/flows/once", 0.04),
        }
        sources: dict[str, Source] = {
            **posts,
            "files": Files("files", folder, chance, inbox, records=12),
            "readings": Publications("readings", folder, chance, broker.port, _TOPIC),
            "changes": Rows("changes", folder, chance, database, "outbox"),
        }
        for source in sources.values():
            stack.callback(source.ledger.close)
        deliveries = Deliveries(gateway, database, broker, bank, erp, sources, posts)
        stack.push_async_callback(deliveries.aclose)
        yield deliveries


def rows_settings(database: PostgresServer) -> dict[str, Any]:
    """The database, with its outbox and its table of what was applied."""
    status = {"column": "state"}
    return {
        "adapter": "odbc",
        "connection": database.connection(),
        "applied_table": "gateway_applied",
        "changes": {"orders": {"table": "outbox", "status": status, "poll_interval_s": 0.1}},
    }


def bank_settings(bank: Sshd, inbox: Path) -> dict[str, Any]:
    """The file server, its files complete once they are renamed."""
    drops = {
        "path": str(inbox),
        "pattern": "*.jsonl",
        "complete_when": "rename",
        "then": {"archive": str(inbox / "done")},
        "poll_interval_s": 0.1,
        "format": "ndjson",
    }
    return {
        **bank.access(),
        "inboxes": {"drops": drops},
    }


def plant_settings(port: int) -> dict[str, Any]:
    """The broker."""
    return {
        "adapter": "mqtt",
        "broker": f"mqtt://127.0.0.1:{port}",
        "receive_window": WINDOW,
        "channels": {"readings": {"topic": "plant/{line}/reading", "direction": "subscribe"}},
    }
