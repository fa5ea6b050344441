"""What is known of a body that was just written: the values of its segments, by their texts.

What is written the quick way is read as the values that were given. So when the body is walked again to see
that it says the same, those values stand for what a reader would find.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from typing import TypeAlias

from mappings.contract import JsonValue
from mappings.edi.delimiters import Delimiters
from mappings.edi.generated import Values
from mappings.edi.layout import Layout
from mappings.edi.readers import ReaderCache, Readers, ReadSegment, SegmentReaders
from mappings.edi.walker import Plan
from mappings.shapes import Names, WriteValues

WriteSegment: TypeAlias = Callable[[JsonValue], str]
"""The text of a segment, without its terminator. Raises: Unwritable."""


class Known(dict[str, Values]):
    """The values of the texts that were written of one segment, the one with this `index` in its layout. Any
    other text is read by `readers`; without them its values are None, and the careful way reads it."""

    def __init__(self, readers: Readers | None, index: int) -> None:
        super().__init__()
        self._readers = readers
        self._index = index

    def __missing__(self, text: str) -> Values | None:
        if self._readers is None:
            return None
        read = self._readers.made[self._index] or self._readers.make(self._index)
        return read(text)


class Written(SegmentReaders):
    """Readers of what was written since it was last forgotten. `readers` read the rest. `known` has what is
    known of each segment by its index, `used` what of that is not empty."""

    def __init__(self, layout: Layout, delimiters: Delimiters, readers: Readers | None) -> None:
        super().__init__(layout, delimiters)
        self.known = [Known(readers, index) for index in range(len(layout.segments))]
        self.used: list[Known] = []
        self.made: list[ReadSegment | None] = [one.__getitem__ for one in self.known]

    def make(self, index: int) -> ReadSegment:
        """The reader of a segment."""
        return self.known[index].__getitem__

    def writer(self, index: int, shapes: Mapping[Names, WriteValues], careful: WriteSegment) -> WriteSegment:
        """What writes a segment by one of `shapes`, and remembers what it says; or else by `careful`."""
        known, used = self.known[index], self.used

        def write(values: JsonValue) -> str:
            if type(values) is not dict:
                return careful(values)
            text = shapes[tuple(values)](*values.values())
            if text is None:
                return careful(values)
            if not known:
                used.append(known)
            known[text] = values
            return text

        return write

    def forget(self) -> None:
        """Forget everything. Called before another body or part of one is written: whoever gave the values
        may have changed them since."""
        for one in self.used:
            one.clear()
        self.used.clear()


class _Readers(ReaderCache):
    """Gives the readers of what was written; it is read with the delimiters that it was written with."""

    def __init__(self, layout: Layout, written: Written) -> None:
        super().__init__(layout)
        self._written = written

    def of(self, delimiters: Delimiters) -> SegmentReaders:
        return self._written


def walked_again(plan: Plan, written: Written) -> Plan:
    """The same plan, for a walker over what was written."""
    made = copy(plan)
    made.readers = _Readers(plan.layout, written)
    return made
