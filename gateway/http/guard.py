"""What a connection may cost: deadlines for sending a request and for reading its answer, a minimum rate, and
caps per gateway and per client address.

aiohttp has none of these: measured with 3.14.5, silent and dripping connections stay open for an hour.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any, cast

from aiohttp import StreamReader, http_exceptions, web

from gateway.http.problems import (
    HEADERS_TOO_LARGE,
    MALFORMED_REQUEST,
    OVERLOADED,
    REQUEST_TIMEOUT,
    HttpProblem,
)
from gateway.http.wire import Answer
from gateway.telemetry import correlation, get_logger, metrics

_log = get_logger("http")

MIN_BODY_RATE = 240
"""Bytes a second that a body must come in at, on average, after the first seconds. Kestrel's default."""
MIN_RATE_GRACE_S = 5.0
SMALL_BODY_BYTES = 64 * 1024
"""Bodies up to this are read whatever else is held: a few large ones must not keep all others out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of connections. Units: seconds and bytes."""

    header_timeout_s: float
    body_timeout_s: float
    idle_timeout_s: float
    write_timeout_s: float
    max_connections: int
    max_connections_per_address: int
    max_header_bytes: int
    max_held_bytes: int


class BodyTooSlow(Exception):
    """The request's body did not come in time. Raised where the body is being read."""


