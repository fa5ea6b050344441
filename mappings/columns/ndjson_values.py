"""The values of lines of NDJSON that are all written alike: in the same order, with the same white space.

What stands between the values is learnt from one line. Where a line has the same between its values, its
values are found by their first bytes and the next quote; every other line is left to the record path.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mappings.columns.arrays import Bytes, Flags, Positions
from mappings.columns.characters import is_text_of_utf_8
from mappings.columns.delimited_rows import Marks
from mappings.columns.ndjson_shape import Shape

_LF, _SPACE, _BACKSLASH, _QUOTE, _POINT, _ZERO = 0x0A, 0x20, 0x5C, 0x22, 0x2E, 0x30
_DELETE, _C1_LEAD, _NULL = 0x7F, 0xC2, ord("n")
_WORD = 8
_LEAST_ROOM = 64
_ENDERS: Flags = np.zeros(256, np.bool_)
_ENDERS[list(b",}] \t\r\n")] = True


class Block:
    """Whole lines, and where some kinds of bytes are in them, each found out when it is first asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.flat: Bytes = np.frombuffer(data, np.uint8)
        self.is_ascii = data.isascii()
        self._padded, self._room = self.flat, 0

    def window(self, start: Positions, width: int) -> Bytes:
        """So many bytes from each place on; anything before and behind all bytes."""
        if width > self._room:
            self._room = max(width, _LEAST_ROOM)
            around = bytes(self._room)
            self._padded = np.frombuffer(around + self.data + around, np.uint8)
        last = len(self._padded) - width
        places = np.clip(start + np.int32(self._room), 0, last)
        found: Bytes = np.ndarray((last + 1, width), np.uint8, self._padded, strides=(1, 1))[places]
        return found

    @cached_property
    def no_digits(self) -> Marks:
        """Bytes that are no digits."""
        return Marks((self.flat - _ZERO) > 9)

    @cached_property
    def points(self) -> Marks:
        """Points."""
        return Marks(self.flat == _POINT)

    @cached_property
    def quotes(self) -> Marks:
        """Quotes."""
        return Marks(self.flat == _QUOTE)

    @cached_property
    def enders(self) -> Marks:
        """What a number ends at; whether it is one, is asked elsewhere."""
        return Marks(_ENDERS[self.flat])

    @cached_property
    def wide(self) -> Marks:
        """Bytes that are not ASCII."""
        return Marks(self.flat >= 0x80)

    @cached_property
    def continuations(self) -> Marks:
        """Bytes of UTF-8 that begin no character."""
        return Marks((self.flat & 0xC0) == 0x80)

    @cached_property
    def has_controls(self) -> bool:
        """Whether there are bytes that `controls` has."""
        return _DELETE in self.data or _C1_LEAD in self.data

    @cached_property
    def controls(self) -> Marks:
        """Bytes that are control characters, or may begin one."""
        return Marks((self.flat == _DELETE) | (self.flat == _C1_LEAD))


