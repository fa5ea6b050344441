"""A read's rows on their way from the worker to whoever asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from types import TracebackType

from adapters.contract import Deadline
from adapters.odbc import wire
from adapters.odbc.pool import Pool
from adapters.odbc.process import Worker, WorkerDied, WorkerTimeout


class Blocks(AsyncGenerator[bytes, None]):
    """Hands on the first block, then asks for each next one ahead of the reader by one.

    A class and not an async generator, because closing a generator that was never started runs none of its
    code, and the worker would be lost. Units: seconds for `patience_s`, the wait for each block.
    """

    def __init__(
        self,
        pool: Pool,
        worker: Worker,
        first: bytes,
        patience_s: float,
        fail: Callable[[bytes | Exception], tuple[Exception, bool]],
    ) -> None:
        """`fail` turns a failure message or a worker's error into the error to raise, and says whether the
        worker can be used again."""
        self._pool = pool
        self._worker: Worker | None = worker
        self._first: bytes | None = first
        self._patience_s = patience_s
        self._fail = fail
        self._broken: Exception | None = None
        try:
            worker.send(wire.Next())
        except WorkerDied as error:
            self._broken = error  # told when the reader comes to it; the first block is good

    async def asend(self, value: None) -> bytes:
        """The next block. Raises: ReadTimeout, ConnectionLost, PeerRejected and the other read errors."""
        if self._first is not None:
            first, self._first = self._first, None
            return first
        worker = self._worker
        if worker is None:
            raise StopAsyncIteration
        try:
            if self._broken is not None:
                raise self._broken
            kind, payload = await worker.receive(Deadline.after(self._patience_s))
            if kind == wire.MORE:
                worker.send(wire.Next())
        except (WorkerDied, WorkerTimeout) as error:
            self._worker = None
            self._pool.discard(worker)
            raise self._fail(error)[0] from error
        except asyncio.CancelledError:
            await self.aclose()
            raise
        except BaseException:
            self._worker = None
            self._pool.discard(worker)
            raise
        if kind == wire.MORE:
            return payload
        self._worker = None
        return self._ended(worker, kind, payload)

    def _ended(self, worker: Worker, kind: int, payload: bytes) -> bytes:
        if kind == wire.LAST:
            self._pool.release(worker)
            if payload:
                return payload
            raise StopAsyncIteration
        try:
            error, usable = self._fail(payload)
        except BaseException:
            self._pool.discard(worker)
            raise
        (self._pool.release if usable else self._pool.discard)(worker)
        raise error

    async def athrow(
        self,
        typ: type[BaseException] | BaseException,
        val: BaseException | object = None,
        tb: TracebackType | None = None,
    ) -> bytes:
        """Close and raise: nothing here catches what is thrown in."""
        await self.aclose()
        raise typ if isinstance(typ, BaseException) else typ()

    async def aclose(self) -> None:
        """Give up the rest. The worker is cleaned, or killed, without anybody waiting. Idempotent."""
        self._first = None
        worker, self._worker = self._worker, None
        if worker is not None:
            self._pool.settle(worker)

    def __del__(self) -> None:
        # Not closed by whoever took the reply: the connection at least is not lost.
        worker, self._worker = self._worker, None
        if worker is not None:
            self._pool.abandon(worker)


class OneBlock(AsyncGenerator[bytes, None]):
    """Rows that came as one block."""

    def __init__(self, block: bytes) -> None:
        self._block = block

    async def asend(self, value: None) -> bytes:
        """The block, once, unless it is empty."""
        block, self._block = self._block, b""
        if not block:
            raise StopAsyncIteration
        return block

    async def athrow(
        self,
        typ: type[BaseException] | BaseException,
        val: BaseException | object = None,
        tb: TracebackType | None = None,
    ) -> bytes:
        """Raise what is thrown in."""
        self._block = b""
        raise typ if isinstance(typ, BaseException) else typ()

    async def aclose(self) -> None:
        """Idempotent."""
        self._block = b""
