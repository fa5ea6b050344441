"""Notices that the wall clock was moved, so that nothing is removed by its age that is not old."""

from __future__ import annotations

import time
from collections.abc import Callable

from gateway.telemetry.logs import get_logger

MOVED_S = 3600.0
"""Seconds by which it differs then from what has passed by the clock that nobody moves."""
BELIEVED_AFTER_S = 24 * 3600.0
"""Seconds after which it is believed where it was moved to: time to notice, and to put it right."""

_log = get_logger("clock")


def _since_boot() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class WallClock:
    """Compares the clock of the machine with the time that has passed. Units: seconds."""

    def __init__(
        self, wall: Callable[[], float] = time.time, passed: Callable[[], float] = _since_boot
    ) -> None:
        self._wall = wall
        self._passed = passed
        self._offset = wall() - passed()
        self._moved: tuple[float, float] | None = None

    def is_trusted(self) -> bool:
        """False for a day after it was moved, unless it is moved back before."""
        passed = self._passed()
        offset = self._wall() - passed
        if abs(offset - self._offset) < MOVED_S:
            self._offset, self._moved = offset, None
            return True
        if self._moved is None or abs(offset - self._moved[0]) >= MOVED_S:
            self._moved = offset, passed
            _log.warning("the clock was moved", seconds=round(offset - self._offset))
        if passed - self._moved[1] < BELIEVED_AFTER_S:
            return False
        self._offset, self._moved = offset, None
        return True
