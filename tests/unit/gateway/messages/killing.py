"""A program that kills a process which uses a store, many times, and prints what that process was told.

    python -m tests.unit.gateway.messages.killing FOLDER KILLS SEED

The killed ones are forked from this one, which has no threads, so that a kill costs milliseconds. What was
said yes to is known by a pipe: what is in it survives its writer. Prints JSON: the claims that were accepted,
with id and hash, and the ids of what was completed.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import signal
import sys
from itertools import count
from pathlib import Path
from typing import Any

from gateway.messages import Arrival, Began, Progress, SqliteStore, StoreSettings
from tests.unit.gateway.messages.making import FLOW, VERSION, message

CALLERS = 16


def payload_of(claim: str) -> bytes:
    """Each claim has its payload; some are large enough for the spool."""
    size = 20_000 if int(claim) % 7 == 0 else 300
    return hashlib.sha256(claim.encode()).digest() * (size // 32)


class Victim:
    """Uses a store until it is killed, and says what it was told."""

    def __init__(self, folder: Path, acked: set[str], pipe: int) -> None:
        self.store = SqliteStore(folder, settings())
        self.claims = (str(n) for n in count() if str(n) not in acked)
        self.pipe = pipe

    async def run(self) -> None:
        await self.store.open()
        await self.store.define(FLOW, VERSION, b"{}")
        self.say("open")
        await asyncio.gather(*(self.append() for _ in range(CALLERS)), self.carry(), self.prune())

    def say(self, *words: str) -> None:
        os.write(self.pipe, (" ".join(words) + "\n").encode())

    async def append(self) -> None:
        for claim in self.claims:
            given = message(payload_of(claim), lane=str(int(claim) % 5), headers={"claim": claim})
            arrival = Arrival(channel="c", messages=(given,), claim=claim, cursor=claim)
            appended = await self.store.append(arrival)
            self.say("acked", claim, appended.ids[0])

    async def carry(self) -> None:
        while True:
            for lease in await self.store.lease(4):
                await self.store.record(lease, Began("0/a"))
                await self.store.complete(lease, Progress(1), b"result")
                self.say("done", lease.message.id)
            await asyncio.sleep(0)

    async def prune(self) -> None:
        while True:
            await self.store.prune()
            await asyncio.sleep(0)


def settings() -> StoreSettings:
    return StoreSettings(min_free_bytes=0, reserve_bytes=0, max_inline_bytes=10_000, crash_limit=1000)


def kill_once(folder: Path, ledger: dict[str, Any], chance: random.Random) -> None:
    reading, writing = os.pipe()
    victim = os.fork()
    if victim == 0:
        os.close(reading)
        try:
            asyncio.run(Victim(folder, set(ledger["acked"]), writing).run())
        finally:
            os._exit(3)
    os.close(writing)
    # While it opens, or somewhere among its first answers.
    enough = chance.choice([0, 1, chance.randrange(2, 60), chance.randrange(2, 600)])
    lines = 0
    with os.fdopen(reading, encoding="ascii") as told:
        if enough == 0:
            os.kill(victim, signal.SIGKILL)
        for line in told:
            lines += 1
            kind, *words = line.split()
            if kind == "acked":
                ledger["acked"][words[0]] = words[1]
            elif kind == "done":
                ledger["done"].append(words[0])
            if lines == enough:
                os.kill(victim, signal.SIGKILL)
    _, status = os.waitpid(victim, 0)
    if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
        ledger["ended"].append(os.waitstatus_to_exitcode(status))


def main() -> None:
    folder, kills, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    ledger: dict[str, Any] = {"acked": {}, "done": [], "ended": []}
    chance = random.Random(seed)
    for _ in range(kills):
        kill_once(folder, ledger, chance)
    print(json.dumps(ledger))


if __name__ == "__main__":
    main()
