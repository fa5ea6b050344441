"""The quick readers of a layout's segments, made when first needed for an interchange's delimiters."""

from __future__ import annotations

import re
from typing import TypeAlias

from mappings.edi.delimiters import CONTROLS, Delimiters
from mappings.edi.expressions import Members, Values, segment_members
from mappings.edi.layout import Layout, Segment

# Expressions cost milliseconds to make: who changes delimiters all the time is read the careful way.
_MAX_DELIMITERS = 8
_MAX_FREE = 99


class FreeSegment:
    """Reads a segment whose elements are not defined, where all of them are plain texts."""

    def __init__(self, segment: Segment, delimiters: Delimiters) -> None:
        unusual = set(delimiters.all + CONTROLS) - {delimiters.element, delimiters.tag_separator}
        self._unusual = re.compile(f"[{re.escape(''.join(sorted(unusual)))}]").search
        self._separator = delimiters.element
        self._begin = len(segment.tag) + 1
        self._names = tuple(f"{segment.tag}{at:02}" for at in range(1, _MAX_FREE + 1))

    def read(self, text: str) -> Values | None:
        """The values by name, None where something is unusual or wrong."""
        parts = text[self._begin :].split(self._separator) if len(text) >= self._begin else []
        if self._unusual(text) is not None or len(parts) > _MAX_FREE or (parts and not parts[-1]):
            return None
        return {name: part for name, part in zip(self._names, parts) if part}  # noqa: B905  # fewer parts


SegmentReader: TypeAlias = Members | FreeSegment


class SegmentReaders:
    """The readers for one set of delimiters, by the index of their segment."""

    def __init__(self, layout: Layout, delimiters: Delimiters) -> None:
        self._segments = layout.segments
        self._delimiters = delimiters
        self.made: list[SegmentReader | None] = [None] * len(layout.segments)

    def make(self, index: int) -> SegmentReader:
        """The reader of a segment, made now."""
        segment = self._segments[index]
        reader: SegmentReader
        if segment.elements is None:
            reader = FreeSegment(segment, self._delimiters)
        else:
            marks = self._delimiters
            reader = segment_members(segment.tag, segment.elements, segment.relations, marks)
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