class Values:
    """The values of lines of one shape, a column for each: where the text of each begins and ends, and its
    first byte. `good` says which lines are of the shape, of at most so many bytes, in UTF-8 and without
    escapes; that a number is one is asked elsewhere."""

    def __init__(self, data: bytes, shape: Shape, most: int) -> None:
        self.block = Block(data)
        self.flat = self.block.flat
        newlines = np.flatnonzero(self.flat == _LF).astype(np.int32)
        self.starts: Positions = np.zeros(len(newlines) + 1, np.int32)
        self.starts[1:] = newlines + 1
        self.good: Flags = newlines - self.starts[:-1] <= most
        shaped = (len(newlines), len(shape.paths))
        self.start: Positions = np.empty(shaped, np.int32, order="F")
        self.end: Positions = np.empty(shaped, np.int32, order="F")
        self.first: Bytes = np.empty(shaped, np.uint8, order="F")
        self._words: NDArray[np.uint64] = np.ndarray(
            (len(data) + 1,), "<u8", data + bytes(_WORD), strides=(1,)
        )
        self._refuse(data, shape)
        self._find(shape, newlines)

    def of(self, columns: Sequence[int]) -> Values:
        """The values of some columns one behind the other, as the only column: of each line all of them."""
        found = copy(self)
        chosen = slice(columns[0], columns[0] + 1) if len(columns) == 1 else list(columns)
        found.start = self.start[:, chosen].reshape(-1, 1)
        found.end = self.end[:, chosen].reshape(-1, 1)
        found.first = self.first[:, chosen].reshape(-1, 1)
        return found

    def is_null(self, column: int) -> Flags:
        """Which values of a column are null."""
        found: Flags = self.first[:, column] == _NULL
        return found

    def is_text(self, column: int) -> Flags:
        """Which values of a column are texts."""
        found: Flags = self.first[:, column] == _QUOTE
        return found

    def texts(self, column: int) -> list[bytes]:
        """The values of a column as they are written."""
        data, start, end = self.block.data, self.start[:, column].tolist(), self.end[:, column].tolist()
        return [data[first:last] for first, last in zip(start, end, strict=True)]

    def _refuse(self, data: bytes, shape: Shape) -> None:
        """Leave lines to the record path that have escapes, control characters or what is not UTF-8."""
        wrong = self.flat < _SPACE
        if shape.controls or int(np.count_nonzero(wrong)) > len(self.good):
            wrong[self.starts[1:] - 1] = False
            counted = Marks(wrong).between(self.starts[:-1], self.starts[1:])
            self.good &= counted == shape.controls
        if _BACKSLASH in data:
            counted = Marks(self.flat == _BACKSLASH).between(self.starts[:-1], self.starts[1:])
            self.good &= counted == shape.backslashes
        if not self.block.is_ascii and not is_text_of_utf_8(data):
            self.good &= self.block.wide.between(self.starts[:-1], self.starts[1:]) == 0

    def _find(self, shape: Shape, newlines: Positions) -> None:
        """Go through the values from left to right, in all lines at once."""
        at = self.starts[:-1].copy()
        ends = self._ends_by_quotes(shape, newlines)
        for column, before in enumerate(shape.between[:-1]):
            self.good &= self._stands(at, before)
            at = np.minimum(at + np.int32(len(before)), newlines)
            first = self.flat[at]
            end = self._value_end(at, first, ends.get(column))
            self.start[:, column], self.first[:, column] = at, first
            at = np.minimum(end, newlines)
            self.end[:, column] = at
        self.good &= self._stands(at, shape.between[-1])
        self.good &= at + np.int32(len(shape.between[-1])) == newlines

    def _ends_by_quotes(self, shape: Shape, newlines: Positions) -> dict[int, Positions]:
        """Where values end, by their columns, if each line has as many quotes as the one that the shape was
        learnt from. Where that is wrong, what should follow the value does not stand there."""
        each = 2 * sum(shape.texts) + sum(part.count(_QUOTE) for part in shape.between)
        quotes = np.flatnonzero(self.flat == _QUOTE)
        if len(quotes) != each * len(newlines):
            return {}
        table = quotes.astype(np.int32).reshape(-1, each)
        if not bool(((table[:, 0] >= self.starts[:-1]) & (table[:, -1] < newlines)).all()):
            return {}
        found: dict[int, Positions] = {}
        seen = 0
        for column, is_text in enumerate(shape.texts):
            behind = shape.between[column + 1]
            seen += shape.between[column].count(_QUOTE)
            if is_text:
                found[column] = table[:, seen + 1] + np.int32(1)
                seen += 2
            elif _QUOTE in behind:
                found[column] = table[:, seen] - np.int32(behind.index(_QUOTE))
            elif column + 1 == len(shape.texts):
                found[column] = newlines - np.int32(len(behind))
        return found

    def _value_end(self, at: Positions, first: Bytes, known: Positions | None) -> Positions:
        """Behind each value: a text, a number or a word. `known` is where it is if the line is as it should
        be."""
        is_text = first == _QUOTE
        is_all_text = bool(is_text.all())
        if known is not None:
            end = np.maximum(known, at)
        else:
            after = np.minimum(at + np.int32(1), np.int32(len(self.flat)))
            end = self.block.quotes.first(after) + np.int32(1)
            if not is_all_text:
                end = np.where(is_text, end, self.block.enders.first(after))
        for word in () if is_all_text else (b"true", b"false", b"null"):
            is_word = first == word[0]
            if bool(is_word.any()):
                self.good &= ~is_word | self._stands(at, word)
                end = np.where(is_word, at + np.int32(len(word)), end)
        return end.astype(np.int32)

    def _stands(self, at: Positions, expected: bytes) -> Flags:
        """Where these bytes stand."""
        found: Flags = np.ones(len(at), np.bool_)
        for shift in range(0, len(expected), _WORD):
            part = expected[shift : shift + _WORD]
            word = self._words[np.minimum(at + np.int32(shift), np.int32(len(self.flat)))]
            if len(part) < _WORD:
                word = word & np.uint64(256 ** len(part) - 1)
            found &= word == np.uint64(int.from_bytes(part, "little"))
        return found
