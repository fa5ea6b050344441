"""Files that are compressed, as flows see them."""

from __future__ import annotations

import gzip
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime

from gateway.flows import chunks
from gateway.flows.items import Bad, Item, Seen
from gateway.flows.program import Reading
from mappings.contract import Context
from tests.unit.mappings.compression.archives import ORDERS, RECORDS, defined, zipped

CONTEXT = Context(now=datetime(2026, 11, 23, tzinfo=UTC))


async def _payload(data: bytes) -> AsyncGenerator[bytes, None]:
    for at in range(0, len(data), 1000):
        yield data[at : at + 1000]


async def _seen(reading: Reading, data: bytes) -> list[Sequence[Seen]]:
    return [found async for found in chunks.seen(_payload(data), reading, CONTEXT)]


async def test_records_are_seen_in_portions_and_numbered_through() -> None:
    rows = b"bolt,1\r\n" * 30_000
    found = await _seen(Reading(defined("gzip")), gzip.compress(ORDERS + rows))
    items = [one for some in found for one in some]
    assert [one.number for one in items] == list(range(1, 30_301))
    assert [one.value for one in items[:300] if isinstance(one, Item)] == RECORDS
    assert max(map(len, found)) < 29_000
    parts = [
        part
        async for part in chunks.chunks(
            chunks.seen(_payload(gzip.compress(ORDERS + rows)), Reading(defined("gzip")), CONTEXT), 100, 0
        )
    ]
    assert {len(part) for part in parts[:-1]} == {100}


async def test_a_file_that_is_damaged_at_its_end_is_lost_behind_its_records() -> None:
    data = zipped({"orders.csv": ORDERS})
    for damaged in (data[:-1], data + b"x"):
        (*items, last) = [one for some in await _seen(Reading(defined("zip")), damaged) for one in some]
        assert len(items) == 300
        assert isinstance(last, Bad)
        assert last.lost
        assert last.error.rule in ("zip-truncated", "zip-trailing")


async def test_a_file_that_is_compressed_and_not_said_to_be_names_the_key() -> None:
    (one,) = [one for some in await _seen(Reading(defined(None)), gzip.compress(ORDERS)) for one in some]
    assert isinstance(one, Bad)
    assert one.lost
    assert "compression: gzip" in str(one.error)
