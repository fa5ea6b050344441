"""Files that arrive in an inbox: found, checked, delivered one by one, moved away once they are stored."""

from __future__ import annotations

import asyncio
import contextlib
import fnmatch
import logging
import re
from collections.abc import AsyncGenerator, Sequence

from adapters.contract import BytesShape, Channel, Deadline
from adapters.errors import (
    AccessRefused,
    ConnectionLost,
    InvalidRequest,
    LimitExceeded,
    PeerRejected,
    ReadFailed,
    ReadTimeout,
)
from adapters.sftp.arrival import ArrivingFile, ChangedMeanwhile, FileDelivery
from adapters.sftp.boxes import Inbox
from adapters.sftp.config import SftpSettings
from adapters.sftp.disposal import Disposal, Disposed, dispose
from adapters.sftp.download import Download
from adapters.sftp.look import Candidate, CompletenessRule, Look, look
from adapters.sftp.memory import Fate, Memory, Settled
from adapters.sftp.packets import Status, status_name
from adapters.sftp.pool import ANSWERS, Pool
from adapters.sftp.sayings import Sayings
from adapters.sftp.translate import Phase, Progress, translate_errors

_log = logging.getLogger(__name__)
_MOST_PER_LOOK = 1000
"""Files delivered before the folder is looked at again."""
_MOST_UNFINISHED_PER_LOOK = 100
_MOST_BREAKS = 3
_UNREADABLE_LOOKS = 6
"""For so many looks a file that the server does not let us read is not tried again."""
_REFUSALS = (PeerRejected, AccessRefused)
_ABSENT = frozenset({status_name(Status.NO_SUCH_FILE), status_name(Status.NO_SUCH_PATH)})


def channels(settings: SftpSettings) -> Sequence[Channel]:
    """One for each inbox, in the order of the settings."""
    return tuple(
        Channel(
            name=name,
            summary=f"Files that arrive in {name}",
            description=inbox.description,
            payload=BytesShape(format=inbox.format),
            holds_records=True,
            window=1,
        )
        for name, inbox in settings.inboxes.items()
    )


