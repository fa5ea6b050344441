"""Taking in: arrivals with their claims and cursors, and the definitions they run by."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import msgspec

from gateway.messages.core import Core
from gateway.messages.database import BEHIND, READY
from gateway.messages.errors import StoreError, StoreFull
from gateway.messages.message import Appended, Arrival, Failure, NewMessage, SpooledPayload, State
from gateway.messages.rows import Envelope, envelope_place, new_id, seal_failure
from gateway.messages.sealing import Sealer

_INSERT = f"""
INSERT INTO messages (seq, id, flow, definition, source, state, lane, place, received, updated, content_type,
    size, payload, correlation_id, owner, parent, redelivered, envelope, failure, queue)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?1, ?8, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
    CASE WHEN ?6 <> 'pending' THEN NULL WHEN ?7 IS NULL THEN {READY}
    WHEN EXISTS (SELECT 1 FROM messages WHERE flow = ?3 AND lane = ?7 AND queue IS NOT NULL) THEN {BEHIND}
    ELSE {READY} END)
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Stored:
    """A payload in its row."""

    row: int
    size: int
    sha256: str


def append(core: Core, arrival: Arrival) -> Appended:
    """Store an arrival. Raises: StoreFull, StoreError, apsw.Error."""
    core.room.check()
    count = len(arrival.messages)
    if core.active + count > core.settings.max_pending:
        raise StoreFull(f"{core.active} messages wait or run, and max_pending is {core.settings.max_pending}")
    definitions = [definition_number(core, each.version) for each in arrival.messages]
    first = core.seq + 1
    ids = tuple(new_id(core.next_seq()) for _ in arrival.messages)
    if arrival.claim is not None:
        earlier = claim(core, arrival.channel, arrival.claim, ids)
        if earlier is not None:
            _drop_spooled(core, arrival)
            return Appended(earlier, duplicate=True)
    if arrival.messages:
        stored = store_payload(core, first, arrival.messages[0], count)
        for offset, (message, definition) in enumerate(zip(arrival.messages, definitions, strict=True)):
            insert_message(core, first + offset, ids[offset], message, definition, stored)
        core.active += count
        core.wake = True
    if arrival.cursor is not None:
        sealed = core.sealer.seal(arrival.cursor.encode(), f"cursors.value:{arrival.channel}")
        core.db.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?)", (arrival.channel, sealed))
    return Appended(ids)


def check_arrival(arrival: Arrival) -> None:
    """Raises: ValueError when its messages hold different payloads."""
    payloads = [each.payload for each in arrival.messages]
    if any(each is not payloads[0] and each != payloads[0] for each in payloads[1:]):
        raise ValueError("all messages of one arrival hold the same payload")


def store_payload(core: Core, row: int, message: NewMessage, fanout: int) -> Stored:
    """Store what a message holds, for `fanout` messages from the number `row` on. Raises: apsw.Error."""
    payload = message.payload
    if isinstance(payload, SpooledPayload):
        taken = core.db.execute("SELECT 1 FROM payloads WHERE spool = ?", (payload.id,)).get
        if taken:
            raise StoreError("the spooled payload is another message's already")
        core.db.execute("INSERT INTO payloads VALUES (?, ?, ?, NULL)", (row, fanout, payload.id))
        return Stored(row, payload.size, payload.sha256)
    sealed = core.sealer.seal(payload, f"payloads.body:{row}")
    core.db.execute("INSERT INTO payloads VALUES (?, ?, NULL, ?)", (row, fanout, sealed))
    return Stored(row, len(payload), hashlib.sha256(payload).hexdigest())


def insert_message(
    core: Core,
    seq: int,
    message_id: str,
    message: NewMessage,
    definition: int,
    stored: Stored,
    failure: Failure | None = None,
) -> None:
    """Write a message's row: pending, or dead with its `failure`. Raises: apsw.Error."""
    sealer, now, redelivered = core.sealer, core.now(), int(message.redelivered)
    place = envelope_place(
        message_id, message.flow, message.source, message.content_type, stored.size, message.correlation_id,
        message.owner, message.parent, redelivered, now,
    )  # fmt: skip
    envelope = Envelope(stored.sha256, dict(message.headers), message.lane)
    core.db.execute(
        _INSERT,
        (
            seq, message_id, message.flow, definition, message.source,
            State.PENDING.value if failure is None else State.DEAD.value,
            None if message.lane is None else sealer.digest("lane", message.flow, message.lane),
            now, message.content_type, stored.size, stored.row, message.correlation_id, message.owner,
            message.parent, redelivered, sealer.seal(msgspec.json.encode(envelope), place),
            None if failure is None else seal_failure(sealer, message_id, failure),
        ),
    )  # fmt: skip


def definition_number(core: Core, version: str) -> int:
    """The row of a version. Raises: StoreError when it was not defined."""
    number = core.numbers.get(version)
    if number is None:
        found = core.db.execute(
            "SELECT n FROM definitions WHERE version = ? AND body IS NOT NULL", (version,)
        ).get
        if found is None:
            raise StoreError("the version of the flow was not defined before its first message")
        number = core.numbers[version] = int(found)
    return number


def define(core: Core, flow: str, version: str, definition: bytes) -> None:
    """Keep a definition. Raises: apsw.Error."""
    sealed = core.sealer.seal(definition, f"definitions.body:{version}")
    core.db.execute(
        "INSERT INTO definitions (version, flow, body) VALUES (?, ?, ?) "
        "ON CONFLICT DO UPDATE SET body = excluded.body WHERE body IS NULL",
        (version, flow, sealed),
    )
    core.defined.add(definition_number(core, version))


def interchanges_of(flow: str) -> str:
    """Where the claims are kept of what messages of a flow brought; no channel has such a name."""
    return f"interchanges:{flow}"


def claim_digest(sealer: Sealer, channel: str, claimed: str) -> bytes:
    """What a claim's row is found by."""
    return sealer.digest("claim", channel, claimed)


def claim(core: Core, channel: str, claimed: str, ids: tuple[str, ...]) -> tuple[str, ...] | None:
    """Write a claim; the ids of then when it is there already. Raises: apsw.Error."""
    digest = claim_digest(core.sealer, channel, claimed)
    core.db.execute(
        "INSERT OR IGNORE INTO claims VALUES (?, ?, ?, ?)", (channel, digest, core.now(), json.dumps(ids))
    )
    if core.db.changes():
        return None
    # Kept from now on: its source may show it for longer than claims are kept.
    earlier = core.db.execute(
        "UPDATE claims SET at = ? WHERE channel = ? AND digest = ? RETURNING ids",
        (core.now(), channel, digest),
    ).get
    return tuple(json.loads(earlier))


def _drop_spooled(core: Core, arrival: Arrival) -> None:
    for message in arrival.messages[:1]:
        payload = message.payload
        if isinstance(payload, SpooledPayload) and not (
            core.db.execute("SELECT 1 FROM payloads WHERE spool = ?", (payload.id,)).get
        ):
            core.removed.append(payload.id)
