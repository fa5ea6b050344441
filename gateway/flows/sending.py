"""One call of a flow: found, made within its time, its answer read."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping

from adapters.contract import (
    ByteBody,
    BytesReply,
    Deadline,
    EventsReply,
    JsonValue,
    Reply,
    Request,
    RowsReply,
    ValueReply,
)
from adapters.errors import BadReply, OutcomeUnknown, ReadFailed
from gateway.catalogue import Catalogue, Entry, System
from gateway.catalogue.codec import OFF_LOOP_BYTES, message_value, whole
from gateway.flows.failures import Next, Stopped
from gateway.flows.program import Call
from gateway.flows.requests import Requests
from gateway.messages import Failure
from mappings.contract import MappingError
from mappings.formats import built_in

REDELIVERED = "gateway.redelivered"
"""The header of a request that may have been carried out before."""
UNDESCRIBED_S = 5.0
"""Seconds after which a message is tried again whose system has not said what it offers."""
BLOCKED_S = 60.0
"""Seconds after which a message is tried again whose operation does not exist."""
_MINIMAL = "return=minimal"


class Sender:
    """Makes the calls of messages. One for all of them."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._requests: dict[int, tuple[Call, Requests]] = {}

    def entry(self, step: Call) -> tuple[System, Entry]:
        """What a step calls. Raises: Stopped when it is not there."""
        system = self._catalogue.systems.get(step.system)
        entry = system.entries.get(step.operation) if system is not None else None
        if system is not None and entry is not None:
            return system, entry
        name = f"{step.system}.{step.operation}"
        if system is not None and not system.described:
            failure = Failure("NotDescribed", f"{step.system} has not said yet what it offers", step.id)
            raise Stopped(Next.WAIT, failure, after_s=UNDESCRIBED_S, system=step.system)
        raise Stopped(Next.WAIT, Failure("NoOperation", f"there is no {name}", step.id), after_s=BLOCKED_S)

    def requests(self, step: Call) -> Requests:
        """What makes the requests of a step. Raises: Stopped."""
        _, entry = self.entry(step)
        known = self._requests.get(id(step))
        if known is not None and known[0] is step and known[1].entry is entry:
            return known[1]
        made = Requests(step, entry)
        self._requests[id(step)] = step, made
        return made

    def forget(self) -> None:
        """Systems have described themselves anew."""
        self._requests.clear()

    async def send(
        self,
        step: Call,
        parameters: Mapping[str, JsonValue],
        body: JsonValue | ByteBody,
        *,
        key: str,
        correlation_id: str,
        again: bool,
    ) -> JsonValue:
        """Make a call; its answer's value where the step keeps it.

        Raises: any of `adapters.errors`, Stopped.
        """
        system, entry = self.entry(step)
        headers: dict[str, str] = {REDELIVERED: "true"} if again else {}
        if step.reply_as is None and _MINIMAL in entry.operation.honours:
            headers["prefer"] = _MINIMAL
        request = Request(
            parameters=parameters,
            body=body,
            headers=headers,
            correlation_id=correlation_id,
            idempotency_key=key,
        )
        reply = await system.call(entry, request, Deadline.after(system.settings.timeout_s))
        return await value_of(reply, entry, system, wanted=step.reply_as is not None)


async def value_of(reply: Reply, entry: Entry, system: System, *, wanted: bool) -> JsonValue:
    """The value of an answer; streams are closed. Where it is not wanted it is not read.

    Raises: BadReply, OutcomeUnknown (of a write), and what the stream raises (of a read).
    """
    if isinstance(reply, ValueReply):
        return reply.value
    if isinstance(reply, EventsReply):
        await reply.events.aclose()
        raise BadReply(f"{entry.name} answers with a stream of events", sent_write=not entry.operation.safe)
    stream = reply.blocks if isinstance(reply, RowsReply) else reply.chunks
    if not wanted:
        await stream.aclose()
        return None
    try:
        data = await whole(stream, system.settings.max_reply_bytes)
    except (ReadFailed, BadReply) as error:
        if entry.operation.safe:
            raise
        # The answer had begun: whatever broke it off, the write may have been carried out.
        raise OutcomeUnknown(f"the answer of {entry.name} did not come whole: {error.message}") from error
    try:
        if len(data) > OFF_LOOP_BYTES:
            return await asyncio.to_thread(_decoded, reply, data, entry)
        return _decoded(reply, data, entry)
    except MappingError as error:
        message = f"the answer of {entry.name} breaks the rules of its format: {error}"
        raise BadReply(message, sent_write=not entry.operation.safe) from error


def _decoded(reply: RowsReply | BytesReply, data: bytes, entry: Entry) -> JsonValue:
    format_ = built_in("ndjson") if isinstance(reply, RowsReply) else entry.reply_format
    if format_ is not None:
        return message_value(data, format_)
    return base64.b64encode(data).decode("ascii")
