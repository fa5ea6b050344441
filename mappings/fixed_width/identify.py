"""Which type a record is of, by the bytes that it has and others have not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from mappings.fixed_width.layout import RecordLayout

Identify: TypeAlias = Callable[[bytes], RecordLayout | None]


def identifier(records: Sequence[RecordLayout]) -> Identify:
    """A function from a record's bytes to its type, None where it is of none."""
    otherwise = next((record for record in records if not record.tests), None)
    known = [record for record in records if record.tests]
    by_area = _by_area(known)
    if by_area is None:
        return _trying(known, otherwise)
    (start, end), types = by_area

    def identify(data: bytes) -> RecordLayout | None:
        return types.get(data[start:end], otherwise)

    return identify


def _by_area(
    records: Sequence[RecordLayout],
) -> tuple[tuple[int, int], dict[bytes, RecordLayout]] | None:
    """One look where all types are told apart by the same bytes."""
    if any(record.further for record in records):
        return None
    areas = {tuple((one.start, one.end) for one in record.conditions) for record in records}
    if len(areas) != 1:
        return None
    (area,) = areas
    if len(area) != 1:
        return None
    return area[0], {value: record for record in records for value in record.conditions[0].values}


def _trying(records: Sequence[RecordLayout], otherwise: RecordLayout | None) -> Identify:
    def identify(data: bytes) -> RecordLayout | None:
        for record in records:
            if all(one.holds(data) for one in record.tests):
                return record
        return otherwise

    return identify
