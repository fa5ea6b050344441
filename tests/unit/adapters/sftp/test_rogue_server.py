"""What a server can say wrongly, and what comes of it."""

from __future__ import annotations

import logging
import stat
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest

from adapters.contract import Deadline
from adapters.errors import (
    AuthenticationFailed,
    BadReply,
    Blame,
    ConnectionLost,
    LimitExceeded,
    NotSent,
    Outcome,
    OutcomeUnknown,
    PeerRejected,
    PermissionDenied,
    ProtocolViolation,
    ReadFailed,
    ReadTimeout,
)
from adapters.sftp.adapter import SftpAdapter
from adapters.sftp.hostkeys import fingerprint
from adapters.sftp.packets import Status, Type, text
from tests.unit.adapters.sftp import rogue as r
from tests.unit.adapters.sftp.conftest import get, listing, opened, put
from tests.unit.adapters.sftp.rogue import PASSWORD, Rogue, rogue_server

HOST_KEY = paramiko.ECDSAKey.generate()


def settings(rogue: Rogue, **changes: Any) -> dict[str, Any]:
    return {
        "adapter": "sftp",
        "host": "127.0.0.1",
        "port": rogue.port,
        "username": "acme",
        "password": PASSWORD,
        "host_key": fingerprint(HOST_KEY),
        "inboxes": {"inbox": {"path": "/in", "max_file_bytes": 1_000_000}},
        "outboxes": {"outbox": {"path": "/out", "name": "{name}"}},
        **changes,
    }


@pytest.fixture
def server() -> Iterator[Rogue]:
    with rogue_server(HOST_KEY) as rogue:
        yield rogue


async def test_the_rogue_is_a_good_server_until_told_otherwise(server: Rogue) -> None:
    async with opened(settings(server)) as adapter:
        assert [row["name"] for row in await listing(adapter)] == ["one.txt"]
        assert await get(adapter, "one.txt") == server.content
        server.instead[Type.LSTAT] = lambda number, _: r.status(number, Status.NO_SUCH_FILE)
        server.content = b"12345"
        assert (await put(adapter, "a", b"12345"))["size"] == 5


