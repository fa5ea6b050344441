"""A closed-loop HTTP/1.1 load generator: each connection sends its next request when the last is answered.

It is a bare protocol on purpose: a full client library would use more CPU than the servers it measures.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast


@dataclass
class Load:
    """What one run saw. Latencies in seconds."""

    requests: int = 0
    failures: int = 0
    first_failure: str = ""
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds if self.seconds else 0.0

    def quantile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class _Connection(asyncio.Protocol):
    """Sends requests one after the other; finds the end of each reply by Content-Length or chunks."""

    def __init__(self, make_request: Callable[[], bytes], load: Load, until: float) -> None:
        self._make_request = make_request
        self._load = load
        self._until = until
        self._buffer = bytearray()
        self._sent_at = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not a subclass
        self._send()

    def _send(self) -> None:
        if time.perf_counter() >= self._until:
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(self._make_request())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = _reply_end(self._buffer)
        if end is None:
            return
        status = bytes(self._buffer[9:12])
        if not status.startswith(b"2"):
            self._load.failures += 1
            self._load.first_failure = self._load.first_failure or bytes(self._buffer[:1200]).decode()
        self._load.requests += 1
        self._load.latencies.append(time.perf_counter() - self._sent_at)
        del self._buffer[:end]
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            if exc is not None:
                self._load.failures += 1
            self.done.set_result(None)


def _reply_end(buffer: bytearray) -> int | None:
    head_end = buffer.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    head = bytes(buffer[:head_end]).lower()
    body = head_end + 4
    position = head.find(b"content-length:")
    if position >= 0:
        length = int(head[position + 15 :].split(b"\r\n", 1)[0])
        return body + length if len(buffer) >= body + length else None
    if b"transfer-encoding: chunked" in head:
        return len(buffer) if buffer.endswith(b"\r\n0\r\n\r\n", body - 2) else None
    return body  # 204


async def run(port: int, make_request: Callable[[], bytes], *, connections: int, seconds: float) -> Load:
    """Load 127.0.0.1:`port` for `seconds` over `connections` connections."""
    load = Load()
    started = time.perf_counter()
    loop = asyncio.get_running_loop()
    protocols = []
    for _ in range(connections):
        _, protocol = await loop.create_connection(
            lambda: _Connection(make_request, load, started + seconds), "127.0.0.1", port
        )
        protocols.append(protocol)
    _, unanswered = await asyncio.wait([protocol.done for protocol in protocols], timeout=seconds + 30)
    load.seconds = time.perf_counter() - started
    if unanswered:
        load.failures += len(unanswered)
        load.first_failure = load.first_failure or "a request was not answered within 30 s"
    return load


def request(
    method: str, path: str, *, key: str, body: bytes = b"", content_type: str = "application/json"
) -> bytes:
    """The bytes of one HTTP/1.1 request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
    if body:
        head += f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Accept: application/json\r\n\r\n" + body
