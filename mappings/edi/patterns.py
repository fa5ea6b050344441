"""Regular expressions for segments and composites, made for the delimiters of an interchange.

They check lengths, characters, codes and required members in one step. Composites that occur once are part
of their segment's expression, with a group for each component; others have one group and an expression of
their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from mappings.edi.delimiters import CONTROLS, Delimiters
from mappings.edi.layout import Value

Match: TypeAlias = Callable[[str], re.Match[str] | None]

MAX_ALTERNATION = 12
"""Codes that an expression names; of longer lists the value is looked up behind it."""


class Level(NamedTuple):
    """What stands before the first member, between members, and between what is inside of one."""

    first: str
    between: str
    inner: str | None


def expression(
    prefix: str, level: Level, members: Sequence[Value], delimiters: Delimiters, *, released: bool = False
) -> Match:
    """What matches a text with a separator before each member; a separator at the end is not accepted, unless
    all are there always. With `released` what is released in values is accepted."""
    marks = [level.first, *[level.between] * (len(members) - 1)]
    pattern = _sequence(marks, members, level, delimiters, released=released)
    return re.compile(f"{re.escape(prefix)}{pattern}{_end(marks, delimiters)}").fullmatch


def single(member: Value, level: Level, delimiters: Delimiters) -> Match:
    """What matches one value of a list."""
    return re.compile(_scalar(member, delimiters)).fullmatch


def is_inline(member: Value, level: Level, delimiters: Delimiters) -> bool:
    """True for a composite whose components are groups of their segment's expression."""
    return (
        bool(member.components)
        and member.most == 1
        and not delimiters.keeps
        and level.inner == delimiters.component
        and all(component.scalar is not None for component in member.components)
    )


def is_alternation(member: Value) -> bool:
    """True where the expression has the codes of a value."""
    return member.codes is not None and len(member.codes) <= MAX_ALTERNATION


def _sequence(
    marks: Sequence[str], members: Sequence[Value], level: Level, delimiters: Delimiters, *, released: bool
) -> str:
    """Members, each behind its mark; what follows the last one that is required may be left out."""
    pattern, needed = "", delimiters.keeps
    for mark, member in zip(reversed(marks), reversed(members), strict=False):
        if is_inline(member, level, delimiters):
            group = f"(?:{_inline(member, level, delimiters, released=released)})"
        else:
            group = f"({_group(member, level, delimiters, released=released)})"
        own = f"{re.escape(mark)}{group}{'' if member.required else '?'}{pattern}"
        needed = needed or member.required
        pattern = own if needed else f"(?:{own})?"
    return pattern


def _inline(member: Value, level: Level, delimiters: Delimiters, *, released: bool) -> str:
    """The components of a composite, of which at least one is there."""
    separator = level.inner
    assert separator is not None, "checked before it is compiled"
    marks = ["", *[separator] * (len(member.components) - 1)]
    inside = Level("", separator, delimiters.subcomponent)
    pattern = _sequence(marks, member.components, inside, delimiters, released=released)
    return f"(?=[^{re.escape(level.between)}]){pattern}{_end([separator], delimiters)}"


def _end(marks: Sequence[str], delimiters: Delimiters) -> str:
    if delimiters.keeps:
        return ""
    return "".join(f"(?<!{re.escape(mark)})" for mark in sorted(set(marks)))


def _group(member: Value, level: Level, delimiters: Delimiters, *, released: bool) -> str:
    if member.scalar is not None and member.most == 1:
        return _scalar(member, delimiters, released=released)
    kept = {level.inner, delimiters.repetition}
    kept |= {delimiters.subcomponent} if level.inner == delimiters.component else set()
    out = "".join(mark for mark in delimiters.all + CONTROLS if mark not in kept)
    own = f"[^{re.escape(out)}]"
    return f"(?:{own}|{_released(delimiters)})+" if released else f"{own}+"


def _scalar(member: Value, delimiters: Delimiters, *, released: bool = False) -> str:
    assert member.scalar is not None
    if is_alternation(member):
        assert member.codes is not None
        # What holds a separator in this interchange is released, or none of its values.
        plain = (word for word in member.codes if word and not _out_of_values(delimiters) & set(word))
        words = sorted(plain, key=lambda word: (-len(word), word))
        return f"(?:{'|'.join(map(re.escape, words))})" if words else "(?!)"
    out = re.escape(delimiters.all + CONTROLS)
    if released and member.scalar.released_pattern is not None:
        return member.scalar.released_pattern(out, _released(delimiters))
    return member.scalar.pattern(out)


def _out_of_values(delimiters: Delimiters) -> set[str]:
    return set(delimiters.all + CONTROLS)


def _released(delimiters: Delimiters) -> str:
    """A character that means something, with the release before it."""
    assert delimiters.release is not None
    return f"{re.escape(delimiters.release)}[{re.escape(delimiters.released_ones)}]"
