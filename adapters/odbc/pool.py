"""Driver processes: started when needed, reused, tested when old, retired when idle, killed when hung."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from adapters.contract import Deadline
from adapters.errors import ConnectTimeout, PoolTimeout
from adapters.odbc import wire
from adapters.odbc.process import GRACE_S, Worker, WorkerDied, WorkerTimeout

PING_AFTER_S = 20.0
PING_BEFORE_WRITE_AFTER_S = 1.0
"""Sooner than for reads, which fail and may be repeated: of a write that a dead connection took nobody knows
what became."""
PING_TIMEOUT_S = 3.0


class Pool:
    """At most `size` connected workers.

    `open_worker` starts and connects one (raising the adapter's errors); `ping` is a trivial query.
    Units: seconds.
    """

    def __init__(self, size: int, idle_s: float, open_worker: Callable[[], Awaitable[Worker]]) -> None:
        self.ping = "SELECT 1"
        self._size = size
        self._idle_s = idle_s
        self._open_worker = open_worker
        self._idle: list[Worker] = []
        self._lent: set[Worker] = set()
        self._count = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._chores: set[asyncio.Task[None]] = set()
        self._openings: set[asyncio.Task[Worker]] = set()
        self._retiring: asyncio.TimerHandle | None = None
        self._suspect_before = 0.0
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def count(self) -> int:
        """Workers there are, idle, busy and being started."""
        return self._count

    @property
    def closed(self) -> bool:
        """True once `aclose` was called."""
        return self._closed

    def adopt(self, worker: Worker) -> None:
        """Take a connected worker that somebody else started. The others are tested before their next use:
        whoever connects anew may have found that the old connections are dead."""
        self._suspect_before = time.monotonic()
        if self._count >= self._size:
            self._do(worker.end(GRACE_S))
            return
        self._count += 1
        self.release(worker)

    async def acquire(self, deadline: Deadline, *, for_write: bool = False) -> Worker:
        """A connected worker that nobody else uses; it comes back by `release` or `discard`.

        Raises: PoolTimeout, ConnectTimeout, and what `open_worker` raises.
        """
        self._loop = asyncio.get_running_loop()
        trusted_s = PING_BEFORE_WRITE_AFTER_S if for_write else PING_AFTER_S
        while True:
            while self._idle:
                worker = self._idle.pop()
                if self._is_trusted(worker, trusted_s) or await self._is_alive(worker, deadline):
                    return self._lend(worker)
            if self._count < self._size:
                return self._lend(await self._started(deadline))
            await self._free(deadline)

    def _lend(self, worker: Worker) -> Worker:
        self._lent.add(worker)
        return worker

    def release(self, worker: Worker) -> None:
        """Give back a worker that is clean."""
        self._lent.discard(worker)
        if self._closed:
            self.discard(worker)
            return
        worker.last_used = time.monotonic()
        self._idle.append(worker)
        self._wake()
        if self._retiring is None:
            self._plan_retirement()

    def discard(self, worker: Worker) -> None:
        """Give back a worker that is not to be used again: what it runs is cancelled, then it is killed.

        What broke it may have broken the idle ones too, so those are tested before their next use.
        """
        self._suspect_before = time.monotonic()
        self._do(self._end(worker, GRACE_S))

    async def start_worker(self) -> Worker:
        """Start a process. It starts to the end even if the caller is cancelled, and is ended then: half a
        start would leave a socket or a process behind. Raises: OSError."""
        starting = asyncio.get_running_loop().create_task(Worker.start())
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            self._do(self._end_started(starting))
            raise

    def dispose(self, worker: Worker) -> None:
        """End a worker that never became one of the pool's own."""
        self._do(worker.end())

    def settle(self, worker: Worker) -> None:
        """Give back a worker in the middle of an answer that nobody wants any more."""
        self._do(self._settle(worker))

    def abandon(self, worker: Worker) -> None:
        """As `settle`, from a finalizer, which may run in any thread."""
        # When the event loop has ended there is nothing left to do: closed sockets end the processes.
        with contextlib.suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self.settle, worker)

    async def aclose(self) -> None:
        """End all workers, also those that others still hold: what they wait for ends at once."""
        self._closed = True
        for worker in self._lent:
            self._do(worker.end(GRACE_S))
        self._lent.clear()
        if self._retiring is not None:
            self._retiring.cancel()
            self._retiring = None
        for worker in self._idle:
            self._do(self._end(worker, GRACE_S))
        self._idle.clear()
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        for opening in self._openings:
            opening.cancel()
        while self._chores or self._openings:
            await asyncio.wait(self._chores | self._openings)

    # --------------------------------------------------------------------------------------------------

    async def _started(self, deadline: Deadline) -> Worker:
        if self._closed:
            raise PoolTimeout("the system is being closed")
        self._count += 1
        opening = asyncio.get_running_loop().create_task(self._opened())
        self._openings.add(opening)
        opening.add_done_callback(self._openings.discard)
        try:
            # Neither the caller's going nor its deadline ends the start: callers who never stay long would
            # have one process after the other started and killed.
            await asyncio.wait((opening,), timeout=deadline.remaining())
        except asyncio.CancelledError:
            opening.add_done_callback(self._keep)
            raise
        if not opening.done():
            opening.add_done_callback(self._keep)
            raise ConnectTimeout("no connection to the database was there in time")
        if opening.cancelled():
            raise PoolTimeout("the system is being closed")
        return opening.result()

    async def _opened(self) -> Worker:
        try:
            return await self._open_worker()
        except BaseException:
            self._count -= 1
            self._wake()
            raise

    def _keep(self, opening: asyncio.Task[Worker]) -> None:
        """Take in a worker whose caller has left. That it could not be opened is nobody's failure then."""
        if not opening.cancelled() and opening.exception() is None:
            self.release(opening.result())

    async def _free(self, deadline: Deadline) -> None:
        """Wait for a worker to come back or to be gone."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(deadline.remaining()):
                await waiter
        except TimeoutError:
            self._give_up(waiter)
            raise PoolTimeout(f"all {self._size} connections are busy") from None
        except asyncio.CancelledError:
            self._give_up(waiter)
            raise

    def _give_up(self, waiter: asyncio.Future[None]) -> None:
        """Leave the queue; whoever was woken and goes all the same passes the turn on."""
        if waiter in self._waiting:
            self._waiting.remove(waiter)
        elif not waiter.cancelled():
            self._wake()

    def _wake(self) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def _is_trusted(self, worker: Worker, seconds: float) -> bool:
        fresh = worker.last_used > max(self._suspect_before, time.monotonic() - seconds)
        return fresh and worker.is_running

    async def _is_alive(self, worker: Worker, deadline: Deadline) -> bool:
        try:
            kind, _ = await worker.ask(wire.Ping(self.ping), deadline.within(PING_TIMEOUT_S))
        except (WorkerDied, WorkerTimeout):
            kind = wire.MESSAGE
        except asyncio.CancelledError:
            self.settle(worker)
            raise
        except BaseException:
            self.discard(worker)
            raise
        if kind == wire.LAST:
            return True
        await self._retire(worker)
        return False

    async def _retire(self, worker: Worker) -> None:
        self._count -= 1
        self._do(worker.end(GRACE_S))

    async def _end_started(self, starting: asyncio.Task[Worker]) -> None:
        with contextlib.suppress(OSError):
            await (await starting).end()

    async def _settle(self, worker: Worker) -> None:
        if await worker.finish():
            self.release(worker)
        else:
            await self._end(worker, GRACE_S)

    async def _end(self, worker: Worker, grace_s: float) -> None:
        self._lent.discard(worker)
        try:
            await worker.end(grace_s)
        finally:
            self._count -= 1
            self._wake()

    def _do(self, chore: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(chore)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    def _plan_retirement(self) -> None:
        loop = asyncio.get_running_loop()
        self._retiring = loop.call_later(max(0.05, self._idle_s / 4), self._retire_idle)

    def _retire_idle(self) -> None:
        self._retiring = None
        now = time.monotonic()
        for worker in [worker for worker in self._idle if now - worker.last_used >= self._idle_s]:
            self._idle.remove(worker)
            self._do(self._end(worker, GRACE_S))
        if self._idle:
            self._plan_retirement()
