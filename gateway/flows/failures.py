"""What follows from a failure: another attempt, a dead letter, or a person who decides.

NotSent, Throttled, ReadFailed, AccessRefused, PeerRejected.transient → again, later
OutcomeUnknown, BadReply after a write                                 → again when that is harmless,
                                                                         else held, in doubt
InvalidRequest, PeerRejected, BadReply, MappingError                   → dead letter
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from adapters.contract import Operation
from adapters.errors import (
    AccessRefused,
    AdapterError,
    InvalidRequest,
    NotSent,
    Outcome,
    PeerRejected,
    ReadFailed,
    Throttled,
)
from gateway.config import RetrySettings
from gateway.flows.peer_errors import said
from gateway.messages import Failure
from mappings.contract import MappingError

MAX_TEXT = 500
Chance = Callable[[float, float], float]
"""Like `random.uniform`."""


class Next(StrEnum):
    """What is done with a message that cannot go on."""

    RETRY = "retry"
    """Another attempt, unless there were enough."""
    WAIT = "wait"
    """Another attempt, however many there were: nothing of the message is at fault."""
    DEAD = "dead"
    HOLD = "hold"
    RELEASE = "release"
    """The gateway stops."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from an error of a call. `undone`: the call certainly did not change anything."""

    next: Next
    undone: bool
    after_s: float = 0.0


class Stopped(Exception):
    """A message cannot go on now. `system`: the one that could not be called."""

    def __init__(
        self, then: Next, failure: Failure, *, after_s: float = 0.0, system: str | None = None
    ) -> None:
        super().__init__(failure.text)
        self.next = then
        self.failure = failure
        self.after_s = after_s
        self.system = system


def judge(error: AdapterError, operation: Operation, *, repeatable: bool) -> Verdict:
    """What follows from an error of this operation. `repeatable`: calling it twice is harmless."""
    if isinstance(error, Throttled):
        return Verdict(Next.RETRY, True, error.retry_after_s)
    if isinstance(error, NotSent | ReadFailed | AccessRefused):
        return Verdict(Next.RETRY, True)
    if isinstance(error, PeerRejected):
        return Verdict(Next.RETRY if error.transient else Next.DEAD, True)
    if isinstance(error, InvalidRequest):
        return Verdict(Next.DEAD, True)
    if error.outcome is Outcome.UNKNOWN and not operation.safe:
        return Verdict(Next.RETRY if repeatable else Next.HOLD, False)
    return Verdict(Next.DEAD, True)


def is_repeatable(operation: Operation, *, vouched: bool) -> bool:
    """True when an operation may be called again though it is not known whether the first call was carried
    out. `vouched`: the configuration says so."""
    return operation.safe or operation.idempotent or operation.deduplicates or vouched


def of_call(error: AdapterError, step: str, record: int | None) -> Failure:
    """The failure of a call; `gateway.flows.peer_errors` makes the error of it again."""
    path = None
    text = error.message
    if isinstance(error, InvalidRequest) and error.violations:
        first = error.violations[0]
        path = first.pointer if first.pointer is not None else first.parameter
        text = f"{text}: {first.message}"
    what = said(error)
    return Failure(
        _class(error),
        _bounded(text),
        step,
        record,
        path=path,
        rule=what.code,
        code=what.code,
        blame=what.blame,
        fault=what.fault,
        detail=what.detail,
    )


def of_data(error: MappingError, step: str, record: int | None) -> Failure:
    """The failure of a record that breaks a rule. `record` is its number among those that the flow sees."""
    place = error.place
    return Failure(
        "MappingError",
        _bounded(str(error)),
        step,
        place.record or record,
        byte_offset=place.byte_offset,
        path=place.path,
        rule=error.rule,
    )


def wait_s(
    attempt: int, settings: RetrySettings, at_least_s: float, chance: Chance = random.uniform
) -> float:
    """Seconds before the next attempt after the `attempt`-th, which counts from 1: doubling, with full
    jitter, and never less than the peer asked for."""
    ceiling = min(settings.max_s, settings.first_s * 2.0 ** min(attempt - 1, 60))
    return max(at_least_s, chance(0.0, ceiling))


def _class(error: AdapterError) -> str:
    """The error's class, of the closed set of `adapters.errors`."""
    known = next(kind for kind in type(error).__mro__ if kind.__module__ == AdapterError.__module__)
    return known.__name__


def _bounded(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"
