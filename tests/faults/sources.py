"""Where messages come from: each source notes in its ledger what it sent and what was acknowledged to it."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import aiomqtt

from tests.faults.gateway import Gateway
from tests.faults.oracle import Ledger
from tests.peers.postgresql import PostgresServer

_ALPHABET = "abcdefghijklmnopqrstuvwxyz 0123456789<>&'\"\\;,{}%äöüß€世界"
CALLERS = 3
AGAIN_S = 0.05
"""Seconds before a source tries again what was not acknowledged."""


class Source(ABC):
    """A source with a ledger of its own, which sends until it is told to stop."""

    def __init__(self, name: str, folder: Path, chance: random.Random) -> None:
        self.name = name
        self.ledger = Ledger(folder / f"{name}.ledger")
        self.stop = asyncio.Event()
        self._chance = chance
        self._numbers = itertools.count(1)

    @abstractmethod
    async def run(self) -> None:
        """Send until `stop` is set, and return when all that was sent is acknowledged."""

    def _next(self) -> dict[str, str]:
        """A new message, noted in the ledger."""
        length = self._chance.randint(1, 200)
        content = "".join(self._chance.choices(_ALPHABET, k=length)).strip() or "-"
        record = {"path": self.name, "id": f"{self.name}-{next(self._numbers)}", "content": content}
        self.ledger.send(record["id"], content)
        return record

    async def _pause(self, seconds: float) -> None:
        """The rate at which it sends."""
        with_jitter = seconds * self._chance.uniform(0.5, 1.5)
        try:
            await asyncio.wait_for(self.stop.wait(), with_jitter)
        except TimeoutError:
            return


class Posts(Source):
    """Some callers, each of whom posts under an idempotency key, the same until it is answered. `taken` gives
    our id by the gateway's."""

    def __init__(
        self, name: str, folder: Path, chance: random.Random, gateway: Gateway, url: str, pause_s: float
    ) -> None:
        super().__init__(name, folder, chance)
        self._gateway = gateway
        self._url = url
        self._pause_s = pause_s
        self.taken: dict[str, str] = {}
        self.refused: Counter[int] = Counter()

    async def run(self) -> None:
        await asyncio.gather(*(self._call() for _ in range(CALLERS)))

    async def _call(self) -> None:
        while not self.stop.is_set():
            record = self._next()
            message = await self._until_taken(record)
            self.ledger.ack(record["id"])
            self.taken[message] = record["id"]
            await self._pause(self._pause_s)

    async def _until_taken(self, record: Mapping[str, str]) -> str:
        headers = {"Prefer": "respond-async", "Idempotency-Key": record["id"]}
        while True:
            try:
                session = self._gateway.session
                async with session.post(self._url, json=record, headers=headers) as answer:
                    if answer.status == 202:
                        return answer.headers["Location"].rpartition("/")[2]
                    # Not ready yet, the system has not been described yet, or the store is full or failed.
                    assert answer.status in (404, 409, 503, 507), await answer.text()
                    self.refused[answer.status] += 1
            except (aiohttp.ClientError, TimeoutError):
                pass  # killed meanwhile
            await asyncio.sleep(AGAIN_S)


class Files(Source):
    """Drops files of `records` lines each, by rename; one is acknowledged when it has left the folder."""

    def __init__(self, name: str, folder: Path, chance: random.Random, inbox: Path, records: int) -> None:
        super().__init__(name, folder, chance)
        self._inbox = inbox
        self._records = records
        self._there: dict[Path, list[str]] = {}

    async def run(self) -> None:
        for number in itertools.count(1):
            if self.stop.is_set():
                break
            self._drop(f"{number:06}")
            self._look()
            await self._pause(0.2)
        while self._there:
            await asyncio.sleep(AGAIN_S)
            self._look()

    def _drop(self, name: str) -> None:
        records = [self._next() for _ in range(self._records)]
        hidden, shown = self._inbox / f"{name}.part", self._inbox / f"{name}.jsonl"
        hidden.write_text("".join(json.dumps(record) + "\n" for record in records))
        self._there[shown] = [record["id"] for record in records]
        hidden.rename(shown)

    def _look(self) -> None:
        for file in [file for file in self._there if not file.exists()]:
            for identifier in self._there.pop(file):
                self.ledger.ack(identifier)


class Publications(Source):
    """Publishes with QoS 1. The broker's acknowledgement means that the gateway's session has it."""

    def __init__(self, name: str, folder: Path, chance: random.Random, port: int, topic: str) -> None:
        super().__init__(name, folder, chance)
        self._port = port
        self._topic = topic

    async def run(self) -> None:
        while not self.stop.is_set():
            try:
                async with aiomqtt.Client("127.0.0.1", self._port) as client:
                    await self._publish(client)
            except aiomqtt.MqttError:
                await asyncio.sleep(AGAIN_S)  # the broker is away; what it did not acknowledge may be lost

    async def _publish(self, client: aiomqtt.Client) -> None:
        while not self.stop.is_set():
            for record in [self._next() for _ in range(3)]:
                await client.publish(self._topic, json.dumps(record), qos=1)
                self.ledger.ack(record["id"])
            await self._pause(0.08)


class Rows(Source):
    """Inserts rows into an outbox table, a few in each transaction."""

    def __init__(
        self, name: str, folder: Path, chance: random.Random, server: PostgresServer, table: str
    ) -> None:
        super().__init__(name, folder, chance)
        self._server = server
        self._table = table

    async def run(self) -> None:
        while not self.stop.is_set():
            records = [self._next() for _ in range(self._chance.randint(1, 10))]
            values = ", ".join("(" + ", ".join(map(_quoted, record.values())) + ")" for record in records)
            sql = f"INSERT INTO {self._table} (path, id, content) VALUES {values}"
            try:
                await asyncio.to_thread(self._server.psql, sql)
            except RuntimeError:
                pass  # the database is away; whether the rows are there is not known
            else:
                for record in records:
                    self.ledger.ack(record["id"])
            await self._pause(0.15)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
