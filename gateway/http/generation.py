"""All that comes of one configuration: what requests are answered from until a reload replaces it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gateway.catalogue import Catalogue
from gateway.http.acceptor import Acceptor
from gateway.http.facade import Facade
from gateway.http.openapi import OpenApi
from gateway.http.surfaces import Surfaces
from gateway.http.under_way import UnderWay
from gateway.messages import MessageStore
from gateway.security import KeyStore


class Generation:
    """Made of one catalogue, and made anew of it when a system has described itself anew."""

    def __init__(
        self,
        catalogue: Catalogue,
        keys: KeyStore,
        store: MessageStore,
        engine: Acceptor,
        under_way: UnderWay,
        stopping: Callable[[], bool],
    ) -> None:
        self.catalogue = catalogue
        self.facade = Facade(catalogue, keys, store, engine, under_way)
        self.openapi = OpenApi(catalogue.configuration, catalogue)
        self.surfaces = Surfaces(catalogue, keys, self.openapi, store, engine, stopping)
        self._refresh: asyncio.Task[None] | None = None
        catalogue.on_change(self._described_anew)

    async def aclose(self) -> None:
        """End what runs in the background. Idempotent."""
        if self._refresh is not None:
            self._refresh.cancel()
            await asyncio.gather(self._refresh, return_exceptions=True)

    def _described_anew(self) -> None:
        self.facade.compile()
        if self._refresh is not None:
            self._refresh.cancel()
        self._refresh = asyncio.create_task(self.openapi.refresh())
