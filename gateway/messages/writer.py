"""The one thread that writes. Changes that arrive while it commits share its next transaction, so that many
callers pay for one sync together."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import apsw

from gateway.messages.core import Core
from gateway.messages.database import describe, is_fatal, is_full
from gateway.messages.disk import FULL
from gateway.messages.errors import StoreError, StoreFailed, StoreFull

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")

MAX_GROUP = 256
"""Changes in one transaction: more would make the first of them wait for the last."""
MAX_GROUP_BYTES = 4 << 20
_CHECKPOINT_PAGES = 1000
_TRUNCATE_PAGES = 16_000
"""Pages of the log (4 KiB each) from which readers are waited for, so that it starts anew."""

Work = Callable[[Core], Any]
Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One change that somebody waits for. `takes_in`: it brings something new, which is refused first when
    there is no room. `size`: bytes it brings."""

    future: asyncio.Future[Any]
    work: Work
    takes_in: bool
    size: int


class Writer:
    """Runs changes in its thread. All methods are called on the event loop."""

    def __init__(self, listener: Callable[[], None]) -> None:
        self._listener = listener
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.failure: str | None = None
        """Why the store accepts nothing more."""
        self._closed = False
        self._log_pages = 0

    async def start(
        self, open_core: Callable[[], Core], close_core: Callable[[Core | None, bool], None]
    ) -> None:
        """Start the thread and open the store in it. Raises: what opening raises."""
        self._loop = asyncio.get_running_loop()
        opened: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(
            target=self._main, args=(opened, open_core, close_core), name="store-writer", daemon=True
        )
        self._thread.start()
        await asyncio.shield(opened)

    def submit(
        self, work: Callable[[Core], _T], *, takes_in: bool = False, size: int = 0
    ) -> asyncio.Future[_T]:
        """Have a change made; the future is done when it is durable. Raises: StoreFailed."""
        if self.failure is not None:
            raise StoreFailed(self.failure)
        if self._closed or self._loop is None:
            raise StoreFailed("the store is not open")
        future: asyncio.Future[_T] = self._loop.create_future()
        self._queue.put(Job(future, work, takes_in, size))
        return future

    async def stop(self) -> None:
        """Make the changes that were asked for, and close. Idempotent."""
        self._closed = True
        if self._thread is not None:
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    def fail(self, reason: str) -> None:
        """Accept nothing more. Called by any thread."""
        if self.failure is None:
            self.failure = reason
            _LOG.critical("the store failed and accepts nothing more: %s", reason)
            self._call(self._listener)

    # in the thread

    def _main(
        self,
        opened: asyncio.Future[None],
        open_core: Callable[[], Core],
        close_core: Callable[[Core | None, bool], None],
    ) -> None:
        core = None
        try:
            core = open_core()
            core.db.set_wal_hook(self._note_log)
        except BaseException as error:
            self._call(_deliver, [(opened, None, error)])
        else:
            self._call(_deliver, [(opened, None, None)])
            self._serve(core)
        try:
            close_core(core, self.failure is None)
        except (apsw.Error, OSError) as error:
            self.fail(f"it could not be closed: {_reason(error)}")

    def _serve(self, core: Core) -> None:
        stopping = False
        while not stopping:
            job = self._queue.get()
            group: list[Job] = []
            size = 0
            while job is not None:
                group.append(job)
                size += job.size
                if len(group) >= MAX_GROUP or size >= MAX_GROUP_BYTES:
                    break
                try:
                    job = self._queue.get_nowait()
                except queue.Empty:
                    break
            stopping = job is None
            if group:
                self._make(core, group)
        while not self._queue.empty():
            job = self._queue.get_nowait()
            if job is not None:
                self._make(core, [job])

    def _make(self, core: Core, group: Sequence[Job]) -> None:
        """Make a group of changes and say how each went. Nothing that goes wrong here ends the thread."""
        try:
            outcomes = self._try(core, group)
            if core.wake:
                self._call(self._listener)
            self._call(_deliver, outcomes)
            self._after(core)
        except Exception as error:
            # Whatever it is, whether these changes are durable is not known.
            _LOG.debug("the store's writer failed", exc_info=error)
            self.fail(_reason(error))
            failed = StoreFailed(self.failure)
            self._call(_deliver, [(job.future, None, failed) for job in group])

    def _try(self, core: Core, group: Sequence[Job]) -> list[Outcome]:
        if self.failure is not None:
            raise StoreFailed(self.failure)
        try:
            return self._commit(core, group)
        except (apsw.FullError, apsw.IOError, OSError) as error:
            if not _is_full(error):
                raise
            return self._without_room(core, group)
        except apsw.BusyError:
            locked = StoreFull("the store's database is locked by another program")
            return [(job.future, None, locked) for job in group]

    def _without_room(self, core: Core, group: Sequence[Job]) -> list[Outcome]:
        """The disk is full: what would bring something new is refused, what runs gets the reserve."""
        full = StoreFull("the store's volume is full")
        refused: list[Outcome] = [(job.future, None, full) for job in group if job.takes_in]
        kept = [job for job in group if not job.takes_in]
        core.room.give_up()
        if kept:
            try:
                # The log, once taken over, is written anew from its beginning and grows no more.
                core.db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
                return refused + self._commit(core, kept)
            except (apsw.FullError, apsw.IOError, OSError) as error:
                if not _is_full(error):
                    raise
        return refused + [(job.future, None, full) for job in kept]

    def _commit(self, core: Core, group: Sequence[Job]) -> list[Outcome]:
        """All changes in one transaction. When one fails after it has written something, all are made anew,
        each inside a savepoint; the common case is spared the savepoints.

        Raises: apsw.Error, StoreFailed.
        """
        try:
            return self._transaction(core, group, savepoints=False)
        except _Anew:
            return self._transaction(core, group, savepoints=True)

    def _transaction(self, core: Core, group: Sequence[Job], *, savepoints: bool) -> list[Outcome]:
        db = core.db
        try:
            db.execute("BEGIN IMMEDIATE")
            _check_epoch(core)
            core.begin()
            outcomes = [_run(core, job, savepoints) for job in group]
            db.execute("COMMIT")
        except BaseException:
            core.numbers.clear()
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        return outcomes

    def _note_log(self, connection: apsw.Connection, name: str, pages: int) -> int:
        self._log_pages = pages
        return apsw.SQLITE_OK

    def _after(self, core: Core) -> None:
        """What nobody waits for: the log, files that are not needed, the reserve."""
        try:
            for spool in core.removed:
                core.spool.remove(spool)
            core.removed.clear()
            if self._log_pages >= _CHECKPOINT_PAGES:
                mode = (
                    apsw.SQLITE_CHECKPOINT_PASSIVE
                    if self._log_pages < _TRUNCATE_PAGES
                    else apsw.SQLITE_CHECKPOINT_TRUNCATE
                )
                self._log_pages = 0
                core.db.wal_checkpoint(mode=mode)
            core.room.restore()
        except apsw.BusyError:
            pass  # a reader is still at it: the next group tries again
        except (apsw.FullError, apsw.IOError, OSError) as error:
            if not _is_full(error):
                raise

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        if self._loop is None:
            return  # nobody waits yet
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            _LOG.debug("the event loop ended before the store was closed")


