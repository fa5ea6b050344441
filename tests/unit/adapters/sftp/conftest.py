"""A real sshd, and adapters that log in to it."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import AdapterContext, ByteBody, BytesReply, Deadline, Request, RowsReply, ValueReply
from adapters.registry import load
from adapters.sftp.adapter import SftpAdapter
from tests.peers.sshd import Sshd, sshd

_numbers = itertools.count()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """One sshd for the tests that only use it."""
    peer = sshd(tmp_path_factory.mktemp("sshd"))
    peer.server.start()
    yield peer
    peer.server.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Sshd]:
    """An sshd that a test may freeze and kill."""
    peer = sshd(tmp_path / "sshd")
    peer.server.start()
    yield peer
    peer.server.stop()


@pytest.fixture
def folder(server: Sshd) -> Path:
    """A new folder on the shared server."""
    path = server.files / f"t{next(_numbers)}"
    path.mkdir()
    return path


@pytest.fixture(autouse=True)
def _quiet() -> None:
    logging.getLogger("tests.rogue").setLevel(logging.CRITICAL + 1)


def settings_for(peer: Sshd, folder: Path, **changes: Any) -> dict[str, Any]:
    """Settings with one inbox and one outbox on the same folder."""
    return {
        **peer.access(),
        "inboxes": {"inbox": {"path": str(folder)}},
        "outboxes": {"outbox": {"path": str(folder), "name": "{name}"}},
        **changes,
    }


def make(settings: dict[str, Any]) -> SftpAdapter:
    """An adapter, not connected."""
    kind = load("sftp")
    model = kind.settings.model_validate(settings, context={"base_dir": Path()})
    adapter = kind.create(model, AdapterContext("bank", Path()))
    assert isinstance(adapter, SftpAdapter)
    return adapter


@asynccontextmanager
async def opened(settings: dict[str, Any]) -> AsyncIterator[SftpAdapter]:
    """An adapter for the length of a test."""
    adapter = make(settings)
    try:
        yield adapter
    finally:
        await adapter.aclose()


async def chunks(*parts: bytes) -> Any:
    """A body."""
    for part in parts:
        yield part


async def put(adapter: SftpAdapter, name: str, *parts: bytes, seconds: float = 20) -> Any:
    """Put a file into the outbox; the reply's value."""
    body = ByteBody(chunks=chunks(*parts), content_type="application/octet-stream")
    request = Request(parameters={"name": name}, body=body)
    reply = await adapter.call("outbox.put", request, Deadline.after(seconds))
    assert isinstance(reply, ValueReply)
    return reply.value


async def get(adapter: SftpAdapter, name: str, seconds: float = 20) -> bytes:
    """Fetch a file from the inbox, whole."""
    reply = await adapter.call("inbox.get", Request(parameters={"file": name}), Deadline.after(seconds))
    assert isinstance(reply, BytesReply)
    async with aclosing(reply.chunks) as blocks:
        return b"".join([block async for block in blocks])


async def listing(adapter: SftpAdapter, seconds: float = 20, **parameters: Any) -> list[Any]:
    """List the inbox."""
    reply = await adapter.call("inbox.list", Request(parameters=parameters), Deadline.after(seconds))
    assert isinstance(reply, RowsReply)
    async with aclosing(reply.blocks) as blocks:
        data = b"".join([block async for block in blocks])
    return [json.loads(line) for line in data.splitlines()]


async def drained(blocks: AsyncGenerator[bytes, None]) -> int:
    """Read a stream to its end; how many bytes it had."""
    async with aclosing(blocks):
        return sum([len(block) async for block in blocks])


def names_in(folder: Path) -> list[str]:
    """What lies in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir())


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 10) -> None:
    """Wait until something is so, at most so long."""
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if found is True or (not isinstance(found, bool) and await found):
                return
            await asyncio.sleep(0.02)
