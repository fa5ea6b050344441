"""JSON Schema of a tree of items."""

from __future__ import annotations

from collections.abc import Mapping

from mappings.contract import JsonSchema, JsonValue
from mappings.fixed_width.items import Array, Choice, Field, Group, Span, Views, name_of
from mappings.fixed_width.items_writing import counter_keys, counters_inside
from mappings.fixed_width.layout import UNTAGGED


def record_schema(record: Group) -> JsonSchema:
    """JSON Schema (2020-12) of one record. Fields that count tables may be left out: they are computed."""
    return _group(record, counter_keys(record))


def tagged_schema(schemas: Mapping[str, JsonSchema]) -> JsonSchema:
    """JSON Schema of records of several types, by name: each is the only member of an object. The only type
    may be without a name, and is itself the record."""
    if UNTAGGED in schemas:
        return schemas[UNTAGGED]
    return {
        "oneOf": [
            {
                "type": "object",
                "properties": {name: schema},
                "required": [name],
                "additionalProperties": False,
            }
            for name, schema in schemas.items()
        ]
    }


def _schema(item: Field | Group | Array, counters: frozenset[str]) -> JsonSchema:
    if isinstance(item, Field):
        return dict(item.codec.schema)
    if isinstance(item, Array):
        least = item.least if item.counter is not None else item.most
        return {
            "type": "array",
            "items": _schema(item.element, counters),
            "minItems": least,
            "maxItems": item.most,
        }
    return _group(item, counters)


def _group(group: Group, counters: frozenset[str]) -> JsonSchema:
    properties: dict[str, JsonValue] = {}
    required: list[JsonValue] = []
    choices: list[JsonValue] = []
    for member in group.members:
        if isinstance(member, Field | Group | Array):
            name = name_of(member)
            properties[name] = _schema(member, counters)
            if not (isinstance(member, Field) and member.key in counters):
                required.append(name)
        elif isinstance(member, Choice):
            items = [variant.item for variant in member.variants]
            inside = counters_inside(member, counters)
            properties |= {name_of(item): _schema(item, inside) for item in items}
            choices.append({"oneOf": [{"required": [name_of(item)]} for item in items]})
        elif isinstance(member, Views):
            inside = counters_inside(member, counters)
            properties |= {name_of(item): _schema(item, inside) for item in member.items}
            choices.append({"anyOf": [{"required": [name_of(item)]} for item in member.items]})
        elif isinstance(member, Span):
            properties[member.name] = dict(member.codec.schema)
    schema: JsonSchema = {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    if choices:
        schema["allOf"] = choices
    return schema
