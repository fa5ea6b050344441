"""Are the elements of a segment sound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from mappings.edi.conditions import relation
from mappings.edi.findings import BrokenRule
from mappings.edi.numbers import MAX_DIGITS
from mappings.edi.scalars import bounds, scalar
from mappings.edi.schema import Component, ContentItem, Element, LoopUse, SegmentDefinition, Subcomponent

_DATES = (6, 8)
_TIMES = (4, 8)


def element_problems(
    where: str, tag: str, elements: Sequence[Element], conditions: Sequence[str]
) -> Iterator[str]:
    """What contradicts itself in a segment's elements; `where` ends with a point."""
    yield from _names(f"{where}elements", [one.name or f"{tag}{at:02}" for at, one in enumerate(elements, 1)])
    yield from _conditions(f"{where}conditions", conditions, len(elements))
    for at, element in enumerate(elements):
        place = f"{where}elements.{at}"
        if element.components is None:
            if element.conditions:
                yield f"{place}.conditions: are about components, and there are none"
            yield from _value(place, element)
            continue
        for key in ("type", "codes", "century_from"):
            if key in element.model_fields_set:
                yield f"{place}.{key}: its components have one each"
        names = [one.name or f"{tag}{at + 1:02}-{index}" for index, one in enumerate(element.components, 1)]
        yield from _names(f"{place}.components", names)
        yield from _conditions(f"{place}.conditions", element.conditions, len(element.components))
        for index, component in enumerate(element.components):
            yield from _component(f"{place}.components.{index}", names[index], component)


def _component(place: str, name: str, component: Component) -> Iterator[str]:
    if component.components is None:
        yield from _value(place, component)
        return
    for key in ("type", "codes", "century_from"):
        if key in component.model_fields_set:
            yield f"{place}.{key}: its sub-components have one each"
    names = [one.name or f"{name}-{at}" for at, one in enumerate(component.components, 1)]
    yield from _names(f"{place}.components", names)
    for at, one in enumerate(component.components):
        yield from _value(f"{place}.components.{at}", one)


def subcomponent_problems(
    content: Sequence[ContentItem], segments: Mapping[str, SegmentDefinition]
) -> Iterator[str]:
    """For formats that have no sub-components: where they are defined."""
    for tag, definition in segments.items():
        yield from _with_subcomponents(f"segments.{tag}", definition.elements)
    for at, use in enumerate(content):
        if isinstance(use, LoopUse):
            yield from (f"content.{at}.{problem}" for problem in subcomponent_problems(use.content, {}))
        else:
            yield from _with_subcomponents(f"content.{at}", use.elements or ())


def _with_subcomponents(where: str, elements: Sequence[Element]) -> Iterator[str]:
    for at, element in enumerate(elements):
        for index, component in enumerate(element.components or ()):
            if component.components is not None:
                place = f"{where}.elements.{at}.components.{index}.components"
                yield f"{place}: nothing separates sub-components here"


def _names(where: str, names: Sequence[str]) -> Iterator[str]:
    counts = Counter(names)
    for at, name in enumerate(names):
        if counts[name] > 1:
            yield f"{where}.{at}.name: {name!r} is the name of {counts[name]}"


def _conditions(where: str, conditions: Sequence[str], count: int) -> Iterator[str]:
    for at, text in enumerate(conditions):
        positions = relation(text).positions
        if max(positions) > count or min(positions) < 1:
            yield f"{where}.{at}: {text} is about {max(positions)}, of which there are {count}"
        if len(set(positions)) != len(positions):
            yield f"{where}.{at}: {text} names one twice"


def _value(place: str, value: Element | Component | Subcomponent) -> Iterator[str]:
    word, least, most = bounds(value.type)
    if most < 1 or least > most:
        yield f"{place}.type: at least {least} and at most {most} characters cannot be"
        return
    if word[0] in "NRn" and most > MAX_DIGITS:
        yield f"{place}.type: a number has at most {MAX_DIGITS} digits"
        return
    if word == "TM" and not (_TIMES[0] <= least and most <= _TIMES[1]):
        yield f"{place}.type: a time has {_TIMES[0]} to {_TIMES[1]} digits"
    if word == "DT":
        yield from _date(place, value, [size for size in _DATES if least <= size <= most])
    elif value.century_from is not None:
        yield f"{place}.century_from: only dates (DT) have a century"
    yield from _codes(place, value)


def _date(place: str, value: Element | Component | Subcomponent, sizes: list[int]) -> Iterator[str]:
    if not sizes:
        yield f"{place}.type: a date has 6 or 8 digits"
    if value.century_from is None and 6 in sizes:
        yield f"{place}.century_from: is needed where a date may have six digits"
    if value.century_from is not None and 6 not in sizes:
        yield f"{place}.century_from: a date of eight digits says its century itself"


def _codes(place: str, value: Element | Component | Subcomponent) -> Iterator[str]:
    if value.codes is None:
        return
    kind = scalar(value.type, value.century_from)
    if kind.read is not None:
        yield f"{place}.codes: a value of type {kind.word} has none"
        return
    for code in value.codes:
        try:
            kind.verify(code)
        except BrokenRule as error:
            yield f"{place}.codes: {code!r} {error}"
            return
