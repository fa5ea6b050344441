"""Text at fixed bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from mappings.columns.arrays import ArrowArray, Bytes, Flags, Positions
from mappings.columns.rows import Allowed, Rows
from mappings.columns.template import Choice, Chosen, Part, Span, SpanAt, Value, cut

_ASCII = np.uint8(0x7F)
_C1_CONTROLS = re.compile("[\x80-\x9f]")


class TextCell:
    """A text and its padding. `pad` is a plain byte, None where none is taken off. `nulls` are plain bytes of
    the whole field that mean null."""

    added = 0
    fits_64_bits = False

    def __init__(
        self,
        start: int,
        end: int,
        *,
        pad: int | None,
        is_left: bool,
        controls: bool,
        nulls: Sequence[bytes] | None,
    ) -> None:
        self.area = (start, end)
        self._pad = None if pad is None else np.uint8(pad)
        self._is_left = is_left
        self._controls = controls
        self._nulls = nulls
        # A text of nothing but padding is empty: then only its length needs to be looked at.
        self._empty_is_null = (
            nulls is not None and pad is not None and list(nulls) == [bytes([pad]) * (end - start)]
        )
        if nulls is None:
            self.parts: Sequence[Part] = (b'"', Span(start), b'"')
        else:
            self.parts = (Choice((b'"', b"null")), Span(start), Choice((b'"', b"")))

    def allow(self, allowed: Allowed) -> None:
        """Characters."""
        allowed.texts(*self.area, controls=self._controls)

    def read(self, rows: Rows) -> TextReading:
        """Find where each text begins and ends."""
        start, end = self.area
        matrix = rows.plain[:, start:end]
        if rows.characters.is_utf_8 and bool((matrix > _ASCII).any()):
            rows.good &= is_utf_8(matrix, controls=self._controls)
        begins = ends = np.zeros(len(matrix), np.int32)
        length = np.int32(end - start)
        if self._pad is None:
            ends = np.full(len(matrix), length)
        elif self._is_left:
            ends = length - _padding(matrix[:, ::-1], self._pad)
        else:
            begins, ends = _padding(matrix, self._pad), np.full(len(matrix), length)
        null = None
        if self._empty_is_null:
            null = begins == ends
        elif self._nulls is not None:
            null = null_rows(matrix, self._nulls)
            ends = np.where(null, begins, ends)
        first = rows.base + np.int32(start)
        return TextReading(rows, SpanAt(first + begins, first + ends), null)


class TextReading:
    """The text of each record."""

    def __init__(self, rows: Rows, span: SpanAt, null: Flags | None) -> None:
        self._rows = rows
        self._span = span
        self.null = null

    def values(self) -> Sequence[Value]:
        """Quotes, or null, around the text."""
        if self.null is None:
            return (self._span,)
        chosen = Chosen(self.null.astype(np.int32))
        return (chosen, self._span, chosen)

    def arrow(self, keep: Flags) -> ArrowArray:
        """The texts."""
        source, positions = self._rows.source(escape=False)
        tokens = cut(source, [self._span.moved(positions)], keep)
        index = np.flatnonzero(keep).astype(np.int32) * np.int32(2)
        mask = None if self.null is None else self.null[keep]
        return tokens.take(pa.array(index, mask=mask)).view(pa.string())


def null_rows(matrix: Bytes, nulls: Sequence[bytes]) -> Flags:
    """Which rows are one of these."""
    found = np.zeros(len(matrix), np.bool_)
    for data in nulls:
        found |= (matrix == np.frombuffer(data, np.uint8)).all(axis=1)
    return found


def _padding(matrix: Bytes, pad: np.uint8) -> Positions:
    """How many bytes of padding each row begins with."""
    others = matrix != pad
    found = others.argmax(axis=1)
    found[~others[np.arange(len(matrix)), found]] = matrix.shape[1]
    padding: Positions = found.astype(np.int32)
    return padding


def is_utf_8(matrix: Bytes, *, controls: bool) -> Flags:
    """Which rows are UTF-8, without the control characters that are not ASCII unless they are allowed."""
    count, width = matrix.shape
    lines = np.full((count, width + 1), ord("\n"), np.uint8)
    lines[:, :width] = matrix
    if _is_text(lines.tobytes(), controls):
        return np.ones(count, np.bool_)
    return np.array([_is_text(line.tobytes(), controls) for line in matrix], np.bool_)


def _is_text(data: bytes, controls: bool) -> bool:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return controls or _C1_CONTROLS.search(text) is None
