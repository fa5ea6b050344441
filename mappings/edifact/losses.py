"""What EDIFACT that was read does not give again when it is written."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.edi.layout import Segment, Value
from mappings.edifact.compiled import Compiled


def losses(compiled: Compiled) -> tuple[str, ...]:
    """Each a sentence that begins with the place in the definition."""
    return tuple(_losses(compiled))


def _losses(compiled: Compiled) -> Iterator[str]:
    definition = compiled.definition
    yield "delimiters: interchanges are written with those of the definition, whatever they came with"
    yield "delimiters.release: only service characters are released, though others may have been"
    yield "delimiters.line_end: line ends behind segments are read, and written as is said here"
    for word in definition.lenient:
        yield f"lenient: what {word.value} lets pass is not written as it came, or is refused"
    plan = compiled.plan
    if plan is None:
        return
    todo = [plan.layout.body]
    while todo:
        loop = todo.pop()
        if any(len(position) > 1 for position in loop.positions):
            yield "content: neighbours of one tag may come in any order, and are written in the definition's"
            break
        todo += [item for item in loop.items if not isinstance(item, Segment)]
    if any(_has_numbers(segment.elements or ()) for segment in plan.layout.segments):
        yield "content: zeros before numbers are not written again, and the decimal mark is the definition's"


def _has_numbers(values: tuple[Value, ...]) -> bool:
    return any(
        _has_numbers(value.components) or (value.scalar is not None and value.scalar.is_number)
        for value in values
    )
