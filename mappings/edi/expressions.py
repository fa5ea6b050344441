"""The quick way to read: a regular expression for each segment (`patterns.py`), its groups made values.

What it does not accept, the careful way (`careful.py`) takes apart; what it accepts, the careful way reads
as the same values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from mappings.contract import JsonValue
from mappings.edi.conditions import Relation
from mappings.edi.delimiters import Delimiters
from mappings.edi.findings import BrokenRule
from mappings.edi.generated import Groups, Part, Place, ReadText, Values, reader
from mappings.edi.layout import Value
from mappings.edi.patterns import Level, Match, expression, is_alternation, is_inline, single

ReadMembers: TypeAlias = Callable[[str], Values | None]

_MAX_SHAPES = 4096


class _Unusual(BrokenRule):
    """What is left to the careful way."""

    def __init__(self) -> None:
        super().__init__("unusual", "is left to the careful way")


def members_reader(
    prefix: str,
    level: Level,
    members: Sequence[Value],
    relations: Sequence[Relation],
    delimiters: Delimiters,
) -> ReadMembers:
    """What reads the elements of a segment, or the components of a composite, from text in which a separator
    stands before each of them: their values by name, None where something is unusual or wrong."""
    places = tuple(_places(members, level, delimiters))
    agreements = [
        (member.name, _agreement(member.components, member.relations))
        for member, place in zip(members, places, strict=True)
        if place.parts and member.relations
    ]
    if relations:
        agreements.insert(0, ("", _agreement(members, relations)))
    match = expression(prefix, level, members, delimiters)
    released = _released_groups(prefix, level, members, places, delimiters)
    return reader(match, released, places, agreements)


def _released_groups(
    prefix: str, level: Level, members: Sequence[Value], places: Sequence[Place], delimiters: Delimiters
) -> Callable[[str], Groups | None]:
    """What finds the texts of values where separators in them are released; its expression is made when it is
    first needed."""
    release = delimiters.release
    if release is None:
        return lambda text: None
    own = [part.group for place in places for part in place.parts]
    own += [place.group for place in places if place.is_text]
    matches: list[Match] = []

    def released(text: str) -> Groups | None:
        if release not in text:
            return None
        if not matches:
            matches.append(expression(prefix, level, members, delimiters, released=True))
        found = matches[0](text)
        if found is None:
            return None
        groups = list(found.groups())
        for index in own:
            value = groups[index]
            if value and release in value:
                groups[index] = delimiters.released(value)
        return groups

    return released


def _agreement(members: Sequence[Value], relations: Sequence[Relation]) -> Callable[[Values], bool]:
    """Whether the conditions among members hold; that depends only on which of them there are."""
    positions = {member.name: member.position for member in members}
    shapes: dict[tuple[str, ...], bool] = {}

    def holds(values: Values) -> bool:
        shape = tuple(values)
        known = shapes.get(shape)
        if known is None:
            present = {positions[name] for name in shape}
            known = all(one.broken(present) is None for one in relations)
            if len(shapes) < _MAX_SHAPES:
                shapes[shape] = known
        return known

    return holds


def segment_reader(
    tag: str, elements: Sequence[Value], relations: Sequence[Relation], delimiters: Delimiters
) -> ReadMembers:
    """What reads the elements of a segment from its text."""
    level = Level(delimiters.tag_separator, delimiters.element, delimiters.component)
    return members_reader(tag, level, elements, relations, delimiters)


def _places(members: Sequence[Value], level: Level, delimiters: Delimiters) -> Iterator[Place]:
    group = 0
    for member in members:
        if is_inline(member, level, delimiters):
            parts = tuple(
                Part(one.name, group + at, _scalar(one), _is_sure(one))
                for at, one in enumerate(member.components)
            )
            yield Place(member.name, group, None, member.required, parts, is_text=False)
            group += len(parts)
        else:
            is_text = member.scalar is not None and member.most == 1
            convert = _reader(member, level, delimiters)
            yield Place(member.name, group, convert, _is_sure(member), (), is_text)
            group += 1


def _is_sure(member: Value) -> bool:
    """True where the expression finds at least one character for it."""
    return member.required and (member.scalar is None or member.scalar.least > 0)


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
    read, codes = member.scalar.convert or member.scalar.read, member.codes
    if codes is None or is_alternation(member):
        return read

    def coded(text: str) -> JsonValue:
        if text not in codes:
            raise _Unusual
        return text if read is None else read(text)

    return coded


def _repeated_scalar(member: Value, level: Level, delimiters: Delimiters) -> ReadText:
    match = single(member, level, delimiters)
    read = _scalar(member)

    def one(text: str) -> JsonValue:
        if match(text) is None:
            raise _Unusual
        return text if read is None else read(text)

    return one


def _composite(member: Value, level: Level, delimiters: Delimiters) -> ReadText:
    separator = level.inner
    assert separator is not None, "checked before it is compiled"
    inner = delimiters.subcomponent if separator == delimiters.component else None
    inside = Level(separator, separator, inner)
    read = members_reader("", inside, member.components, member.relations, delimiters)

    def one(text: str) -> JsonValue:
        values = read(f"{separator}{text}")
        if not values:
            raise _Unusual
        return values

    return one


def _list(member: Value, one: ReadText, delimiters: Delimiters) -> ReadText:
    separator, most = delimiters.repetition, member.most

    def several(text: str) -> JsonValue:
        parts = [text] if separator is None else delimiters.split(text, separator)
        if len(parts) > most:
            raise _Unusual
        return [one(part) for part in parts]

    return several
