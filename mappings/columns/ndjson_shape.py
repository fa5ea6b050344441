"""How a line of NDJSON is written: where its values are, and what stands between them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from mappings import json
from mappings.contract import MappingError

_NAME = re.compile(rb'\s*("(?:[^"\\]|\\.)*")\s*:\s*')
_VALUE = re.compile(rb'"[^"\\]*"|-?[0-9]+(?:\.[0-9]+)?|true|false|null')
_BETWEEN = re.compile(rb"\s*,")
_CLOSE = re.compile(rb"\s*\}")
_CLOSE_ARRAY = re.compile(rb"\s*\]")
_SPACES = re.compile(rb"\s*")
_OPEN = re.compile(rb"\s*\{")
_SPACE, _BACKSLASH = 0x20, 0x5C
_DEEPEST = 60
_MOST_VALUES = 4096

Path: TypeAlias = tuple[str | int, ...]
"""The names of members and the numbers of elements, from 0, that lead to a value."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Where the values of a line are, and which of them were texts in the line it was learnt from; what
    stands before the first value, between them, and behind the last."""

    paths: tuple[Path, ...]
    texts: tuple[bool, ...]
    between: tuple[bytes, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the members, of an object that has nothing inside them."""
        return tuple(str(path[0]) for path in self.paths)

    @property
    def controls(self) -> int:
        """Control characters of a line outside of its values."""
        return sum(byte < _SPACE for part in self.between for byte in part)

    @property
    def backslashes(self) -> int:
        """Backslashes of a line outside of its values."""
        return sum(part.count(_BACKSLASH) for part in self.between)


def learn(line: bytes) -> Shape | None:
    """The shape of a line without its line end; None where it is no object of plain values, objects and
    arrays, or has too many of them."""
    learner = _Learner(line)
    opened = _OPEN.match(line)
    end = None if opened is None else learner.members(opened.end(), ())
    if end is None or not _SPACES.fullmatch(line, end):
        return None
    return Shape(tuple(learner.paths), tuple(learner.texts), (*learner.between, line[learner.before :]))


class _Learner:
    """Goes through one line. `before` is where the last value ended."""

    def __init__(self, line: bytes) -> None:
        self._line = line
        self.before = 0
        self.paths: list[Path] = []
        self.texts: list[bool] = []
        self.between: list[bytes] = []

    def members(self, at: int, path: Path) -> int | None:
        """Behind the object of which this is the inside; None where it is not what is known here."""
        names: set[str] = set()
        while True:
            found = _NAME.match(self._line, at)
            if found is None:
                return None
            try:
                name = str(json.decode(found[1]))
            except MappingError:
                return None
            if name in names:
                return None
            names.add(name)
            end = self._value(found.end(), (*path, name))
            comma = None if end is None else _BETWEEN.match(self._line, end)
            if comma is None:
                closed = None if end is None else _CLOSE.match(self._line, end)
                return None if closed is None else closed.end()
            at = comma.end()

    def _elements(self, at: int, path: Path) -> int | None:
        """The same of an array."""
        number = 0
        while True:
            end = self._value(_skipped(self._line, at), (*path, number))
            comma = None if end is None else _BETWEEN.match(self._line, end)
            if comma is None:
                closed = None if end is None else _CLOSE_ARRAY.match(self._line, end)
                return None if closed is None else closed.end()
            at, number = comma.end(), number + 1

    def _value(self, at: int, path: Path) -> int | None:
        """Behind the value here."""
        if len(path) > _DEEPEST or len(self.paths) >= _MOST_VALUES:
            return None
        first = self._line[at : at + 1]
        if first == b"{":
            return self.members(at + 1, path)
        if first == b"[":
            return self._elements(at + 1, path)
        value = _VALUE.match(self._line, at)
        if value is None:
            return None
        self.paths.append(path)
        self.texts.append(first == b'"')
        self.between.append(self._line[self.before : at])
        self.before = value.end()
        return value.end()


def _skipped(line: bytes, at: int) -> int:
    found = _SPACES.match(line, at)
    return at if found is None else found.end()
