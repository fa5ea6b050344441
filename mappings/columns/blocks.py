"""One stream in blocks: whole rows in columns where they are proven to be good, all else record by record.

The record path is the decoder of the format itself. It is given the bytes of every row that columns cannot
prove, and is told of those that they can, so that it keeps count: numbers, places and what depends on the
order of records are its own in any case. How much goes which way never changes a result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mappings.columns.arrays import ArrowArray, Positions
from mappings.contract import Decoder, MappingError, Record, Summary

BLOCK_BYTES = 1 << 18
"""Bytes that are worked on at once: arrays made of them take some times as much, and are fastest while they
stay in the caches."""
MAX_ROWS = 1 << 14
FEWEST_ROWS = 16
"""Rows for which columns are worth their fixed cost."""
UNPROVEN = -1
_MOST_REST = 0.25
"""How much of a chunk is kept for the next one: of little ones nothing, since it is copied each time."""

Kinds: TypeAlias = NDArray[np.int8]


class Lines(Protocol):
    """The texts of the proven records of one type."""

    def between(self, first: int, end: int) -> bytes:
        """The texts from `first` on up to `end`, not with it."""


class Sheet(Protocol):
    """A block of whole rows that was read in columns."""

    starts: Positions
    """Where each row begins, and where the block ends."""

    kinds: Kinds
    """What type of record each row is, UNPROVEN where it goes record by record."""

    def lines(self, kind: int) -> Lines:
        """The proven records of one type."""

    def arrays(self, kind: int) -> Sequence[ArrowArray]:
        """The same as columns."""


class Source(Protocol):
    """A format's stream: where its rows end, and the columns of whole ones."""

    @property
    def decoder(self) -> Decoder:
        """The record path."""

    @property
    def is_between(self) -> bool:
        """True where the record path holds nothing of a record, and columns may go on."""

    def first_end(self, chunk: bytes, start: int) -> int:
        """Behind the row that the record path holds the beginning of, and of which more begins at `start`, as
        far as the chunk has it."""

    def rows_end(self, chunk: bytes, start: int, limit: int) -> int:
        """Behind the last whole row that ends within `limit` bytes from `start`, where one begins; `start`
        where there is none."""

    def sheet(self, block: bytes) -> Sheet | None:
        """Read whole rows in columns; None where they are too few."""

    def admit(self, sheet: Sheet, kind: int, first: int, end: int) -> tuple[int, Sequence[MappingError]]:
        """Tell the record path of these rows: how many of them may stand here, and what is missing before."""


@dataclass(frozen=True, slots=True)
class Results:
    """What the record path gave."""

    results: Sequence[Record | MappingError]


class Stretch(NamedTuple):
    """Records of one type that follow each other: those from `first` on up to `end` of the proven ones."""

    sheet: Sheet
    kind: int
    first: int
    end: int


Part: TypeAlias = Results | Stretch


class Blocks:
    """One stream."""

    def __init__(self, source: Source, block_bytes: int = BLOCK_BYTES) -> None:
        self._source = source
        self._decoder = source.decoder
        self._block_bytes = block_bytes
        self._lost: MappingError | None = None
        self._rest = b""

    def feed(self, chunk: bytes) -> Iterator[Part]:
        """What is complete now, in order. To be exhausted before the next call.

        Raises: MappingError when lost, once all before it were given.
        """
        if self._lost is not None:
            raise self._lost
        chunk, self._rest = self._rest + chunk, b""
        is_first = True
        try:
            for part in self._parts(chunk):
                is_first = is_first and isinstance(part, Results) and not part.results
                yield part
        except MappingError as lost:
            self._lost = lost
            if is_first:
                raise

    def finish(self) -> tuple[Sequence[Part], Summary]:
        """What the end of the data completes. Raises: MappingError when lost."""
        rest, self._rest = self._rest, b""
        last = [Results(self._decoder.feed(rest))] if rest else []
        results, summary = self._decoder.finish()
        return [*last, Results(results)], summary

    def _parts(self, chunk: bytes) -> Iterator[Part]:
        at, source = 0, self._source
        while at < len(chunk):
            if source.is_between:
                end = source.rows_end(chunk, at, self._block_bytes)
                if end > at:
                    yield from self._rows(chunk[at:end])
                elif len(chunk) - at <= _MOST_REST * len(chunk):
                    # A row that is cut goes with those of the next chunk, not by itself.
                    self._rest = chunk[at:]
                    return
                else:
                    end = len(chunk)  # no whole row, or one that is longer than a block
                    yield Results(self._decoder.feed(chunk[at:]))
            else:
                end = source.first_end(chunk, at)
                yield Results(self._decoder.feed(chunk[at:end]))
            at = end

    def _rows(self, block: bytes) -> Iterator[Part]:
        """Go through a block's rows in order."""
        sheet = self._source.sheet(block)
        if sheet is None:
            yield Results(self._decoder.feed(block))
            return
        starts, kinds = sheet.starts, sheet.kinds
        changes = np.flatnonzero(kinds[1:] != kinds[:-1]) + 1
        done: dict[int, int] = {}
        for first, end in pairwise([0, *changes.tolist(), len(kinds)]):
            kind = int(kinds[first])
            if kind == UNPROVEN:
                yield Results(self._decoder.feed(block[starts[first] : starts[end]]))
            else:
                yield from self._proven(block, sheet, (first, end), done.get(kind, 0))
                done[kind] = done.get(kind, 0) + end - first

    def _proven(self, block: bytes, sheet: Sheet, rows: tuple[int, int], before: int) -> Iterator[Part]:
        """Go through rows of one type; so many proven ones of it came before in the block."""
        at, end = rows
        shift = before - at
        kind = int(sheet.kinds[at])
        while at < end:
            taken, missing = self._source.admit(sheet, kind, at, end) if self._source.is_between else (0, ())
            if missing:
                yield Results(missing)
            if taken:
                yield Stretch(sheet, kind, at + shift, at + taken + shift)
            else:
                taken = 1
                yield Results(self._decoder.feed(block[sheet.starts[at] : sheet.starts[at + 1]]))
            at += taken
