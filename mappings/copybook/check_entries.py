"""Is a copybook sound: do the clauses of its entries belong together, and do names mean something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mappings.copybook.entries import Entry, Reference, Usage
from mappings.copybook.errors import CopybookError
from mappings.copybook.naming import found
from mappings.copybook.picture import Category, Picture
from mappings.copybook.storage import WITHOUT_PICTURE, is_signed, length_of, sign_of, usage_of

MAX_RECORD_BYTES = 1 << 24
_NUMERIC_ONLY = (Usage.BINARY, Usage.NATIVE, Usage.PACKED, Usage.PACKED_UNSIGNED)
_ALLOWED = {
    Usage.DISPLAY: (Category.TEXT, Category.NUMBER, Category.EDITED, Category.FLOAT_TEXT),
    Usage.NATIONAL: (Category.NATIONAL, Category.NUMBER, Category.EDITED),
    Usage.DBCS: (Category.DBCS, Category.NATIONAL),
    Usage.BYTES: (Category.TEXT, Category.NUMBER),
    **dict.fromkeys(_NUMERIC_ONLY, (Category.NUMBER,)),
}


def problems(record: Entry) -> Iterator[CopybookError]:
    """What is wrong in one record of level 01 or 77."""
    wrong = [
        problem
        for entry in record.walk()
        for problem in (_group_problems(entry) if entry.is_group else _elementary_problems(entry))
    ]
    yield from wrong
    if not wrong and _length(record) > MAX_RECORD_BYTES:
        yield CopybookError(record.at, "size", f"{record.shown} has more than {MAX_RECORD_BYTES} bytes")
    for entry in record.walk():
        yield from _occurs_problems(entry, record)
        yield from _redefines_problems(entry)
    yield from _renames_problems(record)


def _length(entry: Entry) -> int:
    """The most bytes of an item with all its occurrences, but for slack bytes."""
    if entry.is_group:
        length = sum(max(map(_length, area)) for area in areas(entry.children))
    else:
        length = length_of(entry)
    return length * (entry.occurs.most if entry.occurs else 1)


def target(reference: Reference, record: Entry) -> Entry:
    """The item that a name means. Raises: CopybookError where there is none, or more than one."""
    entries = found(reference.names, record)
    if len(entries) != 1:
        reason = "names no item of the record" if not entries else "names several items; qualify it with OF"
        raise CopybookError(reference.at, "reference", f"{reference} {reason}")
    return entries[0]


def area_of(entry: Entry) -> Entry | None:
    """The item whose bytes one with REDEFINES reads: the one before it that redefines nothing itself."""
    if entry.redefines is None or entry.parent is None:
        return None
    siblings = entry.parent.children
    before = siblings[: siblings.index(entry)]
    first = next((each for each in reversed(before) if each.redefines is None), None)
    if first is None:
        return None
    area = before[before.index(first) :]
    return first if any((each.name or "").upper() == entry.redefines for each in area) else None


def areas(children: Sequence[Entry]) -> list[list[Entry]]:
    """Siblings, each with those that redefine it."""
    found_areas: list[list[Entry]] = []
    for child in children:
        if child.redefines is not None and found_areas and _is_among(child.redefines, found_areas[-1]):
            found_areas[-1].append(child)
        else:
            found_areas.append([child])
    return found_areas


def _is_among(name: str, area: Sequence[Entry]) -> bool:
    return any((each.name or "").upper() == name for each in area)


def _group_problems(entry: Entry) -> Iterator[CopybookError]:
    clauses = [
        ("PICTURE", entry.picture is not None),
        ("JUSTIFIED", entry.is_justified),
        ("BLANK WHEN ZERO", entry.blank_when_zero),
        ("a usage without a picture", entry.usage in (Usage.POINTER, Usage.LONG_POINTER)),
    ]  # fmt: skip
    for clause, is_there in clauses:
        if is_there:
            yield CopybookError(entry.at, "group", f"{entry.shown} has items inside it and {clause}")
    for around in entry.around():
        if entry.usage and around.usage and entry.usage is not around.usage:
            yield CopybookError(
                entry.at, "usage", f"{entry.shown} is {entry.usage}, {around.shown} {around.usage}"
            )
            return


def _elementary_problems(entry: Entry) -> Iterator[CopybookError]:
    usage, picture = usage_of(entry), entry.picture
    if picture is None:
        if usage not in WITHOUT_PICTURE:
            yield CopybookError(entry.at, "picture", f"{entry.shown} has neither a picture nor items inside")
        return
    for around in entry.around():
        if entry.usage and around.usage and entry.usage is not around.usage:
            message = f"{entry.shown} is {entry.usage}, the group {around.shown} {around.usage}"
            yield CopybookError(entry.at, "usage", message)
    if usage in WITHOUT_PICTURE:
        yield CopybookError(entry.at, "usage", f"{usage} has no picture")
        return
    if picture.category not in _ALLOWED[usage]:
        yield CopybookError(entry.at, "usage", f"{usage} does not go with the picture {picture.text}")
        return
    if picture.has_point and usage is not Usage.DISPLAY and picture.category is Category.NUMBER:
        yield CopybookError(entry.at, "usage", f"{usage} does not go with the picture {picture.text}")
    yield from _clause_problems(entry, picture)


def _clause_problems(entry: Entry, picture: Picture) -> Iterator[CopybookError]:
    """Clauses that do not go with what the picture describes."""
    usage = usage_of(entry)
    if entry.is_justified and picture.category in (Category.NUMBER, Category.EDITED):
        yield CopybookError(entry.at, "justified", f"{entry.shown} is JUSTIFIED and no text")
    if entry.blank_when_zero and picture.category not in (Category.NUMBER, Category.EDITED):
        yield CopybookError(entry.at, "blank", f"{entry.shown} is BLANK WHEN ZERO and no number")
    if entry.sign_leading is not None and picture.category is not Category.NUMBER:
        yield CopybookError(entry.at, "sign", f"{entry.shown} has SIGN and no number of digits")
    if entry.sign_leading is not None and usage not in (Usage.DISPLAY, Usage.NATIONAL):
        yield CopybookError(entry.at, "sign", f"{entry.shown} is {usage}, whose sign has its own place")
    is_national = usage is Usage.NATIONAL and picture.category is Category.NUMBER
    if is_national and is_signed(entry) and not sign_of(entry)[1]:
        yield CopybookError(entry.at, "sign", f"{entry.shown} is NATIONAL: its sign is SEPARATE")
    if usage in (Usage.PACKED_UNSIGNED, Usage.BYTES) and picture.signed:
        yield CopybookError(entry.at, "sign", f"{entry.shown} is {usage}, which has no sign")


def _occurs_problems(entry: Entry, record: Entry) -> Iterator[CopybookError]:
    if entry.occurs is None:
        return
    if entry.parent is None:
        yield CopybookError(entry.at, "occurs", f"{entry.shown} is a record and cannot occur several times")
    if entry.occurs.depending is None:
        return
    try:
        counter = target(entry.occurs.depending, record)
    except CopybookError as error:
        yield error
        return
    at, name = entry.occurs.depending.at, entry.occurs.depending
    order = list(record.walk())
    picture = counter.picture
    if picture is None or picture.category is not Category.NUMBER or picture.scale:
        yield CopybookError(at, "depending", f"{name} is no whole number")
    elif order.index(counter) >= order.index(entry) or entry in counter.around():
        yield CopybookError(at, "depending", f"{name} does not stand before the table")
    elif any(each.occurs and each not in entry.around() for each in (counter, *counter.around())):
        yield CopybookError(at, "depending", f"{name} occurs several times")


def _redefines_problems(entry: Entry) -> Iterator[CopybookError]:
    if entry.redefines is None:
        return
    if entry.parent is None:
        return  # another record over the same bytes, read by its own rule
    first = area_of(entry)
    if first is None:
        message = f"{entry.redefines} is not the item before {entry.shown}"
        yield CopybookError(entry.at, "redefines", message)
    elif first.occurs is not None and first.occurs.depending is not None:
        yield CopybookError(entry.at, "redefines", f"{first.shown} has no fixed length")


def _renames_problems(record: Entry) -> Iterator[CopybookError]:
    order = list(record.walk())
    for renames in record.renames:
        try:
            first, last = target(renames.first, record), target(renames.last, record)
        except CopybookError as error:
            yield error
            continue
        if order.index(last) < order.index(first):
            yield CopybookError(renames.at, "renames", f"{renames.last} stands before {renames.first}")
        for each in {first, last}:
            if each is record or any(one.occurs for one in (each, *each.around())):
                message = f"{each.shown} is a record or in a table, and cannot be renamed"
                yield CopybookError(renames.at, "renames", message)
