"""The moment by which a call must have ended, handed down whole."""

from __future__ import annotations

import time


class Deadline:
    """The moment on the monotonic clock by which a call must have ended.

    Units: seconds. A deadline comes from outside (the caller's time-out) and is handed down whole.
    """

    __slots__ = ("_at",)

    def __init__(self, at: float) -> None:
        self._at = at

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The moment `seconds` from now."""
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds left; 0.0 when the deadline has passed."""
        return max(0.0, self._at - time.monotonic())

    def expired(self) -> bool:
        """True once no time is left."""
        return self.remaining() <= 0.0

    def within(self, seconds: float) -> Deadline:
        """The earlier of this deadline and `seconds` from now."""
        return Deadline(min(self._at, time.monotonic() + seconds))