class _Anew(Exception):
    """A change failed that had written something."""


def _run(core: Core, job: Job, savepoint: bool) -> Outcome:
    db = core.db
    if job.future.cancelled():
        return (job.future, None, None)
    if savepoint:
        db.execute("SAVEPOINT change")
    before, active, removed = db.total_changes(), core.active, len(core.removed)
    try:
        outcome: Outcome = (job.future, job.work(core), None)
    except (apsw.FullError, OSError):
        raise
    except Exception as error:
        if isinstance(error, apsw.Error) and is_fatal(error):
            raise
        if savepoint:
            db.execute("ROLLBACK TO change")
            core.numbers.clear()
        elif db.total_changes() != before:
            raise _Anew from error
        core.active = active
        del core.removed[removed:]
        outcome = (job.future, None, error)
    if savepoint:
        db.execute("RELEASE change")
    return outcome


def _check_epoch(core: Core) -> None:
    """The file lock keeps other gateways away; where it does not work, this notices. Raises: StoreFailed."""
    if core.db.execute("SELECT value FROM meta WHERE name = 'epoch'").get != core.epoch:
        raise StoreFailed("another process has opened the store")


def _is_full(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in FULL
    return isinstance(error, apsw.Error) and is_full(error)


def _reason(error: BaseException) -> str:
    if isinstance(error, apsw.Error):
        return describe(error)
    return str(error) if isinstance(error, StoreError) else f"{type(error).__name__}: {error}"


def _deliver(outcomes: Sequence[Outcome]) -> None:
    for future, value, error in outcomes:
        if future.done():
            continue  # whoever asked has gone
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)
