from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from gateway.http.reply import Stream


class Source:
    """Parts of a reply, and whether they were closed."""

    def __init__(self) -> None:
        self.closed = False
        self.parts = self._parts()

    async def _parts(self) -> AsyncGenerator[bytes, None]:
        try:
            yield b"1"
            yield b"2"
        finally:
            self.closed = True


async def _doubled(parts: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async for part in parts:
        yield part * 2


async def test_it_passes_on_what_is_made_of_the_parts() -> None:
    source = Source()
    assert [part async for part in Stream(_doubled(source.parts), source.parts)] == [b"11", b"22"]
    assert source.closed


async def test_closing_closes_the_source_of_parts_that_were_never_asked_for() -> None:
    source = Source()
    assert await anext(source.parts) == b"1"
    stream = Stream(_doubled(source.parts), source.parts)
    await stream.aclose()
    assert source.closed
    await stream.aclose()


async def test_what_is_thrown_in_comes_back_and_closes() -> None:
    source = Source()
    stream = Stream(_doubled(source.parts), source.parts)
    assert await anext(stream) == b"11"
    with pytest.raises(LookupError):
        await stream.athrow(LookupError("gone"))
    assert source.closed
