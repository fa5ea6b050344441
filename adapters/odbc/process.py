"""The gateway's handle on one driver process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from adapters.contract import Deadline
from adapters.odbc import wire

log = logging.getLogger(__name__)

# What Python, the driver manager and the drivers read. The rest of the gateway's environment stays with it:
# the secrets of all systems are there.
_PASSED_ON = re.compile(
    r"PATH|HOME|USER|LANG|LC_.*|TZ|TZDIR|TMPDIR|LD_LIBRARY_PATH|PYTHON.*|ODBC.*|KRB5.*|SSL_CERT_FILE|SSL_CERT_DIR"
    r"|TNS_ADMIN|ORACLE_HOME|NLS_LANG|INFORMIXDIR|DB2INSTANCE|FREETDS|FREETDSCONF|TDSVER"
)
_PACKAGES = str(Path(__file__).resolve().parents[2])
GRACE_S = 1.0
"""Seconds a process may take to end by itself, or to finish what nobody waits for any more."""


class WorkerDied(Exception):
    """The process ended, or broke the dialogue."""


class WorkerTimeout(Exception):
    """The process did not answer in time."""


class _Frames(asyncio.Protocol):
    """Cuts what arrives into frames; one reader at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._frames: deque[tuple[int, bytes]] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no asyncio.Transport by class, only by what they do.
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        size = wire.HEADER.size
        at = 0
        while len(buffer) - at >= size:
            kind, length = wire.HEADER.unpack_from(buffer, at)
            if length > wire.MAX_PAYLOAD_BYTES:
                self._break_off(length)
                return
            if len(buffer) - at < size + length:
                break
            self._frames.append((kind, bytes(memoryview(buffer)[at + size : at + size + length])))
            at += size + length
        if at:
            del buffer[:at]
            self._wake()

    def _break_off(self, length: int) -> None:
        log.warning("an ODBC driver process sends %d bytes at once and is ended", length)
        self._buffer.clear()
        if self.transport is not None:
            self.transport.abort()

    @property
    def lost(self) -> bool:
        """True once the connection has ended."""
        return self._lost

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def next(self, seconds: float) -> tuple[int, bytes]:
        """The next frame.

        Raises: WorkerDied, WorkerTimeout.
        """
        if not self._frames:
            if self._lost:
                raise WorkerDied("the driver process ended")
            loop = asyncio.get_running_loop()
            waiter = self._waiter = loop.create_future()
            timer = loop.call_later(seconds, _time_out, waiter)
            try:
                await waiter
            finally:
                timer.cancel()
                self._waiter = None
        if not self._frames:
            raise WorkerDied("the driver process ended")
        return self._frames.popleft()


def _time_out(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(WorkerTimeout("the driver did not answer in time"))


def environment(whole: Mapping[str, str]) -> dict[str, str]:
    """What of the gateway's environment a driver process is given."""
    return {name: value for name, value in whole.items() if _PASSED_ON.fullmatch(name)}


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"killed by {signal.Signals(-code).name}"
    return f"killed by signal {-code}"


class Worker:
    """One driver process with one connection. It is idle, or one task talks to it."""

    def __init__(self, process: asyncio.subprocess.Process, frames: _Frames) -> None:
        self._process = process
        self._frames = frames
        self._ending = False
        self.last_used = time.monotonic()

    @classmethod
    async def start(cls) -> Worker:
        """Start a process, not yet connected. Raises: OSError when it cannot be started."""
        ours, theirs = socket.socketpair()
        try:
            ours.setblocking(False)
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                "adapters.odbc.worker",
                stdin=theirs.fileno(),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env={**environment(os.environ), "PYTHONPATH": _PACKAGES},
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        try:
            _, frames = await asyncio.get_running_loop().create_connection(_Frames, sock=ours)
        except BaseException:  # cancelled in between: neither the socket nor the process may be left behind
            ours.close()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            raise
        return cls(process, frames)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """False once the process has closed its end."""
        return self._frames.transport is not None and not self._frames.transport.is_closing()

    def send(self, message: wire.ToWorker | bytes) -> None:
        """Send one message, or the frame of one. Raises: WorkerDied."""
        transport = self._frames.transport
        if transport is None or not self.is_running:
            raise WorkerDied("the driver process ended")
        transport.write(message if isinstance(message, bytes) else wire.frame(message))

    async def receive(self, deadline: Deadline) -> tuple[int, bytes]:
        """The next frame: its kind and payload.

        Raises: WorkerDied, WorkerTimeout.
        """
        return await self._frames.next(deadline.remaining())

    async def ask(self, message: wire.ToWorker | bytes, deadline: Deadline) -> tuple[int, bytes]:
        """Send one message and wait for the first frame of its answer.

        Raises: WorkerDied, WorkerTimeout.
        """
        self.send(message)
        return await self.receive(deadline)

    async def finish(self) -> bool:
        """Give up the rest of an answer. True when the worker is idle again, False when it has to go."""
        deadline = Deadline.after(GRACE_S)
        try:
            kind, _ = await self.receive(deadline)
            if kind == wire.MORE:
                kind, _ = await self.ask(wire.Stop(), deadline)
            return kind == wire.LAST
        except (WorkerDied, WorkerTimeout):
            return False

    async def end(self, grace_s: float = 0.0) -> None:
        """End the process: by closing our end, and by SIGKILL after the grace.

        On seeing our end closed the worker cancels what runs in the database.
        """
        transport = self._frames.transport
        by_itself = self._frames.lost and not self._ending
        self._ending = True
        if transport is not None:
            transport.abort()
        if grace_s:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), grace_s)
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        code = await self._process.wait()
        if by_itself:
            log.warning("ODBC driver process %d ended by itself: %s", self.pid, _ending(code))
        await asyncio.sleep(0)  # asyncio closes its handle on the process in the turn after its end
