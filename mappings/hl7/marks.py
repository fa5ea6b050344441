"""The characters that a message is written with, as its first segment says them.

Source: HL7 v2.5.1, §2.5.4 (message delimiters); v2.7, §2.5.5.2 (the truncation character).
"""

from __future__ import annotations

from dataclasses import dataclass

from mappings.edi import BrokenRule, Delimiters

TERMINATOR = "\r"
_TAG_LENGTH = 3
_MOST = 5


@dataclass(frozen=True, slots=True)
class Marks:
    """One character each, None where the message has none; `encoding` is MSH-2 as it stands there."""

    field: str
    encoding: str

    @property
    def component(self) -> str:
        """Stands between components."""
        return self.encoding[0]

    @property
    def repetition(self) -> str | None:
        """Stands between repetitions."""
        return self.encoding[1:2] or None

    @property
    def escape(self) -> str | None:
        """Stands around escape sequences."""
        return self.encoding[2:3] or None

    @property
    def subcomponent(self) -> str | None:
        """Stands between sub-components."""
        return self.encoding[3:4] or None

    @property
    def truncation(self) -> str | None:
        """Stands behind a value that was cut."""
        return self.encoding[4:5] or None

    @property
    def separators(self) -> tuple[str, str | None]:
        """What stands between components, and between what is inside of one."""
        return self.component, self.subcomponent

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
