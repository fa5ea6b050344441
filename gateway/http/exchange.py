"""One request and what is known of it so far."""

from __future__ import annotations

import asyncio

from aiohttp import web

from adapters.errors import Outcome
from gateway.catalogue import System
from gateway.http.guard import GuardedConnection
from gateway.http.wire import Answer
from gateway.security import Principal


class Exchange:
    """Passed through the steps of one request. `template` is the route's, for logs and metrics; `answer` is
    what is being written, `complete` once all of it has been. `outcome` is what becomes of a call that ends
    here without saying so itself: None before it is known what is called. `held` is the request's body, once
    it has been read before anything looks at it. `is_large`: to look at it takes long. `system` is the one
    that is called. `ending` is set when an endless answer is not to go on."""

    __slots__ = (
        "answer",
        "complete",
        "connection",
        "correlation_id",
        "ending",
        "held",
        "is_large",
        "method",
        "outcome",
        "path",
        "principal",
        "query",
        "request",
        "system",
        "template",
    )

    def __init__(self, request: web.BaseRequest, connection: GuardedConnection, correlation_id: str) -> None:
        self.request = request
        self.connection = connection
        self.correlation_id = correlation_id
        self.method = request.method
        self.path = ""
        self.query = ""
        self.template = "unmatched"
        self.principal: Principal | None = None
        self.answer: Answer | None = None
        self.complete = False
        self.outcome: Outcome | None = None
        self.held: bytes | None = None
        self.is_large = False
        self.system: System | None = None
        self.ending = asyncio.Event()
