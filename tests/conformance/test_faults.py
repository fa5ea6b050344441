"""Peers that are absent, silent, frozen, killed, cut off or talk rubbish.

What must hold each time: the right error, within the deadline and a second; and the adapter works again by
itself (with the gateway's `connect`) once the fault is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator

import pytest

from adapters.contract import Adapter, Deadline
from adapters.errors import (
    AdapterError,
    BadReply,
    ConnectFailed,
    NotSent,
    OutcomeUnknown,
    ReadFailed,
    ReadTimeout,
)
from tests.conformance.answers import answer, connect_and_answer, recovers, under_way, works
from tests.conformance.conftest import Make
from tests.conformance.kit import Example, Kit
from tests.faults.proxy import Direction, FaultProxy
from tests.peers.process import free_port

DEADLINE_S = 1.5
GRACE_S = 1.0


@contextlib.contextmanager
def ends_in_time(seconds: float = DEADLINE_S) -> Iterator[Deadline]:
    """A deadline, and the assertion that the block ended with it."""
    started = time.monotonic()
    yield Deadline(started + seconds)
    took = time.monotonic() - started
    assert took < seconds + GRACE_S, f"took {took:.2f} s with a deadline of {seconds} s"


async def fails(adapter: Adapter, example: Example, deadline: Deadline) -> AdapterError:
    """The adapter error that this call raises; anything else fails the test."""
    with pytest.raises(AdapterError) as caught:
        await answer(adapter, example, deadline)
    return caught.value


@pytest.mark.parametrize("kind", ["read", "write"])
async def test_a_closed_port_means_nothing_was_sent(kit: Kit, make: Make, kind: str) -> None:
    adapter = make(kit.settings(free_port()))
    with ends_in_time(5) as deadline, pytest.raises(NotSent) as caught:
        await connect_and_answer(adapter, getattr(kit, kind), deadline)
    assert isinstance(caught.value, ConnectFailed)


async def test_connecting_to_a_silent_peer_ends_with_its_deadline(
    kit: Kit, make: Make, proxy: FaultProxy
) -> None:
    proxy.silence()
    adapter = make(kit.settings(proxy.port))
    with ends_in_time(), contextlib.suppress(NotSent):
        await adapter.connect(Deadline.after(DEADLINE_S))
    proxy.restore()
    await recovers(adapter, kit.read)


async def test_a_read_from_a_silent_peer_times_out(kit: Kit, proxied: Adapter, proxy: FaultProxy) -> None:
    await works(proxied, kit.read)
    proxy.silence()
    with ends_in_time() as deadline:
        assert isinstance(await fails(proxied, kit.read, deadline), ReadTimeout)
    proxy.restore()
    await recovers(proxied, kit.read)


async def test_a_write_to_a_silent_peer_has_an_unknown_outcome(
    kit: Kit, proxied: Adapter, proxy: FaultProxy
) -> None:
    await works(proxied, kit.write)
    proxy.silence()
    with ends_in_time() as deadline:
        assert isinstance(await fails(proxied, kit.write, deadline), OutcomeUnknown)
    proxy.restore()
    await recovers(proxied, kit.write)


async def test_a_connection_reset_before_the_answer_fails_a_read(
    kit: Kit, proxied: Adapter, proxy: FaultProxy
) -> None:
    await works(proxied, kit.read)
    proxy.cut_after(0, Direction.TO_CLIENT)
    with ends_in_time(5) as deadline:
        assert isinstance(await fails(proxied, kit.read, deadline), ReadFailed)
    proxy.restore()
    await recovers(proxied, kit.read)


async def test_a_connection_reset_before_the_answer_leaves_a_write_unknown(
    kit: Kit, proxied: Adapter, proxy: FaultProxy
) -> None:
    await works(proxied, kit.write)
    proxy.cut_after(0, Direction.TO_CLIENT)
    with ends_in_time(5) as deadline:
        assert isinstance(await fails(proxied, kit.write, deadline), OutcomeUnknown)
    proxy.restore()
    await recovers(proxied, kit.write)


async def _hung_up_on(example: Example, adapter: Adapter, proxy: FaultProxy) -> AdapterError:
    """The error of a call whose peer takes the request and then ends the connection with FIN, not RST."""
    await works(adapter, example)
    proxy.silence()
    with ends_in_time(3):  # the deadline is far: the FIN must end the call
        call = await under_way(fails(adapter, example, Deadline.after(60)))
        proxy.half_close(Direction.TO_CLIENT)
        error: AdapterError = await call
    proxy.reset()
    proxy.restore()
    return error


async def test_a_peer_that_hangs_up_fails_a_read(kit: Kit, proxied: Adapter, proxy: FaultProxy) -> None:
    assert isinstance(await _hung_up_on(kit.read, proxied, proxy), ReadFailed)
    await recovers(proxied, kit.read)


async def test_a_peer_that_hangs_up_leaves_a_write_unknown(
    kit: Kit, proxied: Adapter, proxy: FaultProxy
) -> None:
    assert isinstance(await _hung_up_on(kit.write, proxied, proxy), OutcomeUnknown)
    await recovers(proxied, kit.write)


async def test_a_connection_reset_while_idle_is_got_over(
    kit: Kit, proxied: Adapter, proxy: FaultProxy
) -> None:
    await works(proxied, kit.read)
    proxy.reset()
    await recovers(proxied, kit.write, within_s=10)
    await recovers(proxied, kit.read, within_s=10)


async def test_garbage_instead_of_an_answer_fails_a_read(
    kit: Kit, proxied: Adapter, proxy: FaultProxy
) -> None:
    await works(proxied, kit.read)
    for offset in range(8):
        proxy.flip(offset, Direction.TO_CLIENT)
    with ends_in_time() as deadline:
        assert isinstance(await fails(proxied, kit.read, deadline), ReadFailed | BadReply)
    proxy.restore()
    await recovers(proxied, kit.read)


async def test_garbage_instead_of_an_answer_leaves_a_write_unknown(
    kit: Kit, proxied: Adapter, proxy: FaultProxy
) -> None:
    await works(proxied, kit.write)
    for offset in range(8):
        proxy.flip(offset, Direction.TO_CLIENT)
    with ends_in_time() as deadline:
        error = await fails(proxied, kit.write, deadline)
    assert error.outcome is not None
    assert error.outcome.value == "unknown"
    proxy.restore()
    await recovers(proxied, kit.write)


async def test_a_frozen_peer_is_waited_for_no_longer_than_the_deadline(kit: Kit, adapter: Adapter) -> None:
    await works(adapter, kit.read)
    await works(adapter, kit.write)
    kit.server.freeze()
    try:
        for example in (kit.read, kit.write):
            with ends_in_time() as deadline, contextlib.suppress(AdapterError):
                await answer(adapter, example, deadline)
    finally:
        kit.server.thaw()
    await recovers(adapter, kit.read)
    await recovers(adapter, kit.write)


async def test_a_killed_peer_fails_calls_and_is_found_again(kit: Kit, adapter: Adapter) -> None:
    await works(adapter, kit.read)
    await works(adapter, kit.write)
    kit.server.kill()
    try:
        for example in (kit.read, kit.write):
            with ends_in_time() as deadline, contextlib.suppress(AdapterError):
                await answer(adapter, example, deadline)
        with ends_in_time() as deadline:
            assert isinstance(await fails(adapter, kit.write, deadline), NotSent)
    finally:
        kit.server.start()
    await recovers(adapter, kit.read)
    await recovers(adapter, kit.write)


async def test_a_slow_peer_is_waited_for(kit: Kit, proxied: Adapter, proxy: FaultProxy) -> None:
    await works(proxied, kit.read)
    proxy.latency_s = 0.05
    await works(proxied, kit.read)
    await works(proxied, kit.write)


async def test_a_cancelled_read_leaves_the_adapter_usable(
    kit: Kit, proxied: Adapter, proxy: FaultProxy
) -> None:
    await _cancelled(kit.read, proxied, proxy)
    await recovers(proxied, kit.read)


async def test_a_cancelled_write_leaves_the_adapter_usable(
    kit: Kit, proxied: Adapter, proxy: FaultProxy
) -> None:
    await _cancelled(kit.write, proxied, proxy)
    await recovers(proxied, kit.write)
    await recovers(proxied, kit.read)


async def _cancelled(example: Example, adapter: Adapter, proxy: FaultProxy) -> None:
    """Cancel a call that waits for a silent peer: it ends at once, as cancelled."""
    await works(adapter, example)
    proxy.silence()
    call = await under_way(answer(adapter, example, Deadline.after(60)))
    call.cancel()
    async with asyncio.timeout(GRACE_S):
        with pytest.raises(asyncio.CancelledError):
            await call
    proxy.restore()


async def test_calls_in_flight_all_end_when_the_peer_goes_silent(
    kit: Kit, proxied: Adapter, proxy: FaultProxy
) -> None:
    await works(proxied, kit.write)
    proxy.silence()
    with ends_in_time() as deadline:
        results = await asyncio.gather(
            *(answer(proxied, kit.write, deadline) for _ in range(12)), return_exceptions=True
        )
    assert [r for r in results if not isinstance(r, OutcomeUnknown | NotSent)] == []
    proxy.restore()
    await recovers(proxied, kit.write)
