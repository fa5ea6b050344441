"""What is wrong with a configuration, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]
"""Where a value is inside a file: the names of mappings' keys and the 0-based indexes of lists' items."""

_MAX_MESSAGE = 1000


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. Units: `line` and `column` count from 1, columns in characters."""

    file: Path
    line: int
    column: int
    key: str
    message: str

    def __str__(self) -> str:
        parts = (f"{self.file}:{self.line}:{self.column}", self.key, self.message)
        return ": ".join(part for part in parts if part)


class ConfigurationError(Exception):
    """The configuration cannot be used; `problems` holds everything that is wrong, by file and position."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = in_order(problems)
        super().__init__("\n".join(map(str, self.problems)))


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems by file and position, each once."""
    unique = dict.fromkeys(problems)
    return tuple(sorted(unique, key=lambda found: (str(found.file), found.line, found.column, found.key)))


def render_key(path: KeyPath) -> str:
    """A key path for people: `erp.tables.allow[2]`."""
    text = ""
    for part in path:
        name = f"[{part}]" if isinstance(part, int) else part or '""'
        text += f".{name}" if text and isinstance(part, str) else name
    return printable(text)


def printable(text: str) -> str:
    """The text on one line, bounded, with control characters escaped: problems are printed on terminals."""
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    return shown if len(shown) <= _MAX_MESSAGE else shown[:_MAX_MESSAGE] + "…"
