"""What is written down of a running message: its side effects and how far it is.

Changes are gathered and stored together with the next thing that has to be durable: a side effect's end is
stored with the beginning of the next, or with the end of the message. Between the two nothing happens outside
the gateway. While the store is full it is waited for: what is known here alone must not be lost, or calls
that were answered would be in doubt.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from gateway.catalogue import Telling
from gateway.flows.patience import when_there_is_room
from gateway.messages import (
    Advanced,
    Began,
    Change,
    Claimed,
    Counted,
    DeadRecord,
    Failure,
    Finished,
    Follows,
    Lease,
    Mark,
    MessageStore,
    Progress,
    Reached,
    StoreError,
    Undone,
)

GATHER_S = 1.0
"""Seconds after which the end of a chunk is stored by itself, when nothing was sent since."""
REPEATED = "repeated"
"""The count in `Progress` of how often a person had all calls of a message made once more."""
_MAX_GATHERED = 200
_LASTING = (DeadRecord, Counted, Claimed, Follows)
"""What is to be stored, whatever the message has come to meanwhile."""
_MAX_KEY = 200
REFUSED = "/refused"
"""What the position of a side effect that was refused for good ends with."""
TOLD = "/told"
"""What the position of a side effect ends with, where it is kept what its body was written by."""


def idempotency_key(message_id: str, position: str, repeated: int = 0) -> str:
    """What names one side effect of a message, at every attempt: at most 200 ASCII characters. Where a person
    had it `repeated`, it is another one, or its target would take it for the one before."""
    if repeated:
        position = f"again-{repeated}/{position}"
    key = f"{message_id}:{position}"
    if len(key) <= _MAX_KEY and key.isascii():
        return key
    return f"{message_id}:{hashlib.sha256(position.encode()).hexdigest()}"


class Journal:
    """The journal of one lease."""

    def __init__(self, store: MessageStore, lease: Lease) -> None:
        self._store = store
        self._lease = lease
        self._marks = dict(lease.marks)
        self._gathered: list[Change] = []
        self._kept_at = time.monotonic()
        self.progress = lease.message.progress
        self.brought: list[str] = []
        """What the message was the first to bring, to be stored once something is made of it."""

    def key(self, position: str) -> str:
        """The idempotency key of a side effect."""
        return idempotency_key(self._lease.message.id, position, self.progress.counts.get(REPEATED, 0))

    def mark(self, position: str) -> Mark | None:
        """What is known of a side effect."""
        return self._marks.get(position)

    def refusal(self, position: str) -> Failure | None:
        """Why the record of a side effect was set aside in an earlier attempt."""
        mark = self._marks.get(position + REFUSED)
        if mark is None or mark.result is None:
            return None
        return msgspec.json.decode(mark.result, type=Failure)

    def is_known(self, position: str) -> bool:
        """True when a side effect was begun, or refused for good."""
        return position in self._marks or position + REFUSED in self._marks

    @property
    def has_marks(self) -> bool:
        """True when something of the chunk under way is known."""
        return bool(self._marks)

    @property
    def in_flight(self) -> bool:
        """True while it is not known whether some side effect happened."""
        return any(not mark.done for mark in self._marks.values())

    async def begin(self, position: str) -> None:
        """Write down that a side effect is about to be sent. Raises: LeaseLost, StoreFailed."""
        before = self._marks.get(position)
        self._claim()
        try:
            await when_there_is_room(lambda: self._keep(Began(position)))
        except asyncio.CancelledError:
            if before is None:
                self._gathered.append(Undone(position))  # written down, and never sent
            raise
        self._marks[position] = Mark(False, before.attempts + 1 if before else 1)

    def finish(self, position: str, result: bytes | None) -> None:
        """The side effect happened."""
        before = self._marks.get(position)
        self._marks[position] = Mark(True, before.attempts if before else 1, result)
        self._gathered.append(Finished(position, result))

    def refuse(self, position: str, failure: Failure) -> None:
        """The side effect was refused for good, and its record is set aside while the others go on."""
        self.finish(position + REFUSED, msgspec.json.encode(failure))

    def telling(self, position: str) -> Telling:
        """What the body of a side effect is written by: as in the attempts before, where there were any."""
        before = self._marks.get(position + TOLD)
        kept = before.result if before is not None else None
        return Telling(self._store.next_number, datetime.now(UTC), kept)

    async def tell(self, position: str, telling: Telling, *, at_once: bool) -> None:
        """The body of a side effect was written by this, which is stored with its beginning, or `at_once`
        where that is not stored. Raises: LeaseLost, StoreFailed."""
        self.finish(position + TOLD, telling.kept())
        self._gathered += [Counted(counter, number) for counter, number in telling.used.items()]
        if at_once:
            await self.flush()

    def undo(self, position: str) -> None:
        """The side effect certainly did not happen."""
        self._marks.pop(position, None)
        self._gathered.append(Undone(position))

    async def advance(self, progress: Progress, dead: Sequence[DeadRecord] = ()) -> None:
        """Everything up to here is done. Raises: LeaseLost, StoreFailed."""
        self._claim()
        # All marks are forgotten with it, so that those gathered need not be stored at all.
        kept = [change for change in self._gathered if isinstance(change, _LASTING)]
        self._gathered = [*kept, *dead, Advanced(progress)]
        self._marks.clear()
        self.progress = progress
        if len(self._gathered) >= _MAX_GATHERED or time.monotonic() - self._kept_at >= GATHER_S:
            await self.flush()

    async def follow(self, follows: Sequence[Follows], used: Sequence[Counted], progress: Progress) -> None:
        """Other messages follow from this one, by which `progress` tells that they do; what is known of the
        chunk under way stays. Raises: LeaseLost, StoreFailed."""
        self._claim()
        self._gathered += [*used, *follows]
        self.reach(progress)
        await self.flush()

    def _claim(self) -> None:
        self._gathered += [Claimed(identity) for identity in self.brought]
        self.brought.clear()

    def reach(self, progress: Progress) -> None:
        """Tell how far the chunk under way is; what is known of it stays."""
        if progress != self.progress:
            self.progress = progress
            self._gathered.append(Reached(progress))

    async def flush(self) -> None:
        """Store what was gathered. Raises: LeaseLost, StoreFailed."""
        if self._gathered:
            await when_there_is_room(self._keep)

    async def break_off(self) -> None:
        """Store what was gathered of an attempt that is not waited for any longer, if that can be: else what
        was answered would be in doubt."""
        if self._gathered:
            with contextlib.suppress(StoreError):
                await self._keep()

    async def _keep(self, *more: Change) -> None:
        """Store what was gathered, and `more`. One who is cancelled meanwhile still waits for that, to know
        what is stored. Raises: LeaseLost, StoreFull, StoreFailed."""
        storing = asyncio.ensure_future(self._store.record(self._lease, *self._gathered, *more))
        try:
            await asyncio.shield(storing)
        except asyncio.CancelledError:
            with contextlib.suppress(StoreError):
                await storing
                self._gathered = []
            raise
        self._gathered = []
        self._kept_at = time.monotonic()

    async def complete(self, result: bytes | None = None) -> None:
        """The message is done. Raises: LeaseLost, StoreFailed."""
        self._claim()
        if any(isinstance(change, _LASTING) for change in self._gathered):
            await self.flush()
        # Else what was gathered says less than that the message is done.
        await when_there_is_room(lambda: self._store.complete(self._lease, self.progress, result))
