"""The quickest way from a format's bytes to lines of NDJSON."""

from __future__ import annotations

from mappings import columns
from mappings.compression import CompressedFormat, watchful_blocks
from mappings.contract import BlockDecoder, Context, Format, PlainFormat
from mappings.json import RecordLines


def block_decoder(format_: Format, context: Context) -> BlockDecoder | None:
    """A decoder that gives lines of NDJSON: the same that the format's own decoder and `encode_line` give,
    byte for byte, errors included. None where there is no quicker way than these.

    Raises: MappingError when records are longer than the context allows.
    """
    return plain_decoder(format_, context) or columns.block_decoder(format_, context)


def plain_decoder(format_: Format, context: Context) -> BlockDecoder | None:
    """The same for a format whose records are plain; None for others. It is worth its while for any size of
    data, and loads no library."""
    inner = format_.inner if isinstance(format_, CompressedFormat) else format_
    if not isinstance(inner, PlainFormat):
        return None
    if isinstance(format_, CompressedFormat):
        return format_.blocks(lambda: RecordLines(inner.decoder(context)))
    return watchful_blocks(RecordLines(inner.decoder(context)))
