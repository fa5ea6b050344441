"""Where formats are read: by decoders that say of compressed data that no definition says it is, and a
portion at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from mappings.compression.decoding import CompressedDecoder
from mappings.compression.format import CompressedFormat
from mappings.compression.watching import Reads, Watchful, WatchfulBlocks
from mappings.contract import BlockDecoder, Context, Decoder, Format, MappingError, Record

T = TypeVar("T")


def decoder_for(format_: Format, context: Context, most_bytes: int | None = None) -> Decoder:
    """The format's decoder. Where its data turns out to be compressed and the definition does not say so, the
    error names the key. Of compressed data no more than `most_bytes` come out."""
    if isinstance(format_, CompressedFormat):
        return format_.decoder(context, most_bytes)
    return Watchful[Record](format_.decoder(context))


def watchful_blocks(decoder: BlockDecoder) -> WatchfulBlocks:
    """A decoder of blocks that does the same."""
    return WatchfulBlocks(decoder)


def portions(decoder: Reads[T], chunk: bytes) -> Iterator[Sequence[T | MappingError]]:
    """What `feed` gives, in portions that need little memory also where much is in a chunk. To be exhausted.

    Raises: MappingError when lost.
    """
    if isinstance(decoder, CompressedDecoder):
        yield from decoder.portions(chunk)
    else:
        yield decoder.feed(chunk)


def last_portions(decoder: Reads[T], chunk: bytes) -> Iterator[Sequence[T | MappingError]]:
    """The same of the last chunk, and then what the end of the data completes. To be exhausted.

    Raises: MappingError when lost.
    """
    yield from portions(decoder, chunk)
    yield decoder.finish()[0]
