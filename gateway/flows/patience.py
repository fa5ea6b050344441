"""Waiting: for room on the disk, for what may not be forgotten meanwhile; for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway.messages import StoreFull
from gateway.telemetry import get_logger

_log = get_logger("flows")

FULL_WAIT_S = 2.0
"""Seconds between two attempts while the store is full."""
T = TypeVar("T")


async def when_there_is_room(change: Callable[[], Awaitable[T]]) -> T:
    """Make a change of the store, again and again while it is full: what a call answered is known here only
    until it is stored. Raises: what the store raises but for StoreFull."""
    told = False
    while True:
        try:
            return await change()
        except StoreFull as error:
            if not told:
                _log.warning("nothing can be stored now; what runs waits", reason=str(error))
                told = True
        await asyncio.sleep(FULL_WAIT_S)


async def pause(ended: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until something has ended."""
    try:
        async with asyncio.timeout(seconds):
            await ended.wait()
    except TimeoutError:
        pass
