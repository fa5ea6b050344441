"""One change channel at work: new rows are looked for, delivered, and marked once they are stored."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace

from adapters.contract import ByteBody, Deadline, Delivery
from adapters.errors import AdapterError, LimitExceeded, OutcomeUnknown, PeerRejected, ProtocolViolation
from adapters.odbc.changes import Changes
from adapters.odbc.client import Client, decode_rows
from adapters.odbc.outbox import Arrived, Outbox
from adapters.odbc.values import BadValue

log = logging.getLogger(__name__)

FRESH_S = 10.0
"""Rows read longer ago are read again before they are delivered: they may have changed."""
MAX_BATCH_BYTES = 16 * 2**20
MAX_REMEMBERED = 10_000
NEVER_TAKEN_S = 600.0
"""After so long a row that cannot be put aside is offered again."""


class ChangeChannel:
    """One table whose new rows are taken."""

    def __init__(
        self, system: str, client: Client, outbox: Outbox, settings: Changes, timeout_s: float
    ) -> None:
        self.outbox = outbox
        self.about = f"{system}.{outbox.channel.name}"
        self.settings = settings
        self._client = client
        self._timeout_s = timeout_s
        self._queue: list[tuple[Arrived, asyncio.Future[None]]] = []
        self._marking: asyncio.Task[None] | None = None

    async def receive(self) -> AsyncGenerator[Delivery, None]:
        """New rows in their order, again and again those that are not marked.

        Raises: the read errors; ProtocolViolation when the table has changed since it was described.
        """
        hand = _Hand(self)
        batch = self.settings.batch
        while True:
            started = time.monotonic()
            limit = batch * (1 + -(-hand.excluded // batch))
            try:
                rows, full = await self._poll(limit, hand)
            except LimitExceeded:  # by one row, for which the others shall not wait
                rows, full = await self._poll_apart(limit, hand)
            read_at, moved = time.monotonic(), False
            for row, again in rows:
                if time.monotonic() - read_at > FRESH_S:
                    full = True
                    break
                moved = moved or not again
                yield hand.take(row, again=again)
            if not (full and moved):
                await asyncio.sleep(max(0.0, started + self.settings.poll_interval_s - time.monotonic()))

    async def mark(self, row: Arrived) -> None:
        """Mark one row, together with others that wait for the same. Raises: the errors of a write."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((row, done))
        if self._marking is None:
            self._marking = asyncio.get_running_loop().create_task(self._mark_queued())
        await done

    async def put_aside(self, row: Arrived) -> bool:
        """Mark one row as never taken; False where the settings do not say how.

        Raises: the errors of a write.
        """
        try:
            write = self.outbox.put_aside(row)
        except BadValue as error:
            raise self._unmarkable(error) from error
        if write is None:
            return False
        await self._client.write(write, self._deadline(), self._client.receiving)
        return True

    async def aclose(self) -> None:
        """Give up what is being marked; whoever waits for it is told so."""
        marking = self._marking
        if marking is not None:
            marking.cancel()
            await asyncio.wait((marking,))

    # --- reading ----------------------------------------------------------------------------------------

    async def _poll(self, limit: int, hand: _Hand) -> tuple[list[tuple[Arrived, bool]], bool]:
        """Rows that are not in hand, each with whether it was marked before; and whether more may follow."""
        # As it is now: what is acknowledged while the query runs may be among its rows.
        before = hand.seen()
        lines, cut = await self._lines(limit)
        rows = self.outbox.arrived(lines)
        await self._check_shape()
        return before.sift(rows), cut or len(rows) >= limit

    async def _poll_apart(self, limit: int, hand: _Hand) -> tuple[list[tuple[Arrived, bool]], bool]:
        """The same with each row read by itself, so that it shows which are longer than may be read."""
        before = hand.seen()
        keys = await self._client.fetch(self.outbox.keys(limit), self._deadline(), self._client.receiving)
        found, size = self.outbox.bare(keys), 0
        rows: list[tuple[Arrived, bool]] = []
        for row, _ in before.sift(found):
            if size > MAX_BATCH_BYTES:
                return rows, True
            query = self.outbox.one(row)
            try:
                line = await self._client.fetch(query, self._deadline(), self._client.receiving)
            except LimitExceeded as error:
                rows += before.sift([replace(row, too_long=error.message)])
                continue
            rows += before.sift(self.outbox.arrived(line))
            size += len(line)
        await self._check_shape()
        return rows, len(found) >= limit

    async def _lines(self, limit: int) -> tuple[bytes, bool]:
        """The answer to a poll, cut between rows where it is long."""
        reply = await self._client.stream(self.outbox.poll(limit), self._deadline(), self._client.receiving)
        parts, size = [], 0
        async with aclosing(reply.blocks) as blocks:
            async for block in blocks:
                parts.append(block)
                size += len(block)
                if size > MAX_BATCH_BYTES:
                    return b"".join(parts), True
        return b"".join(parts), False

    async def _check_shape(self) -> None:
        """See that the rows were read from the table that was described. Raises: ProtocolViolation."""
        table = self.outbox.table
        query = self._client.dialect.shape(table)
        if query is None:
            return
        answer = await self._client.fetch(query, self._deadline(), self._client.receiving)
        found = {str(row["name"]): str(row["declared"]) for row in decode_rows(answer)}
        for name, declared in self.outbox.expected.items():
            now = found.get(name)
            if now != declared:
                state = "is gone" if now is None else f"is {now!r} and was {declared!r}"
                raise ProtocolViolation(
                    f"{self.about}: {table.name} is not as it was when the gateway connected: column {name}"
                    f" {state}; nothing is taken until the gateway is started or reloaded"
                )

    # --- marking ----------------------------------------------------------------------------------------

    async def _mark_queued(self) -> None:
        try:
            while self._queue:
                taken = self._queue[: self.settings.batch]
                await self._mark_together(taken)
                del self._queue[: len(taken)]
        finally:
            self._marking = None
            # Not cancelled: nobody has ended whoever waits for it.
            _fail(self._queue, OutcomeUnknown(f"{self.about}: marking was given up"))
            self._queue.clear()

    async def _mark_together(self, taken: Sequence[tuple[Arrived, asyncio.Future[None]]]) -> None:
        try:
            write = self.outbox.mark([row for row, _ in taken])
            await self._client.write(write, self._deadline(), self._client.receiving)
        except PeerRejected as error:
            if len(taken) == 1 or error.transient:
                _fail(taken, error)
                return
            for one in taken:  # all or none were to be marked: the others do not wait for the one refused
                await self._mark_together((one,))
        except AdapterError as error:
            _fail(taken, error)
        except BadValue as error:
            _fail(taken, self._unmarkable(error))
        else:
            for _, done in taken:
                if not done.done():
                    done.set_result(None)

    def _unmarkable(self, error: BadValue) -> ProtocolViolation:
        return ProtocolViolation(f"{self.about}: a row cannot be marked, its key or version: {error}")

    def _deadline(self) -> Deadline:
        return Deadline.after(self._timeout_s)


