"""The steps of a flow, run over the records of one chunk."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from adapters.contract import ByteBody, JsonValue
from adapters.errors import AdapterError
from gateway.flows.chunks import OFF_LOOP_BYTES
from gateway.flows.failures import Next, Stopped, is_repeatable, judge, of_call, of_data
from gateway.flows.items import Bad, Facts, Item, Seen
from gateway.flows.journal import Journal
from gateway.flows.program import Call, Choose, Filter, Map, Program, Step
from gateway.flows.requests import Content, Requests
from gateway.flows.sending import Sender
from gateway.messages import CUT, Failure, Message
from mappings import json
from mappings.contract import Context, MappingError, Place

T = TypeVar("T")

OFF_LOOP_RECORDS = 20
"""More records than these are mapped in a thread."""


@dataclass(frozen=True, slots=True)
class Dead:
    """A record that failed for good while the others go on. `done`: the calls made for it before, by step."""

    seen: Seen
    failure: Failure
    done: dict[str, JsonValue] = field(default_factory=dict)


@dataclass(slots=True)
class Run:
    """One message being run. `stopping` says that the gateway stops; `open_payload` gives the message's bytes
    anew. `goes_on`: a record that fails for good is set aside, and the message goes on. `context`: what the
    format is told while it reads."""

    program: Program
    message: Message
    facts: Facts
    journal: Journal
    sender: Sender
    stopping: Callable[[], bool]
    open_payload: Callable[[], AsyncGenerator[bytes, None]]
    goes_on: bool
    context: Context


@dataclass(slots=True)
class Chunk:
    """The run of one chunk. `counts` and `dead` say what became of its records."""

    run: Run
    first: int
    counts: Counter[str] = field(default_factory=Counter)
    dead: list[Dead] = field(default_factory=list)
    made: dict[int, dict[str, JsonValue]] = field(default_factory=dict)

    async def carry_out(self, seen: Sequence[Seen]) -> None:
        """Run all steps. Raises: Stopped, and what the store raises."""
        self.counts["read"] += len(seen)
        items = []
        for one in seen:
            if isinstance(one, Bad):
                self._bad(one)
            else:
                items.append(one)
        await self._steps(self.run.program.steps, items)

    def _bad(self, one: Bad) -> None:
        failure = of_data(one.error, "", one.record)
        if one.lost or not self.run.goes_on:
            raise Stopped(Next.DEAD, failure)
        if one.is_cut:
            self.counts[CUT] += 1
        self._set_aside(one, failure)

    async def _steps(self, steps: Sequence[Step], items: Sequence[Item]) -> Sequence[Item]:
        for step in steps:
            if not items:
                break
            if isinstance(step, Call):
                items = await self._call(step, items)
            elif isinstance(step, Choose):
                items = await self._choose(step, items)
            else:
                items = await self._each(step, items)
        return items

    # --- steps without effect ------------------------------------------------------------------------------

    async def _each(self, step: Map | Filter, items: Sequence[Item]) -> Sequence[Item]:
        """Map or filter all of them."""
        facts = self.run.facts

        def apply(item: Item) -> bool:
            if isinstance(step, Map):
                item.value = step.transform.apply(item.value)
                return True
            return step.condition.holds(item.value, facts)

        kept = []
        for item, found in await self._apart(items, apply):
            if isinstance(found, MappingError):
                self._failed(item, of_data(found, step.id, item.record))
            elif found:
                kept.append(item)
            else:
                self.counts["filtered"] += 1
        return kept

    async def _choose(self, step: Choose, items: Sequence[Item]) -> Sequence[Item]:
        facts = self.run.facts
        parts: dict[int | None, list[Item]] = {}
        for item, found in await self._apart(items, lambda item: step.branch_of(item.value, facts)):
            if isinstance(found, MappingError):
                self._failed(item, of_data(found, step.id, item.record))
            else:
                parts.setdefault(found, []).append(item)
        left = list(parts.pop(None, ()))
        for index in sorted(key for key in parts if key is not None):
            left += await self._steps(step.branches[index].steps, parts[index])
        return sorted(left, key=lambda item: item.number)

    # --- calls ---------------------------------------------------------------------------------------------

    async def _call(self, step: Call, items: Sequence[Item]) -> Sequence[Item]:
        requests = self.run.sender.requests(step)
        if step.batch is None:
            return [item for item in items if await self._one(step, requests, item)]
        left: list[Item] = []
        for start in range(0, len(items), step.batch):
            left += await self._batch(step, requests, items[start : start + step.batch])
        return left

    async def _one(self, step: Call, requests: Requests, item: Item) -> bool:
        """Call for one record; False when the record failed for good."""
        if step.id in item.done:
            return self._take(step, item, item.done[step.id])
        content = await self._content(step, requests, item)
        if content is None:
            return False
        position = self._single(step, item)
        journal = self.run.journal
        before = journal.refusal(position)
        if before is not None:
            self._failed(item, before)
            return False
        try:
            value = await self._effect(step, requests, position, content)
        except _Refused as refused:
            failure = replace(refused.failure, record=item.record)
            if self.run.goes_on:
                # Taken the next time, it would be in what later steps did without it.
                journal.refuse(position, failure)
            self._failed(item, failure)
            return False
        except MappingError as error:
            self._failed(item, of_data(error, step.id, item.record))
            return False
        return self._take(step, item, value)

    async def _batch(self, step: Call, requests: Requests, items: Sequence[Item]) -> Sequence[Item]:
        """Call for several records at once; when they are refused as a whole, for one after the other."""
        position = f"{self.first}/{step.id}/{items[0].number}-{items[-1].number}"
        if self._is_apart(step, position, items):
            return [item for item in items if await self._one(step, requests, item)]
        good = await self._bodies(step, requests, items)
        if not good:
            return []
        try:
            whole = Content({}, [body for _, body in good])
            await self._effect(step, requests, position, whole, len(good))
        except (_Refused, MappingError):
            # Which one it was shows when they are sent one by one.
            return [item for item, _ in good if await self._one(step, requests, item)]
        return [item for item, _ in good if self._take(step, item, None)]

    async def _bodies(
        self, step: Call, requests: Requests, items: Sequence[Item]
    ) -> list[tuple[Item, JsonValue]]:
        """What is sent for each record, without those for which nothing can be."""
        facts = self.run.facts
        good = []
        for item, found in await self._apart(items, lambda item: requests.content(item.value, facts)):
            if isinstance(found, MappingError):
                self._failed(item, of_data(found, step.id, item.record))
            else:
                good.append((item, found.body))
        return good

    def _is_apart(self, step: Call, position: str, items: Sequence[Item]) -> bool:
        """True when these records are sent one by one: there is one only, or it was begun so."""
        journal = self.run.journal
        if journal.mark(position) is not None:
            return False
        begun = any(step.id in item.done or journal.is_known(self._single(step, item)) for item in items)
        return begun or len(items) == 1

    async def _content(self, step: Call, requests: Requests, item: Item) -> Content | None:
        facts = self.run.facts
        ((_, found),) = await self._apart([item], lambda item: requests.content(item.value, facts))
        if isinstance(found, MappingError):
            self._failed(item, of_data(found, step.id, item.record))
            return None
        return found

    async def _effect(
        self, step: Call, requests: Requests, position: str, content: Content, records: int = 1
    ) -> JsonValue:
        """Make one call, unless it was made before; what it answered.

        Raises: _Refused when it certainly was not carried out and never will be; Stopped; MappingError.
        """
        run, operation = self.run, requests.entry.operation
        mark = run.journal.mark(position)
        if mark is not None and mark.done:
            self.counts["sent"] += records
            return json.decode(mark.result) if mark.result is not None else None
        repeatable = is_repeatable(operation, vouched=step.idempotent)
        if mark is not None and not repeatable:
            text = f"{requests.entry.name} was called, and the gateway ended before the answer was stored"
            raise Stopped(Next.HOLD, Failure("OutcomeUnknown", text, step.id))
        if run.stopping():
            raise Stopped(Next.RELEASE, Failure("Stopping", "the gateway stops"))
        body = await self._body(requests, position, content)
        if not operation.safe:
            await run.journal.begin(position)
        try:
            value = await run.sender.send(
                step,
                content.parameters,
                body,
                key=run.journal.key(position),
                correlation_id=run.message.correlation_id,
                again=mark is not None or run.message.redelivered,
            )
        except AdapterError as error:
            raise self._ended(error, step, requests, position, repeatable=repeatable) from error
        except Stopped:  # its system offers it no more
            run.journal.undo(position)
            raise
        kept = json.encode(value) if step.reply_as is not None else None
        if kept is not None or not operation.safe:
            run.journal.finish(position, kept)
        self.counts["sent"] += records
        return value

    def _ended(
        self, error: AdapterError, step: Call, requests: Requests, position: str, *, repeatable: bool
    ) -> Exception:
        verdict = judge(error, requests.entry.operation, repeatable=repeatable)
        if verdict.undone and not requests.entry.operation.safe:
            self.run.journal.undo(position)
        failure = of_call(error, step.id, None)
        if verdict.next is Next.DEAD:
            return _Refused(failure)
        return Stopped(verdict.next, failure, after_s=verdict.after_s, system=step.system)

    async def _body(self, requests: Requests, position: str, content: Content) -> JsonValue | ByteBody:
        """What is sent; at each attempt the same bytes. Raises: MappingError, LeaseLost, StoreFailed."""
        message, journal = self.run.message, self.run.journal
        if requests.carries_payload:
            chunks = self.run.open_payload()
            return ByteBody(chunks=chunks, content_type=message.content_type, size=message.size)
        telling = journal.telling(position)
        body = await requests.body(content.body, telling.context)
        if telling.used:
            await journal.tell(position, telling, at_once=requests.entry.operation.safe)
        return body

    def _take(self, step: Call, item: Item, value: JsonValue) -> bool:
        """The call was made for this record; False when its answer has no place in it."""
        self.made.setdefault(item.number, {})[step.id] = value if step.reply_as is not None else None
        if step.reply_as is None:
            return True
        if not isinstance(item.value, dict):
            text = "the answer has no place in a record that is no object"
            error = MappingError(text, rule="as", place=Place(record=item.record))
            self._failed(item, of_data(error, step.id, item.record))
            return False
        item.value = {**item.value, step.reply_as: value}
        return True

    async def _apart(
        self, items: Sequence[Item], apply: Callable[[Item], T]
    ) -> Sequence[tuple[Item, T | MappingError]]:
        """The results for each record; where they are many, or may be large, they are found in a thread."""

        def results() -> list[tuple[Item, T | MappingError]]:
            return [(item, _tried(apply, item)) for item in items]

        is_large = self.run.message.size > OFF_LOOP_BYTES and (
            self.run.program.reading.single or len(items) > 1
        )
        return await asyncio.to_thread(results) if is_large or len(items) > OFF_LOOP_RECORDS else results()

    def _single(self, step: Call, item: Item) -> str:
        return f"{self.first}/{step.id}/{item.number}"

    # --- failures ------------------------------------------------------------------------------------------

    def _failed(self, item: Item, failure: Failure) -> None:
        """A record failed for good. Raises: Stopped when the message does with it."""
        if not self.run.goes_on:
            raise Stopped(Next.DEAD, failure)
        self._set_aside(item, failure)

    def _set_aside(self, seen: Seen, failure: Failure) -> None:
        self.counts["failed"] += 1
        self.dead.append(Dead(seen, failure, self.made.get(seen.number, {})))


class _Refused(Exception):
    """A call that certainly was not carried out, and would not be another time."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


def _tried(apply: Callable[[Item], T], item: Item) -> T | MappingError:
    try:
        return apply(item)
    except MappingError as error:
        return error
