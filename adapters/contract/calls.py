"""One call of an operation: what it carries, and what comes back."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from adapters.contract.shapes import JsonValue


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
