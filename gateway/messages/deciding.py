"""What people decide of a message that went no further."""

from __future__ import annotations

import json
from typing import Literal

from gateway.messages.contract import Anew, Standing
from gateway.messages.core import Core
from gateway.messages.database import BEHIND, READY, WAITS
from gateway.messages.errors import NotAllowed, UnknownMessage
from gateway.messages.intake import definition_number
from gateway.messages.message import State
from gateway.messages.rows import encode_progress, seq_of

_REPLAYED = frozenset({State.DEAD, State.IN_DOUBT})
_MOVED = frozenset({State.DEAD, State.IN_DOUBT, State.PENDING})
_DISCARDED = frozenset({State.DEAD, State.IN_DOUBT, State.PENDING})


def replay(core: Core, message_id: str, by: str, unknown_as: Literal["repeat", "done"] | None) -> None:
    """Raises: UnknownMessage, NotAllowed, apsw.Error."""
    seq = _in_state(core, message_id, _REPLAYED, "replayed")
    _settle_unknown(core, seq, unknown_as)
    _queue_again(core, seq)
    core.note(seq, message_id, "replayed", f"by {by}{_and_unknown(unknown_as)}")


def move(
    core: Core,
    standing: Standing,
    anew: Anew,
    by: str,
    unknown_as: Literal["repeat", "done"] | None,
) -> None:
    """Raises: UnknownMessage, NotAllowed, StoreError, apsw.Error."""
    message_id = standing.message.id
    seq = _in_state(core, message_id, _MOVED, "run by another version")
    state = standing.message.state
    is_as_it_was = core.db.execute(
        "SELECT 1 FROM messages WHERE seq = ? AND token = ? AND state = ?", (seq, standing.token, state.value)
    ).get
    if not is_as_it_was:
        raise NotAllowed(f"message {message_id} has changed in this moment; look at it, and ask again")
    _settle_unknown(core, seq, unknown_as)
    core.db.execute(
        "DELETE FROM marks WHERE seq = ? AND position NOT IN (SELECT value FROM json_each(?))",
        (seq, json.dumps(sorted(anew.marks))),
    )
    number = definition_number(core, anew.version)
    if state is State.PENDING:
        _run_by(core, seq, number)
    else:
        _queue_again(core, seq, number)
    core.db.execute("UPDATE messages SET progress = ? WHERE seq = ?", (encode_progress(anew.progress), seq))
    text = f"by {by}, to run by version {anew.version[:12]} of its flow{_and_unknown(unknown_as)}"
    core.note(seq, message_id, "replayed", text)
    core.wake = True


def _settle_unknown(core: Core, seq: int, unknown_as: Literal["repeat", "done"] | None) -> None:
    # A side effect without an answer: forgotten it is sent again, finished it is not. A dead letter has one
    # too when the process ended too often: whoever replays it may not know, and what runs it will ask.
    if unknown_as == "done":
        core.db.execute("UPDATE marks SET done = 1 WHERE seq = ? AND done = 0", (seq,))
    elif unknown_as == "repeat":
        core.db.execute("DELETE FROM marks WHERE seq = ? AND done = 0", (seq,))


def _and_unknown(unknown_as: Literal["repeat", "done"] | None) -> str:
    said = {"done": "taken as done", "repeat": "sent again"}
    return f", what has no answer {said[unknown_as]}" if unknown_as else ""


def _queue_again(core: Core, seq: int, definition: int | None = None) -> None:
    """Pending at the end of its lane; with `definition` by that one."""
    core.db.execute(
        "UPDATE messages SET state = 'pending', place = ?1, due = NULL, crashes = 0, updated = ?2, "  # noqa: S608
        f"queue = CASE WHEN lane IS NOT NULL AND EXISTS (SELECT 1 FROM messages AS other "
        "WHERE other.flow = messages.flow AND other.lane = messages.lane AND other.queue IS NOT NULL) "
        f"THEN {BEHIND} ELSE {READY} END, definition = coalesce(?4, definition) WHERE seq = ?3",
        (core.next_seq(), core.now(), seq, definition),
    )
    # The place was taken from the numbers of messages, which no later one may be given.
    core.keep_seq()
    core.wake = True


def _run_by(core: Core, seq: int, definition: int) -> None:
    """By another definition, where it is in its lane, at once when it is its turn."""
    # The tallies follow changes of state by themselves, and here there is none.
    core.db.execute(
        "UPDATE tallies SET count = count - 1 WHERE (flow, definition, state) = "
        "(SELECT flow, definition, state FROM messages WHERE seq = ?)",
        (seq,),
    )
    core.db.execute(
        f"UPDATE messages SET definition = ?1, due = NULL, crashes = 0, updated = ?2, "  # noqa: S608
        f"queue = CASE queue WHEN {WAITS} THEN {READY} ELSE queue END WHERE seq = ?3",
        (definition, core.now(), seq),
    )
    core.db.execute(
        "INSERT INTO tallies SELECT flow, definition, state, 1 FROM messages WHERE seq = ? "
        "ON CONFLICT DO UPDATE SET count = count + 1",
        (seq,),
    )


def discard(core: Core, message_id: str, by: str, reason: str) -> None:
    """Raises: UnknownMessage, NotAllowed, apsw.Error."""
    seq = _in_state(core, message_id, _DISCARDED, "discarded")
    core.db.execute(
        "UPDATE messages SET state = 'discarded', queue = NULL, due = NULL, updated = ? WHERE seq = ?",
        (core.now(), seq),
    )
    core.note(seq, message_id, "discarded", f"by {by}: {reason}" if reason else f"by {by}")
    core.wake = True


def _in_state(core: Core, message_id: str, allowed: frozenset[State], done: str) -> int:
    seq = seq_of(message_id)
    state = core.db.execute("SELECT state FROM messages WHERE seq = ? AND id = ?", (seq, message_id)).get
    if state is None:
        raise UnknownMessage(f"there is no message {message_id}")
    if State(state) not in allowed:
        names = ", ".join(sorted(allowed))
        raise NotAllowed(f"message {message_id} is {state}; one can be {done} that is {names}")
    return seq
