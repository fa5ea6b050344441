"""Single rows, looked up by whoever needs them at once, in any thread: by a connection of their own."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import apsw

from gateway.messages.database import describe, is_fatal
from gateway.messages.errors import StoreFailed
from gateway.messages.intake import claim_digest, interchanges_of
from gateway.messages.numbering import Numbering, digest_of
from gateway.messages.sealing import Sealer


class Looking:
    """Looks rows up by their key: a few pages of the database each, which are in memory as a rule. `connect`
    is called when something is looked up first; `fail` is told of an error after which the store must not be
    used."""

    def __init__(
        self, connect: Callable[[], apsw.Connection], sealer: Sealer, fail: Callable[[str], None]
    ) -> None:
        self._connect = connect
        self._db: apsw.Connection | None = None
        self._is_closed = False
        self._sealer = sealer
        self._fail = fail
        self._lock = threading.Lock()
        self._numbering = Numbering(self._last)

    def next_number(self, counter: str) -> int:
        """See `MessageStore.next_number`."""
        return self._numbering.next(counter)

    def go_on_behind(self, counter: str, last: int) -> None:
        """What is given next is the number behind this one."""
        self._numbering.go_on_behind(counter, last)

    def claimant(self, flow: str, identity: str) -> str | None:
        """See `MessageStore.claimant`."""
        channel = interchanges_of(flow)
        digest = claim_digest(self._sealer, channel, identity)
        found = self._value("SELECT ids FROM claims WHERE channel = ? AND digest = ?", (channel, digest))
        return None if found is None else str(json.loads(str(found))[0])

    def close(self) -> None:
        """Give the connection back, and look up nothing more. Raises: apsw.Error."""
        with self._lock:
            self._is_closed = True
            db, self._db = self._db, None
            if db is not None:
                db.close(True)

    def _last(self, counter: str) -> int:
        found = self._value(
            "SELECT value FROM counters WHERE digest = ?", (digest_of(self._sealer, counter),)
        )
        return 0 if found is None else int(str(found))

    def _value(self, statement: str, values: tuple[str | bytes, ...]) -> object:
        """Raises: StoreFailed."""
        try:
            with self._lock:
                if self._is_closed:
                    raise StoreFailed("the store is not open")
                if self._db is None:
                    self._db = self._connect()
                found: object = self._db.execute(statement, values).get
                return found
        except apsw.Error as error:
            if is_fatal(error):
                self._fail(describe(error))
            raise StoreFailed(describe(error)) from error
