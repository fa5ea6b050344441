"""Decoders of compressed data: an unpacker before the decoder of a format, of records or of blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from mappings.compression.inflow import Begun, Piece, Unpacker
from mappings.compression.watching import Reads
from mappings.contract import BlockDecoder, MappingError, Summary

T = TypeVar("T")


class CompressedDecoder(Generic[T]):
    """Reads one compressed stream. Each file inside has a decoder of its own; records and errors are numbered
    through. Places of errors count what came out, those of the compression (`gzip-…`, `zip-…`) what went in.

    What was read before something was found wrong is given first: the error is raised by the next call.
    Memory: one chunk, one piece of what comes out, and its records; with `portions` these, too, are few.
    """

    def __init__(self, unpacker: Unpacker, make: Callable[[], Reads[T]], *, has_several: bool) -> None:
        """`has_several` says that there may be several files inside; then one that is lost does not keep the
        next one from being read."""
        self._unpacker = unpacker
        self._make = make
        self._has_several = has_several
        self._decoder: Reads[T] | None = None
        self._name = ""
        self._records = self._errors = 0
        self._acknowledgement = b""
        self._leniencies: Counter[str] = Counter()
        self._lost: MappingError | None = None

    def feed(self, chunk: bytes) -> Sequence[T | MappingError]:
        """The records that are complete now. Raises: MappingError when lost."""
        return self._whole(self.portions(chunk))

    def portions(self, chunk: bytes) -> Iterator[Sequence[T | MappingError]]:
        """The same as `feed`, bit by bit: a small chunk may have very much in it. To be exhausted."""
        if self._lost is not None:
            raise self._lost
        yield from self._read(self._unpacker.unpack(chunk))

    def finish(self) -> tuple[Sequence[T | MappingError], Summary]:
        """What the end of the data completes. Raises: MappingError when it is not whole."""
        if self._lost is not None:
            raise self._lost
        results = self._whole(self._read(self._unpacker.finish()))
        if self._lost is not None:
            raise self._lost
        summary = Summary(
            records=self._records,
            errors=self._errors,
            acknowledgement=self._acknowledgement,
            leniencies=dict(self._leniencies),
        )
        return results, summary

    def _whole(self, portions: Iterator[Sequence[T | MappingError]]) -> Sequence[T | MappingError]:
        found: list[T | MappingError] = []
        try:
            for results in portions:
                found += results
        except MappingError as lost:
            self._lost = lost
            if not found:
                raise
        return found

    def _read(self, pieces: Iterator[Piece]) -> Iterator[Sequence[T | MappingError]]:
        for piece in pieces:
            if isinstance(piece, Begun):
                self._begin(piece)
                continue
            if self._decoder is None:  # lost, and passed over
                continue
            try:
                results = self._decoder.feed(piece) if isinstance(piece, bytes) else self._end(self._decoder)
            except MappingError as lost:
                if not self._has_several:
                    raise
                self._decoder = None
                self._errors += 1
                results = [lost]
            if results:
                yield self._placed(results)

    def _begin(self, begun: Begun) -> None:
        self._decoder = self._make()
        self._name = begun.name or ""

    def _end(self, decoder: Reads[T]) -> Sequence[T | MappingError]:
        results, summary = decoder.finish()
        results = self._placed(results)
        self._records += summary.records
        self._errors += summary.errors
        self._acknowledgement += summary.acknowledgement
        self._leniencies.update(summary.leniencies)
        self._decoder = None
        return results

    def _placed(self, results: Sequence[T | MappingError]) -> Sequence[T | MappingError]:
        """The results, of which errors say which of several files they are in."""
        if not self._has_several:
            return results
        return [self._moved(each) if isinstance(each, MappingError) else each for each in results]

    def _moved(self, error: MappingError) -> MappingError:
        number = error.place.record
        return MappingError(
            f"{error.reason} (in {self._name[:100]!r})",
            rule=error.rule,
            place=replace(error.place, record=None if number is None else number + self._records),
            excerpt=error.excerpt,
            raw=error.raw,
            raw_is_cut=error.raw_is_cut,
        )


class CompressedBlockDecoder(CompressedDecoder[bytes]):
    """Reads one compressed stream in blocks."""

    def __init__(self, unpacker: Unpacker, make: Callable[[], BlockDecoder], *, has_several: bool) -> None:
        self._made: list[BlockDecoder] = []
        self._before = 0

        def made() -> BlockDecoder:
            self._before = self.written
            self._made = [make()]
            return self._made[0]

        super().__init__(unpacker, made, has_several=has_several)

    @property
    def written(self) -> int:
        """How many records were given so far."""
        return self._before + sum(each.written for each in self._made)
