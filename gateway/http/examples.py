"""An example for a schema that has none: enough to fill in the documentation's forms."""

from __future__ import annotations

from adapters.contract import JsonSchema, JsonValue
from gateway.catalogue import Checker
from gateway.catalogue.members import resolved

_MAX_DEPTH = 8
_MAX_MEMBERS = 40
_TEXT = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "P1D",
    "uuid": "5e0f5a34-6c1e-4f0e-9d52-0d5b3f7c1a2b",
    "uri": "https://example.com/",
    "email": "someone@example.com",
}


def example(schema: JsonSchema, check: Checker | None = None) -> JsonValue | None:
    """A valid value for a self-contained schema, or None when none was found by simple means."""
    value = _value(schema, schema, 0)
    valid = (check or Checker(schema)).is_valid(value)
    return value if valid else None


def _value(schema: JsonSchema, root: JsonSchema, depth: int) -> JsonValue:
    own = resolved(schema, root)
    if "const" in own:
        return own["const"]
    for keyword in ("examples", "enum"):
        given = own.get(keyword)
        if isinstance(given, list) and given:
            return given[0]
    if "default" in own:
        return own["default"]
    for keyword in ("oneOf", "anyOf", "allOf"):
        branches = own.get(keyword)
        if isinstance(branches, list) and branches and isinstance(branches[0], dict) and "type" not in own:
            merged = {key: value for key, value in own.items() if key != keyword}
            return _value({**merged, **resolved(branches[0], root)}, root, depth + 1) if depth < 30 else None
    kind = own.get("type")
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), "null")
    return _of_type(str(kind), own, root, depth)


def _of_type(kind: str, own: JsonSchema, root: JsonSchema, depth: int) -> JsonValue:
    if kind == "object" or "properties" in own:
        return _object(own, root, depth)
    if kind == "array":
        items = own.get("items")
        if depth > _MAX_DEPTH or not isinstance(items, dict):
            return []
        return [_value(items, root, depth + 1)]
    if kind in ("integer", "number"):
        minimum = own.get("minimum", own.get("exclusiveMinimum"))
        return int(minimum) + 1 if isinstance(minimum, int) and minimum > 0 else 1
    if kind == "boolean":
        return True
    return _string(own) if kind == "string" else None


def _object(own: JsonSchema, root: JsonSchema, depth: int) -> JsonValue:
    properties, required = own.get("properties"), own.get("required")
    needed = required if isinstance(required, list) else []
    found: dict[str, JsonValue] = {}
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        wanted = name in needed or (depth < _MAX_DEPTH and len(found) < _MAX_MEMBERS)
        if wanted and depth < 30 and isinstance(inner, dict):
            found[name] = _value(inner, root, depth + 1)
    return found


def _string(own: JsonSchema) -> str:
    known = _TEXT.get(str(own.get("format")))
    if known is not None:
        return known
    shortest, longest = own.get("minLength"), own.get("maxLength")
    text = "text"
    if isinstance(longest, int):
        text = text[:longest]
    if isinstance(shortest, int) and len(text) < shortest:
        text += "x" * (min(shortest, 1000) - len(text))
    return text
