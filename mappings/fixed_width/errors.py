"""What is wrong with one field or one stretch of bytes; its place is known to who asked."""

from __future__ import annotations


class FieldError(ValueError):
    """A value or bytes that do not fit their field. `rule` is a stable word; the message holds no data."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


class LostError(FieldError):
    """Nothing says where the next record begins. `offset` counts bytes from 0; `data` are those to show."""

    def __init__(self, rule: str, message: str, offset: int, data: bytes) -> None:
        super().__init__(rule, message)
        self.offset = offset
        self.data = data
