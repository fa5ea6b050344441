from __future__ import annotations

import asyncio
import contextlib
import random

import pytest

from adapters.contract import Deadline
from adapters.errors import PoolTimeout, Throttled
from gateway.catalogue.bulkhead import Bulkhead


async def test_order_and_bounds() -> None:
    bulkhead = Bulkhead("erp", 1, 2)
    await bulkhead.enter(Deadline.after(1))
    order: list[int] = []

    async def wait(number: int) -> None:
        await bulkhead.enter(Deadline.after(5))
        order.append(number)

    waiting = [asyncio.create_task(wait(number)) for number in range(2)]
    await asyncio.sleep(0)
    assert (bulkhead.running, bulkhead.waiting) == (1, 2)
    with pytest.raises(Throttled):
        await bulkhead.enter(Deadline.after(1))
    bulkhead.leave()
    bulkhead.leave()
    await asyncio.gather(*waiting)
    assert order == [0, 1]
    bulkhead.leave()
    assert (bulkhead.running, bulkhead.waiting) == (0, 0)


async def test_a_deadline_in_the_queue() -> None:
    bulkhead = Bulkhead("erp", 1, 2)
    await bulkhead.enter(Deadline.after(1))
    with pytest.raises(PoolTimeout):
        await bulkhead.enter(Deadline.after(0.01))
    assert (bulkhead.running, bulkhead.waiting) == (1, 0)


async def test_no_slot_is_lost_whatever_is_cancelled() -> None:
    chance = random.Random(7)
    bulkhead = Bulkhead("erp", 3, 50)

    async def call() -> None:
        await bulkhead.enter(Deadline.after(chance.choice([0.0, 0.001, 5])))
        try:
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)
        finally:
            bulkhead.leave()

    for _ in range(200):
        tasks = [asyncio.create_task(call()) for _ in range(20)]
        for task in tasks:
            for _ in range(chance.randrange(2)):
                await asyncio.sleep(0)
            if chance.random() < 0.5:
                task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
        assert (bulkhead.running, bulkhead.waiting) == (0, 0)
