"""COPY: the texts that a copybook names, put in its place.

Source: Enterprise COBOL for z/OS Language Reference, COPY statement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from mappings.copybook.errors import At, CopybookError
from mappings.copybook.source import SourceFormat, source
from mappings.copybook.words import Replacement, Word, language_words, replaced, text_words

Find: TypeAlias = Callable[[str, At], tuple[str, str]]
"""From the name in a COPY statement to the name and content of the text. Raises: CopybookError."""

_MAX_DEPTH = 16
_MAX_COPIES = 5000
_MAX_WORDS = 500_000


def expanded(name: str, text: str, form: SourceFormat, find: Find) -> list[Word]:
    """The words of a copybook with all that it copies.

    Raises: CopybookError for a line or literal that is none, a COPY that is none, texts that copy each other.
    """
    left = _MAX_COPIES

    def find_next(copied: str, at: At) -> tuple[str, str]:
        nonlocal left
        left -= 1
        if left < 0:
            raise CopybookError(at, "size", f"copies more than {_MAX_COPIES} times with what it copies")
        return find(copied, at)

    return language_words(_after_replace(_expanded(name, text, form, find_next, ())))


def _after_replace(words: list[Word]) -> list[Word]:
    """Words with what REPLACE statements among them replace, each up to the next one.

    Source: Enterprise COBOL for z/OS Language Reference, REPLACE statement.
    """
    result: list[Word] = []
    replacements: list[Replacement] = []
    at = 0
    while at < len(words):
        end = next((index for index in range(at, len(words)) if words[index].upper == "REPLACE"), len(words))
        result += replaced(words[at:end], replacements)
        if end == len(words):
            break
        start = words[end].at
        at = end + 1
        if _is(words, at, "OFF"):
            replacements, at = [], at + 1
        else:
            replacements, at = _replacements(words, at)
            if not replacements:
                raise CopybookError(start, "replace", "REPLACE names nothing")
        if at >= len(words) or not words[at].is_stop:
            raise CopybookError(start, "replace", "has no period at its end")
        at += 1
    return result


def _replacements(words: Sequence[Word], at: int) -> tuple[list[Replacement], int]:
    """What is to be replaced by what, up to the next period, and the index of that."""
    found: list[Replacement] = []
    while at < len(words) and not words[at].is_stop:
        one, at = _replacement(words, at)
        found.append(one)
    return found, at


def copied_names(name: str, text: str, form: SourceFormat) -> list[tuple[str, At]]:
    """The names in the COPY statements of a text itself. Raises: CopybookError."""
    words = text_words(source(name, text, form))
    found = []
    for index, word in enumerate(words):
        if word.upper == "COPY" and not word.literal and index + 1 < len(words):
            copied, _ = _name(words, index + 1)
            found.append((copied, word.at))
    return found


def _expanded(name: str, text: str, form: SourceFormat, find: Find, around: tuple[str, ...]) -> list[Word]:
    words = text_words(source(name, text, form))
    result: list[Word] = []
    at = 0
    while at < len(words):
        word = words[at]
        if word.upper != "COPY" or word.literal:
            result.append(word)
            at += 1
            continue
        copied, replacements, at = _statement(words, at)
        if copied in around or len(around) >= _MAX_DEPTH:
            raise CopybookError(word.at, "copy", f"{copied!r} copies itself, or is copied too deep")
        member, content = find(copied, word.at)
        inside = _expanded(member, content, form, find, (*around, copied))
        result += replaced(inside, replacements)
        if len(result) > _MAX_WORDS:
            raise CopybookError(word.at, "size", f"has more than {_MAX_WORDS} words with what it copies")
    return result


def _statement(words: Sequence[Word], at: int) -> tuple[str, list[Replacement], int]:
    """A COPY statement: the name, the replacements, and the index of the word behind its period."""
    start = words[at].at
    name, at = _name(words, at + 1)
    if _is(words, at, "OF", "IN"):
        _, at = _name(words, at + 1)
    if _is(words, at, "SUPPRESS"):
        at += 1
    replacements: list[Replacement] = []
    if _is(words, at, "REPLACING"):
        replacements, at = _replacements(words, at + 1)
        if not replacements:
            raise CopybookError(start, "copy", "REPLACING names nothing")
    if at >= len(words) or not words[at].is_stop:
        raise CopybookError(start, "copy", "has no period at its end")
    return name, replacements, at + 1


def _is(words: Sequence[Word], at: int, *among: str) -> bool:
    return at < len(words) and words[at].upper in among


def _name(words: Sequence[Word], at: int) -> tuple[str, int]:
    if at >= len(words) or words[at].is_stop:
        raise CopybookError(words[at - 1].at, "copy", "names no text")
    word = words[at]
    return (word.text[1:-1] if word.literal else word.text), at + 1


def _replacement(words: Sequence[Word], at: int) -> tuple[Replacement, int]:
    part = ""
    if _is(words, at, "LEADING", "TRAILING"):
        part = words[at].upper
        at += 1
    start = words[at].at if at < len(words) else words[-1].at
    what, at = _operand(words, at)
    if not _is(words, at, "BY"):
        raise CopybookError(start, "copy", "REPLACING has no BY")
    by, at = _operand(words, at + 1)
    if not what or (part and len(what) != 1):
        raise CopybookError(start, "copy", "REPLACING names nothing that could be replaced")
    joined = "" if any(word.spaced for word in what[1:]) else "".join(word.upper for word in what)
    return Replacement(tuple(word.upper for word in what), tuple(by), part, joined), at


def _operand(words: Sequence[Word], at: int) -> tuple[list[Word], int]:
    """Pseudo-text between ==, a literal, or a word."""
    if at >= len(words) or words[at].is_stop:
        raise CopybookError(words[min(at, len(words) - 1)].at, "copy", "REPLACING ends too early")
    if words[at].text != "==":
        end = at + 1
        while end < len(words) and not words[end].spaced and not words[end].is_stop:
            end += 1
        return list(words[at:end]), end
    end = at + 1
    while end < len(words) and words[end].text != "==":
        end += 1
    if end == len(words):
        raise CopybookError(words[at].at, "copy", "pseudo-text has no end")
    return list(words[at + 1 : end]), end + 1
