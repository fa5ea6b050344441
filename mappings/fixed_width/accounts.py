"""The totals of one stream: what each record adds, and what a trailer has to say then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, Decimal, Inexact
from typing import Protocol

from mappings.contract import JsonValue
from mappings.fixed_width.structure import Frame
from mappings.fixed_width.totals import SUM, Share, Total

# Exact, or an error: the default context would round what has more than 28 digits.
_EXACT = Context(prec=1000, Emin=-(10**6), Emax=10**6, traps=[Inexact])


class Sharing(Protocol):
    """A type of record, as far as totals are concerned."""

    @property
    def shares(self) -> tuple[Share, ...]:
        """What its records add to which totals."""


def add(record: Sharing, values: Mapping[str, JsonValue] | None, frames: Sequence[Frame]) -> None:
    """Add a record to the totals of the groups it is in. `values` is None when they could not be read: then
    it is counted, and the sums that it belongs to are unknown."""
    for key, depth, field, path, counts in record.shares:
        totals = frames[depth].totals
        if field is None:
            totals[key] = totals.get(key, 0) + 1
        elif values is None:
            frames[depth].lacks_values = True
            frames[depth].lacks_counts = frames[depth].lacks_counts or counts
        elif path:
            for each in _leaves(values, path, counts=counts):
                totals[key] = _EXACT.add(totals.get(key, 0), each)
        else:
            value = values.get(field)
            if value is not None:
                assert isinstance(value, int | Decimal), "only numbers are summed"
                totals[key] = _EXACT.add(totals.get(key, 0), value)


def _leaves(
    value: JsonValue | Mapping[str, JsonValue], path: tuple[str, ...], *, counts: bool
) -> Iterator[int | Decimal]:
    """The numbers at the end of a path, or how many there are."""
    if isinstance(value, list):
        if counts and not path:
            yield len(value)
            return
        for each in value:
            yield from _leaves(each, path, counts=counts)
    elif isinstance(value, Mapping):
        yield from _leaves(value.get(path[0]), path[1:], counts=counts)
    elif value is not None and not counts:
        assert isinstance(value, int | Decimal), "only numbers are summed"
        yield value


def add_many(record: Sharing, count: int, sums: Mapping[str, int | Decimal], frames: Sequence[Frame]) -> None:
    """Add so many records at once. `sums` has the sum of each field that is summed, in the type of its
    values, where not all of them are null."""
    for key, depth, field, *_ in record.shares:
        value = count if field is None else sums.get(field)
        if value is not None:
            totals = frames[depth].totals
            amount_before = totals.get(key, 0)
            totals[key] = amount_before + count if field is None else _EXACT.add(amount_before, value)


def amount(total: Total, frames: Sequence[Frame]) -> int | Decimal | None:
    """What a total is at this record; None when records before it could not be read."""
    frame = frames[total.depth]
    if frame.lacks_records or (frame.lacks_values and total.expression.kind == SUM) or frame.lacks_counts:
        return None
    return frame.totals.get(total.key, 0)
