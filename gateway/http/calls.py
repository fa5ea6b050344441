"""What is done with a request that was found good: the system is called, or the call is stored for later."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeVar

from adapters.contract import Deadline, Request
from adapters.errors import AdapterError, InvalidRequest, Outcome
from gateway.http import read
from gateway.http.acceptor import Acceptor
from gateway.http.deferred import ROUTE, route_name
from gateway.http.exchange import Exchange
from gateway.http.failures import of_adapter_error
from gateway.http.idempotency import Once, Replied, key_of
from gateway.http.message_paths import accepted
from gateway.http.operator import Operator
from gateway.http.preferences import prefers_async
from gateway.http.problems import HttpProblem
from gateway.http.reply import Form, prepare
from gateway.http.store_state import StoreState
from gateway.http.under_way import UnderWay
from gateway.http.writing import Writing
from gateway.messages import MessageStore, StoreError
from gateway.telemetry import get_logger

_log = get_logger("facade")
T = TypeVar("T")


class Accept(Protocol):
    """Stores something for later; the id of its message."""

    def __call__(self, *, owner: str, correlation_id: str, claim: str | None) -> Awaitable[str]:
        """See `Acceptor`."""


class Calls:
    """Makes calls, or has them stored."""

    def __init__(
        self,
        store: MessageStore,
        state: StoreState,
        engine: Acceptor,
        under_way: UnderWay,
        *,
        root: str,
        below: str,
    ) -> None:
        """`root`: what links begin with, before the path. `below`: what locations in replies are relative to,
        with `{}` for the system; empty: they lead nowhere."""
        self._store = store
        self._state = state
        self._engine = engine
        self._under_way = under_way
        self._root = root
        self._below = below

    async def carry_out(
        self, exchange: Exchange, operator: Operator, path_values: list[str], form: Form
    ) -> Replied:
        """Read the request and do what it asks. Raises: HttpProblem."""
        headers = exchange.request.headers
        operation = operator.entry.operation
        key = None if operation.safe else key_of(headers)
        deferred = operator.deferrable and exchange.method != "HEAD" and prefers_async(headers)
        if (key is not None or deferred) and operator.endpoint.takes_body:
            await read.hold(exchange, operator.holds_at_most)
        repeatable = operation.deduplicates or operation.idempotent
        once = Once(self._store, exchange, key, repeatable=repeatable) if key is not None else None
        writing = Writing(self._store, once.effect if once is not None else None)
        request = await operator.request(exchange, path_values, form, writing)
        if deferred:
            came_by = {ROUTE: route_name(operator.endpoint)}
            accept = partial(self._engine.accept_call, operator.entry, request, headers=came_by)
            return await self.take_in(exchange, accept, key, applied=True)
        if once is None:
            return await self._call(exchange, operator, request, form)
        request = replace(request, idempotency_key=once.effect)
        # Of no system, since the call itself is: what becomes of that is still to be kept.
        return await self._under_way.finished(
            once.carry_out(lambda: self._call(exchange, operator, request, form)), None
        )

    async def take_in(
        self, exchange: Exchange, accept: Accept, key: str | None, *, applied: bool = False
    ) -> Replied:
        """Store what is to be carried out later; 202 once it is stored. `applied`: because the caller
        preferred so. Raises: HttpProblem."""
        if key is None:
            return await self._under_way.finished(self._stored(exchange, accept, None, applied=applied), None)
        # What is stored is known again by its claim: taking it in once more does no harm.
        once = Once(self._store, exchange, key, repeatable=True, later=True)
        return await self._under_way.finished(
            once.carry_out(lambda: self._stored(exchange, accept, once.effect, applied=applied)), None
        )

    async def _stored(
        self, exchange: Exchange, accept: Accept, claim: str | None, *, applied: bool
    ) -> Replied:
        assert exchange.principal is not None
        owner = exchange.principal.key_id
        exchange.outcome = Outcome.UNKNOWN
        try:
            message_id = await accept(owner=owner, correlation_id=exchange.correlation_id, claim=claim)
        except StoreError as error:
            raise await self._state.problem(error) from error
        return accepted(self._root, message_id, applied=applied), None

    async def _call(self, exchange: Exchange, operator: Operator, request: Request, form: Form) -> Replied:
        entry, deadline = operator.entry, Deadline.after(operator.timeout_s)
        # From here on a write that ends without a word of what became of it may have happened.
        exchange.outcome = None if entry.operation.safe else Outcome.UNKNOWN
        try:
            call = operator.system.call(entry, request, deadline)
            if not entry.operation.safe:
                call = self._under_way.finished(call, operator.system)
            reply = await call
            return await prepare(
                entry,
                reply,
                form,
                quote=exchange.principal is not None and exchange.principal.numbers == "string",
                max_bytes=operator.system.settings.max_reply_bytes,
                below=self._below.format(operator.endpoint.system),
            )
        except HttpProblem:
            # The caller's body broke off while it was passed on: systems get whole bodies or none.
            exchange.outcome = Outcome.NOT_SENT
            raise
        except AdapterError as error:
            _log.warning(
                "call failed",
                system=operator.endpoint.system,
                operation=entry.operation.name,
                error=type(error).__name__,
                reason=error.message,
            )
            if isinstance(error, InvalidRequest) and operator.from_text:
                error = InvalidRequest(error.message, [operator.as_sent(v) for v in error.violations])
            raise of_adapter_error(
                error,
                system=operator.endpoint.system,
                operation=entry.operation.name,
                faults=operator.endpoint.faults,
                safe=entry.operation.safe,
            ) from error
