"""Senders that are slow, pause, set times of their own, replace, withdraw or never stop.

With a marker or a rename nothing partial is ever stored. With `stable_s` nothing partial is stored of a
sender that never pauses for so long, and what it adds later is a message of its own.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from adapters.errors import AdapterError, ReadFailed
from adapters.sftp import channels
from adapters.sftp.adapter import SftpAdapter
from adapters.sftp.arrival import ArrivingFile
from adapters.sftp.look import look
from adapters.sftp.wire import Wire
from tests.peers.sshd import Sshd
from tests.unit.adapters.sftp.conftest import names_in, until
from tests.unit.adapters.sftp.receiving import Store, arrivals, read, receiver

PAST = 1_500_000_000
PARTS = [os.urandom(20_000) for _ in range(4)]
WHOLE = b"".join(PARTS)
MARKER = {"complete_when": {"marker": "{name}.done"}}
Looks: TypeAlias = Callable[[int], Awaitable[None]]
Writer: TypeAlias = Callable[[Path, Looks], Awaitable[None]]


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.sftp.look._SAME_SECOND_S", 0.6)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    """Waits until the folder was looked into so many times more, from beginning to end."""
    count = 0

    def counted(*arguments: Any) -> Any:
        nonlocal count
        found = look(*arguments)
        count += 1
        return found

    monkeypatch.setattr(channels, "look", counted)

    async def wait(more: int) -> None:
        wanted = count + more
        await until(lambda: count >= wanted, 20)

    return wait


@asynccontextmanager
async def taking(adapter: SftpAdapter, store: Store) -> AsyncIterator[None]:
    """Everything that arrives is stored and acknowledged during the block."""
    task = asyncio.ensure_future(store.take(adapter, 1_000_000, within_s=60))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def slow(folder: Path, looks: Looks) -> None:
    for part in PARTS:
        with (folder / "a.stm").open("ab") as file:
            file.write(part)
        await looks(1)
    (folder / "a.stm.done").touch()


async def pausing(folder: Path, looks: Looks) -> None:
    (folder / "a.stm").write_bytes(WHOLE[:30_000])
    await looks(8)
    (folder / "a.stm").write_bytes(WHOLE)
    (folder / "a.stm.done").touch()


async def with_old_times(folder: Path, looks: Looks) -> None:
    for end in range(1, 5):
        (folder / "a.stm").write_bytes(b"".join(PARTS[:end]))
        os.utime(folder / "a.stm", (PAST, PAST))
        await looks(2)
    (folder / "a.stm.done").touch()


async def with_the_marker_first(folder: Path, looks: Looks) -> None:
    (folder / "a.stm.done").touch()
    os.utime(folder / "a.stm.done", (PAST, PAST))
    for end in range(1, 5):
        (folder / "a.stm").write_bytes(b"".join(PARTS[:end]))
        await looks(1)
    (folder / "a.stm.done").touch()


async def with_times_of_the_same_second(folder: Path, looks: Looks) -> None:
    """The marker comes first, and the first part in the same second."""
    for end in range(1, 5):
        (folder / "a.stm").write_bytes(b"".join(PARTS[:end]))
        os.utime(folder / "a.stm", (PAST, PAST))
        (folder / "a.stm.done").touch()
        os.utime(folder / "a.stm.done", (PAST, PAST))
        await looks(1)


async def undecided(folder: Path, looks: Looks) -> None:
    """Sets the marker, takes it back before anybody looks, goes on."""
    (folder / "a.stm").write_bytes(PARTS[0])
    (folder / "a.stm.done").touch()
    (folder / "a.stm.done").unlink()
    await looks(3)
    (folder / "a.stm").write_bytes(WHOLE)
    (folder / "a.stm.done").touch()


async def replacing(folder: Path, looks: Looks) -> None:
    (folder / "a.stm").write_bytes(PARTS[0])
    await looks(2)
    (folder / ".new").write_bytes(WHOLE)
    (folder / ".new").rename(folder / "a.stm")
    (folder / "a.stm.done").touch()


MARKER_WRITERS = [
    slow,
    pausing,
    with_old_times,
    with_the_marker_first,
    with_times_of_the_same_second,
    undecided,
    replacing,
]


@pytest.mark.parametrize("writer", MARKER_WRITERS, ids=lambda writer: writer.__name__)
async def test_with_a_marker_nothing_partial_is_stored(
    server: Sshd, folder: Path, looks: Looks, writer: Writer
) -> None:
    store = Store()
    inbox: dict[str, Any] = {**MARKER, "pattern": "*.stm", "then": "delete"}
    async with receiver(server, folder, **inbox) as adapter, taking(adapter, store):
        await writer(folder, looks)
        await until(lambda: names_in(folder) == [], 20)
    assert store.contents == [WHOLE]


async def test_the_marker_of_an_earlier_file_completes_no_later_one(
    server: Sshd, folder: Path, looks: Looks, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store()
    (folder / "a.done").touch()
    os.utime(folder / "a.done", (PAST, PAST))
    (folder / "a").write_bytes(PARTS[0])
    async with receiver(server, folder, **MARKER, then="delete") as adapter, taking(adapter, store):
        await looks(4)
        assert store.contents == []
        assert [r.message for r in caplog.records if "marker" in r.message] != []
    async with receiver(
        server, folder, complete_when={"marker": "{name}.done", "older_counts": True}, then="delete"
    ) as adapter:
        await store.take(adapter, 1)
    assert store.contents == [PARTS[0]]


async def test_a_marker_withdrawn_during_the_reading_counts(server: Sshd, folder: Path) -> None:
    (folder / "a").write_bytes(os.urandom(3_000_000))
    os.utime(folder / "a", (PAST, PAST))
    (folder / "a.done").touch()
    async with arrivals(server, folder, **MARKER, then="delete") as deliveries:
        delivery = await anext(deliveries)
        await anext(delivery.payload.chunks)
        (folder / "a.done").unlink()
        with pytest.raises(ReadFailed, match="marker was taken away"):
            await read(delivery)
        await delivery.nack("broken")
        (folder / "a.done").touch()
        delivery = await anext(deliveries)
        assert len(await read(delivery)) == 3_000_000
        await delivery.ack()
    assert names_in(folder) == []


# --- by rename ---


async def test_renamed_files_are_whole_however_slowly_they_were_written(
    server: Sshd, folder: Path, looks: Looks
) -> None:
    store = Store()
    async with (
        receiver(server, folder, pattern="*.stm", then="delete") as adapter,
        taking(adapter, store),
    ):
        for number in range(3):
            for part in PARTS:
                with (folder / "a.tmp").open("ab") as file:
                    file.write(part)
                await looks(1)
            os.utime(folder / "a.tmp", (PAST + number, PAST + number))
            (folder / "a.tmp").rename(folder / "a.stm")
            await until(lambda: names_in(folder) == [])
    assert store.contents == [WHOLE] * 3


@pytest.mark.parametrize("small", [True, False], ids=["small", "large"])
async def test_a_file_that_grows_while_it_is_read_is_taken_when_it_is_at_rest(
    server: Sshd, folder: Path, monkeypatch: pytest.MonkeyPatch, small: bool
) -> None:
    content = WHOLE if small else os.urandom(3_000_000)
    (folder / "a").write_bytes(content)
    (folder / "b").write_bytes(b"b")
    store = Store()
    grow_once(monkeypatch, folder / "a")
    async with receiver(server, folder, then="delete") as adapter:
        await store.take(adapter, 2)
    assert sorted(store.contents) == sorted([content + b"more", b"b"])
    assert store.contents[0] == b"b", "others do not wait for it"
    assert names_in(folder) == []


def grow_once(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Append to a file right after the first bytes of it were read."""
    original, grown = ArrivingFile.read, list[bool]()

    def reading(self: ArrivingFile, wire: Wire) -> bytes:
        if self.path == str(path) and not grown:
            grown.append(True)
            with path.open("ab") as file:
                file.write(b"more")
        return original(self, wire)

    monkeypatch.setattr(ArrivingFile, "read", reading)


