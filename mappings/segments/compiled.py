"""A definition of segments, compiled for reading and writing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mappings.edi import Delimiters, Plan, compile_layout
from mappings.edi.leniencies import CONTENT_RULES
from mappings.segments.schema import SegmentsDefinition

NONE = "\ue000"
"""Stands for a component separator where there is none: a character for private use, which no value has."""

_LINE_ENDS = {"none": "", "lf": "\n", "crlf": "\r\n"}


@dataclass(frozen=True, slots=True)
class Compiled:
    """`plan` is None where each segment is a record; `lenient` are the rules that may be broken and the words
    by which that is counted; `ending` is what is written behind each segment."""

    definition: SegmentsDefinition
    plan: Plan | None
    lenient: Mapping[str, str]
    rules: frozenset[str]
    delimiters: Delimiters
    ending: str

    @property
    def is_lined(self) -> bool:
        """True where a line end ends each segment."""
        return self.delimiters.terminator == "\n"


def compile_definition(definition: SegmentsDefinition) -> Compiled:
    """A definition that was found sound."""
    plan = None
    if definition.content is not None:
        plan = Plan(compile_layout(definition.content, definition.segments, definition.record))
    lenient = {rule: word.value for word in definition.lenient for rule in CONTENT_RULES[word]}
    marks = definition.delimiters
    delimiters = Delimiters(
        marks.element,
        marks.component or NONE,
        marks.repetition,
        marks.segment,
        marks.release,
        marks.decimal,
        subcomponent=marks.subcomponent,
        tag=marks.tag,
        keeps=marks.separators == "all",
    )
    ending = marks.segment + ("" if marks.segment in "\r\n" else _LINE_ENDS[marks.line_end])
    return Compiled(definition, plan, lenient, frozenset(lenient), delimiters, ending)
