"""The quick readers of a layout's segments, made when first needed for an interchange's delimiters."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from mappings.edi.delimiters import CONTROLS, Delimiters
from mappings.edi.expressions import segment_reader
from mappings.edi.generated import Values
from mappings.edi.layout import Layout, Segment

# Expressions cost milliseconds to make: who changes delimiters all the time is read the careful way.
_MAX_DELIMITERS = 8
_MAX_FREE = 99


class FreeSegment:
    """Reads a segment whose elements are not defined, where all are plain texts or lists of such."""

    def __init__(self, segment: Segment, delimiters: Delimiters) -> None:
        usual = {delimiters.element, delimiters.tag_separator, delimiters.component}
        unusual = set(delimiters.all + CONTROLS) - usual
        self._unusual = re.compile(f"[{re.escape(''.join(sorted(unusual)))}]").search
        self._separator, self._inside = delimiters.element, delimiters.component
        self._begin = len(segment.tag) + 1
        self._names = tuple(f"{segment.tag}{at:02}" for at in range(1, _MAX_FREE + 1))

    def read(self, text: str) -> Values | None:
        """The values by name, None where something is unusual or wrong."""
        parts = text[self._begin :].split(self._separator) if len(text) >= self._begin else []
        if self._unusual(text) is not None or len(parts) > _MAX_FREE or (parts and not parts[-1]):
            return None
        inside = self._inside
        return {
            name: part.split(inside) if inside in part else part  # type: ignore[misc]  # texts
            for name, part in zip(self._names, parts)  # noqa: B905  # fewer parts
            if part
        }


ReadSegment: TypeAlias = Callable[[str], Values | None]
"""The values of a segment by name, from its text; None where something is unusual or wrong."""


class Readers(Protocol):
    """Quick readers of a layout's segments by their index, made when first needed."""

    @property
    def made(self) -> Sequence[ReadSegment | None]:
        """Those that there are; the same object for ever."""

    def make(self, index: int) -> ReadSegment:
        """The reader of a segment, made now."""


class SegmentReaders:
    """The readers for one set of delimiters."""

    def __init__(self, layout: Layout, delimiters: Delimiters) -> None:
        self._segments = layout.segments
        self._delimiters = delimiters
        self.made: list[ReadSegment | None] = [None] * len(layout.segments)

    def make(self, index: int) -> ReadSegment:
        """The reader of a segment, made now."""
        segment, marks = self._segments[index], self._delimiters
        reader: ReadSegment
        if segment.elements is None:
            reader = FreeSegment(segment, marks).read
        else:
            reader = segment_reader(segment.tag, segment.elements, segment.relations, marks)
        self.made[index] = reader
        return reader


class ReaderCache:
    """The readers of a layout for the delimiters that interchanges came with; shared by all streams."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._known: dict[Delimiters, SegmentReaders] = {}

    def of(self, delimiters: Delimiters) -> SegmentReaders | None:
        """Those for these delimiters, None where there were too many different ones already."""
        found = self._known.get(delimiters)
        if found is None and len(self._known) < _MAX_DELIMITERS:
            found = self._known[delimiters] = SegmentReaders(self._layout, delimiters)
        return found
