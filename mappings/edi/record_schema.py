"""JSON Schema of records that have what was around them under `envelope`."""

from __future__ import annotations

from mappings.contract import JsonSchema
from mappings.edi.json_schema import loop_schema
from mappings.edi.segment_list import SEGMENTS, Tags, segment_schema
from mappings.edi.walker import Plan

ENVELOPE = "envelope"
"""The name of what is around a transaction set or message in records."""


def record_schema(plan: Plan | None, envelope: JsonSchema, tags: Tags, *, others: bool) -> JsonSchema:
    """One record: by the definition of `plan`, or a list of segments where there is none or with `others`.
    What the definition says of the envelope may be left out."""
    listed: JsonSchema = {
        "type": "object",
        "properties": {ENVELOPE: envelope, SEGMENTS: {"type": "array", "items": segment_schema(tags)}},
        "required": [SEGMENTS],
        "additionalProperties": False,
    }
    if plan is None:
        return listed
    schema = loop_schema(plan.layout.body)
    properties = schema["properties"]
    assert isinstance(properties, dict)
    own: JsonSchema = {**schema, "properties": {ENVELOPE: envelope, **properties}}
    return {"anyOf": [own, listed]} if others else own
