"""Fields of any kind, read by the codec of the record path: each distinct value once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from mappings import json
from mappings.columns.arrays import ArrowArray, Bytes, Flags, Positions
from mappings.columns.arrow_types import FieldType
from mappings.columns.rows import Allowed, Rows
from mappings.columns.template import Choice, Chosen, Part, Value
from mappings.contract import JsonValue, MappingError

_REMEMBERED = 1 << 16


class Meaning(NamedTuple):
    """What one distinct value is: its value and text in JSON, or neither."""

    value: JsonValue
    text: bytes
    is_good: bool


class Meanings:
    """What distinct values are, remembered from block to block. `read` raises one of `wrong`."""

    def __init__(self, read: Callable[[bytes], JsonValue], wrong: type[ValueError]) -> None:
        self._read = read
        self._wrong = wrong
        self._known: dict[bytes, Meaning] = {}

    def of(self, distinct: Sequence[bytes]) -> list[Meaning]:
        """The meaning of each."""
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        return [self._known.get(data) or self._learnt(data) for data in distinct]

    def _learnt(self, data: bytes) -> Meaning:
        try:
            value = self._read(data)
            meaning = Meaning(value, json.encode(value), True)
        except (self._wrong, MappingError):
            meaning = Meaning(None, b"", False)
        self._known[data] = meaning
        return meaning


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


class EnumeratedCell:
    """A field whose bytes may be anything."""

    added = 0
    area = (0, 0)
    fits_64_bits = False

    def __init__(self, start: int, end: int, meanings: Meanings, type_: FieldType) -> None:
        self._place = slice(start, end)
        self.parts: Sequence[Part] = (Choice(),)
        self._meanings = meanings
        self._type = type_

    def allow(self, allowed: Allowed) -> None:
        """Anything may stand there; the codec says what is wrong."""

    def read(self, rows: Rows) -> EnumeratedReading:
        """Read each distinct value."""
        reading = enumerated(distinct_rows(rows.raw[:, self._place]), self._meanings, self._type, None)
        rows.good &= reading.good
        return reading


def distinct_rows(matrix: Bytes) -> ArrowArray:
    """The rows of a matrix of bytes as a dictionary."""
    count, width = matrix.shape
    buffer = pa.py_buffer(np.ascontiguousarray(matrix))
    return pa.Array.from_buffers(pa.binary(width), count, [None, buffer]).dictionary_encode()


def enumerated(
    dictionary: ArrowArray, meanings: Meanings, type_: FieldType, null: Flags | None
) -> EnumeratedReading:
    """What the elements of a dictionary are."""
    index: Positions = dictionary.indices.to_numpy()
    return EnumeratedReading(index, meanings.of(dictionary.dictionary.to_pylist()), type_, null)
