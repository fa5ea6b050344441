"""Gateways that are killed while the store is called: at one call after the other, before or after it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

from gateway.messages import SqliteStore, State
from tests.unit.gateway.flows.bench import Bench, until
from tests.unit.gateway.flows.scripted import Arriving

T = TypeVar("T")

STORE_CALLS = ("append", "lease", "record", "complete", "retry", "define")


class Hang:
    """Hangs the store at its so-many-th call, before or after it has done what it was asked."""

    def __init__(self, store: SqliteStore, number: int, *, after: bool) -> None:
        self.left = number
        self.hung = asyncio.Event()
        for name in STORE_CALLS:
            setattr(store, name, self._wrapped(getattr(store, name), after))

    def _wrapped(self, call: Any, after: bool) -> Any:
        async def wrapped(*arguments: Any, **named: Any) -> Any:
            self.left -= 1
            if self.left > 0:
                return await call(*arguments, **named)
            if self.left == 0 and after:
                await call(*arguments, **named)
            self.hung.set()
            return await asyncio.Event().wait()

        return wrapped


async def killed_at_each_call(
    folder: Path,
    make: Callable[[Bench], T],
    channel: str,
    data: bytes,
    *,
    after: bool,
    messages: int = 1,
) -> AsyncIterator[tuple[int, Bench, T]]:
    """For each call of the store, its number, a bench that was killed at it, to be started again, and what
    `make` gave, which writes its flows. `data` came to the channel, and comes again where its source was not
    told that it is stored. The last one was killed after all its `messages` had ended."""
    number, hung = 0, True
    while hung:
        number += 1
        own = folder / str(number)
        own.mkdir()
        bench = Bench(own)
        made = make(bench)
        hung = await _killed_at(bench, number, channel, data, after=after, messages=messages)
        yield number, bench, made


async def _killed_at(
    bench: Bench, number: int, channel: str, data: bytes, *, after: bool, messages: int
) -> bool:
    """Whether it was killed at this call; False when all had ended before."""
    bench.prepare()
    await bench.store.open()
    hang = Hang(bench.store, number, after=after)
    await bench.catalogue.start()
    await bench.engine.start()
    (arriving,) = bench.arrive(channel, Arriving(data, key="file"))

    async def over() -> bool:
        found = await bench.store.find()
        ended = [each for each in found if each.state in (State.DONE, State.DEAD)]
        return hang.hung.is_set() or len(ended) == messages

    await until(over)
    await bench.kill()
    if not arriving.acked:
        bench.script.arriving[channel] = asyncio.Queue()
        bench.arrive(channel, Arriving(data, key="file", redelivered=True))
    return hang.hung.is_set()
