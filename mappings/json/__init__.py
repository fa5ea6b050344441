"""JSON text to values and back: the one decoder and the one encoder of the gateway; and JSON as a format."""

from mappings.json.array import JsonFormat
from mappings.json.building import build_json
from mappings.json.lines import NdjsonFormat, RecordLines
from mappings.json.schema import JsonDefinition
from mappings.json.text import decode, encode, encode_line

__all__ = [
    "JsonDefinition",
    "JsonFormat",
    "NdjsonFormat",
    "RecordLines",
    "build_json",
    "decode",
    "encode",
    "encode_line",
]
