"""Control numbers and references of what is written."""

from __future__ import annotations

from mappings.contract import Context


class Counters:
    """The next number of a counter: the context's, else from 1 in this stream. After `digits` digits 1
    follows."""

    def __init__(self, context: Context, digits: int) -> None:
        self._given = context.next_number
        self._largest = int("9" * digits)
        self._last: dict[str, int] = {}

    def next(self, counter: str) -> int:
        """The next number of `interchange` or `group`."""
        if self._given is not None:
            number = self._given(counter)
        else:
            number = self._last[counter] = self._last.get(counter, 0) + 1
        return (number - 1) % self._largest + 1
