"""The top of every request: correlation id, dispatch, errors, the answer, its log line and its metrics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any, cast

from aiohttp import web

from adapters.errors import AdapterError
from gateway.catalogue import Catalogue
from gateway.http import paths
from gateway.http.acceptor import Acceptor
from gateway.http.exchange import Exchange
from gateway.http.generation import Generation
from gateway.http.guard import GuardedConnection
from gateway.http.idempotency import Replied
from gateway.http.problems import CONTENT_TYPE, INTERNAL_ERROR, MALFORMED_REQUEST, HttpProblem
from gateway.http.under_way import UnderWay
from gateway.http.wire import Answer
from gateway.messages import MessageStore
from gateway.security import KeyStore
from gateway.telemetry import correlation, get_logger, logs, metrics

_log = get_logger("http")
_HTTP_1_0 = (1, 0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Application:
    """Answers requests until it is told to stop."""

    def __init__(self, catalogue: Catalogue, keys: KeyStore, store: MessageStore, engine: Acceptor) -> None:
        self._keys = keys
        self._store = store
        self._engine = engine
        self._stopping = False
        self.under_way = UnderWay()
        self._observers: dict[tuple[str, str, int], tuple[Any, Any]] = {}
        self.generation = self._made(catalogue)

    def replace(self, catalogue: Catalogue) -> Generation:
        """Answer from another catalogue from now on. The generation before is returned: requests that are
        under way go on in it, and whoever called closes it."""
        before, self.generation = self.generation, self._made(catalogue)
        return before

    def stop(self) -> None:
        """End the endless answers, and say that the gateway stops."""
        self._stopping = True
        self.under_way.end_streams()

    def _made(self, catalogue: Catalogue) -> Generation:
        return Generation(
            catalogue, self._keys, self._store, self._engine, self.under_way, lambda: self._stopping
        )

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """What aiohttp calls for each request. The answer has been written when this returns."""
        started = time.perf_counter()
        connection = cast(GuardedConnection, request.protocol)
        connection.begin(request)
        correlation_id = correlation.accept(request.headers.get("X-Correlation-Id"))
        correlation.current.set(correlation_id)
        exchange = Exchange(request, connection, correlation_id)
        metrics.REQUESTS_IN_FLIGHT.inc()
        self.under_way.begin(exchange)
        try:
            return cast(web.StreamResponse, await self._answered(exchange))
        finally:
            self.under_way.end(exchange)
            metrics.REQUESTS_IN_FLIGHT.dec()
            connection.end()
            self._record(exchange, time.perf_counter() - started)

    async def _answered(self, exchange: Exchange) -> Answer:
        """Find the answer and write it. Raises: ConnectionError when the client has gone."""
        stream: AsyncGenerator[bytes, None] | None = None
        try:
            answer, stream = await self._dispatch(exchange)
        except HttpProblem as problem:
            answer = _as_answer(problem, exchange)
        except ConnectionError:
            raise
        except Exception:  # the top of a request: nothing may go unanswered
            _log.exception("request failed", route=exchange.template)
            detail = "The gateway failed to answer; the log has the reason."
            answer = _as_answer(HttpProblem(INTERNAL_ERROR, detail), exchange)
        exchange.answer = answer
        if stream is None:
            await answer.send(exchange.request, exchange.connection, exchange.correlation_id)
        else:
            await self._streamed(exchange, answer, stream)
        exchange.complete = True
        return answer

    async def _dispatch(self, exchange: Exchange) -> Replied:
        request = exchange.request
        exchange.connection.check_head(request)
        if request.version < _HTTP_1_0:
            raise HttpProblem(MALFORMED_REQUEST, "HTTP/0.9 is not spoken here.", close=True)
        if exchange.method == "OPTIONS" and request.raw_path == "*":
            return Answer(204, b"", headers={"Allow": ", ".join(sorted(_METHODS))}), None
        exchange.path, exchange.query = paths.split_target(request.raw_path)
        if exchange.path.startswith("/api/") or exchange.path == "/api":
            return await self.generation.facade.answer(exchange)
        return await self.generation.surfaces.answer(exchange), None

    async def _streamed(
        self, exchange: Exchange, answer: Answer, stream: AsyncGenerator[bytes, None]
    ) -> None:
        """Write a streamed answer. A failure on the way breaks the connection off, so that it shows."""
        try:
            await answer.start(exchange.request, exchange.connection, exchange.correlation_id)
            if exchange.method == "HEAD":
                return
            if answer.endless:
                await _until(self._ending(exchange), answer, stream)
            else:
                async for part in stream:
                    await answer.write(part)
            await answer.finish()
        except ConnectionError:
            raise
        except Exception as error:  # the head has been sent: all that is left is to break off
            reason = error.message if isinstance(error, AdapterError) else str(error)
            _log.error(
                "an answer broke off", route=exchange.template, error=type(error).__name__, reason=reason
            )
            answer.break_off()
            raise ConnectionResetError("the answer broke off") from error
        finally:
            await stream.aclose()

    def _ending(self, exchange: Exchange) -> asyncio.Event:
        """What ends an endless answer, which may begin only after all were ended."""
        if self._stopping:
            exchange.ending.set()
        return exchange.ending

    def _record(self, exchange: Exchange, seconds: float) -> None:
        """One access line, and the metrics. A status of 0: the client left before the answer began."""
        answer = exchange.answer
        status = answer.status if answer is not None else 0
        # Leaving is how clients end an endless stream.
        whole = exchange.complete or (answer is not None and answer.endless)
        method = exchange.method if exchange.method in _METHODS else "other"
        key = (method, exchange.template, status // 100 if whole else 0)
        observers = self._observers.get(key)
        if observers is None:
            observers = self._observers[key] = (
                metrics.REQUESTS.labels(*key[:2], f"{key[2]}xx" if whole else "broken_off").inc,
                metrics.REQUEST_SECONDS.labels(*key[:2]).observe,
            )
        observers[0]()
        observers[1](seconds)
        logs.access(
            method=method,
            route=exchange.template,
            status=status,
            milliseconds=round(seconds * 1000, 3),
            bytes_sent=answer.written if answer is not None else 0,
            complete=exchange.complete,
            correlation_id=exchange.correlation_id,
            key=exchange.principal.key_id if exchange.principal is not None else None,
        )


async def _until(ending: asyncio.Event, answer: Answer, stream: AsyncGenerator[bytes, None]) -> None:
    """Write an endless stream until it has to end. Clients of event streams come back."""
    stop = asyncio.create_task(ending.wait())
    following: asyncio.Future[bytes | None] | None = None
    try:
        while True:
            following = asyncio.ensure_future(anext(stream, None))
            await asyncio.wait({following, stop}, return_when=asyncio.FIRST_COMPLETED)
            part = following.result() if following.done() else None
            if part is None:
                return
            await answer.write(part)
    finally:
        # The generator must not be running when it is closed.
        stop.cancel()
        if following is not None:
            following.cancel()
            await asyncio.gather(stop, following, return_exceptions=True)


def _as_answer(problem: HttpProblem, exchange: Exchange) -> Answer:
    problem.outcome = problem.outcome or exchange.outcome
    body = problem.body(exchange.correlation_id)
    # After what is no clean HTTP, the next bytes are not trusted to be a request.
    close = problem.close or problem.problem_type is MALFORMED_REQUEST
    return Answer(problem.status, body, CONTENT_TYPE, problem.headers, close=close)
