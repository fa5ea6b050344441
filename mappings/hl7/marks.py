"""The characters that a message is written with, as its first segment says them.

Source: HL7 v2.5.1, §2.5.4 (message delimiters); v2.7, §2.5.5.2 (the truncation character).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from mappings.edi import BrokenRule, Delimiters

TERMINATOR = "\r"
_TAG_LENGTH = 3
_MOST = 5


@dataclass(frozen=True, slots=True)
class Marks:
    """One character each, None where the message has none; `encoding` is MSH-2 as it stands there.

    `component`, `repetition` and `subcomponent` separate, `escape` stands around escape sequences, and
    `truncation` behind a value that was cut; `separators` are those between components and inside of one.
    """

    field: str
    encoding: str
    component: str = dataclasses.field(init=False, compare=False)
    repetition: str | None = dataclasses.field(init=False, compare=False)
    escape: str | None = dataclasses.field(init=False, compare=False)
    subcomponent: str | None = dataclasses.field(init=False, compare=False)
    truncation: str | None = dataclasses.field(init=False, compare=False)
    separators: tuple[str, str | None] = dataclasses.field(init=False, compare=False)

    def __post_init__(self) -> None:
        names = ("component", "repetition", "escape", "subcomponent", "truncation")
        for at, name in enumerate(names):
            object.__setattr__(self, name, self.encoding[at : at + 1] or None)
        object.__setattr__(self, "separators", (self.component, self.subcomponent))

    def delimiters(self) -> Delimiters:
        """The same for what walks through segments."""
        return Delimiters(
            self.field, self.component, self.repetition, TERMINATOR, subcomponent=self.subcomponent
        )


def marks_of(text: str) -> Marks:
    """Those that a segment MSH, FHS or BHS says. Raises: BrokenRule."""
    if len(text) <= _TAG_LENGTH + 1:
        raise BrokenRule("delimiters", "ends before it says its delimiters")
    field = text[_TAG_LENGTH]
    return checked(field, text[_TAG_LENGTH + 1 :].partition(field)[0])


def checked(field: str, encoding: str) -> Marks:
    """Delimiters that can be told apart. Raises: BrokenRule."""
    if not 1 <= len(encoding) <= _MOST:
        raise BrokenRule("delimiters", f"has {len(encoding)} encoding characters, 1 to {_MOST} can be")
    every = f"{field}{encoding}"
    if len(set(every)) != len(every) or len(field) != 1:
        raise BrokenRule("delimiters", "has one delimiter twice")
    if not all("!" <= mark <= "~" and not mark.isalnum() and mark != '"' for mark in every):
        raise BrokenRule("delimiters", "has a delimiter that is a letter, a digit, a quote or no sign at all")
    return Marks(field, encoding)
