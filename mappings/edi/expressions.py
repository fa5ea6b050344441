"""The quick way to read: a regular expression for each segment and composite, made for its delimiters.

It checks lengths, characters, codes and required members in one step. What it does not accept, the careful
way (`careful.py`) takes apart; what it accepts, the careful way reads as the same values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from mappings.contract import JsonValue
from mappings.edi.conditions import Relation
from mappings.edi.delimiters import CONTROLS, Delimiters
from mappings.edi.findings import BrokenRule
from mappings.edi.layout import Value

Values: TypeAlias = dict[str, JsonValue]
ReadText: TypeAlias = Callable[[str], JsonValue]

_MAX_ALTERNATION = 12
_MAX_SHAPES = 4096
_UNUSUAL = BrokenRule("unusual", "is left to the careful way")


class Level(NamedTuple):
    """What stands before the first member, between members, and between what is inside of one."""

    first: str
    between: str
    inner: str | None


class Members:
    """Reads the elements of a segment, or the components of a composite, from text in which a separator
    stands before each of them."""

    def __init__(
        self,
        prefix: str,
        level: Level,
        members: Sequence[Value],
        relations: Sequence[Relation],
        delimiters: Delimiters,
    ) -> None:
        self._match = _expression(prefix, level, members, delimiters)
        self._names = tuple(member.name for member in members)
        self._positions = {member.name: member.position for member in members}
        self._relations = tuple(relations)
        readers = [(member.name, _reader(member, level, delimiters)) for member in members]
        self._converted = tuple((name, read) for name, read in readers if read is not None)
        self._shapes: dict[tuple[str, ...], bool] = {}

    def read(self, text: str) -> Values | None:
        """The values by name, None where something is unusual or wrong."""
        found = self._match(text)
        if found is None:
            return None
        values: Values = {name: value for name, value in zip(self._names, found.groups()) if value}  # noqa: B905
        if self._converted:
            try:
                for name, convert in self._converted:
                    if name in values:
                        values[name] = convert(values[name])  # type: ignore[arg-type]  # text until here
            except BrokenRule:
                return None
        if self._relations and not self._agrees(values):
            return None
        return values

    def _agrees(self, values: Values) -> bool:
        """True when the conditions hold; that depends only on which members there are."""
        shape = tuple(values)
        known = self._shapes.get(shape)
        if known is None:
            present = {self._positions[name] for name in shape}
            known = all(one.broken(present) is None for one in self._relations)
            if len(self._shapes) < _MAX_SHAPES:
                self._shapes[shape] = known
        return known


def segment_members(
    tag: str, elements: Sequence[Value], relations: Sequence[Relation], delimiters: Delimiters
) -> Members:
    """What reads the elements of a segment from its text."""
    level = Level(delimiters.tag_separator, delimiters.element, delimiters.component)
    return Members(tag, level, elements, relations, delimiters)


def _reader(member: Value, level: Level, delimiters: Delimiters) -> ReadText | None:
    """What makes the value of the text that the expression found; None where it is the text."""
    if member.components:
        one: ReadText | None = _composite(member, level, delimiters)
    elif member.most > 1:
        one = _repeated_scalar(member, level, delimiters)
    else:
        return _scalar(member)
    if member.most == 1 or one is None:
        return one
    return _list(member, one, delimiters)


def _scalar(member: Value) -> ReadText | None:
    assert member.scalar is not None
    read, codes = member.scalar.read, member.codes
    if codes is None or _alternates(member):
        return read

    def coded(text: str) -> JsonValue:
        if text not in codes:
            raise _UNUSUAL
        return text if read is None else read(text)

    return coded


def _repeated_scalar(member: Value, level: Level, delimiters: Delimiters) -> ReadText:
    assert member.scalar is not None
    match = re.compile(_pattern(member, level, delimiters, repeated=True)).fullmatch
    read = _scalar(member)

    def one(text: str) -> JsonValue:
        if match(text) is None:
            raise _UNUSUAL
        return text if read is None else read(text)

    return one


def _composite(member: Value, level: Level, delimiters: Delimiters) -> ReadText:
    separator = level.inner
    assert separator is not None, "checked before it is compiled"
    inner = delimiters.subcomponent if separator == delimiters.component else None
    inside = Level(separator, separator, inner)
    members = Members("", inside, member.components, member.relations, delimiters)

    def one(text: str) -> JsonValue:
        values = members.read(f"{separator}{text}")
        if not values:
            raise _UNUSUAL
        return values

    return one


def _list(member: Value, one: ReadText, delimiters: Delimiters) -> ReadText:
    separator, most = delimiters.repetition, member.most

    def several(text: str) -> JsonValue:
        parts = [text] if separator is None else text.split(separator)
        if len(parts) > most:
            raise _UNUSUAL
        return [one(part) for part in parts]

    return several


def _expression(
    prefix: str, level: Level, members: Sequence[Value], delimiters: Delimiters
) -> Callable[[str], re.Match[str] | None]:
    """A group for each member; a separator at the end is not accepted, unless all are there always."""
    marks = [re.escape(level.first), *[re.escape(level.between)] * (len(members) - 1)]
    pattern, needed = "", delimiters.keeps
    for mark, member in zip(reversed(marks), reversed(members), strict=False):
        group = f"({_pattern(member, level, delimiters)})"
        inner = f"{mark}{group}{'' if member.required else '?'}{pattern}"
        needed = needed or member.required
        pattern = inner if needed else f"(?:{inner})?"
    ending = "" if delimiters.keeps else "".join(f"(?<!{mark})" for mark in sorted(set(marks)))
    return re.compile(f"{re.escape(prefix)}{pattern}{ending}").fullmatch


def _pattern(member: Value, level: Level, delimiters: Delimiters, *, repeated: bool = False) -> str:
    if member.scalar is None or (member.most > 1 and not repeated):
        kept = {level.inner, delimiters.repetition}
        kept |= {delimiters.subcomponent} if level.inner == delimiters.component else set()
        out = "".join(mark for mark in delimiters.all + CONTROLS if mark not in kept)
        return f"[^{re.escape(out)}]+"
    if _alternates(member):
        assert member.codes is not None
        words = sorted(member.codes, key=lambda word: (-len(word), word))
        return f"(?:{'|'.join(map(re.escape, words))})"
    return member.scalar.pattern(re.escape(delimiters.all + CONTROLS))


def _alternates(member: Value) -> bool:
    return member.codes is not None and len(member.codes) <= _MAX_ALTERNATION