def _fail(taken: Sequence[tuple[Arrived, asyncio.Future[None]]], error: AdapterError) -> None:
    for _, done in taken:
        if not done.done():
            done.set_exception(error)


class _Seen:
    """What was in hand at one moment."""

    def __init__(self, excluded: frozenset[str], marked: frozenset[str]) -> None:
        self._excluded = excluded
        self._marked = marked

    def sift(self, rows: Sequence[Arrived]) -> list[tuple[Arrived, bool]]:
        """The rows that were not, each with whether it had been marked by then."""
        return [(row, row.source_key in self._marked) for row in rows if row.source_key not in self._excluded]


class _Hand:
    """The rows that one run of `receive` has delivered: in hand, refused for now, or marked."""

    def __init__(self, channel: ChangeChannel) -> None:
        self.channel = channel
        self._held: set[str] = set()
        self._later: dict[str, float] = {}
        self._marked: dict[str, None] = {}
        self._refused: dict[str, None] = {}
        self._warned = False

    @property
    def excluded(self) -> int:
        """How many rows are new in the table and not to be delivered now."""
        return len(self._held) + len(self._later)

    def seen(self) -> _Seen:
        """What is excluded and what is marked now. Rows whose time of waiting is over are neither."""
        now = time.monotonic()
        for key in [key for key, until in self._later.items() if until <= now]:
            del self._later[key]
        return _Seen(frozenset(self._held | self._later.keys()), frozenset(self._marked))

    def take(self, row: Arrived, *, again: bool) -> ChangeDelivery:
        """The delivery of a row. `again`: it was marked, and is new with the same version."""
        if again and not self._warned:
            self._warned = True
            log.warning(
                "%s: the row %s was marked and is new again with the same version; it counts as the same"
                " arrival. Let its version change, and see that marking it has an effect",
                self.channel.about,
                row.shown_key,
            )
        self._held.add(row.source_key)
        return ChangeDelivery(self, row, redelivered=again or row.source_key in self._refused)

    def marked(self, row: Arrived) -> None:
        """The row's mark is in the database."""
        self._held.discard(row.source_key)
        self._refused.pop(row.source_key, None)
        _remember(self._marked, row.source_key)

    def refused(self, row: Arrived, again_after_s: float) -> None:
        """The row stays new and is delivered again, not before so many seconds."""
        self._held.discard(row.source_key)
        _remember(self._refused, row.source_key)
        self._later[row.source_key] = time.monotonic() + again_after_s
        if len(self._later) > MAX_REMEMBERED:
            del self._later[next(iter(self._later))]


