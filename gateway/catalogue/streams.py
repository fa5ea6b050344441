"""A reply's stream under the gateway's care: bounded waits, one clean-up, errors of the contract only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from types import TracebackType
from typing import TypeVar

from adapters.errors import AdapterError, ReadTimeout

T = TypeVar("T")


class GuardedStream(AsyncGenerator[T, None]):
    """Passes items on; `on_end` is called exactly once, with the error that ended the stream, if any.

    A class and not an async generator, because closing a generator that was never started runs none of its
    code, and the slot it holds would be lost.
    Units: seconds for `item_timeout_s`, which bounds the wait for each item; None for no bound.
    Raises: ReadTimeout, and what the inner stream raises.
    """

    def __init__(
        self,
        inner: AsyncGenerator[T, None],
        *,
        item_timeout_s: float | None,
        on_end: Callable[[BaseException | None], None],
    ) -> None:
        self._inner = inner
        self._item_timeout_s = item_timeout_s
        self._on_end: Callable[[BaseException | None], None] | None = on_end

    async def asend(self, value: None) -> T:
        """The next item."""
        try:
            async with asyncio.timeout(self._item_timeout_s):
                return await self._inner.asend(value)
        except StopAsyncIteration:
            self._end(None)
            raise
        except TimeoutError as error:
            late = ReadTimeout("the next part of the reply did not come in time")
            await self._close(late)
            raise late from error
        except BaseException as error:
            await self._close(error)
            raise

    async def athrow(
        self,
        typ: type[BaseException] | BaseException,
        val: BaseException | object = None,
        tb: TracebackType | None = None,
    ) -> T:
        """Close the stream and raise: nothing here catches what is thrown in."""
        error = typ if isinstance(typ, BaseException) else typ()
        await self._close(error)
        raise error

    async def aclose(self) -> None:
        """End the stream. Idempotent."""
        await self._close(None)

    async def _close(self, error: BaseException | None) -> None:
        try:
            await self._inner.aclose()
        except AdapterError:
            pass  # the stream is over either way; its first error has been reported
        finally:
            self._end(error)

    def _end(self, error: BaseException | None) -> None:
        on_end, self._on_end = self._on_end, None
        if on_end is not None:
            on_end(error)

    def __del__(self) -> None:
        # Not closed by whoever took the reply: the slot at least is given back.
        self._end(None)
