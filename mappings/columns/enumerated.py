"""Fields of any kind, read by the codec of the record path: each distinct value once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from mappings import json
from mappings.columns.arrays import ArrowArray, Bytes, Flags, Positions
from mappings.columns.arrow import pa
from mappings.columns.arrow_types import FieldType
from mappings.columns.painting import skipped
from mappings.columns.rows import Allowed, Rows
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


class EnumeratedCell:
    """A field whose bytes may be anything."""

    added = 0
    area = (0, 0)
    fits_64_bits = False

    def __init__(self, start: int, end: int, meanings: Meanings, type_: FieldType) -> None:
        self._place = slice(start, end)
        self._meanings = meanings
        self._type = type_

    def allow(self, allowed: Allowed) -> None:
        """Anything may stand there; the codec says what is wrong."""

    def read(self, rows: Rows) -> EnumeratedReading:
        """Read each distinct value."""
        raw = np.ascontiguousarray(rows.raw[:, self._place])
        data, width = raw.tobytes(), raw.shape[1]
        numbers: dict[bytes, int] = {}
        index = np.fromiter(
            (numbers.setdefault(data[at : at + width], len(numbers)) for at in range(0, len(data), width)),
            np.int32,
            len(raw),
        )
        meanings = self._meanings.of(list(numbers))
        rows.good &= np.array([each.is_good for each in meanings], np.bool_)[index]
        return EnumeratedReading(index, meanings, self._type)


class EnumeratedReading:
    """Which distinct value each record has."""

    null: Flags | None = None

    def __init__(self, index: Positions, meanings: Sequence[Meaning], type_: FieldType) -> None:
        self._index = index
        self._meanings = meanings
        self._type = type_

    @property
    def template(self) -> bytes:
        """Room for the longest value."""
        return skipped(max(len(each.text) for each in self._meanings))

    def paint(self, out: Bytes) -> None:
        """Copy the text of each record's value."""
        texts = b"".join(each.text.ljust(out.shape[1], skipped(1)) for each in self._meanings)
        out[:] = np.frombuffer(texts, np.uint8).reshape(-1, out.shape[1])[self._index]

    def arrow(self, keep: Flags) -> ArrowArray:
        """The values."""
        distinct = self._type.array([each.value for each in self._meanings])
        return distinct.take(pa.array(self._index[keep]))
