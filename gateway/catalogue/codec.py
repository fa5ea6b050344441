"""Bytes of a legacy system to JSON records and back, by the format of the port.

Small data is decoded where it is; more than 64 KiB goes to a thread, so that no request waits for another's
file. These threads are few: records are decoded by blocks, so that large bodies take turns, and one that
nobody waits for any more ends at its next block.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias, TypeGuard, TypeVar

from adapters.errors import BadReply, LimitExceeded
from mappings import json
from mappings.blocks import block_decoder
from mappings.compression import CompressedDecoder, decoder_for, last_portions, portions
from mappings.contract import BlockDecoder, Context, Decoder, Format, JsonValue, MappingError, Record
from mappings.json import JsonFormat

OFF_LOOP_BYTES = 64 * 1024
"""More data than this is decoded in a thread. Units: bytes."""
_BLOCK = 128 * 1024
_LINES = 2 << 20
"""Bytes of NDJSON that are made in one go at least, where a little data gives much."""
_MAX_ERRORS = 100
_MAX_WHOLE_BYTES = 64 << 20
"""Bytes that may come out of compressed data of which everything is held. What is not compressed is as large
as it came, and that is bounded where it comes in."""

# Python runs one of them at a time: more would only hold more at once.
_BLOCKS = ThreadPoolExecutor(2, "decode-block")
_WHOLE = ThreadPoolExecutor(2, "decode-whole")

T = TypeVar("T")
_Portions: TypeAlias = "Iterator[Sequence[Record | bytes | MappingError]]"


class UnreadableReply(BadReply):
    """The peer's bytes break the rules of their format; `errors` say where."""

    def __init__(self, message: str, errors: Sequence[MappingError]) -> None:
        super().__init__(message)
        self.errors = tuple(errors)


class UnreadableRequest(ValueError):
    """The caller's bytes break the rules of the format; `errors` say where."""

    def __init__(self, errors: Sequence[MappingError]) -> None:
        super().__init__("the body breaks the rules of its format")
        self.errors = tuple(errors)


class TooManyRecords(ValueError):
    """The caller's bytes hold more records than they may."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body has more than {limit} records")
        self.limit = limit


class NotWanted(Exception):
    """Nobody waits any more for what is being decoded."""


def is_json(format_: Format) -> TypeGuard[JsonFormat]:
    """True when the data is one JSON value itself, so that it passes as that value and not as records."""
    return isinstance(format_, JsonFormat)


async def decode_json(data: bytes) -> JsonValue:
    """Read one JSON text, in a thread when it is large. Raises: MappingError."""
    if len(data) > OFF_LOOP_BYTES:
        return await _run(_WHOLE, lambda: json.decode(data))
    return json.decode(data)


async def value_of(data: bytes, format_: JsonFormat) -> JsonValue:
    """The JSON value that a reply's bytes are. Raises: UnreadableReply."""
    try:
        if len(data) > OFF_LOOP_BYTES:
            return await _run(_WHOLE, lambda: format_.value(data))
        return format_.value(data)
    except MappingError as error:
        raise UnreadableReply("the data breaks the rules of its format", [error]) from error


def message_value(data: bytes, format_: Format) -> JsonValue:
    """The JSON value that one message is: what a JSON format's data is, for others the list of its records.

    Raises: MappingError.
    """
    if is_json(format_):
        return format_.value(data)
    decoder = decoder_for(format_, _context(), most_bytes=_MAX_WHOLE_BYTES)
    found: list[JsonValue] = []
    for results in last_portions(decoder, data):
        for result in results:
            if isinstance(result, MappingError):
                raise result
            found.append(result)
    return found


async def records_of(data: bytes, format_: Format, max_records: int) -> list[Record]:
    """All records of a request's bytes. Raises: UnreadableRequest, TooManyRecords."""
    good: list[Record] = []
    await _decoded(data, format_, max_records, good.append, lambda: True, _MAX_WHOLE_BYTES)
    return good


async def check_records(
    data: bytes, format_: Format, max_records: int, is_wanted: Callable[[], bool]
) -> None:
    """Look whether a request's bytes are records; none is kept. `is_wanted` is asked between two blocks.

    Raises: UnreadableRequest, TooManyRecords, NotWanted.
    """
    await _decoded(data, format_, max_records, lambda record: None, is_wanted)


async def _decoded(
    data: bytes,
    format_: Format,
    max_records: int,
    take: Callable[[Record], None],
    is_wanted: Callable[[], bool],
    most_bytes: int | None = None,
) -> None:
    decoder = _decoder_of_request(format_, most_bytes)
    bad: list[MappingError] = []
    count = 0

    def look(at: int) -> None:
        nonlocal count
        block = data[at : at + OFF_LOOP_BYTES]
        for found in portions(decoder, block) if at < len(data) else (decoder.finish()[0],):
            count += len(found)
            _sort(found, take, bad.append)
            if count > max_records or len(bad) >= _MAX_ERRORS:
                return

    try:
        for at in (*range(0, len(data), OFF_LOOP_BYTES), len(data)):
            if len(data) > OFF_LOOP_BYTES:
                await _run(_BLOCKS, partial(look, at))
            else:
                look(at)
            if count > max_records:
                raise TooManyRecords(max_records)
            if len(bad) >= _MAX_ERRORS:
                break
            if not is_wanted():
                raise NotWanted
    except MappingError as lost:
        bad.append(lost)
    if bad:
        raise UnreadableRequest(bad[:_MAX_ERRORS])


