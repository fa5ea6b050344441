"""Answers, written to the connection as few pieces.

aiohttp's own response classes cost several times what a small answer does; these write the head from parts
that were put together once. They offer what aiohttp's connection handler asks of a response: `prepare`,
`write_eof`, `keep_alive`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Protocol

from aiohttp import web

_SECURITY = (
    b"X-Content-Type-Options: nosniff\r\n"
    b"Referrer-Policy: no-referrer\r\n"
    b"X-Frame-Options: DENY\r\n"
    b"Cache-Control: no-store\r\n"
)
API_POLICY = "default-src 'none'; frame-ancestors 'none'"
_NO_BODY = (204, 304)


class Connection(Protocol):
    """What an answer needs to know of the connection it is written to."""

    def may_stay_open(self) -> bool:
        """False when no further request is wanted on it."""


class _Clock:
    """The `Date` header, made once a second."""

    second = -1
    line = b""

    @classmethod
    def date(cls) -> bytes:
        now = int(time.time())
        if now != cls.second:
            cls.second, cls.line = now, f"Date: {formatdate(now, usegmt=True)}\r\n".encode()
        return cls.line


def header_value(text: str) -> str:
    """A header value that cannot break out of its line; other characters are percent-encoded as UTF-8.

    Legacy systems put anything into what becomes a header (response splitting).
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        if character.isascii() and character.isprintable()
        else "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))
        for character in text
    )


@lru_cache(maxsize=512)
def _status_and_type(status: int, content_type: str, policy: str) -> bytes:
    phrase = HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else "Status"
    lines = f"HTTP/1.1 {status} {phrase}\r\n"
    if content_type:
        lines += f"Content-Type: {header_value(content_type)}\r\n"
    lines += f"Content-Security-Policy: {policy}\r\n"
    return lines.encode("ascii") + _SECURITY


class WrongLength(Exception):
    """A streamed body is not as long as was announced in its head."""


class Answer:
    """One answer. With `body` None it is streamed: `write` pieces after `start`, then `finish`.

    `length` is that of a streamed body, where it is known. An `endless` stream is ended when the gateway
    stops. With `close` the connection is not used again.
    """

    __slots__ = (
        "_chunked",
        "_request",
        "_sent",
        "body",
        "content_type",
        "endless",
        "headers",
        "keep_alive",
        "length",
        "policy",
        "status",
        "written",
    )

    def __init__(
        self,
        status: int,
        body: bytes | None = b"",
        content_type: str = "",
        headers: Mapping[str, str] | None = None,
        *,
        length: int | None = None,
        close: bool = False,
        endless: bool = False,
        policy: str = API_POLICY,
    ) -> None:
        self.status = status
        self.body = body
        self.content_type = content_type
        self.headers = dict(headers) if headers else None
        self.length = len(body) if body is not None else length
        self.policy = policy
        self.endless = endless
        self.keep_alive = not close
        self.written = 0
        self._chunked = False
        self._sent = 0
        self._request: web.BaseRequest | None = None

    async def send(self, request: web.BaseRequest, connection: Connection, correlation_id: str) -> None:
        """Write head and body of a whole answer. Raises: ConnectionError when the client has gone."""
        head = self._head(request, connection, correlation_id)
        data = head if request.method == "HEAD" or not self.body else head + self.body
        await self._write(data)

    async def start(self, request: web.BaseRequest, connection: Connection, correlation_id: str) -> None:
        """Write the head of a streamed answer. Raises: ConnectionError when the client has gone."""
        await self._write(self._head(request, connection, correlation_id))

    async def write(self, data: bytes) -> None:
        """Write one piece and wait while the client does not keep up.

        Raises: ConnectionError; WrongLength when there is more than was announced.
        """
        self._sent += len(data)
        if self.length is not None and self._sent > self.length:
            raise WrongLength(f"more than the {self.length} bytes that were announced")
        if data:
            await self._write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    async def finish(self) -> None:
        """Say that the answer is complete. Raises: ConnectionError, WrongLength."""
        if self.length is not None and self._sent != self.length:
            raise WrongLength(f"{self._sent} bytes instead of the {self.length} that were announced")
        if self._chunked:
            await self._write(b"0\r\n\r\n")

    def break_off(self) -> None:
        """End the connection so that the client can tell the answer is not complete."""
        transport = self._request.transport if self._request is not None else None
        if transport is None:
            return
        if self._chunked:
            transport.close()  # what was written arrives, the end mark does not
        else:
            transport.abort()

    # --- what aiohttp calls after the handler has returned: everything is written by then ---

    async def prepare(self, request: web.BaseRequest) -> None:
        """Nothing to do."""

    async def write_eof(self) -> None:
        """Nothing to do."""

    def _head(self, request: web.BaseRequest, connection: Connection, correlation_id: str) -> bytes:
        self._request = request
        if not connection.may_stay_open() or not request.keep_alive:
            self.keep_alive = False
        parts = [_status_and_type(self.status, self.content_type, self.policy), _Clock.date()]
        if self.length is not None:
            if self.status not in _NO_BODY:
                parts.append(b"Content-Length: %d\r\n" % self.length)
        elif request.method == "HEAD":
            pass
        elif request.version >= (1, 1):
            self._chunked = True
            parts.append(b"Transfer-Encoding: chunked\r\n")
        else:
            self.keep_alive = False
        parts.append(b"X-Correlation-Id: %b\r\n" % correlation_id.encode("ascii"))
        if self.headers:
            parts += [f"{name}: {header_value(value)}\r\n".encode() for name, value in self.headers.items()]
        if not self.keep_alive:
            parts.append(b"Connection: close\r\n")
        elif request.version < (1, 1):
            parts.append(b"Connection: keep-alive\r\n")
        parts.append(b"\r\n")
        return b"".join(parts)

    async def _write(self, data: bytes) -> None:
        assert self._request is not None
        transport = self._request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client has gone")
        transport.write(data)
        self.written += len(data)
        protocol = self._request.protocol
        if protocol.writing_paused:
            await protocol._drain_helper()
