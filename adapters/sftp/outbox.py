"""Putting files into one outbox: a name for each, the stream of its bytes, and order when it breaks."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime

from adapters.contract import ByteBody, Deadline, Request, ValueReply
from adapters.errors import BadReply, InvalidRequest, NotSent, OutcomeUnknown, ReadFailed, Violation
from adapters.sftp.boxes import Outbox
from adapters.sftp.listing import read_folder
from adapters.sftp.names import unsafe_reason
from adapters.sftp.pool import BROKEN, Pool
from adapters.sftp.session import Session
from adapters.sftp.template import NameTemplate, Values
from adapters.sftp.translate import Phase, Progress, translate_errors
from adapters.sftp.upload import BLOCK_BYTES, Upload

_log = logging.getLogger(__name__)
_CLEANING_S = 5.0
_CLOSING_S = 2.0
_MOST_NUMBERED = 1_000_000
_NAMES = uuid.UUID("5b1f2a0e-6c0d-4d53-9a55-0c8f1f7f3c11")
"""The namespace of names made from idempotency keys. It never changes: names would."""


class OutboxWriter:
    """One outbox of one system."""

    def __init__(self, system: str, name: str, outbox: Outbox, pool: Pool) -> None:
        self._about = f"{system}.{name}"
        self._outbox = outbox
        self._pool = pool
        self._template = NameTemplate(outbox.name)
        self._numbering = asyncio.Lock()
        self._numbered: tuple[str, int] = ("", 0)
        self._cleaning: set[asyncio.Task[None]] = set()

    async def put(self, request: Request, deadline: Deadline) -> ValueReply:
        """Write one file.

        Raises: InvalidRequest, NotSent and its kinds, OutcomeUnknown, AccessRefused's kinds, PeerRejected,
        BadReply's kinds; and what the body's generator raises.
        """
        body = request.body
        if not isinstance(body, ByteBody):
            raise InvalidRequest("a body is needed", [Violation("a body is needed", pointer="")])
        async with aclosing(body.chunks):
            name = await self._name(request, deadline)
            progress = Progress(Phase.UPLOAD, f"{self._about}: {name}")
            temporary = f".{uuid.uuid4().hex}{self._outbox.temporary_suffix}"
            upload = Upload(
                self._outbox.path,
                name,
                temporary,
                progress,
                overwrite=self._outbox.overwrite,
                repeatable=request.idempotency_key is not None and self._template.is_steady,
            )
            async with aclosing(_blocks(body.chunks)) as blocks:
                await self._send(upload, blocks, progress, deadline)
        return ValueReply({"file": name, "size": upload.size, "sha256": upload.sha256})

    async def aclose(self) -> None:
        """Wait, not long, for what is still being cleaned up."""
        if self._cleaning:
            await asyncio.wait(self._cleaning, timeout=_CLOSING_S)

    async def _send(
        self, upload: Upload, blocks: AsyncIterator[bytes], progress: Progress, deadline: Deadline
    ) -> None:
        # One block ahead: a body of one block, as most are, takes one trip to a thread and no connection
        # while it is being received.
        block = await self._next(blocks, progress, deadline)
        following = await self._next(blocks, progress, deadline) if block else b""
        session = await self._pool.acquire(deadline)
        try:
            while following:
                await self._run(session, upload, block, progress, deadline, last=False)
                block, following = following, await self._next(blocks, progress, deadline)
            await self._run(session, upload, block, progress, deadline, last=True)
        except BaseException as error:
            self._give_up(session, upload, progress, error)
            raise
        self._pool.release(session, reusable=True)

    async def _run(
        self,
        session: Session,
        upload: Upload,
        block: bytes,
        progress: Progress,
        deadline: Deadline,
        *,
        last: bool,
    ) -> None:
        with translate_errors(progress):
            await self._pool.run(session, deadline, lambda wire: upload.advance(wire, block, last=last))

    async def _next(self, blocks: AsyncIterator[bytes], progress: Progress, deadline: Deadline) -> bytes:
        """The next block of the body, empty after the last. What the body raises passes as it is."""
        try:
            async with asyncio.timeout(deadline.remaining()) as scope:
                return await anext(blocks, b"")
        except TimeoutError:
            if not scope.expired():
                raise
            raise NotSent(f"{progress.about}: the request's body did not arrive in time") from None

    # --- names ---

    async def _name(self, request: Request, deadline: Deadline) -> str:
        given = request.parameters.get("name", "") if self._template.needs_name else ""
        values = Values(datetime.now(UTC), self._uuid(request.idempotency_key), str(given or ""))
        if self._template.needs_name:
            _refuse_unsafe(values.name)
        if self._template.needs_sequence:
            number = await self._next_number(values, deadline)
            values = Values(values.now, values.uuid, values.name, number)
        name = self._template.render(values)
        _refuse_unsafe(name)
        return name

    def _uuid(self, key: str | None) -> str:
        """The same for the same key, so that a repeated put finds its file."""
        if key is None:
            return uuid.uuid4().hex
        return uuid.uuid5(_NAMES, f"{self._about}\0{key}").hex

    async def _next_number(self, values: Values, deadline: Deadline) -> int:
        """One more than the last given, or than the highest in the folder at the first time and whenever
        the rest of the name changes."""
        pattern = self._template.sequence_pattern(values)
        async with self._numbering:
            rest, last = self._numbered
            if rest != pattern.pattern:
                progress = Progress(Phase.CONNECT, f"{self._about}: looking for the last sequence number")
                async with self._pool.lease(deadline) as session:
                    with translate_errors(progress):
                        listing = await self._pool.run(
                            session,
                            deadline,
                            lambda wire: read_folder(wire, self._outbox.path, _MOST_NUMBERED),
                        )
                found = (pattern.fullmatch(file.name) for file in listing.files)
                last = max((int(match[1]) for match in found if match), default=0)
            self._numbered = (pattern.pattern, last + 1)
            return last + 1

    # --- when it breaks ---

    def _give_up(self, session: Session, upload: Upload, progress: Progress, error: BaseException) -> None:
        """Give the session back, after taking the temporary file away where that can do no harm."""
        unknown = isinstance(error, OutcomeUnknown | BadReply) and progress.phase is Phase.COMMIT
        cut_off = progress.phase is Phase.COMMIT and not session.is_usable()
        if not upload.may_have_begun or unknown or cut_off:
            self._pool.release(session, reusable=False)
            return
        broken = isinstance(error, NotSent | OutcomeUnknown | BadReply | ReadFailed)
        if broken:
            session.abort()
        task = asyncio.create_task(self._clean(session, upload))
        self._cleaning.add(task)
        task.add_done_callback(self._cleaning.discard)

    async def _clean(self, session: Session, upload: Upload) -> None:
        """Remove the temporary file: on the same session, else once on another."""
        deadline = Deadline.after(_CLEANING_S)
        same = not session.is_aborted
        try:
            if same:
                await self._pool.run(session, deadline, upload.abandon)
        except BROKEN as error:
            same = False
            _log.info("%s: the session of a failed upload is given up: %s", self._about, type(error).__name__)
        finally:
            self._pool.release(session, reusable=same)
        if same:
            return
        try:
            async with self._pool.lease(deadline) as other:
                await self._pool.run(other, deadline, upload.remove_temporary)
        except BROKEN as error:
            _log.warning(
                "%s: the temporary file of a failed upload may be left: %s (%s)",
                self._about,
                upload.temporary.decode(),
                type(error).__name__,
            )


def _refuse_unsafe(name: str) -> None:
    reason = unsafe_reason(name)
    if reason:
        raise InvalidRequest(f"the file name {reason}", [Violation(reason, parameter="name")])


async def _blocks(chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The same bytes in blocks of about `BLOCK_BYTES`, none empty."""
    held: list[bytes] = []
    size = 0
    async for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= BLOCK_BYTES:
            yield b"".join(held)
            held, size = [], 0
    if size:
        yield b"".join(held)
