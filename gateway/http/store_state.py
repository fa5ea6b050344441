"""How the message store is, as callers are told: in problems, and by /health/ready."""

from __future__ import annotations

from adapters.errors import Outcome
from gateway.http.problems import (
    INSUFFICIENT_STORAGE,
    MESSAGE_DAMAGED,
    MESSAGE_STATE,
    NOT_FOUND,
    STORE_FAILED,
    TOO_MANY_MESSAGES,
    HttpProblem,
)
from gateway.messages import (
    Damaged,
    Fullness,
    MessageStore,
    NotAllowed,
    StoreError,
    StoreFailed,
    StoreFull,
    UnknownMessage,
)
from gateway.telemetry import get_logger

_log = get_logger("http")

RETRY_AFTER_S = 30
"""What callers are told to wait when nothing can be stored. Units: seconds."""


class StoreState:
    """One store, as callers see it."""

    def __init__(self, store: MessageStore) -> None:
        self._store = store

    async def shown(self) -> str:
        """ok, full or failed: nothing can be stored or read until the gateway is started anew."""
        if self._store.failed:
            return "failed"
        try:
            return "ok" if await self._store.fullness() is Fullness.OK else "full"
        except (StoreError, OSError):
            return "failed"

    async def problem(self, error: StoreError) -> HttpProblem:
        """The problem for what the store could not do. Its own words stay in the log."""
        if isinstance(error, UnknownMessage):
            return HttpProblem(NOT_FOUND, "There is no such message.")
        if isinstance(error, NotAllowed):
            return HttpProblem(MESSAGE_STATE, str(error))
        _log.error("the store refused", error=type(error).__name__, reason=str(error))
        if isinstance(error, StoreFull):
            return await self._full()
        if isinstance(error, Damaged):
            return HttpProblem(MESSAGE_DAMAGED, "What is stored of the message is not what was written.")
        detail = "The message store has failed; the gateway stops and is started anew."
        return HttpProblem(STORE_FAILED, detail, headers={"Retry-After": str(RETRY_AFTER_S)})

    async def _full(self) -> HttpProblem:
        try:
            by_count = await self._store.fullness() is Fullness.MESSAGES
        except (StoreFailed, OSError):
            by_count = False
        return HttpProblem(
            TOO_MANY_MESSAGES if by_count else INSUFFICIENT_STORAGE,
            "As many messages wait as may." if by_count else "The disk of the message store is full.",
            outcome=Outcome.NOT_SENT,
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )
