"""The contract of the message store: what arrives is kept here until everything that follows from it is done.

A *message* is one arrival on its way through one flow. It is stored before its source hears that it was
taken, and ends in exactly one of `done`, `dead`, `in_doubt` (until a person decides) or `discarded`.

    append ──► pending ──lease──► running ──complete──► done
                  ▲                  │ ├──dead_letter──► dead ──────┐
                  │                  │ └──hold──────► in_doubt ──┐  │
                  └──retry, release──┘                           │  │
                  └───────────────── replay ◄────────────────────┴──┘      discard ──► discarded

The rules a store keeps, which one suite of tests checks for every implementation:

- A method that changes something returns after the change is durable: committed, and the log synced.
- Message, claim and cursor of one arrival are stored in one transaction, and so are all changes of one
  `record`.
- Payloads, headers, results and failure texts are encrypted at rest, bound to their row, and checked when
  they are read.
- After the first input/output error the store accepts nothing more (`StoreFailed`): what was not synced may
  be lost, so the process must end and open it anew.
- A change by a lease that is no longer the message's is refused (`LeaseLost`).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from gateway.messages.message import (
    Appended,
    Arrival,
    Failure,
    Fullness,
    HistoryEntry,
    Message,
    NewMessage,
    Progress,
    SpooledPayload,
    State,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """What is stored of one side effect: that it was begun, or its result. `attempts` counts how often it was
    begun."""

    done: bool
    attempts: int
    result: bytes | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run one message. `token` grows with each lease of it. `marks` are those stored since its
    last `Advanced`, by position."""

    message: Message
    token: int
    marks: Mapping[str, Mark]


@dataclass(frozen=True, slots=True)
class Standing:
    """A message that does not run, and what is known of its side effects. `token`: that of its last lease,
    by which it is told whether it ran since."""

    message: Message
    token: int
    marks: Mapping[str, Mark]