def _remember(keys: dict[str, None], key: str) -> None:
    keys[key] = None
    if len(keys) > MAX_REMEMBERED:
        del keys[next(iter(keys))]


class ChangeDelivery:
    """One new row."""

    def __init__(self, hand: _Hand, row: Arrived, *, redelivered: bool) -> None:
        self._hand = hand
        self._row = row
        self._redelivered = redelivered
        size = None if row.too_long else len(row.payload)
        self._payload = ByteBody(chunks=_once(row), content_type="application/json", size=size)

    @property
    def payload(self) -> ByteBody:
        """The row as JSON. Its chunks raise LimitExceeded where it is longer than may be read."""
        return self._payload

    @property
    def headers(self) -> Mapping[str, str]:
        """The table and the row's key."""
        return {"odbc.table": self._hand.channel.outbox.table.name, "odbc.key": self._row.shown_key}

    @property
    def redelivered(self) -> bool:
        """True when this run of `receive` has delivered it before."""
        return self._redelivered

    def source_key(self) -> str | None:
        """The channel, the row's key and its version."""
        return self._row.source_key

    def cursor(self) -> str | None:
        """None: the table remembers what is new."""
        return None

    async def ack(self) -> None:
        """Mark the row, or delete it, unless it has changed since: it then is another arrival.

        Raises: the errors of a write.
        """
        try:
            await self._hand.channel.mark(self._row)
        except BaseException:
            self._hand.refused(self._row, self._hand.channel.settings.poll_interval_s)
            raise
        self._hand.marked(self._row)

    async def nack(self, reason: str, *, for_good: bool = False) -> None:
        """Leave the row new; `for_good`: mark it as never taken, where the settings say how.

        Raises: the errors of a write.
        """
        again_after_s = self._hand.channel.settings.poll_interval_s
        try:
            if for_good and not await self._hand.channel.put_aside(self._row):
                again_after_s = NEVER_TAKEN_S
        finally:
            self._hand.refused(self._row, again_after_s)


async def _once(row: Arrived) -> AsyncGenerator[bytes, None]:
    if row.too_long is not None:
        raise LimitExceeded(f"the row {row.shown_key}: {row.too_long}")
    yield row.payload
