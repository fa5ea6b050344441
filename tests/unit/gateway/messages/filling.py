"""A program that fills the volume a store lies on, in a user namespace of its own.

    unshare -Urm python -m tests.unit.gateway.messages.filling FOLDER MIN_FREE_BYTES

Prints JSON: what was said yes to, and how each step went.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import apsw

from gateway.messages import Advanced, Began, Finished, Progress, SqliteStore, State, StoreFull, StoreSettings
from tests.unit.gateway.messages.making import FLOW, VERSION, put, whole

RESERVE_BYTES = 8 << 20


def mount(folder: Path, size: str, *options: str) -> None:
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", ",".join((f"size={size}", *options)), "tmpfs", folder], check=True
    )


async def fill(folder: Path, min_free_bytes: int) -> dict[str, Any]:
    mount(folder, "24m")
    settings = StoreSettings(min_free_bytes=min_free_bytes, reserve_bytes=RESERVE_BYTES)
    store = SqliteStore(folder, settings)
    await store.open()
    await store.define(FLOW, VERSION, b"{}")
    report: dict[str, Any] = {"reserve at first": (folder / "store.reserve").exists()}
    report["fullness"] = [await store.fullness()]
    acked: dict[str, int] = {}
    leases: list[Any] = []

    async def caller(number: int) -> int:
        full = 0
        for n in range(1000):
            payload = bytes([number]) * (20_000 + n)
            try:
                acked[await put(store, payload)] = len(payload)
            except StoreFull:
                full += 1
                if full > 3:
                    return full
            if len(acked) == 120:
                leases.extend(await store.lease(100))
        return full

    report["refused"] = min(await asyncio.gather(*(caller(number) for number in range(8))))
    report["free when full"] = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    report["fullness"].append(await store.fullness())
    report["listed when full"] = len(await store.find(limit=5))
    for lease in leases:
        await store.record(lease, Began("0/a"))
        await store.record(lease, Finished("0/a"), Advanced(Progress(1)))
        await store.complete(lease, Progress(1), b"result")
    report["completed when full"] = len(leases)
    report["failed"] = store.failed
    mount(folder, "60m", "remount")
    for _ in range(3):
        message_id = await put(store, b"x" * 100)
        acked[message_id] = 100
    report["fullness"].append(await store.fullness())
    await store.aclose()
    store = SqliteStore(folder, settings)
    await store.open()
    report["reserve at last"] = (folder / "store.reserve").exists()
    report["acked"] = len(acked)
    report["kept"] = sum([len(await whole(store, each)) == size for each, size in acked.items()])
    report["done"] = len(await store.find(states={State.DONE}, limit=1000))
    await store.aclose()
    report["integrity"] = apsw.Connection(str(folder / "messages.db")).execute("PRAGMA integrity_check").get
    return report


def main() -> None:
    folder = Path(sys.argv[1])
    print(json.dumps(asyncio.run(fill(folder, int(sys.argv[2])))))


if __name__ == "__main__":
    main()
