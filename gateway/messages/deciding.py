"""What people decide of a message that went no further."""

from __future__ import annotations

from typing import Literal

from gateway.messages.core import Core
from gateway.messages.database import BEHIND, READY
from gateway.messages.errors import NotAllowed, UnknownMessage
from gateway.messages.message import State
from gateway.messages.rows import seq_of

_REPLAYED = frozenset({State.DEAD, State.IN_DOUBT})
_DISCARDED = frozenset({State.DEAD, State.IN_DOUBT, State.PENDING})


def replay(core: Core, message_id: str, by: str, unknown_as: Literal["repeat", "done"] | None) -> None:
    """Raises: UnknownMessage, NotAllowed, apsw.Error."""
    seq = _in_state(core, message_id, _REPLAYED, "replayed")
    # A side effect without an answer: forgotten it is sent again, finished it is not. A dead letter has one
    # too when the process ended too often: whoever replays it may not know, and what runs it will ask.
    if unknown_as == "done":
        core.db.execute("UPDATE marks SET done = 1 WHERE seq = ? AND done = 0", (seq,))
    elif unknown_as == "repeat":
        core.db.execute("DELETE FROM marks WHERE seq = ? AND done = 0", (seq,))
    core.db.execute(
        "UPDATE messages SET state = 'pending', place = ?1, due = NULL, crashes = 0, updated = ?2, "  # noqa: S608
        f"queue = CASE WHEN lane IS NOT NULL AND EXISTS (SELECT 1 FROM messages AS other "
        "WHERE other.flow = messages.flow AND other.lane = messages.lane AND other.queue IS NOT NULL) "
        f"THEN {BEHIND} ELSE {READY} END WHERE seq = ?3",
        (core.next_seq(), core.now(), seq),
    )
    # The place was taken from the numbers of messages, which no later one may be given.
    core.keep_seq()
    what = ", what has no answer taken as done" if unknown_as == "done" else ""
    core.note(seq, message_id, "replayed", f"by {by}{what}")
    core.wake = True


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
