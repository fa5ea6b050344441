"""What the content of transaction sets and messages does not give again when it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mappings.edi.layout import Layout, Loop, Value


def interchange_losses(lenient: Iterable[str], layout: Layout | None, *, is_broken: bool) -> Iterator[str]:
    """What interchanges do not give again, with the content of what is in them."""
    yield "delimiters: interchanges are written with those of the definition, whatever they came with"
    yield "delimiters.line_end: line ends behind segments are read, and written as is said here"
    if is_broken:
        yield "delimiters.line_breaks: segments are written without line ends in them"
    yield "encoding: a byte order mark is read, and not written"
    for word in lenient:
        yield f"lenient: what {word} lets pass is not written as it came, or is refused"
    if layout is not None:
        yield from content_losses(layout)


def content_losses(layout: Layout) -> Iterator[str]:
    """Each a sentence that begins with the place in the definition."""
    if _has_choices(layout.body):
        yield "content: neighbours of one tag may come in any order, and are written in the definition's"
    kinds = {kind for segment in layout.segments for kind in _kinds(segment.elements or ())}
    if "number" in kinds:
        yield "content: zeros before numbers are written only up to their least length"
    if "mark" in kinds:
        yield "content: the decimal mark of numbers is written as the definition says"
    if "exponent" in kinds:
        yield "content: numbers with an exponent are written without it"
    if "short date" in kinds:
        yield "content: dates of six digits are written with eight where there is room"


def _has_choices(loop: Loop) -> bool:
    inner = (item for item in loop.items if isinstance(item, Loop))
    return any(len(position) > 1 for position in loop.positions) or any(map(_has_choices, inner))


def _kinds(values: tuple[Value, ...]) -> Iterator[str]:
    for value in values:
        yield from _kinds(value.components)
        scalar = value.scalar
        if scalar is None:
            continue
        if scalar.is_number:
            yield "number"
        if scalar.word in ("n", "R"):
            yield {"n": "mark", "R": "exponent"}[scalar.word]
        if scalar.word == "DT" and scalar.least == 6 and scalar.most == 8:
            yield "short date"
