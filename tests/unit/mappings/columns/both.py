"""One stream read twice: record by record, and in blocks of lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from mappings.blocks import block_decoder
from mappings.contract import Context, Format, MappingError, Summary
from mappings.json import encode_line

Seen = bytes | tuple[object, ...]
"""Lines that follow each other, or all that an error says."""
Cut = Callable[[bytes], Iterator[bytes]]


def whole(data: bytes) -> Iterator[bytes]:
    """All at once."""
    yield data


def bytewise(data: bytes) -> Iterator[bytes]:
    """Byte by byte."""
    for at in range(len(data)):
        yield data[at : at + 1]


def anywhere(rng: Random, most: int = 5000) -> Cut:
    """Cut at random places, some of them next to each other."""

    def cut(data: bytes) -> Iterator[bytes]:
        at = 0
        while at < len(data):
            size = rng.choice((0, 1, 2, rng.randrange(1, most), most))
            yield data[at : at + size]
            at += size

    return cut


def _told(error: MappingError) -> tuple[object, ...]:
    return (error.rule, error.reason, error.place, error.excerpt, error.raw)


def _joined(found: Iterator[bytes | MappingError]) -> list[Seen]:
    seen: list[Seen] = []
    for each in found:
        if isinstance(each, MappingError):
            seen.append(_told(each))
        elif seen and isinstance(seen[-1], bytes):
            seen[-1] += each
        elif each:
            seen.append(each)
    return seen


def by_records(format_: Format, chunks: Iterator[bytes], context: Context) -> tuple[list[Seen], object]:
    """What the decoder and `encode_line` give, and the summary or what it was lost for."""

    def results() -> Iterator[bytes | MappingError]:
        nonlocal end
        try:
            for chunk in chunks:
                yield from map(_line, decoder.feed(chunk))
            last, end = decoder.finish()
            yield from map(_line, last)
        except MappingError as lost:
            end = _told(lost)

    end: object = None
    decoder = format_.decoder(context)
    return _joined(results()), end


def _line(result: object) -> bytes | MappingError:
    return result if isinstance(result, MappingError) else encode_line(result)  # type: ignore[arg-type]


def by_blocks(format_: Format, chunks: Iterator[bytes], context: Context) -> tuple[list[Seen], object]:
    """The same in blocks."""

    def results() -> Iterator[bytes | MappingError]:
        nonlocal end
        try:
            for chunk in chunks:
                yield from decoder.feed(chunk)
            last, end = decoder.finish()
            yield from last
        except MappingError as lost:
            end = _told(lost)

    end: object = None
    decoder = block_decoder(format_, context)
    assert decoder is not None, "this format can be read in blocks"
    return _joined(results()), end


def assert_same(
    format_: Format, data: bytes, cuts: Sequence[Cut] = (whole,), context: Context | None = None
) -> tuple[list[Seen], object]:
    """Both give the same, however the data is cut. Gives what they give of it whole."""
    context = context or Context()
    expected, end = by_records(format_, whole(data), context)
    for cut in cuts:
        chunks = list(cut(data))
        same, same_end = expected, end
        if not isinstance(end, Summary):
            # What a decoder that is lost gives last depends on the chunk in which it was.
            same, same_end = by_records(format_, iter(chunks), context)
        found, found_end = by_blocks(format_, iter(chunks), context)
        assert found_end == same_end
        assert found == same
    return expected, end


def summary(end: object) -> Summary:
    """The summary of a stream that was not lost."""
    assert isinstance(end, Summary), end
    return end
