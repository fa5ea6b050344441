"""JSON Schema of records of fixed-width data."""

from __future__ import annotations

from collections.abc import Mapping, Set

from mappings.contract import JsonSchema, JsonValue
from mappings.fixed_width.code_pages import CodePage
from mappings.fixed_width.counters import Path
from mappings.fixed_width.field_schema import ConstantField, FieldDefinition, GroupField, ValueField
from mappings.fixed_width.fields import compile_field
from mappings.fixed_width.placing import occurrences


def object_schema(
    fields: Mapping[str, FieldDefinition], computed: Set[Path], page: CodePage, path: Path = ()
) -> JsonSchema:
    """JSON Schema (2020-12) of a record, or of a group inside it to which `path` leads. Fields that are
    `computed`, by their paths, may be left out."""
    properties: dict[str, JsonValue] = {}
    required: list[JsonValue] = []
    for name, field in fields.items():
        if isinstance(field, ConstantField):
            continue
        properties[name] = _described(field, computed, page, (*path, name))
        if (*path, name) not in computed:
            required.append(name)
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _described(
    field: ValueField | GroupField, computed: Set[Path], page: CodePage, path: Path
) -> dict[str, JsonValue]:
    if isinstance(field, GroupField):
        schema = object_schema(field.fields, computed, page, path)
    else:
        schema = dict(compile_field(field, page).schema)
    if field.occurs is not None:
        least, most = occurrences(field.occurs)
        schema = {"type": "array", "items": schema, "minItems": least, "maxItems": most}
    elif field.optional and not isinstance(schema["type"], list):
        schema["type"] = [schema["type"], "null"]
    if field.description:
        schema["description"] = field.description
    return schema
