"""Looking: single messages, lists of them, their history. On the reading connection, each in a short
transaction, so that the log can be taken over behind it."""

from __future__ import annotations

import heapq
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import apsw

from gateway.messages.contract import Standing
from gateway.messages.database import fetch
from gateway.messages.errors import Damaged, UnknownMessage
from gateway.messages.marks import read_marks
from gateway.messages.message import HistoryEntry, Message, State
from gateway.messages.rows import COLUMNS, Row, moment, read_row, seq_of
from gateway.messages.sealing import Sealer

MAX_FOUND = 1000
_NEWEST = 1 << 62


@dataclass(frozen=True, slots=True)
class View:
    """What is read from: a connection that writes nothing, and the key."""

    db: apsw.Connection
    sealer: Sealer


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages are looked for."""

    states: frozenset[State]
    flow: str | None
    source: str | None
    parent: str | None
    before: str | None
    limit: int


def get(view: View, message_id: str) -> Row:
    """Raises: UnknownMessage, apsw.Error."""
    values = fetch(
        view.db,
        f"SELECT {COLUMNS} FROM messages WHERE seq = ? AND id = ?",  # noqa: S608
        (seq_of(message_id), message_id),
    )
    if not values:
        raise UnknownMessage(f"there is no message {message_id}")
    return read_row(view.sealer, values[0])


def standing(view: View, message_id: str) -> Standing:
    """A message and its marks. Raises: UnknownMessage, Damaged, apsw.Error."""
    # The token first: what is recorded after it was read is recorded under a later one.
    row = get(view, message_id)
    found = fetch(
        view.db,
        "SELECT position, done, attempts, CAST(result AS BLOB) FROM marks WHERE seq = ?",
        (row.seq,),
    )
    return Standing(row.message, row.token, read_marks(view.sealer, row, found))


def body(view: View, row: Row) -> tuple[bytes | None, str | None]:
    """A message's sealed payload, or the name of its spool file. Raises: Damaged, apsw.Error."""
    found = fetch(view.db, "SELECT CAST(body AS BLOB), spool FROM payloads WHERE id = ?", (row.payload,))
    if not found:
        raise Damaged("the message's payload is gone")
    sealed, spool = found[0]
    return sealed, spool


def result(view: View, message_id: str) -> bytes | None:
    """Raises: UnknownMessage, Damaged, apsw.Error."""
    row = get(view, message_id)
    if not row.message.has_result:
        return None
    sealed = view.db.execute("SELECT CAST(body AS BLOB) FROM results WHERE seq = ?", (row.seq,)).get
    if sealed is None:
        raise Damaged("the message's result is gone")
    return view.sealer.unseal(sealed, f"results.body:{message_id}")


def history(view: View, message_id: str) -> Sequence[HistoryEntry]:
    """Raises: UnknownMessage, apsw.Error."""
    message = get(view, message_id).message
    rows = fetch(
        view.db,
        "SELECT at, kind, CAST(text AS BLOB) FROM history WHERE seq = ? ORDER BY n",
        (seq_of(message_id),),
    )
    entries = [HistoryEntry(message.received_at, "received", f"from {message.source}")]
    for at, kind, sealed in rows:
        entries.append(HistoryEntry(moment(at), kind, _text(view.sealer, message_id, sealed)))
    if message.state is State.DONE:
        # The last change of one that is done is that.
        entries.append(HistoryEntry(message.updated_at, "done", ""))
    return entries


def find(view: View, wanted: Wanted) -> Sequence[Message]:
    """Raises: UnknownMessage (`before` is no id), apsw.Error."""
    seqs = _seqs(view, wanted)
    rows = fetch(
        view.db,
        f"SELECT {COLUMNS} FROM messages WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq DESC",  # noqa: S608
        (json.dumps(seqs),),
    )
    return [read_row(view.sealer, values).message for values in rows]


def counts(view: View) -> Mapping[tuple[str, State], int]:
    """Raises: apsw.Error."""
    rows = fetch(
        view.db, "SELECT flow, state, sum(count) FROM tallies GROUP BY flow, state HAVING sum(count) > 0"
    )
    return {(flow, State(state)): count for flow, state, count in rows}


def cursor(view: View, channel: str) -> str | None:
    """Raises: Damaged, apsw.Error."""
    sealed = view.db.execute("SELECT CAST(value AS BLOB) FROM cursors WHERE channel = ?", (channel,)).get
    return None if sealed is None else view.sealer.unseal(sealed, f"cursors.value:{channel}").decode()


def definition(view: View, version: str) -> bytes | None:
    """Raises: Damaged, apsw.Error."""
    sealed = view.db.execute("SELECT CAST(body AS BLOB) FROM definitions WHERE version = ?", (version,)).get
    return None if sealed is None else view.sealer.unseal(sealed, f"definitions.body:{version}")


def _seqs(view: View, wanted: Wanted) -> list[int]:
    """The numbers of what is wanted. Each way in goes down one index, so that nothing is read that is not
    asked for: by parent, by each pair of state and flow that exists, by source, or all."""
    before = _NEWEST if wanted.before is None else seq_of(wanted.before)
    limit = max(1, min(wanted.limit, MAX_FOUND))
    conditions, values = ["seq < ?"], [before]  # type: tuple[list[str], list[object]]
    if wanted.source is not None:
        conditions.append("source = ?")
        values.append(wanted.source)
    if wanted.parent is not None:
        conditions.append("parent = ?")
        values.append(wanted.parent)
    if wanted.parent is not None or not (wanted.states or wanted.flow):
        if wanted.flow is not None:
            conditions.append("flow = ?")
            values.append(wanted.flow)
        if wanted.states:
            conditions.append("state IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(sorted(wanted.states)))
        return _newest(view, conditions, values, limit)
    found: list[int] = []
    for flow, state in counts(view):
        if wanted.flow in (None, flow) and (not wanted.states or state in wanted.states):
            found += _newest(
                view, ["state = ?", "flow = ?", *conditions], [state.value, flow, *values], limit
            )
    return heapq.nlargest(limit, found)


def _newest(view: View, conditions: Collection[str], values: Sequence[object], limit: int) -> list[int]:
    rows = fetch(
        view.db,
        f"SELECT seq FROM messages WHERE {' AND '.join(conditions)} ORDER BY seq DESC LIMIT ?",  # noqa: S608
        (*values, limit),
    )
    return [seq for (seq,) in rows]


def _text(sealer: Sealer, message_id: str, sealed: bytes | None) -> str:
    if sealed is None:
        return ""
    try:
        return sealer.unseal(sealed, f"history:{message_id}").decode("utf-8", "replace")
    except Damaged:
        return "(cannot be read: it was changed)"
