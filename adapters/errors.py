"""The errors adapters raise, named by what the caller must do next.

    AdapterError
    ├── InvalidRequest          correct the request; nothing was sent
    ├── NotSent                 retry: nothing reached the peer
    │   ├── ConnectFailed
    │   ├── ConnectTimeout
    │   └── PoolTimeout
    ├── Throttled               wait `retry_after_s`, retry
    ├── ReadFailed              retry with back-off: a read-only call broke half-way
    │   ├── ReadTimeout
    │   └── ConnectionLost
    ├── OutcomeUnknown          never retry unless idempotent; reconcile
    ├── AccessRefused           alert a person; no retry
    │   ├── AuthenticationFailed
    │   └── PermissionDenied
    ├── PeerRejected            no retry; the peer said no, its code is kept verbatim
    └── BadReply                no retry; the peer's answer is unusable
        ├── ProtocolViolation
        └── LimitExceeded

Each adapter turns its library's errors into these in one `translate_errors` context manager. Messages say
which system and which phase; they never hold payloads or credentials.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from adapters.contract import JsonValue


class Outcome(StrEnum):
    """What became of the request at the peer."""

    NOT_SENT = "not_sent"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class AdapterError(Exception):
    """Anything that kept a call from its answer. `outcome` is None for reads, where it does not matter."""

    outcome: Outcome | None = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing wrong with a request: where (a JSON pointer into the body, or a parameter's name), and the
    rule."""

    message: str
    pointer: str | None = None
    parameter: str | None = None


class InvalidRequest(AdapterError):
    """The request breaks a rule that the operation's schema could not express. Nothing was sent."""

    outcome = Outcome.NOT_SENT

    def __init__(self, message: str, violations: Sequence[Violation]) -> None:
        super().__init__(message)
        self.violations = tuple(violations)


class NotSent(AdapterError):
    """Nothing reached the peer; the call may be made again."""

    outcome = Outcome.NOT_SENT


class ConnectFailed(NotSent):
    """No connection: refused, unresolvable, TLS or host key not accepted."""


class ConnectTimeout(NotSent):
    """No connection within the time allowed."""


class PoolTimeout(NotSent):
    """No free connection within the time allowed."""


class Throttled(NotSent):
    """The peer, or the gateway for it, asks to wait. Units: seconds."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ReadFailed(AdapterError):
    """A read-only call broke after it was sent. Nothing changed at the peer."""


class ReadTimeout(ReadFailed):
    """The peer did not answer a read in time."""


class ConnectionLost(ReadFailed):
    """The connection broke during a read."""


class OutcomeUnknown(AdapterError):
    """A write was sent and no answer came: it may or may not have happened."""

    outcome = Outcome.UNKNOWN


class AccessRefused(AdapterError):
    """The peer does not accept the gateway's credentials or rights."""

    outcome = Outcome.REJECTED


class AuthenticationFailed(AccessRefused):
    """The credentials are wrong."""


class PermissionDenied(AccessRefused):
    """The credentials are good and do not allow this."""


class Blame(StrEnum):
    """Whose fault a rejection is, as far as the peer's code tells."""

    CALLER = "caller"
    CONFLICT = "conflict"
    NOT_FOUND = "not_found"
    PEER = "peer"


class PeerRejected(AdapterError):
    """The peer answered no: a SOAP fault, an SQLSTATE, an SFTP status, an MQTT reason code.

    `code` is the peer's own, verbatim. `fault` names the declared fault that `detail` is typed by, if any.
    `extra` holds further members of the peer's answer (a SOAP fault's node, role, language). `transient`: the
    peer's code says that nothing was done and the same request may succeed later (a deadlock, a serialization
    failure, a server that is starting).
    """

    outcome = Outcome.REJECTED

    def __init__(
        self,
        message: str,
        *,
        code: str,
        blame: Blame,
        fault: str | None = None,
        detail: JsonValue = None,
        extra: Mapping[str, JsonValue] | None = None,
        transient: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.blame = blame
        self.fault = fault
        self.detail = detail
        self.extra = dict(extra or {})
        self.transient = transient


class BadReply(AdapterError):
    """The peer's answer cannot be used. For a write it may have been carried out: `sent_write` says so."""

    def __init__(self, message: str, *, excerpt: str = "", sent_write: bool = False) -> None:
        super().__init__(message)
        self.excerpt = excerpt[:200]
        self.outcome = Outcome.UNKNOWN if sent_write else None


class ProtocolViolation(BadReply):
    """The peer broke its own standard or contract."""


class LimitExceeded(BadReply):
    """The peer's answer is larger, deeper or longer than allowed."""
