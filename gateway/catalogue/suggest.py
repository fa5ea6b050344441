"""Near misses: what somebody probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near_miss(word: str, known: Iterable[str]) -> str | None:
    """The known word closest to this one, if any is close enough to be a slip."""
    options = {candidate.casefold(): candidate for candidate in known}
    found = difflib.get_close_matches(word.casefold(), options, n=1, cutoff=0.6)
    return options[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence's end for error messages: `; did you mean …?`, or nothing."""
    found = near_miss(word, known)
    return f"; did you mean {found}?" if found else ""


def allowed(known: Iterable[str], *, at_most: int = 20) -> str:
    """A list of what is allowed, cut where it would fill the screen."""
    names = sorted(known)
    if not names:
        return "none"
    more = f" and {len(names) - at_most} more" if len(names) > at_most else ""
    return ", ".join(names[:at_most]) + more
