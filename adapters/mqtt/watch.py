"""One reader of a channel's messages, with a bounded buffer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from types import TracebackType
from typing import NoReturn

from adapters.contract import Event
from adapters.errors import AdapterError, ConnectionLost, LimitExceeded


class Watch(AsyncGenerator[Event, None]):
    """Events in the order they came, until closed or failed.

    A class rather than an `async def` generator: it must be registered before the first event is asked for,
    and let go even when none ever is; and a cancelled wait for the next event leaves the stream usable.

    A reader slower than the messages gets what its buffer holds, and then `LimitExceeded`: a gap is never
    silent. Units: `max_bytes` counts payloads.
    """

    def __init__(self, max_events: int, max_bytes: int, on_close: Callable[[Watch], None]) -> None:
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._on_close = on_close
        self._events: deque[Event] = deque()
        self._bytes = 0
        self._arrived = asyncio.Event()
        self._failure: AdapterError | None = None
        self._closed = False

    def push(self, event: Event) -> None:
        """Add an event. Once one did not fit, no later one is taken."""
        if self._failure is not None or self._closed:
            return
        if len(self._events) >= self._max_events or self._bytes + len(event.data) > self._max_bytes:
            self.fail(LimitExceeded("this reader is slower than the messages; events after this are missing"))
            return
        self._events.append(event)
        self._bytes += len(event.data)
        self._arrived.set()

    def fail(self, failure: AdapterError) -> None:
        """End the stream with this error after what is buffered."""
        self._failure = self._failure or failure
        self._arrived.set()

    async def asend(self, value: None) -> Event:
        """The next event. Raises: ConnectionLost, LimitExceeded, StopAsyncIteration once closed."""
        while not self._closed:
            if self._events:
                event = self._events.popleft()
                self._bytes -= len(event.data)
                return event
            if self._failure is not None:
                await self.aclose()
                raise self._failure
            self._arrived.clear()
            await self._arrived.wait()
        raise StopAsyncIteration

    async def athrow(
        self,
        kind: type[BaseException] | BaseException,
        value: BaseException | object = None,
        trace: TracebackType | None = None,
    ) -> NoReturn:
        """Close, and raise what was thrown."""
        await self.aclose()
        raise value if isinstance(value, BaseException) else kind

    async def aclose(self) -> None:
        """Stop listening. Idempotent; a reader that waits in another task is let go."""
        if not self._closed:
            self._closed = True
            self._events.clear()
            self._on_close(self)
            self._arrived.set()


def connection_lost(failure: AdapterError | None) -> ConnectionLost:
    """What a watch ends with when its connection does: messages may be missed until the next one."""
    reason = f" ({failure.message})" if failure is not None else ""
    return ConnectionLost(
        f"the connection to the MQTT broker was lost{reason}; messages may have been missed"
    )
