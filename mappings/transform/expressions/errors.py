"""How expressions fail: when they are compiled, and when they are evaluated."""

from __future__ import annotations

from mappings.contract import MappingError, Place

RULE = "expression"
"""The rule of every MappingError that an expression raises."""


class ExpressionError(ValueError):
    """An expression that does not compile. `column` counts characters from 1; the message names it and what
    is allowed there."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(f"column {column}: {message}")
        self.column = column
        self.reason = message


class Unanswerable(Exception):
    """An operation that has no exact answer for these values; the compiled node adds its place. No message
    holds a value."""


def unanswered(message: str, column: int, path: str | None = None) -> MappingError:
    """What an evaluation raises. `path` is a JSON pointer to the member at fault, where it is one."""
    where = "" if path is not None else f"the expression fails at column {column}: "
    return MappingError(f"{where}{message}", rule=RULE, place=Place(path=path))
