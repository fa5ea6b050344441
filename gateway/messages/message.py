"""What is stored: messages, how they came, how far they are and why they could not go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias


class State(StrEnum):
    """Where a message is on its way."""

    PENDING = "pending"
    """Waits for its turn, or for its next attempt."""
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"
    """A dead letter: it failed for good, or too often. A person replays or discards it."""
    IN_DOUBT = "in_doubt"
    """A write of its was sent and no answer came. A person decides whether it is sent again."""
    DISCARDED = "discarded"


class Fullness(StrEnum):
    """Whether the store takes anything in, or what keeps it from that."""

    OK = "ok"
    DISK = "disk"
    MESSAGES = "messages"
    """As many messages wait and run as may."""


FINISHED = frozenset({State.DONE, State.DISCARDED})
CUT = "cut"
"""The count in `Progress` of records that became dead letters with a part of their bytes. The message holds
the whole of them, and is kept as long as one of its dead letters is."""
MAX_DETAIL = 16_384
"""Characters of `Failure.detail` at most."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message could not go on. `error` is the class of the error, one of a closed set; `step` the id of
    the step, empty where it is none; `text` is for people, bounded, without payload.

    Of a call that was refused also what the system said: `code` is its own, verbatim, `blame` whose fault it
    means, `fault` the declared fault it names. `detail` is what else belongs to the error, as JSON text of at
    most MAX_DETAIL characters; None also for more.
    """

    error: str
    text: str
    step: str = ""
    record: int | None = None
    byte_offset: int | None = None
    path: str | None = None
    rule: str | None = None
    code: str | None = None
    blame: str | None = None
    fault: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class SpooledPayload:
    """A payload that lies in the spool already: written by `MessageStore.spool`, synced, and not yet any
    message's. Units: bytes of the plain payload; `sha256` is of it, in hex."""

    id: str
    size: int
    sha256: str


Payload: TypeAlias = bytes | SpooledPayload


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message to be stored.

    `flow` and `version`: the flow and the hash of its definition, stored before by `define`. `lane`: messages
    of one flow and lane run one after the other in the order of their arrival; None where order does not
    matter. `owner`: the id of the key of the caller who sent it. `parent`: the message it is a part of.
    """

    flow: str
    version: str
    source: str
    payload: Payload
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    lane: str | None = None
    correlation_id: str = ""
    owner: str | None = None
    parent: str | None = None
    redelivered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What arrived at one channel: a message for each flow that wants it, which may be none.

    `claim` names the arrival: a second one of the same channel and claim is not stored. `cursor`: where the
    channel resumes after this one. All messages of one arrival hold the same payload, stored once.
    """

    channel: str
    messages: Sequence[NewMessage]
    claim: str | None = None
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Appended:
    """The ids of an arrival's messages, in their order. `duplicate`: the claim was there already, nothing was
    stored, and these are the ids of then."""

    ids: tuple[str, ...]
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the records of a message are done: the number of records that need nothing more, and counts of
    what became of them (`read`, `filtered`, `sent`, `failed`, CUT, …)."""

    records: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A stored message without its payload. Times are UTC, `attempts` counts the leases so far."""

    id: str
    flow: str
    version: str
    source: str
    state: State
    content_type: str
    size: int
    sha256: str
    headers: Mapping[str, str]
    lane: str | None
    correlation_id: str
    owner: str | None
    parent: str | None
    redelivered: bool
    received_at: datetime
    updated_at: datetime
    attempts: int
    due_at: datetime | None
    """When a pending one is tried next; None: at once."""
    failure: Failure | None
    progress: Progress
    has_result: bool


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One thing that happened to a message: `kind` is a stable word (received, attempt, retry, dead,
    in_doubt, replayed, discarded, done, interrupted)."""

    at: datetime
    kind: str
    text: str
