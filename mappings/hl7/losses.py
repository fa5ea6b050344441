"""What HL7 that was read does not give again when it is written."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.hl7.compiled import Compiled
from mappings.hl7.layout import Kind, Member


def losses(compiled: Compiled) -> tuple[str, ...]:
    """Each a sentence that begins with the place in the definition."""
    return tuple(_losses(compiled))


def _losses(compiled: Compiled) -> Iterator[str]:
    definition = compiled.definition
    yield "line_end: segments may end with CR, LF or both, and are written as is said here"
    yield "line_end: blank lines, a byte order mark and the bytes of MLLP are read, and not written"
    yield "delimiters: only what has to be is written as an escape sequence, though more may have been"
    yield "delimiters: trailers of batches and files are written with their count alone"
    yield "delimiters: batches with one header behind each other are written as one, those of no message not"
    for word in definition.lenient:
        yield f"lenient: what {word.value} lets pass is not written as it came, or is refused"
    if compiled.plan is None:
        return
    if compiled.parts is not None:
        yield "record: messages and groups behind each other that are equal around records are written as one"
    yield "content: separators behind the last value of a field or segment are not written"
    words = {word for fields in compiled.fields for one in fields.members.values() for word in _words(one)}
    if words & {"NM", "SI"}:
        yield "content: numbers are written without plus signs, zeros before them or a point at the end"


def _words(member: Member) -> Iterator[str]:
    kinds = [member.kind] if member.kind is not None else (member.kinds or {}).values()
    for kind in kinds:
        yield from _of_kind(kind)


def _of_kind(kind: Kind) -> Iterator[str]:
    if kind.scalar is not None:
        yield kind.scalar.word
    for member in kind.members:
        yield from _words(member)
