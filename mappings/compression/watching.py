"""Decoders of data that may be compressed though nothing says so: the error names the key that is missing.

Bytes alone do not tell: binary records may begin as gzip does. So it is only said where the first record is
bad.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from mappings.compression.magic import LONGEST, kind_of
from mappings.contract import BlockDecoder, MappingError, Place, Summary

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Reads(Protocol[T_co]):
    """A decoder, of records or of blocks."""

    def feed(self, chunk: bytes) -> Sequence[T_co | MappingError]:
        """What is complete now."""

    def finish(self) -> tuple[Sequence[T_co | MappingError], Summary]:
        """What the end completes."""


class Watchful(Generic[T]):
    """A decoder that looks how the data begins."""

    def __init__(self, decoder: Reads[T], *, is_inside: bool = False) -> None:
        """`is_inside` says that this is data that was compressed already."""
        self._decoder = decoder
        self._is_inside = is_inside
        self._head = b""
        self._is_clear = False

    def feed(self, chunk: bytes) -> Sequence[T | MappingError]:
        """The records that are complete now, bad ones as values. Raises: MappingError when lost."""
        if self._is_clear:
            return self._decoder.feed(chunk)
        if len(self._head) < LONGEST:
            self._head += chunk[:LONGEST]
        try:
            results = self._decoder.feed(chunk)
        except MappingError:
            self._tell()
            raise
        self._look(results)
        return results

    def finish(self) -> tuple[Sequence[T | MappingError], Summary]:
        """What the end of the data completes. Raises: MappingError when lost."""
        try:
            results, summary = self._decoder.finish()
        except MappingError:
            self._tell()
            raise
        self._look(results)
        return results, summary

    def _look(self, results: Sequence[T | MappingError]) -> None:
        if not results or self._is_clear:
            return
        if isinstance(results[0], MappingError):
            self._tell()
        self._is_clear = True

    def _tell(self) -> None:
        """Raises: MappingError where the data begins as compressed data does."""
        kind = None if self._is_clear else kind_of(self._head)
        if kind is None:
            return
        if self._is_inside:
            message = f"what was compressed is compressed again, as {kind}; it has to be unpacked before"
        elif kind in ("gzip", "zip"):
            message = f"begins as {kind} does: the definition needs the key `compression: {kind}`"
        else:
            message = f"begins as {kind} does; of compressed data gzip and zip are read"
        raise MappingError(message, rule="compressed", place=Place(byte_offset=0))


class WatchfulBlocks(Watchful[bytes]):
    """A decoder of blocks that looks how the data begins."""

    def __init__(self, decoder: BlockDecoder, *, is_inside: bool = False) -> None:
        super().__init__(decoder, is_inside=is_inside)
        self._blocks = decoder

    @property
    def written(self) -> int:
        """How many records were given so far."""
        return self._blocks.written
