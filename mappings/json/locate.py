"""Where a JSON text breaks a rule that its parser does not place.

A second, slower reading of a text that has been found wrong. It need not be strict: all before the place is
known to be well formed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|NaN|-?Infinity|-?[0-9][0-9.eE+-]*', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)


def offset(text: str, rule: str, *, max_depth: int, is_bad_number: Callable[[str], bool]) -> int | None:
    """The place of the first thing that breaks the rule. Units: characters, from 0. None: not found."""
    if rule == "duplicate-key":
        return _duplicate_key(text)
    if rule == "depth":
        return _too_deep(text, max_depth)
    for found in _TOKEN.finditer(text):
        word = found[0]
        if word[0] == '"':
            at = _half_pair(word) if rule == "surrogate" else None
            if at is not None:
                return found.start() + at
        elif word in ("NaN", "Infinity", "-Infinity") or (word[-1] in "0123456789" and is_bad_number(word)):
            return found.start()
    return None


def _duplicate_key(text: str) -> int | None:
    """The second of two equal keys, in the object that ends first."""
    objects: list[tuple[set[str], list[int]] | None] = []
    expects_key = False
    for found in _TOKEN.finditer(text):
        word = found[0]
        if word in "{[":
            objects.append((set(), []) if word == "{" else None)
        elif word in "}]":
            ended = objects.pop() if objects else None
            if ended is not None and ended[1]:
                return ended[1][0]
        elif word[0] == '"' and expects_key and objects and objects[-1] is not None:
            keys, twice = objects[-1]
            key = json.loads(word, strict=False)
            if key in keys:
                twice.append(found.start())
            keys.add(key)
        expects_key = word in "{,"
    return None


def _too_deep(text: str, max_depth: int) -> int | None:
    depth = 0
    for found in _TOKEN.finditer(text):
        depth += (found[0] in "{[") - (found[0] in "}]")
        if depth > max_depth:
            return found.start()
    return None


def _half_pair(word: str) -> int | None:
    """Where the escape of half a surrogate pair stands in a string's text."""
    high: int | None = None
    for at, unit in _units(word):
        if high is not None and not (0xDC00 <= unit <= 0xDFFF and at == high + 6):
            return high
        if high is None and 0xDC00 <= unit <= 0xDFFF:
            return at
        high = at if 0xD800 <= unit <= 0xDBFF else None
    return high


def _units(word: str) -> Iterator[tuple[int, int]]:
    for found in _ESCAPE.finditer(word):
        yield found.start(), int(found[1], 16) if found[1] else 0
