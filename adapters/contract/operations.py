"""What a system can be asked to do, described as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from adapters.contract.shapes import BytesShape, JsonSchema, JsonShape, Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One named value beside the body, taken from the path or the query string.

    `schema` describes the decoded value: the facade turns text into integer, number or boolean as the
    schema asks and refuses what does not fit. `repeated` parameters arrive as a list, in order.
    """

    name: str
    location: Literal["path", "query"]
    schema: JsonSchema
    description: str
    required: bool = False
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """The automatic REST path of an operation, below `/api/{system}`.

    `path` starts with `/`; `{name}` stands for a path parameter and matches one segment, `{name+}` matches
    one or more. Several operations may share method and path when their reply shapes have different media
    types: the facade chooses by `Accept`. With `query_as_body` the query string's parameters are the
    top-level members of the request body.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    query_as_body: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A failure that the peer declares, with the schema of its detail."""

    code: str
    schema: JsonSchema
    description: str = ""


class Result(StrEnum):
    """What a positive answer means."""

    DONE = "done"
    CREATED = "created"
    ACCEPTED = "accepted"
    """Handed over; the peer does not say what came of it (a one-way operation)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Something a system can be asked to do.

    `name` is unique within the system, dotted where it belongs to a resource (`payments.insert`).
    `safe`: reads only. `idempotent`: doing it twice has the effect of doing it once. `takes_batches`: the
    body may be a list of what `request` describes, done as one. `request` is None when there is no body.
    `answers_without_peer`: the answer may come from what the adapter keeps, also while the peer is away.
    `honours`: the preferences (RFC 7240) that the adapter reads in the header `prefer` of a request, such as
    `return=minimal`; the header is passed where there are any. `deduplicates`: the peer applies a request
    once, however often it arrives with the same `Request.idempotency_key`, so that one of unknown outcome
    may be sent again.
    """

    name: str
    summary: str
    safe: bool
    idempotent: bool
    bindings: tuple[Binding, ...]
    request: JsonShape | BytesShape | None
    reply: Shape | None
    parameters: tuple[Parameter, ...] = ()
    faults: tuple[Fault, ...] = ()
    result: Result = Result.DONE
    takes_batches: bool = False
    deduplicates: bool = False
    answers_without_peer: bool = False
    honours: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class MissingOperation:
    """An operation that the system's contract names and the adapter cannot offer, and why."""

    name: str
    reason: str
