"""Saying in the log what is wrong with a folder, without saying it at every look."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

_AGAIN_S = 600.0


class Sayings:
    """One text for each kind of trouble: written when it is new or different, and again after ten minutes."""

    def __init__(self, log: logging.Logger, about: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._about = about
        self._clock = clock
        self._said: dict[str, tuple[str, float]] = {}

    def __call__(self, kind: str, text: str | None) -> None:
        """Say it, if it needs saying; None: there is no such trouble any more."""
        if text is None:
            self._said.pop(kind, None)
            return
        now = self._clock()
        said = self._said.get(kind)
        if said is None or said[0] != text or now - said[1] >= _AGAIN_S:
            self._said[kind] = (text, now)
            self._log.warning("%s: %s", self._about, text)
