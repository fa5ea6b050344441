"""A command's end of the admin socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec

from gateway.admin.socket import SOCKET_NAME, reachable

_CONNECT_S = 5.0
_ANSWER_S = 120.0
"""Seconds until the next piece of an answer. A reload waits for what is under way."""


class NotRunning(Exception):
    """No gateway listens on the socket."""


class AdminError(Exception):
    """The gateway would not do it; the text says why."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class AdminClient:
    """A connection to the gateway that uses a state folder; used with `async with`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> AdminClient:
        """Raises: NotRunning."""
        try:
            path = self._stack.enter_context(reachable(self._folder))
        except OSError as error:
            raise self._not_running() from error
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_ANSWER_S)
        self._session = aiohttp.ClientSession(
            "http://gateway", connector=aiohttp.UnixConnector(path), timeout=timeout
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
        self._stack.close()

    async def get(self, path: str, query: Mapping[str, str | list[str]] | None = None) -> Any:
        """Ask. Raises: NotRunning, AdminError."""
        return await self._json("GET", path, params=query)

    async def post(self, path: str, body: Mapping[str, str] | None = None) -> Any:
        """Have something done. Raises: NotRunning, AdminError."""
        return await self._json("POST", path, json=dict(body or {}))

    async def payload(self, message_id: str) -> AsyncIterator[bytes]:
        """The original bytes of a message. Raises: NotRunning, AdminError."""
        async with self._request("GET", message_path(message_id, "payload")) as response:
            async for chunk in response.content.iter_any():
                yield chunk

    async def _json(self, method: str, path: str, **options: Any) -> Any:
        async with self._request(method, path, **options) as response:
            return msgspec.json.decode(await response.read())

    @asynccontextmanager
    async def _request(self, method: str, path: str, **options: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        """A positive answer. Raises: NotRunning, AdminError."""
        assert self._session is not None, "use `async with`"
        try:
            async with self._session.request(method, path, **options) as response:
                await _refused(response)
                yield response
        except (aiohttp.ClientConnectorError, aiohttp.ServerDisconnectedError) as error:
            raise self._not_running() from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise AdminError(f"the gateway broke off its answer ({type(error).__name__})", 0) from error

    def _not_running(self) -> NotRunning:
        return NotRunning(
            f"the gateway is not running (nobody listens on {self._folder / SOCKET_NAME}); start it with "
            "gateway serve"
        )


def message_path(message_id: str, *more: str) -> str:
    """The path of a message, or of something below it."""
    return "/".join(("/messages", quote(message_id, safe=""), *more))


async def _refused(response: aiohttp.ClientResponse) -> None:
    if response.status < 400:
        return
    members = msgspec.json.decode(await response.read())
    raise AdminError(str(members.get("error", response.reason)), response.status)
