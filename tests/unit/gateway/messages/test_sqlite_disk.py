"""The embedded store on disks that fail, are full, or lose their power."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw
import pytest

from gateway.messages import (
    Advanced,
    Began,
    Fullness,
    Progress,
    SqliteStore,
    StoreError,
    StoreFailed,
    StoreFull,
    StoreSettings,
    disk,
)
from gateway.messages.spool import Spool, SpoolFile
from tests.unit.gateway.messages.disks import FailingDisk, ForgetfulDisk
from tests.unit.gateway.messages.making import (
    FAILURE,
    FLOW,
    VERSION,
    arrival,
    lease_one,
    put,
    whole,
)

ROOT = Path(__file__).parents[4]
ROOMY = StoreSettings(min_free_bytes=0, reserve_bytes=0)


class Ledger:
    """What the store has said yes to, kept outside of it."""

    def __init__(self) -> None:
        self.acked: dict[str, bytes] = {}
        self.done: set[str] = set()

    async def put(self, store: SqliteStore, payload: bytes, **changes: Any) -> None:
        message_id = await put(store, payload, **changes)
        self.acked[message_id] = payload


async def work(store: SqliteStore, ledger: Ledger) -> None:
    """Something of everything that a store does."""
    await store.define(FLOW, VERSION, b"{}")
    await asyncio.gather(*(ledger.put(store, f"payload {n}".encode() * 50, lane="a") for n in range(6)))
    await ledger.put(store, b"s" * 300_000)
    lease = await lease_one(store)
    await store.record(lease, Began("0/a"))
    await store.record(lease, Advanced(Progress(1)))
    await store.complete(lease, Progress(1), b"result")
    ledger.done.add(lease.message.id)
    await store.reserve("me", "key", "hash")
    await store.settle("me", "key", b"answer")
    lease = await lease_one(store)
    await store.retry(lease, FAILURE, 0)
    await store.discard(lease.message.id, by="x")
    await store.prune()


async def check(folder: Path, ledger: Ledger) -> None:
    """A new opening finds everything that was said yes to."""
    store = SqliteStore(folder, ROOMY)
    await store.open()
    for message_id, payload in ledger.acked.items():
        assert await whole(store, message_id) == payload
    for message_id in ledger.done:
        assert (await store.get(message_id)).state == "done"
        assert await store.result(message_id) == b"result"
    await store.define(FLOW, VERSION, b"{}")
    await put(store)
    await store.aclose()
    database = apsw.Connection(str(folder / "messages.db"))
    assert database.execute("PRAGMA integrity_check").get == "ok"
    database.close()


async def run_failing(folder: Path, at: int, code: int | None) -> FailingDisk:
    ledger, opened = Ledger(), False
    with FailingDisk(at, code) as failing:
        store = SqliteStore(folder, ROOMY, vfs=failing.name)
        with suppress(StoreError):
            await store.open()
            opened = True
            await work(store, ledger)
        if failing.failed is not None and code is None:
            assert store.failed, failing.failed
            with pytest.raises(StoreFailed):
                await put(store)
            with pytest.raises(StoreFailed):
                await store.find()
        elif opened and failing.failed is not None:
            assert not store.failed
            await store.define(FLOW, VERSION, b"{}")
            await ledger.put(store, b"after")
        await store.aclose()
    await check(folder, ledger)
    shutil.rmtree(folder)
    return failing


async def until_clean(folder: Path, step: int, code: int | None = None) -> int:
    at = 1
    while (await run_failing(folder, at, code)).failed is not None:
        at += step
    return at


async def test_the_disk_fails_once_at_any_call(tmp_path: Path) -> None:
    assert await until_clean(tmp_path / "state", 5) > 60


@pytest.mark.long
async def test_the_disk_fails_once_at_each_call(tmp_path: Path) -> None:
    assert await until_clean(tmp_path / "state", 1) > 60


async def test_the_disk_is_full_once_at_any_call(tmp_path: Path) -> None:
    """Being full is no failure: nothing is lost, and the same opening goes on."""
    assert await until_clean(tmp_path / "state", 7, apsw.SQLITE_FULL) > 60


async def test_a_failure_is_told(tmp_path: Path) -> None:
    with FailingDisk(10**9) as failing:
        store = SqliteStore(tmp_path, ROOMY, vfs=failing.name)
        await store.open()
        await store.define(FLOW, VERSION, b"{}")
        told = asyncio.Event()
        store.on_change(told.set)
        failing.at = failing.calls + 1
        outcomes = await asyncio.gather(*(put(store) for _ in range(20)), return_exceptions=True)
        assert all(isinstance(each, StoreFailed) for each in outcomes)
        await asyncio.wait_for(told.wait(), 30)
        assert store.failed
        assert (tmp_path / "store.failed").exists() is False
        await store.aclose()
        assert (tmp_path / "store.failed").exists()
    await check(tmp_path, Ledger())
    assert not (tmp_path / "store.failed").exists()


FILE_CALLS: dict[str, Callable[[pytest.MonkeyPatch, int], None]] = {
    "sync of a file": lambda patch, code: patch.setattr(disk, "sync_file", _raising(code)),
    "sync of the folder": lambda patch, code: patch.setattr(disk, "sync_folder", _raising(code)),
    "write": lambda patch, code: patch.setattr(os, "write", _raising(code)),
    "rename": lambda patch, code: patch.setattr(Path, "rename", _raising(code)),
}


def _raising(code: int) -> Callable[..., Any]:
    def fail(*_: object) -> Any:
        raise OSError(code, os.strerror(code))

    return fail


@pytest.mark.parametrize("call", FILE_CALLS.values(), ids=FILE_CALLS)
async def test_the_spool_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Any) -> None:
    store = SqliteStore(tmp_path, ROOMY)
    await store.open()
    await store.define(FLOW, VERSION, b"{}")
    ledger = Ledger()
    await ledger.put(store, b"before" * 100_000)
    with monkeypatch.context() as patch:
        call(patch, errno.EIO)
        with pytest.raises(StoreFailed, match="spool"):
            await put(store, b"x" * 300_000)
    assert store.failed
    with pytest.raises(StoreFailed):
        await put(store)
    await store.aclose()
    await check(tmp_path, ledger)


async def test_the_spool_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteStore(tmp_path, ROOMY)
    await store.open()
    await store.define(FLOW, VERSION, b"{}")
    with monkeypatch.context() as patch:
        FILE_CALLS["write"](patch, errno.ENOSPC)
        with pytest.raises(StoreFull):
            await put(store, b"x" * 300_000)
    assert list((tmp_path / "spool").iterdir()) == []
    await put(store, b"x" * 300_000)
    await store.aclose()


async def test_a_spooled_payload_is_synced_before_its_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file, then its name, then the folder: only then may a message speak of it."""
    store = SqliteStore(tmp_path, ROOMY)
    await store.open()
    await store.define(FLOW, VERSION, b"{}")
    seen: list[str] = []
    sync_file, sync_folder = disk.sync_file, disk.sync_folder

    def file_synced(descriptor: int) -> None:
        seen.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        sync_file(descriptor)

    def folder_synced(folder: Path) -> None:
        seen.extend(["folder", *(each.name for each in folder.iterdir())])
        sync_folder(folder)

    monkeypatch.setattr(disk, "sync_file", file_synced)
    monkeypatch.setattr(disk, "sync_folder", folder_synced)
    async with store.spool() as writer:
        await writer.write(b"x" * 1000)
        spooled = await writer.finish()
    assert seen == [f"{spooled.id}.part", "folder", spooled.id, "spool"]
    await store.aclose()


