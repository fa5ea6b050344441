from __future__ import annotations

import sys
import threading
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from pydantic import TypeAdapter

from adapters.errors import ConnectionLost, LimitExceeded
from gateway.catalogue.codec import (
    OFF_LOOP_BYTES,
    NotWanted,
    TooManyRecords,
    UnreadableReply,
    UnreadableRequest,
    check_records,
    encode_value,
    ndjson_of,
    records_of,
    whole,
)
from mappings.contract import Context, Decoder, Format, JsonValue, MappingError, Record
from mappings.formats import FormatDefinition, build, built_in

CSV = built_in("csv")
assert CSV is not None


async def _chunks(*parts: bytes | Exception) -> AsyncGenerator[bytes, None]:
    for part in parts:
        if isinstance(part, Exception):
            raise part
        yield part


async def test_cut_at_every_byte() -> None:
    assert CSV is not None
    data = b'a,b\r\n1,"x\r\ny"\r\n2,\r\n'
    for cut in range(len(data) + 1):
        blocks = [block async for block in ndjson_of(_chunks(data[:cut], data[cut:]), CSV)]
        assert b"".join(blocks) == b'{"a":"1","b":"x\\r\\ny"}\n{"a":"2","b":""}\n'


async def test_bad_records_and_lost_connections() -> None:
    assert CSV is not None
    with pytest.raises(UnreadableReply) as caught:
        [block async for block in ndjson_of(_chunks(b"a,b\n1,2\n3\n"), CSV)]
    assert caught.value.errors[0].place.record == 2
    with pytest.raises(ConnectionLost):
        [block async for block in ndjson_of(_chunks(b"a,b\n", ConnectionLost("x")), CSV)]
    with pytest.raises(UnreadableRequest):
        await records_of(b"a,b\n1,2,3\n", CSV, 10)


async def test_a_format_that_can_read_nothing_is_told_of_as_bad_data_is() -> None:
    """Its records are longer than any may be."""
    copybook = "       01 R.\n          05 G OCCURS 30000.\n             10 A PIC X(100).\n"
    definition = {"format": "copybook", "encoding": "us-ascii", "copybook": copybook}
    long = build(TypeAdapter[FormatDefinition](FormatDefinition).validate_python(definition))
    with pytest.raises(UnreadableReply):
        [block async for block in ndjson_of(_chunks(b"x"), long)]
    with pytest.raises(UnreadableRequest):
        await records_of(b"x", long, 10)


async def test_whole_is_bounded() -> None:
    assert await whole(_chunks(b"ab", b"c"), 3) == b"abc"
    with pytest.raises(LimitExceeded):
        await whole(_chunks(b"ab", b"cd"), 3)


async def test_large_data_is_decoded_in_a_thread() -> None:
    threads: list[str] = []

    class Spy:
        content_type = "text/csv"

        def schema(self) -> dict[str, object]:
            return {}

        def decoder(self, context: Context) -> Decoder:
            assert CSV is not None
            decoder = CSV.decoder(context)
            feed = decoder.feed

            def followed(chunk: bytes) -> Sequence[Record | MappingError]:
                threads.append(threading.current_thread().name)
                return feed(chunk)

            decoder.feed = followed  # type: ignore[method-assign]
            return decoder

        encoder = None

    spy: Format = Spy()  # type: ignore[assignment]
    assert len(await records_of(b"a\n" + b"1\n" * 10, spy, 10)) == 10
    assert threads == ["MainThread"]
    assert len(await records_of(b"a\n" + b"1\n" * OFF_LOOP_BYTES, spy, OFF_LOOP_BYTES)) == OFF_LOOP_BYTES
    # By blocks, so that large bodies take turns.
    assert len(threads) == 4
    assert "MainThread" not in threads[1:]


@pytest.mark.parametrize("count", [10, 100_000])
async def test_records_are_counted(count: int) -> None:
    assert CSV is not None
    data = b"a\n" + b"1\n" * count
    assert len(await records_of(data, CSV, count)) == count
    with pytest.raises(TooManyRecords, match=f"more than {count - 1} records"):
        await records_of(data, CSV, count - 1)
    await check_records(data, CSV, count, lambda: True)
    with pytest.raises(NotWanted):
        await check_records(data, CSV, count, lambda: False)


async def test_an_interchange_is_dated_when_it_is_written() -> None:
    x12 = built_in("x12")
    assert x12 is not None
    written = (Path(__file__).parents[3] / "golden" / "x12" / "purchase-order.edi").read_bytes()
    (record, *_) = await records_of(written, x12, 10)
    envelope = cast("dict[str, dict[str, str]]", cast("dict[str, JsonValue]", record)["envelope"])
    for enclosing in (envelope["interchange"], envelope["group"]):
        del enclosing["date"], enclosing["time"]
    with pytest.raises(MappingError):
        x12.encoder(Context()).encode([record])
    assert (await encode_value(record, x12, Context(now=datetime.now(UTC)))).startswith(b"ISA")


async def test_large_flat_data_is_the_same_in_columns() -> None:
    assert CSV is not None
    rows = [b'%d,"x ""%d"""\r\n' % (number, number) for number in range(40_000)]
    data = b"a,b\r\n" + b"".join(rows)
    cuts = [data[at : at + 10_000] for at in range(0, len(data), 10_000)]
    blocks = [block async for block in ndjson_of(_chunks(*cuts), CSV)]
    assert b"".join(blocks) == b"".join(
        b'{"a":"%d","b":"x \\"%d\\""}\n' % (number, number) for number in range(40_000)
    )
    assert "mappings.columns.decoding" in sys.modules
    rows[30_000] = b"1\r\n"
    bad = b"a,b\r\n" + b"".join(rows)
    with pytest.raises(UnreadableReply) as caught:
        [block async for block in ndjson_of(_chunks(bad[:200_000], bad[200_000:]), CSV)]
    assert caught.value.errors[0].place.record == 30_001
