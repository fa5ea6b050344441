"""Keeps the garbage collector away from what lasts as long as the configuration."""

from __future__ import annotations

import asyncio
import gc

from gateway.catalogue import Catalogue

SETTLE_S = 1.0
"""Seconds without news from any system after which what there is counts as lasting."""


class Freezer:
    """Freezes what the gateway is made of, once it is there.

    A full collection visits every object: with large contracts compiled these are so many that it holds the
    event loop for up to 90 ms, and under load there is one every few seconds. What has been frozen is not
    visited. It is thawed and looked at once more whenever something lasting may have been replaced, so that
    an old configuration does not stay in memory.
    """

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, catalogue: Catalogue) -> None:
        """Freeze soon, and again soon after a system of this catalogue has described itself anew."""
        catalogue.on_change(self._soon)
        self._soon()

    def close(self) -> None:
        """Freeze nothing any more. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()

    def _soon(self) -> None:
        self.close()
        self._timer = asyncio.get_running_loop().call_later(SETTLE_S, freeze)


def freeze() -> None:
    """Collect all garbage, and leave the rest out of later collections."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
