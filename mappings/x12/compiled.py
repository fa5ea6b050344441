"""A definition of X12, compiled for reading and writing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mappings.edi import Delimiters, Plan, SegmentDefinition, compile_layout
from mappings.edi.leniencies import CONTENT_RULES
from mappings.x12.schema import Leniency, X12Definition

_RULES: Mapping[str, tuple[str, ...]] = {
    **CONTENT_RULES,
    Leniency.CONTROL_NUMBERS: ("control-number", "group-control-number", "interchange-control-number"),
    Leniency.CONTROL_COUNTS: ("segments-counted", "transactions-counted", "groups-counted"),
    Leniency.ENVELOPE: (
        "group-header",
        "group-number",
        "group-trailer",
        "transaction-header",
        "transaction-trailer",
        "interchange-trailer",
        "interchange-authorization",
        "interchange-security",
        "interchange-sender",
        "interchange-receiver",
        "interchange-standard",
        "interchange-date",
        "interchange-time",
        "interchange-number",
        "interchange-request",
        "interchange-usage",
    ),
    Leniency.ISA_LENGTHS: ("isa-lengths",),
    Leniency.DUPLICATES: ("duplicate-interchange", "duplicate-group", "duplicate-transaction"),
}
_LINE_ENDS = {"none": "", "lf": "\n", "crlf": "\r\n"}
# Their last element is binary and may hold anything; where a definition says nothing of them, this is said.
_BINARY = {
    "BIN": {"elements": [{"type": "N0 1/15", "required": True}, {"type": "B", "required": True}]},
    "BDS": {
        "elements": [
            {"type": "ID 3/3", "required": True},
            {"type": "N0 1/15", "required": True},
            {"type": "B", "required": True},
        ]
    },
}


@dataclass(frozen=True, slots=True)
class Compiled:
    """`plan` is None where every transaction set is read as a list of segments; `lenient` are the rules that
    may be broken and the words by which that is counted."""

    definition: X12Definition
    plan: Plan | None
    lenient: Mapping[str, str]
    rules: frozenset[str]
    delimiters: Delimiters
    line_end: str

    @property
    def is_broken(self) -> bool:
        """True where line ends anywhere are no data."""
        return self.definition.delimiters.line_breaks == "anywhere"

    @property
    def is_fixed(self) -> bool:
        """True where the elements of ISA must have their lengths."""
        return Leniency.ISA_LENGTHS not in self.definition.lenient


def known_segments(definition: X12Definition) -> dict[str, SegmentDefinition]:
    """The segments that are defined by their tag."""
    built_in = {tag: SegmentDefinition.model_validate(each) for tag, each in _BINARY.items()}
    return {**built_in, **definition.segments}


def compile_definition(definition: X12Definition) -> Compiled:
    """A definition that was found sound."""
    plan = None
    if definition.content is not None:
        plan = Plan(compile_layout(definition.content, known_segments(definition), definition.record))
    lenient = {rule: word.value for word in definition.lenient for rule in _RULES[word]}
    marks = definition.delimiters
    delimiters = Delimiters(marks.element, marks.component, marks.repetition, marks.segment)
    return Compiled(definition, plan, lenient, frozenset(lenient), delimiters, _LINE_ENDS[marks.line_end])
