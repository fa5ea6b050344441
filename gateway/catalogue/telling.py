"""What a format is told from outside while it writes: the time, and the control numbers that it asks for.

Kept, and told to it once more, it makes the same bytes of the same records: whoever gets them a second time
knows them again by their numbers, and takes others for something new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

import msgspec

from mappings.contract import Context


class _Kept(msgspec.Struct, array_like=True):
    now: datetime
    numbers: dict[str, list[int]]


class Telling:
    """What is told for one stream. `kept`: what was told for it before, by `kept` of then; what was not is
    `now` and what `next_number` gives. `used` are the numbers that are new, the last one of each counter."""

    def __init__(self, next_number: Callable[[str], int], now: datetime, kept: bytes | None = None) -> None:
        found = _Kept(now, {}) if kept is None else msgspec.json.decode(kept, type=_Kept)
        self._now = found.now
        self._numbers = found.numbers
        self._new = next_number
        self._asked: Counter[str] = Counter()
        self.used: dict[str, int] = {}

    @property
    def context(self) -> Context:
        """For one encoder, or one decoder."""
        return Context(now=self._now, next_number=self._next)

    def kept(self) -> bytes:
        """All that was told so far."""
        return msgspec.json.encode(_Kept(self._now, self._numbers))

    def _next(self, counter: str) -> int:
        told, at = self._numbers.setdefault(counter, []), self._asked[counter]
        self._asked[counter] += 1
        if at == len(told):
            told.append(self._new(counter))
            self.used[counter] = told[at]
        return told[at]
