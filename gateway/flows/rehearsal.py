"""A file is read and mapped to its end before the first of its records is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

from gateway.flows.chunks import OFF_LOOP_BYTES
from gateway.flows.failures import Next, Stopped, of_data
from gateway.flows.items import Bad, Facts, Seen
from gateway.flows.program import Call, Choose, Filter, Map, Program, Step, calls
from gateway.flows.requests import Requests
from gateway.flows.sending import Sender
from gateway.messages import Failure
from mappings.contract import MappingError, Record

OFF_LOOP_RECORDS = 20


async def rehearse(
    blocks: AsyncGenerator[Sequence[Seen], None],
    program: Program,
    facts: Facts,
    sender: Sender,
    stopping: Callable[[], bool],
    size: int,
    skip: int = 0,
) -> int:
    """Check everything that needs no answer of a system; how many records there are. Closes `blocks`.
    `size` is that of the whole payload, in bytes; the first `skip` records are done.

    Raises: Stopped at the first record that is bad, and what `blocks` raises.
    """
    requests = {step.id: sender.requests(step) for step in calls(program.steps)}
    checking = _Rehearsal(program, facts, requests, skip)
    count = 0
    try:
        async for seen in blocks:
            if stopping():
                raise Stopped(Next.RELEASE, Failure("Stopping", "the gateway stops"))
            count += len(seen)
            if len(seen) > OFF_LOOP_RECORDS or (seen and size > OFF_LOOP_BYTES):
                await asyncio.to_thread(checking.look, seen)
            else:
                checking.look(seen)
    finally:
        await blocks.aclose()
    return count


class _Rehearsal:
    def __init__(self, program: Program, facts: Facts, requests: Mapping[str, Requests], skip: int) -> None:
        self._skip = skip
        self._program = program
        self._facts = facts
        self._requests = requests

    def look(self, seen: Sequence[Seen]) -> None:
        """Raises: Stopped."""
        for one in seen:
            if one.number <= self._skip:
                continue
            if isinstance(one, Bad):
                raise Stopped(Next.DEAD, of_data(one.error, "", one.record))
            self._step = ""
            try:
                self._through(self._program.steps, one.value)
            except MappingError as error:
                raise Stopped(Next.DEAD, of_data(error, self._step, one.record)) from error

    def _through(self, steps: Sequence[Step], record: Record) -> tuple[Record, bool]:
        """The record behind these steps, and whether it gets there as far as is known now."""
        for step in steps:
            self._step = step.id
            if isinstance(step, Map):
                record = step.transform.apply(record)
            elif isinstance(step, Filter):
                if not step.condition.holds(record, self._facts):
                    return record, False
            elif isinstance(step, Choose):
                index = step.branch_of(record, self._facts)
                if index is not None:
                    record, goes_on = self._through(step.branches[index].steps, record)
                    if not goes_on:
                        return record, False
            elif not self._called(step, record):
                return record, False
        return record, True

    def _called(self, step: Call, record: Record) -> bool:
        self._requests[step.id].content(record, self._facts)
        # What follows may depend on the answer.
        return step.reply_as is None
