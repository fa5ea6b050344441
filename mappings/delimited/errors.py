"""What is wrong with one value."""

from __future__ import annotations


class ValueSyntaxError(ValueError):
    """A value that does not fit its field; no message holds the text."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
