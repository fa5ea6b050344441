"""The adapter contract: what every Channel Adapter offers, and nothing more.

One adapter instance stands for one configured system. The gateway talks to it only through
`Adapter`; it describes itself as data (`Operation`), and everything else (REST paths, OpenAPI,
validation, concurrency limits, retries, metrics) is written once in the gateway around it.

The rules an adapter keeps, which tests/conformance checks:

- Nothing is retried inside an adapter. A failure is raised as one of `adapters.errors`.
- Every call can be cancelled and keeps to the deadline it is given.
- A write that was sent and not answered raises `OutcomeUnknown`, never a plain time-out.
- A blocking driver never runs on the event loop.
- Nothing is acknowledged to a source before the gateway calls `Delivery.ack`, which it does after it has
  stored the delivery durably.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

JsonValue: TypeAlias = "None | bool | int | float | Decimal | str | list[JsonValue] | dict[str, JsonValue]"
"""A JSON value. Fractions are `Decimal` (never `float`, except for xs:double and SQL DOUBLE, which are
binary by definition), dates are RFC 3339 text, bytes are base64 text."""

JsonSchema: TypeAlias = dict[str, JsonValue]
"""A JSON Schema, draft 2020-12, self-contained: `$ref` only to its own `$defs`."""


# --- deadlines -------------------------------------------------------------------------------------


class Deadline:
    """The moment on the monotonic clock by which a call must have ended.

    Units: seconds. A deadline comes from outside (the caller's time-out) and is handed down whole.
    """

    __slots__ = ("_at",)

    def __init__(self, at: float) -> None:
        self._at = at

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The moment `seconds` from now."""
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds left; 0.0 when the deadline has passed."""
        return max(0.0, self._at - time.monotonic())

    def expired(self) -> bool:
        """True once no time is left."""
        return self.remaining() <= 0.0

    def within(self, seconds: float) -> Deadline:
        """The earlier of this deadline and `seconds` from now."""
        return Deadline(min(self._at, time.monotonic() + seconds))


# --- shapes: what goes in and what comes out ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JsonShape:
    """One JSON value described by a schema."""

    schema: JsonSchema


@dataclass(frozen=True, slots=True)
class RowsShape:
    """Any number of rows; the schema describes one row, an object."""

    schema: JsonSchema


@dataclass(frozen=True, slots=True)
class BytesShape:
    """Bytes. `format` names a mapping or a built-in format that gives them a record schema and a codec;
    the adapter does not look it up, the catalogue does."""

    content_type: str = "application/octet-stream"
    format: str | None = None


@dataclass(frozen=True, slots=True)
class EventsShape:
    """An endless stream of events, each with bytes as its data. `from_several_sources`: they come from more
    than one place, and callers are told which (`Event.source`)."""

    content_type: str = "application/octet-stream"
    format: str | None = None
    from_several_sources: bool = False


Shape: TypeAlias = JsonShape | RowsShape | BytesShape | EventsShape


# --- operations --------------------------------------------------------------------------------------


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


# --- calls -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ByteBody:
    """A request body of bytes, streamed. `size` is None when it is not known beforehand."""

    chunks: AsyncGenerator[bytes, None]
    content_type: str
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a call carries: parameters by name as their schemas say, a body as `Operation.request` says,
    and headers: `accept` is the media type that rows will be written in where it is not JSON, `prefer` the
    caller's preferences (`Operation.honours`), `gateway.redelivered` is `true` where it may have been carried
    out before, others are protocol facts named by protocol.

    `idempotency_key` names the effect: a repetition has the key of the first attempt. At most 200 ASCII
    characters. Operations that do not deduplicate ignore it, or hand it to a peer that may."""

    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    body: JsonValue | ByteBody = None
    headers: Mapping[str, str] = field(default_factory=dict)
    correlation_id: str = ""
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class ValueReply:
    """One JSON value (`JsonShape`), or nothing where `Operation.reply` is None.

    Two headers without a protocol's name are the gateway's own: `location`, where what was created is found,
    a path below the system's that is percent-encoded and starts with `/`; and `preference-applied`, the
    preferences that were honoured. With `return=minimal` among those there is no value.
    """

    value: JsonValue = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowsReply:
    """Rows as blocks of NDJSON: each block holds whole lines, each ended by one LF, UTF-8, no LF inside a
    line. Whoever takes the reply closes `blocks` (`aclose`), also when it stops early."""

    blocks: AsyncGenerator[bytes, None]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BytesReply:
    """Bytes (`BytesShape`), streamed. Whoever takes the reply closes `chunks`."""

    chunks: AsyncGenerator[bytes, None]
    content_type: str
    size: int | None = None
    name: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an `EventsReply`. `id` grows within a stream; `headers` holds protocol facts; `source` is
    where it comes from, in the protocol's own words (a topic)."""

    id: str
    data: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True, slots=True)
class EventsReply:
    """Events as they happen. Whoever takes the reply closes `events`."""

    events: AsyncGenerator[Event, None]
    headers: Mapping[str, str] = field(default_factory=dict)


Reply: TypeAlias = ValueReply | RowsReply | BytesReply | EventsReply


