"""Listing, fetching and putting against a real sshd."""

from __future__ import annotations

import asyncio
import hashlib
import os
import resource
from contextlib import aclosing
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from adapters.contract import ByteBody, BytesReply, Deadline, Request, Result, RowsShape
from adapters.errors import (
    Blame,
    ConnectFailed,
    ConnectionLost,
    InvalidRequest,
    LimitExceeded,
    PeerRejected,
    PermissionDenied,
    PoolTimeout,
    ReadFailed,
)
from tests.peers.sshd import Sshd
from tests.unit.adapters.sftp.conftest import (
    drained,
    get,
    listing,
    names_in,
    opened,
    put,
    settings_for,
    until,
)

CONTENTS = [
    pytest.param(b"", id="empty"),
    pytest.param(b"\0\xff\r\n\n", id="five odd bytes"),
    pytest.param("Grüße, 世界".encode(), id="not ASCII"),
    pytest.param(os.urandom(256 * 1024), id="one block"),
    pytest.param(os.urandom(256 * 1024 + 1), id="one block and a byte"),
    pytest.param(os.urandom(3_000_001), id="three megabytes"),
]


@pytest.mark.parametrize("content", CONTENTS)
async def test_bytes_arrive_as_they_were_sent(server: Sshd, folder: Path, content: bytes) -> None:
    async with opened(settings_for(server, folder)) as adapter:
        reply = await put(adapter, "a.bin", content[:10], content[10:])
        assert reply == {"file": "a.bin", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        assert (folder / "a.bin").read_bytes() == content
        assert await get(adapter, "a.bin") == content
        assert names_in(folder) == ["a.bin"], "no temporary file is left"


async def test_operations_describe_themselves(server: Sshd, folder: Path) -> None:
    async with opened(settings_for(server, folder)) as adapter:
        found = {operation.name: operation for operation in adapter.operations()}
        assert list(found) == ["inbox.list", "inbox.get", "outbox.put"]
        assert [str(one.bindings[0].method) + " " + one.bindings[0].path for one in found.values()] == [
            "GET /inbox",
            "GET /inbox/{file}",
            "POST /outbox",
        ]
        assert found["outbox.put"].result is Result.CREATED
        assert not found["outbox.put"].safe
        await put(adapter, "a.txt", b"x")
        shape = found["inbox.list"].reply
        assert isinstance(shape, RowsShape)
        for row in await listing(adapter):
            jsonschema_rs.validator_for(shape.schema).validate(row)


async def test_a_listing_is_sorted_and_paged(server: Sshd, folder: Path) -> None:
    for number, name in enumerate(["b", "c", "a", "ü"]):
        (folder / name).write_bytes(b"x" * number)
        os.utime(folder / name, (0, 1_000_000_000 + number))
    async with opened(settings_for(server, folder)) as adapter:
        rows = await listing(adapter)
        assert [row["name"] for row in rows] == ["a", "b", "c", "ü"]
        assert rows[0] == {"name": "a", "size": 2, "modified": "2001-09-09T01:46:42Z"}
        assert [row["name"] for row in await listing(adapter, order="modified.desc")] == ["ü", "a", "c", "b"]
        assert [row["name"] for row in await listing(adapter, order="name.desc", limit=2)] == ["ü", "c"]
        assert [row["name"] for row in await listing(adapter, offset=3, limit=2)] == ["ü"]


async def test_a_pattern_chooses_the_files(server: Sshd, folder: Path) -> None:
    for name in ("a.stm", "b.txt", "[c].stm"):
        (folder / name).write_bytes(b"x")
    inbox = {"inbox": {"path": str(folder), "pattern": "*.stm"}}
    async with opened(settings_for(server, folder, inboxes=inbox)) as adapter:
        assert [row["name"] for row in await listing(adapter)] == ["[c].stm", "a.stm"]
        assert await get(adapter, "[c].stm") == b"x"
        with pytest.raises(InvalidRequest, match="pattern"):
            await get(adapter, "b.txt")


async def test_only_plain_files_with_good_names_are_listed(server: Sshd, folder: Path) -> None:
    (folder / "good").write_bytes(b"x")
    (folder / "folder").mkdir()
    (folder / "link").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    for name in (b".hidden", b"line\nfeed", b"\xff\xfe", "\u202etxt.exe".encode(), b"back\\slash"):
        (folder / os.fsdecode(name)).write_bytes(b"x")
    async with opened(settings_for(server, folder)) as adapter:
        assert [row["name"] for row in await listing(adapter)] == ["good"]
        for name in ("folder", "link", "pipe"):
            with pytest.raises(InvalidRequest, match="not a regular file"):
                await get(adapter, name)


BAD_NAMES = [
    pytest.param("", id="empty"),
    pytest.param(".", id="dot"),
    pytest.param("..", id="two dots"),
    pytest.param("../secret", id="parent"),
    pytest.param("../../etc/passwd", id="far parent"),
    pytest.param("/etc/passwd", id="absolute"),
    pytest.param("a/b", id="slash"),
    pytest.param("a\\b", id="backslash"),
    pytest.param(".hidden", id="leading dot"),
    pytest.param("a\0b", id="NUL"),
    pytest.param("a\nb", id="line feed"),
    pytest.param("a\x1b[31mb", id="escape sequence"),
    pytest.param("a\x7fb", id="DEL"),
    pytest.param("a\u202egpj.exe", id="right to left"),
    pytest.param("a\u2028b", id="line separator"),
    pytest.param("\ud800", id="half a surrogate pair"),
    pytest.param("x" * 256, id="256 bytes"),
    pytest.param("ü" * 128, id="256 bytes in UTF-8"),
]


@pytest.mark.parametrize("name", BAD_NAMES)
async def test_a_bad_name_is_refused_before_anything_is_sent(server: Sshd, folder: Path, name: str) -> None:
    async with opened(settings_for(server, folder, port=1)) as adapter:
        with pytest.raises(InvalidRequest) as caught:
            await get(adapter, name)
        assert caught.value.violations[0].parameter == "file"
        with pytest.raises(InvalidRequest) as caught:
            await put(adapter, name, b"x")
        assert caught.value.violations[0].parameter == "name"
    assert names_in(folder) == []


@pytest.mark.parametrize("name", ["-rf", "a b", "%2e%2e", "ä", "x" * 255, "$(id)", "a..b", "*"])
async def test_an_odd_name_is_just_a_name(server: Sshd, folder: Path, name: str) -> None:
    async with opened(settings_for(server, folder)) as adapter:
        await put(adapter, name, b"x")
        assert [row["name"] for row in await listing(adapter)] == [name]
        assert await get(adapter, name) == b"x"


async def test_what_is_not_there_keeps_the_servers_code(server: Sshd, folder: Path) -> None:
    def logins() -> int:
        return server.server.log.read_text().count("Accepted publickey")

    before = logins()
    async with opened(settings_for(server, folder)) as adapter:
        for _ in range(3):
            with pytest.raises(PeerRejected) as caught:
                await get(adapter, "absent")
            assert (caught.value.code, caught.value.blame) == ("SSH_FX_NO_SUCH_FILE", Blame.NOT_FOUND)
        assert logins() == before + 1, "a refusal does not cost the connection"
        missing = settings_for(server, folder / "no-such-folder")
    async with opened(missing) as adapter:
        for call in (listing(adapter), put(adapter, "a", b"x")):
            with pytest.raises(PeerRejected) as caught:
                await call
            assert (caught.value.code, caught.value.blame) == ("SSH_FX_NO_SUCH_FILE", Blame.PEER)


async def test_a_file_is_replaced_only_when_that_is_allowed(server: Sshd, folder: Path) -> None:
    async with opened(settings_for(server, folder)) as adapter:
        await put(adapter, "a", b"first")
        with pytest.raises(PeerRejected) as caught:
            await put(adapter, "a", b"second")
        assert caught.value.blame is Blame.CONFLICT
        assert (folder / "a").read_bytes() == b"first"
        await until(lambda: names_in(folder) == ["a"])
    box = {"outbox": {"path": str(folder), "name": "{name}", "overwrite": True}}
    async with opened(settings_for(server, folder, outboxes=box)) as adapter:
        await put(adapter, "a", b"second")
        assert (folder / "a").read_bytes() == b"second"


async def test_of_two_puts_of_one_name_one_wins(server: Sshd, folder: Path) -> None:
    async with opened(settings_for(server, folder)) as adapter:
        results = await asyncio.gather(
            *(put(adapter, "a", b"%d" % number) for number in range(2)), return_exceptions=True
        )
        assert sum(isinstance(result, PeerRejected) for result in results) == 1
        await until(lambda: names_in(folder) == ["a"])


async def test_sequence_numbers_go_on_from_the_highest(server: Sshd, folder: Path) -> None:
    (folder / "pay-000041.txt").write_bytes(b"x")
    (folder / "pay-x.txt").write_bytes(b"x")
    box = {"outbox": {"path": str(folder), "name": "pay-{sequence:06}.txt"}}
    async with opened(settings_for(server, folder, outboxes=box)) as adapter:
        replies = await asyncio.gather(*(put(adapter, "", b"%d" % number) for number in range(5)))
    assert sorted(reply["file"] for reply in replies) == [f"pay-{number:06}.txt" for number in range(42, 47)]


async def test_a_growing_file_is_not_fetched_as_if_it_were_whole(server: Sshd, folder: Path) -> None:
    path = folder / "growing"
    path.write_bytes(b"x" * 5_000_000)
    async with opened(settings_for(server, folder)) as adapter:
        reply = await adapter.call("inbox.get", Request(parameters={"file": "growing"}), Deadline.after(20))
        await anext(reply.chunks)
        with path.open("ab") as file:
            file.write(b"y")
        with pytest.raises(ReadFailed, match="changed its size from 5000000 to 5000001"):
            await drained(reply.chunks)
        path.write_bytes(b"x" * 5_000_000)
        reply = await adapter.call("inbox.get", Request(parameters={"file": "growing"}), Deadline.after(20))
        await anext(reply.chunks)
        os.truncate(path, 1000)
        with pytest.raises(ReadFailed, match=r"became shorter|changed its size"):
            await drained(reply.chunks)
        path.write_bytes(b"x" * 1000)
        assert len(await get(adapter, "growing")) == 1000


async def test_limits(server: Sshd, folder: Path) -> None:
    (folder / "a").write_bytes(b"x" * 1001)
    (folder / "b").write_bytes(b"x" * 1000)
    inbox = {"inbox": {"path": str(folder), "max_file_bytes": 1000, "max_files": 2}}
    async with opened(settings_for(server, folder, inboxes=inbox)) as adapter:
        with pytest.raises(LimitExceeded, match="1001 bytes"):
            await get(adapter, "a")
        assert len(await get(adapter, "b")) == 1000
        assert len(await listing(adapter)) == 2
        (folder / "c").write_bytes(b"")
        with pytest.raises(LimitExceeded, match="more than 2 entries"):
            await listing(adapter)


async def test_two_thousand_files_are_listed(server: Sshd, folder: Path) -> None:
    for number in range(2000):
        (folder / f"f{number:04}").touch()
    async with opened(settings_for(server, folder)) as adapter:
        rows = await listing(adapter, limit=10_000)
        assert [row["name"] for row in rows] == [f"f{number:04}" for number in range(2000)]


async def test_many_calls_share_few_connections(server: Sshd, folder: Path) -> None:
    content = os.urandom(300_000)
    (folder / "a").write_bytes(content)
    most = 0
    async with opened(settings_for(server, folder, max_connections=2)) as adapter:

        async def watch() -> None:
            nonlocal most
            while True:
                most = max(most, len(adapter._pool._busy))
                await asyncio.sleep(0.002)

        watching = asyncio.create_task(watch())
        results = await asyncio.gather(*(get(adapter, "a", 60) for _ in range(100)))
        watching.cancel()
    assert all(result == content for result in results)
    assert most == 2


async def test_a_reply_that_is_not_read_gives_its_connection_back(server: Sshd, folder: Path) -> None:
    (folder / "a").write_bytes(os.urandom(2_000_000))
    async with opened(settings_for(server, folder, max_connections=1)) as adapter:
        for _ in range(2):
            reply = await adapter.call("inbox.get", Request(parameters={"file": "a"}), Deadline.after(5))
            with pytest.raises(PoolTimeout, match="all 1 connections"):
                await adapter.call("inbox.get", Request(parameters={"file": "a"}), Deadline.after(0.1))
            await reply.chunks.aclose()
        reply = await adapter.call("inbox.get", Request(parameters={"file": "a"}), Deadline.after(5))
        await anext(reply.chunks)
        await reply.chunks.aclose()
        assert len(await get(adapter, "a")) == 2_000_000


async def test_fifty_megabytes_pass_in_flat_memory(server: Sshd, folder: Path) -> None:
    part = os.urandom(1 << 20)

    async def body() -> Any:
        for _ in range(50):
            yield part

    async with opened(settings_for(server, folder)) as adapter:
        await put(adapter, "warm-up", part, part, part)
        await get(adapter, "warm-up")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        request = Request(parameters={"name": "big"}, body=ByteBody(chunks=body(), content_type="x"))
        await adapter.call("outbox.put", request, Deadline.after(60))
        reply = await adapter.call("inbox.get", Request(parameters={"file": "big"}), Deadline.after(60))
        digest, expected, size = hashlib.sha256(), hashlib.sha256(), 0
        async with aclosing(reply.chunks) as blocks:
            async for block in blocks:
                digest.update(block)
                size += len(block)
    assert size == 50 << 20
    for _ in range(50):
        expected.update(part)
    assert digest.digest() == expected.digest()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000, "KiB"


async def test_a_body_that_breaks_leaves_nothing_behind(server: Sshd, folder: Path) -> None:
    class ClientGone(Exception):
        pass

    async def body() -> Any:
        for _ in range(4):
            yield bytes(300_000)
        raise ClientGone

    async with opened(settings_for(server, folder)) as adapter:
        request = Request(parameters={"name": "a"}, body=ByteBody(chunks=body(), content_type="x"))
        with pytest.raises(ClientGone):
            await adapter.call("outbox.put", request, Deadline.after(20))
        await until(lambda: names_in(folder) == [])
        await put(adapter, "a", b"x")


async def test_a_cancelled_put_leaves_nothing_behind(server: Sshd, folder: Path) -> None:
    reached = asyncio.Event()

    async def body() -> Any:
        for _ in range(4):
            yield bytes(300_000)
        reached.set()
        await asyncio.Event().wait()

    async with opened(settings_for(server, folder)) as adapter:
        request = Request(parameters={"name": "a"}, body=ByteBody(chunks=body(), content_type="x"))
        call = asyncio.create_task(adapter.call("outbox.put", request, Deadline.after(20)))
        await reached.wait()
        assert len(names_in(folder)) == 1
        assert names_in(folder)[0].endswith(".part")
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await until(lambda: names_in(folder) == [])


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
async def test_missing_rights_are_named(server: Sshd, folder: Path) -> None:
    (folder / "a").write_bytes(b"x")
    (folder / "a").chmod(0)
    async with opened(settings_for(server, folder)) as adapter:
        with pytest.raises(PermissionDenied, match="SSH_FX_PERMISSION_DENIED"):
            await get(adapter, "a")


async def test_closing_ends_a_call_that_is_under_way(server: Sshd, folder: Path) -> None:
    (folder / "a").write_bytes(os.urandom(3_000_000))
    async with opened(settings_for(server, folder)) as adapter:
        reply = await adapter.call("inbox.get", Request(parameters={"file": "a"}), Deadline.after(5))
        await adapter.aclose()
        await adapter.aclose()
        await anext(reply.chunks)
        with pytest.raises(ConnectionLost):
            await drained(reply.chunks)


async def test_closing_ends_calls_that_wait_for_a_connection(server: Sshd, folder: Path) -> None:
    (folder / "a").write_bytes(os.urandom(3_000_000))
    async with opened(settings_for(server, folder, max_connections=1)) as adapter:
        reply = await adapter.call("inbox.get", Request(parameters={"file": "a"}), Deadline.after(5))
        assert isinstance(reply, BytesReply)
        waiting = asyncio.create_task(listing(adapter))
        await asyncio.sleep(0)  # it waits now
        await adapter.aclose()
        await reply.chunks.aclose()
        with pytest.raises(ConnectFailed, match="closed"):
            await waiting
        assert adapter._pool._threads is None
