"""Bounded concurrency of one system: so many calls run, so many wait, further ones are turned away."""

from __future__ import annotations

import asyncio
from collections import deque

from adapters.contract import Deadline
from adapters.errors import PoolTimeout, Throttled

RETRY_AFTER_S = 1.0


class Bulkhead:
    """Slots for running calls and places in a first-in-first-out queue before them."""

    def __init__(self, name: str, max_running: int, max_waiting: int) -> None:
        self._name = name
        self._max_running = max_running
        self._max_waiting = max_waiting
        self._queue: deque[asyncio.Future[None]] = deque()
        self.running = 0

    @property
    def waiting(self) -> int:
        """Calls in the queue."""
        return len(self._queue)

    async def enter(self, deadline: Deadline) -> None:
        """Take a slot, waiting for it if need be. Each success is paired with one `leave`.

        Raises: Throttled when the queue is full, PoolTimeout when the deadline passes in the queue.
        """
        if self.running < self._max_running and not self._queue:
            self.running += 1
            return
        if len(self._queue) >= self._max_waiting:
            raise Throttled(
                f"{self._name} is busy: {self.running} calls running, {len(self._queue)} waiting",
                RETRY_AFTER_S,
            )
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout(deadline.remaining()):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.done() and not turn.cancelled():
                self.leave()  # the slot came in the same moment: hand it on
            elif turn in self._queue:
                self._queue.remove(turn)
            if isinstance(error, TimeoutError):
                raise PoolTimeout(f"{self._name}: no turn came within the time allowed") from None
            raise

    def leave(self) -> None:
        """Give the slot back; the first in the queue gets it."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.running -= 1
