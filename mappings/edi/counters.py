"""Control numbers and references of what is written."""

from __future__ import annotations

from mappings.contract import Context
from mappings.edi.copied import copied


class Counters:
    """The next number of a counter: the context's, else from 1 in this stream. After `digits` digits 1
    follows. `standard`: what the names of the context's counters begin with."""

    def __init__(self, context: Context, digits: int, standard: str) -> None:
        self._standard = standard
        self._given = context.next_number
        self._largest = int("9" * digits)
        self._last: dict[str, int] = {}

    def kept(self) -> Counters:
        """These as they are now; the context's own go on."""
        found = copied(self)
        found._last = dict(self._last)
        return found

    def next(self, counter: str, sender: str, receiver: str) -> int:
        """The next number of `interchange` or `group`, which are unique between two partners."""
        if self._given is not None:
            number = self._given(f"{self._standard}/{counter}/{sender}/{receiver}")
        else:
            number = self._last[counter] = self._last.get(counter, 0) + 1
        return (number - 1) % self._largest + 1
