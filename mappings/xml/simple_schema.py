"""JSON Schemas of simple types.

Where XML Schema says more than JSON Schema can (a pattern of its own regular-expression language, bounds of
dates) the schema is the wider of the two, and the codec checks the rest.
"""

from __future__ import annotations

import re
from decimal import Decimal

from mappings.contract import JsonSchema, JsonValue
from mappings.xml.atoms import INTEGER_RANGES, TEXT_FORMS, Family, atom
from mappings.xml.model import AtomicType, Facets, ListType, PatternStep, SimpleType, UnionType
from mappings.xml.simple import compile_simple
from mappings.xml.temporal import PATTERNS

_DESCRIPTIONS = {
    "dateTime": "Date and time, ISO 8601; the time zone is optional.",
    "date": "Date, ISO 8601; a time zone is allowed.",
    "time": "Time of day, ISO 8601; the time zone is optional.",
    "duration": "Duration, ISO 8601.",
    "QName": "A name as {namespace}local.",
    "base64Binary": "Bytes as base64.",
    "hexBinary": "Bytes as base64 (hexadecimal in XML).",
}
_CONVERTIBLE = re.compile(
    r"(?:[^\\\[\]^$]|\\[nrtdsDS.\\|?*+(){}\[\]^\-]|\[\^?(?:[^\\\[\]\-^&]|\\[nrtds.\\|?*+(){}\[\]^\-]|(?<=[^\[])-)+\])*"
)
"""Patterns that mean the same in JSON Schema's dialect: no class subtraction, \\i, \\c, \\w or \\p, and no
bare anchors, which XML Schema reads as characters."""


def simple_schema(kind: SimpleType) -> JsonSchema:
    """The JSON Schema of a simple type's value."""
    match kind:
        case AtomicType():
            schema = _atomic(kind)
        case ListType():
            schema = {"type": "array", "items": simple_schema(kind.item), **_item_counts(kind.facets)}
        case UnionType():
            schema = {"anyOf": [simple_schema(member) for member in kind.members]}
    if kind.facets.enumeration is not None:
        schema = _enumerated(kind, schema)
    if kind.documentation:
        schema["description"] = kind.documentation
    return schema


def _enumerated(kind: SimpleType, schema: JsonSchema) -> JsonSchema:
    read = compile_simple(kind).read
    texts = kind.facets.enumeration or ()
    if isinstance(kind, AtomicType) and kind.builtin in ("QName", "NOTATION"):
        return schema
    values: list[JsonValue] = []
    for text in texts:
        value = read(text)
        if value not in values:
            values.append(value)
    if isinstance(kind, AtomicType):
        return {**({"type": schema["type"]} if "type" in schema else {}), "enum": values}
    return {"enum": values}


def _atomic(kind: AtomicType) -> JsonSchema:
    base = atom(kind.builtin)
    assert base is not None
    schema = _of_family(base.family, kind)
    if base.family in ("text", "temporal", "qname") and kind.facets.patterns:
        _add_patterns(schema, kind.facets.patterns)
    return schema


def _of_family(family: Family, kind: AtomicType) -> JsonSchema:
    described: JsonSchema = (
        {"description": _DESCRIPTIONS[kind.builtin]} if kind.builtin in _DESCRIPTIONS else {}
    )
    match family:
        case "text":
            form = TEXT_FORMS.get(kind.builtin) if kind.builtin in ("language",) else None
            pattern: JsonSchema = {"pattern": f"^{form}$"} if form else {}
            return {"type": "string", **pattern, **_text_lengths(kind.facets), **described}
        case "integer":
            return {"type": "integer", **_integer_bounds(kind)}
        case "decimal":
            return {"type": "number", **_bounds(kind.facets), **_digits(kind.facets)}
        case "double":
            number: JsonSchema = {"type": "number", **_bounds(kind.facets)}
            return {"anyOf": [number, {"enum": ["INF", "-INF", "NaN"]}]}
        case "boolean":
            return {"type": "boolean"}
        case "binary":
            return {"type": "string", "contentEncoding": "base64", **_byte_lengths(kind.facets), **described}
        case "temporal":
            return {"type": "string", "pattern": f"^(?:{_portable(PATTERNS[kind.builtin])})$", **described}
        case "qname":
            return {"type": "string", **described}


def _portable(pattern: str) -> str:
    """Without look-ahead, which linear-time engines do not have; the codec checks what it excluded."""
    return re.sub(r"\(\?=[^)]*\)", "", pattern)


def _text_lengths(facets: Facets) -> JsonSchema:
    return _pair("minLength", facets.min_length or None, "maxLength", facets.max_length)


def _item_counts(facets: Facets) -> JsonSchema:
    return _pair("minItems", facets.min_length or None, "maxItems", facets.max_length)


def _byte_lengths(facets: Facets) -> JsonSchema:
    def characters(count: int | None) -> int | None:
        return None if count is None else (count + 2) // 3 * 4

    return _pair(
        "minLength", characters(facets.min_length) or None, "maxLength", characters(facets.max_length)
    )


def _pair(low_name: str, low: JsonValue, high_name: str, high: JsonValue) -> JsonSchema:
    schema: JsonSchema = {}
    if low is not None:
        schema[low_name] = low
    if high is not None:
        schema[high_name] = high
    return schema


def _bounds(facets: Facets) -> JsonSchema:
    schema: JsonSchema = {}
    for name, text in (
        ("minimum", facets.min_inclusive),
        ("maximum", facets.max_inclusive),
        ("exclusiveMinimum", facets.min_exclusive),
        ("exclusiveMaximum", facets.max_exclusive),
    ):
        if text is not None and text.strip() not in ("INF", "-INF", "NaN"):
            schema[name] = _number(text)
    return schema


def _number(text: str) -> JsonValue:
    number = Decimal(text.strip())
    return int(number) if number == number.to_integral_value() else number


def _integer_bounds(kind: AtomicType) -> JsonSchema:
    schema = _bounds(kind.facets)
    low, high = INTEGER_RANGES[kind.builtin]
    if low is not None and "minimum" not in schema and "exclusiveMinimum" not in schema:
        schema["minimum"] = low
    if high is not None and "maximum" not in schema and "exclusiveMaximum" not in schema:
        schema["maximum"] = high
    total = kind.facets.total_digits
    if total is not None:
        limit = 10**total
        schema.setdefault("exclusiveMaximum", limit)
        schema.setdefault("exclusiveMinimum", -limit)
    return schema


def _digits(facets: Facets) -> JsonSchema:
    schema: JsonSchema = {}
    if facets.fraction_digits is not None:
        schema["multipleOf"] = (
            1 if facets.fraction_digits == 0 else Decimal(1).scaleb(-facets.fraction_digits)
        )
    if facets.total_digits is not None:
        limit = 10**facets.total_digits
        if facets.max_exclusive is None:
            schema["exclusiveMaximum"] = limit
        if facets.min_exclusive is None:
            schema["exclusiveMinimum"] = -limit
    return schema


def _add_patterns(schema: JsonSchema, steps: tuple[PatternStep, ...]) -> None:
    converted = [pattern for step in steps if (pattern := _converted(step)) is not None]
    if not converted:
        return
    if "pattern" not in schema and len(converted) == 1:
        schema["pattern"] = converted[0]
    else:
        schema["allOf"] = [{"pattern": pattern} for pattern in converted]


def _converted(step: PatternStep) -> str | None:
    if not all(_CONVERTIBLE.fullmatch(source) for source in step.sources):
        return None
    pattern = f"^(?:{'|'.join(step.sources)})$"
    try:
        re.compile(pattern)
    except re.error:
        return None
    return pattern
