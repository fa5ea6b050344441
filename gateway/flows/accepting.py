"""What callers send to be carried out later is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from adapters.contract import Request
from gateway.catalogue import Entry, UnreadableRequest
from gateway.catalogue.codec import OFF_LOOP_BYTES, check_records
from gateway.config import PostSource
from gateway.flows import calls
from gateway.flows.definition import Definition
from gateway.flows.flow_set import FlowSet
from gateway.flows.lanes import facts_on_arrival, lane_of
from gateway.messages import Arrival, MessageStore, NewMessage
from gateway.telemetry import metrics
from mappings.contract import MappingError


class Accepting:
    """Stores calls and posts. `defined`: the versions that the store has been told of."""

    def __init__(self, store: MessageStore) -> None:
        self._store = store
        self._defined: set[str] = set()

    async def define(self, definition: Definition) -> None:
        """Make a version known to the store. Raises: StoreFull, StoreFailed."""
        if definition.version not in self._defined:
            await self._store.define(definition.flow, definition.version, definition.stored)
            self._defined.add(definition.version)

    async def call(
        self,
        entry: Entry,
        request: Request,
        *,
        owner: str,
        correlation_id: str,
        claim: str | None,
        headers: Mapping[str, str],
    ) -> str:
        """Store a call; the id of its message. Raises: StoreFull, StoreFailed."""
        definition = calls.definition_of(entry)
        message = NewMessage(
            flow=definition.flow,
            version=definition.version,
            source="http",
            payload=await calls.payload_of(request),
            content_type="application/json",
            headers=headers,
            correlation_id=correlation_id,
            owner=owner,
        )
        return await self._append(definition, message, claim)

    async def post(
        self,
        flows: FlowSet,
        flow: str,
        body: bytes,
        content_type: str,
        *,
        owner: str,
        correlation_id: str,
        claim: str | None,
        max_records: int,
        is_wanted: Callable[[], bool],
    ) -> str:
        """Store what was posted to a flow; the id of its message.

        Raises: LookupError when no such flow takes posts, UnreadableRequest, TooManyRecords, NotWanted,
        StoreFull, StoreFailed.
        """
        prepared = flows.prepared.get(flow)
        if prepared is None or not isinstance(prepared.flow.settings.source, PostSource):
            raise LookupError(f"there is no flow {flow} that takes posts")
        definition, program = prepared.definition, prepared.program
        if definition is None or program is None:
            raise LookupError(f"the flow {flow} cannot be used: {prepared.reason}")
        if program.reading.format is not None:
            await check_records(body, program.reading.format, max_records, is_wanted)
        facts = facts_on_arrival(
            flow, "http", {}, correlation_id=correlation_id, content_type=content_type, redelivered=False
        )
        try:
            if program.order_by is not None and len(body) > OFF_LOOP_BYTES:
                lane = await asyncio.to_thread(lane_of, program, body, facts)
            else:
                lane = lane_of(program, body, facts)
        except MappingError as error:
            raise UnreadableRequest([error]) from error
        message = NewMessage(
            flow=flow,
            version=definition.version,
            source="http",
            payload=body,
            content_type=content_type,
            lane=lane,
            correlation_id=correlation_id,
            owner=owner,
        )
        return await self._append(definition, message, claim)

    async def _append(self, definition: Definition, message: NewMessage, claim: str | None) -> str:
        await self.define(definition)
        appended = await self._store.append(Arrival(channel="http", messages=(message,), claim=claim))
        if not appended.duplicate:
            metrics.FLOW_MESSAGES.labels(message.flow, "received").inc()
        return appended.ids[0]
