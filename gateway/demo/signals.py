"""How the demo's own servers end: on SIGTERM, SIGINT, or when whoever started them is gone."""

from __future__ import annotations

import asyncio
import signal


async def until_stopped() -> None:
    """Return on SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    await stopped.wait()
