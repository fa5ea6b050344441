"""The spool on the event loop: its files are written and read in a few threads."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from itertools import islice
from typing import TypeVar

from gateway.messages.contract import SpoolWriter
from gateway.messages.errors import StoreError, StoreFailed
from gateway.messages.message import Payload, SpooledPayload
from gateway.messages.spool import FRAME_BYTES, Spool, SpoolFile

_T = TypeVar("_T")

_THREADS = 4
_FRAMES_AT_ONCE = 4
_GATHERED_BYTES = 4 * FRAME_BYTES


class Spooling:
    """Writes and reads spool files without keeping the event loop waiting. `failed` is told of every
    input/output error of a write."""

    def __init__(self, spool: Spool, failed: Callable[[str], None]) -> None:
        self._spool = spool
        self._failed = failed
        self._threads = ThreadPoolExecutor(_THREADS, "store-spool")

    @asynccontextmanager
    async def create(self) -> AsyncIterator[SpoolWriter]:
        """A new payload; without `finish` it is removed at the end. Raises: StoreFull, StoreFailed."""
        creating = asyncio.ensure_future(self.run(self._spool.create))
        try:
            file = await asyncio.shield(creating)
        except asyncio.CancelledError:
            with contextlib.suppress(StoreError):
                await self.run((await creating).give_up)
            raise
        try:
            yield _Writer(self, file)
        finally:
            # Not waited for with the caller's patience: one who was cancelled leaves nothing behind either.
            await asyncio.shield(self.run(file.give_up))

    @asynccontextmanager
    async def putting(self, inline_bytes: int) -> AsyncIterator[Callable[[Payload], Awaitable[Payload]]]:
        """Gives what puts payloads above `inline_bytes` into the spool for a change that is made inside the
        block. When the change is refused they are removed: one that is tried again until there is room would
        leave one behind each time. Raises: StoreFull, StoreFailed."""
        made: list[SpooledPayload] = []

        async def put(payload: Payload) -> Payload:
            if isinstance(payload, SpooledPayload) or len(payload) <= inline_bytes:
                return payload
            made.append(await self.store(payload))
            return made[-1]

        try:
            yield put
        except StoreFailed:
            raise  # perhaps the change was made
        except StoreError:
            for payload in made:
                await self.run(partial(self._spool.remove, payload.id))
            raise

    async def store(self, payload: bytes) -> SpooledPayload:
        """A payload that is there whole. Raises: StoreFull, StoreFailed."""
        async with self.create() as writer:
            await writer.write(payload)
            return await writer.finish()

    async def read(self, spool_id: str, sha256: str) -> AsyncGenerator[bytes, None]:
        """The payload in chunks of a few frames. Raises: Damaged."""
        frames = self._spool.read(spool_id, sha256)
        loop = asyncio.get_running_loop()
        while chunk := await loop.run_in_executor(self._threads, list, islice(frames, _FRAMES_AT_ONCE)):
            yield b"".join(chunk)

    async def run(self, function: Callable[[], _T]) -> _T:
        """Do something to a spool file in a thread. Raises: StoreFull, StoreFailed."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, function)
        except OSError as error:
            self._failed(f"the spool cannot be written: {error.strerror}")
            raise StoreFailed(f"the spool cannot be written: {error.strerror}") from error

    async def aclose(self) -> None:
        """Wait for what is being written, and end the threads."""
        await asyncio.to_thread(self._threads.shutdown)


class _Writer:
    """A `SpoolWriter` that gathers small chunks, so that each does not cost a change of threads."""

    def __init__(self, spooling: Spooling, file: SpoolFile) -> None:
        self._spooling = spooling
        self._file = file
        self._gathered: list[bytes] = []
        self._bytes = 0

    async def write(self, chunk: bytes) -> None:
        self._gathered.append(chunk)
        self._bytes += len(chunk)
        if self._bytes >= _GATHERED_BYTES:
            await self._flush()

    async def finish(self) -> SpooledPayload:
        await self._flush()
        return await self._spooling.run(self._file.finish)

    async def _flush(self) -> None:
        content = b"".join(self._gathered)
        self._gathered.clear()
        self._bytes = 0
        await self._spooling.run(partial(self._file.write, content))
