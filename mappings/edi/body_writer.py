"""The body of a transaction set or message as segments, in the order of its definition.

What is written is walked again as a reader would: only what gives the same values leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NoReturn, TypeAlias

from mappings.contract import JsonValue
from mappings.edi.delimiters import Delimiters
from mappings.edi.findings import pointer
from mappings.edi.layout import Item, Loop, Segment
from mappings.edi.walker import Plan, Walker
from mappings.edi.writing import SegmentWriter, Unwritable
from mappings.edi.written import WriteSegment, Written, walked_again

Emit: TypeAlias = Callable[[JsonValue, list[str]], None]
"""Appends the texts of the segments of a value. Raises: Unwritable."""

_MAX_ORDERS = 256


class BodyWriter:
    """Writes bodies with one set of delimiters.

    For X12 and EDIFACT the rest is left out. Otherwise `writers` write the segments, by their index; `walker`
    reads what they wrote; `written` is where they note what they wrote and `walker` looks it up.
    """

    def __init__(
        self,
        plan: Plan,
        delimiters: Delimiters,
        writers: Sequence[WriteSegment] | None = None,
        walker: Walker | None = None,
        written: Written | None = None,
    ) -> None:
        self._body = plan.layout.body
        self._delimiters = delimiters
        self._written = written or Written(plan.layout, delimiters, plan.readers.of(delimiters))
        self._writers = writers or segment_writers(plan, delimiters, self._written)
        self._walker = walker or Walker(walked_again(plan, self._written), delimiters)
        self._one: dict[Item, Emit] = {}
        self._all: dict[Item, Emit] = {}
        self._write = self._of_loop(self._body)

    def write(self, values: Mapping[str, JsonValue]) -> list[str]:
        """The segments, without their terminators. Raises: Unwritable with the path in `values`."""
        texts: list[str] = []
        self._written.forget()
        self._write(values, texts)
        self._read_again(texts, values)
        return texts

    def item(self, item: Item, value: JsonValue, texts: list[str]) -> None:
        """Append a segment or loop with all its occurrences. Raises: Unwritable."""
        self._all[item](value, texts)

    def one(self, item: Item, value: JsonValue, texts: list[str]) -> None:
        """Append one occurrence. Raises: Unwritable."""
        self._one[item](value, texts)

    def _of_loop(self, loop: Loop) -> Callable[[Mapping[str, JsonValue], list[str]], None]:
        """What appends the segments of one occurrence of a loop."""
        begins = loop.positions[0][0] if loop.parent is not None and not loop.begins else None
        members = []
        for item in loop.items:
            emit = self._all[item] = self._of_all(item)
            members.append((item.name, emit, item.least > 0 or item is begins))
        needed = {name for name, _, is_needed in members if is_needed}
        orders: dict[tuple[str, ...], tuple[tuple[str, Emit], ...]] = {}

        def write(values: Mapping[str, JsonValue], texts: list[str]) -> None:
            names = tuple(values)
            order = orders.get(names)
            if order is None:
                order = tuple((name, emit) for name, emit, _ in members if name in values)
                if len(order) < len(values) or not needed.issubset(names):
                    _refuse(members, values, texts)
                if len(orders) < _MAX_ORDERS:
                    orders[names] = order
            for name, emit in order:
                emit(values[name], texts)

        return write

    def _of_all(self, item: Item) -> Emit:
        """What appends a segment or loop with all its occurrences; `_one` gets what appends a single one."""
        if isinstance(item, Segment):
            write_segment = self._writers[item.index]
            self._one[item] = lambda value, texts: texts.append(write_segment(value))
            return _segments(item.name, write_segment) if item.is_list else _segment(item.name, write_segment)
        write = self._of_loop(item)

        def one(value: JsonValue, texts: list[str]) -> None:
            if not isinstance(value, dict):
                raise Unwritable("type", "is not an object", "")
            write(value, texts)

        self._one[item] = one
        return _several(item, one) if item.is_list else _single(item, one)

    def _read_again(self, texts: list[str], values: Mapping[str, JsonValue]) -> None:
        walker, separator = self._walker, self._delimiters.tag_separator
        walker.start()
        at = walker.run(texts, 0)
        while at < len(texts):
            findings = walker.take(texts[at].partition(separator)[0], texts[at])
            if findings:
                raise Unwritable(findings[0].rule, findings[0].message, findings[0].path)
            at = walker.run(texts, at + 1)
        findings = walker.end()
        if findings:
            raise Unwritable(findings[0].rule, findings[0].message, findings[0].path)
        if walker.values != values:
            raise Unwritable("ambiguous", "would be read as other values", difference(walker.values, values))


def segment_writers(plan: Plan, delimiters: Delimiters, written: Written) -> list[WriteSegment]:
    """What writes the segments of X12 and EDIFACT, by their index."""
    return [
        written.writer(segment.index, shapes, SegmentWriter(segment, delimiters).write)
        for segment, shapes in zip(plan.layout.segments, plan.writers.of(delimiters), strict=True)
    ]


def difference(one: JsonValue, other: JsonValue | Mapping[str, JsonValue]) -> str:
    """The JSON pointer of the first difference of two values."""
    if isinstance(one, dict) and isinstance(other, Mapping):
        for name in [*one, *other]:
            if name not in one or name not in other:
                return pointer(name)
            if one[name] != other[name]:
                return f"{pointer(name)}{difference(one[name], other[name])}"
    if isinstance(one, list) and isinstance(other, list):
        for at, (mine, its) in enumerate(zip(one, other, strict=False)):
            if mine != its:
                return f"/{at}{difference(mine, its)}"
        if len(one) != len(other):
            return f"/{min(len(one), len(other))}"
    return ""


def check_names(names: Collection[str], values: Mapping[str, JsonValue]) -> None:
    """Refuse what is none of these names. Raises: Unwritable."""
    for name in values:
        if name not in names:
            raise Unwritable("unknown-field", "is not defined here", pointer(name))


def _refuse(
    members: Sequence[tuple[str, Emit, bool]], values: Mapping[str, JsonValue], texts: list[str]
) -> NoReturn:
    """Refuse a loop of which a member is unknown or missing. What stands before that member is written, since
    it may be wrong too and is then told first. Raises: Unwritable."""
    check_names({name for name, _, _ in members}, values)
    for name, emit, is_needed in members:
        if name in values:
            emit(values[name], texts)
        elif is_needed:
            raise Unwritable("required-segment", "is missing", pointer(name))
    raise AssertionError("one of them is missing")


# As `_single` and `_several`, with a call less for each segment: nearly all that is written are segments.
def _segment(name: str, write: WriteSegment) -> Emit:
    def emit(value: JsonValue, texts: list[str]) -> None:
        try:
            texts.append(write(value))
        except Unwritable as error:
            raise error.inside(pointer(name)) from None

    return emit


def _segments(name: str, write: WriteSegment) -> Emit:
    def emit(value: JsonValue, texts: list[str]) -> None:
        if not isinstance(value, list) or not value:
            raise Unwritable("type", "is not a list of at least one", pointer(name))
        begin = len(texts)
        try:
            # Those before one that is refused are in it then.
            texts.extend(map(write, value))
        except Unwritable as error:
            raise error.inside(f"{pointer(name)}/{len(texts) - begin}") from None

    return emit


def _single(item: Item, one: Emit) -> Emit:
    def emit(value: JsonValue, texts: list[str]) -> None:
        try:
            one(value, texts)
        except Unwritable as error:
            raise error.inside(pointer(item.name)) from None

    return emit


def _several(item: Item, one: Emit) -> Emit:
    def emit(value: JsonValue, texts: list[str]) -> None:
        if not isinstance(value, list) or not value:
            raise Unwritable("type", "is not a list of at least one", pointer(item.name))
        at = 0
        try:
            for each in value:
                one(each, texts)
                at += 1
        except Unwritable as error:
            raise error.inside(f"{pointer(item.name)}/{at}") from None

    return emit
