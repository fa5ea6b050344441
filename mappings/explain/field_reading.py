"""A field of a record of bytes, read by its codec alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mappings.contract import JsonValue
from mappings.explain.seen import Seen
from mappings.fixed_width.errors import FieldError


def read_by(read: Callable[[bytes], JsonValue], seen: Seen, least: int) -> Seen:
    """The field with its value, or with what is wrong with its bytes; `least` are those that it must have."""
    if len(seen.data) < least:
        return replace(seen, error="the record ends before it does")
    try:
        return replace(seen, value=read(seen.data), has_value=True)
    except FieldError as wrong:
        return replace(seen, error=f"{wrong.rule}: {wrong}")
