"""What X12 that was read does not give again when it is written."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.edi.layout import Segment, Value
from mappings.x12.compiled import Compiled


def losses(compiled: Compiled) -> tuple[str, ...]:
    """Each a sentence that begins with the place in the definition."""
    return tuple(_losses(compiled))


def _losses(compiled: Compiled) -> Iterator[str]:
    definition = compiled.definition
    yield "delimiters: interchanges are written with those of the definition, whatever they came with"
    yield "delimiters.line_end: line ends behind segments are read, and written as is said here"
    for word in definition.lenient:
        yield f"lenient: what {word.value} lets pass is not written as it came, or is refused"
    plan = compiled.plan
    if plan is None:
        return
    if any(len(position) > 1 for loop in _loops(compiled) for position in loop):
        yield "content: neighbours of one tag may come in any order, and are written in the definition's"
    words = {word for segment in plan.layout.segments for word in _words(segment)}
    if "N" in words:
        yield "content: zeros before numbers are written only up to their least length"
    if "R" in words:
        yield "content: numbers with an exponent are written without it"
    if "short date" in words:
        yield "content: dates of six digits are written with eight where there is room"


def _loops(compiled: Compiled) -> Iterator[tuple[tuple[object, ...], ...]]:
    assert compiled.plan is not None
    todo = [compiled.plan.layout.body]
    while todo:
        loop = todo.pop()
        yield loop.positions
        todo += [item for item in loop.items if not isinstance(item, Segment)]


def _words(segment: Segment) -> Iterator[str]:
    for element in segment.elements or ():
        for value in element.components or (element,):
            yield from _of_value(value)


def _of_value(value: Value) -> Iterator[str]:
    scalar = value.scalar
    if scalar is None:
        return
    if scalar.is_number:
        yield "N"
    if scalar.word == "R":
        yield "R"
    if scalar.word == "DT" and scalar.least == 6 and scalar.most == 8:
        yield "short date"
