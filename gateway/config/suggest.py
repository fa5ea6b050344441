"""What somebody probably meant, and what would be right: the ends of messages about a wrong word."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


def near_miss(word: str, known: Iterable[str]) -> str | None:
    """The known word closest to this one, if any is close enough to be a slip."""
    options = {candidate.casefold(): candidate for candidate in known}
    found = difflib.get_close_matches(word.casefold(), options, n=1, cutoff=0.6)
    return options[found[0]] if found else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """For the middle of a message: `did you mean "x"? `, or nothing."""
    found = near_miss(word, known)
    return f'did you mean "{found}"? ' if found else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """For the end of a message: `; did you mean x?`, or nothing."""
    found = near_miss(word, known)
    return f"; did you mean {found}?" if found else ""


def listing(words: Sequence[str], limit: int = 40) -> str:
    """The words in their order, comma-separated; the rest counted when there are many."""
    shown = ", ".join(words[:limit])
    return shown if len(words) <= limit else f"{shown} and {len(words) - limit} more"


def allowed(known: Iterable[str]) -> str:
    """The words in alphabetical order, cut where they would fill the screen; `none` when there are none."""
    return listing(sorted(known), 20) or "none"
