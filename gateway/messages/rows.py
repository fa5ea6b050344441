"""How messages look in their table: ids, columns, and what is sealed in them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from gateway.messages.contract import Damaged, Failure, Message, Progress, State, UnknownMessage
from gateway.messages.sealing import Sealer

COLUMNS = (
    "seq, id, flow, (SELECT version FROM definitions WHERE n = definition), source, state, content_type, "
    "size, correlation_id, owner, parent, redelivered, received, updated, attempts, due, envelope, progress, "
    "failure, has_result, token, place, payload"
)
_MAX_TEXT = 4000
_SEQ_BITS = 48
_CHANCE_BITS = 80


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


def seal_envelope(
    sealer: Sealer, message_id: str, sha256: str, headers: Mapping[str, str], lane: str | None
) -> bytes:
    """The sealed part of a message."""
    content = msgspec.json.encode(Envelope(sha256, dict(headers), lane))
    return sealer.seal(content, f"messages.envelope:{message_id}")


def seal_failure(sealer: Sealer, message_id: str, failure: Failure) -> bytes:
    """A failure, its text bounded, sealed."""
    if len(failure.text) > _MAX_TEXT:
        failure = replace(failure, text=failure.text[:_MAX_TEXT])
    return sealer.seal(msgspec.json.encode(failure), f"messages.failure:{message_id}")


def encode_progress(progress: Progress) -> str | None:
    """Counts hold nothing secret and are kept readable. None for no progress."""
    return msgspec.json.encode(progress).decode() if progress.records or progress.counts else None


def read_row(sealer: Sealer, values: Sequence[Any]) -> Row:
    """The message in a row of COLUMNS. One whose sealed part was changed is shown with that as its failure,
    so that it neither hides nor keeps others from being listed."""
    (
        seq, message_id, flow, version, source, state, content_type, size, correlation_id, owner, parent,
        redelivered, received, updated, attempts, due, envelope, progress, failure, has_result, token, place,
        payload,
    ) = values  # fmt: skip
    damage: Damaged | None = None
    sealed, why = Envelope("", {}, None), None
    try:
        sealed = _ENVELOPE.decode(sealer.unseal(envelope, f"messages.envelope:{message_id}"))
        if failure is not None:
            why = _FAILURE.decode(sealer.unseal(failure, f"messages.failure:{message_id}"))
    except Damaged as error:
        damage, why = error, Failure("damaged", str(error))
    message = Message(
        id=message_id,
        flow=flow,
        version=version or "",
        source=source,
        state=State(state),
        content_type=content_type,
        size=size,
        sha256=sealed.sha256,
        headers=sealed.headers,
        lane=sealed.lane,
        correlation_id=correlation_id,
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
    return Row(seq, message, token, place, payload, damage is not None)


def moment(milliseconds: int) -> datetime:
    """A stored time."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
