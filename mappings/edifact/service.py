"""How an interchange begins: the service string advice UNA, and UNB as far as it says how to read.

Text has one character for each byte here. Source: ISO 9735-1 (version 4), §8 and annex A; ISO 9735:1988, §4
to §6 and annex A: at level B the separators without UNA are the information separators.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mappings.edi import Delimiters
from mappings.edi.pieces import LINE_ENDS, unbroken

ADVICE_LENGTH = 9
LONGEST_UNB = 2000
"""Characters in which UNB has to end; it has some 300 at most."""

REPEATS_FROM = "4"
"""The syntax version from which on elements repeat."""

DEFAULTS = Delimiters("+", ":", None, "'", "?")
"""What holds where no UNA says other characters, before version 4."""

_LEVEL_B = Delimiters("\x1d", "\x1f", None, "\x1c", None)
_REPETITION = "*"
_BETWEEN = "\r\n "
_MAX_BETWEEN = 80
_MARKS = ".,"


class BadHeader(ValueError):  # an event: named for what it is
    """What should begin an interchange does not."""


@dataclass(frozen=True, slots=True)
class Header:
    """An interchange that begins: UNB without its terminator, and what is known from it and from UNA.
    `length` counts all of it, `offset` what stands before UNB; with `is_broken` line ends anywhere in the
    interchange are no data."""

    text: str
    delimiters: Delimiters
    syntax: str
    version: str
    offset: int = 0
    length: int = 0
    is_broken: bool = False


def header(text: str, *, is_broken: bool = False) -> Header | None:
    """The header that the text begins with, None where more of it is needed; with `is_broken` line ends in it
    are no data. Raises: BadHeader."""
    if text.startswith("UNA"):
        if len(text) < ADVICE_LENGTH:
            return None
        marks, advised = _advice(text)
        behind = text[ADVICE_LENGTH : ADVICE_LENGTH + _MAX_BETWEEN]
        at = ADVICE_LENGTH + len(behind) - len(behind.lstrip(_BETWEEN))
        if len(text) < at + 3:
            return None
        if text[at : at + 3] != "UNB":
            raise BadHeader("the service string advice UNA is not followed by UNB")
    else:
        marks, advised, at = _without_advice(text), None, 0
    end = _end(text, at, marks)
    if end is None:
        return None
    is_broken = is_broken and marks.terminator not in LINE_ENDS
    unb = unbroken(text[at:end]) if is_broken else text[at:end]
    return replace(_header(unb, marks, advised), offset=at, length=end + 1, is_broken=is_broken)


def advice(marks: Delimiters, line_end: str, *, always: bool = False) -> str:
    """UNA for these service characters; nothing where they hold without it, unless it is written always."""
    has_defaults = marks in (DEFAULTS, Delimiters("+", ":", _REPETITION, "'", "?"))
    if not always and has_defaults:
        return ""
    ending = "" if marks.terminator in _BETWEEN else line_end
    release, repetition = marks.release or " ", marks.repetition or " "
    return f"UNA{marks.component}{marks.element}{marks.mark}{release}{repetition}{marks.terminator}{ending}"


def _advice(text: str) -> tuple[Delimiters, str]:
    """The delimiters that UNA says, those before version 4; and the character that repeats from there on."""
    component, element, mark, release, repetition, terminator = tuple(text[3:ADVICE_LENGTH])
    marks = [component, element, terminator, *([release] if release != " " else [])]
    if len(set(marks)) != len(marks) or any(one.isalnum() or one == " " for one in marks):
        raise BadHeader("the service string advice UNA does not give different service characters")
    released = release if release != " " else None
    return Delimiters(
        element, component, None, terminator, released, mark if mark in _MARKS else "."
    ), repetition


def _without_advice(text: str) -> Delimiters:
    if text[3] == DEFAULTS.element:
        return DEFAULTS
    if text[3] == _LEVEL_B.element:
        return _LEVEL_B
    raise BadHeader(
        "UNB is followed by an unusual separator, and no service string advice UNA stands before it"
    )


def _end(text: str, at: int, marks: Delimiters) -> int | None:
    """Where UNB ends, None where that has not come yet."""
    found = text.find(marks.terminator, at)
    while found >= 0:
        before = text[at:found]
        releases = len(before) - len(before.rstrip(marks.release)) if marks.release else 0
        if releases % 2 == 0:
            break
        found = text.find(marks.terminator, found + 1)
    if (found if found >= 0 else len(text)) - at > LONGEST_UNB:
        raise BadHeader(f"UNB does not end within {LONGEST_UNB} characters")
    return found if found >= 0 else None


def _header(unb: str, marks: Delimiters, advised: str | None) -> Header:
    elements = marks.split(unb, marks.element)
    syntax = marks.split(elements[1], marks.component) if len(elements) > 1 else [""]
    version = syntax[1] if len(syntax) > 1 else ""
    repetition = _REPETITION if advised is None and marks is DEFAULTS else advised
    if version[:1] >= REPEATS_FROM and version.isdigit() and repetition not in (None, " "):
        assert repetition is not None
        if repetition in marks.all or repetition.isalnum():
            raise BadHeader("the service string advice UNA does not give different service characters")
        marks = Delimiters(
            marks.element, marks.component, repetition, marks.terminator, marks.release, marks.mark
        )
    return Header(unb, marks, syntax[0].strip(_BETWEEN), version)
