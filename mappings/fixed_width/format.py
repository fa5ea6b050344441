"""The format that a definition of fixed-width data describes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mappings.contract import Context, JsonSchema, MappingError
from mappings.fixed_width import check
from mappings.fixed_width.counters import counters_of
from mappings.fixed_width.descriptor_framing import DescriptorFramer
from mappings.fixed_width.details import Details
from mappings.fixed_width.framing import Framer, LengthFramer, LineFramer, SeparatedLengthFramer
from mappings.fixed_width.items_schema import tagged_schema
from mappings.fixed_width.layout import Layout, RecordLayout, compile_layout, is_binary, record_definitions
from mappings.fixed_width.losses import losses
from mappings.fixed_width.reader import RecordReader
from mappings.fixed_width.record_formats import VARIABLE
from mappings.fixed_width.record_schema import object_schema
from mappings.fixed_width.schema import FixedWidthDefinition, Separator
from mappings.fixed_width.writer import RecordWriter, ending


class FixedWidthFormat:
    """Records at fixed bytes. Where the definition has several types, each is tagged with its name:
    `{"header": {...}}`.

    Raises: ValueError with every contradiction in the definition, one a line.
    """

    is_flat: Literal[True] = True

    def __init__(self, definition: FixedWidthDefinition) -> None:
        problems = check.problems(definition)
        if problems:
            raise ValueError("\n".join(problems))
        self._definition = definition
        self._layout = compile_layout(definition)
        self.content_type = "application/octet-stream" if self._is_binary() else "text/plain"

    @property
    def definition(self) -> FixedWidthDefinition:
        """What was defined."""
        return self._definition

    @property
    def layout(self) -> Layout:
        """The definition, compiled."""
        return self._layout

    def schema(self) -> JsonSchema:
        """JSON Schema of one record. Totals may be left out; they are computed."""
        return tagged_schema({record.name: self._record_schema(record) for record in self._layout.records})

    def decoder(self, context: Context) -> RecordReader:
        """A decoder for one stream. Raises: MappingError when records are longer than the context allows."""
        records = self._layout.records
        needed = max(record.items.least if record.items else record.length for record in records)
        return reader_of(self._layout, needed, context)

    def encoder(self, context: Context) -> RecordWriter:
        """An encoder for one stream."""
        return RecordWriter(self._layout, max_record_bytes=context.max_record_bytes)

    def details(self) -> Details:
        """What flows see of one stream."""
        return Details(self._layout)

    def losses(self) -> Sequence[str]:
        """What is written in one way though it may be read in several."""
        return losses(self._definition)

    def _is_binary(self) -> bool:
        records = record_definitions(self._definition).values()
        return self._layout.page.is_ebcdic or any(
            is_binary(field) for record in records for field in record.fields.values()
        )

    def _record_schema(self, record: RecordLayout) -> JsonSchema:
        fields = record_definitions(self._definition)[record.name].fields
        computed = frozenset((total.field,) for total in record.totals)
        return object_schema(fields, computed | counters_of(fields), self._layout.page)


def reader_of(layout: Layout, needed: int, context: Context) -> RecordReader:
    """A reader of one stream, whose records have so many bytes at least. Raises: MappingError when that is
    more than the context allows."""
    most = context.max_record_bytes
    if needed > most:
        raise MappingError(f"records have {needed} bytes, at most {most} are allowed", rule="record-length")
    longest = max(record.length for record in layout.records)
    return RecordReader(layout, framer_of(layout, longest, most))


def framer_of(layout: Layout, length: int, most: int) -> Framer:
    """What cuts a stream into records: those of one length have `length` bytes, others at most `most`."""
    if layout.formats.record_format in VARIABLE:
        return DescriptorFramer(layout.formats, most)
    if layout.cuts_by_length:
        separator = ending(layout)
        return SeparatedLengthFramer(length, separator) if separator else LengthFramer(length)
    encode = layout.page.encode
    newline = b"\x15" if layout.separator is Separator.NL else encode("\n")
    return LineFramer(layout, newline, encode("\r"), most)
