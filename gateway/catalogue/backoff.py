"""How long to wait before the next attempt."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """Doubling waits with full jitter. Units: seconds.

    Full jitter: many gateways that lost the same system must not come back in step.
    Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """

    first_s: float = 0.25
    max_s: float = 3.0
    _ceiling_s: float = 0.0

    def next(self) -> float:
        """The wait before the next attempt; longer each time, on average."""
        self._ceiling_s = min(self.max_s, self._ceiling_s * 2 or self.first_s)
        # Chance spreads load here; it guards nothing.
        return random.uniform(self._ceiling_s / 4, self._ceiling_s)  # noqa: S311

    def reset(self) -> None:
        """Start over after a success."""
        self._ceiling_s = 0.0
