"""Calls that go well, and calls that the peer refuses."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest

from adapters.contract import Adapter, Deadline
from adapters.errors import AdapterError, PeerRejected
from tests.conformance.answers import answer, stream_of, taken, works
from tests.conformance.kit import Kit


async def test_the_read_example_works(kit: Kit, adapter: Adapter) -> None:
    operation = next(o for o in adapter.operations() if o.name == kit.read.operation)
    assert operation.safe
    await works(adapter, kit.read)
    await works(adapter, kit.read)


async def test_the_write_example_works(kit: Kit, adapter: Adapter) -> None:
    operation = next(o for o in adapter.operations() if o.name == kit.write.operation)
    assert not operation.safe
    await works(adapter, kit.write)
    await works(adapter, kit.write)


async def test_a_refusal_keeps_the_peers_code(kit: Kit, adapter: Adapter) -> None:
    if kit.rejected is None:
        pytest.skip("this peer never refuses a call")
    with pytest.raises(PeerRejected) as caught:
        await answer(adapter, kit.rejected, Deadline.after(10))
    assert caught.value.code
    kit.rejected.check(caught.value)
    await works(adapter, kit.read)


async def test_many_calls_in_flight(kit: Kit, adapter: Adapter) -> None:
    async with asyncio.timeout(30):
        await asyncio.gather(
            *(works(adapter, kit.read, 30) for _ in range(16)),
            *(works(adapter, kit.write, 30) for _ in range(16)),
        )


async def test_a_deadline_that_has_passed_ends_a_call_at_once(kit: Kit, adapter: Adapter) -> None:
    await works(adapter, kit.read)
    started = time.monotonic()
    with contextlib.suppress(AdapterError):
        await answer(adapter, kit.write, Deadline.after(0))
    assert time.monotonic() - started < 3
    await works(adapter, kit.read)


async def test_streams_can_be_taken_side_by_side(kit: Kit, adapter: Adapter) -> None:
    replies = await asyncio.gather(
        *(adapter.call(kit.read.operation, kit.read.request(), Deadline.after(10)) for _ in range(3))
    )
    assert [stream_of(reply) is None for reply in replies] in ([True] * 3, [False] * 3)
    for reply in replies:
        kit.read.check(await taken(reply))
