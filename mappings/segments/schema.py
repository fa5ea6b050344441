"""How a configuration defines files of segments without envelopes: `format: segments`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from mappings.definition import Definition
from mappings.edi import Content, Segments
from mappings.exemplified import ExemplifiedFormat

Separator = Annotated[str, Field(pattern=r"^[^A-Za-z0-9 ]$", max_length=1)]


class Leniency(StrEnum):
    """A rule that partners break and that may be let pass; each time is counted."""

    TRAILING_SEPARATORS = "trailing_separators"
    """Separators behind the last element or component that has a value."""
    PADDING = "padding"
    """Spaces behind codes and numbers; they are taken off."""
    TOO_SHORT = "too_short"
    """Values with fewer characters than declared."""
    TOO_LONG = "too_long"
    """Values with more characters than declared."""
    CODES = "codes"
    """Values that are none of an element's codes."""
    CHARACTERS = "characters"
    """Digits where only letters may stand, and control characters."""
    CONDITIONS = "conditions"
    """Elements that depend on others."""
    MISSING_ELEMENTS = "missing_elements"
    """Elements that are required and not there."""
    EXTRA_ELEMENTS = "extra_elements"
    """More elements or components than are defined; they are passed over."""
    UNKNOWN_SEGMENTS = "unknown_segments"
    """Segments that are not in the definition; they are passed over."""
    MISSING_SEGMENTS = "missing_segments"
    """Segments and groups that must be there and are not."""
    SEGMENT_COUNTS = "segment_counts"
    """Segments and groups that occur too often; segments are passed over, groups are read."""
    EMPTY_SEGMENTS = "empty_segments"
    """Segment terminators with nothing before them, such as blank lines."""


class Delimiters(Definition):
    """The characters between segments, and inside of them."""

    segment: Separator = "'"
    """Ends each segment. A line end is written "\\n"; a carriage return before it is taken off."""

    element: Separator = "+"
    """Stands before each element."""

    tag: Separator | None = None
    """Stands behind the segment's tag, where that is not what stands before elements."""

    component: Separator | None = None
    """Stands between components."""

    subcomponent: Separator | None = None
    """Stands between the parts of a component."""

    repetition: Separator | None = None
    """Stands between repetitions."""

    release: Separator | None = None
    """Stands before a character that would separate, and is part of a value."""

    decimal: Literal[".", ","] = "."
    """Stands in numbers of type n that are written; both are read."""

    line_end: Literal["none", "lf", "crlf"] = "none"
    """What follows each segment when writing, for the eye, where no line end ends it."""

    line_breaks: Literal["between", "anywhere"] = "between"
    """Where line ends are no data: between segments, or anywhere, as in files that are cut into lines of one
    length."""

    separators: Literal["needed", "all"] = "needed"
    """Whether separators stand only as far as there are values, or always for all that is defined."""


class SegmentsDefinition(ExemplifiedFormat):
    """Segments without envelopes: by their definition, or each as it comes."""

    format: Literal["segments"]
    """Tagged segments of elements, as in EDI, with nothing around them."""

    delimiters: Delimiters = Delimiters()
    """The characters between segments, and inside of them."""

    content: Content | None = None
    """What stands in the data: segments and groups in their order. Without it each segment is a record."""

    segments: Segments = Field(default_factory=dict)
    """The elements of segments by their tag, for every place in `content` that gives none of its own."""

    record: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """The group of which each occurrence is one record, with what encloses it; without it all of the data is
    one record, which is held in memory."""

    encoding: Literal["us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "utf-8"] = "utf-8"
    """The encoding of the text."""

    lenient: Annotated[tuple[Leniency, ...], Field(max_length=20)] = ()
    """Rules that data may break; each time is counted and told."""
