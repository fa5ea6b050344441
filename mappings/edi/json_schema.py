"""JSON Schema of what a definition's segments and loops become."""

from __future__ import annotations

from mappings.contract import JsonSchema, JsonValue
from mappings.edi import generic
from mappings.edi.layout import Item, Loop, Segment, Value

_NO_LIMIT = 1_000_000_000


def loop_schema(loop: Loop) -> JsonSchema:
    """One occurrence of a loop, or the body. Where records are made of loops, what holds them is one object,
    and may be without them."""
    properties: dict[str, JsonValue] = {}
    required: list[JsonValue] = []
    for item in loop.items:
        properties[item.name] = _item(item)
        begins = loop.parent is not None and item is loop.positions[0][0]
        streamed = isinstance(item, Loop) and item.streams
        behind = any(isinstance(one, Loop) and one.streams for one in loop.items) and not begins
        if begins or (item.least > 0 and not streamed and not behind):
            required.append(item.name)
    return _object(properties, required)


def _item(item: Item) -> JsonSchema:
    one = loop_schema(item) if isinstance(item, Loop) else segment_schema(item)
    if item.is_list:
        one = {"type": "array", "items": one, "minItems": max(item.least, 1)}
        if item.most < _NO_LIMIT:
            one["maxItems"] = item.most
    return _described(one, item.description)


def segment_schema(segment: Segment) -> JsonSchema:
    """One segment."""
    if segment.elements is None:
        name = f"^{segment.tag}([0-9]{{2,3}})$"
        return {"type": "object", "patternProperties": {name: generic.SCHEMA}, "additionalProperties": False}
    return _members(segment.elements)


def _members(members: tuple[Value, ...]) -> JsonSchema:
    required: list[JsonValue] = [member.name for member in members if member.required]
    return _object({member.name: _member(member) for member in members}, required)


def _member(member: Value) -> JsonSchema:
    if member.components:
        one = _members(member.components)
    else:
        assert member.scalar is not None
        one = dict(member.scalar.schema)
        if member.codes is not None:
            codes: list[JsonValue] = [*sorted(member.codes)]
            one = {"enum": codes}
    if member.is_list:
        one = {"type": "array", "items": one, "minItems": 1, "maxItems": member.most}
    return _described(one, member.description)


def _described(schema: JsonSchema, description: str) -> JsonSchema:
    return {**schema, "description": description} if description else schema


def _object(properties: dict[str, JsonValue], required: list[JsonValue]) -> JsonSchema:
    made: JsonSchema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        made["required"] = required
    return made
