"""The adapter: a database's tables and views as operations, carried out by driver processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any
from urllib.parse import quote

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
    PeerRejected,
    ProtocolViolation,
    ReadFailed,
    ReadTimeout,
    Throttled,
    Violation,
)
from adapters.odbc import operations, wire
from adapters.odbc.catalogue import Table, allowed, unmatched
from adapters.odbc.client import Client, decode_rows
from adapters.odbc.config import OdbcSettings
from adapters.odbc.dialects.base import BadRow, Scope
from adapters.odbc.grammar import GrammarError, join_key, split_key
from adapters.odbc.query import Planner
from adapters.registry import AdapterType


class OdbcAdapter:
    """One configured database."""

    def __init__(self, settings: OdbcSettings, context: AdapterContext) -> None:
        self._settings = settings
        self._system = context.system
        self._client = Client(context.system, settings)
        self._connecting = asyncio.Lock()
        self._operations: tuple[Operation, ...] = ()
        self._missing: tuple[MissingOperation, ...] = ()
        self._notes: tuple[str, ...] = ()
        self._endpoints: dict[str, operations.Endpoint] = {}
        self._planners: dict[str, Planner] = {}

    # --- life cycle -------------------------------------------------------------------------------------

    async def connect(self, deadline: Deadline) -> None:
        """Connect and read the catalogue.

        Raises: ConnectFailed, ConnectTimeout, AuthenticationFailed, PermissionDenied, ProtocolViolation.
        """
        async with self._connecting:
            await self._client.open(deadline)
            try:
                raw = await self._described(deadline)
            except ReadTimeout as error:
                raise ConnectTimeout(error.message) from error
            except (ReadFailed, Throttled) as error:
                raise ConnectFailed(error.message) from error
            except PeerRejected as error:
                raise ProtocolViolation(f"{error.message}: the catalogue cannot be read") from error
            self._offer(raw)

    async def aclose(self) -> None:
        """End all driver processes."""
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
        return self._operations

    def channels(self) -> Sequence[Channel]:
        """There are none."""
        return ()

    def receive(self, channel: str, resume: str | None) -> AsyncGenerator[Delivery, None]:
        """Never called, since there are no channels."""
        raise KeyError(channel)

    def missing(self) -> Sequence[MissingOperation]:
        """Tables that cannot be offered."""
        return self._missing

    def notes(self) -> Sequence[str]:
        """Names in the settings that match no table."""
        return self._notes

    # --- calls ------------------------------------------------------------------------------------------

    async def call(self, operation: str, request: Request, deadline: Deadline) -> Reply:
        """Carry out one operation."""
        endpoint = self._endpoints[operation]
        if endpoint.verb == "get":
            return await self._get(endpoint.table, request, deadline)
        if endpoint.verb == "read":
            reading = operations.reading(
                request, default_limit=self._settings.default_limit, max_limit=self._settings.max_limit
            )
            return await self._client.stream(self._planners[endpoint.table.name].rows(reading), deadline)
        return await self._insert(endpoint.table, request, deadline)

    async def _get(self, table: Table, request: Request, deadline: Deadline) -> ValueReply:
        try:
            values = split_key(str(request.parameters["key"]), len(table.key))
        except GrammarError as error:
            raise InvalidRequest(str(error), [Violation(str(error), parameter="key")]) from None
        rows = await self._client.fetch(self._planners[table.name].by_key(values), deadline)
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
        stored = decode_rows(await self._client.fetch(write, deadline))
        return _created(table, body, stored, give_back)

    # --- the catalogue ----------------------------------------------------------------------------------

    async def _described(self, deadline: Deadline) -> list[dict[str, Any]]:
        client = self._client

        async def ask(query: wire.Query | wire.Describe) -> list[dict[str, Any]]:
            return decode_rows(await client.fetch(query, deadline))

        scope = Scope(self._settings.catalog, self._settings.schemas)
        return await client.dialect.describe(ask, scope)

    def _offer(self, raw: list[dict[str, Any]]) -> None:
        """Compile the tables found into operations."""
        settings, dialect = self._settings, self._client.dialect
        offered: list[tuple[Operation, operations.Endpoint]] = []
        missing: list[MissingOperation] = []
        planners: dict[str, Planner] = {}
        for found in raw:
            name = self._name(found)
            if not allowed(name, settings.tables.allow, settings.tables.deny):
                continue
            reason = found.get("unusable") or operations.obstacle(name)
            reason = reason or ("it has no columns" if not found["columns"] else "")
            if reason:
                missing.append(MissingOperation(name, reason))
                continue
            table = dialect.table(name, found)
            planners[name] = Planner(dialect, table, settings.read_block_rows)
            offered += operations.of_table(
                table,
                writable=not settings.read_only,
                max_limit=settings.max_limit,
                default_limit=settings.default_limit,
            )
        self._operations = tuple(operation for operation, _ in offered)
        self._endpoints = {operation.name: endpoint for operation, endpoint in offered}
        self._missing = tuple(missing)
        names = [self._name(found) for found in raw]
        self._notes = tuple(unmatched(settings.tables.allow, settings.tables.deny, names))
        self._planners = planners

    def _name(self, found: dict[str, Any]) -> str:
        """The table's name in paths: with its schema unless that is the first or the only one."""
        schemas = self._settings.schemas
        schema = found.get("schema")
        return f"{schema}.{found['table']}" if schema and schemas and schema != schemas[0] else found["table"]


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
    capabilities=frozenset({Capability.VALUES, Capability.ROWS, Capability.AUTHENTICATES}),
)
