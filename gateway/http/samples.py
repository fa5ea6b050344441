"""Sample texts for regular expressions, as far as they are simple: literals, classes, groups, counts."""

from __future__ import annotations

import re
from itertools import cycle, islice

_COUNT = re.compile(r"\{(\d+)(?:,\d*)?\}|[?*+]")
_RANGE = re.compile(r"\\?(.)-\\?(.)|(\\?.)", re.DOTALL)
_CLASSES = {"d": "1234567890", "w": "abcdefghij", "s": " "}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MAX_REPEATS = 1000


class _NotSimple(ValueError):
    """A part of a regular expression that no sample is made for."""


def sample_of(pattern: str) -> str | None:
    """A text that the whole pattern matches; None when none was found by simple means."""
    try:
        text, end = _alternatives(pattern, 0)
        return text if end == len(pattern) and re.search(pattern, text) else None
    except (_NotSimple, re.error, IndexError):
        return None


def _alternatives(pattern: str, at: int) -> tuple[str, int]:
    """The sample of the first alternative, and where the last one ends."""
    first, at = _sequence(pattern, at)
    while at < len(pattern) and pattern[at] == "|":
        _, at = _sequence(pattern, at + 1)
    return first, at


def _sequence(pattern: str, at: int) -> tuple[str, int]:
    text = ""
    while at < len(pattern) and pattern[at] not in "|)":
        choice, at = _atom(pattern, at)
        found = _COUNT.match(pattern, at)
        count = 1
        if found is not None:
            count = int(found[1]) if found[1] else int(found[0] == "+")
            at = found.end()
        if count > _MAX_REPEATS:
            raise _NotSimple
        # A class gives another character each time, a literal or a group the same text.
        text += "".join(islice(cycle(choice), count)) if len(choice) > 1 else "".join(choice) * count
    return text, at


def _atom(pattern: str, at: int) -> tuple[list[str], int]:
    """What may stand at one place, in the order to take it, and where the next part begins."""
    sign = pattern[at]
    if sign in "^$":
        return [""], at + 1
    if sign == "(":
        start = at + 3 if pattern.startswith("(?:", at) else at + 1
        if pattern.startswith("(?", at) and start == at + 1:
            raise _NotSimple
        text, end = _alternatives(pattern, start)
        return [text], end + 1
    if sign == "[":
        return _class(pattern, at + 1)
    if sign == "\\":
        letter = pattern[at + 1]
        if letter.isalnum() and letter not in _CLASSES:
            raise _NotSimple
        return list(_CLASSES.get(letter, letter)), at + 2
    return list("x" if sign == "." else sign), at + 1


def _class(pattern: str, at: int) -> tuple[list[str], int]:
    end = at
    while pattern[end] != "]" or end == at:
        end += 2 if pattern[end] == "\\" else 1
    inside = pattern[at:end]
    if inside.startswith("^"):
        fitting = [letter for letter in "xyz123" if re.fullmatch(f"[{inside}]", letter)]
    else:
        fitting = [_first(part) for part in _RANGE.finditer(inside)]
    # Digits and capital letters in full, so that repeated they look like something.
    for whole in ("1234567890", _LETTERS, _LETTERS.lower()):
        if re.fullmatch(f"[{inside}]+", whole):
            fitting = list(whole)
            break
    if not fitting:
        raise _NotSimple
    return fitting, end + 1


def _first(part: re.Match[str]) -> str:
    if part[3] is None:
        return part[1]
    letter = part[3][-1]
    return _CLASSES[letter][0] if part[3] in ("\\d", "\\w", "\\s") else letter
