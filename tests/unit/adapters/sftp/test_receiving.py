"""Taking files from an inbox of a real sshd, and what becomes of them."""

from __future__ import annotations

import asyncio
import os
import re
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import BytesShape
from adapters.errors import AccessRefused, AdapterError, PeerRejected, ReadFailed
from tests.peers.sshd import Sshd
from tests.unit.adapters.sftp.conftest import names_in, until
from tests.unit.adapters.sftp.receiving import Death, Store, arrivals, read, receiver

PAST = 1_500_000_000


def write(path: Path, data: bytes, modified: int | None = None) -> None:
    path.write_bytes(data)
    if modified is not None:
        os.utime(path, (modified, modified))


async def test_a_channel_describes_itself(server: Sshd, folder: Path) -> None:
    async with receiver(server, folder, format="csv") as adapter:
        (channel,) = adapter.channels()
        assert (channel.name, channel.holds_records, channel.window) == ("inbox", True, 1)
        assert channel.payload == BytesShape(format="csv")


@pytest.mark.parametrize("size", [0, 1, 262_144, 262_145, 3_000_001])
async def test_a_file_is_delivered_whole_and_archived(server: Sshd, folder: Path, size: int) -> None:
    content = os.urandom(size)
    write(folder / "a.stm", content, PAST)
    store = Store()
    archive = {"archive": str(folder / "done")}
    async with arrivals(server, folder, pattern="*.stm", then=archive, empty="accept") as deliveries:
        delivery = await anext(deliveries)
        assert delivery.headers == {
            "sftp.path": f"{folder}/a.stm",
            "sftp.name": "a.stm",
            "sftp.size": str(size),
            "sftp.modified": "2017-07-14T02:40:00Z",
        }
        assert delivery.payload.size == size
        assert not delivery.redelivered
        store.append(delivery, await read(delivery))
        assert (folder / "a.stm").exists(), "not before it is stored"
        await delivery.ack()
        await delivery.ack()
    assert store.contents == [content]
    assert delivery.cursor() is None
    assert names_in(folder) == ["done"]
    assert (folder / "done" / "a.stm").read_bytes() == content


async def test_nothing_is_acknowledged_that_was_not_read_to_its_end(server: Sshd, folder: Path) -> None:
    write(folder / "a", os.urandom(2_000_000))
    async with arrivals(server, folder, then="delete") as deliveries:
        delivery = await anext(deliveries)
        await anext(delivery.payload.chunks)
        with pytest.raises(ReadFailed, match="to its end"):
            delivery.source_key()
        with pytest.raises(ReadFailed, match="to its end"):
            await delivery.ack()
        await delivery.payload.chunks.aclose()
        with pytest.raises(ReadFailed, match="to its end"):
            await delivery.ack()
    assert names_in(folder) == ["a"]


async def test_files_are_deleted_with_their_markers(server: Sshd, folder: Path) -> None:
    store = Store()
    for name in ("a", "b"):
        write(folder / name, name.encode(), PAST)
        write(folder / f"{name}.done", b"")
    write(folder / "waits", b"x")
    rule = {"marker": "{name}.done"}
    async with receiver(server, folder, complete_when=rule, then="delete") as adapter:
        await store.take(adapter, 2)
    assert store.contents == [b"a", b"b"]
    assert names_in(folder) == ["waits"]


async def test_markers_are_archived_along(server: Sshd, folder: Path) -> None:
    store = Store()
    write(folder / "a.stm", b"x", PAST)
    write(folder / "a.stm.done", b"")
    done = folder / "done"
    async with receiver(
        server,
        folder,
        pattern="*.stm",
        complete_when={"marker": "{name}.done"},
        then={"archive": str(done)},
        marker_then="archive",
    ) as adapter:
        await store.take(adapter, 1)
    assert (names_in(folder), names_in(done)) == (["done"], ["a.stm", "a.stm.done"])


async def test_a_name_that_is_taken_in_the_archive_is_not_overwritten(server: Sshd, folder: Path) -> None:
    done = folder / "done"
    done.mkdir()
    store = Store()
    long = "x" * 250 + ".stm"
    async with receiver(server, folder, pattern="*.stm", then={"archive": str(done)}) as adapter:
        for number in range(3):
            write(folder / "a.stm", b"%d" % number)
            write(folder / long, b"long %d" % number)
            await store.take(adapter, 2 * number + 2)
    contents = sorted(path.read_bytes() for path in done.iterdir())
    assert contents == [b"0", b"1", b"2", b"long 0", b"long 1", b"long 2"]
    assert all(re.fullmatch(r"(a|x+)(\.[0-9a-f]{8})?\.stm", name) for name in names_in(done))
    assert all(len(name) <= 255 for name in names_in(done))


