"""Lines of NDJSON that are all written alike: the same members in the same order, with the same white space.

What stands between the values is learnt from one line. Where a line has the same between its values, its
values are found by their first bytes and the next quote; every other line is left to the record path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mappings import json
from mappings.columns.arrays import ArrowArray, Bytes, Flags, Positions
from mappings.columns.arrow import pa
from mappings.columns.delimited_rows import Marks
from mappings.columns.template import SpanAt, cut
from mappings.contract import MappingError

_NAME = re.compile(rb'\s*("(?:[^"\\]|\\.)*")\s*:\s*')
_VALUE = re.compile(rb'"[^"\\]*"|-?[0-9]+(?:\.[0-9]+)?|true|false|null')
_BETWEEN = re.compile(rb"\s*,")
_END = re.compile(rb"\s*\}\s*")
_OPEN = re.compile(rb"\s*\{")
_LF, _SPACE, _BACKSLASH, _QUOTE, _POINT, _ZERO = 0x0A, 0x20, 0x5C, 0x22, 0x2E, 0x30
_DELETE, _C1_LEAD, _NULL = 0x7F, 0xC2, ord("n")
_WORD = 8
_ENDERS: Flags = np.zeros(256, np.bool_)
_ENDERS[list(b",} \t\r\n")] = True


@dataclass(frozen=True, slots=True)
class Shape:
    """The members' names, and what stands before the first value, between them, and behind the last."""

    names: tuple[str, ...]
    between: tuple[bytes, ...]

    @property
    def controls(self) -> int:
        """Control characters of a line outside of its values."""
        return sum(byte < _SPACE for part in self.between for byte in part)

    @property
    def backslashes(self) -> int:
        """Backslashes of a line outside of its values."""
        return sum(part.count(_BACKSLASH) for part in self.between)


def learn(line: bytes) -> Shape | None:
    """The shape of a line without its line end; None where it is no object of plain values."""
    opened = _OPEN.match(line)
    if opened is None:
        return None
    at, before = opened.end(), 0
    names: list[str] = []
    between: list[bytes] = []
    while True:
        name = _NAME.match(line, at)
        value = None if name is None else _VALUE.match(line, name.end())
        if name is None or value is None:
            return None
        try:
            names.append(str(json.decode(name[1])))
        except MappingError:
            return None
        between.append(line[before : value.start()])
        before = value.end()
        comma = _BETWEEN.match(line, before)
        if comma is None:
            break
        at = comma.end()
    end = _END.fullmatch(line, before)
    if end is None or len(set(names)) < len(names):
        return None
    return Shape(tuple(names), (*between, line[before:]))


class Values:
    """The values of lines of one shape, a column for each member: where the text of each begins and ends, and
    its first byte. `good` says which lines are of the shape, of at most so many bytes, in UTF-8 and without
    escapes; that a number is one is asked elsewhere."""

    def __init__(self, block: bytes, shape: Shape, most: int) -> None:
        self.flat: Bytes = np.frombuffer(block, np.uint8)
        newlines = np.flatnonzero(self.flat == _LF).astype(np.int32)
        self.starts: Positions = np.zeros(len(newlines) + 1, np.int32)
        self.starts[1:] = newlines + 1
        self.good: Flags = newlines - self.starts[:-1] <= most
        shaped = (len(newlines), len(shape.names))
        self.start: Positions = np.empty(shaped, np.int32, order="F")
        self.end: Positions = np.empty(shaped, np.int32, order="F")
        self.first: Bytes = np.empty(shaped, np.uint8, order="F")
        self.is_ascii = block.isascii()
        self._words: NDArray[np.uint64] = np.ndarray(
            (len(block) + 1,), "<u8", block + bytes(_WORD), strides=(1,)
        )
        self._quotes = Marks(self.flat == _QUOTE)
        self._refuse(block, shape)
        self._find(shape, newlines)

    @cached_property
    def no_digits(self) -> Marks:
        """Bytes that are no digits."""
        return Marks((self.flat - _ZERO) > 9)

    @cached_property
    def points(self) -> Marks:
        """Points."""
        return Marks(self.flat == _POINT)

    @cached_property
    def _enders(self) -> Marks:
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
    def controls(self) -> Marks:
        """Bytes that are control characters, or may begin one."""
        return Marks((self.flat == _DELETE) | (self.flat == _C1_LEAD))

    def is_null(self, column: int) -> Flags:
        """Which values of a member are null."""
        found: Flags = self.first[:, column] == _NULL
        return found

    def is_text(self, column: int) -> Flags:
        """Which values of a member are texts."""
        found: Flags = self.first[:, column] == _QUOTE
        return found

    def tokens(self, column: int) -> ArrowArray:
        """The values of a member as they are written."""
        index = np.arange(len(self.good), dtype=np.int32) * np.int32(2)
        span = SpanAt(self.start[:, column], self.end[:, column])
        return cut(self.flat, [span], np.ones(len(self.good), np.bool_)).take(pa.array(index))

    def _refuse(self, block: bytes, shape: Shape) -> None:
        """Leave lines to the record path that have escapes, control characters or what is not UTF-8."""
        wrong = self.flat < _SPACE
        wrong[self.starts[1:] - 1] = False
        if shape.controls or bool(wrong.any()):
            counted = Marks(wrong).between(self.starts[:-1], self.starts[1:])
            self.good &= counted == shape.controls
        if _BACKSLASH in block:
            counted = Marks(self.flat == _BACKSLASH).between(self.starts[:-1], self.starts[1:])
            self.good &= counted == shape.backslashes
        if not self.is_ascii and not _is_utf_8(block):
            self.good &= Marks(self.flat >= 0x80).between(self.starts[:-1], self.starts[1:]) == 0

    def _find(self, shape: Shape, newlines: Positions) -> None:
        """Go through the values from left to right, in all lines at once."""
        at = self.starts[:-1].copy()
        for column, before in enumerate(shape.between[:-1]):
            self.good &= self._stands(at, before)
            at = np.minimum(at + np.int32(len(before)), newlines)
            first = self.flat[at]
            end = self._value_end(at, first)
            self.start[:, column], self.first[:, column] = at, first
            at = np.minimum(end, newlines)
            self.end[:, column] = at
        self.good &= self._stands(at, shape.between[-1])
        self.good &= at + np.int32(len(shape.between[-1])) == newlines

    def _value_end(self, at: Positions, first: Bytes) -> Positions:
        """Behind each value: a text, a number or a word."""
        is_text = first == _QUOTE
        after = np.minimum(at + np.int32(1), np.int32(len(self.flat)))
        if bool(is_text.all()):
            return self._quotes.first(after) + np.int32(1)
        end = np.where(is_text, self._quotes.first(after) + np.int32(1), self._enders.first(after))
        for word in (b"true", b"false", b"null"):
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


def _is_utf_8(block: bytes) -> bool:
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True
