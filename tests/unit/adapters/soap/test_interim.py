"""A server that answers with `100 Continue` and never with anything else."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from adapters.contract import Deadline
from adapters.errors import Outcome, ProtocolViolation
from adapters.soap.interim import MAX_INTERIM
from tests.unit.adapters.soap.answers import PONG, ask, connected, envelope, http
from tests.unit.adapters.soap.conftest import Make, Rogue

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
# A loop that reads without end is held for the whole deadline, 5 s; a busy machine alone holds it for tenths.
HELD_UP = 2.0
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"


@asynccontextmanager
async def endless(interim: bytes, *, gets_too: bool) -> AsyncIterator[int]:
    """The port of a server, in a thread of its own so that the tests' loop is the client's alone."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while (await reader.readuntil(b"\r\n\r\n")).startswith(b"GET") and not gets_too:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            while True:
                writer.write(interim * 2000)
                await writer.drain()
        writer.close()

    listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    tell = asyncio.get_running_loop().call_soon_threadsafe
    stop: list[Callable[[], None]] = []

    async def run() -> None:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        stop.append(lambda: loop.call_soon_threadsafe(ended.set))
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        tell(listening.set_result, server.sockets[0].getsockname()[1])
        await ended.wait()
        server.close()
        await server.wait_closed()

    thread = asyncio.create_task(asyncio.to_thread(asyncio.run, run()))
    try:
        yield await listening
    finally:
        stop[0]()
        await thread


async def worst_gap(until: asyncio.Task[object]) -> float:
    worst, last = 0.0, time.monotonic()
    while not until.done():
        await asyncio.sleep(0.005)
        worst, last = max(worst, time.monotonic() - last), time.monotonic()
    return worst


@pytest.mark.parametrize("interim", [CONTINUE, HINTS], ids=["100", "103"])
@pytest.mark.parametrize(
    ("safe", "outcome"),
    [pytest.param(["Ping"], None, id="read"), pytest.param([], Outcome.UNKNOWN, id="write")],
)
async def test_endless_interim_answers_end_the_call_and_hold_up_nobody(
    make: Make, interim: bytes, safe: list[str], outcome: Outcome | None
) -> None:
    async with endless(interim, gets_too=False) as port:
        adapter = make(endpoint=f"http://127.0.0.1:{port}/orders", safe=safe)
        await adapter.connect(Deadline.after(5))
        call = asyncio.create_task(ask(adapter, within_s=5))
        assert await worst_gap(call) < HELD_UP
        with pytest.raises(ProtocolViolation, match="interim") as caught:
            await call
        assert caught.value.outcome is outcome
        await adapter.aclose()


async def test_endless_interim_answers_to_the_probing_get(make: Make) -> None:
    async with endless(CONTINUE, gets_too=True) as port:
        adapter = make(endpoint=f"http://127.0.0.1:{port}/orders")
        connecting = asyncio.create_task(adapter.connect(Deadline.after(5)))
        assert await worst_gap(connecting) < HELD_UP
        await connecting
        await adapter.aclose()


async def test_a_few_interim_answers_are_passed_over(make: Make, rogue: Rogue) -> None:
    rogue.close = False
    reply = http(envelope(PONG)).replace(b"Connection: close\r\n", b"")
    rogue.answer = CONTINUE * (MAX_INTERIM - 1) + HINTS + reply
    adapter = await connected(make, rogue)
    for _ in range(3):  # on one connection: each answer is counted anew
        assert await ask(adapter) is not None
