"""Paths below `/api` that are the gateway's own: messages and flows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from adapters.contract import JsonValue
from gateway.catalogue import Checker
from gateway.catalogue.routes import path_parameters
from gateway.http import read
from gateway.http.authenticate import authorise
from gateway.http.exchange import Exchange
from gateway.http.idempotency import Replied
from gateway.http.own_operations import OwnOperation
from gateway.http.parameters import ParameterReader
from gateway.http.problems import INVALID_BODY, METHOD_NOT_ALLOWED, HttpProblem, violations
from gateway.http.table import RouteTable
from gateway.http.wire import Answer
from gateway.security import Principal

MAX_BODY_BYTES = 16 * 1024
"""Bytes of a body that has a schema here; these are a few short members."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to such a path, found good. `body` is None where the route has no schema for one."""

    exchange: Exchange
    principal: Principal
    parameters: Mapping[str, JsonValue]
    body: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class OwnRoute:
    """An operation, and what answers it."""

    operation: OwnOperation
    answer: Callable[[Asked], Awaitable[Replied]]


class _Compiled:
    """A route with all that requests to it have in common."""

    def __init__(self, route: OwnRoute) -> None:
        self._route = route
        self._operation = operation = route.operation
        self.method = operation.method
        self.path = operation.path
        self._reader = ParameterReader(path_parameters(operation.path), operation.inputs)
        self._check = Checker(operation.body) if operation.body is not None else None

    async def answer(self, exchange: Exchange, values: list[str]) -> Replied:
        principal = exchange.principal
        assert principal is not None, "these paths are asked for after the caller is known"
        if self._operation.scope is not None:
            authorise(principal, *self._operation.scope)
        parameters, _ = self._reader.read(values, exchange.query)
        body: Mapping[str, JsonValue] = {}
        if self._check is not None:
            body = await self._body(exchange, self._check)
        elif not self._operation.reads_body:
            read.refuse_body(exchange.request)
        return await self._route.answer(Asked(exchange, principal, parameters, body))

    async def _body(self, exchange: Exchange, check: Checker) -> Mapping[str, JsonValue]:
        sent = await read.optional_json(exchange, MAX_BODY_BYTES)
        if isinstance(sent, dict) and check.is_valid(sent):
            return sent
        detail = "The body does not fit its schema; nothing was done."
        raise HttpProblem(INVALID_BODY, detail, errors=violations(check.violations(sent)))


class OwnPaths:
    """All of them. The caller is known when they are asked for."""

    def __init__(self, routes: Iterable[OwnRoute]) -> None:
        self._table: RouteTable[_Compiled] = RouteTable([_Compiled(route) for route in routes])

    async def answer(self, exchange: Exchange, segments: list[str]) -> Replied | None:
        """The answer; None when there is no such path. Raises: HttpProblem."""
        found = self._table.find(segments)
        if found is None:
            return None
        place, values = found
        exchange.template = place.template
        if exchange.method == "OPTIONS":
            return Answer(204, b"", headers={"Allow": place.allow}), None
        compiled = place.methods.get("GET" if exchange.method == "HEAD" else exchange.method)
        if compiled is None:
            raise HttpProblem(
                METHOD_NOT_ALLOWED,
                f"The path has no {exchange.method[:20]}.",
                headers={"Allow": place.allow},
            )
        return await compiled[0].answer(exchange, values)
