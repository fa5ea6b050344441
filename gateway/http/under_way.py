"""What is under way, by the system that it calls: requests, and writes that outlive theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine
from typing import Any, TypeVar

from adapters.errors import OutcomeUnknown
from gateway.catalogue import System
from gateway.http.exchange import Exchange
from gateway.telemetry import get_logger

_log = get_logger("facade")
T = TypeVar("T")


class UnderWay:
    """Knows everything that a system must not be closed before.

    `systems`, in its methods, are the systems that are about to be closed; None when everything is.
    """

    def __init__(self) -> None:
        self._requests: set[Exchange] = set()
        self._writes: dict[asyncio.Task[Any], System | None] = {}
        self._less = asyncio.Event()

    def begin(self, exchange: Exchange) -> None:
        """A request is being answered. Each is paired with one `end`."""
        self._requests.add(exchange)

    def end(self, exchange: Exchange) -> None:
        """A request has been answered."""
        self._requests.discard(exchange)
        self._less.set()

    async def finished(self, write: Coroutine[Any, Any, T], system: System | None) -> T:
        """A write goes on when its caller leaves: half a write is worse than one that nobody waits for.

        Raises: OutcomeUnknown when its system was closed before it ended.
        """
        task = asyncio.create_task(write)
        self._writes[task] = system
        task.add_done_callback(self._written)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if system is not None and task.cancelled() and not (caller and caller.cancelling()):
                raise OutcomeUnknown(f"the connection to {system.name} was closed") from None
            task.add_done_callback(_report_abandoned)
            raise

    def end_streams(self, systems: Collection[System] | None = None) -> None:
        """End the endless answers."""
        for exchange in self._requests:
            if _concerns(systems, exchange.system):
                exchange.ending.set()

    async def drain(self, systems: Collection[System] | None = None) -> None:
        """End the endless answers, and wait for the other requests and for the writes."""
        self.end_streams(systems)
        while pending := self._which(systems):
            # Requests that came later are not looked at each time: they concern what stays.
            while pending := [one for one in pending if one in self._requests or one in self._writes]:
                self._less.clear()
                await self._less.wait()

    async def aclose(self, systems: Collection[System] | None = None) -> None:
        """Cancel the writes that did not end in time."""
        tasks = [task for task, system in self._writes.items() if _concerns(systems, system)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _which(self, systems: Collection[System] | None) -> list[Exchange | asyncio.Task[Any]]:
        return [
            *(exchange for exchange in self._requests if _concerns(systems, exchange.system)),
            *(task for task, system in self._writes.items() if _concerns(systems, system)),
        ]

    def _written(self, task: asyncio.Task[Any]) -> None:
        del self._writes[task]
        self._less.set()


def _concerns(systems: Collection[System] | None, system: System | None) -> bool:
    return systems is None or system in systems


def _report_abandoned(task: asyncio.Task[Any]) -> None:
    if task.cancelled():
        return
    error = task.exception()
    _log.info("a write ended after its caller had left", error=type(error).__name__ if error else None)
