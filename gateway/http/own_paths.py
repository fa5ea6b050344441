"""Paths below `/api` that are the gateway's own: messages and flows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from adapters.contract import JsonSchema, JsonValue
from gateway.catalogue import Checker, Input
from gateway.catalogue.routes import path_parameters
from gateway.http import read
from gateway.http.authenticate import authorise
from gateway.http.exchange import Exchange
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRoute:
    """One method of one such path.

    `scope`: the right that a caller needs for all of it; None where `answer` decides. `body`: the schema of
    an object that may be left out; None where there is no body, or with `reads_body` where `answer` reads it.
    `status` and `reply` describe the positive answer.
    """

    name: str
    method: Literal["GET", "POST"]
    path: str
    summary: str
    answer: Callable[[Asked], Awaitable[Answer]]
    scope: tuple[str, Literal["read", "write"]] | None = None
    description: str = ""
    inputs: tuple[Input, ...] = ()
    body: JsonSchema | None = None
    reads_body: bool = False
    status: int = 200
    reply: JsonSchema


class _Compiled:
    """A route with all that requests to it have in common."""

    def __init__(self, route: OwnRoute) -> None:
        self.route = route
        self.method = route.method
        self.path = route.path
        self._reader = ParameterReader(path_parameters(route.path), route.inputs)
        self._check = Checker(route.body) if route.body is not None else None

    async def answer(self, exchange: Exchange, values: list[str]) -> Answer:
        principal = exchange.principal
        assert principal is not None, "these paths are asked for after the caller is known"
        if self.route.scope is not None:
            authorise(principal, *self.route.scope)
        parameters, _ = self._reader.read(values, exchange.query)
        body: Mapping[str, JsonValue] = {}
        if self._check is not None:
            body = await self._body(exchange, self._check)
        elif not self.route.reads_body:
            read.refuse_body(exchange.request)
        return await self.route.answer(Asked(exchange, principal, parameters, body))

    async def _body(self, exchange: Exchange, check: Checker) -> Mapping[str, JsonValue]:
        sent = await read.optional_json(exchange, MAX_BODY_BYTES)
        if isinstance(sent, dict) and check.is_valid(sent):
            return sent
        detail = "The body does not fit its schema; nothing was done."
        raise HttpProblem(INVALID_BODY, detail, errors=violations(check.violations(sent)))


class OwnPaths:
    """All of them. The caller is known when they are asked for."""

    def __init__(self, routes: Iterable[OwnRoute]) -> None:
        self.routes = tuple(routes)
        self._table: RouteTable[_Compiled] = RouteTable([_Compiled(route) for route in self.routes])

    async def answer(self, exchange: Exchange, segments: list[str]) -> Answer | None:
        """The answer; None when there is no such path. Raises: HttpProblem."""
        found = self._table.find(segments)
        if found is None:
            return None
        place, values = found
        exchange.template = place.template
        if exchange.method == "OPTIONS":
            return Answer(204, b"", headers={"Allow": place.allow})
        compiled = place.methods.get("GET" if exchange.method == "HEAD" else exchange.method)
        if compiled is None:
            raise HttpProblem(
                METHOD_NOT_ALLOWED,
                f"The path has no {exchange.method[:20]}.",
                headers={"Allow": place.allow},
            )
        return await compiled[0].answer(exchange, values)
