"""The titles of a header row in messages."""

from __future__ import annotations

from collections.abc import Iterable

_MOST_SHOWN = 40
_MOST_NAMED = 10


def shown(title: str) -> str:
    """A title, escaped, and cut: what stands there may be data that has no header row at all."""
    return repr(title if len(title) <= _MOST_SHOWN else f"{title[:_MOST_SHOWN]}…")


def listed(titles: Iterable[str]) -> str:
    """Some titles, comma-separated; `none` where there are none."""
    some = list(titles)
    more = [f"{len(some) - _MOST_NAMED} more"] if len(some) > _MOST_NAMED else []
    return ", ".join([*map(shown, some[:_MOST_NAMED]), *more]) or "none"