async def test_too_little_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteStore(tmp_path, StoreSettings(min_free_bytes=1000, reserve_bytes=0))
    await store.open()
    await store.define(FLOW, VERSION, b"{}")
    await put(store)
    with monkeypatch.context() as patch:
        patch.setattr(disk, "free_bytes", lambda folder: 999)
        for refused in (store.append(arrival()), store.reserve("me", "k", "h"), put(store, b"x" * 300_000)):
            with pytest.raises(StoreFull, match="free on the volume"):
                await refused
        with pytest.raises(StoreFull):
            async with store.spool():
                pass
        lease = await lease_one(store)
        await store.record(lease, Began("0/a"), Advanced(Progress(1)))
        await store.complete(lease, Progress(1), b"result")
        assert len(await store.find()) == 1
    await put(store)
    await store.aclose()


_MIB = 1 << 20


@pytest.mark.parametrize(
    ("limits", "given_up", "free", "fullness"),
    [
        ({"min_free_bytes": _MIB, "reserve_bytes": 0}, False, _MIB - 1, Fullness.DISK),
        ({"min_free_bytes": _MIB, "reserve_bytes": 0}, False, _MIB, Fullness.OK),
        ({"min_free_bytes": 0, "reserve_bytes": 0}, False, 4096, Fullness.DISK),
        ({"min_free_bytes": 0, "reserve_bytes": 0}, False, _MIB, Fullness.OK),
        ({"min_free_bytes": 0, "reserve_bytes": _MIB}, False, _MIB - 1, Fullness.OK),
        ({"min_free_bytes": 0, "reserve_bytes": _MIB}, True, _MIB - 1, Fullness.DISK),
        ({"min_free_bytes": 0, "reserve_bytes": _MIB}, True, _MIB, Fullness.OK),
        ({"min_free_bytes": _MIB, "reserve_bytes": _MIB}, True, 2 * _MIB - 1, Fullness.DISK),
        ({"max_pending": 2}, False, 1 << 40, Fullness.OK),
        ({"max_pending": 1}, False, 1 << 40, Fullness.MESSAGES),
    ],
)
async def test_it_says_that_it_is_full(
    limits: dict[str, int],
    given_up: bool,
    free: int,
    fullness: Fullness,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = SqliteStore(tmp_path, StoreSettings(**{"reserve_bytes": 0, **limits}))
    await store.open()
    await store.define(FLOW, VERSION, b"{}")
    await put(store)
    if given_up:
        # No room is left until the reserve is given up.
        assert store._room is not None
        assert store._room.give_up()
    with monkeypatch.context() as patch:
        patch.setattr(disk, "free_bytes", lambda folder: free)
        assert await store.fullness() is fullness
    await store.aclose()


async def lose_power(folder: Path, seed: int, images: int) -> None:
    """Work, and on the way take `images` of what a power loss would leave, each with what was said yes to by
    then; then open them all."""
    ledger = Ledger()
    taken: list[tuple[dict[str, bytes], Ledger]] = []
    with ForgetfulDisk(seed) as forgetful:
        store = SqliteStore(folder / "state", ROOMY, vfs=forgetful.name)
        await store.open()

        def observe() -> None:
            if forgetful.random.random() < 0.05 and len(taken) < images:
                then = Ledger()
                then.acked = {
                    each: payload for each, payload in ledger.acked.copy().items() if len(payload) < 200_000
                }
                then.done = ledger.done.copy()
                taken.append((forgetful.image(), then))

        forgetful.observe = observe
        await work(store, ledger)
        for _ in range(20):
            await asyncio.gather(*(ledger.put(store, os.urandom(3000)) for _ in range(10)))
        await store.aclose()
    assert len(taken) > images / 3
    for number, (image, then) in enumerate(taken):
        after = folder / str(number)
        after.mkdir()
        for name, content in image.items():
            (after / name).write_bytes(content)
        shutil.copy(folder / "state" / "store.key", after / "store.key")
        await check(after, then)
        shutil.rmtree(after)


@pytest.mark.parametrize("seed", range(3))
async def test_the_power_is_lost(tmp_path: Path, seed: int) -> None:
    await lose_power(tmp_path, seed, images=30)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
async def test_the_power_is_lost_often(tmp_path: Path, seed: int) -> None:
    await lose_power(tmp_path, seed, images=50)


async def test_the_shim_would_notice_a_store_that_does_not_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection_pragma = apsw.Connection.pragma

    class Careless(apsw.Connection):
        def pragma(self, name: str, *values: Any, **more: Any) -> Any:
            if name == "synchronous":
                return 2 if not values else connection_pragma(self, name, "off")
            return connection_pragma(self, name, *values, **more)

    monkeypatch.setattr(apsw, "Connection", Careless)
    with pytest.raises((AssertionError, StoreError, LookupError)):
        await lose_power(tmp_path, 1, images=30)


def unshare_works() -> bool:
    unshare = shutil.which("unshare")
    return (
        unshare is not None and subprocess.run([unshare, "-Urm", "true"], capture_output=True).returncode == 0
    )


@pytest.mark.skipif(not unshare_works(), reason="no user namespaces here (unshare -Urm), so no small volume")
@pytest.mark.parametrize("min_free_bytes", [0, 8 << 20], ids=["to the last byte", "some is kept free"])
async def test_the_volume_is_full(tmp_path: Path, min_free_bytes: int) -> None:
    program = await asyncio.create_subprocess_exec(
        "unshare", "-Urm", sys.executable, "-m", "tests.unit.gateway.messages.filling", tmp_path,
        str(min_free_bytes), cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await program.communicate()
    report = json.loads(output)
    assert report["refused"] > 0
    assert report["acked"] > 100
    assert report["fullness"] == ["ok", "disk", "ok"]
    assert report["kept"] == report["acked"]
    assert report["listed when full"] == 5
    assert report["completed when full"] == report["done"] == 100
    assert not report["failed"]
    assert report["integrity"] == "ok"
    assert report["reserve at first"]
    assert report["reserve at last"]
    if min_free_bytes:
        assert report["free when full"] > min_free_bytes / 2


async def test_one_who_goes_while_a_spool_file_is_made_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, released = threading.Event(), threading.Event()
    create = Spool.create

    def slow(self: Spool) -> SpoolFile:
        file = create(self)
        entered.set()
        released.wait(30)
        return file

    monkeypatch.setattr(Spool, "create", slow)
    store = SqliteStore(tmp_path)
    await store.open()
    spooling = asyncio.create_task(store.spool().__aenter__())
    await asyncio.to_thread(entered.wait, 30)
    spooling.cancel()
    released.set()
    with suppress(asyncio.CancelledError):
        await spooling
    assert spooling.cancelled()
    assert list((tmp_path / "spool").iterdir()) == []
    await store.aclose()
