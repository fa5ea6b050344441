"""Systems connected for the time of one command."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.catalogue import Catalogue

_POLL_S = 0.02


@asynccontextmanager
async def connected(catalogue: Catalogue) -> AsyncIterator[None]:
    """The catalogue once every system has been tried, however that ended; closed afterwards.

    A system bounds its own attempt by its `connect_timeout_s`.
    """
    try:
        await catalogue.start()
        # A system says that it has been tried, and has nothing to wait for.
        while not all(system.attempted for system in catalogue.systems.values()):  # noqa: ASYNC110
            await asyncio.sleep(_POLL_S)
        yield
    finally:
        await catalogue.aclose()
