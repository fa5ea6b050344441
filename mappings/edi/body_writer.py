"""The body of a transaction set or message as segments, in the order of its definition.

What is written is walked again as a reader would: only what gives the same values leaves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from mappings.contract import JsonValue
from mappings.edi.delimiters import Delimiters
from mappings.edi.findings import pointer
from mappings.edi.layout import Item, Loop, Segment
from mappings.edi.walker import Plan, Walker
from mappings.edi.writing import SegmentWriter, Unwritable


class SegmentWriting(Protocol):
    """What writes one segment."""

    def write(self, values: JsonValue) -> str:
        """The text of a segment, without its terminator. Raises: Unwritable."""


class BodyWriter:
    """Writes bodies with one set of delimiters. `writers` write the segments by their index and `walker`
    reads them again, where they are not those of X12 and EDIFACT."""

    def __init__(
        self,
        plan: Plan,
        delimiters: Delimiters,
        writers: Sequence[SegmentWriting] | None = None,
        walker: Walker | None = None,
    ) -> None:
        self._body = plan.layout.body
        self._delimiters = delimiters
        self._writers = writers or [SegmentWriter(segment, delimiters) for segment in plan.layout.segments]
        self._names = _names(plan.layout.body)
        self._walker = walker or Walker(plan, delimiters)

    def write(self, values: Mapping[str, JsonValue]) -> list[str]:
        """The segments, without their terminators. Raises: Unwritable with the path in `values`."""
        texts: list[str] = []
        self.loop(self._body, values, texts)
        self._read_again(texts, values)
        return texts

    def loop(self, loop: Loop, values: Mapping[str, JsonValue], texts: list[str]) -> None:
        """Append the segments of one occurrence of a loop. Raises: Unwritable."""
        self._check_names(loop, values)
        for position in loop.positions:
            for item in position:
                if item.name in values:
                    self.item(item, values[item.name], texts)
                elif item.least or (loop.parent is not None and item is loop.positions[0][0]):
                    raise Unwritable("required-segment", "is missing", pointer(item.name))

    def item(self, item: Item, value: JsonValue, texts: list[str]) -> None:
        """Append a segment or loop with all its occurrences. Raises: Unwritable."""
        step = pointer(item.name)
        try:
            if not item.is_list:
                self.one(item, value, texts)
                return
            if not isinstance(value, list) or not value:
                raise Unwritable("type", "is not a list of at least one", "")
            for at, each in enumerate(value):
                step = f"{pointer(item.name)}/{at}"
                self.one(item, each, texts)
        except Unwritable as error:
            raise error.inside(step) from None

    def one(self, item: Item, value: JsonValue, texts: list[str]) -> None:
        """Append one occurrence. Raises: Unwritable."""
        if isinstance(item, Segment):
            texts.append(self._writers[item.index].write(value))
        elif isinstance(value, dict):
            self.loop(item, value, texts)
        else:
            raise Unwritable("type", "is not an object", "")

    def _check_names(self, loop: Loop, values: Mapping[str, JsonValue]) -> None:
        if not values.keys() <= self._names[loop]:
            unknown = next(name for name in values if name not in self._names[loop])
            raise Unwritable("unknown-field", "is not defined here", pointer(unknown))

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


def _names(loop: Loop) -> dict[Loop, frozenset[str]]:
    """The names that may stand in each loop."""
    found = {loop: frozenset(item.name for item in loop.items)}
    for item in loop.items:
        if isinstance(item, Loop):
            found |= _names(item)
    return found
