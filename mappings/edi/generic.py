"""Elements that no definition describes.

An element is its text; with components a list of texts, empty ones in it as empty texts; repeated it is
`{"repeat": [...]}` of such. An element without a value is an empty text in lists and absent in objects.
"""

from __future__ import annotations

from mappings.contract import JsonSchema, JsonValue
from mappings.edi.delimiters import CONTROLS, Delimiters
from mappings.edi.findings import BrokenRule

REPEAT = "repeat"
_ONE: JsonSchema = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 2}]
}
SCHEMA: JsonSchema = {
    "anyOf": [
        {"type": "string"},
        {"type": "array", "items": {"type": "string"}, "minItems": 2},
        {
            "type": "object",
            "properties": {REPEAT: {"type": "array", "items": _ONE, "minItems": 2}},
            "required": [REPEAT],
            "additionalProperties": False,
        },
    ]
}


def read_generic(text: str, delimiters: Delimiters) -> JsonValue:
    """The value of an element's text."""
    if delimiters.repetition is not None and delimiters.repetition in text:
        parts = delimiters.split(text, delimiters.repetition)
        if len(parts) > 1:
            return {REPEAT: [_components(part, delimiters) for part in parts]}
    return _components(text, delimiters)


def _components(text: str, delimiters: Delimiters) -> JsonValue:
    parts: list[JsonValue] = list(delimiters.split(text, delimiters.component))
    if len(parts) == 1:
        return delimiters.released(text)
    return [delimiters.released(part) for part in parts if isinstance(part, str)]


def write_generic(value: JsonValue, delimiters: Delimiters) -> str:
    """The text of an element. Raises: BrokenRule for what would not be read as the same value."""
    if isinstance(value, dict):
        items = value.get(REPEAT)
        if value.keys() != {REPEAT} or not isinstance(items, list) or len(items) < 2:
            raise BrokenRule("type", "is neither a text, a list of texts nor a list of repetitions")
        if delimiters.repetition is None:
            raise BrokenRule("repetitions", "is repeated, and this interchange has no repetition separator")
        return delimiters.repetition.join(_write_components(item, delimiters) for item in items)
    return _write_components(value, delimiters)


def _write_components(value: JsonValue, delimiters: Delimiters) -> str:
    if isinstance(value, list) and len(value) > 1:
        return delimiters.component.join(_write_text(one, delimiters) for one in value)
    return _write_text(value, delimiters)


def _write_text(value: JsonValue, delimiters: Delimiters) -> str:
    if not isinstance(value, str):
        raise BrokenRule("type", "is neither a text, a list of texts nor a list of repetitions")
    return written(value, delimiters)


def written(text: str, delimiters: Delimiters) -> str:
    """A value's text as it is written. Raises: BrokenRule for what no interchange can hold, and where there
    is no release character for what this one's delimiters cannot."""
    if not (frozenset(CONTROLS) - frozenset(delimiters.all)).isdisjoint(text):
        raise BrokenRule("character", "holds a control character")
    if delimiters.release is not None:
        return delimiters.escaped(text)
    for mark in delimiters.all:
        if mark in text:
            raise BrokenRule("delimiter", f"holds {mark!r}, which separates values in this interchange")
    return text
