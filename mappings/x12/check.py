"""Is a definition of X12 sound, beyond what its model's types say."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.edi import problems as content_problems
from mappings.edi.check import control_problems, delimiter_problems, line_break_problems
from mappings.edi.check_elements import subcomponent_problems
from mappings.x12.compiled import known_segments
from mappings.x12.schema import X12Definition
from mappings.x12.tags import CONTROL_TAGS

RESERVED = ("envelope",)

_MARKS = ("element", "component", "repetition", "segment")


def problems(definition: X12Definition) -> list[str]:
    """What contradicts itself, each with the key it is found at; empty when all is well."""
    return list(_problems(definition))


def _problems(definition: X12Definition) -> Iterator[str]:
    marks = definition.delimiters
    yield from delimiter_problems(marks.model_dump(include=set(_MARKS)))
    yield from line_break_problems(marks.segment, marks.line_breaks)
    if definition.content is None:
        if definition.transaction is not None:
            yield "content: is needed to read one transaction set; without transaction all are read as lists"
        if definition.record is not None:
            yield "record: is a loop of content, and there is none"
        if definition.segments:
            yield "segments: are for content, and there is none"
        return
    if definition.transaction is None:
        yield "transaction: is needed with content"
    yield from control_problems(definition.content, CONTROL_TAGS)
    yield from subcomponent_problems(definition.content, definition.segments)
    reserved = (*RESERVED, "segments") if definition.others == "segments" else RESERVED
    yield from content_problems(
        definition.content, known_segments(definition), record=definition.record, reserved=reserved
    )
