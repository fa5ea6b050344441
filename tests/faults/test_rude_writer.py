"""Rude writers before the whole gateway: they are slow, pause, set times of their own and replace files. With
a marker, or a rename, no message ever holds a part of a file, also when the gateway is killed meanwhile.

Messages go as they are into a folder of the same server. The first line of each file is its id.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.faults.gateway import Gateway
from tests.faults.oracle import Ledger, judge
from tests.peers.sshd import Sshd, sshd

SEED = int(os.environ.get("GATEWAY_RUDE_SEED", random.randrange(2**32)))
FILES = int(os.environ.get("GATEWAY_RUDE_FILES", "40"))
WRITERS = 8
_PAST = 1_500_000_000
_RETRY = {"attempts": 1000, "first_s": 0.05, "max_s": 0.5}


class Writer:
    """Writes files of one inbox, each in a manner of its own, and notes them when they are complete."""

    def __init__(self, inbox: Path, ledger: Ledger, chance: random.Random, *, marker: bool) -> None:
        self._inbox = inbox
        self._ledger = ledger
        self._chance = chance
        self._marker = marker

    async def write(self, name: str) -> None:
        """One file, until it has been taken."""
        manners = [self._slowly, self._pausing, self._with_old_times, self._replacing]
        final = self._inbox / f"{name}.stm"
        await self._chance.choice(manners)(name, final)
        while final.exists():
            await asyncio.sleep(0.05)
        for identifier in [one for one in self._ledger.sent if one.split("/")[0] == name][-1:]:
            self._ledger.ack(identifier)

    def _content(self, name: str, version: str = "only") -> bytes:
        identifier = f"{name}/{version}"
        content = f"{identifier}\n".encode() + self._chance.randbytes(self._chance.randint(1, 200_000))
        self._ledger.send(identifier, content)
        return content

    async def _slowly(self, name: str, final: Path) -> None:
        await self._grow(final, self._content(name), 0.02, old=False)

    async def _pausing(self, name: str, final: Path) -> None:
        await self._grow(final, self._content(name), 0.5, old=False)

    async def _with_old_times(self, name: str, final: Path) -> None:
        await self._grow(final, self._content(name), 0.1, old=True)

    async def _grow(self, final: Path, content: bytes, pause_s: float, *, old: bool) -> None:
        """Part by part: under the final name where a marker says when it is complete."""
        growing = final if self._marker else final.with_name(f".{final.name}")
        parts = self._chance.randint(2, 5)
        for part in range(1, parts + 1):
            growing.write_bytes(content[: len(content) * part // parts])
            if old:
                os.utime(growing, (_PAST, _PAST))
            await asyncio.sleep(self._chance.uniform(0, pause_s))
        self._complete(growing, final)

    async def _replacing(self, name: str, final: Path) -> None:
        """A first version, and at once another: the first may be taken or not, but not half of each."""
        for version in ("first", "second"):
            beside = final.with_name(f".{final.name}.{version}")
            beside.write_bytes(self._content(name, version))
            beside.rename(final)
            self._complete(final, final)
            await asyncio.sleep(self._chance.uniform(0, 0.15))

    def _complete(self, growing: Path, final: Path) -> None:
        if self._marker:
            final.with_name(f"{final.name}.done").touch()
        elif growing != final:
            growing.rename(final)


@pytest.fixture
async def bank(tmp_path: Path) -> AsyncIterator[Sshd]:
    peer = sshd(tmp_path / "bank")
    for name in ("marked", "renamed", "received"):
        (peer.files / name).mkdir()
    await asyncio.to_thread(peer.server.start)
    yield peer
    peer.server.stop()


def _gateway(folder: Path, bank: Sshd) -> Gateway:
    def inbox(name: str, rule: object) -> dict[str, object]:
        path = bank.files / name
        return {
            "path": str(path),
            "pattern": "*.stm",
            "complete_when": rule,
            "then": "delete",
            "poll_interval_s": 0.1,
            "format": None,
        }

    system = {
        **bank.access(),
        "max_connections": 4,
        "inboxes": {
            "marked": inbox("marked", {"marker": "{name}.done"}),
            "renamed": inbox("renamed", "rename"),
        },
        "outboxes": {
            "received": {
                "path": str(bank.files / "received"),
                "name": "{uuid}",
                "format": None,
                "keeps_files": True,
            }
        },
    }
    flows = {
        f"from-{name}": {"from": f"bank.{name}", "retry": _RETRY, "steps": [{"call": "bank.received.put"}]}
        for name in ("marked", "renamed")
    }
    settings = {"messages": {"crash_limit": 1000}}
    return Gateway(folder, {"bank": system}, flows=flows, settings=settings)


async def test_no_message_holds_a_part_of_a_file(bank: Sshd, tmp_path: Path) -> None:
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    ledger = Ledger(tmp_path / "ledger")
    names = iter([f"{number:04}" for number in range(FILES)])

    async def writing(writer: Writer) -> None:
        for name in names:
            await writer.write(name)

    async with AsyncExitStack() as stack:
        stack.callback(ledger.close)
        gateway = await stack.enter_async_context(_gateway(tmp_path, bank))
        writers = [
            Writer(bank.files / ("marked" if marker else "renamed"), ledger, chance, marker=marker)
            for marker in (True, False) * (WRITERS // 2)
        ]
        async with asyncio.timeout(90), asyncio.TaskGroup() as group:
            group.create_task(_killed_twice(gateway, ledger, chance))
            for writer in writers:
                group.create_task(writing(writer))
        await _until_idle(gateway)
        received = [
            (file.read_bytes().partition(b"\n")[0].decode("ascii", "replace"), file.read_bytes())
            for file in (bank.files / "received").glob("[!.]*")
        ]
        verdict = judge(ledger, received)
        print(verdict)
        assert (verdict.lost, verdict.altered, verdict.unexpected) == ((), (), ())
        assert verdict.extra == 0
        assert await gateway.messages(state=["dead", "in_doubt"]) == []


async def _killed_twice(gateway: Gateway, ledger: Ledger, chance: random.Random) -> None:
    for share in (3, 2):
        while len(ledger.acked) < FILES // share:
            await asyncio.sleep(0.05)
        await asyncio.sleep(chance.uniform(0, 0.5))
        await asyncio.to_thread(gateway.server.kill)
        await asyncio.to_thread(gateway.server.start)


async def _until_idle(gateway: Gateway) -> None:
    async with asyncio.timeout(30):
        while await gateway.messages(state=["pending", "running"]):
            await asyncio.sleep(0.1)
