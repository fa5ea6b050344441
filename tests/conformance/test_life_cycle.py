"""Connecting, probing, closing: idempotent, bounded, and nothing left behind."""

from __future__ import annotations

import asyncio
import time

import pytest

from adapters.contract import Adapter, Capability, Deadline
from adapters.errors import AccessRefused, AdapterError, AuthenticationFailed, NotSent
from adapters.registry import AdapterType
from tests.conformance.answers import answer, connect_and_answer, stream_of, taken, under_way, works
from tests.conformance.conftest import Connected, Make
from tests.conformance.kit import Kit
from tests.conformance.leftovers import Leftovers
from tests.faults.proxy import FaultProxy
from tests.peers.process import free_port


async def test_probe_finds_a_good_system_good(kit: Kit, make: Make, adapter_type: AdapterType) -> None:
    found = await make(kit.settings()).probe(Deadline.after(10))
    assert found.reachable
    if Capability.AUTHENTICATES in adapter_type.capabilities:
        assert found.authenticated is True
    assert found.detail


async def test_probe_finds_a_closed_port_unreachable(kit: Kit, make: Make) -> None:
    found = await make(kit.settings(free_port())).probe(Deadline.after(5))
    assert not found.reachable
    assert found.authenticated is not True
    assert found.detail


async def test_probe_finds_wrong_credentials(kit: Kit, make: Make, adapter_type: AdapterType) -> None:
    wrong = kit.wrong_credentials()
    if wrong is None:
        assert Capability.AUTHENTICATES not in adapter_type.capabilities
        return
    found = await make(wrong).probe(Deadline.after(10))
    assert found.reachable
    assert found.authenticated is False


async def test_probe_of_a_silent_peer_ends_with_its_deadline(kit: Kit, make: Make, proxy: FaultProxy) -> None:
    proxy.silence()
    started = time.monotonic()
    found = await make(kit.settings(proxy.port)).probe(Deadline.after(1))
    assert time.monotonic() - started < 4
    assert found.authenticated is not True


async def test_connecting_twice_is_connecting_once(kit: Kit, connected: Connected) -> None:
    adapter = await connected(kit.settings())
    await adapter.connect(Deadline.after(10))
    await works(adapter, kit.read)


async def test_closing_twice_is_closing_once(kit: Kit, connected: Connected) -> None:
    adapter = await connected(kit.settings())
    await adapter.aclose()
    await adapter.aclose()


async def test_closing_what_was_never_connected(kit: Kit, make: Make) -> None:
    await make(kit.settings()).aclose()


async def test_closing_after_connecting_failed(kit: Kit, make: Make) -> None:
    adapter = make(kit.settings(free_port()))
    with pytest.raises(NotSent):
        await connect_and_answer(adapter, kit.read, Deadline.after(5))
    await adapter.aclose()


async def test_closing_during_a_call_ends_it(kit: Kit, proxied: Adapter, proxy: FaultProxy) -> None:
    await works(proxied, kit.write)
    proxy.silence()
    call = await under_way(answer(proxied, kit.write, Deadline.after(60)))
    async with asyncio.timeout(10):
        await proxied.aclose()
        with pytest.raises((AdapterError, asyncio.CancelledError)):
            await call


async def test_a_call_on_a_closed_adapter_is_an_adapter_error(kit: Kit, connected: Connected) -> None:
    adapter = await connected(kit.settings())
    await adapter.aclose()
    with pytest.raises(AdapterError):
        await answer(adapter, kit.read, Deadline.after(3))


async def test_wrong_credentials_are_named_as_such(kit: Kit, make: Make) -> None:
    wrong = kit.wrong_credentials()
    if wrong is None:
        pytest.skip("this peer knows no credentials")
    adapter = make(wrong)
    started = time.monotonic()
    with pytest.raises(AccessRefused) as caught:
        await connect_and_answer(adapter, kit.read, Deadline.after(10))
    assert isinstance(caught.value, AuthenticationFailed)
    assert time.monotonic() - started < 10


async def test_nothing_is_left_after_closing(kit: Kit, make: Make) -> None:
    before = await Leftovers.now()
    adapter = make(kit.settings())
    await adapter.connect(Deadline.after(15))
    await asyncio.gather(*(works(adapter, kit.read) for _ in range(4)))
    await works(adapter, kit.write)
    await adapter.probe(Deadline.after(5))
    await adapter.aclose()
    await before.wait_until_gone()


async def test_nothing_is_left_after_a_failed_connect(kit: Kit, make: Make, proxy: FaultProxy) -> None:
    before = await Leftovers.now()
    proxy.silence()
    adapter = make(kit.settings(proxy.port))
    with pytest.raises(AdapterError):  # a protocol without a greeting finds out only by calling
        await connect_and_answer(adapter, kit.read, Deadline.after(0.5))
    await adapter.aclose()
    proxy.reset()
    proxy.restore()
    await before.wait_until_gone()


async def test_streams_closed_early_leave_nothing(kit: Kit, connected: Connected) -> None:
    adapter = await connected(kit.settings())
    # Pools of connections, threads and processes may grow to their bounds, and no further.
    await asyncio.gather(*(works(adapter, kit.read, 30) for _ in range(32)))
    before = await Leftovers.now()
    for take_one in (False, True) * 5:
        reply = await adapter.call(kit.read.operation, kit.read.request(), Deadline.after(10))
        stream = stream_of(reply)
        if stream is None:
            await taken(reply)
            continue
        if take_one:
            await anext(stream, None)
        await stream.aclose()
    await before.wait_until_gone()
    await works(adapter, kit.read)
