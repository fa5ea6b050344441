"""What segments that were read do not give again when they are written."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.edi.losses import content_losses
from mappings.segments.compiled import Compiled


def losses(compiled: Compiled) -> tuple[str, ...]:
    """Each a sentence that begins with the place in the definition."""
    return tuple(_losses(compiled))


def _losses(compiled: Compiled) -> Iterator[str]:
    definition = compiled.definition
    if definition.delimiters.release is not None:
        yield "delimiters.release: only what would separate is released, though others may have been"
    if compiled.is_lined:
        yield "delimiters.segment: carriage returns before line ends are not written, nor blank lines"
        yield "delimiters.segment: the last segment may lack it, and is written with it"
    else:
        yield "delimiters.line_end: line ends between segments are read, and written as is said here"
    if definition.delimiters.line_breaks == "anywhere":
        yield "delimiters.line_breaks: segments are written without line ends in them"
    if definition.encoding == "utf-8":
        yield "encoding: a byte order mark is read, and not written"
    for word in definition.lenient:
        yield f"lenient: what {word.value} lets pass is not written as it came, or is refused"
    if compiled.plan is not None:
        yield from content_losses(compiled.plan.layout)
