"""The table of marks: which writes were done, so that a repeated one is not done again.

A mark is stored in the transaction of the rows it stands for. Whoever does not know whether a write was
carried out (the link broke after COMMIT was sent) sends it again under the same key: either the mark is
there, and so are the rows, or neither is.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.contract import Deadline
from adapters.errors import AdapterError, InvalidRequest, Violation
from adapters.odbc import wire
from adapters.odbc.dialects.base import Dialect

log = logging.getLogger(__name__)

MAX_KEY = 200
PRUNE_EVERY_S = 3600.0
PRUNE_WITHIN_S = 60.0
_KEY, _TARGET, _AT = _COLUMNS = ("key", "target", "applied_at")


class Marks:
    """The table of marks of one database. `sql` is its quoted, qualified name."""

    def __init__(self, system: str, dialect: Dialect, sql: str, keep_days: int) -> None:
        self._system = system
        self._dialect = dialect
        self._keep_days = keep_days
        self._pruned_at = float("-inf")
        self._pruning: asyncio.Task[None] | None = None
        key, target, at = map(dialect.quote, _COLUMNS)
        # A text and not a timestamp, whose spelling and zone differ between databases; it sorts the same.
        self._create = (
            f"CREATE TABLE {sql} ({key} VARCHAR({MAX_KEY}) NOT NULL, {target} VARCHAR({MAX_KEY}) NOT NULL,"
            f" {at} VARCHAR(20) NOT NULL, PRIMARY KEY ({key}, {target}))"
        )
        self._insert = f"INSERT INTO {sql} ({key}, {target}, {at}) VALUES (?, ?, ?)"  # noqa: S608 - quoted names
        self._find = f"SELECT {at} FROM {sql} WHERE {key} = ? AND {target} = ?"  # noqa: S608
        self._prune = f"DELETE FROM {sql} WHERE {at} < ?"  # noqa: S608

    def creation(self) -> wire.Write:
        """What makes the table."""
        return wire.Write((wire.Statement(self._create, ((),)),))

    def of(self, key: str, target: str) -> wire.Mark:
        """The mark of a write to the table `target`.

        Raises: InvalidRequest when the key is none of 1 to 200 visible ASCII characters.
        """
        if not (0 < len(key) <= MAX_KEY and key.isascii() and key.isprintable()):
            what = f"an idempotency key has 1 to {MAX_KEY} visible ASCII characters"
            raise InvalidRequest(f"{self._system}: {what}", [Violation(what)])
        where = (self._dialect.mark_key(key, target), target[:MAX_KEY])
        return wire.Mark(self._insert, (*where, _written(datetime.now(UTC))), self._find, where)

    def prune_when_due(self, carry_out: Callable[[wire.Write, Deadline], Awaitable[Any]]) -> None:
        """Remove old marks, once an hour at most, without anybody waiting for it."""
        if time.monotonic() - self._pruned_at < PRUNE_EVERY_S or self._pruning is not None:
            return
        self._pruned_at = time.monotonic()
        self._pruning = asyncio.get_running_loop().create_task(self._prune_old(carry_out))

    async def _prune_old(self, carry_out: Callable[[wire.Write, Deadline], Awaitable[Any]]) -> None:
        before = _written(datetime.now(UTC) - timedelta(days=self._keep_days))
        try:
            await carry_out(
                wire.Write((wire.Statement(self._prune, ((before,),)),)), Deadline.after(PRUNE_WITHIN_S)
            )
        except AdapterError as error:
            log.warning("old marks of %s stay for now: %s", self._system, error.message)
        finally:
            self._pruning = None

    async def aclose(self) -> None:
        """Give up what is being pruned."""
        pruning = self._pruning
        if pruning is not None:
            pruning.cancel()
            await asyncio.wait((pruning,))


def unfit(found: dict[str, Any]) -> str:
    """Why a table that was there already cannot hold marks; "" when it can. `found`: as described."""
    names = {str(column["name"]) for column in found["columns"]}
    if found["view"]:
        return "it is a view"
    if not names >= set(_COLUMNS) or set(found["key"] or ()) != {_KEY, _TARGET}:
        return f"it needs the columns {', '.join(_COLUMNS)}, and {_KEY} with {_TARGET} as its primary key"
    return "" if found.get("insertable", True) else "the gateway's user may not insert into it"


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
