"""Calls to systems: authenticate → route → authorise → negotiate → validate → call → answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from adapters.contract import ByteBody, BytesShape, Deadline, JsonValue, Request
from adapters.errors import AdapterError, InvalidRequest, Outcome, Violation
from gateway.catalogue import Catalogue, Checker, Endpoint
from gateway.catalogue.routes import path_parameters
from gateway.http import paths, read
from gateway.http.authenticate import authenticate, authorise
from gateway.http.exchange import Exchange
from gateway.http.failures import RETRY_AFTER_S, of_adapter_error
from gateway.http.negotiate import EVENT_STREAM, NDJSON, choose
from gateway.http.parameters import ParameterReader
from gateway.http.problems import (
    INVALID_BODY,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    SYSTEM_UNAVAILABLE,
    HttpProblem,
    violations,
)
from gateway.http.reply import Form, offers, prepare
from gateway.http.table import Place, RouteTable
from gateway.http.wire import Answer
from gateway.security import KeyStore
from gateway.telemetry import get_logger

_log = get_logger("facade")
_NOT_HERE = "There is nothing at this path."
T = TypeVar("T")


class Operator:
    """One endpoint, compiled: all that requests to it have in common."""

    def __init__(self, endpoint: Endpoint, catalogue: Catalogue) -> None:
        self.endpoint = endpoint
        self.method = endpoint.method
        self.path = endpoint.path
        self.entry = endpoint.entry
        self.system = catalogue.systems[endpoint.system]
        self.offers = offers(endpoint.entry)
        self.reader = ParameterReader(path_parameters(endpoint.path), endpoint.inputs)
        settings = self.system.settings
        self.timeout_s = settings.timeout_s
        self.max_request_bytes = min(
            settings.max_request_bytes, catalogue.configuration.gateway.max_body_bytes
        )
        self.streams_body = isinstance(endpoint.entry.operation.request, BytesShape) and (
            endpoint.entry.request_format is None
        )
        self.from_text = frozenset(item.target for item in endpoint.inputs if item.member)
        # With pieces, the caller's own body is checked first, so that pointers fit what was sent.
        self.body_check = Checker(endpoint.body_schema) if endpoint.built and endpoint.body_schema else None

    async def request(self, exchange: Exchange, path_values: list[str], form: Form) -> Request:
        """The request to the system, whose answer will be written in this form. Raises: HttpProblem."""
        parameters, filled = self.reader.read(path_values, exchange.query)
        body: JsonValue | ByteBody = None
        if not self.endpoint.takes_body:
            read.refuse_body(exchange.request)
            if self.entry.request_check is not None:
                body = dict(filled)
                self._check(body)
        elif self.streams_body:
            body = await read.streamed(exchange.request, self.endpoint, self.max_request_bytes)
        else:
            body = self._with(
                await read.read_json(exchange.request, self.endpoint, self.max_request_bytes), filled
            )
            self._check(body)
        if self.entry.request_format is not None and not isinstance(body, ByteBody):
            body = await read.as_bytes(body, self.entry.request_format)
        return Request(
            parameters=parameters,
            body=body,
            headers=self._headers(exchange, form),
            correlation_id=exchange.correlation_id,
        )

    def _headers(self, exchange: Exchange, form: Form) -> dict[str, str]:
        """What an operation reads of the request's headers: the media type that the facade has chosen for
        rows, and the caller's preferences."""
        headers = {"accept": NDJSON} if form is Form.LINES else {}
        if self.entry.operation.honours:
            preferences = exchange.request.headers.getall("Prefer", ())
            if preferences:
                headers["prefer"] = ", ".join(preferences)
        return headers

    def _with(self, sent: JsonValue, filled: dict[str, JsonValue]) -> JsonValue:
        """The operation's body from the caller's, and from what path and query hold of it."""
        if self.endpoint.built:
            if self.body_check is not None and not self.body_check.is_valid(sent):
                raise _invalid(self.body_check.violations(sent))
            sent = _built(sent, self.endpoint.built)
        if not filled:
            return sent
        if not isinstance(sent, dict):
            raise _invalid([Violation("must be an object", pointer="")])
        twice = sorted(filled.keys() & sent.keys())
        if twice:
            raise _invalid(
                [Violation("comes from the path or the query", pointer=f"/{name}") for name in twice]
            )
        return {**sent, **filled}

    def _check(self, body: JsonValue) -> None:
        check = self.entry.request_check
        if check is None or check.is_valid(body):
            return
        raise _invalid([self._as_sent(found) for found in check.violations(body)])

    def _as_sent(self, found: Violation) -> Violation:
        """A violation of what came as text, named by the parameter it came in."""
        member = (found.pointer or "")[1:].partition("/")[0]
        if member not in self.from_text:
            return found
        name = next(item.name for item in self.endpoint.inputs if item.member and item.target == member)
        return replace(found, pointer=None, parameter=name)


def _invalid(found: list[Violation]) -> HttpProblem:
    detail = "The body does not fit the operation's schema; nothing was sent."
    return HttpProblem(INVALID_BODY, detail, errors=violations(found))


def _built(sent: JsonValue, pieces: tuple[tuple[str, tuple[str, ...]], ...]) -> JsonValue:
    members: dict[str, JsonValue] = {}
    for target, steps in pieces:
        value, there = sent, True
        for step in steps:
            there = isinstance(value, dict) and step in value
            if not there:
                break
            value = value[step] if isinstance(value, dict) else None
        if there and not target:
            return value
        if there:
            members[target] = value
    return members


