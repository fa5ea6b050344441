"""What every change works on: the writing connection, the key, the clock, and the counters of this opening.

Used by the writer's thread alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import apsw

from gateway.messages.room import Room
from gateway.messages.sealing import Sealer
from gateway.messages.settings import StoreSettings
from gateway.messages.spool import Spool

MAX_HISTORY = 100
_MAX_HISTORY_TEXT = 4000


@dataclass(slots=True)
class Core:
    """The store's state while it is open. `now` gives milliseconds since 1970; `epoch` grows with each
    opening; `seq` is the number given last."""

    db: apsw.Connection
    sealer: Sealer
    settings: StoreSettings
    room: Room
    spool: Spool
    now: Callable[[], int]
    epoch: int
    seq: int
    defined: set[int] = field(default_factory=set)
    """The definitions that were asked for since the store was opened."""
    numbers: dict[str, int] = field(default_factory=dict)
    """The rows of versions that were looked up, as of committed changes or this group's."""
    active: int = 0
    """Messages that wait or run, as of the group of changes that is being made."""
    wake: bool = False
    """There may be something new to lease."""
    removed: list[str] = field(default_factory=list)
    """Spool files that nobody needs once the group is committed."""

    def begin(self) -> None:
        """A group of changes begins, inside its transaction. Raises: apsw.Error."""
        self.wake = False
        self.removed.clear()
        self.active = (
            self.db.execute(
                "SELECT coalesce(sum(count), 0) FROM tallies WHERE state IN ('pending', 'running')"
            ).get
            or 0
        )

    def next_seq(self) -> int:
        """The number of the next message, or the next place in the order of running."""
        self.seq += 1
        return self.seq

    def keep_seq(self) -> None:
        """Write down the number given last: the rows that show it may go. Raises: apsw.Error."""
        self.db.execute("INSERT OR REPLACE INTO meta VALUES ('seq', ?)", (self.seq,))

    def note(self, seq: int, message_id: str, kind: str, text: str) -> None:
        """Write an entry of a message's history. Its oldest are forgotten beyond a bound."""
        at = self.now()
        sealed = (
            self.sealer.seal(text[:_MAX_HISTORY_TEXT].encode("utf-8", "replace"), f"history:{message_id}")
            if text
            else None
        )
        n = self.db.execute(
            "INSERT INTO history SELECT ?1, coalesce(max(n), 0) + 1, ?2, ?3, ?4 FROM history WHERE seq = ?1 "
            "RETURNING n",
            (seq, at, kind, sealed),
        ).get
        if n > MAX_HISTORY:
            self.db.execute("DELETE FROM history WHERE seq = ? AND n <= ?", (seq, n - MAX_HISTORY))
