"""How a configuration defines a JSON format: by a JSON Schema of its record."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import jsonschema_rs
from pydantic import AfterValidator, Field

from mappings.definition import Definition

ANY_RECORD: dict[str, Any] = {"type": "object"}


def _object_schema(schema: dict[str, Any]) -> dict[str, Any]:
    try:
        jsonschema_rs.meta.validate(schema)
    except jsonschema_rs.ValidationError as error:
        raise ValueError(f"is not a JSON Schema: {error.message}") from None
    if schema.get("type", "object") != "object":
        raise ValueError('a record is an object: "type" must be "object"')
    return {**schema, "type": "object"}


class JsonDefinition(Definition):
    """Records as JSON: one value that is an array of records or one record, or one record a line."""

    format: Literal["json", "ndjson"]
    """`json` for one JSON value, `ndjson` for one record a line."""

    record: Annotated[dict[str, Any], Field(max_length=1000), AfterValidator(_object_schema)] = ANY_RECORD
    """JSON Schema (2020-12) of one record; without it any object is a record."""
