"""What is kept of the interchange and the group that is being read."""

from __future__ import annotations

from dataclasses import dataclass, field

from mappings.contract import JsonValue
from mappings.edi import Finding
from mappings.edifact import codes
from mappings.edifact.envelope import Values
from mappings.edifact.service import Header


@dataclass(frozen=True, slots=True)
class Wrong:
    """A mistake in an interchange or group as such: the rule, the control segment that has it, what is wrong
    there."""

    rule: str
    tag: str
    finding: Finding

    @property
    def code(self) -> str:
        """Data element 0085."""
        own = codes.INTERCHANGE.get(self.rule) or codes.GROUP.get(self.rule) or codes.UNSPECIFIED
        if self.rule.endswith(("-header", "-trailer")):
            return codes.ELEMENT.get(self.finding.rule, own)
        return own


@dataclass(slots=True)
class Group:
    """One functional group. `references` are those of its messages."""

    values: Values
    offset: int
    messages: int = 0
    kind: JsonValue = None
    is_mixed: bool = False
    wrong: list[Wrong] = field(default_factory=list)
    references: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Interchange:
    """One interchange. `messages` counts all of it, `alone` those in no group; `errors` what is wrong
    anywhere in it; `references` are those of its messages in no group and of its groups."""

    header: Header
    values: Values
    offset: int
    groups: int = 0
    messages: int = 0
    alone: int = 0
    answers: int = 0
    errors: int = 0
    is_refused: bool = False
    wrong: list[Wrong] = field(default_factory=list)
    references: set[str] = field(default_factory=set)
    group_references: set[str] = field(default_factory=set)
