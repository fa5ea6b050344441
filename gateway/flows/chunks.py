"""A payload to records, a block at a time: memory holds one block and its records, whatever a file's size."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from typing import TypeVar

from gateway.flows.items import Bad, Item, Seen
from gateway.flows.program import Reading
from mappings import json
from mappings.compression import CompressedDecoder, decoder_for, last_portions, portions
from mappings.contract import Context, Decoder, MappingError, Record
from mappings.transform.streams import Run

T = TypeVar("T")

BLOCK_BYTES = 64 * 1024
"""Payloads are decoded in blocks of this size, counted from their beginning, so that the same payload always
falls into the same chunks, whatever pieces the store gives it in."""
OFF_LOOP_BYTES = 8 * 1024
"""Blocks larger than this are decoded in a thread."""
MAX_SINGLE_BYTES = 16 * 2**20
"""Bytes of a payload that is one JSON value and is held whole."""
MANY = 1000
"""Records of compressed data that are decoded at once, or more where one piece has them."""
MAX_BLOCKS = 64
"""Blocks that the records of one chunk may come from: large records make small chunks."""


async def seen(
    payload: AsyncGenerator[bytes, None], reading: Reading, context: Context
) -> AsyncGenerator[Sequence[Seen], None]:
    """What a flow sees of a payload, block by block; there may be nothing in a block. Closes `payload`.

    Raises: what `payload` raises.
    """
    try:
        if reading.format is None:
            yield [Item(1, 1, None, None)]
        elif reading.single:
            yield _parts(await _single(payload), reading)
        else:
            try:
                decoding = _Decoding(reading, context)
            except MappingError as error:  # such as records that are longer than any may be
                yield [Bad(1, 1, error, lost=True)]
                return
            async for block in blocks_of(payload):
                decoding.take(block)
                while not decoding.is_done:
                    yield await _apart(lambda _: decoding.some(), block)
                if decoding.lost:
                    return
            yield decoding.finish()
    finally:
        await payload.aclose()


async def chunks(
    blocks: AsyncGenerator[Sequence[Seen], None], size: int, skip: int
) -> AsyncGenerator[Sequence[Seen], None]:
    """The records in chunks of `size`, without the first `skip`. Closes `blocks`.

    The chunks are the same each time as long as `skip` is at the end of one.
    """
    waiting: list[Seen] = []
    age = 0
    try:
        async for found in blocks:
            for one in found:
                if one.number > skip:
                    waiting.append(one)
                if len(waiting) == size:
                    yield waiting
                    waiting, age = [], 0
            age = age + 1 if waiting else 0
            if age >= MAX_BLOCKS:
                yield waiting
                waiting, age = [], 0
        if waiting:
            yield waiting
    finally:
        await blocks.aclose()


class _Decoding:
    """Numbers what the decoder finds. Not for several threads at once."""

    def __init__(self, reading: Reading, context: Context) -> None:
        assert reading.format is not None
        self._decoder: Decoder = decoder_for(reading.format, context)
        self._detail = reading.format.details()
        self._split = reading.split.run() if reading.split is not None else None
        self._count = self._records = 0
        self._portions: Iterator[Sequence[Record | MappingError]] = iter(())
        self.is_done = True
        """Whether all is given of the blocks that were taken."""
        self.lost = False

    def take(self, block: bytes) -> None:
        """The next block; `some` has what is complete with it."""
        self._portions = portions(self._decoder, block)
        self.is_done = False

    def finish(self) -> Sequence[Seen]:
        """What the end completes."""
        self._portions = last_portions(self._decoder, b"")
        return self.some()

    def some(self) -> Sequence[Seen]:
        """What there is; of compressed data, of which a block may have very much, not much more than MANY."""
        found: list[Seen] = []
        try:
            for results in self._portions:
                found += [one for result in results for one in self._seen(result)]
                if len(found) >= MANY and isinstance(self._decoder, CompressedDecoder):
                    return found
            self.is_done = True
        except MappingError as error:
            self.lost = self.is_done = True
            self._count += 1
            self._records += 1
            found.append(Bad(self._count, self._records, error, lost=True))
        return found

    def _seen(self, result: Record | MappingError) -> Sequence[Seen]:
        """What a flow sees of one result: itself, its parts, or nothing."""
        self._records += 1
        # A format's details are told of everything, so that they know which header is whose.
        record = self._detail(result)
        if isinstance(result, MappingError):
            self._count += 1
            return (Bad(self._count, self._records, result),)
        if record is None and result is not None:
            return ()
        if self._split is None:
            self._count += 1
            return (Item(self._count, self._records, record, record),)
        parts = split_of(self._split, record, self._records, self._count)
        self._count += len(parts)
        return parts


def split_of(split: Run, record: Record, number: int, seen_before: int) -> Sequence[Seen]:
    """The parts of a record. One that cannot be made is bad, and has the record as it is read, in JSON."""
    found: list[Seen] = []
    for at, part in enumerate(split.feed(record, number), seen_before + 1):
        if isinstance(part, MappingError):
            part.raw = json.encode(record)
            found.append(Bad(at, number, part))
        else:
            found.append(Item(at, number, part, part))
    return found


def _parts(one: Seen, reading: Reading) -> Sequence[Seen]:
    if reading.split is None or isinstance(one, Bad):
        return (one,)
    return split_of(reading.split.run(), one.value, one.record, 0)


async def _single(payload: AsyncGenerator[bytes, None]) -> Seen:
    data = bytearray()
    async for chunk in payload:
        data += chunk
        if len(data) > MAX_SINGLE_BYTES:
            text = f"the message is larger than {MAX_SINGLE_BYTES} bytes"
            return Bad(1, 1, MappingError(text, rule="size"))
    try:
        value = await _apart(json.decode, bytes(data))
    except MappingError as error:
        return Bad(1, 1, error)
    return Item(1, 1, value, value)


async def blocks_of(payload: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """A payload in blocks that are the same each time. Raises: what `payload` raises."""
    waiting = bytearray()
    async for chunk in payload:
        waiting += chunk
        while len(waiting) >= BLOCK_BYTES:
            yield bytes(waiting[:BLOCK_BYTES])
            del waiting[:BLOCK_BYTES]
    if waiting:
        yield bytes(waiting)


async def _apart(read: Callable[[bytes], T], block: bytes) -> T:
    """Decode in a thread where it takes long."""
    return await asyncio.to_thread(read, block) if len(block) > OFF_LOOP_BYTES else read(block)
