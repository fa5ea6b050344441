"""The flow that is there for every operation: one call, made when it can be, whose answer is kept.

It is what `Prefer: respond-async` and writes that must not be lost come down to. The message is the request;
the result is the answer, as JSON: `result` (done, created or accepted), `value` and `headers`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.contract import ByteBody, BytesShape, Deadline, JsonValue, Request, ValueReply
from adapters.errors import AdapterError
from gateway.catalogue import Entry
from gateway.config import RetrySettings
from gateway.flows.bodies import held, whole_body
from gateway.flows.definition import Definition, sealed
from gateway.flows.failures import Next, Stopped, is_repeatable, judge, of_call, of_data
from gateway.flows.journal import Journal
from gateway.flows.program import Call
from gateway.flows.sending import REDELIVERED, Sender, value_of
from gateway.messages import Failure, Lease
from mappings import json
from mappings.contract import MappingError

PREFIX = "call:"
"""What the names of these flows begin with; no configured flow's does."""
STEP = "call"


@dataclass(frozen=True, slots=True)
class CallProgram:
    """One version of the flow of an operation."""

    flow: str
    version: str
    call: Call
    max_in_flight: int = 16
    retry: RetrySettings = field(default_factory=RetrySettings)


def definition_of(entry: Entry) -> Definition:
    """The flow of an operation."""
    return call_definition(entry.name, vouched=False)


def call_definition(name: str, *, vouched: bool) -> Definition:
    """The flow of an operation by its name. `vouched`: the configuration says that repeating it is
    harmless."""
    return sealed(f"{PREFIX}{name}", {"call": name, "idempotent": True} if vouched else {"call": name})


def compile_call(flow: str, version: str, name: str, *, vouched: bool = False) -> CallProgram:
    """What such a definition does."""
    system, _, operation = name.partition(".")
    # The answer is kept, as if a later step needed it.
    call = Call(STEP, system, operation, reply_as="result", idempotent=vouched)
    return CallProgram(flow, version, call)


async def payload_of(request: Request) -> bytes:
    """A request as the payload of a message. Takes the body; raises what reading it raises."""
    body = request.body
    written: dict[str, JsonValue] = {
        "parameters": dict(request.parameters),
        "headers": dict(request.headers),
    }
    if isinstance(body, ByteBody):
        data = await held(body.chunks)
        written["bytes"] = base64.b64encode(data).decode("ascii")
        written["content_type"] = body.content_type
    else:
        written["body"] = body
    return json.encode(written)


async def run_call(
    lease: Lease, program: CallProgram, journal: Journal, sender: Sender, payload: bytes
) -> None:
    """Make the call and complete the message. Raises: Stopped, and what the store raises."""
    try:
        await journal.complete(await _result(lease, program, journal, sender, payload))
    except Stopped:
        await journal.flush()
        raise
    except asyncio.CancelledError:
        await journal.break_off()
        raise


async def _result(
    lease: Lease, program: CallProgram, journal: Journal, sender: Sender, payload: bytes
) -> bytes | None:
    step = program.call
    system, entry = sender.entry(step)
    operation = entry.operation
    mark = journal.mark(STEP)
    if mark is not None and mark.done:
        return mark.result
    repeatable = is_repeatable(operation, vouched=step.idempotent)
    if mark is not None and not repeatable:
        text = f"{entry.name} was called, and the gateway ended before the answer was stored"
        raise Stopped(Next.HOLD, Failure("OutcomeUnknown", text, STEP))
    try:
        request = _request(lease, payload, entry, again=mark is not None)
    except MappingError as error:
        raise Stopped(Next.DEAD, of_data(error, STEP, None)) from error
    if not operation.safe:
        await journal.begin(STEP)
    try:
        reply = await system.call(entry, request, Deadline.after(system.settings.timeout_s))
        headers = dict(reply.headers) if isinstance(reply, ValueReply) else {}
        value = await value_of(reply, entry, system, wanted=True)
    except AdapterError as error:
        verdict = judge(error, operation, repeatable=repeatable)
        if verdict.undone and not operation.safe:
            journal.undo(STEP)
        failure = of_call(error, STEP, None)
        raise Stopped(verdict.next, failure, after_s=verdict.after_s, system=system.name) from error
    result = json.encode({"result": operation.result.value, "value": value, "headers": dict(headers)})
    if not operation.safe:
        journal.finish(STEP, result)
    return result


def _request(lease: Lease, payload: bytes, entry: Entry, *, again: bool) -> Request:
    """The request that was stored. Raises: MappingError."""
    written = json.decode(payload)
    if not isinstance(written, dict):
        raise MappingError("the message is no stored request", rule="request")
    parameters, headers = written.get("parameters"), written.get("headers")
    body: JsonValue | ByteBody = written.get("body")
    if isinstance(entry.operation.request, BytesShape) and isinstance(written.get("bytes"), str):
        try:
            data = base64.b64decode(str(written["bytes"]), validate=True)
        except binascii.Error:
            raise MappingError("the stored bytes are no base64", rule="request") from None
        body = whole_body(data, str(written.get("content_type", "")))
    return Request(
        parameters=parameters if isinstance(parameters, dict) else {},
        body=body,
        headers={**_texts(headers), **({REDELIVERED: "true"} if again else {})},
        correlation_id=lease.message.correlation_id,
        idempotency_key=f"{lease.message.id}:{STEP}",
    )


def _texts(found: JsonValue) -> Mapping[str, str]:
    return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}
