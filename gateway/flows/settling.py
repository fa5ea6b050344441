"""What becomes of a message that cannot go on now."""

from __future__ import annotations

from collections.abc import Awaitable

from gateway.config import RetrySettings
from gateway.flows.failures import Chance, Next, Stopped, wait_s
from gateway.flows.patience import when_there_is_room
from gateway.flows.runner import ATTEMPT
from gateway.messages import Failure, Lease, LeaseLost, Message, MessageStore, StoreError
from gateway.telemetry import get_logger, metrics

_log = get_logger("flows")

STUCK_S = 60.0
"""Seconds after which a message is tried again whose end could not be stored."""


class Settling:
    """Stores how an attempt ended."""

    def __init__(self, store: MessageStore, chance: Chance) -> None:
        self._store = store
        self._chance = chance

    async def settle(self, lease: Lease, stopped: Stopped, settings: RetrySettings) -> None:
        """Store it, and tell; where there is no room, when there is. Raises: LeaseLost, StoreFailed."""
        message, failure = lease.message, stopped.failure
        if stopped.next is Next.RELEASE:
            await when_there_is_room(lambda: self._store.release(lease))
            return
        if stopped.next is Next.HOLD:
            await when_there_is_room(lambda: self._store.hold(lease, failure))
            self._tell(message, stopped, "in_doubt")
        elif stopped.next is Next.WAIT:
            await when_there_is_room(lambda: self._store.retry(lease, failure, stopped.after_s))
            self._tell(message, stopped, "retry")
        elif stopped.next is Next.RETRY and (tries := await self._tries(message)) < settings.attempts:
            wait = wait_s(tries, settings, stopped.after_s, self._chance)
            await when_there_is_room(lambda: self._store.retry(lease, failure, wait))
            self._tell(message, stopped, "retry", wait)
        else:
            await when_there_is_room(lambda: self._store.dead_letter(lease, failure))
            self._tell(message, stopped, "dead")

    async def broken_off(self, lease: Lease) -> None:
        """The gateway did not wait for the message any longer."""
        await self._quietly(lease, self._store.release(lease))

    async def stuck(self, lease: Lease) -> None:
        """How the message ended could not be stored; it is not left as if it ran."""
        failure = Failure("Internal", "the gateway failed while it stored how an attempt ended; see the log")
        await self._quietly(lease, self._store.retry(lease, failure, STUCK_S))

    async def _quietly(self, lease: Lease, change: Awaitable[None]) -> None:
        try:
            await change
        except LeaseLost:
            pass  # it had ended already
        except StoreError as error:
            _log.warning("a message could not be given back", message=lease.message.id, reason=str(error))

    async def _tries(self, message: Message) -> int:
        """Attempts since the message last got further, or since somebody asked for it to be tried again."""
        tries = message.attempts - message.progress.counts.get(ATTEMPT, 1) + 1
        since = 0
        for entry in await self._store.history(message.id):
            if entry.kind == "replayed":
                since = 0
            elif entry.kind == "attempt":
                since += 1
        return min(tries, max(1, since))

    def _tell(self, message: Message, stopped: Stopped, event: str, wait_s: float | None = None) -> None:
        metrics.FLOW_MESSAGES.labels(message.flow, event).inc()
        failure = stopped.failure
        log = _log.info if event == "retry" else _log.warning
        log(
            {"retry": "a message is tried again", "dead": "a message is a dead letter"}.get(
                event, "a message is in doubt"
            ),
            message=message.id,
            flow=message.flow,
            step=failure.step,
            error=failure.error,
            reason=failure.text,
            attempt=message.attempts,
            **({} if wait_s is None else {"wait_s": round(wait_s, 3)}),
        )
