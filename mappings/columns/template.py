"""Text put together for many records at once: constants, choices of constants, and spans of the source.

Every record's text has the same parts in the same order. What differs is where its spans begin and end and
which of its options each choice takes. A matrix of numpy takes them where the texts of a part are about as
long in all records. Where they are not, spans and constants are the elements of one Arrow array, and the text
of all records is that array taken in the order of the parts: no byte is looked at on the way. That is as
fast, and takes the 30 MB that Arrow has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np

from mappings.columns.arrays import ArrowArray, Bytes, Flags, Positions
from mappings.columns.arrow import pa
from mappings.columns.padding import Element, Options, Spans, packed, padded


@dataclass(frozen=True, eq=False, slots=True)
class Span:
    """Bytes of the source. `order` says which of a record's spans come before which in the source."""

    order: int


@dataclass(frozen=True, eq=False, slots=True)
class Choice:
    """One of several constants; without `options` they are known only with the values."""

    options: tuple[bytes, ...] | None = None


Part: TypeAlias = bytes | Span | Choice


class SpanAt(NamedTuple):
    """Where a span stands for each record: positions in the source, those of a record behind those of the
    one before it. An end is never before its start, nor behind the start of the next span: where a record is
    kept."""

    start: Positions
    end: Positions

    def moved(self, positions: Positions | None) -> SpanAt:
        """The same in a source in which what stood at each place stands at these positions; None where all
        stands where it stood."""
        if positions is None:
            return self
        return SpanAt(*(np.take(positions, places, mode="clip") for places in self))


class Chosen(NamedTuple):
    """Which option each record takes."""

    option: Positions
    options: Sequence[bytes] = ()


Value: TypeAlias = SpanAt | Chosen


class Lines(NamedTuple):
    """Texts one after the other. `ends` counts bytes from the first one's start."""

    data: bytes | memoryview
    ends: Positions

    def between(self, first: int, end: int) -> bytes:
        """The texts from `first` on up to `end`, not with it."""
        start = int(self.ends[first - 1]) if first else 0
        return bytes(self.data[start : int(self.ends[end - 1]) if end else 0])


class _Piece(NamedTuple):
    """One element of each text: a span (`source` is its rank), or a constant that `base` is the index of;
    a choice of so many `options` adds to it. `prefix` stands before each option of a choice whose options are
    not known."""

    value: int | None
    base: int
    prefix: bytes | None = None
    options: int = 1


