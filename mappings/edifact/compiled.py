"""A definition of EDIFACT, compiled for reading and writing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mappings.edi import Delimiters, Plan, compile_layout
from mappings.edi.leniencies import CONTENT_RULES
from mappings.edi.sets import Words
from mappings.edifact import codes
from mappings.edifact.schema import EdifactDefinition, Leniency

WORDS = Words(element=codes.ELEMENT, segment=codes.SEGMENT, whole=codes.MESSAGE)

_RULES: Mapping[str, tuple[str, ...]] = {
    **CONTENT_RULES,
    Leniency.CONTROL_REFERENCES: (
        "control-reference",
        "group-control-reference",
        "interchange-control-reference",
    ),
    Leniency.CONTROL_COUNTS: ("segments-counted", "messages-counted", "interchange-counted"),
    Leniency.ENVELOPE: (
        "interchange-header",
        "interchange-trailer",
        "group-header",
        "group-trailer",
        "message-header",
        "message-trailer",
        "groups-mixed",
        "group-mix",
    ),
    Leniency.DUPLICATES: ("duplicate-interchange", "duplicate-group", "duplicate-message"),
}
_LINE_ENDS = {"none": "", "lf": "\n", "crlf": "\r\n"}


@dataclass(frozen=True, slots=True)
class Compiled:
    """`plan` is None where every message is read as a list of segments; `lenient` are the rules that may be
    broken and the words by which that is counted; `delimiters` are those of syntax version 4."""

    definition: EdifactDefinition
    plan: Plan | None
    lenient: Mapping[str, str]
    rules: frozenset[str]
    delimiters: Delimiters
    line_end: str

    @property
    def is_broken(self) -> bool:
        """True where line ends anywhere are no data."""
        return self.definition.delimiters.line_breaks == "anywhere"


def compile_definition(definition: EdifactDefinition) -> Compiled:
    """A definition that was found sound."""
    plan = None
    if definition.content is not None:
        plan = Plan(compile_layout(definition.content, definition.segments, definition.record))
    lenient = {rule: word.value for word in definition.lenient for rule in _RULES[word]}
    marks = definition.delimiters
    release = None if marks.release == "none" else marks.release
    delimiters = Delimiters(
        marks.element, marks.component, marks.repetition, marks.segment, release, marks.decimal
    )
    return Compiled(definition, plan, lenient, frozenset(lenient), delimiters, _LINE_ENDS[marks.line_end])
