"""Columns of text, and those that are read by the codec of the record path, each distinct text once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mappings.columns.arrays import ArrowArray, Flags, Positions
from mappings.columns.arrow import pa
from mappings.columns.arrow_types import FieldType
from mappings.columns.delimited_rows import TokenRows, null_fields, order
from mappings.columns.distinct import distinct
from mappings.columns.enumerated import Meaning, Meanings
from mappings.columns.template import Choice, Chosen, Part, Span, SpanAt, Value


class TextColumn:
    """Text as it stands, of `least` to `most` characters."""

    def __init__(self, column: int, null: bytes | None, least: int, most: int | None) -> None:
        self._column = column
        self._null = null
        self._least = least
        self._most = most
        span = Span(order(column))
        self.parts: Sequence[Part] = (b'"', span, b'"')
        if null is not None:
            self.parts = (Choice((b'"', b"null")), span, Choice((b'"', b"")))

    def read(self, rows: TokenRows) -> TextColumnReading:
        """Check the lengths."""
        start, end = rows.start[:, self._column], rows.end[:, self._column]
        null = None
        if self._null is not None:
            null = null_fields(rows, self._column, self._null)
        if self._least or self._most is not None:
            length = _characters(rows, start, end)
            fits = length >= self._least
            if self._most is not None:
                fits &= length <= self._most
            rows.good &= fits if null is None else fits | null
        return TextColumnReading(rows, self._column, null)


class TextColumnReading:
    """The text of each row."""

    def __init__(self, rows: TokenRows, column: int, null: Flags | None) -> None:
        self._rows = rows
        self._column = column
        self.null = null

    def values(self) -> Sequence[Value]:
        """Quotes, or null, around the text."""
        start, end = self._rows.start[:, self._column], self._rows.end[:, self._column]
        if self.null is None:
            return (SpanAt(start, end),)
        chosen = Chosen(self.null.astype(np.int32))
        return (chosen, SpanAt(start, np.where(self.null, start, end)), chosen)

    def arrow(self, keep: Flags) -> ArrowArray:
        """The texts."""
        return self._rows.texts(self._column, keep, self.null)


def _characters(rows: TokenRows, start: Positions, end: Positions) -> Positions:
    length = end - start
    if rows.characters.is_utf_8 and not rows.is_ascii:
        length = length - rows.continuations.between(start, end)
    return length


class EnumeratedColumn:
    """A column whose texts may be anything."""

    def __init__(self, column: int, null: bytes | None, meanings: Meanings, type_: FieldType) -> None:
        self._column = column
        self._null = null
        self._meanings = meanings
        self._type = type_
        self.parts: Sequence[Part] = (Choice(),)

    def read(self, rows: TokenRows) -> EnumeratedReading:
        """Read each distinct text."""
        source, positions = rows.source(escape=False)
        span = SpanAt(rows.start[:, self._column], rows.end[:, self._column]).moved(positions)
        texts, index = distinct(source, span.start, span.end)
        null = None if self._null is None else null_fields(rows, self._column, self._null)
        meanings = self._meanings.of(texts)
        reading = EnumeratedReading(index, meanings, self._type, null)
        rows.good &= reading.good
        return reading


class EnumeratedReading:
    """Which distinct value each record has. `null` are those that are null whatever their value."""

    def __init__(
        self, index: Positions, meanings: Sequence[Meaning], type_: FieldType, null: Flags | None
    ) -> None:
        self._index = index
        self._meanings = meanings
        self._type = type_
        self.null = null

    @property
    def good(self) -> Flags:
        """Which records are null or have a value that could be read."""
        good = np.array([each.is_good for each in self._meanings], np.bool_)[self._index]
        return good if self.null is None else good | self.null

    def values(self) -> Sequence[Value]:
        """The text of each record's value."""
        options = [each.text for each in self._meanings]
        if self.null is None:
            return (Chosen(self._index, options),)
        return (Chosen(np.where(self.null, np.int32(len(options)), self._index), [*options, b"null"]),)

    def arrow(self, keep: Flags) -> ArrowArray:
        """The values."""
        distinct = self._type.array([each.value for each in self._meanings])
        mask = None if self.null is None else self.null[keep]
        return distinct.take(pa.array(self._index[keep], mask=mask))
