"""Any sequence of what a store is asked for, beside a model of a few lines."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.messages import FINISHED, Began, Lease, MessageStore, Progress, State
from tests.unit.gateway.messages.making import FAILURE, FLOW, Stores, put

T = TypeVar("T")
ACTIVE = (State.PENDING, State.RUNNING)
STOPPED = (State.DEAD, State.IN_DOUBT)
CRASH_LIMIT = 3


@dataclass
class Entry:
    """What the model knows of a message."""

    lane: str | None
    place: int
    state: State = State.PENDING
    due: float = 0.0
    attempts: int = 0
    crashes: int = 0
    marks: int = 0


class StoreMachine(RuleBasedStateMachine):
    """Does the same to a store and to a model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.stores = Stores("sqlite", self.folder)
        self.store: MessageStore = self.run(self.stores.open(crash_limit=CRASH_LIMIT))
        self.model: dict[str, Entry] = {}
        self.leases: dict[str, Lease] = {}
        self.places = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.stores.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    def next_place(self) -> int:
        self.places += 1
        return self.places

    def may_run(self, entry: Entry) -> bool:
        if entry.state is not State.PENDING or entry.due > self.stores.clock.now:
            return False
        return entry.lane is None or not any(
            other.lane == entry.lane and other.state in ACTIVE and other.place < entry.place
            for other in self.model.values()
        )

    def end(self, number: int) -> tuple[Lease, Entry]:
        """One of the leases, which ends now."""
        message_id = sorted(self.leases)[number % len(self.leases)]
        return self.leases.pop(message_id), self.model[message_id]

    @rule(lane=st.sampled_from([None, None, "a", "b"]))
    def append(self, lane: str | None) -> None:
        message_id = self.run(put(self.store, lane=lane))
        self.model[message_id] = Entry(lane, self.next_place())

    @rule(limit=st.integers(1, 4))
    def lease(self, limit: int) -> None:
        expected = sorted(
            (each for each in self.model if self.may_run(self.model[each])),
            key=lambda each: self.model[each].place,
        )[:limit]
        leases = self.run(self.store.lease(limit))
        assert [each.message.id for each in leases] == expected
        for lease in leases:
            entry = self.model[lease.message.id]
            entry.state, entry.due = State.RUNNING, 0.0
            entry.attempts += 1
            assert lease.message.attempts == entry.attempts
            assert len(lease.marks) == entry.marks
            self.leases[lease.message.id] = lease

    @precondition(lambda self: self.leases)
    @rule(number=st.integers(0, 9))
    def begin(self, number: int) -> None:
        lease, entry = self.end(number)
        self.leases[lease.message.id] = lease
        self.run(self.store.record(lease, Began("0/a")))
        entry.marks = 1

    @precondition(lambda self: self.leases)
    @rule(number=st.integers(0, 9))
    def complete(self, number: int) -> None:
        lease, entry = self.end(number)
        self.run(self.store.complete(lease, Progress(1)))
        entry.state = State.DONE

    @precondition(lambda self: self.leases)
    @rule(number=st.integers(0, 9), after_s=st.sampled_from([0.0, 5.0]))
    def retry(self, number: int, after_s: float) -> None:
        lease, entry = self.end(number)
        self.run(self.store.retry(lease, FAILURE, after_s))
        entry.state = State.PENDING
        entry.due = self.stores.clock.now + after_s if after_s else 0.0

    @precondition(lambda self: self.leases)
    @rule(number=st.integers(0, 9))
    def release(self, number: int) -> None:
        lease, entry = self.end(number)
        self.run(self.store.release(lease))
        entry.state = State.PENDING
        entry.attempts -= 1

    @precondition(lambda self: self.leases)
    @rule(number=st.integers(0, 9), in_doubt=st.booleans())
    def stop(self, number: int, in_doubt: bool) -> None:
        lease, entry = self.end(number)
        self.run((self.store.hold if in_doubt else self.store.dead_letter)(lease, FAILURE))
        entry.state = State.IN_DOUBT if in_doubt else State.DEAD

    @precondition(
        lambda self: any(each.state in (State.DEAD, State.IN_DOUBT) for each in self.model.values())
    )
    @rule(number=st.integers(0, 9), unknown_as=st.sampled_from(["repeat", "done", None]))
    def replay(self, number: int, unknown_as: Any) -> None:
        stopped = [each for each, entry in self.model.items() if entry.state in (State.DEAD, State.IN_DOUBT)]
        message_id = stopped[number % len(stopped)]
        self.run(self.store.replay(message_id, by="x", unknown_as=unknown_as))
        entry = self.model[message_id]
        entry.state, entry.place, entry.crashes = State.PENDING, self.next_place(), 0
        if unknown_as == "repeat":
            entry.marks = 0

    @precondition(lambda self: any(each.state is State.PENDING for each in self.model.values()))
    @rule(number=st.integers(0, 9))
    def discard(self, number: int) -> None:
        pending = [each for each, entry in self.model.items() if entry.state is State.PENDING]
        message_id = pending[number % len(pending)]
        self.run(self.store.discard(message_id, by="x"))
        self.model[message_id].state = State.DISCARDED

    @rule(seconds=st.sampled_from([1.0, 10.0]))
    def wait(self, seconds: float) -> None:
        self.stores.clock.now += seconds

    @rule()
    def prune(self) -> None:
        self.stores.clock.now += 8 * 24 * 3600
        gone = [each for each, entry in self.model.items() if entry.state in FINISHED]
        assert self.run(self.store.prune()) == len(gone)
        for message_id in gone:
            del self.model[message_id]

    @rule()
    def end_of_the_process(self) -> None:
        self.leases.clear()
        for entry in self.model.values():
            if entry.state is State.RUNNING:
                entry.crashes += 1
                entry.state = State.DEAD if entry.crashes >= CRASH_LIMIT else State.PENDING
        self.store = self.run(self.stores.open(crash_limit=CRASH_LIMIT))

    @invariant()
    def counts_agree(self) -> None:
        expected = Counter((FLOW, entry.state) for entry in self.model.values())
        assert self.run(self.store.counts()) == expected

    @invariant()
    def listing_agrees(self) -> None:
        found = {each.id: each.state for each in self.run(self.store.find(limit=1000))}
        assert found == {each: entry.state for each, entry in self.model.items()}


StoreMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestStore = StoreMachine.TestCase
