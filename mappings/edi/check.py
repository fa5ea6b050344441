"""Is the content of a definition sound, beyond what its model's types say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from mappings.edi.check_elements import element_problems
from mappings.edi.layout import matches_of
from mappings.edi.schema import Content, ContentItem, LoopUse, Match, SegmentDefinition, SegmentUse

MAX_DEPTH = 40


def problems(
    content: Content,
    segments: Mapping[str, SegmentDefinition],
    *,
    record: str | None = None,
    reserved: Collection[str] = (),
) -> Iterator[str]:
    """What contradicts itself, each with the key it is found at. `reserved` are names that the
    outermost object may not have; `record` is the loop whose occurrences are records."""
    for tag, definition in segments.items():
        yield from element_problems(f"segments.{tag}.", tag, definition.elements, definition.conditions)
    for at, use in enumerate(content):
        if name_of(use) in reserved:
            yield f"content.{at}.name: {name_of(use)!r} has another meaning in records; give another"
    yield from _content("content", content, segments, 0)
    if record is not None:
        yield from _record(content, record)


def delimiter_problems(marks: Mapping[str, str | None]) -> Iterator[str]:
    """What contradicts itself in `delimiters`: characters by their keys, None where there is none."""
    seen: dict[str, str] = {}
    for name, mark in marks.items():
        if mark is None:
            continue
        if mark in seen:
            yield f"delimiters.{name}: is {seen[mark]}'s already"
        if ord(mark) > 0x7F:
            yield f"delimiters.{name}: is not a character of ASCII"
        if name != "segment" and mark in "\r\n":
            yield f"delimiters.{name}: is a line end, with which only segments end"
        seen[mark] = name


def line_break_problems(segment: str, line_breaks: str) -> Iterator[str]:
    """Line ends that are no data, and end segments."""
    if line_breaks == "anywhere" and segment in "\r\n":
        yield "delimiters.line_breaks: line ends end segments here"


def control_problems(
    content: Sequence[ContentItem], tags: Collection[str], where: str = "content"
) -> Iterator[str]:
    """Segments that are around what a definition describes, and not in it."""
    for at, use in enumerate(content):
        place = f"{where}.{at}"
        if isinstance(use, LoopUse):
            yield from control_problems(use.content, tags, f"{place}.content")
        elif use.segment in tags:
            yield f"{place}.segment: {use.segment} is read and written without being defined"


def name_of(use: ContentItem) -> str:
    """The name of a segment or loop in records."""
    return use.name or (use.loop if isinstance(use, LoopUse) else use.segment)


def _content(
    where: str, content: Sequence[ContentItem], segments: Mapping[str, SegmentDefinition], depth: int
) -> Iterator[str]:
    if depth > MAX_DEPTH:
        yield f"{where}: more than {MAX_DEPTH} loops are inside each other"
        return
    names = Counter(map(name_of, content))
    for at, use in enumerate(content):
        place = f"{where}.{at}"
        if names[name_of(use)] > 1:
            yield f"{place}.name: {name_of(use)!r} is the name of another here too"
        if use.max != "unbounded" and use.max < use.min:
            yield f"{place}.max: is less than min"
        if isinstance(use, SegmentUse):
            yield from _segment(place, use, segments)
        else:
            yield from _loop(place, use)
            yield from _content(f"{place}.content", use.content, segments, depth + 1)
    yield from _neighbours(where, content)


def _loop(place: str, use: LoopUse) -> Iterator[str]:
    first = use.content[0]
    if isinstance(first, LoopUse):
        yield f"{place}.content.0: a loop begins with a segment, not with another loop"
    elif first.max != 1:
        yield f"{place}.content.0.max: the segment that begins a loop occurs once in it"


def _segment(place: str, use: SegmentUse, segments: Mapping[str, SegmentDefinition]) -> Iterator[str]:
    if use.elements is not None:
        yield from element_problems(f"{place}.", use.segment, use.elements, use.conditions)
    elif use.conditions:
        yield f"{place}.conditions: are about elements, and none are given here"
    elements = use.elements
    if elements is None and use.segment in segments:
        elements = segments[use.segment].elements
    for match in matches_of(use):
        if elements is None:
            continue
        if match.at > len(elements):
            yield f"{place}.match: element {match.at} is not defined, {use.segment} has {len(elements)}"
            continue
        element = elements[match.at - 1]
        components = element.components or ()
        if bool(components) != (match.component is not None):
            yield f"{place}.match: give a component where the element has components, and only there"
        elif match.component is not None and match.component > len(components):
            yield f"{place}.match: component {match.component} is not defined, there are {len(components)}"
        else:
            codes = element.codes if match.component is None else components[match.component - 1].codes
            lacking = sorted(allowed(match) - set(codes)) if codes is not None else []
            if lacking:
                yield f"{place}.match: {lacking[0]!r} is none of the element's codes"


def allowed(match: Match) -> frozenset[str]:
    """The values that a match allows."""
    return frozenset([match.value] if isinstance(match.value, str) else match.value)


def _neighbours(where: str, content: Sequence[ContentItem]) -> Iterator[str]:
    """Neighbours of one tag are told apart by what they match, or by the first occurring a fixed number of
    times. One without a match behind those that have one is what none of them is."""
    for at, use in enumerate(content):
        for other in range(at + 1, len(content)):
            if _trigger(content[other]).segment != _trigger(use).segment:
                break
            mine, its = _trigger(use), _trigger(content[other])
            is_rest = mine.match is not None and its.match is None
            if _overlap(mine, its) and use.max != use.min and not is_rest:
                yield (
                    f"{where}.{other}.match: {_trigger(use).segment} may be {name_of(use)!r} too: "
                    "tell them apart by what they match"
                )


def _trigger(use: ContentItem) -> SegmentUse:
    while isinstance(use, LoopUse):
        use = use.content[0]
    return use


def _overlap(one: SegmentUse, other: SegmentUse) -> bool:
    """False where no segment can meet both."""
    for mine in matches_of(one):
        for its in matches_of(other):
            same = (mine.at, mine.component) == (its.at, its.component)
            if same and not allowed(mine) & allowed(its):
                return False
    return True


def _record(content: Sequence[ContentItem], record: str) -> Iterator[str]:
    found = list(_named(content, record, False))
    if not found:
        yield f"record: there is no loop {record!r}"
    if any(found):
        yield f"record: the loop {record!r} is inside of itself"


def _named(content: Sequence[ContentItem], record: str, inside: bool) -> Iterator[bool]:
    """For each loop of this name, whether it is inside of one."""
    for use in content:
        if isinstance(use, LoopUse):
            is_meant = record in (use.loop, use.name)
            if is_meant:
                yield inside
            yield from _named(use.content, record, inside or is_meant)
