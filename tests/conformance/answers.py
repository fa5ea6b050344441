"""Taking an adapter's answer whole, and waiting until it answers again."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from decimal import Decimal
from typing import Any

from adapters.contract import Adapter, BytesReply, Deadline, EventsReply, Reply, RowsReply
from adapters.errors import AdapterError
from tests.conformance.kit import Example


def stream_of(reply: Reply) -> AsyncGenerator[Any, None] | None:
    """The reply's stream, or None for a value."""
    if isinstance(reply, RowsReply):
        return reply.blocks
    if isinstance(reply, BytesReply):
        return reply.chunks
    if isinstance(reply, EventsReply):
        return reply.events
    return None


async def taken(reply: Reply) -> Any:
    """What `Example.check` is given; streams are closed."""
    stream = stream_of(reply)
    if stream is None:
        return reply.value  # type: ignore[union-attr]
    async with aclosing(stream):
        if isinstance(reply, EventsReply):
            return await anext(stream)
        whole = b"".join([block async for block in stream])
    if isinstance(reply, RowsReply):
        return [json.loads(line, parse_float=Decimal) for line in whole.splitlines()]
    return whole


async def answer(adapter: Adapter, example: Example, deadline: Deadline) -> Any:
    """Call and take the answer whole, unchecked."""
    return await taken(await adapter.call(example.operation, example.request(), deadline))


async def connect_and_answer(adapter: Adapter, example: Example, deadline: Deadline) -> Any:
    """Connect and call: an adapter may find out about its peer in either."""
    await adapter.connect(deadline)
    return await answer(adapter, example, deadline)


async def under_way(call: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """Start a call whose peer is silent. Raises: AssertionError when it ends at once nevertheless."""
    task = asyncio.create_task(call)
    done, _ = await asyncio.wait({task}, timeout=0.1)
    assert not done, f"ended at once: {task.exception() or task.result()!r}"
    return task


async def works(adapter: Adapter, example: Example, within_s: float = 10.0) -> None:
    """Call and check the answer."""
    example.check(await answer(adapter, example, Deadline.after(within_s)))


async def recovers(adapter: Adapter, example: Example, within_s: float = 20.0) -> None:
    """Do what the gateway does after a fault: connect and call again until it works."""
    give_up = time.monotonic() + within_s
    while True:
        try:
            await adapter.connect(Deadline.after(3))
            return await works(adapter, example, 3)
        except AdapterError:
            if time.monotonic() > give_up:
                raise
            await asyncio.sleep(0.05)
