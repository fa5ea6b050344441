"""The embedded message store: one SQLite database and a spool of files below the state folder.

Changes are made by one thread (`writer`), what is looked up is read by another, and spool files are written
and read by a few more; the event loop waits for none of them.

It is long because the contract is: a method each, which says in which thread it is done.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

import apsw

from gateway.messages import (
    deciding,
    disk,
    finding,
    intake,
    leasing,
    numbering,
    remedies,
    reservations,
    retention,
    running,
)
from gateway.messages.contract import (
    Anew,
    Change,
    Counted,
    DeadRecord,
    Follows,
    Lease,
    Reservation,
    SpoolWriter,
    Standing,
)
from gateway.messages.core import Core
from gateway.messages.database import connect, describe, is_fatal
from gateway.messages.errors import CannotOpen, Damaged, StoreFailed
from gateway.messages.looking import Looking
from gateway.messages.message import (
    Appended,
    Arrival,
    Failure,
    Fullness,
    HistoryEntry,
    Message,
    Progress,
    State,
)
from gateway.messages.opening import Paths, close_core, mark_failed, open_core
from gateway.messages.room import Room
from gateway.messages.settings import StoreSettings
from gateway.messages.spooling import Spooling
from gateway.messages.writer import Writer

_T = TypeVar("_T")
_ACTIVE = (State.PENDING, State.RUNNING)


class SqliteStore:
    """A `MessageStore` in one SQLite database and a spool of files below `folder`, for one process.

    `now`: seconds since 1970. `vfs`: the name of an apsw VFS, for tests with failing disks.
    """

    def __init__(
        self,
        folder: Path,
        settings: StoreSettings | None = None,
        *,
        now: Callable[[], float] = time.time,
        vfs: str | None = None,
    ) -> None:
        self._paths = Paths(folder)
        self._settings = settings or StoreSettings()
        self._now = now
        self._vfs = vfs
        self._listeners: list[Callable[[], None]] = []
        self._writer = Writer(self._changed)
        self._reader = ThreadPoolExecutor(1, "store-reader")
        self._view: finding.View | None = None
        self._looking: Looking | None = None
        self._spooling: Spooling | None = None
        self._room: Room | None = None
        self._lock: disk.FolderLock | None = None

    # life

    async def open(self) -> None:
        """See `MessageStore.open`."""
        try:
            await asyncio.to_thread(self._prepare)
            await self._writer.start(self._open_core, self._close_core)
            self._view = await self._in_reader(self._open_view)
            assert self._sealer is not None
            self._looking = Looking(self._connect_to_read, self._sealer, self._writer.fail)
        except (OSError, apsw.Error) as error:
            why = self._remedy(error)
            self._writer.fail(why)
            await self.aclose()
            if isinstance(error, apsw.Error) and is_fatal(error):
                mark_failed(self._paths, why)
            raise (Damaged if remedies.is_damage(error) else CannotOpen)(why) from error
        except StoreFailed as error:
            await self.aclose()
            raise CannotOpen(str(error)) from error
        except BaseException:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """See `MessageStore.aclose`."""
        view, self._view = self._view, None
        looking, self._looking = self._looking, None
        if view is not None:
            await self._in_reader(partial(view.db.close, True))
        if looking is not None:
            await self._in_reader(looking.close)
        await self._writer.stop()
        self._reader.shutdown(wait=False)
        spooling, self._spooling = self._spooling, None
        if spooling is not None:
            await spooling.aclose()
        if self._lock is not None:
            self._lock.release()

    @property
    def failed(self) -> bool:
        """See `MessageStore.failed`."""
        return self._writer.failure is not None

    def on_change(self, listener: Callable[[], None]) -> None:
        """See `MessageStore.on_change`."""
        self._listeners.append(listener)

    # taking in

    async def fullness(self) -> Fullness:
        """See `MessageStore.fullness`."""
        counts = await self.counts()
        if self._room is not None and await asyncio.to_thread(self._room.is_full):
            return Fullness.DISK
        active = sum(count for (_, state), count in counts.items() if state in _ACTIVE)
        return Fullness.MESSAGES if active >= self._settings.max_pending else Fullness.OK

    def spool(self) -> AbstractAsyncContextManager[SpoolWriter]:
        """See `MessageStore.spool`."""
        return self._opened_spooling().create()

    async def append(self, arrival: Arrival) -> Appended:
        """See `MessageStore.append`. A payload above `max_inline_bytes` is spooled on the way."""
        intake.check_arrival(arrival)
        given = arrival.messages[0].payload if arrival.messages else b""
        async with self._opened_spooling().putting(self._settings.max_inline_bytes) as spool:
            payload = await spool(given)
            if payload is not given:
                messages = [replace(each, payload=payload) for each in arrival.messages]
                arrival = replace(arrival, messages=messages)
            size = len(payload) if isinstance(payload, bytes) else 0
            return await self._writer.submit(
                partial(intake.append, arrival=arrival), takes_in=True, size=size
            )

    async def cursor(self, channel: str) -> str | None:
        """See `MessageStore.cursor`."""
        return await self._read(partial(finding.cursor, channel=channel))

    async def define(self, flow: str, version: str, definition: bytes) -> None:
        """See `MessageStore.define`."""
        work = partial(intake.define, flow=flow, version=version, definition=definition)
        await self._writer.submit(work, takes_in=True)

    async def definition(self, version: str) -> bytes | None:
        """See `MessageStore.definition`."""
        return await self._read(partial(finding.definition, version=version))

    # running

    async def lease(self, limit: int, *, flows: Collection[str] | None = None) -> Sequence[Lease]:
        """See `MessageStore.lease`. What is leased to a caller who is gone is released."""
        future = self._writer.submit(partial(leasing.lease, limit=limit, flows=flows))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            future.add_done_callback(self._give_back)
            raise

    async def next_due_s(self) -> float | None:
        """See `MessageStore.next_due_s`."""
        due = await self._writer.submit(leasing.next_due_ms)
        return None if due is None else due / 1000

    async def record(self, lease: Lease, *changes: Change) -> None:
        """See `MessageStore.record`."""
        stored: list[Change] = []
        async with self._opened_spooling().putting(self._settings.max_inline_bytes) as spool:
            for change in changes:
                if isinstance(change, DeadRecord | Follows):
                    payload = await spool(change.message.payload)
                    change = replace(change, message=replace(change.message, payload=payload))
                stored.append(change)
            await self._writer.submit(partial(running.record, held=lease, changes=stored))

    async def complete(self, lease: Lease, progress: Progress, result: bytes | None = None) -> None:
        """See `MessageStore.complete`."""
        await self._writer.submit(partial(running.complete, held=lease, progress=progress, result=result))

    async def retry(self, lease: Lease, failure: Failure, after_s: float) -> None:
        """See `MessageStore.retry`. Nothing waits for more than a day."""
        await self._writer.submit(partial(running.retry, held=lease, failure=failure, after_s=after_s))

    async def release(self, lease: Lease) -> None:
        """See `MessageStore.release`."""
        await self._writer.submit(partial(running.release, held=lease))

    async def dead_letter(self, lease: Lease, failure: Failure) -> None:
        """See `MessageStore.dead_letter`."""
        await self._writer.submit(partial(running.dead_letter, held=lease, failure=failure))

    async def hold(self, lease: Lease, failure: Failure) -> None:
        """See `MessageStore.hold`."""
        await self._writer.submit(partial(running.hold, held=lease, failure=failure))

    # control numbers, and what came before

    def next_number(self, counter: str) -> int:
        """See `MessageStore.next_number`."""
        return self._opened_looking().next_number(counter)

    async def count(self, numbers: Collection[Counted]) -> None:
        """See `MessageStore.count`."""
        await self._writer.submit(partial(numbering.keep_all, numbers=numbers), takes_in=True)

    async def count_once(self, numbers: Collection[Counted], effect: str, kept: bytes) -> bytes:
        """See `MessageStore.count_once`."""
        work = partial(numbering.keep_once, numbers=numbers, effect=effect, kept=kept)
        return await self._writer.submit(work, takes_in=True)

    async def counters(self) -> Mapping[str, int]:
        """See `MessageStore.counters`."""
        return await self._read(lambda view: numbering.all_of(view.db, view.sealer))

    async def set_counter(self, counter: str, last: int, *, back: bool = False) -> None:
        """See `MessageStore.set_counter`."""
        await self._writer.submit(partial(numbering.put, counter=counter, last=last, back=back))
        self._opened_looking().go_on_behind(counter, last)

    def claimant(self, flow: str, identity: str) -> str | None:
        """See `MessageStore.claimant`."""
        return self._opened_looking().claimant(flow, identity)

    # looking and deciding

    async def get(self, message_id: str) -> Message:
        """See `MessageStore.get`."""
        return (await self._read(partial(finding.get, message_id=message_id))).message

    async def payload(self, message_id: str) -> AsyncGenerator[bytes, None]:
        """See `MessageStore.payload`."""
        row = await self._read(partial(finding.get, message_id=message_id))
        if row.damaged:
            raise Damaged(row.message.failure.text if row.message.failure else "")
        sealed, spool = await self._read(partial(finding.body, row=row))
        if spool is not None:
            async for chunk in self._opened_spooling().read(spool, row.message.sha256):
                yield chunk
            return
        plain = await self._read(
            lambda view: view.sealer.unseal(sealed or b"", f"payloads.body:{row.payload}")
        )
        if hashlib.sha256(plain).hexdigest() != row.message.sha256:
            raise Damaged("the stored payload is not the message's")
        yield plain

    async def result(self, message_id: str) -> bytes | None:
        """See `MessageStore.result`."""
        return await self._read(partial(finding.result, message_id=message_id))

    async def history(self, message_id: str) -> Sequence[HistoryEntry]:
        """See `MessageStore.history`."""
        return await self._read(partial(finding.history, message_id=message_id))

    async def find(
        self,
        *,
        states: Collection[State] = (),
        flow: str | None = None,
        source: str | None = None,
        parent: str | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> Sequence[Message]:
        """See `MessageStore.find`. At most 1,000 at a time."""
        wanted = finding.Wanted(frozenset(states), flow, source, parent, before, limit)
        return await self._read(partial(finding.find, wanted=wanted))

    async def counts(self) -> Mapping[tuple[str, State], int]:
        """See `MessageStore.counts`."""
        return await self._read(finding.counts)

    async def replay(
        self, message_id: str, *, by: str, unknown_as: Literal["repeat", "done"] | None = None
    ) -> None:
        """See `MessageStore.replay`."""
        work = partial(deciding.replay, message_id=message_id, by=by, unknown_as=unknown_as)
        await self._writer.submit(work)

    async def standing(self, message_id: str) -> Standing:
        """See `MessageStore.standing`."""
        return await self._read(partial(finding.standing, message_id=message_id))

    async def move(
        self,
        standing: Standing,
        anew: Anew,
        *,
        by: str,
        unknown_as: Literal["repeat", "done"] | None = None,
    ) -> None:
        """See `MessageStore.move`."""
        work = partial(deciding.move, standing=standing, anew=anew, by=by, unknown_as=unknown_as)
        await self._writer.submit(work)

    async def discard(self, message_id: str, *, by: str, reason: str = "") -> None:
        """See `MessageStore.discard`."""
        await self._writer.submit(partial(deciding.discard, message_id=message_id, by=by, reason=reason))

    async def prune(self) -> int:
        """See `MessageStore.prune`. In small steps, between which others' changes get their turn."""
        total = 0
        while (removed := await self._writer.submit(retention.remove_messages)) > 0:
            total += removed
        while await self._writer.submit(retention.remove_records):
            pass
        await self._writer.submit(retention.remove_definitions)
        return total

    # idempotency keys

    async def reserve(self, scope: str, key: str, fingerprint: str) -> Reservation:
        """See `MessageStore.reserve`. A key that was given to a caller who is gone is forgotten."""
        work = partial(reservations.reserve, scope=scope, key=key, fingerprint=fingerprint)
        future = self._writer.submit(work, takes_in=True)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            future.add_done_callback(partial(self._forget_unheard, scope, key))
            raise

    async def settle(self, scope: str, key: str, answer: bytes) -> None:
        """See `MessageStore.settle`."""
        await self._writer.submit(partial(reservations.settle, scope=scope, key=key, answer=answer))

    async def forget(self, scope: str, key: str) -> None:
        """See `MessageStore.forget`."""
        await self._writer.submit(partial(reservations.forget, scope=scope, key=key))

    # inside

    def _opened_spooling(self) -> Spooling:
        """Raises: StoreFailed."""
        if self._writer.failure is not None or self._spooling is None:
            raise StoreFailed(self._writer.failure or "the store is not open")
        return self._spooling

    def _opened_looking(self) -> Looking:
        """Raises: StoreFailed."""
        if self._writer.failure is not None or self._looking is None:
            raise StoreFailed(self._writer.failure or "the store is not open")
        return self._looking

    async def _read(self, look: Callable[[finding.View], _T]) -> _T:
        """Raises: StoreFailed, and what `look` raises."""
        view = self._view
        if self._writer.failure is not None or view is None:
            raise StoreFailed(self._writer.failure or "the store is not open")
        try:
            return await self._in_reader(partial(look, view))
        except apsw.Error as error:
            if is_fatal(error):
                self._writer.fail(describe(error))
            raise StoreFailed(describe(error)) from error

    async def _in_reader(self, function: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._reader, function)

    def _give_back(self, future: asyncio.Future[Sequence[Lease]]) -> None:
        if future.cancelled() or future.exception() is not None:
            return
        for each in future.result():
            self._submit_unheard(partial(running.release, held=each))

    def _forget_unheard(self, scope: str, key: str, future: asyncio.Future[Reservation]) -> None:
        if not future.cancelled() and future.exception() is None and future.result().state == "new":
            self._submit_unheard(partial(reservations.forget, scope=scope, key=key))

    def _submit_unheard(self, work: Callable[[Core], None]) -> None:
        """Have a change made whose end nobody waits for. If it fails, nothing is left to be done."""
        with contextlib.suppress(StoreFailed):
            self._writer.submit(work).add_done_callback(lambda done: done.cancelled() or done.exception())

    def _changed(self) -> None:
        for listener in self._listeners:
            listener()

    def _remedy(self, error: OSError | apsw.Error) -> str:
        if isinstance(error, OSError):
            return remedies.of_file(error, self._paths.folder)
        return remedies.of_database(error, self._paths.database)

    # in other threads

    def _prepare(self) -> None:
        self._paths.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        wrong = self._paths.of_wrong_kind()
        if wrong is not None:
            raise StoreFailed(remedies.of_kind(*wrong))
        self._lock = disk.FolderLock(self._paths.lock)

    def _open_core(self) -> Core:
        core = open_core(self._paths, self._settings, self._milliseconds, self._vfs)
        self._spooling = Spooling(core.spool, self._writer.fail)
        self._sealer, self._room = core.sealer, core.room
        return core

    def _close_core(self, core: Core | None, clean: bool) -> None:
        if not clean:
            mark_failed(self._paths, self._writer.failure or "")
        if core is not None:
            close_core(core, self._paths, clean=clean)

    def _open_view(self) -> finding.View:
        return finding.View(self._connect_to_read(), self._sealer)

    def _connect_to_read(self) -> apsw.Connection:
        return connect(self._paths.database, vfs=self._vfs, read_only=True)

    def _milliseconds(self) -> int:
        return round(self._now() * 1000)
