"""What no definition describes, as a list of segments.

A segment is `{"id": "NAD", "elements": ["BY", ["a", "", "9"]]}`: texts by their places, what has components a
list of texts, what is repeated `{"repeat": [...]}`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mappings.contract import JsonSchema, JsonValue
from mappings.edi import generic
from mappings.edi.delimiters import CONTROLS, Delimiters
from mappings.edi.findings import BrokenRule, Finding
from mappings.edi.schema import MAX_TAG_LENGTH

SCHEMA: JsonSchema = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": f"^[A-Z0-9]{{1,{MAX_TAG_LENGTH}}}$"},
        "elements": {"type": "array", "items": generic.SCHEMA},
    },
    "required": ["id", "elements"],
    "additionalProperties": False,
}

_FORBIDDEN = frozenset(CONTROLS)
_MAX_TAGS = 1000


def is_tag(text: str) -> bool:
    """True for what can be a segment's tag."""
    return text.isalnum() and text.isascii() and text.upper() == text and len(text) <= MAX_TAG_LENGTH


def read_segment(tag: str, text: str, delimiters: Delimiters) -> tuple[dict[str, JsonValue], list[Finding]]:
    """A segment's elements as they came, and what is wrong with its tag and its characters."""
    findings: list[Finding] = []
    if not is_tag(tag):
        findings.append(Finding("unknown-segment", "has no tag of letters and digits", tag=tag[:3]))
    parts = delimiters.elements(tag, text)
    forbidden = _FORBIDDEN - frozenset(delimiters.all)
    for at, part in enumerate(parts, 1):
        if not forbidden.isdisjoint(part):
            message = "holds a control character"
            findings.append(Finding("character", message, tag=tag[:3], element=at, value=part[:99]))
    elements = [generic.read_generic(part, delimiters) for part in parts]
    return {"id": tag, "elements": elements}, findings


def write_segment(segment: JsonValue, delimiters: Delimiters) -> str:
    """The text of a segment. Raises: BrokenRule."""
    if not isinstance(segment, dict) or segment.keys() != {"id", "elements"}:
        raise BrokenRule("type", "is not an object with id and elements")
    tag, elements = segment["id"], segment["elements"]
    if not isinstance(tag, str) or not is_tag(tag):
        raise BrokenRule("type", "has no id of letters and digits")
    if not isinstance(elements, list):
        raise BrokenRule("type", "has no list of elements")
    texts = [generic.write_generic(element, delimiters) for element in elements]
    if not texts:
        return tag
    return f"{tag}{delimiters.tag_separator}{delimiters.element.join(texts)}"


class SegmentList:
    """Reads one transaction set or message at a time, as the walker of a definition does."""

    def __init__(self, delimiters: Delimiters) -> None:
        self._delimiters = delimiters
        unusual = {delimiters.release, delimiters.repetition, *_FORBIDDEN} - {
            delimiters.element,
            delimiters.component,
            None,
        }
        self._unusual = re.compile(f"[{re.escape(''.join(sorted(filter(None, unusual))))}]").search
        self._tags: set[str] = set()
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
        if tag in self._tags and self._unusual(text) is None:
            marks = self._delimiters
            between, inside = marks.element, marks.component
            rest = text[len(tag) + 1 :]
            elements: list[JsonValue] = [
                part.split(inside) if inside in part else part  # type: ignore[misc]  # texts
                for part in (rest.split(between) if len(text) > len(tag) else ())
            ]
            self._segments.append({"id": tag, "elements": elements})
            return ()
        segment, findings = read_segment(tag, text, self._delimiters)
        if not findings and len(self._tags) < _MAX_TAGS:
            self._tags.add(tag)
        path = f"/segments/{len(self._segments)}"
        self._segments.append(segment)
        return [
            one.at(
                tag=tag, path=path if one.element is None else f"{path}/elements/{one.element - 1}", loop=""
            )
            for one in findings
        ]

    def end(self) -> Sequence[Finding]:
        """Nothing is ever missing."""
        return ()
