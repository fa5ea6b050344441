"""How messages look in their table: ids, columns, and what is sealed in them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from gateway.messages.errors import Damaged, UnknownMessage
from gateway.messages.message import MAX_DETAIL, Failure, Message, Progress, State
from gateway.messages.sealing import Sealer

# Texts are read as bytes: where a bit of one was flipped, its message must not keep others from being read.
_TEXTS = ("id", "flow", "source", "state", "content_type", "correlation_id", "owner", "parent", "progress")
COLUMNS = ", ".join(
    [
        *(f"CAST({name} AS BLOB)" for name in _TEXTS),
        "(SELECT CAST(version AS BLOB) FROM definitions WHERE n = definition)",
        "CAST(envelope AS BLOB), CAST(failure AS BLOB)",
        "seq, size, redelivered, received, updated, attempts, due, has_result, token, place, payload",
    ]
)
_MAX_TEXT = 4000
_CHANCE_BITS = 80
_MAX_MS = 200_000_000_000_000
_STATES = frozenset(state.value for state in State)


class Envelope(msgspec.Struct, array_like=True):
    """What of a message is sealed with it: it may hold parts of the payload, or tell what the payload is."""

    sha256: str
    headers: dict[str, str]
    lane: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A message with what only the store knows of it."""

    seq: int
    message: Message
    token: int
    place: int
    payload: int
    damaged: bool


_ENVELOPE = msgspec.json.Decoder(Envelope)
_FAILURE = msgspec.json.Decoder(Failure)
_PROGRESS = msgspec.json.Decoder(Progress)


def new_id(seq: int) -> str:
    """The id of a message: its number, so that ids sort by arrival, and 74 bits of chance.

    Source: RFC 9562, section 5.8 (version 8).
    """
    chance = int.from_bytes(os.urandom(_CHANCE_BITS // 8), "big")
    number = (seq << _CHANCE_BITS) | chance
    number = number & ~(0xF << 76) | (8 << 76)
    number = number & ~(0x3 << 62) | (2 << 62)
    return str(UUID(int=number))


def seq_of(message_id: str) -> int:
    """The number in an id. Raises: UnknownMessage when it is none of ours."""
    try:
        number = UUID(message_id)
    except ValueError:
        raise UnknownMessage("there is no such message") from None
    if str(number) != message_id or number.version != 8:
        raise UnknownMessage("there is no such message")
    return number.int >> _CHANCE_BITS


def envelope_place(message_id: str, *bound: str | int | None) -> str:
    """What an envelope is bound to: its message, and what of it is not sealed and never changes."""
    return "messages.envelope:" + msgspec.json.encode((message_id, *bound)).decode()


def seal_failure(sealer: Sealer, message_id: str, failure: Failure) -> bytes:
    """A failure, bounded, sealed."""
    if len(failure.text) > _MAX_TEXT:
        failure = replace(failure, text=failure.text[:_MAX_TEXT])
    if failure.detail is not None and len(failure.detail) > MAX_DETAIL:
        failure = replace(failure, detail=None)
    return sealer.seal(msgspec.json.encode(failure), f"messages.failure:{message_id}")


def encode_progress(progress: Progress) -> str | None:
    """Counts hold nothing secret and are kept readable. None for no progress."""
    return msgspec.json.encode(progress).decode() if progress.records or progress.counts else None


def read_row(sealer: Sealer, values: Sequence[Any]) -> Row:
    """The message in a row of COLUMNS. One that was changed is shown with that as its failure, so that it
    neither hides nor keeps others from being listed."""
    texts = [None if value is None else bytes(value).decode("utf-8", "replace") for value in values[:10]]
    sealed, failure = values[10:12]
    try:
        return _intact(sealer, texts, sealed, failure, values[12:])
    except Damaged as error:
        why = str(error)
    except (ValueError, TypeError, OverflowError, msgspec.DecodeError):
        why = "the message's row is not in the form it was written in"
    return _changed(texts, values[12:], Failure("damaged", why))


def _intact(
    sealer: Sealer,
    texts: Sequence[str | None],
    envelope: bytes,
    failure: bytes | None,
    numbers: Sequence[Any],
) -> Row:
    """Raises: Damaged, ValueError, TypeError, OverflowError, msgspec.DecodeError."""
    message_id, flow, source, state, content_type, correlation_id, owner, parent, progress, version = texts
    seq, size, redelivered, received, updated, attempts, due, has_result, token, place, payload = numbers
    assert message_id is not None
    bound = envelope_place(
        message_id, flow, source, content_type, size, correlation_id, owner, parent, redelivered, received
    )
    opened = _ENVELOPE.decode(sealer.unseal(envelope, bound))
    why = None
    if failure is not None:
        why = _FAILURE.decode(sealer.unseal(failure, f"messages.failure:{message_id}"))
    message = Message(
        id=message_id,
        flow=flow or "",
        version=version or "",
        source=source or "",
        state=State(state or ""),
        content_type=content_type or "",
        size=size,
        sha256=opened.sha256,
        headers=opened.headers,
        lane=opened.lane,
        correlation_id=correlation_id or "",
        owner=owner,
        parent=parent,
        redelivered=bool(redelivered),
        received_at=moment(received),
        updated_at=moment(updated),
        attempts=attempts,
        due_at=None if due is None else moment(due),
        failure=why,
        progress=_PROGRESS.decode(progress) if progress else Progress(),
        has_result=bool(has_result),
    )
    return Row(seq, message, token, place, payload, damaged=False)


def _changed(texts: Sequence[str | None], numbers: Sequence[Any], failure: Failure) -> Row:
    """What can still be said of a message that was changed."""
    message_id, flow, source, state, content_type, correlation_id, owner, parent, _, version = texts
    seq, size, _, received, updated, attempts, _, _, token, place, payload = (
        value if isinstance(value, int) and abs(value) < _MAX_MS else 0 for value in numbers
    )
    message = Message(
        id=message_id or "",
        flow=flow or "",
        version=version or "",
        source=source or "",
        state=State(state) if state in _STATES else State.DEAD,
        content_type=content_type or "",
        size=size,
        sha256="",
        headers={},
        lane=None,
        correlation_id=correlation_id or "",
        owner=owner,
        parent=parent,
        redelivered=False,
        received_at=moment(received),
        updated_at=moment(updated),
        attempts=attempts,
        due_at=None,
        failure=failure,
        progress=Progress(),
        has_result=False,
    )
    return Row(seq, message, token, place, payload, damaged=True)


def moment(milliseconds: int) -> datetime:
    """A stored time."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
