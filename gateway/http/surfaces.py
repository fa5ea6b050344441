"""The gateway's own paths: documentation, health, metrics, explanations of problems."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape

from adapters.contract import JsonValue
from gateway.catalogue import Catalogue
from gateway.http import docs_page
from gateway.http.acceptor import Acceptor
from gateway.http.authenticate import authenticate, authenticate_if_offered, authorise
from gateway.http.exchange import Exchange
from gateway.http.health import readiness
from gateway.http.negotiate import JSON
from gateway.http.openapi import OpenApi
from gateway.http.problems import METHOD_NOT_ALLOWED, NOT_FOUND, TYPES, HttpProblem
from gateway.http.wire import Answer
from gateway.messages import MessageStore
from gateway.security import KeyStore
from gateway.telemetry import metrics
from mappings import json

_HTML = "text/html; charset=utf-8"
_ALLOW = {"Allow": "GET, HEAD, OPTIONS"}

Surface = Callable[[Exchange], Answer | Awaitable[Answer]]


class Surfaces:
    """All paths outside `/api`, by exact path."""

    def __init__(
        self,
        catalogue: Catalogue,
        keys: KeyStore,
        openapi: OpenApi,
        store: MessageStore,
        engine: Acceptor,
        stopping: Callable[[], bool],
    ) -> None:
        self._catalogue = catalogue
        self._store = store
        self._engine = engine
        self._keys = keys
        self._openapi = openapi
        self._stopping = stopping
        self._settings = catalogue.configuration.gateway
        self._paths: dict[str, Surface] = {
            "/": self._root,
            "/health/live": self._live,
            "/health/ready": self._ready,
        }
        if self._settings.metrics != "off":
            self._paths["/metrics"] = self._metrics
        if self._settings.docs != "off":
            self._paths["/openapi.json"] = self._document
            for path in docs_page.ASSETS:
                self._paths[path] = self._asset
        for problem_type in TYPES.values():
            self._paths[problem_type.uri] = self._problem

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path there is, for tests that compare it with what is documented."""
        return tuple(self._paths)

    async def answer(self, exchange: Exchange) -> Answer:
        """Answer a request outside `/api`. Raises: HttpProblem."""
        surface = self._paths.get(exchange.path)
        if surface is None:
            raise HttpProblem(NOT_FOUND, "There is nothing at this path.")
        exchange.template = exchange.path
        if exchange.method in ("GET", "HEAD"):
            answer = surface(exchange)
            return answer if isinstance(answer, Answer) else await answer
        if exchange.method == "OPTIONS":
            return Answer(204, b"", headers=_ALLOW)
        raise HttpProblem(METHOD_NOT_ALLOWED, f"The path has no {exchange.method[:20]}.", headers=_ALLOW)

    def _root(self, exchange: Exchange) -> Answer:
        if self._settings.docs == "off":
            raise HttpProblem(NOT_FOUND, "There is nothing at this path.")
        return Answer(302, b"", headers={"Location": "/docs"})

    def _live(self, exchange: Exchange) -> Answer:
        return Answer(200, b'{"status":"live"}', JSON)

    async def _ready(self, exchange: Exchange) -> Answer:
        principal = authenticate_if_offered(exchange.request.headers, self._keys)
        return await readiness(
            self._catalogue, self._store, self._engine, principal, stopping=self._stopping()
        )

    def _metrics(self, exchange: Exchange) -> Answer:
        if self._settings.metrics == "authenticated":
            authorise(authenticate(exchange.request.headers, self._keys), "gateway", "read")
        return Answer(200, metrics.exposition(), metrics.CONTENT_TYPE)

    def _document(self, exchange: Exchange) -> Answer:
        if self._settings.docs == "authenticated":
            authenticate(exchange.request.headers, self._keys)
        return Answer(200, self._openapi.body(), JSON)

    def _asset(self, exchange: Exchange) -> Answer:
        # The page itself holds nothing of this gateway; what it shows comes from /openapi.json.
        asset = docs_page.ASSETS[exchange.path]
        return Answer(200, asset.body(), asset.content_type, policy=docs_page.POLICY)

    def _problem(self, exchange: Exchange) -> Answer:
        found = TYPES[exchange.path.removeprefix("/problems/")]
        if "text/html" not in exchange.request.headers.get("Accept", ""):
            text: dict[str, JsonValue] = {
                "type": found.uri,
                "title": found.title,
                "status": found.status,
                "meaning": found.meaning,
            }
            return Answer(200, json.encode(text), JSON)
        page = (
            f"<!doctype html><title>{escape(found.title)}</title><h1>{escape(found.title)}</h1>"
            f"<p>Status {found.status}</p><p>{escape(found.meaning)}</p>"
        )
        return Answer(200, page.encode(), _HTML)
