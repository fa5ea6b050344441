"""One message through its flow: from where it is to its end, or to where it cannot go on now."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime

from gateway.catalogue import Telling
from gateway.flows.answering import ANSWERED, answer_of, follow_up
from gateway.flows.bodies import held
from gateway.flows.brought import Bringing, Brought
from gateway.flows.chunks import chunks, seen
from gateway.flows.dead_records import dead_record, is_unread, reading_of, with_done
from gateway.flows.failures import Next, Stopped, of_data
from gateway.flows.items import Facts, Item, Seen
from gateway.flows.journal import Journal
from gateway.flows.lanes import facts_on_arrival, lane_of
from gateway.flows.program import CHECKED, Call, Program
from gateway.flows.rehearsal import rehearse
from gateway.flows.running import Chunk, Dead, Run
from gateway.flows.sending import Sender
from gateway.messages import Counted, Failure, Lease, Message, MessageStore, Progress
from gateway.telemetry import get_logger, metrics
from mappings.contract import Context, JsonValue, MappingError

_log = get_logger("flows")

ATTEMPT = "attempt"
"""The number of the attempt in which a message last got further; there while it is not the first."""
UNDER_WAY = "under_way"
"""The count of records of a chunk that did not get to its end for which a call was answered."""
_WORTH_STORING = 1000


class Runner:
    """Runs messages. One for all of them."""

    def __init__(
        self,
        store: MessageStore,
        sender: Sender,
        brought: Brought,
        *,
        stopping: Callable[[], bool],
        expect: Callable[[str], None],
    ) -> None:
        """`expect` is told of flows of which messages were stored."""
        self._store = store
        self._sender = sender
        self._brought = brought
        self._stopping = stopping
        self._expect = expect

    async def run(self, lease: Lease, program: Program, journal: Journal) -> None:
        """Run a message to its end and complete it.

        Raises: Stopped, with everything stored that happened; and what the store raises.
        """
        await self._refuse(lease.message, program)
        with self._brought.by(lease.message) as bringing:
            journal.brought = bringing.new
            await self._run(self._prepared(lease.message, program, journal, bringing))

    async def _run(self, run: Run) -> None:
        journal = run.journal
        try:
            if run.program.acknowledge is not None and self._is_to_be_answered(run):
                await self._answer(run, run.program.acknowledge)
            if self._is_to_be_checked(run):
                await self._check(run)
            await self._chunks(run)
            await journal.complete()
        except Stopped:
            await journal.flush()
            raise
        except asyncio.CancelledError:
            await journal.break_off()
            raise

    async def _refuse(self, message: Message, program: Program) -> None:
        """Raises: Stopped for a message that was taken in and cannot be run."""
        if is_unread(message):
            text = "the record could not be read, and cannot be by the definition that it came under"
            raise Stopped(Next.DEAD, Failure("MappingError", text, rule="unread"))
        if program.order_by is None or message.lane is not None or message.parent is not None:
            return
        known = facts_on_arrival(
            message.flow,
            message.source,
            message.headers,
            correlation_id=message.correlation_id,
            content_type=message.content_type,
            redelivered=message.redelivered,
        )
        payload = await held(self._store.payload(message.id))
        try:
            await asyncio.to_thread(lane_of, program, payload, known)
        except MappingError as error:
            raise Stopped(Next.DEAD, of_data(error, "order_by", None)) from error

    def _prepared(self, message: Message, program: Program, journal: Journal, bringing: Bringing) -> Run:
        program = replace(program, reading=reading_of(message, program.reading))
        return Run(
            program=program,
            message=message,
            facts=facts(message),
            journal=journal,
            sender=self._sender,
            stopping=self._stopping,
            open_payload=lambda: self._store.payload(message.id),
            goes_on=program.reading.has_several and program.on_record_error == "dead_letter_record",
            context=Context(now=message.received_at, seen_before=bringing.seen_before),
        )

    def _is_to_be_answered(self, run: Run) -> bool:
        return run.program.reading.has_several and ANSWERED not in run.journal.progress.counts

    async def _answer(self, run: Run, step: Call) -> None:
        """Have the acknowledgement follow, once. Raises: Stopped, and what the store raises."""
        requests, format_ = run.sender.requests(step), run.program.reading.format
        assert format_ is not None
        telling = Telling(self._store.next_number, datetime.now(UTC))
        context = replace(run.context, now=telling.context.now, next_number=telling.context.next_number)
        answer = await answer_of(run.open_payload(), format_, context, run.stopping)
        follows = []
        if answer:
            content_type = format_.content_type
            definition, one = await follow_up(step, requests, answer, run.message, run.facts, content_type)
            await self._store.define(definition.flow, definition.version, definition.stored)
            self._expect(definition.flow)
            follows.append(one)
        used = [Counted(*each) for each in telling.used.items()] if answer else []
        before = run.journal.progress
        progress = Progress(before.records, {**before.counts, ANSWERED: len(follows)})
        await run.journal.follow(follows, used, progress)

    def _is_to_be_checked(self, run: Run) -> bool:
        is_whole = run.program.reading.has_several and run.program.on_record_error == "reject_file"
        counts = run.journal.progress.counts
        return is_whole and CHECKED not in counts

    async def _check(self, run: Run) -> None:
        before = run.journal.progress
        count = await rehearse(
            self._seen(run),
            run.program,
            run.facts,
            run.sender,
            run.stopping,
            run.message.size,
            before.records,
        )
        checked = Progress(before.records, {**before.counts, CHECKED: count})
        if run.journal.has_marks:
            # Another version had begun this chunk: its marks stay until the chunk ends.
            run.journal.progress = checked
            return
        await run.journal.advance(checked)
        if count >= _WORTH_STORING:
            await run.journal.flush()

    async def _chunks(self, run: Run) -> None:
        journal = run.journal
        skip = journal.progress.records
        async with aclosing(chunks(self._seen(run), run.program.chunk, skip)) as found:
            async for group in found:
                if run.stopping():
                    raise Stopped(Next.RELEASE, Failure("Stopping", "the gateway stops"))
                chunk = Chunk(run, group[0].number)
                try:
                    await chunk.carry_out([self._known(one, run.message) for one in group])
                except Stopped:
                    journal.reach(self._under_way(run, len(chunk.made)))
                    raise
                dead = [dead_record(one, run.message) for one in chunk.dead]
                await journal.advance(self._progress(run, group[-1].number, chunk.counts), dead)
                for one in chunk.dead:
                    _tell(one, run.message)

    def _under_way(self, run: Run, records: int) -> Progress:
        """What is told of a chunk that did not get to its end."""
        before = run.journal.progress
        counts = {key: count for key, count in before.counts.items() if key != UNDER_WAY}
        return Progress(before.records, {**counts, UNDER_WAY: records} if records else counts)

    def _progress(self, run: Run, records: int, more: Counter[str]) -> Progress:
        counts = Counter(run.journal.progress.counts)
        counts.pop(UNDER_WAY, None)
        counts.update({key: count for key, count in more.items() if count})
        if run.message.attempts > 1:
            counts[ATTEMPT] = run.message.attempts
        return Progress(records, dict(counts))

    def _seen(self, run: Run) -> AsyncGenerator[Sequence[Seen], None]:
        return seen(run.open_payload(), run.program.reading, run.context)

    def _known(self, one: Seen, message: Message) -> Seen:
        return with_done(one, message) if isinstance(one, Item) else one


def _tell(dead: Dead, message: Message) -> None:
    """Log and count a record that became a dead letter of its own."""
    failure = dead.failure
    metrics.FLOW_MESSAGES.labels(message.flow, "dead").inc()
    _log.warning(
        "a record is a dead letter",
        parent=message.id,
        flow=message.flow,
        step=failure.step,
        record=dead.seen.record,
        error=failure.error,
        reason=failure.text,
    )


def facts(message: Message) -> Facts:
    """What expressions are told of a message."""
    return Facts(
        {
            "id": message.id,
            "flow": message.flow,
            "source": message.source,
            "received_at": _rfc3339(message.received_at),
            "redelivered": message.redelivered,
            "correlation_id": message.correlation_id,
            "content_type": message.content_type,
            "size": message.size,
            "headers": _headers(message),
        }
    )


def _headers(message: Message) -> dict[str, JsonValue]:
    return dict(message.headers)


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
