"""Compressed data on its way through the gateway: a portion at a time, however much is in it."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import AsyncGenerator

import pytest

from gateway.catalogue.codec import (
    TooManyRecords,
    UnreadableReply,
    UnreadableRequest,
    encode_value,
    message_value,
    ndjson_of,
    records_of,
)
from mappings import json
from mappings.contract import Context, MappingError
from mappings.formats import built_in
from tests.unit.mappings.compression.archives import ORDERS, RECORDS, defined, zipped

GZIP = defined("gzip")
_LINES = b"".join(map(json.encode_line, RECORDS))


async def _pieces(data: bytes, size: int) -> AsyncGenerator[bytes, None]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


@pytest.mark.parametrize("size", [1, 1 << 20])
async def test_a_reply_is_the_records_that_are_inside(size: int) -> None:
    for format_, data in ((GZIP, gzip.compress(ORDERS)), (defined("zip"), zipped({"a": ORDERS}))):
        assert b"".join([block async for block in ndjson_of(_pieces(data, size), format_)]) == _LINES


async def test_a_reply_with_very_much_inside_comes_in_blocks_in_little_memory() -> None:
    row = b"a screw that is called so " * 40 + b",1\r\n"
    data = gzip.compress(b"item,quantity\r\n" + row * 17_000)
    assert len(data) < 64 * 1024
    format_ = defined({"type": "gzip", "max_ratio": 2000})
    count = 0
    tracemalloc.start()
    try:
        async for block in ndjson_of(_pieces(data, 1 << 20), format_):
            count += block.count(b"\n")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 17_000
    assert peak < 24 << 20


async def test_what_is_damaged_is_an_unreadable_reply() -> None:
    damaged = gzip.compress(ORDERS)[:-1] + b"x"
    with pytest.raises(UnreadableReply) as caught:
        [block async for block in ndjson_of(_pieces(damaged, 100), GZIP)]
    assert [error.rule for error in caught.value.errors] == ["gzip-size"]


async def test_a_reply_that_is_compressed_and_not_said_to_be_names_the_key() -> None:
    csv = built_in("csv")
    assert csv is not None
    with pytest.raises(UnreadableReply) as caught:
        [block async for block in ndjson_of(_pieces(gzip.compress(ORDERS), 100), csv)]
    assert "compression: gzip" in str(caught.value.errors[0])


async def test_a_request_is_the_records_that_are_inside_up_to_its_limits() -> None:
    assert await records_of(gzip.compress(ORDERS), GZIP, 300) == RECORDS
    with pytest.raises(TooManyRecords):
        await records_of(gzip.compress(ORDERS), GZIP, 299)
    with pytest.raises(UnreadableRequest):
        await records_of(ORDERS, GZIP, 300)


async def test_what_is_held_whole_is_bounded_whatever_the_definition_allows() -> None:
    bomb = gzip.compress(b"item,quantity\r\n" + b"x" * (65 << 20), 9)
    format_ = defined({"type": "gzip", "max_ratio": 100_000})
    with pytest.raises(MappingError) as caught:
        message_value(bomb, format_)
    assert caught.value.rule in ("compression-bytes", "record-length")
    with pytest.raises(UnreadableRequest):
        await records_of(bomb, format_, 10)


async def test_a_value_is_written_compressed() -> None:
    data = await encode_value(list(RECORDS), GZIP, Context())
    assert gzip.decompress(data) == ORDERS
    assert message_value(data, GZIP) == RECORDS
