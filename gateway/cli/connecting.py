"""Systems connected for the time of one command."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.catalogue import Catalogue
from gateway.config import Configuration


def one_off(configuration: Configuration) -> Catalogue:
    """A catalogue whose connections leave those of a running gateway alone."""
    return Catalogue(configuration, instance=f"cli-{secrets.token_hex(4)}")


@asynccontextmanager
async def connected(catalogue: Catalogue) -> AsyncIterator[None]:
    """The catalogue once every system has been tried, however that ended; closed afterwards.

    A system bounds its own attempt by its `connect_timeout_s`.
    """
    try:
        await catalogue.start()
        await asyncio.gather(*(system.wait_attempted() for system in catalogue.systems.values()))
        yield
    finally:
        await catalogue.aclose()
