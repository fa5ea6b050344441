"""What is wrong with a copybook, at its place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class At:
    """A place in a copybook: its name, the line and the column, both from 1."""

    name: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.name}:{self.line}:{self.column}"


_LONGEST = 300


class CopybookError(ValueError):
    """One thing that is wrong. `rule` is a stable word; a message that quotes too much of the copybook is
    cut."""

    def __init__(self, at: At, rule: str, message: str) -> None:
        shown = message if len(message) <= _LONGEST else f"{message[: _LONGEST - 1]}…"
        super().__init__(f"{at}: {rule}: {shown}")
        self.at = at
        self.rule = rule
