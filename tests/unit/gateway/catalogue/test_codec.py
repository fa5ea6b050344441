from __future__ import annotations

import threading
from collections.abc import AsyncGenerator

import pytest

from adapters.errors import ConnectionLost, LimitExceeded
from gateway.catalogue.codec import (
    OFF_LOOP_BYTES,
    UnreadableReply,
    UnreadableRequest,
    ndjson_of,
    records_of,
    whole,
)
from mappings.contract import Context, Decoder, Format
from mappings.formats import built_in

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
        await records_of(b"a,b\n1,2,3\n", CSV)


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
            threads.append(threading.current_thread().name)
            return CSV.decoder(context)

        encoder = None

    spy: Format = Spy()  # type: ignore[assignment]
    await records_of(b"a\n" + b"1\n" * 10, spy)
    await records_of(b"a\n" + b"1\n" * OFF_LOOP_BYTES, spy)
    assert threads[0] == "MainThread"
    assert threads[1] != "MainThread"