@pytest.mark.parametrize("interactive", [False, True], ids=["password", "keyboard-interactive"])
async def test_passwords(interactive: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with rogue_server(HOST_KEY, interactive=interactive) as rogue:
        async with opened(settings(rogue)) as adapter:
            await adapter.connect(Deadline.after(10))
            assert PASSWORD not in repr(adapter._settings) + repr(vars(adapter._pool))
        async with opened(settings(rogue, password="wrong-4711")) as adapter:
            with pytest.raises(AuthenticationFailed) as caught:
                await adapter.connect(Deadline.after(10))
            assert "4711" not in str(caught.value) + repr(caught.value.__cause__)
    assert PASSWORD not in caplog.text
    assert "4711" not in caplog.text


async def test_a_key_where_only_passwords_are_taken(server: Rogue, tmp_path: Path) -> None:
    key = tmp_path / "key"
    HOST_KEY.write_private_key_file(str(key))
    async with opened(settings(server, password=None, key=str(key))) as adapter:
        with pytest.raises(AuthenticationFailed, match="accepts only password"):
            await adapter.connect(Deadline.after(10))


HOSTILE_NAMES = [
    b"",
    b".",
    b"..",
    b"../../x",
    b"/etc/passwd",
    b"a/b",
    b"a\\b",
    b"a\0b",
    b"a\r\nb",
    b"\x1b[2J",
    b"\xc3\x28",
    "\u202egpj.exe".encode(),
    b".bashrc",
    b"x" * 256,
]


async def test_hostile_names_are_passed_over(server: Rogue) -> None:
    server.entries = [r.entry(name) for name in [*HOSTILE_NAMES, b"good", b"-rf", b"x" * 255]]
    server.entries += [
        r.entry(b"link", stat.S_IFLNK | 0o777),
        r.entry(b"pipe", stat.S_IFIFO | 0o644),
        r.entry(b"device", stat.S_IFCHR | 0o644),
        r.entry(b"folder", stat.S_IFDIR | 0o755),
        r.entry(b"no-mode", None),
        r.entry(b"no-size", size=None),
    ]
    async with opened(settings(server)) as adapter:
        names = [row["name"] for row in await listing(adapter)]
    assert names == ["-rf", "good", "no-mode", "no-size", "x" * 255]


def _short(server: Rogue) -> r.Answer:
    def answer(number: int, fields: Any) -> bytes:
        fields.string()
        offset, length = fields.long_number(), fields.number()
        data = server.content[offset : offset + min(length, 700)]
        return r.packet(Type.DATA, number, text(data))

    return answer


async def test_short_reads_are_completed(server: Rogue) -> None:
    server.content = bytes(range(256)) * 500
    server.instead[Type.READ] = _short(server)
    async with opened(settings(server)) as adapter:
        assert await get(adapter, "a") == server.content


async def test_a_server_that_tells_no_size_is_read_to_the_end(server: Rogue) -> None:
    server.content = bytes(range(256)) * 5000
    bare = r.attributes(None, None, None)
    for kind in (Type.LSTAT, Type.FSTAT):
        server.instead[kind] = lambda number, _: r.packet(Type.ATTRS, number, bare)
    async with opened(settings(server, inboxes={"inbox": {"path": "/in"}})) as adapter:
        assert await get(adapter, "a") == server.content


def _modified(*times: int) -> Callable[[int, Any], bytes]:
    left = list(times)
    return lambda number, _: r.packet(Type.ATTRS, number, r.attributes(10_000, modified=left.pop(0)))


def _say(payload: bytes, kind: int) -> r.Answer:
    return lambda number, _: r.packet(kind, number, payload)


def _status(code: int) -> r.Answer:
    return lambda number, _: r.status(number, code)


def _raw(data: bytes) -> r.Answer:
    return lambda number, _: data


def _closed(number: int, fields: Any) -> bytes:
    raise EOFError


LONG = struct.pack(">I", 10_000_000)
READS = [
    pytest.param(Type.READ, _say(text(b""), Type.DATA), ProtocolViolation, id="no data"),
    pytest.param(Type.READ, _say(text(b"x" * 40_000), Type.DATA), ProtocolViolation, id="too much data"),
    pytest.param(Type.READ, _say(LONG + b"x", Type.DATA), ProtocolViolation, id="length beyond the packet"),
    pytest.param(Type.READ, _say(text(b"x"), Type.HANDLE), ProtocolViolation, id="a handle for data"),
    pytest.param(Type.READ, _say(b"", Type.DATA), ProtocolViolation, id="empty packet"),
    pytest.param(Type.READ, _status(Status.OK), ProtocolViolation, id="OK for data"),
    pytest.param(Type.READ, _status(Status.EOF), ReadFailed, id="early end"),
    pytest.param(Type.READ, _status(Status.FAILURE), PeerRejected, id="failure"),
    pytest.param(Type.READ, _raw(LONG + b"x" * 50), ProtocolViolation, id="packet of ten megabytes"),
    pytest.param(Type.READ, _raw(struct.pack(">I", 0)), ProtocolViolation, id="packet of no bytes"),
    pytest.param(Type.READ, _raw(r.status(99_999, 0)), ProtocolViolation, id="answer to nothing"),
    pytest.param(Type.READ, _raw(b""), ReadTimeout, id="silence"),
    pytest.param(Type.READ, _closed, ConnectionLost, id="closed"),
    pytest.param(Type.OPEN, _say(text(b"h" * 300), Type.HANDLE), ProtocolViolation, id="long handle"),
    pytest.param(Type.OPEN, _status(Status.PERMISSION_DENIED), PermissionDenied, id="not allowed"),
    pytest.param(Type.OPEN, _status(Status.NO_SUCH_FILE), PeerRejected, id="gone before it was opened"),
    pytest.param(Type.FSTAT, _say(r.attributes(5_000_000), Type.ATTRS), LimitExceeded, id="too large"),
    pytest.param(Type.FSTAT, _say(r.attributes(2**63), Type.ATTRS), LimitExceeded, id="eight exabytes"),
    pytest.param(Type.FSTAT, _say(b"\0\0\0\xff", Type.ATTRS), ProtocolViolation, id="attributes cut short"),
    pytest.param(Type.FSTAT, _modified(1, 2), ReadFailed, id="written to meanwhile"),
    pytest.param(Type.CLOSE, _status(Status.FAILURE), PeerRejected, id="close fails"),
    pytest.param(Type.LSTAT, _status(77), PeerRejected, id="unknown status"),
]


@pytest.mark.parametrize(("kind", "answer", "error"), READS)
async def test_reads(server: Rogue, kind: int, answer: r.Answer, error: type[Exception]) -> None:
    server.instead[kind] = answer
    async with opened(settings(server)) as adapter:
        with pytest.raises(error) as caught:
            await get(adapter, "a", seconds=0.7)
        assert "script" not in str(caught.value), "the server's text stays out"
        if isinstance(caught.value, PeerRejected) and kind == Type.LSTAT:
            assert (caught.value.code, caught.value.blame) == ("SSH_FX_77", Blame.PEER)
        server.instead.clear()
        assert await get(adapter, "a") == server.content


LISTS = [
    pytest.param(Type.READDIR, _say(LONG, Type.NAME), ProtocolViolation, id="ten million names announced"),
    pytest.param(Type.READDIR, _say(text(b"x"), Type.DATA), ProtocolViolation, id="data for names"),
    pytest.param(Type.READDIR, _raw(b""), ReadTimeout, id="silence"),
    pytest.param(Type.READDIR, _closed, ConnectionLost, id="closed"),
    pytest.param(Type.OPENDIR, _status(Status.PERMISSION_DENIED), PermissionDenied, id="not allowed"),
    pytest.param(
        Type.READDIR, lambda number, _: r.names(number, [r.entry(b"x")] * 100), LimitExceeded, id="endless"
    ),
]


@pytest.mark.parametrize(("kind", "answer", "error"), LISTS)
async def test_lists(server: Rogue, kind: int, answer: r.Answer, error: type[Exception]) -> None:
    server.instead[kind] = answer
    boxes = {"inbox": {"path": "/in", "max_files": 5000}}
    async with opened(settings(server, inboxes=boxes)) as adapter:
        with pytest.raises(error):
            await listing(adapter, seconds=1)


REJECTED, NOT_SENT = Outcome.REJECTED, Outcome.NOT_SENT
PUTS = [
    pytest.param(Type.OPEN, _raw(b""), NotSent, NOT_SENT, id="silence at open"),
    pytest.param(Type.OPEN, _status(Status.PERMISSION_DENIED), PermissionDenied, REJECTED, id="denied"),
    pytest.param(Type.WRITE, _raw(b""), NotSent, NOT_SENT, id="silence at write"),
    pytest.param(Type.WRITE, _closed, NotSent, NOT_SENT, id="closed at write"),
    pytest.param(Type.WRITE, _status(Status.FAILURE), PeerRejected, REJECTED, id="disk full"),
    pytest.param(Type.WRITE, _status(Status.QUOTA_EXCEEDED), PeerRejected, REJECTED, id="quota"),
    pytest.param(
        Type.FSTAT, _say(r.attributes(4), Type.ATTRS), ProtocolViolation, None, id="a byte is missing"
    ),
    pytest.param(Type.CLOSE, _status(Status.FAILURE), PeerRejected, REJECTED, id="close fails"),
    pytest.param(Type.RENAME, _status(Status.FAILURE), PeerRejected, REJECTED, id="rename refused"),
    pytest.param(Type.RENAME, _raw(b""), OutcomeUnknown, Outcome.UNKNOWN, id="silence at rename"),
    pytest.param(Type.RENAME, _closed, OutcomeUnknown, Outcome.UNKNOWN, id="closed at rename"),
    pytest.param(Type.RENAME, _say(b"", Type.DATA), BadReply, Outcome.UNKNOWN, id="rubbish at rename"),
]


@pytest.mark.parametrize(("kind", "answer", "error", "outcome"), PUTS)
async def test_puts(
    server: Rogue, kind: int, answer: r.Answer, error: type[Exception], outcome: Outcome | None
) -> None:
    server.content = b"12345"
    server.instead[Type.LSTAT] = _status(Status.NO_SUCH_FILE)
    server.instead[kind] = answer
    async with opened(settings(server)) as adapter:
        with pytest.raises(error) as caught:
            await put(adapter, "a", b"12345", seconds=0.7)
        assert caught.value.outcome is outcome  # type: ignore[attr-defined]
        await _cleaned(adapter)
        wanted = outcome is not Outcome.UNKNOWN
        assert (Type.REMOVE in server.requests) is wanted, "an unknown outcome is not meddled with"


async def _cleaned(adapter: SftpAdapter) -> None:
    for outbox in adapter._outboxes:
        await outbox.aclose()


async def test_overwriting_uses_the_rename_that_replaces_where_it_is_offered(server: Rogue) -> None:
    server.content = b"12345"
    box = {"outbox": {"path": "/out", "name": "{name}", "overwrite": True}}
    async with opened(settings(server, outboxes=box)) as adapter:
        await put(adapter, "a", b"12345")
        assert server.requests[-2:] == [Type.REMOVE, Type.RENAME]
    server.extensions = {b"posix-rename@openssh.com": b"1", b"fsync@openssh.com": b"1"}
    async with opened(settings(server, outboxes=box)) as adapter:
        await put(adapter, "a", b"12345")
        assert server.requests[-1] == Type.EXTENDED
        assert server.requests.count(Type.EXTENDED) == 2


@pytest.mark.parametrize("was_there", [True, False])
async def test_a_file_that_lost_its_former_self_is_not_taken_away_too(server: Rogue, was_there: bool) -> None:
    """Without a rename that replaces, the former file is gone when the rename is refused."""
    server.content = b"12345"
    server.instead[Type.RENAME] = _status(Status.FAILURE)
    if not was_there:
        server.instead[Type.REMOVE] = _status(Status.NO_SUCH_FILE)
    box = {"outbox": {"path": "/out", "name": "{name}", "overwrite": True}}
    async with opened(settings(server, outboxes=box)) as adapter:
        with pytest.raises(ProtocolViolation if was_there else PeerRejected) as caught:
            await put(adapter, "a", b"12345")
        await _cleaned(adapter)
    if was_there:
        assert caught.value.outcome is Outcome.UNKNOWN  # type: ignore[attr-defined]
        assert "left as /out/." in str(caught.value)
    assert server.requests.count(Type.REMOVE) == (1 if was_there else 2)
