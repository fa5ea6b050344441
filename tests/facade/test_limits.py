"""Bounded concurrency, deadlines, clients that leave, systems that come and go, and stopping."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest

from adapters.contract import Event
from adapters.errors import ConnectFailed
from gateway.catalogue import State
from tests.facade.running import Gateway, Response, until

ORDER = {"id": 1, "lines": [{"sku": "a"}]}


async def test_overload_is_turned_away_at_once(gateway: Gateway) -> None:
    await gateway.start(system={"max_in_flight": 3, "max_waiting": 2})
    gateway.script.hold = asyncio.Event()
    calls = [asyncio.create_task(gateway.request("GET", "/api/erp/rows/1")) for _ in range(5)]
    system = gateway.catalogue.systems["erp"]
    await until(lambda: (system._calls.running, system._calls.waiting) == (3, 2))
    started = time.monotonic()
    for _ in range(20):
        answer = await gateway.request("GET", "/api/erp/rows/1")
        assert answer.problem(503, "busy")["outcome"] == "not_sent"
        assert int(answer.headers["Retry-After"]) >= 1
    assert time.monotonic() - started < 5
    assert gateway.script.running == 3
    gateway.script.hold.set()
    assert [answer.status for answer in await asyncio.gather(*calls)] == [200] * 5
    assert system._calls.running == 0


async def test_a_stream_holds_its_slot_until_it_ends(gateway: Gateway) -> None:
    await gateway.start(system={"max_in_flight": 1, "max_waiting": 0})
    gateway.script.hold_after_block = asyncio.Event()
    async with gateway.session.get(gateway.url + "/api/erp/rows") as answer:
        await answer.content.readany()
        (await gateway.request("GET", "/api/erp/rows/1")).problem(503, "busy")
        gateway.script.hold_after_block.set()
        await answer.read()
    assert (await gateway.request("GET", "/api/erp/rows/1")).status == 200


@pytest.mark.parametrize(
    ("method", "path", "problem", "outcome"),
    [("GET", "/api/erp/rows/1", "no-answer", None), ("POST", "/api/erp/Echo", "outcome-unknown", "unknown")],
)
async def test_deadline(gateway: Gateway, method: str, path: str, problem: str, outcome: str | None) -> None:
    await gateway.start(system={"timeout_s": 0.3})
    gateway.script.hold = asyncio.Event()
    started = time.monotonic()
    answer = await gateway.request(method, path, json=ORDER if method == "POST" else None)
    assert answer.problem(504, problem).get("outcome") == outcome
    assert time.monotonic() - started < 3
    assert gateway.script.cancelled == 1


async def test_deadline_between_blocks(gateway: Gateway) -> None:
    await gateway.start(system={"timeout_s": 0.3})
    gateway.script.hold_after_block = asyncio.Event()
    with pytest.raises(aiohttp.ClientPayloadError):
        await gateway.request("GET", "/api/erp/rows")
    assert gateway.script.closed_streams == 1


async def _leave(gateway: Gateway, method: str, path: str) -> None:
    """Send a request and go away once the system has it."""
    gateway.script.hold = asyncio.Event()
    call = asyncio.create_task(gateway.request(method, path, json=ORDER if method == "POST" else None))
    await gateway.script.entered.wait()
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)


async def test_a_read_ends_when_its_caller_leaves(erp: Gateway) -> None:
    await _leave(erp, "GET", "/api/erp/rows/1")
    await until(lambda: erp.script.cancelled == 1)
    assert erp.catalogue.systems["erp"]._calls.running == 0


async def test_a_write_goes_on_when_its_caller_leaves(erp: Gateway) -> None:
    await _leave(erp, "POST", "/api/erp/Echo")
    assert erp.script.hold is not None
    await until(lambda: len(erp.catalogue.systems) == 1 and erp.script.running == 1)
    erp.script.hold.set()
    await until(lambda: erp.script.finished == 1)
    assert erp.script.cancelled == 0


async def test_a_client_that_leaves_while_sending(erp: Gateway) -> None:
    head = f"POST /api/erp/raw HTTP/1.1\r\nHost: x\r\nX-API-Key: {erp.key}\r\nContent-Length: 1000\r\n\r\nabc"
    _, writer = await asyncio.open_connection("127.0.0.1", erp.port)
    writer.write(head.encode())
    await erp.script.entered.wait()
    writer.transport.abort()
    await until(lambda: erp.script.running == 0)
    assert erp.script.finished == 0
    assert (await erp.request("GET", "/health/live")).status == 200


async def test_a_system_that_is_down_at_start(gateway: Gateway) -> None:
    gateway.script.up = False
    await gateway.start()
    answer = await gateway.request("GET", "/api/erp/rows")
    assert answer.problem(503, "system-unavailable")["outcome"] == "not_sent"
    state = (await gateway.request("GET", "/health/ready")).json["systems"]["erp"]
    assert state["state"] == "unavailable"
    assert "refused" in state["reason"]
    gateway.script.up = True
    await until(lambda: gateway.catalogue.systems["erp"].state is State.READY, 6)
    assert (await gateway.request("GET", "/api/erp/rows")).status == 200


async def test_a_system_that_goes_away_and_comes_back(erp: Gateway) -> None:
    system = erp.catalogue.systems["erp"]
    erp.script.up, erp.script.error = False, ConnectFailed("connection refused")
    (await erp.request("GET", "/api/erp/rows")).problem(503, "system-unavailable")
    await until(lambda: system.state is State.UNAVAILABLE)
    called = len(erp.script.requests)
    (await erp.request("GET", "/api/erp/rows")).problem(503, "system-unavailable")
    assert len(erp.script.requests) == called, "a call was tried although the system is known to be down"
    erp.script.up, erp.script.error = True, None
    started = time.monotonic()
    await until(lambda: system.state is State.READY)
    assert time.monotonic() - started < 5


async def test_one_failed_call_is_no_outage(erp: Gateway) -> None:
    connects = erp.script.connects
    erp.script.error = ConnectFailed("once")
    await erp.request("GET", "/api/erp/rows")
    erp.script.error = None
    await until(lambda: erp.script.connects > connects)
    assert (await erp.request("GET", "/api/erp/rows")).status == 200


async def test_a_system_that_describes_itself_late(gateway: Gateway) -> None:
    gateway.script.up = False
    await gateway.start(
        systems={"erp": {"adapter": "scripted_late", "late": True}},
        routes={"/one/{key}": {"get": {"call": "erp.rows.get", "with": {"key": "path.key"}}}},
    )
    (await gateway.request("GET", "/api/erp/rows")).problem(503, "system-unavailable")
    assert "Not described yet" in (await gateway.request("GET", "/openapi.json")).json["info"]["description"]
    gateway.script.up = True
    await until(lambda: gateway.catalogue.systems["erp"].state is State.READY)
    assert (await gateway.request("GET", "/api/erp/rows")).status == 200
    assert (await gateway.request("GET", "/api/one/7")).status == 200

    async def documented() -> bool:
        return "/api/erp/rows" in (await gateway.request("GET", "/openapi.json")).json["paths"]

    await until(documented)


# --- stopping -----------------------------------------------------------------------------------------------


async def test_stop_finishes_what_is_under_way(gateway: Gateway) -> None:
    await gateway.start(system={"max_in_flight": 100})
    gateway.script.hold = asyncio.Event()
    calls = [
        asyncio.create_task(
            gateway.request(*(("GET", "/api/erp/rows/1") if n % 2 else ("POST", "/api/erp/Echo")),
                            json=None if n % 2 else ORDER)
        )
        for n in range(100)
    ]  # fmt: skip
    await until(lambda: gateway.script.running == 100)
    idle_reader, idle_writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    stopped = gateway.begin_stop()
    assert await idle_reader.read() == b"", "an idle connection is closed"
    idle_writer.close()
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", gateway.port)
    gateway.script.hold.set()
    answers: list[Response] = await asyncio.gather(*calls)
    assert [answer.status for answer in answers] == [200] * 100
    started = time.monotonic()
    await stopped
    assert time.monotonic() - started < 5


async def test_stop_does_not_wait_longer_than_the_grace(gateway: Gateway) -> None:
    await gateway.start({"shutdown_grace_s": 0.3})
    gateway.script.hold = asyncio.Event()
    call = asyncio.create_task(gateway.request("GET", "/api/erp/rows/1"))
    await gateway.script.entered.wait()
    started = time.monotonic()
    await gateway.begin_stop()
    assert time.monotonic() - started < 5
    with pytest.raises(aiohttp.ClientError):
        await call


async def test_stop_ends_event_streams(erp: Gateway) -> None:
    erp.script.events.put_nowait(Event("1", b"1"))
    accept = {"Accept": "text/event-stream"}
    async with erp.session.get(erp.url + "/api/erp/topic/7", headers=accept) as answer:
        await answer.content.readany()
        started = time.monotonic()
        stopped = erp.begin_stop()
        await answer.read()
        await stopped
        assert time.monotonic() - started < 5
    assert erp.script.closed_streams == 1
