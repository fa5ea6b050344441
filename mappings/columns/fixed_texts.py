"""Text at fixed bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mappings.columns.arrays import ArrowArray, Bytes, Flags, Positions
from mappings.columns.painting import NULL, SKIPPED, paint_null, skipped
from mappings.columns.rows import Allowed, Rows
from mappings.columns.template import SpanAt, text_array

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

    def allow(self, allowed: Allowed) -> None:
        """Characters."""
        allowed.texts(*self.area, controls=self._controls)

    def read(self, rows: Rows) -> TextReading:
        """Find where each text begins and ends."""
        start, end = self.area
        matrix = rows.plain[:, start:end]
        if rows.characters.is_utf_8 and bool((matrix > _ASCII).any()):
            rows.good &= is_utf_8(matrix, controls=self._controls)
        edges = Edges(np.zeros(len(matrix), np.int32), np.full(len(matrix), end - start, np.int32))
        if self._pad is not None and self._is_left:
            edges = edges._replace(end=np.int32(end - start) - _padding(matrix[:, ::-1], self._pad))
        elif self._pad is not None:
            edges = edges._replace(begin=_padding(matrix, self._pad))
        null = None
        if self._empty_is_null:
            null = edges.begin == edges.end
        elif self._nulls is not None:
            null = null_rows(matrix, self._nulls)
        trims = None if self._pad is None else "right" if self._is_left else "left"
        return TextReading(rows, self.area, edges, trims, null)


class Edges(NamedTuple):
    """Where each text begins and ends in its field."""

    begin: Positions
    end: Positions


class TextReading:
    """The text of each record, at an area of the plain bytes; `trims` is the side that padding was taken off,
    None where it was not."""

    def __init__(
        self, rows: Rows, area: tuple[int, int], edges: Edges, trims: str | None, null: Flags | None
    ) -> None:
        self._rows = rows
        self._area = area
        self._edges = edges
        self._trims = trims
        self.null = null

    @cached_property
    def _expansion(self) -> Bytes | None:
        """What bytes become that are not themselves in JSON; None where there are none."""
        rows = self._rows
        return rows.characters.expansion(is_wide=rows.has_wide) if rows.has_escapes or rows.has_wide else None

    @property
    def template(self) -> bytes:
        """Quotes around as much room as any text needs."""
        start, end = self._area
        each = 1 if self._expansion is None else self._expansion.shape[1]
        text = b'"' + skipped((end - start) * each) + b'"'
        return text if self.null is None else text.ljust(len(NULL), skipped(1))

    def paint(self, out: Bytes) -> None:
        """Copy the texts."""
        start, end = self._area
        width, table = end - start, self._expansion
        source = self._rows.plain[:, start:end]
        inside = out[:, 1 : 1 + (width if table is None else width * table.shape[1])]
        data = inside if table is None else np.empty(source.shape, np.uint8)
        data[:] = source
        if self._trims is not None:
            # In as few bytes as will do, since it is compared with every byte of the text.
            columns = np.arange(width, dtype=np.min_scalar_type(width))
            edge = (self._edges.end if self._trims == "right" else self._edges.begin).astype(columns.dtype)
            is_padding = columns >= edge[:, None] if self._trims == "right" else columns < edge[:, None]
            np.copyto(data, SKIPPED, where=is_padding)
        if table is not None:
            inside[:] = table[data].reshape(inside.shape)
        if self.null is not None:
            paint_null(out, self.null)

    def arrow(self, keep: Flags) -> ArrowArray:
        """The texts."""
        source, positions = self._rows.source
        first = self._rows.base + np.int32(self._area[0])
        begin, end = self._edges
        return text_array(source, SpanAt(first + begin, first + end).moved(positions), keep, self.null)


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
