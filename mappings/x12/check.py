"""Is a definition of X12 sound, beyond what its model's types say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mappings.edi import LoopUse, SegmentUse
from mappings.edi import problems as content_problems
from mappings.edi.check_elements import subcomponent_problems
from mappings.x12.compiled import known_segments
from mappings.x12.schema import X12Definition
from mappings.x12.tags import CONTROL_TAGS

RESERVED = ("envelope",)


def problems(definition: X12Definition) -> list[str]:
    """What contradicts itself, each with the key it is found at; empty when all is well."""
    return list(_problems(definition))


def _problems(definition: X12Definition) -> Iterator[str]:
    marks = definition.delimiters
    names = ("element", "component", "repetition", "segment")
    seen: dict[str, str] = {}
    for name in names:
        mark = getattr(marks, name)
        if mark in seen:
            yield f"delimiters.{name}: is {seen[mark]}'s already"
        if ord(mark) > 0x7F:
            yield f"delimiters.{name}: is not a character of ASCII"
        seen[mark] = name
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
    for tag in _tags(definition.content):
        if tag in CONTROL_TAGS:
            yield f"content: {tag} stands around a transaction set, not in it"
    yield from subcomponent_problems(definition.content, definition.segments)
    reserved = (*RESERVED, "segments") if definition.others == "segments" else RESERVED
    yield from content_problems(
        definition.content, known_segments(definition), record=definition.record, reserved=reserved
    )


def _tags(content: Sequence[SegmentUse | LoopUse]) -> Iterator[str]:
    for use in content:
        if isinstance(use, LoopUse):
            yield from _tags(use.content)
        else:
            yield use.segment
