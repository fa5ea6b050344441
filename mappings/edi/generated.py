"""The function that makes the values of one segment or composite out of the groups of its regular expression.
It is made for that segment, and has a statement for each member in place of a loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from mappings.contract import JsonValue
from mappings.edi.findings import BrokenRule
from mappings.function_text import FunctionText

Values: TypeAlias = dict[str, JsonValue]
Groups: TypeAlias = Sequence[str | None]
ReadText: TypeAlias = Callable[[str], JsonValue]


class Part(NamedTuple):
    """A component whose text is a group of its segment's expression.

    `group` counts from 0. `convert` makes the value of the text; None where the text is the value. `is_sure`
    is true where the group is never empty when the composite is there.
    """

    name: str
    group: int
    convert: ReadText | None
    is_sure: bool


class Place(NamedTuple):
    """A member of a segment or composite, and where its value is in the groups.

    `group`, `convert` and `is_sure` are as those of a part. A composite whose components have groups of their
    own has these as `parts`, and `group` is then the first of them. `is_text` is true where the group has one
    value, in which characters may be released.
    """

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
    """What makes the values of a text: of the groups that `match` finds or, where it finds none, `released`.

    It returns None where neither finds any, where a conversion raises BrokenRule, and where an agreement is
    not met. Each agreement is asked about the composite of its name, where there is one; about all values
    where its name is empty.
    """
    function = FunctionText(match=match, released=released, BrokenRule=BrokenRule)
    statements = [
        "found = match(text)",
        "if found is not None:",
        " groups = found.groups()",
        "else:",
        " groups = released(text)",
        " if groups is None:",
        "  return None",
        f"{_unpacked(places)}groups",
        "try:",
        *(f" {statement}" for statement in _body(places, function)),
        "except BrokenRule:",
        " return None",
    ]
    for name, agrees in agreements:
        about = f"values[{name!r}]" if name else "values"
        where = f"{name!r} in values and " if name else ""
        statements += [f"if {where}not {function.known(agrees)}({about}):", " return None"]
    return function.made("text", [*statements, "return values"])


def _unpacked(places: Sequence[Place]) -> str:
    count = sum(max(1, len(place.parts)) for place in places)
    return "".join(f"g{at}, " for at in range(count)) + "= " if count else "_ = "


def _body(places: Sequence[Place], function: FunctionText) -> Iterator[str]:
    """The statements that make `values` of the groups."""
    first = 0
    while first < len(places) and places[first].is_sure and not places[first].parts:
        first += 1
    yield f"values = {_literal(places[:first], function)}"
    for place in places[first:]:
        if place.parts:
            yield from _composite(place, function)
        else:
            yield from _stored("values", place, function)


def _composite(place: Place, function: FunctionText) -> Iterator[str]:
    sure = [part.group for part in place.parts if part.is_sure]
    first = 0
    while first < len(place.parts) and place.parts[first].is_sure:
        first += 1
    indent = ""
    if sure and not place.is_sure:
        yield f"if g{sure[0]}:"
        indent = " "
    yield f"{indent}inner = {_literal(place.parts[:first], function)}"
    for part in place.parts[first:]:
        yield from (f"{indent}{line}" for line in _stored("inner", part, function))
    condition = "" if sure else "if inner: "
    yield f"{indent}{condition}values[{place.name!r}] = inner"


def _stored(into: str, one: Place | Part, function: FunctionText) -> Iterator[str]:
    condition = "" if one.is_sure else f"if g{one.group}: "
    yield f"{condition}{into}[{one.name!r}] = {_value(one, function)}"


def _literal(ones: Sequence[Place | Part], function: FunctionText) -> str:
    return f"{{{', '.join(f'{one.name!r}: {_value(one, function)}' for one in ones)}}}"


def _value(one: Place | Part, function: FunctionText) -> str:
    if one.convert is None:
        return f"g{one.group}"
    return f"{function.known(one.convert)}(g{one.group})"
