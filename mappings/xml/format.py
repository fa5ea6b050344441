"""XML as a format: one record for each repeated element, read and written as a stream.

Source: the typed JSON of a record is that of docs/mappings/xml.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mappings.contract import Context, Details, JsonSchema, as_it_is
from mappings.xml import path_check
from mappings.xml.conventions import BadgerFish, Parker
from mappings.xml.documents import SchemaDocument
from mappings.xml.format_reader import RecordReader
from mappings.xml.format_schema import find_layout
from mappings.xml.format_writer import RecordWriter
from mappings.xml.layout import Layout, RecordCodec
from mappings.xml.path_events import EventPlan
from mappings.xml.path_layout import by_prefix, element_name, layout_of
from mappings.xml.paths import PathCodec
from mappings.xml.quick_writing import QuickPaths
from mappings.xml_definition import SchemaText, XmlDefinition


class XmlFormat:
    """Records in XML, by a schema, by declared paths or by a convention.

    Raises: ValueError with what is wrong with the definition or its schema.
    """

    content_type = "application/xml"

    def __init__(self, definition: XmlDefinition) -> None:
        problems = list(path_check.problems(definition))
        if problems:
            raise ValueError("\n".join(problems))
        self._definition = definition
        self._layout = _layout(definition)
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
        unchecked = self._layout.unchecked
        keys = () if unchecked is None else (f"schema: what breaks a key is written as it came: {unchecked}",)
        return (*_losses(self._definition), *keys)


def _layout(definition: XmlDefinition) -> Layout:
    documents = definition.documents
    if documents is not None:
        texts: tuple[SchemaText, ...] = documents if isinstance(documents, tuple) else ()
        sources = [SchemaDocument(each.location, each.content.encode()) for each in texts]
        return find_layout(sources, definition.root, definition.record)
    known = definition.namespaces
    names = [definition.root, *(definition.record.split("/") if definition.record else ())]
    *path, record = [None if name is None else element_name(name, known) for name in names]
    codec: RecordCodec
    events = quick = None
    if definition.fields is not None:
        node = layout_of(names[-1] or "", definition.fields, known)
        ways = {
            "skips": definition.others == "skip",
            "trims": definition.spaces == "trim",
            "empty_is_absent": definition.empty == "absent",
        }
        codec, events = PathCodec(node, known, **ways), EventPlan(node, **ways)
        quick = QuickPaths(node, by_prefix(known), trims=ways["trims"]).write
    elif definition.convention == "badgerfish":
        codec = BadgerFish(record, known)
    else:
        codec = Parker(record, known)
    unwritable = None
    if record is None and definition.convention == "parker":
        unwritable = "the convention does not keep the root's name; `root` says it"
    return Layout(
        tuple(name or "" for name in path), codec, by_prefix(known), unwritable, events, quick=quick
    )


def _losses(definition: XmlDefinition) -> Iterator[str]:
    around = "white space between elements, comments, processing instructions and the order of attributes"
    if definition.documents is not None:
        yield f"prefixes, {around} are not written again"
        return
    what = "prefixes, CDATA sections" if definition.convention != "badgerfish" else "CDATA sections"
    yield f"format: {what}, {around} are not written again"
    if definition.around == "skip":
        yield "around: what stands around the records is not written"
    if definition.convention is not None:
        yield "convention: elements of one name are written one behind the other, whatever stood between them"
    if definition.convention == "parker":
        yield "convention: attributes are not read, nor are namespaces beyond those of namespaces"
    if definition.fields is not None:
        yield "fields: elements may come in any order, and are written in that of the fields"
        yield "fields: elements around fields that are not there are not written"
        yield "fields: numbers, dates and booleans are written in one way, without white space around them"
        if definition.others == "skip":
            yield "others: what no field is for is not written"
        if definition.spaces == "trim":
            yield "spaces: white space around texts is not written"
        if definition.empty == "absent":
            yield "empty: elements and attributes without text are not written"
