"""Every way a request can fail, as problem details. This is the only place that knows their HTTP form.

Source: RFC 9457. The `type` of each is a path of the gateway itself, which answers it with an explanation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.contract import JsonValue
from adapters.errors import Outcome, Violation
from gateway.telemetry import correlation
from mappings import json
from mappings.contract import MappingError

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of problem. `meaning` says what the caller should do next."""

    name: str
    status: int
    title: str
    meaning: str

    @property
    def uri(self) -> str:
        """The `type` member: a path on the gateway."""
        return f"/problems/{self.name}"


def _type(name: str, status: int, title: str, meaning: str) -> ProblemType:
    problem_type = ProblemType(name, status, title, meaning)
    TYPES[name] = problem_type
    return problem_type


TYPES: dict[str, ProblemType] = {}
"""All kinds by name."""

MALFORMED_REQUEST = _type(
    "malformed-request",
    400,
    "The request is not well-formed HTTP",
    "Correct the request line, the path's encoding or the headers. Nothing was sent to a system.",
)
INVALID_PARAMETERS = _type(
    "invalid-parameters",
    400,
    "Parameters are invalid",
    "Correct the path or query parameters that `errors` names. Nothing was sent to a system.",
)
MALFORMED_BODY = _type(
    "malformed-body",
    400,
    "The body cannot be read",
    "Correct the body's syntax; `errors` says where reading stopped. JSON is read strictly: no duplicate "
    "keys, no NaN or infinity, no lone surrogates, no byte order mark, UTF-8 only.",
)
INVALID_REQUEST = _type(
    "invalid-request",
    400,
    "The request breaks a rule of the operation",
    "Correct what `errors` names: a rule that the operation's schema cannot express. Nothing was sent.",
)
INVALID_IDEMPOTENCY_KEY = _type(
    "invalid-idempotency-key",
    400,
    "The idempotency key cannot be used",
    "Send one `Idempotency-Key` of at most 255 printable ASCII characters, such as a UUID. Nothing was sent.",
)
UNAUTHENTICATED = _type(
    "unauthenticated",
    401,
    "A valid API key is needed",
    "Send an API key as `Authorization: Bearer KEY`, `X-API-Key: KEY` or `apikey: KEY`.",
)
FORBIDDEN = _type(
    "forbidden",
    403,
    "The API key does not allow this",
    "Ask for a key with the scope named in `missing_scope`.",
)
NOT_FOUND = _type(
    "not-found", 404, "There is nothing at this path", "Check the path against `/openapi.json`."
)
METHOD_NOT_ALLOWED = _type(
    "method-not-allowed",
    405,
    "The path does not have this method",
    "Use one of the methods in the `Allow` header.",
)
NOT_ACCEPTABLE = _type(
    "not-acceptable",
    406,
    "None of the accepted media types is offered",
    "Send an `Accept` header with one of the types in `offered`, or none.",
)
REQUEST_TIMEOUT = _type(
    "request-timeout",
    408,
    "The request did not arrive in time",
    "Send the whole request faster, or have the administrator allow more time. Nothing was sent to a system.",
)
BODY_TOO_LARGE = _type(
    "body-too-large",
    413,
    "The body is too large",
    "Send less at once; `limit_bytes` or `limit_records` is the limit. Nothing was sent to a system.",
)
UNSUPPORTED_MEDIA_TYPE = _type(
    "unsupported-media-type",
    415,
    "The body's media type or encoding is not supported",
    "Send one of the types in `supported`, in UTF-8 and without content encoding.",
)
EXPECTATION_FAILED = _type(
    "expectation-failed", 417, "The expectation cannot be met", "Send no `Expect` header but `100-continue`."
)
INVALID_BODY = _type(
    "invalid-body",
    422,
    "The body does not fit its schema",
    "Correct what `errors` names; each has a JSON pointer into the body. Nothing was sent to a system.",
)
HEADERS_TOO_LARGE = _type(
    "headers-too-large",
    431,
    "The request line or headers are too large",
    "Send shorter or fewer headers.",
)
REJECTED = _type(
    "rejected",
    422,
    "The system refused the request",
    "Correct the request: the system says the caller is at fault. Its code is in `peer.code`, verbatim.",
)
IDEMPOTENCY_KEY_REUSED = _type(
    "idempotency-key-reused",
    422,
    "The idempotency key belongs to another request",
    "Use a new key for a new request; repeat a request unchanged. Nothing was sent.",
)
IDEMPOTENCY_KEY_IN_USE = _type(
    "idempotency-key-in-use",
    409,
    "The first request under the idempotency key is still running",
    "Repeat after the seconds in `Retry-After`: the answer of the first request will be given again.",
)
IDEMPOTENCY_OUTCOME_UNKNOWN = _type(
    "idempotency-outcome-unknown",
    409,
    "It is unknown whether the first request under the idempotency key happened",
    "The gateway ended before the system answered. Look at the system, then decide; use a new key to repeat.",
)
ANSWER_NOT_KEPT = _type(
    "answer-not-kept",
    409,
    "The request was carried out before, and its answer is gone",
    "Nothing is to be repeated: the first request had the status in `answered_status`. Read what you need.",
)
MESSAGE_STATE = _type(
    "message-state",
    409,
    "The message is in a state in which this cannot be done",
    "Read the message: `detail` says in which states it can be done.",
)
CONFLICT = _type(
    "conflict",
    409,
    "The request conflicts with what the system holds",
    "Read the current state, decide, try again. The system's code is in `peer.code`, verbatim.",
)
NO_SUCH_ITEM = _type(
    "no-such-item",
    404,
    "The system has no such item",
    "Check the key or name that was asked for. The system's code, if it gave one, is in `peer.code`.",
)
PEER_FAILED = _type(
    "peer-failed",
    502,
    "The system failed",
    "Do not repeat blindly: the system refused by its own fault. Its code is in `peer.code`, verbatim.",
)
ACCESS_REFUSED = _type(
    "access-refused",
    502,
    "The system does not accept the gateway's credentials",
    "Tell the administrator: the gateway's own account at the system is wrong or lacks a right.",
)
BAD_REPLY = _type(
    "bad-reply",
    502,
    "The system's answer cannot be used",
    "Tell the administrator. With `outcome: unknown` a write may have happened: check before repeating it.",
)
TOO_MANY_MESSAGES = _type(
    "too-many-messages",
    503,
    "Too many messages wait already",
    "Repeat after the seconds in `Retry-After`. Nothing was stored.",
)
STORE_FAILED = _type(
    "store-failed",
    503,
    "The gateway cannot store anything at the moment",
    "Repeat after the seconds in `Retry-After`: the gateway starts anew. Nothing new was stored.",
)
INSUFFICIENT_STORAGE = _type(
    "insufficient-storage",
    507,
    "The gateway has no room to store the message",
    "Repeat after the seconds in `Retry-After`, and tell the administrator. Nothing was stored.",
)
OVERLOADED = _type(
    "overloaded",
    503,
    "The gateway has as many bodies in memory as it may have",
    "Repeat after the seconds in `Retry-After`. Nothing was done.",
)
SYSTEM_UNAVAILABLE = _type(
    "system-unavailable",
    503,
    "The system cannot be reached",
    "Repeat after the seconds in `Retry-After`. Nothing was sent to the system.",
)
BUSY = _type(
    "busy",
    503,
    "The system has as many calls as it may have",
    "Repeat after the seconds in `Retry-After`. Nothing was sent to the system.",
)
NO_ANSWER = _type(
    "no-answer",
    504,
    "The system did not answer a read",
    "Repeat with growing pauses; nothing was changed at the system.",
)
OUTCOME_UNKNOWN = _type(
    "outcome-unknown",
    504,
    "It is unknown whether the write happened",
    "Do not repeat: look at the system first, unless the operation is idempotent.",
)
MESSAGE_DAMAGED = _type(
    "message-damaged",
    500,
    "What is stored of the message cannot be read",
    "Tell the administrator: the stored message was changed, or its key is another.",
)
INTERNAL_ERROR = _type(
    "internal-error",
    500,
    "The gateway failed",
    "Tell the administrator the `instance`; the log has the reason under that id.",
)


