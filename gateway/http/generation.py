"""All that comes of one configuration: what requests are answered from until a reload replaces it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gateway.catalogue import Catalogue
from gateway.http.acceptor import Acceptor
from gateway.http.facade import Facade
from gateway.http.openapi import OpenApi
from gateway.http.surfaces import Surfaces
from gateway.messages import MessageStore
from gateway.security import KeyStore


class Generation:
    """Counts the requests that it answers, so that it can be closed when the last has ended.

    `ending` is set when no endless answer is to go on: the gateway stops, or a newer generation is there.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        keys: KeyStore,
        store: MessageStore,
        engine: Acceptor,
        stopping: Callable[[], bool],
    ) -> None:
        self.catalogue = catalogue
        self.facade = Facade(catalogue, keys, store, engine)
        self.openapi = OpenApi(catalogue.configuration, catalogue)
        self.surfaces = Surfaces(catalogue, keys, self.openapi, store, stopping)
        self.ending = asyncio.Event()
        self._requests = 0
        self._unused = asyncio.Event()
        self._unused.set()
        self._refresh: asyncio.Task[None] | None = None
        catalogue.on_change(self._described_anew)

    def begin(self) -> None:
        """A request is answered from here."""
        self._requests += 1
        self._unused.clear()

    def end(self) -> None:
        """A request has been answered."""
        self._requests -= 1
        if not self._requests:
            self._unused.set()

    async def drain(self) -> None:
        """Wait for the requests that are under way, and the writes that outlive theirs."""
        self.ending.set()
        await self._unused.wait()
        await self.facade.calls.drain()

    async def aclose(self) -> None:
        """End what runs in the background. Idempotent."""
        await self.facade.calls.aclose()
        if self._refresh is not None:
            self._refresh.cancel()
            await asyncio.gather(self._refresh, return_exceptions=True)

    def _described_anew(self) -> None:
        self.facade.compile()
        if self._refresh is not None:
            self._refresh.cancel()
        self._refresh = asyncio.create_task(self.openapi.refresh())
