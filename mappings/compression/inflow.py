"""What readers of compressed data share: the bytes that are to be read, the limits, and deflate.

Readers are generators. They give pieces of what is inside, and None where they need more bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from mappings.compression.schema import GzipDefinition, ZipDefinition
from mappings.contract import MappingError, Place

PIECE_BYTES = 256 * 1024
"""Bytes that a piece has at most."""
RATIO_COUNTS_FROM = 10 << 20
"""Bytes that come out before their ratio to what went in counts: a small file may be all zeros."""
DEFLATE_ALONE, WITH_GZIP = -15, 31
"""What zlib calls a window: deflate without anything around it, or with gzip's header and trailer."""
_FIRST_SLICE, _LAST_SLICE = 1024, 128 * 1024
"""zlib copies what it leaves of its input each time: what has many small parts gets small slices."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A file inside begins. `name` is None where it has none that counts."""

    name: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """A file inside has ended, and is whole."""


Piece: TypeAlias = "bytes | Begun | Ended"
Steps: TypeAlias = "Iterator[Piece | None]"
Waits: TypeAlias = "Generator[None, None, None]"


def broken(rule: str, message: str, offset: int) -> MappingError:
    """An error in the compressed file; `offset` counts its bytes from 0."""
    return MappingError(message, rule=rule, place=Place(byte_offset=offset))


class Unpacker(Protocol):
    """Reads one compressed file."""

    def unpack(self, chunk: bytes) -> Iterator[Piece]:
        """What is inside of the file, as far as it is known now. To be exhausted before the next call.

        Raises: MappingError.
        """

    def finish(self) -> Iterator[Piece]:
        """What the end of the file completes. Raises: MappingError where it is not whole."""


class Inflow:
    """The bytes of a compressed file that are not used yet. `offset` is where in the file they begin."""

    def __init__(self, settings: GzipDefinition | ZipDefinition, kind: str) -> None:
        self.kind = kind
        self.held = bytearray()
        self.offset = 0
        self.begin = 0
        """Where what is being read begins, a member or an entry's data."""
        self.has_ended = False
        self._settings = settings
        self._given = 0

    def drop(self, count: int) -> None:
        """Pass over bytes that are held."""
        self.offset += count
        del self.held[:count]

    def need(self, count: int) -> Waits:
        """Wait until so many bytes are held. Raises: MappingError where the file ends before."""
        while len(self.held) < count:
            if self.has_ended:
                end = self.offset + len(self.held)
                raise broken(f"{self.kind}-truncated", "the file ends before its content does", end)
            yield None

    def read(self, count: int) -> Generator[None, None, bytes]:
        """So many bytes. Raises: MappingError where the file ends before."""
        yield from self.need(count)
        data = bytes(self.held[:count])
        self.drop(count)
        return data

    def skip(self, count: int) -> Waits:
        """Pass over so many bytes. Raises: MappingError where the file ends before."""
        while count:
            yield from self.need(1)
            step = min(count, len(self.held))
            self.drop(step)
            count -= step

    def given(self, data: bytes) -> Iterator[bytes]:
        """Bytes that came out, as far as they may. Raises: MappingError where they are too many."""
        settings = self._settings
        self._given += len(data)
        over = max(self._given - settings.max_bytes, 0)
        if len(data) > over:
            yield data[: len(data) - over]
        if over:
            message = f"more than {settings.max_bytes} bytes come out"
            raise broken("compression-bytes", message, self.begin)
        if self._given > RATIO_COUNTS_FROM and self._given > settings.max_ratio * self.offset:
            message = f"more than {settings.max_ratio} times its size comes out (compression.max_ratio)"
            raise broken("compression-ratio", message, self.begin)


class _Decompress(Protocol):
    """What zlib has no name for."""

    def decompress(self, data: bytes, /) -> bytes:
        """What comes out of this data. Raises: zlib.error."""


class Inflater:
    """One run of deflate. `size` counts the bytes that came out, `used` those that went in."""

    def __init__(self, inflow: Inflow, window: int, most: int | None = None) -> None:
        """`window` is `DEFLATE_ALONE` or `WITH_GZIP`. `most` is how many bytes go in, where that is known."""
        self._inflow = inflow
        self._zlib = zlib.decompressobj(window)
        self._most = most
        self._slice = _FIRST_SLICE
        inflow.begin = inflow.offset
        self.size = self.used = 0

    def pieces(self) -> Iterator[bytes | None]:
        """What comes out. Raises: MappingError; that zlib finds something wrong is raised as `zlib.error`."""
        inflow, is_full = self._inflow, False
        while not self._zlib.eof:
            if not is_full:
                if self._most is not None and self.used >= self._most:
                    message = "its data does not end where its size says"
                    raise broken(f"{inflow.kind}-size", message, inflow.offset)
                yield from inflow.need(1)
            limit = self._slice if self._most is None else min(self._slice, self._most - self.used)
            self._slice = min(2 * self._slice, _LAST_SLICE)
            data = bytes(inflow.held[:limit])
            before = self._zlib.copy()
            try:
                out = self._zlib.decompress(data, PIECE_BYTES)
            except zlib.error:
                yield from self._up_to_the_error(before, data)
                raise
            # At the end, CPython may have what is left in both.
            left = self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail
            is_full = len(out) == PIECE_BYTES
            yield from self._came(out, len(data) - len(left))

    def _up_to_the_error(self, before: _Decompress, data: bytes) -> Iterator[bytes]:
        """What comes out before the byte that is wrong, which is the next one then: the same however the data
        was cut. Raises: zlib.error."""
        for at in range(len(data)):
            yield from self._came(before.decompress(data[at : at + 1]), 1)

    def _came(self, out: bytes, used: int) -> Iterator[bytes]:
        self._inflow.drop(used)
        self.used += used
        self.size += len(out)
        if out:
            yield from self._inflow.given(out)


class Steady:
    """An unpacker made of a generator that waits for its bytes."""

    def __init__(self, inflow: Inflow, steps: Steps) -> None:
        self._inflow = inflow
        self._steps = steps

    def unpack(self, chunk: bytes) -> Iterator[Piece]:
        """What is inside of the file, as far as it is known now."""
        self._inflow.held += chunk
        for piece in self._steps:
            if piece is None:
                return
            yield piece

    def finish(self) -> Iterator[Piece]:
        """What the end of the file completes."""
        self._inflow.has_ended = True
        return self.unpack(b"")