class Guard:
    """All connections of one listener, looked at several times a second."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.connections: set[GuardedConnection] = set()
        self.stopping = False
        self.held_bytes = 0
        self._per_address: Counter[str] = Counter()

    async def watch(self) -> None:
        """Enforce the deadlines until cancelled."""
        limits = self.limits
        shortest = min(limits.header_timeout_s, limits.body_timeout_s, limits.write_timeout_s)
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(1.0, shortest / 4))
            now = loop.time()
            for connection in tuple(self.connections):
                connection.enforce(now)

    def admit(self, connection: GuardedConnection) -> str | None:
        """Count a new connection; the reason when there are too many."""
        if len(self.connections) >= self.limits.max_connections:
            return "too_many"
        if self._per_address[connection.address] >= self.limits.max_connections_per_address:
            return "too_many_from_address"
        self._per_address[connection.address] += 1
        self.connections.add(connection)
        metrics.CONNECTIONS.inc()
        return None

    def forget(self, connection: GuardedConnection) -> None:
        """A connection has ended."""
        if connection in self.connections:
            self.connections.discard(connection)
            metrics.CONNECTIONS.dec()
            self._per_address[connection.address] -= 1
            if self._per_address[connection.address] <= 0:
                del self._per_address[connection.address]

    def close_idle(self) -> None:
        """Close the connections on which no request is being received or answered."""
        for connection in tuple(self.connections):
            connection.close_if_idle()

    def abort_all(self) -> None:
        """End every connection at once."""
        for connection in tuple(self.connections):
            connection.abort("stopping")


_REFUSED = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 2\r\nConnection: close\r\n\r\n"
)


class GuardedConnection(web.RequestHandler):
    """One connection. Times are the event loop's, in seconds; None where they do not apply."""

    __slots__ = (
        "_begun",
        "_body_bytes_before",
        "_body_since",
        "_content",
        "_guard",
        "_handling",
        "_head_bytes",
        "_head_is_suspect",
        "_head_since",
        "_held",
        "_received",
        "_refused",
        "_write_paused_since",
        "address",
    )

    def __init__(self, guard: Guard, server: web.Server, **options: Any) -> None:
        super().__init__(server, **options)
        self._guard = guard
        self.address = ""
        self._refused = False
        self._received = 0
        self._head_bytes = 0
        self._head_is_suspect = False
        self._head_since: float | None = None
        self._begun = False
        self._content: StreamReader | None = None
        self._handling: web.BaseRequest | None = None
        self._body_since: float | None = None
        self._body_bytes_before = 0
        self._held = 0
        self._write_paused_since: float | None = None

    # --- what the transport reports ----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) and peer else ""
        reason = self._guard.admit(self)
        if reason is not None:
            self._refused = True
            metrics.CONNECTIONS_REFUSED.labels(reason).inc()
            cast(asyncio.Transport, transport).write(_REFUSED)
            transport.close()
            return
        self._head_since = self._loop.time()
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._guard.forget(self)
        if not self._refused:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        size = len(data)
        self._received += size
        complete = self._request_count
        in_body = self._content is not None and not self._content.is_eof()
        super().data_received(data)
        if self._request_count != complete:
            # A head is complete; its handler begins in one of the loop's next turns.
            self._head_is_suspect = self._head_bytes + size > self._guard.limits.max_header_bytes
            self._head_since, self._head_bytes, self._begun = None, 0, True
        elif size and not self._begun and not in_body:
            if self._head_since is None:
                self._head_since = self._loop.time()
            self._head_bytes += size
            # Heads may go on and on below the parser's limit for a single line.
            if self._head_bytes > self._guard.limits.max_header_bytes:
                self._refuse_head(HttpProblem(HEADERS_TOO_LARGE, "The headers are too large."))

    def pause_writing(self) -> None:
        self._write_paused_since = self._loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._write_paused_since = None
        super().resume_writing()

    # --- what the handler reports ------------------------------------------------------------------------

    def begin(self, request: web.BaseRequest) -> None:
        """A request's head is complete and it is being handled."""
        self._handling = request
        # Outlives the handling: what is left of it is read and dropped after the answer.
        self._content = request.content
        if request.body_exists:
            self._body_since = self._loop.time()
            self._body_bytes_before = self._received

    def check_head(self, request: web.BaseRequest) -> None:
        """Refuse a head that came in one piece and is too large as a whole. Raises: HttpProblem."""
        if not self._head_is_suspect:
            return
        size = len(request.raw_path) + sum(len(name) + len(value) + 4 for name, value in request.raw_headers)
        if size > self._guard.limits.max_header_bytes:
            raise HttpProblem(HEADERS_TOO_LARGE, "The headers are too large.", close=True)

    def hold(self, size: int) -> None:
        """Count more bytes of the body, which are kept in memory until the answer has been written. A body
        has room that is the only one. Raises: HttpProblem when all connections hold too many."""
        self._held += size
        self._guard.held_bytes += size
        metrics.HELD_BYTES.inc(size)
        most = max(self._guard.limits.max_held_bytes, self._held)
        if self._held > SMALL_BODY_BYTES and self._guard.held_bytes > most:
            detail = "The gateway holds as many bytes of other requests as it may; nothing was done."
            raise HttpProblem(OVERLOADED, detail, headers={"Retry-After": "2"}, close=True)

    def end(self) -> None:
        """The answer has been written."""
        self._guard.held_bytes -= self._held
        metrics.HELD_BYTES.dec(self._held)
        self._held = 0
        self._handling = None
        self._body_since = None
        self._begun = bool(self._messages)

    def may_stay_open(self) -> bool:
        """False once the gateway stops. aiohttp itself closes after a body that was not read to its end."""
        return not self._guard.stopping

    # --- what the guard asks -----------------------------------------------------------------------------

    def enforce(self, now: float) -> None:
        """Act on deadlines that have passed."""
        limits = self._guard.limits
        if self._write_paused_since is not None and now - self._write_paused_since > limits.write_timeout_s:
            self.abort("answer_not_read")
        elif self._head_since is not None and now - self._head_since > limits.header_timeout_s:
            metrics.CONNECTIONS_REFUSED.labels("head_too_slow").inc()
            self._refuse_head(HttpProblem(REQUEST_TIMEOUT, "The headers did not arrive in time."))
        elif self._handling is not None and self._body_since is not None:
            self._enforce_body(now)

    def _enforce_body(self, now: float) -> None:
        request = self._handling
        if request is None or self._body_since is None:
            return
        if request.content.is_eof():
            self._body_since = None
            return
        if self._reading_paused:
            # The gateway itself is not ready for more: not the client's fault.
            self._body_bytes_before = self._received
        elapsed = now - self._body_since
        received = self._received - self._body_bytes_before
        too_slow = elapsed > MIN_RATE_GRACE_S and received < MIN_BODY_RATE * (elapsed - MIN_RATE_GRACE_S)
        if elapsed > self._guard.limits.body_timeout_s or (too_slow and not self._reading_paused):
            metrics.CONNECTIONS_REFUSED.labels("body_too_slow").inc()
            self._body_since = None
            request.content.set_exception(BodyTooSlow())

    def close_if_idle(self) -> None:
        """Close unless a request is being received or answered."""
        if not self._begun and not self._head_bytes and self.transport is not None:
            self.transport.close()

    def abort(self, reason: str) -> None:
        """End the connection at once."""
        metrics.CONNECTIONS_REFUSED.labels(reason).inc()
        if self.transport is not None:
            self.transport.abort()

    def _refuse_head(self, problem: HttpProblem) -> None:
        """Answer a head that will not be waited for any longer, and close."""
        self._head_since = None
        self._head_bytes = 0
        transport = self.transport
        if transport is None:
            return
        if self._received:
            body = problem.body(correlation.new_id())
            head = (
                f"HTTP/1.1 {problem.status} {problem.problem_type.title}\r\n"
                f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n"
                "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
            )
            transport.write(head.encode("ascii") + body)
        self.force_close()

    # --- what aiohttp's handler calls when it cannot read a request ----------------------------------------

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """A problem instead of aiohttp's text, and one short log line instead of a traceback."""
        if isinstance(exc, http_exceptions.LineTooLong):
            problem = HttpProblem(HEADERS_TOO_LARGE, "The request line or a header is too long.", close=True)
        else:
            problem = HttpProblem(MALFORMED_REQUEST, "The request cannot be read as HTTP/1.1.", close=True)
        correlation_id = correlation.new_id()
        _log.warning(
            "malformed request",
            correlation_id=correlation_id,
            address=self.address,
            reason=type(exc).__name__,
        )
        metrics.REQUESTS.labels("other", "malformed", "4xx").inc()
        return cast(web.StreamResponse, BadRequest(problem, self, correlation_id))


class BadRequest(Answer):
    """The answer to what was no request: written when aiohttp prepares it."""

    __slots__ = ("_connection", "_correlation_id")

    def __init__(self, problem: HttpProblem, connection: GuardedConnection, correlation_id: str) -> None:
        super().__init__(problem.status, problem.body(correlation_id), "application/problem+json", close=True)
        self._connection = connection
        self._correlation_id = correlation_id

    async def prepare(self, request: web.BaseRequest) -> None:
        """Write it."""
        await self.send(request, self._connection, self._correlation_id)


class GuardedServer(web.Server):
    """Makes guarded connections."""

    def __init__(self, guard: Guard, handler: Any, **options: Any) -> None:
        # A client that leaves cancels its handler; writes are shielded where they are made.
        super().__init__(handler, handler_cancellation=True)
        self._guard = guard
        self._options = options

    def __call__(self) -> web.RequestHandler:
        return GuardedConnection(self._guard, self, loop=self._loop, **self._options)
