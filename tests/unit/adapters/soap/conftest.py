"""A real SOAP server for a module's tests, adapters for it, and a server that answers anything."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from adapters.contract import AdapterContext, Deadline
from adapters.soap import SoapAdapter, SoapSettings
from tests.peers.soap import PASSWORD, USERNAME, WSDL, NodeSoapPeer

SAFE = ["GetOrder", "ListItems", "Echo", "Ping"]

Make: TypeAlias = Callable[..., SoapAdapter]


@pytest.fixture(scope="session")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeSoapPeer]:
    peer = NodeSoapPeer(tmp_path_factory.mktemp("soap"))
    peer.start()
    yield peer
    peer.stop()


def settings_of(raw: dict[str, Any], base_dir: Path = WSDL.parent) -> SoapSettings:
    """Settings as a configuration file has them; those not given are good ones."""
    complete = {"adapter": "soap", "wsdl": str(WSDL), "safe": SAFE, **raw}
    return SoapSettings.model_validate(complete, context={"base_dir": base_dir})


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    """Makes adapters, not connected, and closes them at the end."""
    async with AsyncExitStack() as stack:

        def make(*, base_dir: Path = WSDL.parent, **raw: Any) -> SoapAdapter:
            adapter = SoapAdapter(settings_of(raw, base_dir), AdapterContext("erp", base_dir))
            stack.push_async_callback(adapter.aclose)
            return adapter

        yield make


@pytest.fixture
async def erp(peer: NodeSoapPeer, make: Make) -> SoapAdapter:
    """An adapter connected to the real server."""
    adapter = make(endpoint=peer.endpoint, auth={"basic": {"username": USERNAME, "password": PASSWORD}})
    await adapter.connect(Deadline.after(10))
    return adapter


class Rogue:
    """An HTTP server that meets every GET with 200 and every POST with the bytes it was told to send.

    `answer` is sent at once; without `close` the connection then stays open and silent. `requests` keeps the
    POSTs that came, `posted` is set when one has.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.answer = b""
        self.close = True
        self.requests: list[bytes] = []
        self.posted = asyncio.Event()
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def endpoint(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/orders"

    async def __aenter__(self) -> Rogue:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"GET"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                continue
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            self.requests.append(head + await reader.readexactly(length))
            self.posted.set()
            writer.write(self.answer)
            await writer.drain()
            if self.close:
                return


@pytest.fixture
async def rogue() -> AsyncIterator[Rogue]:
    async with Rogue() as rogue:
        yield rogue
