"""JSON Schema of an object: made from what is known of its members, and asked about one of them."""

from __future__ import annotations

from collections.abc import Iterable

from mappings.contract import JsonSchema, JsonValue
from mappings.transform.targets import Path

Part = tuple[Path, JsonSchema, bool]
"""A member by its path, its schema, and whether it is always there."""


def object_schema(parts: Iterable[Part], *, is_closed: bool) -> JsonSchema:
    """The schema of an object with these members, inside of which others may lie. One that `is_closed` has
    no others."""
    result = _empty(is_closed)
    for path, schema, is_there in parts:
        _insert(result, path, schema, is_there, is_closed)
    return _without_empty(result)


def schema_at(schema: JsonSchema, steps: Path) -> JsonSchema:
    """What the schema of an object says of the member at a path; nothing where it does not know it."""
    found: JsonValue = schema
    for step in steps:
        properties = found.get("properties") if isinstance(found, dict) else None
        found = properties.get(step) if isinstance(properties, dict) else None
    return found if isinstance(found, dict) else {}


def _empty(is_closed: bool) -> JsonSchema:
    schema: JsonSchema = {"type": "object", "properties": {}, "required": []}
    return {**schema, "additionalProperties": False} if is_closed else schema


def _insert(schema: JsonSchema, path: Path, value: JsonSchema, is_there: bool, is_closed: bool) -> None:
    """Put a member's schema in at its path. What is known of a member already is not overwritten."""
    inside = schema
    for step in path[:-1]:
        properties, required = _parts(inside)
        if not isinstance(properties.get(step), dict) or not properties[step]:
            properties[step] = _empty(is_closed)
        if is_there and step not in required:
            required.append(step)
        below = properties[step]
        assert isinstance(below, dict)
        if "properties" not in below:
            return
        inside = below
    properties, required = _parts(inside)
    if not properties.get(path[-1]):
        properties[path[-1]] = value
    if is_there and path[-1] not in required:
        required.append(path[-1])


def _parts(schema: JsonSchema) -> tuple[dict[str, object], list[object]]:
    properties, required = schema["properties"], schema.setdefault("required", [])
    assert isinstance(properties, dict)
    assert isinstance(required, list)
    return properties, required  # type: ignore[return-value]


def _without_empty(schema: JsonSchema) -> JsonSchema:
    """Without `required` where nothing is."""
    properties = schema.get("properties")
    result = {key: value for key, value in schema.items() if key != "required" or value}
    if isinstance(properties, dict):
        result["properties"] = {
            name: _without_empty(inner) if isinstance(inner, dict) else inner
            for name, inner in properties.items()
        }
    return result
