"""What the standard of a file answers to its sender: an acknowledgement such as TA1, 997, 999, CONTRL or ACK.

It says what could be read, and so it is made as soon as a file was, before the first step. From then on it is
a message of its own, of the flow that is there for the operation that sends it: it is tried again by itself,
holds up nothing, and its bytes are those that were made first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from adapters.contract import ByteBody, Request
from gateway.flows.bodies import whole_body
from gateway.flows.calls import call_definition, payload_of
from gateway.flows.chunks import blocks_of
from gateway.flows.definition import Definition
from gateway.flows.failures import Next, Stopped, of_data
from gateway.flows.items import Facts
from gateway.flows.program import Call
from gateway.flows.requests import Requests
from gateway.messages import Failure, Follows, Message, NewMessage
from mappings.compression import decoder_for, portions
from mappings.contract import Context, Decoder, Format, MappingError

ANSWERED = "answered"
"""The count in `Progress` of acknowledgements that follow from the message; it is there once that is done."""
SOURCE = "acknowledgement"
"""Where such a message comes from."""


async def answer_of(
    payload: AsyncGenerator[bytes, None], format_: Format, context: Context, stopping: Callable[[], bool]
) -> bytes:
    """What a payload is answered by; empty where it is by nothing, or could not be read to its end. Closes
    `payload`.

    Raises: Stopped (the gateway stops), and what `payload` and the context's functions raise.
    """

    def read(decoder: Decoder, block: bytes) -> None:
        for _ in portions(decoder, block):
            pass

    async with aclosing(payload):
        try:
            decoder = decoder_for(format_, context)
            async for block in blocks_of(payload):
                if stopping():
                    raise Stopped(Next.RELEASE, Failure("Stopping", "the gateway stops"))
                await asyncio.to_thread(read, decoder, block)
            _, summary = await asyncio.to_thread(decoder.finish)
        except MappingError:
            return b""  # the message becomes a dead letter by that
    return summary.acknowledgement


async def follow_up(
    step: Call, requests: Requests, answer: bytes, message: Message, facts: Facts, content_type: str
) -> tuple[Definition, Follows]:
    """The message that sends an answer, and the version that it runs by. Raises: Stopped."""
    try:
        content = requests.content(None, facts)
    except MappingError as error:
        raise Stopped(Next.DEAD, of_data(error, step.id, None)) from error
    body: ByteBody = whole_body(answer, content_type)
    definition = call_definition(requests.entry.name, vouched=step.idempotent)
    follows = NewMessage(
        flow=definition.flow,
        version=definition.version,
        source=SOURCE,
        payload=await payload_of(Request(parameters=content.parameters, body=body)),
        content_type="application/json",
        correlation_id=message.correlation_id,
        owner=message.owner,
        parent=message.id,
    )
    return definition, Follows(follows)
