"""The problem that a failed call is answered with, by the class of the error."""

from __future__ import annotations

import math
from collections.abc import Mapping

from adapters.contract import JsonValue
from adapters.errors import (
    AccessRefused,
    AdapterError,
    BadReply,
    Blame,
    InvalidRequest,
    NotSent,
    Outcome,
    OutcomeUnknown,
    PeerRejected,
    ReadFailed,
    Throttled,
)
from gateway.catalogue import UnreadableReply
from gateway.http.problems import (
    ACCESS_REFUSED,
    BAD_REPLY,
    BUSY,
    CONFLICT,
    INTERNAL_ERROR,
    INVALID_BODY,
    INVALID_REQUEST,
    NO_ANSWER,
    NO_SUCH_ITEM,
    OUTCOME_UNKNOWN,
    PEER_FAILED,
    REJECTED,
    SYSTEM_UNAVAILABLE,
    HttpProblem,
    ProblemType,
    mapping_errors,
    violations,
)

RETRY_AFTER_S = 2
"""What callers are told to wait when a system cannot be reached. Units: seconds."""


def of_adapter_error(
    error: AdapterError, *, system: str, operation: str, faults: Mapping[str, int], safe: bool
) -> HttpProblem:
    """The problem that a failed call is answered with.

    What the system itself said (codes, fault texts) is passed on; what the gateway's own side says about a
    failure (addresses, driver texts) stays in the log. `faults`: statuses that a route gives to codes.
    """
    if isinstance(error, ReadFailed) and not safe:
        # Nothing is known to have been left as it was, whatever the adapter's words for it are.
        error = OutcomeUnknown(error.message)
    problem = _problem(error, system, {"system": system, "operation": operation}, faults)
    problem.outcome = _outcome(error, safe=safe)
    problem.nothing_done = isinstance(error, AccessRefused) or (
        isinstance(error, PeerRejected) and error.transient
    )
    return problem


def _outcome(error: AdapterError, *, safe: bool) -> Outcome | None:
    """What callers are told became of the call: of a read only that it was not sent, of a write always
    something, and the worst where nobody says."""
    if error.outcome is Outcome.NOT_SENT:
        return error.outcome
    return None if safe else error.outcome or Outcome.UNKNOWN


def _problem(
    error: AdapterError, system: str, peer: dict[str, JsonValue], faults: Mapping[str, int]
) -> HttpProblem:
    if isinstance(error, InvalidRequest):
        in_body = any(found.pointer is not None for found in error.violations)
        problem_type = INVALID_BODY if in_body else INVALID_REQUEST
        return HttpProblem(problem_type, error.message, errors=violations(error.violations))
    if isinstance(error, PeerRejected):
        return _rejected(error, peer, faults)
    if isinstance(error, Throttled):
        wait = str(max(1, math.ceil(error.retry_after_s)))
        detail = f"{system} has no room for another call at the moment; nothing was sent."
        headers = {"Retry-After": wait}
        return HttpProblem(BUSY, detail, members={"peer": peer}, headers=headers)
    problem_type, detail = _by_class(error, system)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if problem_type is SYSTEM_UNAVAILABLE else {}
    errors = mapping_errors(error.errors) if isinstance(error, UnreadableReply) else []
    return HttpProblem(problem_type, detail, errors=errors, members={"peer": peer}, headers=headers)


def _by_class(error: AdapterError, system: str) -> tuple[ProblemType, str]:
    for error_class, problem_type, detail in _BY_CLASS:
        if isinstance(error, error_class):
            return problem_type, detail.format(system=system)
    return INTERNAL_ERROR, f"The call to {system} failed."


_BY_CLASS: tuple[tuple[type[AdapterError], ProblemType, str], ...] = (
    (NotSent, SYSTEM_UNAVAILABLE, "{system} cannot be reached; nothing was sent."),
    (ReadFailed, NO_ANSWER, "{system} did not answer, or broke off; nothing was changed."),
    (OutcomeUnknown, OUTCOME_UNKNOWN, "{system} was sent the request and did not answer it."),
    (AccessRefused, ACCESS_REFUSED, "{system} refused the gateway's credentials or rights."),
    (UnreadableReply, BAD_REPLY, "The data from {system} breaks the rules of its format."),
    (BadReply, BAD_REPLY, "{system} sent an answer that cannot be used."),
)

_BY_BLAME = {
    Blame.CALLER: REJECTED,
    Blame.CONFLICT: CONFLICT,
    Blame.NOT_FOUND: NO_SUCH_ITEM,
    Blame.PEER: PEER_FAILED,
}


def _rejected(error: PeerRejected, peer: dict[str, JsonValue], faults: Mapping[str, int]) -> HttpProblem:
    status = faults.get(error.fault or "", faults.get(error.code))
    problem_type = _BY_BLAME[error.blame] if status is None else _by_status(status)
    peer["code"] = error.code
    if error.fault is not None:
        peer["fault"] = error.fault
    if error.detail is not None:
        peer["detail"] = error.detail
    peer.update(error.extra)
    return HttpProblem(problem_type, error.message, status=status, members={"peer": peer})


def _by_status(status: int) -> ProblemType:
    """The kind of problem for a status that a route gives to a fault."""
    if status == NO_SUCH_ITEM.status:
        return NO_SUCH_ITEM
    if status == CONFLICT.status:
        return CONFLICT
    return REJECTED if status < 500 else PEER_FAILED
