"""The adapter: a database's tables and views as operations, carried out by driver processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import msgspec

from adapters.contract import (
    AdapterContext,
    Capability,
    Channel,
    Deadline,
    Delivery,
    JsonValue,
    MissingOperation,
    Operation,
    Probe,
    Reply,
    Request,
    ValueReply,
)
from adapters.errors import (
    AccessRefused,
    AdapterError,
    AuthenticationFailed,
    Blame,
    ConnectFailed,
    ConnectTimeout,
    InvalidRequest,
    NotSent,
    OutcomeUnknown,
    PeerRejected,
    ProtocolViolation,
    ReadFailed,
    ReadTimeout,
    Throttled,
    Violation,
)
from adapters.odbc import operations, wire
from adapters.odbc.applied import Marks, unfit
from adapters.odbc.catalogue import Table
from adapters.odbc.client import Client, decode_rows
from adapters.odbc.config import OdbcSettings
from adapters.odbc.dialects.base import BadRow, Scope
from adapters.odbc.grammar import GrammarError, join_key, split_key
from adapters.odbc.offering import Offer, offer, path_name
from adapters.odbc.receiving import ChangeChannel
from adapters.registry import AdapterType


class OdbcAdapter:
    """One configured database."""

    def __init__(self, settings: OdbcSettings, context: AdapterContext) -> None:
        self._settings = settings
        self._system = context.system
        self._client = Client(context.system, settings)
        self._connecting = asyncio.Lock()
        self._offer = Offer()
        self._marks: Marks | None = None
        self._channels: dict[str, ChangeChannel] = {}

    # --- life cycle -------------------------------------------------------------------------------------

    async def connect(self, deadline: Deadline) -> None:
        """Connect and read the catalogue.

        Raises: ConnectFailed, ConnectTimeout, AuthenticationFailed, PermissionDenied, ProtocolViolation.
        """
        async with self._connecting:
            await self._client.open(deadline)
            try:
                raw = await self._described(deadline)
                marks, note = await self._place_for_marks(raw, deadline)
            except ReadTimeout as error:
                raise ConnectTimeout(error.message) from error
            except (ReadFailed, Throttled, OutcomeUnknown) as error:
                raise ConnectFailed(error.message) from error
            except PeerRejected as error:
                raise ProtocolViolation(f"{error.message}: the catalogue cannot be read") from error
            found = offer(self._settings, self._client.dialect, raw, deduplicates=marks is not None)
            self._offer = replace(found, notes=(*found.notes, *([note] if note else ())))
            self._marks = marks
            self._channels = {
                name: ChangeChannel(
                    self._system, self._client, outbox, self._settings.changes[name], self._settings.timeout_s
                )
                for name, outbox in found.outboxes.items()
            }

    async def aclose(self) -> None:
        """End all driver processes."""
        for channel in self._channels.values():
            await channel.aclose()
        if self._marks is not None:
            await self._marks.aclose()
        await self._client.aclose()

    async def probe(self, deadline: Deadline) -> Probe:
        """Connect anew, ask a trivial question, leave."""
        try:
            await self._client.probe(deadline)
        except AuthenticationFailed as error:
            return Probe(reachable=True, authenticated=False, detail=error.message)
        except (AccessRefused, PeerRejected) as error:
            return Probe(reachable=True, authenticated=True, detail=error.message)
        except NotSent as error:
            return Probe(reachable=False, authenticated=None, detail=error.message)
        except AdapterError as error:
            return Probe(reachable=False, authenticated=None, detail=error.message)
        return Probe(reachable=True, authenticated=True, detail=f"{self._client.dialect.name} answers")

    def operations(self) -> Sequence[Operation]:
        """The operations of all tables offered; empty before `connect`."""
        return self._offer.operations

    def channels(self) -> Sequence[Channel]:
        """The tables whose new rows are taken; empty before `connect`."""
        return [channel.outbox.channel for channel in self._channels.values()]

    def receive(self, channel: str, resume: str | None) -> AsyncGenerator[Delivery, None]:
        """The new rows of one table. The table itself remembers which they are: `resume` says nothing."""
        return self._channels[channel].receive()

    def missing(self) -> Sequence[MissingOperation]:
        """Tables and channels that cannot be offered."""
        return self._offer.missing

    def notes(self) -> Sequence[str]:
        """Names in the settings that match no table, and what the database does not allow."""
        return self._offer.notes

    # --- calls ------------------------------------------------------------------------------------------

    async def call(self, operation: str, request: Request, deadline: Deadline) -> Reply:
        """Carry out one operation."""
        endpoint = self._offer.endpoints[operation]
        if endpoint.verb == "get":
            return await self._get(endpoint.table, request, deadline)
        if endpoint.verb == "read":
            reading = operations.reading(
                request, default_limit=self._settings.default_limit, max_limit=self._settings.max_limit
            )
            return await self._client.stream(
                self._offer.planners[endpoint.table.name].rows(reading), deadline
            )
        return await self._insert(endpoint.table, request, deadline)

    async def _get(self, table: Table, request: Request, deadline: Deadline) -> ValueReply:
        try:
            values = split_key(str(request.parameters["key"]), len(table.key))
        except GrammarError as error:
            raise InvalidRequest(str(error), [Violation(str(error), parameter="key")]) from None
        rows = await self._client.fetch(self._offer.planners[table.name].by_key(values), deadline)
        if not rows:
            raise PeerRejected(
                f"{self._system}: {table.name} has no row with this key", code="02000", blame=Blame.NOT_FOUND
            )
        return ValueReply(decode_rows(rows)[0])

    async def _insert(self, table: Table, request: Request, deadline: Deadline) -> ValueReply:
        body: Any = request.body
        rows = operations.rows_of(body, table)
        if not rows:
            return ValueReply([])
        give_back = operations.wants_representation(request.headers)
        try:
            write = self._client.dialect.insert(table, rows, give_back=give_back)
        except BadRow as error:
            place = operations.pointer(body, error.index, error.column)
            raise InvalidRequest("a value cannot be stored", [Violation(str(error), pointer=place)]) from None
        if self._marks is not None and request.idempotency_key is not None:
            write = msgspec.structs.replace(write, mark=self._marks.of(request.idempotency_key, table.name))
        found = await self._client.write(write, deadline)
        if self._marks is not None and write.mark is not None:
            self._marks.prune_when_due(self._client.write)
        if found is None:
            reply = _created(table, body, [], give_back=False)
            return ValueReply(None, {**reply.headers, "odbc.repeated": "true"})
        return _created(table, body, decode_rows(found), give_back)

    # --- the catalogue ----------------------------------------------------------------------------------

    async def _described(self, deadline: Deadline) -> list[dict[str, Any]]:
        client = self._client

        async def ask(query: wire.Query | wire.Describe) -> list[dict[str, Any]]:
            return decode_rows(await client.fetch(query, deadline))

        scope = Scope(self._settings.catalog, self._settings.schemas)
        return await client.dialect.describe(ask, scope)

    async def _place_for_marks(
        self, raw: list[dict[str, Any]], deadline: Deadline
    ) -> tuple[Marks | None, str]:
        """The table of marks, made where it is not there; or a note on why there is none."""
        settings, dialect = self._settings, self._client.dialect
        name = settings.applied_table
        if name is None:
            return None, ""
        schema = settings.schemas[0] if settings.schemas else None
        marks = Marks(self._system, dialect, dialect.qualified(schema, name), settings.applied_keep_days)
        found = _named(raw, settings, name)
        if found is None:
            try:
                await self._client.write(marks.creation(), deadline)
            except (PeerRejected, AccessRefused) as error:
                # Another gateway may have made it at the same moment.
                found = _named(await self._described(deadline), settings, name)
                if found is None:
                    return (
                        None,
                        f"applied_table: {name} cannot be made, so no insert can be repeated: {error}",
                    )
        reason = "" if found is None else unfit(found)
        if reason:
            return None, f"applied_table: {name} is of no use, no insert can be repeated: {reason}"
        return marks, ""


def _named(raw: list[dict[str, Any]], settings: OdbcSettings, name: str) -> dict[str, Any] | None:
    return next((found for found in raw if path_name(settings, found) == name), None)


def _created(table: Table, body: JsonValue, stored: list[dict[str, Any]], give_back: bool) -> ValueReply:
    """The answer to an insert: the rows as stored, or nothing, and the key of a single row."""
    headers: dict[str, str] = {}
    single = not isinstance(body, list)
    known = stored[0] if stored else body
    if single and isinstance(known, dict) and table.key and set(table.key) <= set(known):
        key = join_key(str(known[name]) for name in table.key)
        headers["odbc.key"] = key
        headers["location"] = f"/{quote(table.name, safe='')}/{quote(key, safe='')}"
    if not give_back:
        headers["preference-applied"] = operations.MINIMAL
    if not give_back or not stored:
        return ValueReply(None, headers)
    value: JsonValue = stored[0] if single else list(stored)
    return ValueReply(value, headers)


ADAPTER = AdapterType(
    name="odbc",
    title="Databases through ODBC",
    settings=OdbcSettings,
    create=OdbcAdapter,
    capabilities=frozenset(
        {Capability.VALUES, Capability.ROWS, Capability.RECEIVES, Capability.AUTHENTICATES}
    ),
)
