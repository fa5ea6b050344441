"""JSON Schema of what a definition's segments and groups become."""

from __future__ import annotations

from collections.abc import Sequence

from mappings.contract import JsonSchema, JsonValue
from mappings.edi import Loop
from mappings.edi.layout import Item
from mappings.hl7 import generic
from mappings.hl7.batches import BATCH_HEADER, FILE_HEADER
from mappings.hl7.compiled import UNBOUNDED, Compiled
from mappings.hl7.layout import Fields, Kind, Member
from mappings.hl7.messages import SEGMENTS

_AROUND: dict[str, JsonValue] = {
    FILE_HEADER: {**generic.SEGMENT_SCHEMA, "description": "FHS, the header of the file that it is in"},
    BATCH_HEADER: {**generic.SEGMENT_SCHEMA, "description": "BHS, the header of the batch that it is in"},
}


def record_schema(compiled: Compiled) -> JsonSchema:
    """One record."""
    if compiled.plan is None:
        segments: JsonSchema = {"type": "array", "items": generic.SEGMENT_SCHEMA, "minItems": 1}
        return _object({**_AROUND, SEGMENTS: segments}, [SEGMENTS])
    layout = compiled.parts or compiled.plan.layout
    schema = _loop(layout.body, compiled.fields)
    properties = schema["properties"]
    assert isinstance(properties, dict)
    return {**schema, "properties": {**_AROUND, **properties}}


def _loop(loop: Loop, fields: Sequence[Fields]) -> JsonSchema:
    """Where records are made of groups, what holds them is one object, and may be without them and without
    what follows them."""
    properties: dict[str, JsonValue] = {item.name: _item(item, fields) for item in loop.items}
    begins = loop.positions[0][0] if loop.parent is not None and not loop.begins else None
    is_streamed = any(isinstance(item, Loop) and item.streams for item in loop.items)
    required: list[JsonValue] = []
    behind = False
    for item in loop.items:
        behind = behind or (isinstance(item, Loop) and item.streams)
        if item is begins or (item.least > 0 and not (is_streamed and behind)):
            required.append(item.name)
    return _object(properties, required)


def _item(item: Item, fields: Sequence[Fields]) -> JsonSchema:
    one = _loop(item, fields) if isinstance(item, Loop) else _segment(fields[item.index])
    if item.is_list:
        one = {"type": "array", "items": one, "minItems": max(item.least, 1)}
        if item.most < UNBOUNDED:
            one["maxItems"] = item.most
    return {**one, "description": item.description} if item.description else one


def _segment(fields: Fields) -> JsonSchema:
    members = [fields.members[at] for at in sorted(fields.members)]
    made = _object({member.name: _field(member) for member in members}, [one.name for one in fields.required])
    others = _others([str(at) for at in sorted(fields.members)])
    return {**made, "patternProperties": {f"^{fields.tag}-{others}$": generic.SCHEMA}}


def _others(taken: Sequence[str]) -> str:
    """An expression for the positions that are not taken."""
    return f"(?!({'|'.join(taken)})$)[1-9][0-9]{{0,2}}" if taken else "[1-9][0-9]{0,2}"


def _field(member: Member) -> JsonSchema:
    one: JsonSchema = {} if member.kind is None else _value(member, member.kind)
    if member.is_list:
        one = {"type": "array", "items": {"anyOf": [one, {"const": ""}]}, "minItems": 1}
        if member.most < UNBOUNDED:
            one["maxItems"] = member.most
    return {**one, "description": member.description} if member.description else one


def _value(member: Member, kind: Kind) -> JsonSchema:
    """A value, or null where it is deleted."""
    if kind.scalar is None:
        names: dict[str, JsonValue] = {one.name: _component(one) for one in kind.members}
        required: list[JsonValue] = [one.name for one in kind.members if one.required]
        made = _object(names, required)
        others = _others([str(one.position) for one in kind.members])
        made["patternProperties"] = {f"^{others}$": generic.SCHEMA}
        return {"anyOf": [{**made, "minProperties": 1}, {"type": "null"}]}
    if member.codes is not None:
        codes: list[JsonValue] = [*sorted(member.codes), None]
        return {"enum": codes}
    one: JsonSchema = dict(kind.scalar.schema)
    one["type"] = [one["type"], "null"]
    if member.max_length is not None and one["type"] == ["string", "null"] and "pattern" not in one:
        one["maxLength"] = member.max_length
    return one


def _component(member: Member) -> JsonSchema:
    assert member.kind is not None
    one = _value(member, member.kind)
    return {**one, "description": member.description} if member.description else one


def _object(properties: dict[str, JsonValue], required: Sequence[JsonValue]) -> JsonSchema:
    made: JsonSchema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        made["required"] = [*required]
    return made
