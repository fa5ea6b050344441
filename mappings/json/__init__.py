"""JSON text to values and back: the one decoder and the one encoder of the gateway."""

from mappings.json.text import decode, encode, encode_line

__all__ = ["decode", "encode", "encode_line"]
