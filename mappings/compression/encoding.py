"""Encoders of compressed data: a packer behind the encoder of a format, of records or of blocks."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Generic, Protocol, TypeVar

from mappings.compression.inflow import WITH_GZIP
from mappings.contract import Encoder, Record

Wrong = TypeVar("Wrong")
Wrong_co = TypeVar("Wrong_co", covariant=True)


class Packer(Protocol):
    """Writes one compressed file."""

    def pack(self, data: bytes) -> bytes:
        """The bytes of the file that are settled with this data."""

    def finish(self) -> bytes:
        """The end of the file."""


class GzipPacker:
    """A gzip file of one member, without name and time: the same data always gives the same file."""

    def __init__(self, level: int) -> None:
        self._zlib = zlib.compressobj(level, zlib.DEFLATED, WITH_GZIP)

    def pack(self, data: bytes) -> bytes:
        """The bytes of the file that are settled with this data."""
        return self._zlib.compress(data)

    def finish(self) -> bytes:
        """The end of the file."""
        return self._zlib.flush()


class CompressedEncoder:
    """Writes one compressed stream."""

    def __init__(self, encoder: Encoder, packer: Packer) -> None:
        self._encoder = encoder
        self._packer = packer

    def encode(self, records: Iterable[Record]) -> bytes:
        """The bytes that are settled with these records, often none. Raises: MappingError."""
        return self._packer.pack(self._encoder.encode(records))

    def finish(self) -> bytes:
        """What follows. Raises: MappingError as the format's encoder does."""
        return self._packer.pack(self._encoder.finish()) + self._packer.finish()


class WritesBlocks(Protocol[Wrong_co]):
    """An encoder of blocks."""

    @property
    def written(self) -> int:
        """How many records were written so far."""

    def feed(self, chunk: bytes) -> Sequence[bytes | Wrong_co]:
        """The bytes of the records that are complete now, and what is wrong, in order."""

    def finish(self) -> Sequence[bytes | Wrong_co]:
        """The bytes of a last line that has no end."""

    def end(self) -> bytes:
        """What follows the last record."""


class CompressedBlockEncoder(Generic[Wrong]):
    """Writes one compressed stream from blocks."""

    def __init__(self, encoder: WritesBlocks[Wrong], packer: Packer) -> None:
        self._encoder = encoder
        self._packer = packer

    @property
    def written(self) -> int:
        """How many records were written so far."""
        return self._encoder.written

    def feed(self, chunk: bytes) -> Sequence[bytes | Wrong]:
        """The bytes that are settled with this chunk, and what is wrong with its records, in order."""
        return self._packed(self._encoder.feed(chunk))

    def finish(self) -> Sequence[bytes | Wrong]:
        """The bytes of a last line that has no end."""
        return self._packed(self._encoder.finish())

    def end(self) -> bytes:
        """What follows the last record. Raises: MappingError as the format's encoder does."""
        return self._packer.pack(self._encoder.end()) + self._packer.finish()

    def _packed(self, results: Sequence[bytes | Wrong]) -> Sequence[bytes | Wrong]:
        return [self._packer.pack(each) if isinstance(each, bytes) else each for each in results]
