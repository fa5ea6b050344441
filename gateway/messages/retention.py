"""What is no longer kept: finished messages after a while, and what only they needed."""

from __future__ import annotations

from gateway.messages.core import Core
from gateway.messages.database import fetch
from gateway.messages.message import CUT
from gateway.messages.reservations import DAY_MS

BATCH = 500
"""Rows that are removed at once, so that those who wait for the next commit wait little."""

_REMOVE = """
DELETE FROM messages WHERE seq IN (
    SELECT seq FROM messages AS found WHERE queue IS NULL AND state = ?1 AND updated < ?2
    AND NOT (instr(coalesce(progress, ''), ?4) AND EXISTS (
        SELECT 1 FROM messages AS record WHERE record.parent = found.id AND record.state = 'dead'
    ))
    ORDER BY updated LIMIT ?3
)
"""
_CUT = f'"{CUT}":'


def remove_messages(core: Core) -> int:
    """Remove some messages that are kept no longer; how many. Raises: apsw.Error."""
    removed = 0
    settings, now = core.settings, core.now()
    core.keep_seq()
    for state, days in (
        ("done", settings.keep_done_days),
        ("discarded", settings.keep_done_days),
        ("dead", settings.keep_dead_days),
    ):
        core.db.execute(_REMOVE, (state, now - round(days * DAY_MS), BATCH - removed, _CUT))
        removed += core.db.changes()
    core.removed += [spool for (spool,) in fetch(core.db, "DELETE FROM unspooled RETURNING spool")]
    return removed


def remove_records(core: Core) -> int:
    """Remove some claims and answered keys that are kept no longer; how many. Raises: apsw.Error."""
    settings, now = core.settings, core.now()
    removed = 0
    for table, days in (("claims", settings.keep_claims_days), ("keys", settings.keep_keys_days)):
        columns = "channel, digest" if table == "claims" else "digest"
        core.db.execute(
            f"DELETE FROM {table} WHERE ({columns}) IN "  # noqa: S608
            f"(SELECT {columns} FROM {table} WHERE at < ? ORDER BY at LIMIT ?)",
            (now - round(days * DAY_MS), BATCH),
        )
        removed += core.db.changes()
    return removed


def remove_definitions(core: Core) -> None:
    """Forget the definitions that no unfinished message runs by, and their names once no message is left of
    them. Raises: apsw.Error."""
    core.db.execute("DELETE FROM tallies WHERE count = 0")
    rows = fetch(
        core.db,
        "SELECT n, EXISTS (SELECT 1 FROM tallies WHERE definition = n "
        "AND state NOT IN ('done', 'discarded')), EXISTS (SELECT 1 FROM tallies WHERE definition = n) "
        "FROM definitions",
    )
    for number, is_run, is_named in rows:
        if number in core.defined or is_run:
            continue
        statement = "UPDATE definitions SET body = NULL" if is_named else "DELETE FROM definitions"
        core.db.execute(f"{statement} WHERE n = ?", (number,))
        core.numbers.clear()
