"""The gateway is killed, with SIGKILL, while a partner's orders come in, are answered and sent on: an oracle
looks at what has arrived at the partner's and at the supplier's.

GATEWAY_KILLS is the number of kills of the long form, GATEWAY_KILL_SEED repeats its moments.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.gateway import Gateway
from tests.peers.sshd import Sshd, sshd
from tests.unit.gateway.flows.interchanges import X12, numbers, x12

KILLS = int(os.environ.get("GATEWAY_KILLS", "20"))
SEED = int(os.environ.get("GATEWAY_KILL_SEED", str(time.time_ns() % 100_000)))
FLOW: dict[str, Any] = {
    "from": "partner.orders",
    "on_record_error": "dead_letter_record",
    "acknowledge": {"call": "partner.answers.put", "with": {"name": "message.headers['sftp.name']"}},
    "steps": [{"map": {"transform": {"order": "order"}}}, {"call": "supplier.orders.put"}],
    "retry": {"attempts": 10_000, "first_s": 0.05, "max_s": 0.5},
}


@dataclass
class Trade:
    """The partner and the supplier on one machine, and the gateway between. Files are named by the numbers
    of their interchanges."""

    server: Sshd
    gateway: Gateway
    dropped: int = 0

    def drop(self, count: int) -> None:
        """More files of the partner: each with two orders that are good and one that is not."""
        for _ in range(count):
            self.dropped += 1
            number = self.dropped
            beside = self.server.files / "out" / f"{number}.part"
            beside.write_bytes(x12(number, f"{number}-a", "bad", f"{number}-b"))
            beside.rename(self.server.files / "out" / f"{number}.edi")

    def answers(self) -> list[tuple[str, bytes]]:
        folder = self.server.files / "answers"
        return [(path.name.partition(".")[0], path.read_bytes()) for path in folder.glob("*.997")]

    def orders(self) -> list[bytes]:
        return [path.read_bytes() for path in (self.server.files / "orders").glob("*.edi")]

    def has_all(self) -> bool:
        return len(self.answers()) >= self.dropped and len(self.orders()) >= 2 * self.dropped


def opened(folder: Path, server: Sshd) -> Gateway:
    access = {**server.access(), "timeout_s": 10}
    inbox = {
        "path": str(server.files / "out"),
        "pattern": "*.edi",
        "complete_when": "rename",
        "format": "orders",
        "then": "delete",
        "poll_interval_s": 0.1,
    }
    answers = {"path": str(server.files / "answers"), "name": "{name}.{uuid}.997", "keeps_files": True}
    orders = {
        "path": str(server.files / "orders"),
        "name": "{uuid}.edi",
        "keeps_files": True,
        "format": "orders",
    }
    systems = {
        "partner": {**access, "inboxes": {"orders": inbox}, "outboxes": {"answers": answers}},
        "supplier": {**access, "outboxes": {"orders": orders}},
    }
    settings = {"messages": {"crash_limit": 1000}}
    return Gateway(folder, systems, flows={"orders": FLOW}, mappings={"orders": X12}, settings=settings)


async def killed(folder: Path, kills: int, files: int, seed: int) -> Trade:
    """Drop files, kill and start again, and wait until everything has arrived."""
    chance = random.Random(seed)
    server = sshd(folder / "sshd")
    for name in ("out", "answers", "orders"):
        (server.files / name).mkdir(parents=True)
    server.server.start()
    try:
        async with opened(folder, server) as gateway:
            trade = Trade(server, gateway)
            for _ in range(kills):
                trade.drop(files)
                await asyncio.sleep(chance.uniform(0.0, 1.5))
                await asyncio.to_thread(gateway.server.kill)
                await asyncio.to_thread(gateway.server.start)
            trade.drop(1)
            async with asyncio.timeout(60 + 5 * kills):
                while not trade.has_all() or any(
                    each["state"] in ("pending", "running") for each in await gateway.messages()
                ):
                    await asyncio.sleep(0.1)
            found = Counter(each["state"] for each in await gateway.messages())
            assert found.keys() <= {"done", "dead"}, found
            assert found["dead"] == trade.dropped, "one order of each file"
    finally:
        server.server.stop()
    return trade


def judge(trade: Trade, seed: int) -> None:
    """Everything has arrived once, and no number is on two interchanges."""
    files = [str(number + 1) for number in range(trade.dropped)]
    own = [numbers(each) for each in (*trade.orders(), *(data for _, data in trade.answers()))]
    assert max(Counter(own).values()) == 1, f"seed {seed}: a number is used twice"
    sent = Counter(data.decode().split("BEG*00*NE*")[1].partition("~")[0] for data in trade.orders())
    assert sent == {f"{number}-{part}": 1 for number in files for part in "ab"}, f"seed {seed}"
    answered = Counter(name for name, _ in trade.answers())
    assert answered == dict.fromkeys(files, 1), f"seed {seed}"
    for name, data in trade.answers():
        assert f"AK1*PO*{name}~".encode() in data
        assert b"AK9*P*3*3*2~" in data


async def test_few_kills(tmp_path: Path) -> None:
    judge(await killed(tmp_path, 3, 4, SEED), SEED)


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_many_kills(tmp_path: Path) -> None:
    trade = await killed(tmp_path, KILLS, 10, SEED)
    judge(trade, SEED)
    print(f"seed {SEED}: {KILLS} kills, {trade.dropped} files, {len(trade.orders())} orders")
