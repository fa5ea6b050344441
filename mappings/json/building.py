"""From a definition to one of the two formats of JSON."""

from __future__ import annotations

from mappings.contract import Format
from mappings.json.array import JsonFormat
from mappings.json.lines import NdjsonFormat
from mappings.json.schema import JsonDefinition


def build_json(definition: JsonDefinition) -> Format:
    """The format that a definition describes."""
    make = NdjsonFormat if definition.format == "ndjson" else JsonFormat
    return make(definition.record)
