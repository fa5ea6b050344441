"""Control numbers: the next of each counter, and the last that was used, which survives the process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection

from gateway.messages.contract import Counted
from gateway.messages.core import Core
from gateway.messages.sealing import Sealer

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


def digest_of(sealer: Sealer, counter: str) -> bytes:
    """What a counter's row is found by."""
    return sealer.digest("counter", counter)


def _place(digest: bytes) -> str:
    return f"counters.name:{digest.hex()}"