# --- what arrives -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """An inward port: an inbox, a topic filter, a table's changes.

    `name` is unique among the system's channels; it may be that of an operation's resource. `payload` says
    what one delivery holds: bytes, or with a `JsonShape` the UTF-8 JSON text of one value.
    `holds_records`: a delivery is a file of any number of records and any size, and not one message.
    `window`: deliveries that the gateway may hold at a time before it acknowledges the first of them. They
    are acknowledged in the order in which they came, one after the other; with `acks_together` the gateway
    asks, in that order, for several acknowledgements at once, so that they can share an exchange with the
    peer, and any of them may end first.
    """

    name: str
    summary: str
    payload: JsonShape | BytesShape
    holds_records: bool = False
    window: int = 1
    acks_together: bool = False
    description: str = ""


class Delivery(Protocol):
    """One thing that arrived. The gateway reads `payload` to its end, stores it, then calls `ack`; or calls
    `nack`. Exactly one of the two, once."""

    @property
    def payload(self) -> ByteBody:
        """The bytes. Whoever takes it closes `chunks`. The stream raises when what was read is not whole or
        changed at the source meanwhile; nothing of it counts then.

        Raises while it is read: ReadFailed, BadReply.
        """

    @property
    def headers(self) -> Mapping[str, str]:
        """Protocol facts, named by protocol: `sftp.path`, `mqtt.topic`. Without secrets and bounded."""

    @property
    def redelivered(self) -> bool:
        """True when the source says that it may have delivered this before."""

    def source_key(self) -> str | None:
        """What identifies this arrival at its source, so that the same one is not stored twice; known once
        `payload` has been read to its end. At most 2000 characters. None where the source has no such thing:
        a redelivery then is a second message."""

    def cursor(self) -> str | None:
        """Where `receive` resumes after this delivery; None where the source remembers by itself."""

    async def ack(self) -> None:
        """Tell the source that the delivery is stored: a PUBACK, a moved file, a marked row.

        When this fails the source delivers the same again, and the gateway acknowledges it again without
        storing it twice (where there is a `source_key`).
        Raises: any of `adapters.errors`.
        """

    async def nack(self, reason: str, *, for_good: bool = False) -> None:
        """Leave the delivery with its source, to be delivered again later; `for_good`: the source is to put
        it aside (an error folder, a status) where it can, since the gateway will never take it.

        Raises: any of `adapters.errors`.
        """


@dataclass(frozen=True, slots=True)
class Probe:
    """What a test without side effects found. `authenticated` is None where the protocol cannot tell."""

    reachable: bool
    authenticated: bool | None
    detail: str


class Adapter(Protocol):
    """One configured system behind its protocol."""

    async def connect(self, deadline: Deadline) -> None:
        """Make the system usable and its description known. Idempotent; called again after a failure.

        The deadline bounds connecting, not the connection.
        Raises: ConnectFailed, ConnectTimeout, AuthenticationFailed, PermissionDenied, ProtocolViolation.
        """

    async def aclose(self) -> None:
        """Release everything held. Idempotent; also cleans up after a failed `connect`. Raises nothing."""

    async def probe(self, deadline: Deadline) -> Probe:
        """Say whether the system is reachable and the credentials are good. Raises nothing of the peer's."""

    def operations(self) -> Sequence[Operation]:
        """The operations, in a stable order.

        With `Capability.DESCRIBED_BY_SETTINGS` they are known from construction on; otherwise they are
        empty until `connect` has returned.
        """

    def missing(self) -> Sequence[MissingOperation]:
        """What the system's contract names and cannot be offered, with reasons. Known when operations are."""

    def notes(self) -> Sequence[str]:
        """What whoever runs the gateway must know about the description and nothing else says: repairs made
        to a contract, names in settings that match nothing. Sentences without secrets, known when operations
        are."""

    async def call(self, operation: str, request: Request, deadline: Deadline) -> Reply:
        """Carry out one operation. For streamed replies the deadline bounds the wait for each next block.

        Raises: any of `adapters.errors`; `KeyError` never (the caller checked the name).
        """

    def channels(self) -> Sequence[Channel]:
        """The inward ports, in a stable order; known when operations are."""

    def receive(self, channel: str, resume: str | None) -> AsyncGenerator[Delivery, None]:
        """What arrives at one channel, as it arrives, without end.

        `resume` is the cursor of the last delivery that was stored. The gateway runs one such generator per
        channel, asks for the next delivery while it holds fewer than `Channel.window`, and closes it
        (`aclose`) when it stops: what is not acknowledged by then stays with the source. A generator ends by
        raising when the connection is lost; the gateway then waits and calls `receive` again. Nothing is
        delivered that `ack` could not still reach.
        Raises: any of `adapters.errors`.
        """


class Capability(StrEnum):
    """What an adapter type can do, declared as data; the conformance suite chooses its cases by it."""

    DESCRIBED_BY_SETTINGS = "described_by_settings"
    """Operations are known without the peer (a pinned WSDL, configured inboxes)."""
    VALUES = "values"
    ROWS = "rows"
    BYTES = "bytes"
    EVENTS = "events"
    RECEIVES = "receives"
    """`channels` may offer some. Without it there are none, and `receive` is never called."""
    AUTHENTICATES = "authenticates"
    """`probe` can tell good credentials from bad ones."""


@dataclass(frozen=True, slots=True)
class AdapterContext:
    """What an adapter is told beside its settings: the system's name and the configuration folder, below
    which every relative path of the settings lies.

    `instance` is empty for the gateway that serves. Another connection to the same system beside it, such as
    that of `gateway check --connect`, has a text of its own here: letters, digits and hyphens, at most 32. An
    adapter whose peer lets only one client of a name in adds it to that name.
    """

    system: str
    base_dir: Path
    instance: str = ""