class Facade:
    """Everything below `/api`."""

    def __init__(self, catalogue: Catalogue, keys: KeyStore) -> None:
        self._catalogue = catalogue
        self._keys = keys
        self._running: set[asyncio.Task[Any]] = set()
        settings = catalogue.configuration.gateway
        # Where the paths of operations themselves are not served, nothing can be located by them.
        self._below = "" if settings.expose == "routes" else f"{settings.public_url or ''}/api/{{}}"
        self.table: RouteTable[Operator] = RouteTable(())
        self.compile()

    def compile(self) -> None:
        """Make the route table anew from what the catalogue offers."""
        self.table = RouteTable(
            [Operator(endpoint, self._catalogue) for endpoint in self._catalogue.endpoints]
        )

    async def drain(self) -> None:
        """Wait for the writes that go on after their callers have left."""
        while self._running:
            await asyncio.wait(self._running)

    async def aclose(self) -> None:
        """Cancel the writes that did not end in time."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def answer(self, exchange: Exchange) -> tuple[Answer, AsyncGenerator[bytes, None] | None]:
        """Carry out one request. Raises: HttpProblem."""
        exchange.principal = principal = authenticate(exchange.request.headers, self._keys)
        place, values = self._place(exchange)
        method = exchange.method
        operators = place.methods.get("GET" if method == "HEAD" else method)
        if operators is None:
            return self._without_method(exchange, place)
        exchange.template = operators[0].path
        exchange.outcome = Outcome.NOT_SENT
        for operator in operators:  # before the media types are looked at: they tell what there is
            authorise(principal, operator.endpoint.system, operator.entry.access)
        operator, form = self._choose(exchange, operators)
        if method == "HEAD" and form is Form.EVENTS:
            return Answer(200, b"", EVENT_STREAM), None
        request = await operator.request(exchange, values, form)
        return await self._call(exchange, operator, request, form, quote=principal.numbers == "string")

    def _place(self, exchange: Exchange) -> tuple[Place[Operator], list[str]]:
        """What is at the path. Raises: HttpProblem; a key without rights does not learn what there is."""
        static = self.table.static(exchange.path)
        if static is not None:
            return static, []
        segments = paths.segments(exchange.path)
        found = self.table.find(segments)
        if found is None:
            raise self._nothing_at(exchange, segments)
        return found

    def _nothing_at(self, exchange: Exchange, segments: list[str]) -> HttpProblem:
        principal = exchange.principal
        system = self._catalogue.systems.get(segments[1]) if len(segments) > 1 else None
        if system is None or principal is None:
            return HttpProblem(NOT_FOUND, _NOT_HERE)
        if not principal.allows(system.name, "read") and not principal.allows(system.name, "write"):
            authorise(principal, system.name, "read")
        if not system.described:
            return HttpProblem(
                SYSTEM_UNAVAILABLE,
                f"{system.name} has not been reached since the gateway started, so that its operations are "
                "not known yet.",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        for missing in system.missing:
            if segments[2:] == [missing.name]:
                return HttpProblem(NOT_FOUND, f"{system.name} cannot offer {missing.name}: {missing.reason}")
        return HttpProblem(NOT_FOUND, _NOT_HERE)

    def _without_method(self, exchange: Exchange, place: Place[Operator]) -> tuple[Answer, None]:
        operator = next(iter(place.methods.values()))[0]
        exchange.template = operator.path
        principal, system = exchange.principal, operator.endpoint.system
        if principal is not None and not principal.allows(system, "write"):
            authorise(principal, system, "read")
        if exchange.method == "OPTIONS":
            return Answer(204, b"", headers={"Allow": place.allow}), None
        raise HttpProblem(
            METHOD_NOT_ALLOWED,
            f"The path has no {exchange.method[:20]}.",
            headers={"Allow": place.allow},
        )

    def _choose(self, exchange: Exchange, operators: list[Operator]) -> tuple[Operator, Form]:
        """The operator and the form that the caller likes best."""
        accept = exchange.request.headers.get("Accept")
        if accept is None or accept == "*/*":
            return operators[0], operators[0].offers[0].form
        choices = [(operator, offer) for operator in operators for offer in operator.offers]
        operator, offer = choices[choose(accept, [offer.media_type for _, offer in choices])]
        return operator, offer.form

    async def _call(
        self, exchange: Exchange, operator: Operator, request: Request, form: Form, *, quote: bool
    ) -> tuple[Answer, AsyncGenerator[bytes, None] | None]:
        entry, deadline = operator.entry, Deadline.after(operator.timeout_s)
        # From here on a write that ends without a word of what became of it may have happened.
        exchange.outcome = None if entry.operation.safe else Outcome.UNKNOWN
        try:
            call = operator.system.call(entry, request, deadline)
            reply = await (call if entry.operation.safe else self._finished(call))
            return await prepare(
                entry,
                reply,
                form,
                quote=quote,
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
                error = InvalidRequest(error.message, [operator._as_sent(v) for v in error.violations])
            raise of_adapter_error(
                error,
                system=operator.endpoint.system,
                operation=entry.operation.name,
                faults=operator.endpoint.faults,
                safe=entry.operation.safe,
            ) from error

    async def _finished(self, call: Coroutine[Any, Any, T]) -> T:
        """A write goes on when its caller leaves: half a write is worse than one that nobody waits for."""
        task = asyncio.create_task(call)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_report_abandoned)
            raise


def _report_abandoned(task: asyncio.Task[Any]) -> None:
    if task.cancelled():
        return
    error = task.exception()
    _log.info("a write ended after its caller had left", error=type(error).__name__ if error else None)
