"""Control references of what is written."""

from __future__ import annotations

from mappings.contract import Context

_LARGEST = 99_999_999_999_999


class Counters:
    """The next number of a counter: the context's, else from 1 in this stream. After 14 digits 1 follows."""

    def __init__(self, context: Context) -> None:
        self._given = context.next_number
        self._last: dict[str, int] = {}

    def next(self, counter: str) -> int:
        """The next number of `interchange` or `group`."""
        if self._given is not None:
            number = self._given(counter)
        else:
            number = self._last[counter] = self._last.get(counter, 0) + 1
        return (number - 1) % _LARGEST + 1
