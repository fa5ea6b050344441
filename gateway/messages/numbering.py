"""Control numbers: the next of each counter, and the last that was used, which survives the process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection

import apsw

from gateway.messages import reservations
from gateway.messages.contract import Counted
from gateway.messages.core import Core
from gateway.messages.database import fetch
from gateway.messages.errors import NotAllowed
from gateway.messages.sealing import Sealer

_SCOPE = "control numbers"
MAX_KNOWN = 10_000
"""Counters of which is remembered what was given last; beyond, the oldest are looked up again."""


class Numbering:
    """Gives numbers while the store is open. `stored`: the number of a counter that was used last, 0 when
    there is none. Used by any thread."""

    def __init__(self, stored: Callable[[str], int]) -> None:
        self._stored = stored
        self._lock = threading.Lock()
        self._given: OrderedDict[str, int] = OrderedDict()
        self._most = MAX_KNOWN

    def next(self, counter: str) -> int:
        """Raises: what `stored` raises."""
        with self._lock:
            last = self._given.pop(counter, None)
            number = (self._stored(counter) if last is None else last) + 1
            self._given[counter] = number
            if len(self._given) > self._most:
                self._forget()
            return number

    def go_on_behind(self, counter: str, last: int) -> None:
        """The next number is the one behind `last`."""
        with self._lock:
            self._given[counter] = last

    def _forget(self) -> None:
        """Those whose number is stored can be looked up again; what is not stored yet is kept."""
        for counter, number in list(self._given.items())[: MAX_KNOWN // 2]:
            if self._stored(counter) >= number:
                del self._given[counter]
        self._most = max(MAX_KNOWN, 2 * len(self._given))


def keep(core: Core, counted: Counted) -> None:
    """Write down that a number is used. Those of a counter may come in any order. Raises: apsw.Error."""
    digest = digest_of(core.sealer, counted.counter)
    sealed = core.sealer.seal(counted.counter.encode("utf-8", "surrogatepass"), _place(digest))
    core.db.execute(
        "INSERT INTO counters VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)",
        (digest, sealed, counted.number),
    )


def keep_all(core: Core, numbers: Collection[Counted]) -> None:
    """Raises: StoreFull, apsw.Error."""
    core.room.check()
    for each in numbers:
        keep(core, each)


def keep_once(core: Core, numbers: Collection[Counted], effect: str, kept: bytes) -> bytes:
    """Raises: StoreFull, Damaged, apsw.Error."""
    core.room.check()
    before = reservations.first(core, _SCOPE, effect, kept)
    if before is not None:
        return before
    keep_all(core, numbers)
    return kept


def put(core: Core, counter: str, last: int, *, back: bool) -> None:
    """Set a counter. Raises: NotAllowed, apsw.Error."""
    digest = digest_of(core.sealer, counter)
    used = core.db.execute("SELECT value FROM counters WHERE digest = ?", (digest,)).get
    if used is not None and last < used and not back:
        raise NotAllowed(
            f"{counter} has used {used}: behind {last} numbers would be given that were given before"
        )
    core.db.execute("DELETE FROM counters WHERE digest = ?", (digest,))
    keep(core, Counted(counter, last))


def all_of(db: apsw.Connection, sealer: Sealer) -> dict[str, int]:
    """The counters by their names. Raises: Damaged, apsw.Error."""
    rows = fetch(db, "SELECT digest, CAST(name AS BLOB), value FROM counters")
    named = {
        sealer.unseal(name, _place(digest)).decode("utf-8", "surrogatepass"): value
        for digest, name, value in rows
    }
    return dict(sorted(named.items()))


def digest_of(sealer: Sealer, counter: str) -> bytes:
    """What a counter's row is found by."""
    return sealer.digest("counter", counter)


def _place(digest: bytes) -> str:
    return f"counters.name:{digest.hex()}"