def _sort(
    found: Sequence[Record | MappingError],
    take: Callable[[Record], None],
    refuse: Callable[[MappingError], None],
) -> None:
    for result in found:
        if isinstance(result, MappingError):
            refuse(result)
        else:
            take(result)


def _context() -> Context:
    return Context(now=datetime.now(UTC))


def _decoder_of_request(format_: Format, most_bytes: int | None) -> Decoder:
    """Raises: UnreadableRequest where the format can read nothing, such as records longer than any may be."""
    try:
        return decoder_for(format_, _context(), most_bytes=most_bytes)
    except MappingError as error:
        raise UnreadableRequest([error]) from error


async def _run(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(threads, work)


async def encode_value(value: JsonValue, format_: Format, context: Context) -> bytes:
    """The bytes of a request's value: itself where the format is JSON, else the one record or the list of
    records that it is. Raises: MappingError naming record and field, and what the context's functions
    raise."""

    def write() -> bytes:
        if is_json(format_):
            return json.encode(value)
        encoder = format_.encoder(context)
        return encoder.encode(records) + encoder.finish()

    records = value if isinstance(value, list) else [value]
    return await asyncio.to_thread(write) if len(records) > 100 else write()


def _decoder_of_reply(format_: Format) -> Decoder | BlockDecoder:
    """Raises: UnreadableReply where the format can read nothing, such as records longer than any may be."""
    try:
        return decoder_for(format_, _context())
    except MappingError as error:
        raise UnreadableReply("the data cannot be read by its format", [error]) from error


async def ndjson_of(chunks: AsyncGenerator[bytes, None], format_: Format) -> AsyncGenerator[bytes, None]:
    """The records in a reply's bytes, as blocks of NDJSON. Closes `chunks`.

    The first block is not given before 128 KiB or the end have been decoded, so that a bad record in a file
    of usual size is still an error and not a broken stream.
    Raises: UnreadableReply, and what `chunks` raises.
    """
    waiting = bytearray()
    first = True
    try:
        decoder = _decoder_of_reply(format_)
        async for chunk in chunks:
            waiting += chunk
            if len(waiting) >= _BLOCK:
                if first:
                    # Flat files go in columns; the libraries for them are loaded by the first large one.
                    decoder = await asyncio.to_thread(block_decoder, format_, _context()) or decoder
                data, first = bytes(waiting), False
                waiting.clear()
                async for block in _blocks(portions(decoder, data)):
                    yield block
        data = bytes(waiting)
        is_small = first and len(data) <= OFF_LOOP_BYTES and not isinstance(decoder, CompressedDecoder)
        async for block in _blocks(last_portions(decoder, data), is_small=is_small):
            yield block
    finally:
        await chunks.aclose()


async def whole(chunks: AsyncGenerator[bytes, None], max_bytes: int) -> bytes:
    """A reply's bytes held whole. Closes `chunks`.

    Raises: LimitExceeded, and what `chunks` raises.
    """
    data = bytearray()
    try:
        async for chunk in chunks:
            data += chunk
            if len(data) > max_bytes:
                raise LimitExceeded(f"the reply is larger than {max_bytes} bytes")
    finally:
        await chunks.aclose()
    return bytes(data)


async def _blocks(found: _Portions, *, is_small: bool = False) -> AsyncGenerator[bytes, None]:
    """Lines of NDJSON, worked out in a thread where it may take long. Raises: UnreadableReply."""
    has_more = True
    while has_more:
        block, has_more = _lines(found) if is_small else await asyncio.to_thread(_lines, found)
        if block:
            yield block


def _lines(found: _Portions) -> tuple[bytes, bool]:
    """Lines, enough for a block, and whether there may be more. Raises: UnreadableReply."""
    lines, size = [], 0
    try:
        for results in found:
            lines.append(_encoded(results))
            size += len(lines[-1])
            if size >= _LINES:
                return b"".join(lines), True
    except MappingError as lost:
        raise UnreadableReply("the data breaks the rules of its format", [lost]) from lost
    return b"".join(lines), False


def _encoded(results: Sequence[Record | bytes | MappingError]) -> bytes:
    """The lines of records, of which bytes are some already. Raises: UnreadableReply."""
    bad = [result for result in results if isinstance(result, MappingError)]
    if bad:
        raise UnreadableReply("the data breaks the rules of its format", bad[:_MAX_ERRORS])
    return b"".join(
        result if isinstance(result, bytes) else json.encode_line(result)
        for result in results
        if not isinstance(result, MappingError)
    )
