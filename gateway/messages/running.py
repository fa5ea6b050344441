"""Running: marks of side effects, progress, and the ways in which an attempt ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.messages import numbering
from gateway.messages.contract import (
    Advanced,
    Began,
    Change,
    Claimed,
    Counted,
    DeadRecord,
    Finished,
    Follows,
    Lease,
    Reached,
    Undone,
)
from gateway.messages.core import Core
from gateway.messages.database import READY, WAITS
from gateway.messages.errors import LeaseLost
from gateway.messages.intake import claim, definition_number, insert_message, interchanges_of, store_payload
from gateway.messages.marks import mark_place
from gateway.messages.message import Failure, NewMessage, Progress, State
from gateway.messages.rows import encode_progress, new_id, seal_failure, seq_of

MAX_WAIT_S = 24 * 3600.0
"""The longest that a message waits for its next attempt."""


def record(core: Core, held: Lease, changes: Sequence[Change]) -> None:
    """Raises: LeaseLost, StoreError, apsw.Error."""
    seq = _check(core, held)
    for change in changes:
        if isinstance(change, Began):
            _begin(core, seq, change)
        elif isinstance(change, Finished):
            _finish(core, held, seq, change)
        elif isinstance(change, Undone):
            core.db.execute("DELETE FROM marks WHERE seq = ? AND position = ?", (seq, change.position))
        elif isinstance(change, Advanced):
            _advance(core, seq, change.progress)
        elif isinstance(change, Reached):
            encoded = encode_progress(change.progress)
            core.db.execute("UPDATE messages SET progress = ? WHERE seq = ?", (encoded, seq))
        elif isinstance(change, Counted):
            numbering.keep(core, change)
        elif isinstance(change, Claimed):
            claim(core, interchanges_of(held.message.flow), change.identity, (held.message.id,))
        elif isinstance(change, Follows):
            _add(core, held, change.message, None)
            core.wake = True
        else:
            _bury_record(core, held, change)


def complete(core: Core, held: Lease, progress: Progress, result: bytes | None) -> None:
    """Raises: LeaseLost, apsw.Error."""
    seq = _end(
        core, held, "state = 'done', queue = NULL, failure = NULL, progress = ?, has_result = ?",
        (encode_progress(progress), result is not None),
    )  # fmt: skip
    if result is not None:
        sealed = core.sealer.seal(result, f"results.body:{held.message.id}")
        core.db.execute("INSERT OR REPLACE INTO results VALUES (?, ?)", (seq, sealed))
    core.wake = core.wake or held.message.lane is not None


def retry(core: Core, held: Lease, failure: Failure, after_s: float) -> None:
    """Raises: LeaseLost, apsw.Error."""
    wait = min(max(after_s, 0.0), MAX_WAIT_S)
    due = core.now() + round(wait * 1000) if wait > 0 else None
    sealed = seal_failure(core.sealer, held.message.id, failure)
    seq = _end(
        core, held, "state = 'pending', queue = ?, due = ?, failure = ?",
        (READY if due is None else WAITS, due, sealed),
    )  # fmt: skip
    core.note(seq, held.message.id, "retry", f"{_when(wait)}: {failure.error}: {failure.text}")
    core.wake = True


def release(core: Core, held: Lease) -> None:
    """Raises: LeaseLost, apsw.Error."""
    _end(core, held, f"state = 'pending', queue = {READY}, attempts = attempts - 1", ())
    core.wake = True


def dead_letter(core: Core, held: Lease, failure: Failure) -> None:
    """Raises: LeaseLost, apsw.Error."""
    _stop(core, held, State.DEAD, failure)


def hold(core: Core, held: Lease, failure: Failure) -> None:
    """Raises: LeaseLost, apsw.Error."""
    _stop(core, held, State.IN_DOUBT, failure)


def bury(core: Core, seq: int, message_id: str, failure: Failure) -> None:
    """Make a dead letter of a message, whoever holds it. Raises: apsw.Error."""
    core.db.execute(
        "UPDATE messages SET state = 'dead', queue = NULL, due = NULL, failure = ?, updated = ? "
        "WHERE seq = ?",
        (seal_failure(core.sealer, message_id, failure), core.now(), seq),
    )
    core.note(seq, message_id, "dead", f"{failure.error}: {failure.text}")
    core.wake = True


def _begin(core: Core, seq: int, change: Began) -> None:
    core.db.execute(
        "INSERT INTO marks VALUES (?, ?, 0, 1, NULL) "
        "ON CONFLICT DO UPDATE SET done = 0, attempts = attempts + 1, result = NULL",
        (seq, change.position),
    )


def _finish(core: Core, held: Lease, seq: int, change: Finished) -> None:
    sealed = (
        None
        if change.result is None
        else core.sealer.seal(change.result, mark_place(held.message.id, change.position))
    )
    core.db.execute(
        "INSERT INTO marks VALUES (?, ?, 1, 1, ?) "
        "ON CONFLICT DO UPDATE SET done = 1, result = excluded.result",
        (seq, change.position, sealed),
    )


def _advance(core: Core, seq: int, progress: Progress) -> None:
    """Getting further shows that it is not this message that ends the process."""
    core.db.execute("DELETE FROM marks WHERE seq = ?", (seq,))
    core.db.execute(
        "UPDATE messages SET progress = ?, crashes = 0, updated = ? WHERE seq = ?",
        (encode_progress(progress), core.now(), seq),
    )


def _bury_record(core: Core, held: Lease, change: DeadRecord) -> None:
    seq, message_id = _add(core, held, change.message, change.failure)
    core.note(seq, message_id, "dead", f"{change.failure.error}: {change.failure.text}")


def _add(core: Core, held: Lease, message: NewMessage, failure: Failure | None) -> tuple[int, str]:
    """Store a message that comes of the one that runs: dead with its failure, else pending; its number and
    id."""
    if message.parent is None:
        message = replace(message, parent=held.message.id)
    definition = definition_number(core, message.version)
    seq = core.next_seq()
    message_id = new_id(seq)
    stored = store_payload(core, seq, message, 1)
    insert_message(core, seq, message_id, message, definition, stored, failure)
    return seq, message_id


def _stop(core: Core, held: Lease, state: State, failure: Failure) -> None:
    sealed = seal_failure(core.sealer, held.message.id, failure)
    seq = _end(core, held, "state = ?, queue = NULL, failure = ?", (state.value, sealed))
    core.note(seq, held.message.id, state.value, f"{failure.error}: {failure.text}")
    core.wake = core.wake or held.message.lane is not None


def _check(core: Core, held: Lease) -> int:
    seq = seq_of(held.message.id)
    if not core.db.execute(
        "SELECT 1 FROM messages WHERE seq = ? AND id = ? AND token = ? AND state = 'running'",
        (seq, held.message.id, held.token),
    ).get:
        raise _lost(held)
    return seq


def _end(core: Core, held: Lease, assignments: str, values: tuple[object, ...]) -> int:
    seq = seq_of(held.message.id)
    core.db.execute(
        f"UPDATE messages SET {assignments}, updated = ? WHERE seq = ? AND id = ? AND token = ? "  # noqa: S608
        "AND state = 'running'",
        (*values, core.now(), seq, held.message.id, held.token),
    )
    if not core.db.changes():
        raise _lost(held)
    return seq


def _when(wait_s: float) -> str:
    if wait_s < 0.05:
        return "at once"
    return f"after {wait_s:.1f} s" if wait_s < 10 else f"after {wait_s:.0f} s"


def _lost(held: Lease) -> LeaseLost:
    return LeaseLost(f"message {held.message.id} is no longer run by this lease")