@dataclass(frozen=True, slots=True)
class Anew:
    """How a message runs by another version: by which, from which progress on, and with which of its marks,
    by position. The others are forgotten."""

    version: str
    progress: Progress
    marks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Began:
    """The side effect at `position` is about to be sent. Stored before its first byte leaves."""

    position: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The target has answered the side effect at `position` with yes. `result`: what later steps need."""

    position: str
    result: bytes | None = None


@dataclass(frozen=True, slots=True)
class Undone:
    """The side effect at `position` certainly did not happen (it was refused, or never sent)."""

    position: str


@dataclass(frozen=True, slots=True)
class Advanced:
    """Everything up to here is done: `progress` replaces the old one, and all marks are forgotten."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class Reached:
    """How far the message is, for people: `progress` replaces the old one, and its marks stay."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class DeadRecord:
    """One record of the message failed for good and becomes a dead letter of its own."""

    message: NewMessage
    failure: Failure


@dataclass(frozen=True, slots=True)
class Counted:
    """A control number that `next_number` gave is used by this message. Stored before the first byte that has
    it leaves: else it could be given once more after a crash."""

    counter: str
    number: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """The message brought what has this `identity` among all that comes by the same flow, such as an
    interchange by its partners and its control number. The first to claim it keeps it."""

    identity: str


@dataclass(frozen=True, slots=True)
class Follows:
    """Another message follows from this one, such as an answer to whoever sent it: stored with the change
    that says so, or not at all."""

    message: NewMessage


Change: TypeAlias = Began | Finished | Undone | Advanced | Reached | DeadRecord | Counted | Claimed | Follows


# --- idempotency keys ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reservation:
    """What the store knows of an idempotency key.

    `new`: it is the caller's now, who must `settle` or `forget` it. `running`: a call under it has no answer
    yet. `unknown`: the gateway was killed during the call. `answered`: `answer` is what was settled. `other`:
    the key was used for another request.
    """

    state: Literal["new", "running", "unknown", "answered", "other"]
    answer: bytes | None = None


class SpoolWriter(Protocol):
    """Takes a payload of any size, in order."""

    async def write(self, chunk: bytes) -> None:
        """Raises: StoreFull, StoreFailed."""

    async def finish(self) -> SpooledPayload:
        """Sync what was written, and its folder. Raises: StoreFull, StoreFailed."""


class MessageStore(Protocol):
    """See the module's text. Every method may raise StoreFailed."""

    async def open(self) -> None:
        """Make the store usable; create it where there is none. What was running when the process before
        ended becomes pending, or a dead letter after its third such end.

        Raises: StoreBusy, CannotOpen, Damaged (the key is not the one it was written with).
        """

    async def aclose(self) -> None:
        """Finish what was asked and release everything. Idempotent."""

    @property
    def failed(self) -> bool:
        """True once the store has failed and must be opened anew."""

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have `listener` called, on the event loop, when there may be something to lease, or the store has
        failed."""

    # taking in

    async def fullness(self) -> Fullness:
        """Whether there is room for something new, as far as can be seen now. Raises: OSError."""

    def spool(self) -> AbstractAsyncContextManager[SpoolWriter]:
        """A place for a payload that is too large to hold. Without `finish` nothing of it stays; after it,
        nothing stays of what no message was appended for when the store is opened next.

        Raises: StoreFull.
        """

    async def append(self, arrival: Arrival) -> Appended:
        """Store what arrived. Many callers at once share one commit. Raises: StoreFull."""

    async def cursor(self, channel: str) -> str | None:
        """Where a channel resumes."""

    # definitions

    async def define(self, flow: str, version: str, definition: bytes) -> None:
        """Keep the definition of a flow's version; nothing happens when it is there."""

    async def definition(self, version: str) -> bytes | None:
        """The definition of a version. It is there as long as a message of it is not finished."""

    # running

    async def lease(self, limit: int, *, flows: Collection[str] | None = None) -> Sequence[Lease]:
        """Up to `limit` pending messages that are due, the oldest first, none whose lane has an older one
        that is pending or running (a retry that waits holds up its lane). `flows`: only of these."""

    async def next_due_s(self) -> float | None:
        """Seconds until a message that waits for its next attempt is due; None when none waits."""

    async def record(self, lease: Lease, *changes: Change) -> None:
        """Store changes of a running message, all or none. Raises: LeaseLost, StoreFull."""

    async def complete(self, lease: Lease, progress: Progress, result: bytes | None = None) -> None:
        """The message is done. Raises: LeaseLost."""

    async def retry(self, lease: Lease, failure: Failure, after_s: float) -> None:
        """Pending again, due after so many seconds. Raises: LeaseLost."""

    async def release(self, lease: Lease) -> None:
        """Pending again, at once and without counting as an attempt: the gateway stops. Raises: LeaseLost."""

    async def dead_letter(self, lease: Lease, failure: Failure) -> None:
        """Raises: LeaseLost."""

    async def hold(self, lease: Lease, failure: Failure) -> None:
        """In doubt: its marks stay. Raises: LeaseLost."""

    # control numbers, and what came before

    def next_number(self, counter: str) -> int:
        """The number behind the last one of this counter, from 1 on. Nobody else is given it as long as the
        store is open; for good it is used once it is `Counted`. Called in any thread; it looks one row up.

        Raises: StoreFailed.
        """

    async def count(self, numbers: Collection[Counted]) -> None:
        """Keep numbers that are used for what is no message. Raises: StoreFull."""

    async def count_once(self, numbers: Collection[Counted], effect: str, kept: bytes) -> bytes:
        """The same for what this effect is the name of, with what it was written by. What was kept for it
        first stays: then that is the answer, and these numbers are not kept. It is known for as long as the
        answer to an idempotency key.

        Raises: StoreFull, Damaged.
        """

    async def counters(self) -> Mapping[str, int]:
        """The number of each counter that was used last. Raises: Damaged."""

    async def set_counter(self, counter: str, last: int, *, back: bool = False) -> None:
        """Have a counter go on behind `last`: what another program has used, or a backup does not know.

        Raises: NotAllowed when a later number was used, so that some would be given again, unless `back`
        says that this is meant.
        """

    def claimant(self, flow: str, identity: str) -> str | None:
        """The id of the message of this flow that has `Claimed` this; None when none has. Called in any
        thread; it looks one row up. Raises: StoreFailed."""

    # looking and deciding

    async def get(self, message_id: str) -> Message:
        """Raises: UnknownMessage."""

    def payload(self, message_id: str) -> AsyncGenerator[bytes, None]:
        """The original bytes. Raises: UnknownMessage, Damaged."""

    async def result(self, message_id: str) -> bytes | None:
        """What `complete` was given. Raises: UnknownMessage, Damaged."""

    async def history(self, message_id: str) -> Sequence[HistoryEntry]:
        """The oldest first, bounded. Raises: UnknownMessage."""

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
        """Messages, the newest first, those older than the id `before`. Empty `states`: all."""

    async def counts(self) -> Mapping[tuple[str, State], int]:
        """How many messages there are of each flow in each state."""

    async def replay(
        self, message_id: str, *, by: str, unknown_as: Literal["repeat", "done"] | None = None
    ) -> None:
        """Pending again, at the end of its lane, with its attempts counted on and what is done kept. Where a
        write has no answer, `unknown_as` says whether it is sent again or taken as done; when nobody says,
        its mark stays as it is.

        Raises: UnknownMessage, NotAllowed (it is neither dead nor in doubt).
        """

    async def standing(self, message_id: str) -> Standing:
        """A message with its marks, for whoever decides by which version it runs. Raises: UnknownMessage,
        Damaged."""

    async def move(
        self,
        standing: Standing,
        anew: Anew,
        *,
        by: str,
        unknown_as: Literal["repeat", "done"] | None = None,
    ) -> None:
        """Have a message that is dead, in doubt or pending run by another version: as by `replay`, at once.
        One that is pending keeps its place in its lane.

        Raises: UnknownMessage, NotAllowed (it is in another state, or not as `standing` says any more),
        StoreError (the version is not defined).
        """

    async def discard(self, message_id: str, *, by: str, reason: str = "") -> None:
        """Give it up: dead, in doubt, or pending. Raises: UnknownMessage, NotAllowed."""

    async def prune(self) -> int:
        """Remove what the retention policy no longer keeps; how many messages went."""

    # idempotency keys

    async def reserve(self, scope: str, key: str, fingerprint: str) -> Reservation:
        """Ask for a key. `scope` is the caller and the endpoint, `fingerprint` the hash of the request."""

    async def settle(self, scope: str, key: str, answer: bytes) -> None:
        """Keep the answer that every repetition will get."""

    async def forget(self, scope: str, key: str) -> None:
        """Nothing happened under this key: it may be used again."""
