"""Watches how late the event loop runs: the first thing to look at when everything is slow at once."""

from __future__ import annotations

import asyncio

from gateway.telemetry.logs import get_logger
from gateway.telemetry.metrics import LOOP_LAG_SECONDS

INTERVAL_S = 0.5
WARN_AFTER_S = 0.25

_log = get_logger("loop")


async def watch() -> None:
    """Measure until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        before = loop.time()
        await asyncio.sleep(INTERVAL_S)
        lag = max(0.0, loop.time() - before - INTERVAL_S)
        LOOP_LAG_SECONDS.observe(lag)
        if lag > WARN_AFTER_S:
            _log.warning("the event loop was held up", seconds=round(lag, 3))
