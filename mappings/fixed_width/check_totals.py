"""Are totals sound: do they name records that come before them, and fields that can be summed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from mappings.fixed_width import totals
from mappings.fixed_width.totals import Total

OfField = Callable[[Total, str, str], Iterable[str]]
"""What is wrong with a total's use of a record's field."""


def total_problems(
    every: Iterable[Total],
    paths: Mapping[str, tuple[int, ...]],
    *,
    any_order: bool,
    has_fraction: Callable[[Total], bool],
    of_field: OfField,
) -> Iterator[str]:
    """What is wrong with totals, each with its key. `paths` are those of the types of record in the
    structure; `has_fraction` says which totals have digits behind the point."""
    for total in every:
        key = f"records.{total.record}.fields.{total.field}.equals"
        if total.expression.kind == totals.COUNT and has_fraction(total):
            yield f"{key}: a count is a whole number"
        for record, field in total.expression.terms:
            if record == totals.EVERY and field is None:
                continue
            if record not in paths:
                yield f"{key}: {record!r} is no type of record"
                continue
            for reason in _place_problems(total, record, field, paths, any_order=any_order):
                yield f"{key}: {reason}"
            for reason in () if field is None else of_field(total, record, field):
                yield f"{key}: {reason}"


def _place_problems(
    total: Total, record: str, field: str | None, paths: Mapping[str, tuple[int, ...]], *, any_order: bool
) -> Iterator[str]:
    own = paths[total.record]
    itself = record == total.record and field is None
    if paths[record][: total.depth] != own[: total.depth]:
        yield f"{record!r} is not in the group of {total.record!r}"
    elif not (any_order or paths[record] < own or itself):
        yield f"{record!r} comes after {total.record!r}"
