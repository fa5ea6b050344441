"""Is a definition of HL7 sound, beyond what its model's types say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mappings.edi import BrokenRule
from mappings.edi import problems as content_problems
from mappings.hl7.batches import BATCH_HEADER, CONTROL, FILE_HEADER
from mappings.hl7.compiled import Types, placed, walked
from mappings.hl7.generic import HEADERS
from mappings.hl7.marks import checked
from mappings.hl7.scalars import SCALARS
from mappings.hl7.schema import (
    MAX_FIELDS,
    ContentItem,
    FieldDefinition,
    GroupUse,
    Hl7Definition,
    Leniency,
    Part,
    SegmentUse,
)

_OF_CONTENT = frozenset(Leniency) - {Leniency.BATCH_COUNTS, Leniency.BATCH_TRAILERS}
_WORDS = ("ST", "TX", "FT", "ID", "IS")


def problems(definition: Hl7Definition) -> list[str]:
    """What contradicts itself, each with the key it is found at; empty when all is well."""
    return list(_problems(definition))


def _problems(definition: Hl7Definition) -> Iterator[str]:
    try:
        checked(definition.delimiters.field, definition.delimiters.encoding)
    except BrokenRule as error:
        yield f"delimiters: {error}"
    types = Types(definition)
    for name, parts in definition.types.items():
        if name in SCALARS:
            yield f"types.{name}: is a type of single values"
        yield from _names(f"types.{name}", [one.name or str(at) for at, one in enumerate(parts, 1)])
        for at, one in enumerate(parts):
            yield from _part(f"types.{name}.{at}", one, types)
            if one.type == name:
                yield f"types.{name}.{at}.type: is inside of itself"
    if definition.content is None:
        yield from _without_content(definition)
        return
    first = definition.content[0]
    if not isinstance(first, SegmentUse) or first.segment != "MSH" or first.max != 1 or first.match:
        yield "content.0: must be MSH, once, and nothing else"
    reserved = (FILE_HEADER, BATCH_HEADER)
    yield from content_problems(walked(definition.content), {}, record=definition.record, reserved=reserved)
    for tag, segment in definition.segments.items():
        yield from _fields(f"segments.{tag}", tag, segment.fields, types)
    yield from _content("content", definition.content, types, is_outermost=True)


def _without_content(definition: Hl7Definition) -> Iterator[str]:
    if definition.segments:
        yield "segments: are for content, and there is none"
    if definition.record is not None:
        yield "record: is a group of content, and there is none"
    for word in definition.lenient:
        if word in _OF_CONTENT:
            yield f"lenient: {word.value} is about content, and there is none"


def _content(
    where: str, content: Sequence[ContentItem], types: Types, *, is_outermost: bool = False
) -> Iterator[str]:
    for at, use in enumerate(content):
        if isinstance(use, GroupUse):
            yield from _begin(f"{where}.{at}", use)
            yield from _content(f"{where}.{at}.content", use.content, types)
            continue
        if use.segment in CONTROL or (use.segment == "MSH" and not (is_outermost and at == 0)):
            yield f"{where}.{at}.segment: {use.segment} begins or ends messages and is not in one"
        if use.fields is not None:
            yield from _fields(f"{where}.{at}", use.segment, use.fields, types)


def _begin(where: str, group: GroupUse) -> Iterator[str]:
    if group.begin is None:
        return
    possible = set(_first(group))
    for tag in group.begin:
        if tag not in possible:
            yield f"{where}.begin: {tag} cannot be the first of {group.group}: " + (
                "it stands behind what must be there, or is in a group that it does not begin"
            )
    if next(iter(_first(group))) not in group.begin:
        yield f"{where}.begin: must have the first segment, too"


def _first(group: GroupUse) -> Iterator[str]:
    """The segments that can come first, as far as those before them may be left out."""
    for use in group.content:
        if isinstance(use, GroupUse):
            inside = list(_first(use))
            yield from (tag for tag in inside[:1] + list(use.begin or ()) if tag in inside)
        else:
            yield use.segment
        if use.min > 0:
            return


def _fields(where: str, tag: str, fields: Sequence[FieldDefinition], types: Types) -> Iterator[str]:
    positions = [at for at, _ in placed(fields)]
    if any(later <= earlier for earlier, later in pairwise(positions)):
        yield f"{where}.fields: must stand in the order of their positions"
    if positions[-1] > MAX_FIELDS:
        yield f"{where}.fields: a segment has at most {MAX_FIELDS}"
    if tag in HEADERS and positions[0] < 3:
        yield f"{where}.fields.0.at: {tag}-1 and {tag}-2 are the delimiters; fields are defined from 3 on"
    names = {at: one.name or f"{tag}-{at}" for at, one in placed(fields)}
    yield from _names(where, list(names.values()))
    for index, (at, one) in enumerate(placed(fields)):
        place = f"{where}.fields.{index}"
        if one.name is not None and one.name.startswith(f"{tag}-") and one.name != f"{tag}-{at}":
            yield f"{place}.name: {one.name!r} is what a field without a name is called"
        yield from _part(place, one, types)
        yield from _type_from(place, at, one, dict(placed(fields)))


def _type_from(place: str, at: int, one: FieldDefinition, known: dict[int, FieldDefinition]) -> Iterator[str]:
    if one.type_from is None:
        return
    other = known.get(one.type_from)
    if one.type_from >= at or other is None:
        yield f"{place}.type_from: must be a field that is defined before this one"
    elif other.type not in _WORDS or other.repeat != 1 or other.type_from is not None:
        yield f"{place}.type_from: must be a field with one text"
    for key in ("type", "codes", "max_length"):
        if key in one.model_fields_set:
            yield f"{place}.{key}: the other field says what this one is"


def _part(place: str, part: Part, types: Types) -> Iterator[str]:
    if part.type not in types.names:
        yield f"{place}.type: {part.type!r} is no data type of the standard and none of types"
        return
    is_single = types.of(part.type).scalar is not None
    if part.max_length is not None and not is_single:
        yield f"{place}.max_length: {part.type} has components; only single values have a length"
    if part.codes is not None:
        if not is_single or part.type not in _WORDS:
            yield f"{place}.codes: a value of type {part.type} has none"
        elif not part.codes:
            yield f"{place}.codes: there are none"


def _names(where: str, names: Sequence[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{where}: {name!r} is the name of {count}"
