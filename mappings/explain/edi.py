"""A segment of X12, EDIFACT or HL7 with its elements, by the delimiters that the data itself names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel

from mappings.contract import Context, Format, MappingError
from mappings.explain.seen import Explained, Seen, Wanted

Kind: TypeAlias = Literal["x12", "edifact", "hl7"]
MAX_BYTES = 256 << 20
"""Bytes of data that are looked through for a segment."""

_SPACE = b"\r\n \t"
_ISA_LENGTH = 106
_UNA_LENGTH = 9
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class _Marks:
    """The bytes between segments and elements, and the one before a byte that does not separate."""

    segment: bytes
    element: bytes
    release: bytes = b""


def explain_segment(
    kind: Kind, format_: Format, definition: BaseModel | None, data: bytes, wanted: Wanted, context: Context
) -> Explained | None:
    """The segment that has the byte, or that of the number; None where there is none."""
    for number, start, end, marks in _segments(kind, data):
        if wanted.is_met(number, start, end + 1):
            found = Explained(number, "segment", start, data[start:end])
            found.fields = list(_elements(kind, found, marks, _names(definition)))
            found.errors = [
                error for error in _errors(format_, data, context) if start <= _offset(error) <= end
            ]
            return found
    return None


def _offset(error: MappingError) -> int:
    return -1 if error.place.byte_offset is None else error.place.byte_offset


def _segments(kind: Kind, data: bytes) -> Iterator[tuple[int, int, int, _Marks]]:
    """Number, first byte, the byte behind the last, and the delimiters of each segment."""
    marks = _marks(kind, data, 0)
    at, number = 0, 0
    while at < len(data):
        while at < len(data) and data[at] in _SPACE:
            at += 1
        if at >= len(data):
            return
        marks = _marks(kind, data, at) or marks
        if marks is None:
            return
        is_advice = kind == "edifact" and data.startswith(b"UNA", at)
        end = at + _UNA_LENGTH if is_advice else _end(data, at, marks, kind)
        number += 1
        yield number, at, end, marks
        at = end if is_advice else end + 1


def _end(data: bytes, at: int, marks: _Marks, kind: Kind) -> int:
    """The place of the terminator, or the end of the data."""
    if kind == "hl7":
        ends = [found for found in (data.find(b"\r", at), data.find(b"\n", at)) if found >= 0]
        return min(ends, default=len(data))
    end = data.find(marks.segment, at)
    while end > 0 and _is_released(data, at, end, marks):
        end = data.find(marks.segment, end + 1)
    return len(data) if end < 0 else end


def _is_released(data: bytes, start: int, at: int, marks: _Marks) -> bool:
    """An odd number of release characters stands before it."""
    count = 0
    while marks.release and at - count > start and data[at - count - 1 : at - count] == marks.release:
        count += 1
    return count % 2 == 1


def _marks(kind: Kind, data: bytes, at: int) -> _Marks | None:
    """The delimiters, where a segment that names them begins."""
    if kind == "x12" and data.startswith(b"ISA", at) and len(data) >= at + _ISA_LENGTH:
        return _Marks(data[at + 105 : at + 106], data[at + 3 : at + 4])
    if kind == "edifact":
        if data.startswith(b"UNA", at):
            release = data[at + 6 : at + 7]
            return _Marks(data[at + 8 : at + 9], data[at + 4 : at + 5], release.strip())
        return None if at else _Marks(b"'", b"+", b"?")
    if kind == "hl7" and data.startswith((b"MSH", b"FHS", b"BHS"), at):
        return _Marks(b"\r", data[at + 3 : at + 4])
    return None


def _elements(kind: Kind, found: Explained, marks: _Marks, names: Mapping[str, list[str]]) -> Iterator[Seen]:
    """The tag and the elements with their positions, as the standards write them."""
    data, at = found.data, 0
    parts: list[tuple[int, bytes]] = []
    for end in range(len(data) + 1):
        is_mark = data[end : end + 1] == marks.element and not _is_released(data, 0, end, marks)
        if end == len(data) or is_mark:
            parts.append((at, data[at:end]))
            at = end + 1
    tag = parts[0][1].decode("latin-1")
    first = 2 if kind == "hl7" and tag in ("MSH", "FHS", "BHS") else 1
    known = names.get(tag, [])
    for index, (start, part) in enumerate(parts):
        place = found.start + start
        if index == 0:
            yield Seen(tag, place, place + len(part), part, "tag")
            continue
        number = index + first - 1
        label = f"{tag}-{number}" if kind == "hl7" else f"{tag}{number:02}"
        name = known[number - 1] if number <= len(known) else ""
        yield Seen(label, place, place + len(part), part, name, part.decode("latin-1"), has_value=True)


def _names(definition: BaseModel | None) -> dict[str, list[str]]:
    """The names and types of elements by the tags of their segments, as a definition gives them."""
    found: dict[str, list[str]] = {}

    def look(value: Any) -> None:
        if isinstance(value, list):
            for each in value:
                look(each)
        if not isinstance(value, dict):
            return
        for tag, inner in value.items():
            if tag == "segments" and isinstance(inner, dict):
                for name, each in inner.items():
                    _note(found, name, each)
        if isinstance(value.get("segment"), str):
            _note(found, value["segment"], value)
        for each in value.values():
            look(each)

    if definition is not None:
        look(definition.model_dump(mode="json", exclude_defaults=True))
    return found


def _note(found: dict[str, list[str]], tag: str, value: Any) -> None:
    elements = (value.get("elements") or value.get("fields")) if isinstance(value, dict) else None
    if not isinstance(elements, list) or tag in found:
        return
    names: list[str] = []
    for each in elements:
        if isinstance(each, dict):
            at = each.get("at")
            number = at if isinstance(at, int) else len(names) + 1
            names += [""] * (number - 1 - len(names))
            names.append(" ".join(filter(None, [str(each.get("name", "")), str(each.get("type", ""))])))
    found[tag] = names


def _errors(format_: Format, data: bytes, context: Context) -> Iterator[MappingError]:
    decoder = format_.decoder(context)
    try:
        for at in range(0, len(data), _CHUNK):
            yield from (
                each for each in decoder.feed(data[at : at + _CHUNK]) if isinstance(each, MappingError)
            )
        yield from (each for each in decoder.finish()[0] if isinstance(each, MappingError))
    except MappingError as lost:
        yield lost
