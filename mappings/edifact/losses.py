"""What EDIFACT that was read does not give again when it is written."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.edi.losses import content_losses
from mappings.edifact.compiled import Compiled


def losses(compiled: Compiled) -> tuple[str, ...]:
    """Each a sentence that begins with the place in the definition."""
    return tuple(_losses(compiled))


def _losses(compiled: Compiled) -> Iterator[str]:
    definition = compiled.definition
    yield "delimiters: interchanges are written with those of the definition, whatever they came with"
    yield "delimiters.release: only service characters are released, though others may have been"
    yield "delimiters.line_end: line ends behind segments are read, and written as is said here"
    if compiled.is_broken:
        yield "delimiters.line_breaks: segments are written without line ends in them"
    yield "encoding: a byte order mark is read, and not written"
    for word in definition.lenient:
        yield f"lenient: what {word.value} lets pass is not written as it came, or is refused"
    if compiled.plan is not None:
        yield from content_losses(compiled.plan.layout)
