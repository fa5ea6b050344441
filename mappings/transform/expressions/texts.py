"""Functions over text, with bounded results. Positions count characters (code points) from 0."""

from __future__ import annotations

import jsonschema_rs

from mappings.contract import JsonValue
from mappings.transform.expressions.errors import Unanswerable
from mappings.transform.expressions.limits import MAX_ITEMS, MAX_TEXT

MAX_PATTERN_BYTES = 1 << 20
"""Memory of one compiled regular expression."""
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}


class LinearPattern:
    """A regular expression that is searched for in time linear in the text, whatever both are.

    Rust's `regex`, which the JSON Schema library brings along, does not backtrack; so it has neither
    back-references nor look-around. Source: the syntax of RE2, as CEL has it.
    """

    def __init__(self, pattern: str) -> None:
        """Raises: ValueError."""
        options = jsonschema_rs.RegexOptions(size_limit=MAX_PATTERN_BYTES)
        try:
            self._validator = jsonschema_rs.Draft202012Validator(
                {"pattern": pattern}, pattern_options=options
            )
        except (ValueError, UnicodeEncodeError):
            raise ValueError(
                "no regular expression of the RE2 kind, or too large compiled; back-references and "
                "look-around are not allowed"
            ) from None

    def found_in(self, text: str) -> bool:
        """True when some part of the text matches."""
        try:
            return self._validator.is_valid(text)
        except UnicodeEncodeError:  # half of a surrogate pair
            return False


def lower_ascii(text: str) -> str:
    """ASCII letters in lower case, all else as it is."""
    return text.translate(_LOWER)


def upper_ascii(text: str) -> str:
    """ASCII letters in upper case, all else as it is."""
    return text.translate(_UPPER)


def substring(text: str, start: int, end: int | None = None) -> str:
    """The characters from `start` up to `end`. Raises: Unanswerable where the text has no such positions."""
    stop = len(text) if end is None else end
    if not 0 <= start <= stop <= len(text):
        raise Unanswerable(f"the text has {len(text)} characters; there is no part from {start} to {stop}")
    return text[start:stop]


def replace(text: str, old: str, new: str) -> str:
    """Every `old` as `new`. Raises: Unanswerable."""
    if not old:
        raise Unanswerable("an empty text cannot be replaced")
    grown = text.count(old) * (len(new) - len(old)) if len(new) > len(old) else 0
    if len(text) + grown > MAX_TEXT:
        raise Unanswerable(f"the result is longer than {MAX_TEXT} characters")
    return text.replace(old, new)


def split(text: str, separator: str) -> list[JsonValue]:
    """The parts between the separators. Raises: Unanswerable."""
    if not separator:
        raise Unanswerable("a text cannot be split by an empty text")
    if text.count(separator) >= MAX_ITEMS:
        raise Unanswerable(f"the result has more than {MAX_ITEMS} items")
    return [*text.split(separator)]


def join(items: list[JsonValue], separator: str = "") -> str:
    """The texts of a list, one after another. Raises: Unanswerable."""
    texts = [item for item in items if type(item) is str]
    if len(texts) != len(items):
        raise Unanswerable("join takes a list of texts; string(x) makes a text")
    if sum(map(len, texts)) + len(separator) * max(len(texts) - 1, 0) > MAX_TEXT:
        raise Unanswerable(f"the result is longer than {MAX_TEXT} characters")
    return separator.join(texts)


def pad_left(text: str, length: int, character: str) -> str:
    """The text filled up on the left to `length` characters. Raises: Unanswerable where it is longer."""
    if len(character) != 1:
        raise Unanswerable("a text is filled up with one character")
    if length > MAX_TEXT:
        raise Unanswerable(f"the result is longer than {MAX_TEXT} characters")
    if len(text) > length:
        raise Unanswerable(f"the text has {len(text)} characters, more than {length}")
    return text.rjust(length, character)


def concatenate(left: str, right: str) -> str:
    """Both texts. Raises: Unanswerable."""
    if len(left) + len(right) > MAX_TEXT:
        raise Unanswerable(f"the result is longer than {MAX_TEXT} characters")
    return left + right
