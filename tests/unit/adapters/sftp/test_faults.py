"""A server that is frozen, killed, cut off, replaced, or too old."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import ByteBody, Deadline, Request
from adapters.errors import (
    AuthenticationFailed,
    ConnectFailed,
    ConnectionLost,
    ConnectTimeout,
    NotSent,
    OutcomeUnknown,
    ReadFailed,
    ReadTimeout,
)
from adapters.sftp.adapter import SftpAdapter
from tests.faults.proxy import Direction, FaultProxy
from tests.peers.sshd import Sshd, fingerprint, make_key, sshd
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


def pool_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("sftp-bank")]


async def test_a_frozen_server_costs_the_deadline_and_nothing_more(own_server: Sshd) -> None:
    (own_server.files / "a").write_bytes(os.urandom(4_000_000))
    async with opened(settings_for(own_server, own_server.files)) as adapter:
        reply = await adapter.call("inbox.get", Request(parameters={"file": "a"}), Deadline.after(1))
        await listing(adapter)
        own_server.server.freeze()
        for call in (listing(adapter, seconds=0.5), drained(reply.chunks)):
            began = time.monotonic()
            with pytest.raises(ReadTimeout):
                await call
            assert time.monotonic() - began < 4
        began = time.monotonic()
        with pytest.raises(ConnectTimeout):
            await listing(adapter, seconds=0.5)
        assert time.monotonic() - began < 3
        assert adapter._pool._idle == []
        own_server.server.thaw()
        assert [row["name"] for row in await listing(adapter)] == ["a"]
    assert pool_threads() == []


async def test_an_upload_to_a_frozen_server_ends_at_the_deadline(own_server: Sshd) -> None:
    async def body() -> Any:
        for number in range(400):
            if number == 8:
                own_server.server.freeze()
            yield bytes(262_144)

    async with opened(settings_for(own_server, own_server.files)) as adapter:
        await adapter.connect(Deadline.after(10))
        request = Request(parameters={"name": "a"}, body=ByteBody(chunks=body(), content_type="x"))
        began = time.monotonic()
        with pytest.raises(NotSent, match="no file of that name is visible"):
            await adapter.call("outbox.put", request, Deadline.after(1))
        assert time.monotonic() - began < 5
        own_server.server.thaw()
        await until(lambda: names_in(own_server.files) == [])
        await put(adapter, "a", b"x")


async def test_a_killed_server_is_noticed_and_its_successor_used(own_server: Sshd) -> None:
    (own_server.files / "a").write_bytes(os.urandom(8_000_000))
    async with opened(settings_for(own_server, own_server.files)) as adapter:
        reply = await adapter.call("inbox.get", Request(parameters={"file": "a"}), Deadline.after(5))
        own_server.server.kill()
        with pytest.raises(ConnectionLost):
            await drained(reply.chunks)
        with pytest.raises(ConnectFailed, match="refused"):
            await listing(adapter)
        own_server.server.start()
        assert len(await listing(adapter)) == 1


async def test_a_connection_closed_while_idle_is_replaced(server: Sshd, folder: Path) -> None:
    async with opened(settings_for(server, folder)) as adapter:
        await listing(adapter)
        for pid in server.server.sessions():
            os.kill(pid, signal.SIGKILL)
        await until(lambda: not adapter._pool._idle[0].is_usable())
        assert await listing(adapter) == []


async def test_an_idle_connection_is_closed(server: Sshd, folder: Path) -> None:
    async with opened(settings_for(server, folder, idle_timeout_s=1)) as adapter:
        await listing(adapter)
        assert len(adapter._pool._idle) == 1
        await until(lambda: not adapter._pool._idle)
        assert await listing(adapter) == []


@asynccontextmanager
async def cuttable(server: Sshd, folder: Path) -> AsyncIterator[tuple[FaultProxy, SftpAdapter]]:
    """An adapter with a fault proxy between it and the server."""
    async with (
        FaultProxy(server.port) as proxy,
        opened(settings_for(server, folder, port=proxy.port)) as adapter,
    ):
        yield proxy, adapter


CUTS = [0, 1, 30, 1500, 3000, 5000, 100_000, 1_000_000]


@pytest.mark.parametrize("after", CUTS)
async def test_a_get_that_is_cut_never_looks_complete(server: Sshd, folder: Path, after: int) -> None:
    (folder / "a").write_bytes(os.urandom(2_000_000))
    async with (
        FaultProxy(server.port) as proxy,
        opened(settings_for(server, folder, port=proxy.port)) as adapter,
    ):
        proxy.cut_after(after, Direction.TO_CLIENT)
        with pytest.raises((ConnectFailed, ReadFailed)):
            await get(adapter, "a", seconds=5)
        proxy.restore()
        assert await get(adapter, "a") == (folder / "a").read_bytes()


@pytest.mark.parametrize("after", CUTS)
async def test_a_put_that_is_cut_shows_nothing_or_everything(server: Sshd, folder: Path, after: int) -> None:
    content = os.urandom(2_000_000)
    async with (
        FaultProxy(server.port) as proxy,
        opened(settings_for(server, folder, port=proxy.port)) as adapter,
    ):
        proxy.cut_after(after, Direction.TO_SERVER)
        with pytest.raises((NotSent, OutcomeUnknown)):
            await put(adapter, "a", content, seconds=5)
        proxy.restore()
        await until(lambda: not names_in(folder))
        await put(adapter, "a", content)
        assert (folder / "a").read_bytes() == content


async def test_silence_in_mid_transfer_ends_at_the_deadline(server: Sshd, folder: Path) -> None:
    (folder / "a").write_bytes(os.urandom(8_000_000))
    async with (
        FaultProxy(server.port) as proxy,
        opened(settings_for(server, folder, port=proxy.port)) as adapter,
    ):
        reply = await adapter.call("inbox.get", Request(parameters={"file": "a"}), Deadline.after(0.5))
        proxy.silence()
        with pytest.raises(ReadTimeout):
            await drained(reply.chunks)
        proxy.restore()
        assert len(await get(adapter, "a")) == 8_000_000


async def test_another_host_key_is_refused_with_both_fingerprints(
    server: Sshd, folder: Path, tmp_path: Path
) -> None:
    other = fingerprint(make_key(tmp_path / "other"))
    async with opened(settings_for(server, folder, host_key=other)) as adapter:
        with pytest.raises(ConnectFailed) as caught:
            await adapter.connect(Deadline.after(10))
        assert other in str(caught.value)
        assert server.fingerprint in str(caught.value)
        probe = await adapter.probe(Deadline.after(10))
        assert (probe.reachable, probe.authenticated) == (False, None)
    async with opened(settings_for(server, folder, host_key=[other, server.fingerprint])) as adapter:
        await adapter.connect(Deadline.after(10))


async def test_known_hosts_and_public_keys_identify_the_server(
    server: Sshd, folder: Path, tmp_path: Path
) -> None:
    public = (server.folder / "host_key.pub").read_text()
    async with opened(settings_for(server, folder, host_key=public.strip())) as adapter:
        await adapter.connect(Deadline.after(10))
    known_hosts = tmp_path / "known_hosts"
    known_hosts.write_text(f"[127.0.0.1]:{server.port} {public}")
    settings = settings_for(server, folder, host_key=None, known_hosts=str(known_hosts))
    async with opened(settings) as adapter:
        await adapter.connect(Deadline.after(10))


@pytest.mark.parametrize("is_listed_elsewhere", [True, False], ids=["known_hosts", "nothing"])
async def test_without_a_known_key_the_one_shown_is_named_and_refused(
    server: Sshd, folder: Path, tmp_path: Path, is_listed_elsewhere: bool
) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"elsewhere.example {(server.folder / 'host_key.pub').read_text()}")
    known_hosts = str(file) if is_listed_elsewhere else None
    told = f"{file} has no key of 127.0.0.1 port {server.port}" if known_hosts else "no host_key is set"
    async with opened(settings_for(server, folder, host_key=None, known_hosts=known_hosts)) as adapter:
        with pytest.raises(ConnectFailed) as caught:
            await adapter.connect(Deadline.after(10))
        assert f"{told}; the server showed ssh-ed25519 {server.fingerprint}" in str(caught.value)
        assert f'set host_key: "{server.fingerprint}"' in str(caught.value)


async def test_a_server_with_several_keys_shows_the_known_one(tmp_path: Path) -> None:
    peer = sshd(tmp_path / "sshd", extra=(f"HostKey {make_key(tmp_path / 'rsa', 'rsa')}",))
    peer.server.start()
    try:
        public = (tmp_path / "rsa.pub").read_text().strip()
        async with opened(settings_for(peer, peer.files, host_key=public)) as adapter:
            await adapter.connect(Deadline.after(10))
    finally:
        peer.server.stop()


async def test_a_wrong_key_is_refused(server: Sshd, folder: Path, tmp_path: Path) -> None:
    wrong = make_key(tmp_path / "wrong")
    async with opened(settings_for(server, folder, key=str(wrong))) as adapter:
        with pytest.raises(AuthenticationFailed):
            await adapter.connect(Deadline.after(10))
        probe = await adapter.probe(Deadline.after(10))
        assert (probe.reachable, probe.authenticated) == (True, False)


async def test_a_key_with_a_passphrase(server: Sshd, folder: Path, tmp_path: Path) -> None:
    locked = make_key(tmp_path / "locked", passphrase="open sesame")
    allowed = server.folder / "authorized_keys"
    allowed.write_text(allowed.read_text() + (tmp_path / "locked.pub").read_text())
    settings = settings_for(server, folder, key=str(locked), key_passphrase="open sesame")
    async with opened(settings) as adapter:
        await adapter.connect(Deadline.after(10))
        assert "sesame" not in repr(adapter._settings)
    for wrong in ({"key_passphrase": "x"}, {"key_passphrase": None}, {"key": str(tmp_path / "locked.pub")}):
        with pytest.raises(ValueError, match="cannot be loaded") as caught:
            async with opened({**settings, **wrong}):
                pass
        assert "sesame" not in str(caught.value)


OLD = (
    "KexAlgorithms diffie-hellman-group14-sha1",
    "HostKeyAlgorithms ssh-rsa",
    "PubkeyAcceptedAlgorithms ssh-rsa",
    "MACs hmac-sha1",
)


async def test_an_old_server_is_refused_by_default_and_accepted_by_name(tmp_path: Path) -> None:
    peer = sshd(tmp_path / "sshd", extra=OLD, key_type="rsa")
    peer.server.start()
    try:
        async with opened(settings_for(peer, peer.files)) as adapter:
            with pytest.raises(ConnectFailed) as caught:
                await adapter.connect(Deadline.after(10))
        for name in ("diffie-hellman-group14-sha1", "ssh-rsa", "hmac-sha1"):
            assert f"legacy_algorithms: [{name}] allows it" in str(caught.value)
        allowed = ["diffie-hellman-group14-sha1", "ssh-rsa", "hmac-sha1"]
        async with opened(settings_for(peer, peer.files, legacy_algorithms=allowed)) as adapter:
            await put(adapter, "a", b"x")
            assert await get(adapter, "a") == b"x"
    finally:
        peer.server.stop()


NOT_SSH = [
    pytest.param(b"", ConnectTimeout, id="silence"),
    pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 200, ConnectFailed, id="another protocol"),
    pytest.param(b"SSH-1.5-old\r\n", ConnectFailed, id="SSH 1"),
    pytest.param(b"SSH-2.0-x\r\n" + b"\xff" * 5000, ConnectFailed, id="garbage after the banner"),
    pytest.param(b"SSH-2.0-x\r\n", ConnectTimeout, id="banner and silence"),
]


@pytest.mark.parametrize(("greeting", "error"), NOT_SSH)
async def test_what_is_no_ssh_server(
    greeting: bytes, error: type[Exception], server: Sshd, folder: Path
) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await reader.read()
        writer.close()

    listener = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener, opened(settings_for(server, folder, port=port, connect_timeout_s=1)) as adapter:
        began = time.monotonic()
        with pytest.raises(error):
            await adapter.connect(Deadline.after(10))
        assert time.monotonic() - began < 4


async def test_nobody_listens(server: Sshd, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    async with opened(settings_for(server, folder, port=port)) as adapter:
        with pytest.raises(ConnectFailed, match="refused"):
            await adapter.connect(Deadline.after(5))
    async with opened(settings_for(server, folder, host="no-such-host.invalid")) as adapter:
        with pytest.raises((ConnectFailed, ConnectTimeout)):
            await adapter.connect(Deadline.after(5))
