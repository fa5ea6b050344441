"""Leasing: which messages may run now, and giving them to whoever runs them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence

from gateway.messages.contract import Lease
from gateway.messages.core import Core
from gateway.messages.database import READY, RUNNING, fetch
from gateway.messages.errors import Damaged
from gateway.messages.marks import read_marks
from gateway.messages.message import Failure
from gateway.messages.rows import COLUMNS, Row, read_row
from gateway.messages.running import MAX_WAIT_S, bury

_MAX_WAIT_MS = int(MAX_WAIT_S * 1000)
_PROMOTED_AT_ONCE = 1000


def lease(core: Core, limit: int, flows: Collection[str] | None) -> Sequence[Lease]:
    """Raises: apsw.Error."""
    _promote_due(core)
    chosen = _ready(core, limit, flows)
    if not chosen:
        return ()
    now, numbers = core.now(), json.dumps(chosen)
    taken = fetch(
        core.db,
        f"UPDATE messages SET state = 'running', queue = {RUNNING}, attempts = attempts + 1, "  # noqa: S608
        f"token = token + 1, due = NULL, updated = ? WHERE seq IN (SELECT value FROM json_each(?)) "
        f"RETURNING {COLUMNS}",
        (now, numbers),
    )
    core.db.execute(
        "INSERT INTO history SELECT value, (SELECT coalesce(max(n), 0) + 1 FROM history WHERE seq = value), "
        "?, 'attempt', NULL FROM json_each(?)",
        (now, numbers),
    )
    rows = sorted((read_row(core.sealer, values) for values in taken), key=lambda row: row.place)
    marks = _marks(core, [row for row in rows if row.token > 1])
    leases = []
    for row in rows:
        try:
            leases.append(Lease(row.message, row.token, read_marks(core.sealer, row, marks.get(row.seq, ()))))
        except Damaged as error:
            # A message that cannot be read as it was written must not keep the others from running.
            bury(core, row.seq, row.message.id, Failure("damaged", str(error)))
    return leases


def next_due_ms(core: Core) -> int | None:
    """Milliseconds until the next waiting message is due. Raises: apsw.Error."""
    first, last = _due_bounds(core)
    if first is None or last is None:
        return None
    now = core.now()
    return 0 if last > now + _MAX_WAIT_MS else max(0, first - now)


def _ready(core: Core, limit: int, flows: Collection[str] | None) -> list[int]:
    """The oldest that may run. Each flow is asked by itself: its own may be far apart among a million of
    others."""
    if flows is None:
        found = fetch(core.db, "SELECT seq FROM messages WHERE queue = 1 ORDER BY place LIMIT ?", (limit,))
        return [seq for (seq,) in found]
    places: list[tuple[int, int]] = []
    for flow in set(flows):
        places += fetch(
            core.db,
            "SELECT place, seq FROM messages WHERE queue = 1 AND flow = ? ORDER BY place LIMIT ?",
            (flow, limit),
        )
    return [seq for _, seq in sorted(places)[:limit]]


def _due_bounds(core: Core) -> tuple[int | None, int | None]:
    bounds = fetch(
        core.db,
        "SELECT (SELECT min(due) FROM messages WHERE queue = 2), "
        "(SELECT max(due) FROM messages WHERE queue = 2)",
    )
    return bounds[0][0], bounds[0][1]


def _promote_due(core: Core) -> None:
    """Let go on what has waited long enough. A due time farther off than any wait means that the clock was
    put back: it is due at once."""
    first, last = _due_bounds(core)
    now = core.now()
    for is_due, bound in (
        (first is not None and first <= now, "due <= ?1"),
        (last is not None and last > now + _MAX_WAIT_MS, "due > ?1 + ?3"),
    ):
        if is_due:
            core.db.execute(
                f"UPDATE messages SET queue = {READY}, due = NULL WHERE ?3 AND seq IN "  # noqa: S608
                f"(SELECT seq FROM messages WHERE queue = 2 AND {bound} ORDER BY due LIMIT ?2)",
                (now, _PROMOTED_AT_ONCE, _MAX_WAIT_MS),
            )


def _marks(core: Core, rows: Sequence[Row]) -> dict[int, list[tuple[str, int, int, bytes | None]]]:
    found = defaultdict(list)
    if rows:
        for seq, *mark in fetch(
            core.db,
            "SELECT seq, position, done, attempts, CAST(result AS BLOB) FROM marks "
            "WHERE seq IN (SELECT value FROM json_each(?))",
            (json.dumps([row.seq for row in rows]),),
        ):
            found[seq].append(tuple(mark))
    return found
