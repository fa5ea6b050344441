"""Is a definition of EDIFACT sound, beyond what its model's types say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mappings.edi import Content, LoopUse, SegmentUse
from mappings.edi import problems as content_problems
from mappings.edi.check import control_problems, delimiter_problems, line_break_problems
from mappings.edi.check_elements import subcomponent_problems
from mappings.edi.schema import Element
from mappings.edifact.envelope import CONTROL_TAGS
from mappings.edifact.schema import EdifactDefinition

RESERVED = ("envelope",)

_MARKS = ("component", "element", "release", "repetition", "segment")


def problems(definition: EdifactDefinition) -> list[str]:
    """What contradicts itself, each with the key it is found at; empty when all is well."""
    return list(_problems(definition))


def _problems(definition: EdifactDefinition) -> Iterator[str]:
    yield from _delimiters(definition)
    if definition.content is None:
        if definition.message is not None:
            yield "content: is needed to read one message type; without message all are read as lists"
        if definition.record is not None:
            yield "record: is a segment group of content, and there is none"
        if definition.segments:
            yield "segments: are for content, and there is none"
        if definition.directory.model_fields_set:
            yield "directory: is of the message type, and there is none"
        return
    if definition.message is None:
        yield "message: is needed with content"
    reserved = (*RESERVED, "segments") if definition.others == "segments" else RESERVED
    yield from content_problems(
        definition.content, definition.segments, record=definition.record, reserved=reserved
    )
    yield from subcomponent_problems(definition.content, definition.segments)
    for tag, segment in definition.segments.items():
        yield from _types(f"segments.{tag}.elements", segment.elements)
    yield from control_problems(definition.content, CONTROL_TAGS)
    yield from _content("content", definition.content)


def _delimiters(definition: EdifactDefinition) -> Iterator[str]:
    marks = definition.delimiters
    found = marks.model_dump(include=set(_MARKS))
    if marks.release == "none":
        del found["release"]
    yield from delimiter_problems(found)
    yield from line_break_problems(marks.segment, marks.line_breaks)
    for name, mark in found.items():
        if mark in (marks.decimal, "-"):
            yield f"delimiters.{name}: {mark!r} stands in numbers"


def _content(where: str, content: Content | Sequence[SegmentUse | LoopUse]) -> Iterator[str]:
    for at, use in enumerate(content):
        place = f"{where}.{at}"
        if isinstance(use, LoopUse):
            yield from _content(f"{place}.content", use.content)
            continue
        yield from _types(f"{place}.elements", use.elements or ())


def _types(where: str, elements: Sequence[Element]) -> Iterator[str]:
    """EDIFACT has no types but an, a and n."""
    for at, element in enumerate(elements):
        if element.components is None:
            values = [(f"{where}.{at}", element.type, element.model_fields_set)]
        else:
            values = [
                (f"{where}.{at}.components.{index}", one.type, one.model_fields_set)
                for index, one in enumerate(element.components)
            ]
        for place, type_, given in values:
            if "type" in given and not type_[0].islower():
                yield f"{place}.type: {type_} is a type of X12; EDIFACT has an, a and n, such as an..35"