class Template:
    """The parts of every text."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._dynamic = [part for part in parts if not isinstance(part, bytes)]
        places = {part: at for at, part in enumerate(self._dynamic)}
        spans = sorted(
            (part for part in self._dynamic if isinstance(part, Span)), key=lambda span: span.order
        )
        self._ranked = [places[span] for span in spans]
        self._ranks = {places[span]: rank for rank, span in enumerate(spans)}
        self._constants: list[bytes] = []
        self._pieces: list[_Piece] = []
        before = b""
        for part in parts:
            if isinstance(part, bytes):
                before += part
            elif isinstance(part, Choice):
                self._add_choice(part, places[part], before)
                before = b""
            else:
                self._add_constant(before)
                self._pieces.append(_Piece(places[part], 0))
                before = b""
        self._add_constant(before)

    def _add_choice(self, choice: Choice, place: int, before: bytes) -> None:
        if choice.options is None:
            self._pieces.append(_Piece(place, 0, before))
            return
        self._pieces.append(_Piece(place, len(self._constants), options=len(choice.options)))
        self._constants += [before + option for option in choice.options]

    def _add_constant(self, constant: bytes) -> None:
        if constant:
            self._pieces.append(_Piece(None, len(self._constants)))
            self._constants.append(constant)

    def fill(self, source: Bytes, values: Sequence[Value], keep: Flags) -> Lines:
        """The texts of the records that are kept. `values` are those of the parts that are no constants, in
        their order; `source` holds the bytes of the spans."""
        found = padded(self._elements(values, keep), source, int(np.count_nonzero(keep)))
        return self._taken(source, values, keep) if found is None else Lines(*found)

    def _elements(self, values: Sequence[Value], keep: Flags) -> list[Element]:
        """What the texts of the records that are kept are made of."""
        kept = slice(None) if bool(keep.all()) else np.flatnonzero(keep)
        found: list[Element] = []
        for piece in self._pieces:
            value = None if piece.value is None else values[piece.value]
            if value is None:
                found.append(self._constants[piece.base])
            elif isinstance(value, SpanAt):
                found.append(Spans(value.start[kept], value.end[kept]))
            elif piece.prefix is not None:
                found.append(Options(value.option[kept], [piece.prefix + each for each in value.options]))
            else:
                texts = self._constants[piece.base : piece.base + piece.options]
                found.append(Options(value.option[kept], texts))
        return found

    def _taken(self, source: Bytes, values: Sequence[Value], keep: Flags) -> Lines:
        """The same, taken from an array."""
        constants, starts = self._with_options(values)
        spans = [_span(values[place]) for place in self._ranked]
        each = 2 * len(spans)
        tokens = np.arange(len(keep), dtype=np.int32) * each + len(constants)
        index = np.empty((len(keep), len(self._pieces)), np.int32)
        for column, piece in enumerate(self._pieces):
            if piece.value is None:
                index[:, column] = piece.base
            elif piece.value in self._ranks:
                np.add(tokens, 2 * self._ranks[piece.value], out=index[:, column])
            else:
                np.add(
                    _chosen(values[piece.value]).option, starts.get(column, piece.base), out=index[:, column]
                )
        if not keep.all():
            index = index[keep]
        elements = pa.concat_arrays([pa.array(constants, pa.binary()), cut(source, spans, keep)])
        return _lines(elements.take(pa.array(index.ravel())), len(self._pieces))

    def _with_options(self, values: Sequence[Value]) -> tuple[list[bytes], dict[int, int]]:
        """The constants with those options that come with the values, and where these begin by column."""
        constants, starts = list(self._constants), {}
        for column, piece in enumerate(self._pieces):
            if piece.prefix is not None and piece.value is not None:
                starts[column] = len(constants)
                constants += [piece.prefix + option for option in _chosen(values[piece.value]).options]
        return constants, starts


def cut(source: Bytes, spans: Sequence[SpanAt], keep: Flags) -> ArrowArray:
    """The source cut at spans, which are in their order: each is followed by an element for what stands
    between it and the next one. Where the spans of a record that is not kept are, does not matter."""
    cuts = np.empty(2 * len(keep) * len(spans) + 1, np.int32)
    table = cuts[:-1].reshape(len(keep), 2 * len(spans))
    for at, span in enumerate(spans):
        table[:, 2 * at] = span.start
        table[:, 2 * at + 1] = span.end
    cuts[-1] = len(source)
    if not keep.all():
        table[~keep] = 0
        np.maximum.accumulate(cuts, out=cuts)
    buffers = [None, pa.py_buffer(cuts), pa.py_buffer(source)]
    return pa.Array.from_buffers(pa.binary(), len(cuts) - 1, buffers)


def text_array(source: Bytes, span: SpanAt, keep: Flags, null: Flags | None) -> ArrowArray:
    """The texts of a span in the rows that are kept, in UTF-8; null where they are said to be."""
    if null is not None:
        span = SpanAt(span.start, np.where(null, span.start, span.end))
        null = null[keep]
    spans = Spans(*span) if bool(keep.all()) else Spans(span.start[keep], span.end[keep])
    found = packed(spans, source)
    if found is None:
        index = np.flatnonzero(keep).astype(np.int32) * np.int32(2)
        return cut(source, [span], keep).take(pa.array(index, mask=null)).view(pa.string())
    # Without `take`, and so without pyarrow.compute, which has 9 MB.
    count = len(spans.start)
    offsets = np.zeros(count + 1, np.int32)
    offsets[1:] = found.ends
    validity = None if null is None else pa.py_buffer(np.packbits(~null, bitorder="little"))
    return pa.Array.from_buffers(
        pa.string(), count, [validity, pa.py_buffer(offsets), pa.py_buffer(found.data)]
    )


def _lines(texts: ArrowArray, each: int) -> Lines:
    """The bytes of an array, of whose elements so many make a line."""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32, len(texts) + 1)[each::each]
    return Lines(memoryview(data) if data is not None else memoryview(b""), ends)


def _span(value: Value) -> SpanAt:
    assert isinstance(value, SpanAt), "values stand in the order of their parts"
    return value


def _chosen(value: Value) -> Chosen:
    assert isinstance(value, Chosen), "values stand in the order of their parts"
    return value
