"""XML by schema: codecs between XML elements and typed JSON, compiled from XML Schema."""

from mappings.xml.codec import ElementCodec, SchemaModel, read_schemas
from mappings.xml.documents import SchemaDocument
from mappings.xml.errors import UnsupportedSchemaError
from mappings.xml.parse import LIMIT_RULES, parse_xml, serialize

__all__ = [
    "LIMIT_RULES",
    "ElementCodec",
    "SchemaDocument",
    "SchemaModel",
    "UnsupportedSchemaError",
    "parse_xml",
    "read_schemas",
    "serialize",
]