@pytest.mark.parametrize("order", ["name", "mtime"])
async def test_files_come_in_order(server: Sshd, folder: Path, order: str) -> None:
    store = Store()
    for number, name in enumerate(["c", "a", "b"]):
        write(folder / name, name.encode(), PAST + number)
    async with receiver(server, folder, then="delete", ordered_by=order) as adapter:
        await store.take(adapter, 3)
    assert b"".join(store.contents) == (b"abc" if order == "name" else b"cab")


async def test_a_file_that_is_left_comes_again_before_the_others(server: Sshd, folder: Path) -> None:
    for name in ("a", "b"):
        write(folder / name, name.encode())
    found = []
    async with arrivals(server, folder, then="delete") as deliveries:
        for refusals in (2, 0):
            for attempt in range(refusals + 1):
                delivery = await anext(deliveries)
                found.append((await read(delivery), delivery.redelivered))
                await (delivery.nack("full") if attempt < refusals else delivery.ack())
    assert found == [(b"a", False), (b"a", True), (b"a", True), (b"b", False)]
    assert names_in(folder) == []


async def test_kept_files_are_not_read_twice_not_even_after_a_restart(server: Sshd, folder: Path) -> None:
    store = Store()
    for name in ("a", "b"):
        write(folder / name, name.encode())
    async with receiver(server, folder) as adapter:
        await store.take(adapter, 2)
        write(folder / "c", b"c")
        await store.take(adapter, 3)
    write(folder / "d", b"d")
    write(folder / "a", b"another")
    async with receiver(server, folder) as adapter:
        await store.take(adapter, 5)
    assert store.contents == [b"a", b"b", b"c", b"another", b"d"]
    assert store.duplicates == 0
    assert store.cursor is not None
    assert len(store.cursor) == 2 + 4 * 16
    for cursor in ("nonsense", "1:abc", None):
        store.cursor = cursor
        async with receiver(server, folder) as adapter:
            write(folder / f"e{cursor}", f"e{cursor}".encode())
            await store.take(adapter, len(store.messages) + 1)
    assert store.duplicates > 0, "without a cursor files are read again, and recognised"


@pytest.mark.parametrize("moved", [True, False], ids=["folder for them", "no folder for them"])
async def test_a_refused_file_is_put_aside_and_the_others_go_on(
    server: Sshd, folder: Path, moved: bool
) -> None:
    aside = folder / "bad"
    write(folder / "a", b"x" * 1001)
    write(folder / "b", b"wrong")
    write(folder / "c", b"good")
    write(folder / "d", b"")
    changes: dict[str, Any] = {"not_taken": str(aside)} if moved else {}
    async with (
        receiver(server, folder, then="delete", max_file_bytes=1000, empty="refuse", **changes) as adapter,
        aclosing(adapter.receive("inbox", None)) as deliveries,
    ):
        delivery = await anext(deliveries)
        assert await read(delivery) == b"wrong"
        await delivery.nack("not\na statement", for_good=True)
        delivery = await anext(deliveries)
        assert await read(delivery) == b"good"
        await delivery.ack()
        write(folder / "b", b"better")
        delivery = await anext(deliveries)
        assert await read(delivery) == b"better"
        await delivery.ack()
    if moved:
        assert names_in(folder) == ["bad"]
        assert names_in(aside) == [f"{name}{end}" for name in "abd" for end in ("", ".reason.txt")]
        assert (aside / "b.reason.txt").read_text() == "not a statement\n"
        assert "1001 bytes, 1000 are allowed" in (aside / "a.reason.txt").read_text()
    else:
        assert names_in(folder) == ["a", "d"]


async def test_an_empty_file_is_left_until_it_has_bytes(server: Sshd, folder: Path) -> None:
    store = Store()
    write(folder / "a", b"")
    write(folder / "b", b"b")
    async with receiver(server, folder, then="delete") as adapter:
        await store.take(adapter, 1)
        assert names_in(folder) == ["a"]
        write(folder / "a", b"a")
        await store.take(adapter, 2)
    assert store.contents == [b"b", b"a"]


