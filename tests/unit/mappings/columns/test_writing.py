"""Writing in columns gives what writing record by record gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.columns import Refused, block_encoder
from mappings.contract import Context, Format, MappingError, Record
from mappings.json import NdjsonFormat, encode_line
from tests.unit.mappings.columns.both import Cut, anywhere, whole
from tests.unit.mappings.columns.random_delimited import random_delimited
from tests.unit.mappings.columns.random_fixed import random_format

Seen = bytes | tuple[object, ...]


def _told(error: MappingError, *more: object) -> tuple[object, ...]:
    return (error.rule, error.reason, error.place, error.excerpt, error.raw, *more)


def _joined(found: Iterator[Seen]) -> list[Seen]:
    seen: list[Seen] = []
    for each in found:
        if isinstance(each, bytes) and seen and isinstance(seen[-1], bytes):
            seen[-1] += each
        elif each:
            seen.append(each)
    return seen


def by_records(format_: Format, data: bytes) -> list[Seen]:
    """What the decoder of NDJSON and the encoder give, a record at a time."""

    def results() -> Iterator[Seen]:
        number = 0
        decoder, encoder = NdjsonFormat().decoder(Context()), format_.encoder(Context())
        for record in [*decoder.feed(data), *decoder.finish()[0]]:
            number += 1
            if isinstance(record, MappingError):
                yield _told(record)
                continue
            try:
                yield encoder.encode([record])
            except MappingError as error:
                yield _told(error, number, repr(record))
        yield _end(encoder.finish)

    return _joined(results())


def by_columns(format_: Format, chunks: Iterator[bytes]) -> tuple[list[Seen], int]:
    """The same in columns, and how many records were written."""
    encoder = block_encoder(format_, Context())
    assert encoder is not None, "this format can be written in columns"

    def results() -> Iterator[bytes | MappingError | Refused]:
        for chunk in chunks:
            yield from encoder.feed(chunk)
        yield from encoder.finish()

    def seen() -> Iterator[Seen]:
        for each in results():
            if isinstance(each, Refused):
                yield _told(each.error, each.number, repr(each.record))
            else:
                yield _told(each) if isinstance(each, MappingError) else each
        yield _end(encoder.end)

    return _joined(seen()), encoder.written


def _end(finish: Any) -> Seen:
    try:
        return bytes(finish())
    except MappingError as error:
        return _told(error)


def assert_same(format_: Format, data: bytes, *cuts: Cut) -> None:
    expected = by_records(format_, data)
    for cut in cuts:
        found, _ = by_columns(format_, cut(data))
        assert found == expected


def ndjson(format_: Format, data: bytes) -> list[bytes]:
    """The lines of the good records of some data."""
    decoder = format_.decoder(Context())
    results: list[Record | MappingError] = [*decoder.feed(data), *decoder.finish()[0]]
    return [encode_line(each) for each in results if not isinstance(each, MappingError)]


def damaged(lines: list[bytes], rng: Random) -> bytes:
    """Lines of which some are written otherwise, or are not quite right."""
    found = []
    for line in lines:
        chance = rng.random()
        if chance < 0.02:
            at = rng.randrange(len(line))
            line = line[:at] + bytes([rng.choice(b'09-."\\,}{ \nnt\x01\xc3\x7f')]) + line[at + 1 :]
        elif chance < 0.03:
            line = json.dumps(json.loads(line), sort_keys=True).encode() + b"\n"
        elif chance < 0.04:
            line = line.replace(b'":', b'":-', 1)
        elif chance < 0.05:
            line = line.replace(b"0", b"e", 1)
        found.append(line)
    return b"".join(found)


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_random_definitions_and_records(seed: int, is_fixed: bool) -> None:
    rng = Random(seed)
    format_: Format
    format_, make = random_format(rng) if is_fixed else random_delimited(rng)
    if block_encoder(format_, Context()) is None:
        return
    try:
        lines = ndjson(format_, make(rng, rng.choice((60, 300))))
    except MappingError:
        return
    assert_same(format_, damaged(lines, rng), whole, anywhere(rng))
