"""`/api/flows`: bodies that start flows."""

from __future__ import annotations

import asyncio
from functools import partial

from adapters.contract import JsonValue
from adapters.errors import Outcome
from gateway.catalogue import Catalogue, NotWanted, TooManyRecords, UnreadableRequest
from gateway.config import PostSource
from gateway.http import read
from gateway.http.acceptor import Acceptor
from gateway.http.authenticate import authorise
from gateway.http.calls import Calls
from gateway.http.failures import RETRY_AFTER_S
from gateway.http.idempotency import Replied, key_of
from gateway.http.negotiate import JSON
from gateway.http.own_operations import LIST_FLOWS, posts
from gateway.http.own_paths import Asked, OwnRoute
from gateway.http.problems import MALFORMED_BODY, SYSTEM_UNAVAILABLE, HttpProblem, mapping_errors
from gateway.http.wire import Answer
from gateway.telemetry import get_logger
from mappings import json
from mappings.contract import Format

_log = get_logger("facade")


class FlowPaths:
    """The flows that callers start. A body is read whole, and must be what the flow's format can read."""

    def __init__(self, catalogue: Catalogue, engine: Acceptor, calls: Calls) -> None:
        self._catalogue = catalogue
        self._engine = engine
        self._calls = calls
        self._max_bytes = catalogue.configuration.gateway.max_body_bytes

    def routes(self) -> tuple[OwnRoute, ...]:
        """Where they are found."""
        flows = self._catalogue.configuration.flows
        routes = [OwnRoute(LIST_FLOWS, self._list)]
        for name, operation in posts(self._catalogue.configuration).items():
            source = flows[name].settings.source
            format_ = (
                self._catalogue.find_format(source.post.format) if isinstance(source, PostSource) else None
            )
            if format_ is not None:
                routes.append(OwnRoute(operation, partial(self._post, name, format_)))
        return tuple(routes)

    async def _list(self, asked: Asked) -> Replied:
        if not asked.principal.allows("flows", "write"):
            authorise(asked.principal, "flows", "read")
        found: list[JsonValue] = [
            {
                "name": name,
                "path": operation.path,
                "content_type": operation.media_type,
                "description": operation.description,
            }
            for name, operation in posts(self._catalogue.configuration).items()
        ]
        return Answer(200, json.encode_line({"flows": found}), JSON), None

    async def _post(self, flow: str, format_: Format, asked: Asked) -> Replied:
        exchange = asked.exchange
        key = key_of(exchange.request.headers)
        media_type = read.media_type(exchange.request, (format_.content_type,))
        data = await read.hold(exchange, self._max_bytes)
        left = asyncio.Event()
        accept = partial(self._accept, flow, data, media_type, left)
        try:
            return await self._calls.take_in(exchange, accept, key)
        except asyncio.CancelledError:
            left.set()
            raise

    async def _accept(
        self,
        flow: str,
        data: bytes,
        media_type: str,
        left: asyncio.Event,
        *,
        owner: str,
        correlation_id: str,
        claim: str | None,
    ) -> str:
        """Store the body, unless its caller has left before it was looked through.

        Raises: HttpProblem for one that the flow's format cannot read; StoreError.
        """
        try:
            return await self._engine.accept_post(
                flow,
                data,
                media_type,
                owner=owner,
                correlation_id=correlation_id,
                claim=claim,
                is_wanted=lambda: not left.is_set(),
            )
        except TooManyRecords as error:
            raise read.too_many(error) from error
        except NotWanted as error:
            # Nobody reads it; it tells that the key, if there is one, was not used.
            detail = "The caller left before the body was looked through; nothing was stored."
            raise HttpProblem(MALFORMED_BODY, detail, outcome=Outcome.NOT_SENT) from error
        except UnreadableRequest as error:
            raise HttpProblem(
                MALFORMED_BODY,
                "The body breaks the rules of the flow's format; nothing was stored.",
                outcome=Outcome.NOT_SENT,
                errors=mapping_errors(error.errors),
            ) from error
        except LookupError as error:
            _log.warning("a flow takes nothing", flow=flow, reason=str(error))
            raise HttpProblem(
                SYSTEM_UNAVAILABLE,
                f"The flow {flow} cannot run at the moment; nothing was stored.",
                outcome=Outcome.NOT_SENT,
                headers={"Retry-After": str(RETRY_AFTER_S)},
            ) from error
