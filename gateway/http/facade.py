"""Calls to systems: authenticate → route → authorise → negotiate → validate → call → answer."""

from __future__ import annotations

from adapters.errors import Outcome
from gateway.catalogue import Catalogue
from gateway.http import paths
from gateway.http.acceptor import Acceptor
from gateway.http.authenticate import authenticate, authorise
from gateway.http.calls import Calls
from gateway.http.deferred import Deferred
from gateway.http.exchange import Exchange
from gateway.http.failures import RETRY_AFTER_S
from gateway.http.flow_paths import FlowPaths
from gateway.http.idempotency import Replied
from gateway.http.message_paths import MessagePaths
from gateway.http.nearby import nothing_at
from gateway.http.negotiate import EVENT_STREAM, choose
from gateway.http.operator import Operator
from gateway.http.own_paths import OwnPaths
from gateway.http.problems import METHOD_NOT_ALLOWED, NOT_FOUND, SYSTEM_UNAVAILABLE, HttpProblem
from gateway.http.reply import Form
from gateway.http.store_state import StoreState
from gateway.http.table import Place, RouteTable
from gateway.http.under_way import UnderWay
from gateway.http.wire import Answer
from gateway.messages import MessageStore, StoreError
from gateway.security import KeyStore

_NOT_HERE = "There is nothing at this path."


class Facade:
    """Everything below `/api`."""

    def __init__(
        self,
        catalogue: Catalogue,
        keys: KeyStore,
        store: MessageStore,
        engine: Acceptor,
        under_way: UnderWay,
    ) -> None:
        self._catalogue = catalogue
        self._keys = keys
        settings = catalogue.configuration.gateway
        self._state = StoreState(store)
        root = settings.public_url or ""
        # Where the paths of operations themselves are not served, nothing can be located by them.
        below = "" if settings.expose == "routes" else f"{root}/api/{{}}"
        self.calls = Calls(store, self._state, engine, under_way, root=root, below=below)
        messages = MessagePaths(store, engine, Deferred(catalogue, store, below), root)
        flows = FlowPaths(catalogue, engine, self.calls)
        own = [*messages.routes(), *flows.routes()]
        self.own = OwnPaths(own)
        self._own_paths = [(route.operation.path, route.operation.tag) for route in own]
        self.table: RouteTable[Operator] = RouteTable(())
        self.compile()

    def compile(self) -> None:
        """Make the route table anew from what the catalogue offers."""
        self.table = RouteTable(
            [Operator(endpoint, self._catalogue) for endpoint in self._catalogue.endpoints]
        )

    async def answer(self, exchange: Exchange) -> Replied:
        """Carry out one request. Raises: HttpProblem."""
        exchange.principal = authenticate(exchange.request.headers, self._keys)
        try:
            return await self._answer(exchange)
        except StoreError as error:
            raise await self._state.problem(error) from error

    async def _answer(self, exchange: Exchange) -> Replied:
        static = self.table.static(exchange.path)
        if static is not None:
            return await self._operate(exchange, static, [])
        segments = paths.segments(exchange.path)
        found = self.table.find(segments)
        if found is not None:
            return await self._operate(exchange, *found)
        own = await self.own.answer(exchange, segments)
        if own is None:
            raise self._nothing_at(exchange, segments)
        return own

    async def _operate(self, exchange: Exchange, place: Place[Operator], values: list[str]) -> Replied:
        principal, method = exchange.principal, exchange.method
        operators = place.methods.get("GET" if method == "HEAD" else method)
        if operators is None or principal is None:
            return self._without_method(exchange, place)
        exchange.template = operators[0].path
        exchange.outcome = Outcome.NOT_SENT
        for operator in operators:  # before the media types are looked at: they tell what there is
            authorise(principal, operator.endpoint.system, operator.entry.access)
        operator, form = self._choose(exchange, operators)
        exchange.system = operator.system
        if method == "HEAD" and form is Form.EVENTS:
            return Answer(200, b"", EVENT_STREAM), None
        return await self.calls.carry_out(exchange, operator, values, form)

    def _nothing_at(self, exchange: Exchange, segments: list[str]) -> HttpProblem:
        principal = exchange.principal
        system = self._catalogue.systems.get(segments[1]) if len(segments) > 1 else None
        if system is None or principal is None:
            return self._not_found(exchange, segments)
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
        return self._not_found(exchange, segments)

    def _not_found(self, exchange: Exchange, segments: list[str]) -> HttpProblem:
        """404 that says what there is instead, of what the caller may use."""
        principal = exchange.principal
        if principal is None:
            return HttpProblem(NOT_FOUND, _NOT_HERE)
        places = [*((one.path, one.system) for one in self._catalogue.endpoints), *self._own_paths]
        visible = {system for _, system in places}
        visible = {
            name for name in visible if principal.allows(name, "read") or principal.allows(name, "write")
        }
        return HttpProblem(
            NOT_FOUND, nothing_at(segments, (path for path, name in places if name in visible))
        )

    def _without_method(self, exchange: Exchange, place: Place[Operator]) -> Replied:
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
