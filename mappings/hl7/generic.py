"""Fields that no definition describes, and segments of such fields.

A field is its text; with components a list, in which a component with sub-components is a list of its own;
repeated it is `{"repeat": [...]}` of such. What stands there as `""`, the null that deletes a value at the
receiver, is null; what is empty is an empty text. A segment is `{"id": "PID", "fields": [...]}`.
"""

from __future__ import annotations

from mappings.contract import JsonSchema, JsonValue
from mappings.edi import BrokenRule
from mappings.edi.writing import Unwritable
from mappings.hl7.escapes import Texts
from mappings.hl7.marks import Marks, checked

REPEAT = "repeat"
NULL = '""'
HEADERS = ("MSH", "FHS", "BHS")
"""The segments that say their delimiters themselves."""

_TEXT: JsonSchema = {"type": ["string", "null"]}
_COMPONENT: JsonSchema = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 2}]}
_ONE: JsonSchema = {"anyOf": [_TEXT, {"type": "array", "items": _COMPONENT, "minItems": 1}]}
SCHEMA: JsonSchema = {
    "anyOf": [
        _TEXT,
        {"type": "array", "items": _COMPONENT, "minItems": 1},
        {
            "type": "object",
            "properties": {REPEAT: {"type": "array", "items": _ONE, "minItems": 2}},
            "required": [REPEAT],
            "additionalProperties": False,
        },
    ]
}
SEGMENT_SCHEMA: JsonSchema = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": "^[A-Z][A-Z0-9]{2}$"},
        "fields": {"type": "array", "items": SCHEMA},
    },
    "required": ["id", "fields"],
    "additionalProperties": False,
}


def is_tag(text: str) -> bool:
    """True for what can be a segment's identifier."""
    return len(text) == 3 and text.isascii() and text.isalnum() and text.upper() == text and text[0].isalpha()


def read_text(text: str, texts: Texts) -> JsonValue:
    """A value without parts."""
    return None if text == NULL else texts.read(text)


def write_text(value: JsonValue, texts: Texts) -> str:
    """The other way. Raises: BrokenRule."""
    if value is None:
        return NULL
    if not isinstance(value, str):
        raise BrokenRule("type", "is neither a text, a list of texts nor a list of repetitions")
    return texts.quoted(value) if value == NULL else texts.write(value)


def read_component(text: str, marks: Marks, texts: Texts) -> JsonValue:
    """A component: a text, or a list of its sub-components."""
    separator = marks.subcomponent
    if separator is None or separator not in text:
        return read_text(text, texts)
    return [read_text(part, texts) for part in text.split(separator)]


def _read_one(text: str, marks: Marks, texts: Texts) -> JsonValue:
    parts = text.split(marks.component)
    read = [read_component(part, marks, texts) for part in parts]
    return read[0] if len(read) == 1 and not isinstance(read[0], list) else read


def read_field(text: str, marks: Marks, texts: Texts) -> JsonValue:
    """A field."""
    if marks.repetition is not None and marks.repetition in text:
        return {REPEAT: [_read_one(part, marks, texts) for part in text.split(marks.repetition)]}
    return _read_one(text, marks, texts)


def write_component(value: JsonValue, marks: Marks, texts: Texts) -> str:
    """The text of a component. Raises: BrokenRule for what would not be read as the same value."""
    if not isinstance(value, list):
        return write_text(value, texts)
    if len(value) < 2 or marks.subcomponent is None:
        raise BrokenRule(
            "type", "is no list of at least two sub-components, or there is no separator for them"
        )
    return marks.subcomponent.join(write_text(one, texts) for one in value)


def _write_one(value: JsonValue, marks: Marks, texts: Texts) -> str:
    if not isinstance(value, list):
        return write_text(value, texts)
    if not value or (len(value) == 1 and not isinstance(value[0], list)):
        raise BrokenRule("type", "is a list of one text; give the text")
    return marks.component.join(write_component(one, marks, texts) for one in value)


def write_field(value: JsonValue, marks: Marks, texts: Texts) -> str:
    """The text of a field. Raises: BrokenRule."""
    if not isinstance(value, dict):
        return _write_one(value, marks, texts)
    items = value.get(REPEAT)
    if value.keys() != {REPEAT} or not isinstance(items, list) or len(items) < 2:
        raise BrokenRule("type", "is neither a text, a list of texts nor a list of repetitions")
    if marks.repetition is None:
        raise BrokenRule("repetitions", "is repeated, and this message has no repetition separator")
    return marks.repetition.join(_write_one(item, marks, texts) for item in items)


def read_segment(text: str, marks: Marks, texts: Texts) -> dict[str, JsonValue]:
    """A segment's fields as they came."""
    tag, _, rest = text.partition(marks.field)
    fields: list[JsonValue] = []
    if tag in HEADERS:
        fields = [marks.field, marks.encoding]
        _, separator, rest = rest.partition(marks.field)
    else:
        separator = text[len(tag) : len(tag) + 1]
    if not separator:
        return {"id": tag, "fields": fields}
    parts, component = rest.split(marks.field), marks.component
    if _is_flat(rest, marks):
        fields += [part.split(component) if component in part else part for part in parts]  # type: ignore[misc]
        return {"id": tag, "fields": fields}
    unusual = texts.unusual
    # Most fields are empty, or plain texts.
    fields += [
        part if not part or unusual(part) is None else read_field(part, marks, texts) for part in parts
    ]
    return {"id": tag, "fields": fields}


def _is_flat(text: str, marks: Marks) -> bool:
    """True where fields have components alone: no sub-components, repetitions, escape sequences and nulls."""
    if NULL in text or "\\" in text:
        return False
    others = (marks.repetition, marks.escape, marks.subcomponent)
    return not any(mark is not None and mark in text for mark in others)


def write_segment(segment: JsonValue, marks: Marks, texts: Texts) -> str:
    """The text of a segment. Raises: Unwritable."""
    tag, fields = parts_of(segment)
    begin = ""
    if tag in HEADERS:
        begin = f"{marks.field}{marks.encoding}"
        fields = fields[2:]
    written = []
    for at, field in enumerate(fields):
        try:
            written.append(write_field(field, marks, texts))
        except BrokenRule as error:
            index = at + (2 if begin else 0)
            raise Unwritable(error.rule, str(error), f"/fields/{index}") from None
    return "".join([tag, begin, *(f"{marks.field}{one}" for one in written)])


def parts_of(segment: JsonValue) -> tuple[str, list[JsonValue]]:
    """The identifier and the fields of a segment. Raises: Unwritable."""
    if not isinstance(segment, dict) or segment.keys() != {"id", "fields"}:
        raise Unwritable("type", "is not an object with id and fields", "")
    tag, fields = segment["id"], segment["fields"]
    if not isinstance(tag, str) or not is_tag(tag):
        raise Unwritable("type", "is not three capital letters or digits", "/id")
    if not isinstance(fields, list):
        raise Unwritable("type", "is not a list", "/fields")
    return tag, fields


def marks_in(segment: JsonValue) -> Marks:
    """The delimiters that a header as a list of fields says. Raises: Unwritable."""
    _, fields = parts_of(segment)
    first = fields[:2]
    if len(first) < 2 or not isinstance(first[0], str) or not isinstance(first[1], str):
        raise Unwritable("delimiters", "does not begin with its delimiters", "/fields")
    try:
        return checked(first[0], first[1])
    except BrokenRule as error:
        raise Unwritable(error.rule, str(error), "/fields/1") from None
