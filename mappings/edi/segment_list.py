"""What no definition describes, as a list of segments.

A segment is `{"id": "NAD", "elements": ["BY", ["a", "", "9"]]}`: texts by their places, what has components a
list of texts, what is repeated `{"repeat": [...]}`, what is binary its base64.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from mappings.contract import JsonSchema, JsonValue
from mappings.edi import generic
from mappings.edi.delimiters import CONTROLS, Delimiters
from mappings.edi.findings import BrokenRule, Finding
from mappings.edi.scalars import scalar
from mappings.edi.schema import MAX_TAG_LENGTH
from mappings.edi.writing import Unwritable

SEGMENTS = "segments"
"""The name of the list in records."""

_FORBIDDEN = frozenset(CONTROLS)
_MAX_TAGS = 1000
_BINARY = scalar("B 0/999999999999", None)


@dataclass(frozen=True, slots=True)
class Tags:
    """What a format calls its segments: the pattern of tags and what that is in words, and of segments with
    binary data which element that is, counted from 1; in their text it is in hexadecimal."""

    pattern: str
    words: str
    binary: Mapping[str, int] = field(default_factory=dict)

    def is_tag(self, text: str) -> bool:
        """True for what can be a segment's tag."""
        return re.fullmatch(self.pattern, text) is not None


ANY = Tags(f"[A-Z0-9]{{1,{MAX_TAG_LENGTH}}}", "of letters and digits")
"""What is a tag where the standard says no more."""


def segment_schema(tags: Tags) -> JsonSchema:
    """JSON Schema of one segment."""
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string", "pattern": f"^{tags.pattern}$"},
            "elements": {"type": "array", "items": generic.SCHEMA},
        },
        "required": ["id", "elements"],
        "additionalProperties": False,
    }


def read_segment(
    tag: str, text: str, delimiters: Delimiters, tags: Tags = ANY
) -> tuple[dict[str, JsonValue], list[Finding]]:
    """A segment's elements as they came, and what is wrong with its tag and its characters."""
    findings: list[Finding] = []
    if not tags.is_tag(tag):
        findings.append(Finding("unknown-segment", f"has no tag {tags.words}", tag=tag[:3]))
    forbidden = _FORBIDDEN - frozenset(delimiters.all)
    elements: list[JsonValue] = []
    binary = tags.binary.get(tag)
    for at, part in enumerate(delimiters.elements(tag, text), 1):
        if at == binary:
            try:
                elements.append(_binary(part))
            except BrokenRule as error:
                findings.append(Finding(error.rule, str(error), tag=tag[:3], element=at))
            continue
        if not forbidden.isdisjoint(part):
            message = "holds a control character"
            findings.append(Finding("character", message, tag=tag[:3], element=at, value=part[:99]))
        elements.append(generic.read_generic(part, delimiters))
    return {"id": tag, "elements": elements}, findings


def _binary(text: str) -> JsonValue:
    assert _BINARY.read is not None
    return _BINARY.read(text)


def write_segment(segment: JsonValue, delimiters: Delimiters, tags: Tags = ANY) -> str:
    """The text of a segment. Raises: BrokenRule."""
    if not isinstance(segment, dict) or segment.keys() != {"id", "elements"}:
        raise BrokenRule("type", "is not an object with id and elements")
    tag, elements = segment["id"], segment["elements"]
    if not isinstance(tag, str) or not tags.is_tag(tag):
        raise BrokenRule("type", f"has no id {tags.words}")
    if not isinstance(elements, list):
        raise BrokenRule("type", "has no list of elements")
    binary = tags.binary.get(tag)
    texts = [
        _BINARY.write(element) if at == binary else generic.write_generic(element, delimiters)
        for at, element in enumerate(elements, 1)
    ]
    if not texts:
        return tag
    return f"{tag}{delimiters.tag_separator}{delimiters.element.join(texts)}"


def write_segments(
    segments: JsonValue, delimiters: Delimiters, tags: Tags, control: Collection[str]
) -> list[str]:
    """The texts of a list of segments, in which is none of the `control` segments. Raises: Unwritable with
    the path in the record."""
    if not isinstance(segments, list):
        raise Unwritable("type", "is not a list", f"/{SEGMENTS}")
    texts = []
    for at, segment in enumerate(segments):
        try:
            texts.append(write_segment(segment, delimiters, tags))
            assert isinstance(segment, dict), "it was written"
            if segment["id"] in control:
                raise BrokenRule("control-structure", "is a control segment, which is written by itself")
        except BrokenRule as error:
            raise Unwritable(error.rule, str(error), f"/{SEGMENTS}/{at}") from None
    return texts


class SegmentList:
    """Reads one transaction set or message at a time, as the walker of a definition does."""

    def __init__(self, delimiters: Delimiters, tags: Tags = ANY) -> None:
        self._delimiters = delimiters
        self._rules = tags
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
        return {SEGMENTS: self._segments}

    def run(self, texts: Sequence[str], start: int) -> int:
        """Take the segments from `texts[start]` on, as long as their tags are known and nothing is unusual in
        them: the index of the first that is left to `take`."""
        separator = self._delimiters.tag_separator
        between, inside = self._delimiters.element, self._delimiters.component
        tags, unusual, segments = self._tags, self._unusual, self._segments
        for at in range(start, len(texts)):
            text = texts[at]
            tag, has_elements, rest = text.partition(separator)
            if tag not in tags or unusual(text) is not None:
                return at
            elements: list[JsonValue] = [
                part.split(inside) if inside in part else part  # type: ignore[misc]  # texts
                for part in (rest.split(between) if has_elements else ())
            ]
            segments.append({"id": tag, "elements": elements})
        return len(texts)

    def take(self, tag: str, text: str) -> Sequence[Finding]:
        """The next segment."""
        segment, findings = read_segment(tag, text, self._delimiters, self._rules)
        is_plain = not findings and tag not in self._rules.binary
        if is_plain and len(self._tags) < _MAX_TAGS:
            self._tags.add(tag)
        path = f"/{SEGMENTS}/{len(self._segments)}"
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
