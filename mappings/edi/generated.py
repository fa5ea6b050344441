"""Functions whose text is made for one segment or composite, as `dataclasses` makes its methods.

A loop over the members of every segment would take twice as long as this does without one. Of the
definition only constants get into the text, each by its `repr`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from mappings.contract import JsonValue
from mappings.edi.findings import BrokenRule

Values: TypeAlias = dict[str, JsonValue]
Groups: TypeAlias = Sequence[str | None]
ReadText: TypeAlias = Callable[[str], JsonValue]


class Part(NamedTuple):
    """A component inside of its segment's expression: its group, and what makes its value of the text, None
    where that is the value. `is_sure` is true where the group is never empty when its composite is there."""

    name: str
    group: int
    convert: ReadText | None
    is_sure: bool


class Place(NamedTuple):
    """A member's group and what makes its value of the text, as of a part; of a composite inside of the
    expression, where the groups of its components are. `is_text` is true where a group has one value, in
    which characters may be released."""

    name: str
    group: int
    convert: ReadText | None
    is_sure: bool
    parts: tuple[Part, ...]
    is_text: bool


def reader(
    match: Callable[[str], Any],
    released: Callable[[str], Groups | None],
    places: Sequence[Place],
    agreements: Sequence[tuple[str, Callable[[Values], bool]]],
) -> Callable[[str], Values | None]:
    """What makes the values of a text that `match` finds the groups of, or else `released`; None where
    neither does, where a conversion raises BrokenRule, and where not all agree: each is asked about the
    composite of its name where there is one, and about all values where that is empty."""
    known: dict[str, Any] = {"match": match, "released": released, "BrokenRule": BrokenRule}
    lines = [
        "def read(text):",
        " found = match(text)",
        " if found is not None:",
        "  groups = found.groups()",
        " else:",
        "  groups = released(text)",
        "  if groups is None:",
        "   return None",
        f" {_unpacked(places)}groups",
        " try:",
        *(f"  {line}" for line in _body(places, known)),
        " except BrokenRule:",
        "  return None",
    ]
    for at, (name, agrees) in enumerate(agreements):
        known[f"agrees{at}"] = agrees
        about = f"values[{name!r}]" if name else "values"
        where = f"{name!r} in values and " if name else ""
        lines += [f" if {where}not agrees{at}({about}):", "  return None"]
    lines.append(" return values")
    exec("\n".join(lines), known)  # noqa: S102  # nothing of it comes from outside but constants
    made: Callable[[str], Values | None] = known["read"]
    return made


def _unpacked(places: Sequence[Place]) -> str:
    count = sum(max(1, len(place.parts)) for place in places)
    return "".join(f"g{at}, " for at in range(count)) + "= " if count else "_ = "


def _body(places: Sequence[Place], known: dict[str, Any]) -> Iterator[str]:
    """The statements that make `values` of the groups."""
    first = 0
    while first < len(places) and places[first].is_sure and not places[first].parts:
        first += 1
    yield f"values = {_literal(places[:first], known)}"
    for place in places[first:]:
        if place.parts:
            yield from _composite(place, known)
        else:
            yield from _stored("values", place, known)


def _composite(place: Place, known: dict[str, Any]) -> Iterator[str]:
    sure = [part.group for part in place.parts if part.is_sure]
    first = 0
    while first < len(place.parts) and place.parts[first].is_sure:
        first += 1
    indent = ""
    if sure and not place.is_sure:
        yield f"if g{sure[0]}:"
        indent = " "
    yield f"{indent}inner = {_literal(place.parts[:first], known)}"
    for part in place.parts[first:]:
        yield from (f"{indent}{line}" for line in _stored("inner", part, known))
    condition = "" if sure else "if inner: "
    yield f"{indent}{condition}values[{place.name!r}] = inner"


def _stored(into: str, one: Place | Part, known: dict[str, Any]) -> Iterator[str]:
    condition = "" if one.is_sure else f"if g{one.group}: "
    yield f"{condition}{into}[{one.name!r}] = {_value(one, known)}"


def _literal(ones: Sequence[Place | Part], known: dict[str, Any]) -> str:
    return f"{{{', '.join(f'{one.name!r}: {_value(one, known)}' for one in ones)}}}"


def _value(one: Place | Part, known: dict[str, Any]) -> str:
    if one.convert is None:
        return f"g{one.group}"
    known[f"c{one.group}"] = one.convert
    return f"c{one.group}(g{one.group})"