@pytest.mark.parametrize("how", ["replaced", "gone", "a link now", "a pipe now", "unreadable"])
async def test_what_changes_between_the_look_and_the_opening(
    server: Sshd, folder: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    path = folder / "a"
    path.write_bytes(b"first")
    (folder / "b").write_bytes(b"b")
    original, changed = ArrivingFile.open, list[bool]()

    def opening(self: ArrivingFile, wire: Wire) -> bytes:
        if self.path == str(path) and not changed:
            changed.append(True)
            path.unlink()
            if how == "replaced":
                path.write_bytes(b"the second")
            elif how == "a link now":
                path.symlink_to("/etc/passwd")
            elif how == "a pipe now":
                os.mkfifo(path)
            elif how == "unreadable":
                path.mkdir()
        return original(self, wire)

    monkeypatch.setattr(ArrivingFile, "open", opening)
    store = Store()
    expected = [b"b", b"the second"] if how == "replaced" else [b"b"]
    async with receiver(server, folder, then="delete") as adapter:
        await store.take(adapter, len(expected))
    assert store.contents == expected


@pytest.mark.parametrize("how", ["replaced", "gone"])
async def test_what_changes_under_its_name_while_the_old_content_is_read(
    server: Sshd, folder: Path, how: str
) -> None:
    """The open handle still shows the old content, whole; but that is not what lies in the folder."""
    path = folder / "a"
    path.write_bytes(os.urandom(3_000_000))
    async with arrivals(server, folder, then="delete") as deliveries:
        delivery = await anext(deliveries)
        await anext(delivery.payload.chunks)
        path.unlink()
        if how == "replaced":
            (folder / ".new").write_bytes(b"new")
            (folder / ".new").rename(path)
        with pytest.raises(ReadFailed, match="taken away" if how == "gone" else "replaced"):
            await read(delivery)
        with pytest.raises(AdapterError):
            await delivery.ack()
    assert names_in(folder) == (["a"] if how == "replaced" else [])


async def test_a_file_replaced_before_the_acknowledgement_is_taken_next(server: Sshd, folder: Path) -> None:
    done = folder / "done"
    (folder / "a").write_bytes(b"first")
    store = Store()
    async with arrivals(server, folder, then={"archive": str(done)}) as deliveries:
        delivery = await anext(deliveries)
        store.append(delivery, await read(delivery))
        (folder / ".new").write_bytes(b"second content")
        (folder / ".new").rename(folder / "a")
        await delivery.ack()
        assert names_in(folder) == ["a", "done"] or names_in(folder) == ["a"]
        delivery = await anext(deliveries)
        store.append(delivery, await read(delivery))
        await delivery.ack()
    assert store.contents == [b"first", b"second content"]
    assert [path.read_bytes() for path in done.iterdir()] == [b"second content"]


# --- by rest ---


async def test_with_stable_nothing_partial_is_stored_of_one_who_never_rests(
    server: Sshd, folder: Path, looks: Looks
) -> None:
    store = Store()
    rule = {"stable_s": 0.5}
    async with (
        receiver(server, folder, complete_when=rule, then="delete") as adapter,
        taking(adapter, store),
    ):
        for _ in range(4):
            for part in PARTS:
                with (folder / "a").open("ab") as file:
                    file.write(part)
                await looks(1)
        await until(lambda: names_in(folder) == [])
    assert store.contents == [WHOLE * 4]


async def test_with_stable_what_is_added_after_a_rest_is_another_message(server: Sshd, folder: Path) -> None:
    store = Store()
    (folder / "a").write_bytes(PARTS[0])
    async with receiver(server, folder, complete_when={"stable_s": 0.2}) as adapter:
        await store.take(adapter, 1)
        (folder / "a").write_bytes(WHOLE)
        await store.take(adapter, 2)
    assert store.contents == [PARTS[0], WHOLE]


async def test_a_file_that_never_rests_does_not_hold_up_the_others(
    server: Sshd, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It changes each time it is opened."""
    original = ArrivingFile.read
    numbers = iter(range(1000))

    def reading(self: ArrivingFile, wire: Wire) -> bytes:
        if self.path == str(folder / "a"):
            (folder / "a").write_bytes(b"x" * (300_000 + next(numbers)))
        return original(self, wire)

    (folder / "a").write_bytes(b"x" * 300_000)
    monkeypatch.setattr(ArrivingFile, "read", reading)
    store = Store()
    async with receiver(server, folder, then="delete") as adapter, taking(adapter, store):
        for number in range(5):
            (folder / "b").write_bytes(b"%d" % number)
            await until(lambda: names_in(folder) == ["a"], 20)
    assert store.contents == [b"%d" % number for number in range(5)]
