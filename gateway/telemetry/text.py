"""Texts from outside made fit for a log: bounded, and nothing in them acts on a terminal or a reader."""

from __future__ import annotations

MAX_VALUE_LENGTH = 1000


def safe(text: str, *, max_length: int = MAX_VALUE_LENGTH) -> str:
    """The text with control, bidirectional and other unprintable characters escaped, cut at `max_length`."""
    cut = text[:max_length]
    if not cut.isprintable():
        cut = "".join(c if c.isprintable() else _escaped(c) for c in cut)
    return cut if len(text) <= max_length else f"{cut}… ({len(text)} characters)"


def safe_value(value: object) -> object:
    """A log value: numbers and booleans as they are, containers by member, everything else as safe text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, dict):
        return {safe(str(key)): safe_value(item) for key, item in list(value.items())[:50]}
    if isinstance(value, list | tuple | set | frozenset):
        return [safe_value(item) for item in list(value)[:50]]
    return safe(str(value))


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
