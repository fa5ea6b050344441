"""A bound on repeated log lines: a dead system or a hostile client must not fill the disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class _Window:
    started: float
    lines: int = 0
    suppressed: int = 0


class RepeatLimit:
    """Lets `lines` of one kind through per `window_s` seconds, and counts the rest.

    A kind is whatever hashable key the caller uses; at most `kinds` are remembered.
    """

    def __init__(
        self,
        *,
        lines: int = 10,
        window_s: float = 10.0,
        kinds: int = 1000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lines = lines
        self._window_s = window_s
        self._kinds = kinds
        self._clock = clock
        self._windows: dict[object, _Window] = {}

    def admit(self, kind: object) -> int | None:
        """None when this line is to be dropped; else how many of its kind were dropped before it."""
        now = self._clock()
        window = self._windows.get(kind)
        suppressed = 0
        if window is None or now - window.started >= self._window_s:
            suppressed = window.suppressed if window else 0
            if len(self._windows) >= self._kinds:
                self._windows.clear()
            window = self._windows[kind] = _Window(now)
        if window.lines >= self._lines:
            window.suppressed += 1
            return None
        window.lines += 1
        return suppressed
