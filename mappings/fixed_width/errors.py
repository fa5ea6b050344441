"""What is wrong with one field; its place is known to who asked."""

from __future__ import annotations


class FieldError(ValueError):
    """A value or bytes that do not fit their field. `rule` is a stable word; the message holds no data."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
