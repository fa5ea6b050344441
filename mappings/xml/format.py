"""XML by schema as a format: one record for each repeated element, read and written as a stream.

Source: the typed JSON of a record is that of docs/mappings/xml.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from mappings.contract import Context, Details, JsonSchema, as_it_is
from mappings.xml.documents import SchemaDocument
from mappings.xml.format_reader import RecordReader
from mappings.xml.format_schema import find_layout
from mappings.xml.format_writer import RecordWriter
from mappings.xml_definition import SchemaText, XmlDefinition


class XmlFormat:
    """Typed records in XML.

    Raises: ValueError with what is wrong with the definition or its schema.
    """

    content_type = "application/xml"

    def __init__(self, definition: XmlDefinition) -> None:
        documents = definition.documents
        texts: tuple[SchemaText, ...] = documents if isinstance(documents, tuple) else ()
        sources = [SchemaDocument(each.location, each.content.encode()) for each in texts]
        self._layout = find_layout(sources, definition.root, definition.record)
        self._skips = definition.around == "skip"

    def schema(self) -> JsonSchema:
        """JSON Schema of one record."""
        return self._layout.codec.schema()

    def decoder(self, context: Context) -> RecordReader:
        """A decoder for one stream."""
        return RecordReader(self._layout, context, skips=self._skips)

    def encoder(self, context: Context) -> RecordWriter:
        """An encoder for one stream."""
        return RecordWriter(self._layout, context)

    def details(self) -> Details:
        """What flows see of one stream: each record."""
        return as_it_is

    def losses(self) -> Sequence[str]:
        """How the document was written."""
        return (
            "prefixes, white space between elements, comments, processing instructions and the order of "
            "attributes are not written again",
        )
