"""One endpoint, compiled: how a request to it becomes a request to the system behind it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from adapters.contract import ByteBody, BytesShape, JsonShape, JsonValue, Operation, Request
from adapters.errors import Violation
from gateway.catalogue import Catalogue, Checker, Endpoint
from gateway.catalogue.routes import path_parameters
from gateway.http import read
from gateway.http.exchange import Exchange
from gateway.http.negotiate import NDJSON
from gateway.http.parameters import ParameterReader
from gateway.http.problems import INVALID_BODY, HttpProblem, violations
from gateway.http.reply import Form, offers
from gateway.http.writing import Writing

MAX_HELD_BYTES = 16 * 2**20
"""Bytes of a body that is otherwise passed on as it comes in."""


def is_deferrable(operation: Operation) -> bool:
    """True when a call can be carried out later: its reply is one value, or nothing, and no stream."""
    return operation.reply is None or isinstance(operation.reply, JsonShape)


class Operator:
    """One endpoint, compiled: all that requests to it have in common.

    `holds_at_most`: bytes of a body that is held because the call is, or because it has an idempotency key.
    """

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
        self.max_records = catalogue.configuration.gateway.max_body_records
        self.streams_body = isinstance(endpoint.entry.operation.request, BytesShape) and (
            endpoint.entry.request_format is None
        )
        self.from_text = frozenset(item.target for item in endpoint.inputs if item.member)
        # With pieces, the caller's own body is checked first, so that pointers fit what was sent.
        self.body_check = Checker(endpoint.body_schema) if endpoint.built and endpoint.body_schema else None

        self.holds_at_most = (
            self.max_request_bytes if not self.streams_body else min(self.max_request_bytes, MAX_HELD_BYTES)
        )
        self.deferrable = is_deferrable(endpoint.entry.operation)

    async def request(
        self, exchange: Exchange, path_values: list[str], form: Form, writing: Writing
    ) -> Request:
        """The request to the system, whose answer will be written in this form.

        Raises: HttpProblem, StoreFull, StoreFailed.
        """
        parameters, filled = self.reader.read(path_values, exchange.query)
        body: JsonValue | ByteBody = None
        if not self.endpoint.takes_body:
            read.refuse_body(exchange.request)
            if self.entry.request_check is not None:
                body = dict(filled)
                self._check(body)
        elif self.streams_body:
            body = await read.streamed(exchange, self.endpoint, self.max_request_bytes)
        else:
            sent = await read.read_json(exchange, self.endpoint, self.max_request_bytes, self.max_records)
            if exchange.is_large:
                body = await asyncio.to_thread(self._checked, sent, filled)
            else:
                body = self._checked(sent, filled)
        if self.entry.request_format is not None and not isinstance(body, ByteBody):
            body = await writing.body(body, self.entry.request_format)
        return Request(
            parameters=parameters,
            body=body,
            headers=self._headers(exchange, form),
            correlation_id=exchange.correlation_id,
        )

    def _checked(self, sent: JsonValue, filled: dict[str, JsonValue]) -> JsonValue:
        body = self._with(sent, filled)
        self._check(body)
        return body

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
        raise _invalid([self.as_sent(found) for found in check.violations(body)])

    def as_sent(self, found: Violation) -> Violation:
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
