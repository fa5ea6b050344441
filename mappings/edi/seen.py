"""Control numbers and references that were seen, to find one that comes again."""

from __future__ import annotations

from mappings.contract import JsonValue

MAX_SEEN = 100_000
"""So many are remembered."""


def comes_again(seen: set[str], number: JsonValue) -> bool:
    """True when it was seen before; it is remembered as long as there is room. What is no text never was."""
    if not isinstance(number, str):
        return False
    if number in seen:
        return True
    if len(seen) < MAX_SEEN:
        seen.add(number)
    return False