class HttpProblem(Exception):
    """A request that ends in a problem. Raised anywhere below the top of a request.

    `nothing_done`: the system refused for the time being and did nothing, so that an idempotency key is free
    for another attempt. `has_outcome` False: nothing is said of what became of the call, since it is done.
    """

    def __init__(
        self,
        problem_type: ProblemType,
        detail: str,
        *,
        status: int | None = None,
        errors: Sequence[Mapping[str, JsonValue]] = (),
        outcome: Outcome | None = None,
        members: Mapping[str, JsonValue] | None = None,
        headers: Mapping[str, str] | None = None,
        close: bool = False,
        has_outcome: bool = True,
    ) -> None:
        super().__init__(detail)
        self.problem_type = problem_type
        self.status = status or problem_type.status
        self.detail = detail
        self.errors = errors
        self.outcome = outcome
        self.members = dict(members or {})
        self.headers = dict(headers or {})
        self.close = close
        self.has_outcome = has_outcome
        self.nothing_done = False

    def body(self, correlation_id: str) -> bytes:
        """The document as it is sent."""
        return json.encode_line(self.document(correlation_id))

    def document(self, correlation_id: str) -> dict[str, JsonValue]:
        """The document. Source: RFC 9457, §3."""
        document: dict[str, JsonValue] = {
            "type": self.problem_type.uri,
            "title": self.problem_type.title,
            "status": self.status,
            "detail": self.detail,
            "instance": correlation.as_urn(correlation_id),
            "correlation_id": correlation_id,
        }
        if self.outcome is not None and self.has_outcome:
            document["outcome"] = self.outcome.value
        if self.errors:
            document["errors"] = [dict(error) for error in self.errors]
        return {**document, **self.members}


def violations(found: Sequence[Violation]) -> list[dict[str, JsonValue]]:
    """The `errors` member for violations of a schema or of an operation's rules."""
    return [
        {
            "detail": violation.message,
            **({"pointer": violation.pointer} if violation.pointer is not None else {}),
            **({"parameter": violation.parameter} if violation.parameter is not None else {}),
        }
        for violation in found
    ]


def mapping_errors(found: Sequence[MappingError]) -> list[dict[str, JsonValue]]:
    """The `errors` member for data that breaks the rules of its format."""
    return [_mapping_error(error) for error in found]


def _mapping_error(error: MappingError) -> dict[str, JsonValue]:
    place = error.place
    positions: dict[str, JsonValue] = {
        "record": place.record,
        "line": place.line,
        "column": place.column,
        "byte_offset": place.byte_offset,
        "pointer": place.path,
    }
    known = {name: position for name, position in positions.items() if position is not None}
    return {"detail": error.reason, "rule": error.rule, **known}
