"""Transaction sets that no definition describes: lists of segments.

A segment is `{"id": "N1", "elements": ["ST", "", ["a", "b"]]}`: texts by their places, what has components a
list of texts, what is repeated `{"repeat": [...]}`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

from mappings.contract import JsonSchema, JsonValue
from mappings.edi import CONTROLS, BrokenRule, Delimiters, Finding, read_generic, write_generic
from mappings.edi.generic import SCHEMA as ELEMENT

BINARY = {"BIN": 2, "BDS": 3}
"""Which element of a segment is binary: base64 in records."""

_TAG = re.compile("[A-Z0-9]{2,3}")
_FORBIDDEN = frozenset(CONTROLS)

SCHEMA: JsonSchema = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": "^[A-Z0-9]{2,3}$"},
        "elements": {"type": "array", "items": ELEMENT},
    },
    "required": ["id", "elements"],
    "additionalProperties": False,
}


def read_segment(tag: str, text: str, delimiters: Delimiters) -> tuple[dict[str, JsonValue], list[Finding]]:
    """A segment's elements as they came, and what is wrong with their characters."""
    elements: list[JsonValue] = []
    findings: list[Finding] = []
    if _TAG.fullmatch(tag) is None:
        findings.append(
            Finding("unknown-segment", "has no tag of two or three letters and digits", tag=tag[:3])
        )
    for at, part in enumerate(text.split(delimiters.element)[1:], 1):
        if at == BINARY.get(tag):
            try:
                elements.append(base64.b64encode(bytes.fromhex(part)).decode("ascii"))
            except ValueError:
                findings.append(Finding("binary", "has no length before it", tag=tag, element=at))
            continue
        if not _FORBIDDEN.isdisjoint(part):
            message = "holds a control character"
            findings.append(Finding("character", message, tag=tag, element=at, value=part[:99]))
        elements.append(read_generic(part, delimiters))
    return {"id": tag, "elements": elements}, findings


def write_segment(segment: JsonValue, delimiters: Delimiters) -> str:
    """The text of a segment, binary data in hexadecimal. Raises: BrokenRule."""
    if not isinstance(segment, dict) or segment.keys() != {"id", "elements"}:
        raise BrokenRule("type", "is not an object with id and elements")
    tag, elements = segment["id"], segment["elements"]
    if not isinstance(tag, str) or _TAG.fullmatch(tag) is None:
        raise BrokenRule("type", "has no id of two or three letters and digits")
    if not isinstance(elements, list):
        raise BrokenRule("type", "has no list of elements")
    parts = [tag]
    for at, element in enumerate(elements, 1):
        if at == BINARY.get(tag):
            parts.append(_hexadecimal(element))
        else:
            parts.append(write_generic(element, delimiters))
    return delimiters.element.join(parts)


def _hexadecimal(value: JsonValue) -> str:
    if isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True).hex()
        except ValueError:
            pass
    raise BrokenRule("type", "is not a text of base64")


class SegmentList:
    """Reads one transaction set at a time, as the walker of a definition does."""

    def __init__(self, delimiters: Delimiters) -> None:
        self._delimiters = delimiters
        self.loop = ""
        self.start()

    def start(self) -> None:
        """Begin a new one."""
        self._segments: list[JsonValue] = []

    @property
    def values(self) -> dict[str, JsonValue]:
        """What was read of this one."""
        return {"segments": self._segments}

    def take(self, tag: str, text: str) -> Sequence[Finding]:
        """The next segment."""
        segment, findings = read_segment(tag, text, self._delimiters)
        path = f"/segments/{len(self._segments)}"
        self._segments.append(segment)
        return [
            one.at(tag=tag, path=f"{path}/elements/{one.element - 1}" if one.element else path, loop="")
            for one in findings
        ]

    def end(self) -> Sequence[Finding]:
        """Nothing is ever missing."""
        return ()
