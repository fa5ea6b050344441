"""Is a definition of segments sound, beyond what its model's types say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mappings.edi import LoopUse
from mappings.edi import problems as content_problems
from mappings.edi.check import delimiter_problems, line_break_problems
from mappings.edi.check_elements import subcomponent_problems
from mappings.edi.schema import ContentItem, Element
from mappings.segments.schema import SegmentsDefinition

_MARKS = ("segment", "element", "tag", "component", "subcomponent", "repetition", "release")


def problems(definition: SegmentsDefinition) -> list[str]:
    """What contradicts itself, each with the key it is found at; empty when all is well."""
    return list(_problems(definition))


def _problems(definition: SegmentsDefinition) -> Iterator[str]:
    yield from _delimiters(definition)
    if definition.content is None:
        if definition.record is not None:
            yield "record: is a group of content, and there is none"
        if definition.segments:
            yield "segments: are for content, and there is none"
        if definition.delimiters.subcomponent is not None:
            yield "delimiters.subcomponent: is for content, and there is none"
        if definition.delimiters.separators == "all":
            yield "delimiters.separators: is for content, and there is none"
        return
    yield from content_problems(definition.content, definition.segments, record=definition.record)
    if definition.delimiters.subcomponent is None:
        yield from subcomponent_problems(definition.content, definition.segments)
    if definition.delimiters.component is None:
        yield from _composites(definition.content)
        for tag, segment in definition.segments.items():
            yield from _components_in(f"segments.{tag}", segment.elements)


def _delimiters(definition: SegmentsDefinition) -> Iterator[str]:
    marks = definition.delimiters
    found = marks.model_dump(include=set(_MARKS))
    if marks.tag == marks.element:
        del found["tag"]
    yield from delimiter_problems(found)
    if marks.segment == "\r":
        yield 'delimiters.segment: lines that end with "\\r" alone are not read; give "\\n"'
    if marks.subcomponent is not None and marks.component is None:
        yield "delimiters.component: is needed where there are sub-components"
    yield from line_break_problems(marks.segment, marks.line_breaks)


def _composites(content: Sequence[ContentItem]) -> Iterator[str]:
    for at, use in enumerate(content):
        if isinstance(use, LoopUse):
            yield from (f"content.{at}.{problem}" for problem in _composites(use.content))
        elif use.elements is not None:
            yield from _components_in(f"content.{at}", use.elements)


def _components_in(where: str, elements: Sequence[Element]) -> Iterator[str]:
    for at, element in enumerate(elements):
        if element.components is not None:
            yield f"{where}.elements.{at}.components: delimiters.component is needed for them"
