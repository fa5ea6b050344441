"""JSON Schemas of records with the columns of their fields, which are those that the fields have where a
format goes in columns: JSON Schema alone does not say how many places a decimal number has, say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mappings.columns.delimited_compile import type_of as type_of_column
from mappings.columns.fixed_compile import type_of
from mappings.columns.schema_types import HINT, name_of_type
from mappings.compression import CompressedFormat
from mappings.contract import Format, JsonSchema, JsonValue
from mappings.copybook import CopybookFormat
from mappings.delimited import DelimitedFormat
from mappings.fixed_width import FixedWidthFormat
from mappings.fixed_width.items import Array, Choice, Field, Group, Item, Views, name_of

Hints = Mapping[str, "JsonValue | Hints"]
"""What is to be known of members, by name; of lists, of their elements."""


def hinted_schema(format_: Format) -> JsonSchema:
    """JSON Schema of the records, in which each field names its column where the format knows it."""
    plain = format_.inner if isinstance(format_, CompressedFormat) else format_
    return _hinted(format_.schema(), _tagged(_hints(plain)))


def _tagged(records: Mapping[str, Hints]) -> Hints:
    """The only type may be without a name."""
    return records.get("", records)


def _hints(format_: Format) -> Mapping[str, Hints]:
    """Those of each type of record."""
    if isinstance(format_, CopybookFormat):
        return {name: _members(record) for name, record in format_.records.items()}
    if isinstance(format_, FixedWidthFormat):
        return {
            each.name: {field.name: name_of_type(type_of(field.codec)) for field in each.fields}
            if each.items is None or each.items.tree is None
            else _members(each.items.tree)
            for each in format_.layout.records
        }
    if isinstance(format_, DelimitedFormat):
        given = format_.definition
        by_type = {name: each.fields for name, each in (given.records or {}).items()} or {
            "": given.fields or {}
        }
        return {
            name: {key: name_of_type(type_of_column(field)) for key, field in fields.items()}
            for name, fields in by_type.items()
        }
    return {}


def _members(group: Group) -> Hints:
    found: dict[str, JsonValue | Hints] = {}
    for member in group.members:
        found |= _of(member)
    return found


def _of(item: Item) -> Hints:
    if isinstance(item, Choice):
        inside = [_of(each.item) for each in item.variants]
    elif isinstance(item, Views):
        inside = [_of(each) for each in item.items]
    elif isinstance(item, Field | Group | Array):
        element = item.element if isinstance(item, Array) else item
        hint = name_of_type(type_of(element.codec)) if isinstance(element, Field) else _members(element)
        return {name_of(item): hint}
    else:
        return {}
    return {name: hint for each in inside for name, hint in each.items()}


def _hinted(schema: JsonSchema, hint: JsonValue | Hints) -> JsonSchema:
    branches, items, properties = schema.get("oneOf"), schema.get("items"), schema.get("properties")
    if isinstance(properties, dict):
        known = hint if isinstance(hint, Mapping) else {}
        members: dict[str, JsonValue] = {
            name: _hinted(each, known[name]) if name in known and isinstance(each, dict) else each
            for name, each in properties.items()
        }
        return schema | {"properties": members}
    if isinstance(items, dict):
        return schema | {"items": _hinted(items, hint)}
    if isinstance(hint, Mapping):
        if not isinstance(branches, list):
            return schema
        return _beside([_hinted(each, hint) for each in branches if isinstance(each, dict)])
    return schema | {HINT: hint}


def _beside(types: Sequence[JsonSchema]) -> JsonSchema:
    """An object that has what each type of record has: what a transform sees of them, and a table."""
    members: dict[str, JsonValue] = {}
    for each in types:
        own = each.get("properties")
        members |= own if isinstance(own, dict) else {}
    return {"type": "object", "properties": members, "additionalProperties": False}
