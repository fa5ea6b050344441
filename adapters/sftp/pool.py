"""The connections of one system: at most `max_connections`, each used by one call at a time.

paramiko blocks, so every piece of work runs in a thread of a pool that has as many threads. A piece of work
ends at its deadline by the channel's time-out; should it be stuck where paramiko has none (a full socket
buffer, a negotiation), the connection is cut from the event loop, which frees the thread.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

import paramiko

from adapters.contract import Deadline
from adapters.errors import (
    AdapterError,
    ConnectFailed,
    InvalidRequest,
    PeerRejected,
    PermissionDenied,
    PoolTimeout,
)
from adapters.sftp.config import SftpSettings
from adapters.sftp.hostkeys import HostKeyCheck
from adapters.sftp.packets import StatusError, Type
from adapters.sftp.session import Credentials, Session
from adapters.sftp.translate import Phase, Progress, translate_errors
from adapters.sftp.wire import Wire

T = TypeVar("T")

BROKEN = (AdapterError, StatusError, paramiko.SSHException, EOFError, OSError)
"""Everything that work on a session may raise of its own."""
ANSWERS = (StatusError, PeerRejected, PermissionDenied, InvalidRequest)
"""Failures that leave the connection as good as it was."""

_GRACE_S = 0.25
"""How long after its deadline a piece of work may still end by itself before its connection is cut."""
_CHECK_AFTER_S = 10.0
"""An idle connection older than this is asked for a sign of life before it is used: a firewall may have
dropped it without a word."""
_CHECK_S = 3.0
_REAP_DELAY_S = 0.1
"""How long after it is due an idle connection is closed, so that those due together go together."""


class Pool:
    """Hands out sessions and runs work on them."""

    def __init__(
        self, system: str, settings: SftpSettings, credentials: Credentials, check: HostKeyCheck
    ) -> None:
        self._system = system
        self._settings = settings
        self._credentials = credentials
        self._check = check
        self._slots = asyncio.Semaphore(settings.max_connections)
        self._idle: list[Session] = []
        self._busy: set[Session] = set()
        self._threads: ThreadPoolExecutor | None = None
        self._reaper: asyncio.TimerHandle | None = None
        self._closed = False

    @asynccontextmanager
    async def lease(self, deadline: Deadline, *, fresh: bool = False) -> AsyncIterator[Session]:
        """A session for the length of a block. It is used again unless the block failed by more than an
        answer that says no."""
        session = await self.acquire(deadline, fresh=fresh)
        try:
            yield session
        except BaseException as error:
            self.release(session, reusable=isinstance(error, ANSWERS))
            raise
        self.release(session, reusable=True)

    async def acquire(self, deadline: Deadline, *, fresh: bool = False) -> Session:
        """An open session; `fresh` makes a new connection. To be given back by `release`.

        Raises: PoolTimeout, ConnectFailed, ConnectTimeout, AuthenticationFailed, PermissionDenied,
        ProtocolViolation.
        """
        self._insist_on_open()
        try:
            async with asyncio.timeout(deadline.remaining()):
                await self._slots.acquire()
        except TimeoutError:
            most = self._settings.max_connections
            raise PoolTimeout(
                f"{self._system}: all {most} connections were busy until the deadline"
            ) from None
        try:
            self._insist_on_open()  # it may have been closed during the wait
            return await self._idle_session(deadline, fresh) or await self._open(deadline)
        except BaseException:
            self._slots.release()
            raise

    def release(self, session: Session, *, reusable: bool) -> None:
        """Give a session back. Never blocks."""
        self._busy.discard(session)
        if reusable and not self._closed and session.is_usable():
            session.used_at = time.monotonic()
            self._idle.append(session)
            self._reap_later()
        else:
            self._discard(session)
        self._slots.release()

    async def run(self, session: Session, deadline: Deadline, work: Callable[[Wire], T]) -> T:
        """Do blocking work on a session in a pool thread.

        Cancelled, or past the deadline, the connection is cut and the thread ends soon after.
        Raises: what `work` raises, TimeoutError.
        """

        def call() -> T:
            session.wire.deadline = deadline
            return work(session.wire)

        return await self._in_thread(session, deadline, call)

    def reopen(self) -> None:
        """Allow connections again after `aclose`."""
        self._closed = False

    async def aclose(self) -> None:
        """Close every connection, also those in use, and end the threads. Idempotent."""
        self._closed = True
        for session in self._busy:
            session.abort()
        idle, self._idle = self._idle, []
        for session in idle:
            self._discard(session)
        if self._reaper is not None:
            self._reaper.cancel()
            self._reaper = None
        threads, self._threads = self._threads, None
        if threads is not None:
            await asyncio.get_running_loop().run_in_executor(None, threads.shutdown)

    def _insist_on_open(self) -> None:
        if self._closed:
            raise ConnectFailed(f"{self._system}: has been closed")

    async def _idle_session(self, deadline: Deadline, fresh: bool) -> Session | None:
        """A connection that is there and lives; connections found dead are dropped."""
        while self._idle:
            session = self._idle.pop()
            age = time.monotonic() - session.used_at
            if not fresh and session.is_usable() and age < self._settings.idle_timeout_s:
                self._busy.add(session)
                if age < _CHECK_AFTER_S or await self._answers(session, deadline.within(_CHECK_S)):
                    return session
                self._busy.discard(session)
            self._discard(session)
            if fresh:
                break
        return None

    async def _answers(self, session: Session, deadline: Deadline) -> bool:
        try:
            await self.run(session, deadline, lambda wire: wire.attributes(wire.send_path(Type.STAT, b".")))
        except asyncio.CancelledError:
            self._busy.discard(session)
            self._discard(session)
            raise
        except BROKEN:
            return False
        return True

    async def _open(self, deadline: Deadline) -> Session:
        deadline = deadline.within(self._settings.connect_timeout_s)
        address = f"{self._settings.host} port {self._settings.port}"
        progress = Progress(Phase.CONNECT, f"{self._system}: connecting to {address}")
        with translate_errors(progress):
            session = Session(await self._dial(deadline))
            self._busy.add(session)
            try:
                await self._in_thread(
                    session,
                    deadline,
                    lambda: session.open(self._settings, self._credentials, self._check, deadline),
                )
            except BaseException:
                self._busy.discard(session)
                self._discard(session)
                raise
        return session

    async def _dial(self, deadline: Deadline) -> socket.socket:
        """A connected TCP socket: the first of the host's addresses that accepts. Raises: OSError."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(deadline.remaining()):
            found = await loop.getaddrinfo(self._settings.host, self._settings.port, type=socket.SOCK_STREAM)
            return await _first_connection(loop, [(info[0], info[4]) for info in found])

    async def _in_thread(self, session: Session, deadline: Deadline, call: Callable[[], T]) -> T:
        if self._closed:
            raise EOFError("the connections have been closed")
        if self._threads is None:
            self._threads = ThreadPoolExecutor(
                self._settings.max_connections, thread_name_prefix=f"sftp-{self._system}"
            )
        future = asyncio.get_running_loop().run_in_executor(self._threads, call)
        cut = asyncio.get_running_loop().call_later(deadline.remaining() + _GRACE_S, session.abort)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            session.abort()
            # Its result is of no use to anybody; without this asyncio complains that nobody looked at it.
            future.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise
        except (paramiko.SSHException, EOFError, OSError) as error:
            if deadline.expired() and not isinstance(error, TimeoutError):
                raise TimeoutError("cut at the deadline") from error
            raise
        finally:
            cut.cancel()

    def _discard(self, session: Session) -> None:
        session.abort()
        if self._threads is None:
            asyncio.get_running_loop().run_in_executor(None, session.close)
        else:
            self._threads.submit(session.close)

    def _reap_later(self) -> None:
        """Look at the idle connections again when the first of them is due."""
        if self._reaper is None and self._idle:
            oldest = min(session.used_at for session in self._idle)
            wait_s = max(0.0, oldest + self._settings.idle_timeout_s - time.monotonic()) + _REAP_DELAY_S
            self._reaper = asyncio.get_running_loop().call_later(wait_s, self._reap)

    def _reap(self) -> None:
        self._reaper = None
        now = time.monotonic()
        for session in list(self._idle):
            if now - session.used_at >= self._settings.idle_timeout_s or not session.is_usable():
                self._idle.remove(session)
                self._discard(session)
        self._reap_later()


async def _first_connection(
    loop: asyncio.AbstractEventLoop, addresses: list[tuple[int, tuple[object, ...]]]
) -> socket.socket:
    last: OSError | None = None
    for family, address in addresses:
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            # paramiko writes small packets; without this each waits for the answer to the one before.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(connection, address)
        except OSError as error:
            last = error
            connection.close()
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise last or OSError("the host has no address")
