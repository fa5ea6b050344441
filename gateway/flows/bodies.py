"""Bytes that are held, and streams of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from adapters.contract import ByteBody
from gateway.messages import MessageStore, Payload


async def held(chunks: AsyncGenerator[bytes, None]) -> bytes:
    """All bytes of a stream whose size was bounded by whoever opened it. Closes it."""
    data = bytearray()
    try:
        async for chunk in chunks:
            data += chunk
    finally:
        await chunks.aclose()
    return bytes(data)


def whole_body(data: bytes, content_type: str) -> ByteBody:
    """Bytes that are there already, as a body."""

    async def chunks() -> AsyncGenerator[bytes, None]:
        yield data

    return ByteBody(chunks=chunks(), content_type=content_type, size=len(data))


async def stored(store: MessageStore, chunks: AsyncGenerator[bytes, None], inline_bytes: int) -> Payload:
    """A payload of any size: held while it is small, else written to the spool. Closes `chunks`.

    Raises: StoreFull, StoreFailed, and what the stream raises; nothing is kept then.
    """
    held_bytes = bytearray()
    try:
        async for chunk in chunks:
            held_bytes += chunk
            if len(held_bytes) > inline_bytes:
                break
        else:
            return bytes(held_bytes)
        async with store.spool() as writer:
            await writer.write(bytes(held_bytes))
            held_bytes.clear()
            async for chunk in chunks:
                await writer.write(chunk)
            return await writer.finish()
    finally:
        await chunks.aclose()