class InboxChannel:
    """One inbox as a channel. `call_s`: how long each look, block or move may take."""

    def __init__(self, system: str, name: str, inbox: Inbox, pool: Pool, call_s: float) -> None:
        self._about = f"{system}.{name}"
        self._inbox = inbox
        self._pool = pool
        self._call_s = call_s
        self._fits = re.compile(fnmatch.translate(inbox.pattern)).match
        self._marker = inbox.marker
        self._rule = CompletenessRule(inbox)
        self._memory = Memory(inbox.path)
        self._say = Sayings(_log, self._about)

    async def deliveries(self, resume: str | None) -> AsyncGenerator[FileDelivery, None]:
        """One file after the other, without end.

        Raises: NotSent's and ReadFailed's kinds, OutcomeUnknown, AccessRefused's kinds, PeerRejected,
        BadReply's kinds.
        """
        keeps = self._inbox.then == "keep"
        if keeps and resume is not None and not self._memory.resume(resume):
            _log.warning("%s: where to resume is not readable; files are read again", self._about)
        while True:
            ready, wait_s = await self._ready()
            delivered = 0
            unreadable: list[str] = []
            for candidate in ready:
                delivery = await self._open(candidate, unreadable)
                if delivery is None:
                    continue
                delivered += 1
                try:
                    yield delivery
                finally:
                    await delivery.close()
                    self._note_how_it_went(delivery, candidate)
                if delivery.is_postponed or delivered == _MOST_PER_LOOK:
                    break
            self._say("unreadable", _summary(unreadable, "cannot be read"))
            if delivered < _MOST_PER_LOOK:
                await asyncio.sleep(wait_s)

    def _note_how_it_went(self, delivery: FileDelivery, candidate: Candidate) -> None:
        """A file that was changing has to come to rest first. One whose reading broke keeps its turn, unless
        that happens again and again: others shall not wait for it for ever."""
        breaks = self._memory.count_breaks(candidate.name, broke=delivery.has_broken)
        if delivery.has_changed:
            self._rule.forget(candidate.name)
        if delivery.has_changed or breaks >= _MOST_BREAKS:
            self._memory.postpone(candidate.name, self._inbox.poll_interval_s)

    # --- finding ---

    async def _ready(self) -> tuple[list[Candidate], float]:
        """The files that may be taken now, in order, and when to look again."""
        progress = Progress(Phase.READ, f"{self._about}: looking for files")
        deadline = Deadline.after(self._call_s)
        async with self._pool.lease(deadline) as session:
            with translate_errors(progress):
                found = await self._pool.run(
                    session, deadline, lambda wire: look(wire, self._inbox, self._fits, self._marker)
                )
        self._memory.refresh(found)
        verdict = self._rule.judge(found)
        self._tell(found, verdict.stale)
        await self._finish_what_is_left()
        ignores_empty = self._inbox.empty == "ignore"
        ready = [
            one
            for one in verdict.ready
            if self._memory.may_be_tried(one) and not (ignores_empty and one.version.size == 0)
        ]
        wait_s = self._inbox.poll_interval_s
        if verdict.ripe_in_s is not None:
            wait_s = min(wait_s, verdict.ripe_in_s)
        return ready, wait_s

    def _tell(self, found: Look, stale: list[str]) -> None:
        self._say(
            "passed over",
            f"{found.passed_over} entries are passed over: links, pipes, devices, or names that are not used"
            if found.passed_over
            else None,
        )
        self._say(
            "left out",
            f"more than {self._inbox.max_files} files (max_files); the rest is looked at when some have gone"
            if found.left_out
            else None,
        )
        self._say(
            "stale",
            f"{len(stale)} files are not taken because their marker, which must be written after them, is "
            f"older than they are, such as {stale[0]}"
            if stale
            else None,
        )

    # --- delivering ---

    async def _open(self, candidate: Candidate, unreadable: list[str]) -> FileDelivery | None:
        """The file, opened; None when it is not to be delivered now."""
        if candidate.version.size == 0 and self._inbox.empty == "refuse":
            await self._put_aside(candidate, "the file is empty")
            return None
        file = ArrivingFile(self._inbox.path, candidate, self._inbox.max_file_bytes)
        progress = Progress(Phase.READ, f"{self._about}: {candidate.name}")
        try:
            chunks = await self._download(file, progress)
        except LimitExceeded as error:
            await self._put_aside(candidate, error.message)
            return None
        except ReadFailed as error:
            if isinstance(error, ReadTimeout | ConnectionLost):
                raise
            self._rule.forget(candidate.name)  # it changed since it was found, or while it was read
            return None
        except (InvalidRequest, *_REFUSALS) as error:
            if not (isinstance(error, PeerRejected) and error.code in _ABSENT):
                unreadable.append(error.message)
                self._memory.postpone(candidate.name, self._inbox.poll_interval_s * _UNREADABLE_LOOKS)
            return None
        redelivered = self._memory.deliver(candidate)
        return FileDelivery(self, candidate, file, chunks, redelivered=redelivered)

    async def _download(self, file: ArrivingFile, progress: Progress) -> Download:
        deadline = Deadline.after(self._call_s)
        session = await self._pool.acquire(deadline)
        try:
            with translate_errors(progress):
                first = await self._pool.run(session, deadline, file.open)
        except BaseException as error:
            reusable = isinstance(error, (*ANSWERS, ChangedMeanwhile))
            self._pool.release(session, reusable=reusable)
            raise
        return Download(self._pool, session, file, first, progress, self._call_s)

    # --- what follows ---

    async def taken(self, candidate: Candidate, sha256: str) -> None:
        """The file is stored."""
        fate = Fate.KEEP if self._inbox.then == "keep" else Fate.MOVE
        settled = Settled(candidate.version, fate, candidate.marker, sha256)
        self._memory.settle(candidate.name, settled)
        if fate is Fate.MOVE:
            await self._carry_out(candidate.name, settled)

    async def refused(self, candidate: Candidate, reason: str) -> None:
        """The file will never be taken."""
        fate = Fate.LEAVE if self._inbox.not_taken is None else Fate.ASIDE
        settled = Settled(candidate.version, fate, candidate.marker, None, reason)
        self._memory.settle(candidate.name, settled)
        _log.warning("%s: %s is not taken: %s", self._about, candidate.name, reason)
        if fate is Fate.ASIDE:
            await self._carry_out(candidate.name, settled)

    def cursor_with(self, candidate: Candidate) -> str | None:
        """Where to resume once this file is stored, too."""
        return self._memory.cursor(candidate) if self._inbox.then == "keep" else None

    async def _put_aside(self, candidate: Candidate, reason: str) -> None:
        """As `refused`; a server that does not let us is asked again at each look."""
        with contextlib.suppress(*_REFUSALS):
            await self.refused(candidate, reason)

    async def _finish_what_is_left(self) -> None:
        """Files that were stored, or refused, and could not be moved away: some are tried at each look."""
        troubles = []
        for name, settled in self._memory.unfinished(_MOST_UNFINISHED_PER_LOOK):
            try:
                await self._carry_out(name, settled)
            except _REFUSALS as error:
                troubles.append(error.message)
                self._memory.settle(name, settled)
        self._say("unmoved", _summary(troubles, "were taken care of and cannot be moved away"))

    async def _carry_out(self, name: str, settled: Settled) -> None:
        aside = settled.fate is Fate.ASIDE
        task = Disposal(
            name=name,
            version=settled.version,
            sha256=settled.sha256,
            folder=self._inbox.not_taken if aside else self._inbox.archive,
            marker=settled.marker,
            marker_along=self._inbox.marker_then == "archive",
            reason=settled.reason,
        )
        where = f"moving {name} to {task.folder}" if task.folder else f"deleting {name}"
        progress = Progress(Phase.READ, f"{self._about}: {where}")
        deadline = Deadline.after(self._call_s)
        async with self._pool.lease(deadline) as session:
            with translate_errors(progress):
                outcome = await self._pool.run(
                    session, deadline, lambda wire: dispose(wire, self._inbox.path, task, progress)
                )
        self._memory.drop(name)
        if outcome is Disposed.REPLACED:
            self._rule.forget(name)
            _log.info("%s: %s has been replaced meanwhile; the new one is taken next", self._about, name)


def _summary(troubles: list[str], what: str) -> str | None:
    return f"{len(troubles)} files {what}, such as {troubles[0]}" if troubles else None
