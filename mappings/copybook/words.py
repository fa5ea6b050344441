"""The words of a copybook: text words, as COPY … REPLACING sees them, and the words of the language.

Source: Enterprise COBOL for z/OS Language Reference, Separators; COPY statement (comparison operation).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mappings.copybook.errors import At, CopybookError
from mappings.copybook.source import Source

_WORD = re.compile(
    r"""(?P<space>\s+ | \*>[^\n]* | [,;](?=\s))
    |(?P<literal>(?:[XNGUZxnguz]|[Nn][Xx])?(?:'(?:[^'\n]|'')*'|"(?:[^"\n]|"")*"))
    |(?P<pseudo>==)
    |(?P<stop>\.(?=\s|$))
    |(?P<mark>[():])
    |(?P<open>['"])
    |(?P<word>(?:[^\s():'",;.=]|\.(?!\s|$)|[,;](?!\s)|=(?!=))+)
    """,
    re.VERBOSE,
)
_MAX_WORDS = 200_000
_PICTURE = ("PIC", "PICTURE")


@dataclass(frozen=True, slots=True)
class Word:
    """One word. `spaced` says that white space stands before it; `literal` that it is in quotes."""

    text: str
    at: At
    spaced: bool = True
    literal: bool = False

    @property
    def upper(self) -> str:
        """How words are compared: without case."""
        return self.text if self.literal else self.text.upper()

    @property
    def is_stop(self) -> bool:
        """True for the period that ends an entry."""
        return self.text == "." and not self.literal


def text_words(source: Source) -> list[Word]:
    """The text words of a source. Raises: CopybookError where a literal has no end."""
    return _with_pictures(_plain_words(source))


def _with_pictures(words: Sequence[Word]) -> list[Word]:
    """Parentheses separate words, but not in a picture: that is one word up to the next space. Where it holds
    a colon it is left apart, as COPY … REPLACING is to find what stands between two."""
    result: list[Word] = []
    at = 0
    while at < len(words):
        result.append(words[at])
        is_picture = words[at].upper in _PICTURE
        at += 1
        if is_picture and at < len(words) and words[at].upper == "IS":
            result.append(words[at])
            at += 1
        if is_picture:
            end = at + 1
            while end < len(words) and _continues(words[end]):
                end += 1
            parts = words[at:end]
            if len(parts) > 1 and not any(":" in part.text for part in parts):
                result.append(replace(parts[0], text="".join(part.text for part in parts)))
                at = end
    return result


def _continues(word: Word) -> bool:
    """Whether a word goes on with the picture before it: == ends the text that it is in."""
    return not word.spaced and not word.is_stop and word.text != "=="


def _plain_words(source: Source) -> list[Word]:
    words: list[Word] = []
    spaced = True
    for found in _WORD.finditer(source.text):
        kind = found.lastgroup
        if kind == "space":
            spaced = True
            continue
        at = source.at(found.start())
        if kind == "open":
            raise CopybookError(at, "literal", "has no end on its line")
        words.append(Word(found[0], at, spaced, literal=kind == "literal"))
        spaced = False
        if len(words) > _MAX_WORDS:
            raise CopybookError(at, "size", f"has more than {_MAX_WORDS} words")
    return words


def language_words(words: Iterable[Word]) -> list[Word]:
    """Text words that stand together without space, as one: `X(10)`, or what replacing has put together."""
    runs: list[list[Word]] = []
    for word in words:
        last = runs[-1][-1] if runs else None
        if last is None or word.spaced or word.is_stop or last.is_stop or word.literal or last.literal:
            runs.append([word])
        else:
            runs[-1].append(word)
    return [
        run[0] if len(run) == 1 else replace(run[0], text="".join(word.text for word in run)) for run in runs
    ]


@dataclass(frozen=True, slots=True)
class Replacement:
    """What REPLACING puts in the place of what: whole words, or the beginning or end of one. `joined` is what
    a picture is that has these words without a space between them."""

    what: tuple[str, ...]
    by: tuple[Word, ...]
    part: str = ""
    joined: str = ""


def replaced(words: Sequence[Word], replacements: Sequence[Replacement]) -> list[Word]:
    """The words with each replacement made; what was put in is not looked at again."""
    result: list[Word] = []
    at = 0
    while at < len(words):
        word = words[at]
        for one in replacements:
            count = len(one.what)
            if one.part:
                new = _partly(word, one)
                if new is not None:
                    result += new
                    at += 1
                    break
            elif tuple(each.upper for each in words[at : at + count]) == one.what:
                result += _placed(one.by, word)
                at += count
                break
            elif word.upper == one.joined:
                result += _placed(one.by, word)
                at += 1
                break
        else:
            result.append(word)
            at += 1
    return result


def _placed(by: Sequence[Word], where: Word) -> list[Word]:
    """New words in the place of an old one, which errors name."""
    return [
        replace(word, at=where.at, spaced=where.spaced if index == 0 else word.spaced)
        for index, word in enumerate(by)
    ]


def _partly(word: Word, one: Replacement) -> list[Word] | None:
    (what,) = one.what
    by = "".join(each.text for each in one.by)
    if word.literal or len(word.upper) < len(what):
        return None
    if one.part == "LEADING" and word.upper.startswith(what):
        text = by + word.text[len(what) :]
    elif one.part == "TRAILING" and word.upper.endswith(what):
        text = word.text[: len(word.text) - len(what)] + by
    else:
        return None
    return [replace(word, text=text)] if text else []
