"""The quick way to read: a regular expression for each segment (`patterns.py`), its groups made values.

What it does not accept, the careful way (`careful.py`) takes apart; what it accepts, the careful way reads
as the same values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from mappings.contract import JsonValue
from mappings.edi.conditions import Relation
from mappings.edi.delimiters import Delimiters
from mappings.edi.findings import BrokenRule
from mappings.edi.layout import Value
from mappings.edi.patterns import Level, Match, expression, is_alternation, is_inline, single

Values: TypeAlias = dict[str, JsonValue]
Groups: TypeAlias = Sequence[str | None]
ReadText: TypeAlias = Callable[[str], JsonValue]

_MAX_SHAPES = 4096
_UNUSUAL = BrokenRule("unusual", "is left to the careful way")


class _Place(NamedTuple):
    """A member's group and what makes its value of the text, where that is not the value; of a composite
    inside of the expression the same of its components."""

    name: str
    group: int
    convert: ReadText | None
    parts: tuple[_Place, ...] = ()


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
        self._made_of = (prefix, level, members)
        self._delimiters = delimiters
        self._match: Match = expression(prefix, level, members, delimiters)
        self._match_released: Match | None = None
        self._places = tuple(_places(members, level, delimiters))
        self._is_flat = not any(place.parts for place in self._places)
        self._names = tuple(member.name for member in members)
        self._converted = tuple((one.name, one.convert) for one in self._places if one.convert is not None)
        self._has_relations = bool(relations)
        self._relations_inside = tuple(
            (member.name, _Agreement(member.components, member.relations))
            for member, place in zip(members, self._places, strict=True)
            if place.parts and member.relations
        )
        self._agreement = _Agreement(members, relations)

    def read(self, text: str) -> Values | None:
        """The values by name, None where something is unusual or wrong."""
        found = self._match(text)
        groups: Groups | None
        if found is not None:
            groups, end = found.groups(), found.lastindex or 0
        else:
            groups = self._released(text)
            if groups is None:
                return None
            end = len(groups)
        try:
            if self._is_flat:
                values: Values = {name: value for name, value in zip(self._names, groups) if value}  # noqa: B905
                for name, convert in self._converted:
                    if name in values:
                        values[name] = convert(values[name])  # type: ignore[arg-type]  # text until here
            else:
                values = _shaped(self._places, groups, end)
        except BrokenRule:
            return None
        if self._has_relations and not self._agreement.holds(values):
            return None
        for name, agreement in self._relations_inside:
            inner = values.get(name)
            if isinstance(inner, dict) and not agreement.holds(inner):
                return None
        return values

    def _released(self, text: str) -> Groups | None:
        """The texts of the values where separators in them are released."""
        marks = self._delimiters
        if marks.release is None or marks.release not in text:
            return None
        prefix, level, members = self._made_of
        if self._match_released is None:
            self._match_released = expression(prefix, level, members, marks, released=True)
        found = self._match_released(text)
        if found is None:
            return None
        groups = list(found.groups())
        for member, place in zip(members, self._places, strict=True):
            own = [one.group for one in place.parts or (place,)]
            if place.parts or (member.scalar is not None and member.most == 1):
                for index in own:
                    value = groups[index]
                    if value and marks.release in value:
                        groups[index] = marks.released(value)
        return groups


class _Agreement:
    """Whether the conditions among members hold; that depends only on which of them there are."""

    def __init__(self, members: Sequence[Value], relations: Sequence[Relation]) -> None:
        self._positions = {member.name: member.position for member in members}
        self._relations = relations
        self._shapes: dict[tuple[str, ...], bool] = {}

    def holds(self, values: Values) -> bool:
        shape = tuple(values)
        known = self._shapes.get(shape)
        if known is None:
            present = {self._positions[name] for name in shape}
            known = all(one.broken(present) is None for one in self._relations)
            if len(self._shapes) < _MAX_SHAPES:
                self._shapes[shape] = known
        return known


def _shaped(places: tuple[_Place, ...], groups: Groups, end: int) -> Values:
    """The values of the groups before `end`, those of components in objects. Raises: BrokenRule."""
    values: Values = {}
    for name, group, convert, parts in places:
        if group >= end:
            break
        if not parts:
            value = groups[group]
            if value:
                values[name] = value if convert is None else convert(value)
            continue
        inner: Values = {}
        for key, index, convert_part, _ in parts:
            value = groups[index]
            if value:
                inner[key] = value if convert_part is None else convert_part(value)
        if inner:
            values[name] = inner
    return values


def segment_members(
    tag: str, elements: Sequence[Value], relations: Sequence[Relation], delimiters: Delimiters
) -> Members:
    """What reads the elements of a segment from its text."""
    level = Level(delimiters.tag_separator, delimiters.element, delimiters.component)
    return Members(tag, level, elements, relations, delimiters)


def _places(members: Sequence[Value], level: Level, delimiters: Delimiters) -> Iterator[_Place]:
    group = 0
    for member in members:
        if is_inline(member, level, delimiters):
            parts = tuple(
                _Place(one.name, group + at, _scalar(one)) for at, one in enumerate(member.components)
            )
            yield _Place(member.name, group, None, parts)
            group += len(parts)
        else:
            yield _Place(member.name, group, _reader(member, level, delimiters))
            group += 1


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
            raise _UNUSUAL
        return text if read is None else read(text)

    return coded


def _repeated_scalar(member: Value, level: Level, delimiters: Delimiters) -> ReadText:
    match = single(member, level, delimiters)
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
        parts = [text] if separator is None else delimiters.split(text, separator)
        if len(parts) > most:
            raise _UNUSUAL
        return [one(part) for part in parts]

    return several