async def test_only_plain_files_with_good_names_are_taken(
    server: Sshd, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store()
    (folder / "folder").mkdir()
    (folder / "link").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    for name in (b".hidden", b"line\nfeed", b"\xff\xfe", "\u202etxt.exe".encode(), b"back\\slash"):
        write(folder / os.fsdecode(name), b"x")
    write(folder / "-rf", b"good")
    async with receiver(server, folder, then="delete") as adapter:
        await store.take(adapter, 1)
        write(folder / "second", b"second")
        await store.take(adapter, 2)
    assert store.contents == [b"good", b"second"]
    said = [record.message for record in caplog.records if "passed over" in record.message]
    assert said == [
        "bank.inbox: 7 entries are passed over: links, pipes, devices, or names that are not used"
    ]


async def test_a_new_content_under_an_old_name_is_a_new_message(server: Sshd, folder: Path) -> None:
    store = Store()
    async with receiver(server, folder, then={"archive": str(folder / "done")}) as adapter:
        for number in range(3):
            write(folder / "a", b"content %d" % number, PAST)
            await store.take(adapter, number + 1)
        write(folder / "b", b"content 0", PAST)
        await store.take(adapter, 4)
    assert store.contents == [b"content 0", b"content 1", b"content 2", b"content 0"]


# --- an archive that refuses ---


@pytest.fixture
def denied(tmp_path: Path) -> Any:
    """A path that no file can be moved to: its parent is a file."""
    (tmp_path / "file").write_bytes(b"")
    return tmp_path / "file" / "done"


async def test_a_file_that_cannot_be_moved_is_stored_once_and_moved_later(
    server: Sshd, folder: Path, denied: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a", "b"):
        write(folder / name, name.encode())
    reads = 0
    async with receiver(server, folder, then={"archive": str(denied)}) as adapter:
        deliveries = adapter.receive("inbox", None)
        for _ in range(2):
            delivery = await anext(deliveries)
            reads += 1
            await read(delivery)
            with pytest.raises((PeerRejected, AccessRefused), match=r"moving . to"):
                await delivery.ack()
        waiting = asyncio.ensure_future(anext(deliveries))
        await until(lambda: any("2 files were taken care of" in r.message for r in caplog.records))
        assert not waiting.done(), "it is not read again"
        denied.parent.unlink()
        denied.parent.mkdir()
        await until(lambda: names_in(folder) == [])
        assert names_in(denied) == ["a", "b"]
        waiting.cancel()
        await asyncio.wait({waiting})
        await deliveries.aclose()
    assert reads == 2


async def test_a_missing_archive_below_a_missing_folder_is_an_error_with_its_name(
    server: Sshd, folder: Path
) -> None:
    write(folder / "a", b"x")
    missing = folder / "no" / "such"
    async with arrivals(server, folder, then={"archive": str(missing)}) as deliveries:
        delivery = await anext(deliveries)
        await read(delivery)
        with pytest.raises(PeerRejected, match=re.escape(str(missing))) as caught:
            await delivery.ack()
        assert caught.value.code == "SSH_FX_NO_SUCH_FILE"
    assert names_in(folder) == ["a"]


async def test_a_marker_that_was_left_is_removed_with_the_next_look(server: Sshd, folder: Path) -> None:
    """The file was moved, and the connection broke before the marker went."""
    store = Store()
    write(folder / "a", b"x", PAST)
    write(folder / "a.done", b"")
    async with receiver(server, folder, complete_when={"marker": "{name}.done"}, then="delete") as adapter:
        deliveries = adapter.receive("inbox", None)
        delivery = await anext(deliveries)
        store.append(delivery, await read(delivery))
        server_down = adapter._pool.run
        adapter._pool.run = _lost  # type: ignore[method-assign,assignment]
        with pytest.raises(AdapterError):
            await delivery.ack()
        adapter._pool.run = server_down  # type: ignore[method-assign]
        (folder / "a").unlink()
        waiting = asyncio.ensure_future(anext(deliveries))
        await until(lambda: names_in(folder) == [])
        waiting.cancel()
        await asyncio.wait({waiting})
        await deliveries.aclose()


async def _lost(*_: object) -> None:
    raise EOFError


# --- killed at every point ---


@pytest.mark.parametrize("death", Death, ids=lambda death: death.value)
@pytest.mark.parametrize("then", ["archive", "delete", "keep"])
async def test_a_gateway_killed_anywhere_loses_nothing_and_stores_nothing_twice(
    server: Sshd, folder: Path, death: Death, then: str
) -> None:
    store = Store()
    contents = [os.urandom(600_000), b"second", b"third"]
    for number, content in enumerate(contents):
        write(folder / f"{number}.stm", content, PAST)
        write(folder / f"{number}.stm.done", b"")
    done = folder / "done"
    inbox: dict[str, Any] = {
        "pattern": "*.stm",
        "complete_when": {"marker": "{name}.done"},
        "then": {"archive": str(done)} if then == "archive" else then,
    }
    for _ in contents:
        async with receiver(server, folder, **inbox) as adapter:
            if len(store.messages) < len(contents):
                await store.take_and_die(adapter, death)
    async with receiver(server, folder, **inbox) as adapter:
        await store.take(adapter, len(contents))
        if then != "keep":
            deliveries = adapter.receive("inbox", store.cursor)
            waiting = asyncio.ensure_future(_acknowledged(deliveries))
            await until(lambda: not any(name.endswith(".stm") for name in names_in(folder)))
            waiting.cancel()
            await asyncio.wait({waiting})
            await deliveries.aclose()
    assert sorted(store.contents) == sorted(contents)
    if then == "archive":
        assert {(done / f"{n}.stm").read_bytes() for n in range(3)} == set(contents)
        assert len(names_in(done)) == 3


async def _acknowledged(deliveries: Any) -> None:
    async for delivery in deliveries:
        await read(delivery)
        await delivery.ack()
