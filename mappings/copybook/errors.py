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


class CopybookError(ValueError):
    """One thing that is wrong. `rule` is a stable word."""

    def __init__(self, at: At, rule: str, message: str) -> None:
        super().__init__(f"{at}: {rule}: {message}")
        self.at = at
        self.rule = rule
