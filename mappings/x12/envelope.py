"""The control segments: what ISA, GS, ST and their trailers are in records, and back.

An interchange's ISA has elements of fixed length, 106 bytes with its terminator, and says the delimiters.
Source: X12.5 (interchange control structures), X12.6 §3.9 (functional groups).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from pydantic import TypeAdapter

from mappings.contract import JsonSchema, JsonValue
from mappings.edi import Content, Delimiters, Plan, compile_layout, segment_schema

Values: TypeAlias = dict[str, JsonValue]

ISA_LENGTH = 106
# Of an ISA whose elements have not their lengths, no more than this is looked at.
LONGEST_ISA = 400
REPEATS_FROM = "00402"
# No character of UTF-8 has this byte or one above it (RFC 3629, section 1).
_FIRST_OUTSIDE_UTF_8 = 0xF5
CONTROL_NUMBER_DIGITS = 9
ISA_NAMES = (
    "authorization_qualifier",
    "authorization",
    "security_qualifier",
    "security",
    "sender_qualifier",
    "sender",
    "receiver_qualifier",
    "receiver",
    "date",
    "time",
    "standard",
    "version",
    "control_number",
    "acknowledgment_requested",
    "usage",
    "component",
)
ISA_LENGTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
PADDED = frozenset({"authorization", "security", "sender", "receiver"})


@dataclass(frozen=True, slots=True)
class Header:
    """An ISA that was read: its 16 elements as they came, the delimiters, and its length in bytes."""

    elements: tuple[str, ...]
    delimiters: Delimiters
    length: int

    @property
    def control_number(self) -> str:
        """ISA13."""
        return self.elements[12]

    @property
    def identity(self) -> str:
        """What no other interchange has: its partners and its number."""
        return "\n".join((*self.elements[4:8], self.control_number))

    @property
    def is_fixed(self) -> bool:
        """True where each element has its length."""
        return tuple(map(len, self.elements)) == ISA_LENGTHS

    @property
    def version(self) -> str:
        """ISA12."""
        return self.elements[11]

    def values(self) -> Values:
        """The interchange in records. Spaces that only fill are left out, and so is what is empty then."""
        found: Values = {}
        for name, element in zip(ISA_NAMES[:-1], self.elements, strict=False):
            text = element.rstrip(" ") if name in PADDED else element
            if name == "standard" and self.delimiters.repetition is not None:
                continue
            if text:
                found[name] = text
        return found


def header(text: str, *, fixed: bool, encoding: str = "us-ascii") -> Header | None:
    """The ISA that the text begins with, one character for each byte; None where it is none. With `fixed`
    each element has its length; `encoding` is that of the values."""
    read = _parsed(text, fixed=fixed)
    return None if read is None or _delimiter_problem(read.delimiters, encoding) else read


def refusal(text: str, *, fixed: bool, encoding: str) -> str:
    """Why a text that begins with ISA, and is long enough for it, has no header."""
    read = _parsed(text, fixed=fixed)
    wrong = None if read is None else _delimiter_problem(read.delimiters, encoding)
    return wrong or "ISA does not have 16 elements of their fixed lengths and the delimiters behind them"


def _parsed(text: str, *, fixed: bool) -> Header | None:
    """The elements of ISA and what it says the delimiters are, whether they can be such or not."""
    separator = text[3:4]
    if not separator or separator in " \r\n" or _is_word(separator):
        return None
    parts = text[:LONGEST_ISA].split(separator, 16)
    if len(parts) < 17 or len(parts[16]) < 2:
        return None
    elements = (*parts[1:16], parts[16][0])
    if fixed and tuple(map(len, elements)) != ISA_LENGTHS:
        return None
    component, terminator = parts[16][0], parts[16][1]
    repeats = elements[11] >= REPEATS_FROM and len(elements[10]) == 1 and elements[10] != " "
    repetition = elements[10] if repeats and not _is_word(elements[10]) else None
    length = sum(map(len, parts[:16])) + 16 + 2
    return Header(elements, Delimiters(separator, component, repetition, terminator), length)


def _is_word(mark: str) -> bool:
    """True for letters and digits of ASCII. Above that a byte is whatever ISA says it is."""
    return mark.isascii() and mark.isalnum()


def _delimiter_problem(marks: Delimiters, encoding: str) -> str | None:
    """Why values in this encoding cannot be separated so; None where they can."""
    named = {
        "element separator": marks.element,
        "component separator": marks.component,
        "repetition separator": marks.repetition,
        "segment terminator": marks.terminator,
    }
    seen: dict[str, str] = {}
    for name, mark in named.items():
        if mark is None:
            continue
        if mark in seen:
            return f"the {name} of ISA is its {seen[mark]} too"
        if _is_word(mark) or mark == " ":
            return f"the {name} of ISA is {mark!r}: a letter, a digit or a space"
        if not (mark.isascii() or _stands_apart(mark, encoding, is_cut=name == "segment terminator")):
            said = f"byte {ord(mark):02X}, which cannot separate text in {encoding}"
            return f"the {name} of ISA is {said}; give another encoding, such as iso-8859-1"
        seen[mark] = name
    return None


def _stands_apart(mark: str, encoding: str, *, is_cut: bool) -> bool:
    """True for a byte above 7F that is the same when text is decoded, or that is cut off before (`is_cut`)
    and is no part of a longer character."""
    if is_cut:
        return encoding != "utf-8" or ord(mark) >= _FIRST_OUTSIDE_UTF_8
    return mark.encode("latin-1").decode(encoding, "replace") == mark


def _element(name: str, type_: str, *, required: bool = True) -> dict[str, JsonValue]:
    return {"name": name, "type": type_, "required": required}


_SEGMENTS: list[JsonValue] = [
    {
        "segment": "GS",
        "elements": [
            _element("functional_identifier", "ID 2/2"),
            _element("sender", "AN 2/15"),
            _element("receiver", "AN 2/15"),
            _element("date", "AN 6/8"),
            _element("time", "AN 4/8"),
            _element("control_number", "AN 1/9"),
            _element("agency", "ID 1/2"),
            _element("version", "AN 1/12"),
        ],
    },
    {"segment": "GE", "elements": [_element("count", "N0 1/6"), _element("control_number", "AN 1/9")]},
    {
        "segment": "ST",
        "elements": [
            _element("identifier", "ID 3/3"),
            _element("control_number", "AN 4/9"),
            _element("implementation", "AN 1/35", required=False),
        ],
    },
    {"segment": "SE", "elements": [_element("count", "N0 1/10"), _element("control_number", "AN 4/9")]},
    {"segment": "IEA", "elements": [_element("count", "N0 1/5"), _element("control_number", "AN 9/9")]},
]
CONTROL = Plan(compile_layout(TypeAdapter[Content](Content).validate_python(_SEGMENTS), {}))
"""The control segments other than ISA, by their tags."""

SEGMENTS = {segment.tag: segment for segment in CONTROL.layout.segments}


def envelope_schema() -> JsonSchema:
    """What is around a transaction set. Everything may be left out when writing that the definition says, and
    control numbers are counted."""
    text: JsonValue = {"type": "string"}
    interchange: dict[str, JsonValue] = dict.fromkeys(ISA_NAMES[:-1], text)
    interchange["services"] = {"type": "array", "items": {"type": "object"}}
    parts: dict[str, JsonValue] = {
        "interchange": {"type": "object", "properties": interchange, "additionalProperties": False}
    }
    for name, tag in (("group", "GS"), ("transaction", "ST")):
        schema = segment_schema(SEGMENTS[tag])
        schema.pop("required", None)
        parts[name] = schema
    return {"type": "object", "properties": parts, "additionalProperties": False}
