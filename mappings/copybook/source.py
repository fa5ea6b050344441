"""The text of a copybook without what is no COBOL: sequence numbers, margins, comments, continued lines.

Source: Enterprise COBOL for z/OS Language Reference, Reference format (areas, indicators, continuation).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from enum import StrEnum
from itertools import accumulate

from mappings.copybook.errors import At, CopybookError

_TAB = 8
_LAST_COLUMN = 72
_AREA = slice(7, _LAST_COLUMN)
_COMMENTS = ("*", "/", "$", "d", "D")
_DIRECTIVE = re.compile(r"\s*(>>|\$\s*SET\b)", re.IGNORECASE)
_SAYS_FREE = re.compile(r"(>>\s*SOURCE|\$\s*SET\s+SOURCEFORMAT).*FREE", re.IGNORECASE)
_LISTING = re.compile(r"\s*(EJECT|SKIP[123])\s*\.?\s*$|\s*TITLE\s+['\"]", re.IGNORECASE)
# An entry that begins before column 8, where the indicator and the sequence number would be.
_BEGINS_EARLY = re.compile(r" {0,6}(\d{1,2} +[A-Za-z:]|COPY\s|EXEC\s)", re.IGNORECASE)


class SourceFormat(StrEnum):
    """How the lines of a copybook are laid out."""

    AUTO = "auto"
    """Free where an entry begins before column 8 or a directive says so, fixed otherwise."""
    FIXED = "fixed"
    """Columns 1 to 6 and from 73 on are no part of the text, column 7 is the indicator."""
    FREE = "free"
    """Text in all columns."""


class Source:
    """Text with the places that its parts come from: each with its line and the column it begins in."""

    def __init__(self, name: str, parts: Sequence[tuple[str, int, int]]) -> None:
        self.name = name
        self.text = "".join(part for part, _, _ in parts)
        self._places = [(line, column) for _, line, column in parts]
        self._starts = list(accumulate((len(part) for part, _, _ in parts), initial=0))[: len(parts)]

    def at(self, offset: int) -> At:
        """The place of a character."""
        index = bisect_right(self._starts, offset) - 1
        line, column = self._places[index]
        return At(self.name, line, column + offset - self._starts[index])


def source(name: str, text: str, form: SourceFormat) -> Source:
    """The COBOL of a text. Lines end with a newline, those that are continued do not.

    Raises: CopybookError where column 7 of the fixed format holds what is no indicator.
    """
    lines = _lines(text)
    return Source(name, _free(lines) if _is_free(lines, form) else _fixed(name, lines))


def cut_off(text: str, form: SourceFormat, line: int) -> str:
    """What a line, counted from 1, has from column 73 on where that is no part of the text, and no number."""
    lines = _lines(text)
    if _is_free(lines, form) or not 1 <= line <= len(lines):
        return ""
    rest = lines[line - 1][_LAST_COLUMN:].strip()
    return "" if rest.isdecimal() else rest


def _lines(text: str) -> list[str]:
    return [line.expandtabs(_TAB) for line in text.lstrip("\ufeff").replace("\x1a", "").splitlines()]


def _is_free(lines: Sequence[str], form: SourceFormat) -> bool:
    if form is SourceFormat.AUTO:
        return any(_SAYS_FREE.search(line) or _BEGINS_EARLY.match(line) for line in lines)
    return form is SourceFormat.FREE


def _free(lines: Sequence[str]) -> list[tuple[str, int, int]]:
    return [
        (line + "\n", number, 1)
        for number, line in enumerate(lines, 1)
        if not line.lstrip().startswith("*") and not _is_listing(line)
    ]


def _fixed(name: str, lines: Sequence[str]) -> list[tuple[str, int, int]]:
    parts: list[tuple[str, int, int]] = []
    quote = ""
    for number, line in enumerate(lines, 1):
        indicator, area = line[6:7], line[_AREA]
        if indicator in _COMMENTS or line.lstrip().startswith("*") or _is_listing(area):
            continue
        if indicator.strip(" -") and area.strip():  # text that begins too early: a level would lose a digit
            raise CopybookError(At(name, number, 7), "indicator", f"{indicator!r} in column 7 says nothing")
        at = 8
        if indicator == "-" and parts:
            parts[-1] = _open_ended(parts[-1], in_literal=bool(quote))
            rest = area.lstrip()
            if quote and rest.startswith(quote):
                rest = rest[1:]
            area, at = rest, at + len(area) - len(rest)
        else:
            quote = ""
        parts.append((area + "\n", number, at))
        quote = _open_quote(area, quote)
    return parts


def _is_listing(line: str) -> bool:
    """Directives for the compiler and its listing."""
    return bool(_DIRECTIVE.match(line) or _LISTING.match(line))


def _open_ended(part: tuple[str, int, int], *, in_literal: bool) -> tuple[str, int, int]:
    """A part of which the next line is the continuation: a literal goes on to column 72."""
    text, line, column = part
    text = text[:-1]
    return (text.ljust(_LAST_COLUMN - column + 1) if in_literal else text.rstrip()), line, column


def _open_quote(text: str, quote: str) -> str:
    """The quote of the literal that a text ends in, if it does; `quote` is the one it begins in."""
    for character in text:
        if character == quote:
            quote = ""
        elif not quote and character in "'\"":
            quote = character
    return quote
