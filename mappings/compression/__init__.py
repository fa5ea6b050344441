"""Compressed files: gzip and zip around the data of any format, streamed both ways in bounded memory.

Source: RFC 1951 (deflate), RFC 1952 (gzip), PKWARE APPNOTE.TXT 6.3.10 (zip).
"""

from mappings.compression.decoding import CompressedBlockDecoder, CompressedDecoder
from mappings.compression.encoding import CompressedBlockEncoder, CompressedEncoder
from mappings.compression.format import CompressedFormat
from mappings.compression.reading import decoder_for, last_portions, portions, watchful_blocks
from mappings.compression.schema import Compressible, Compression, GzipDefinition, ZipDefinition

__all__ = [
    "CompressedBlockDecoder",
    "CompressedBlockEncoder",
    "CompressedDecoder",
    "CompressedEncoder",
    "CompressedFormat",
    "Compressible",
    "Compression",
    "GzipDefinition",
    "ZipDefinition",
    "decoder_for",
    "last_portions",
    "portions",
    "watchful_blocks",
]
