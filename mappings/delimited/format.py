"""The format that a definition of delimited text describes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mappings.contract import Context, Decoder, Details, Encoder, JsonSchema, as_it_is
from mappings.delimited import check
from mappings.delimited.header import Header, shape_of
from mappings.delimited.layout import (
    Fields,
    Layout,
    collected_of,
    compile_layout,
    dialect_of,
    syntax_of,
)
from mappings.delimited.losses import losses
from mappings.delimited.reader import RecordReader
from mappings.delimited.rows import Tokenizer
from mappings.delimited.schema import DelimitedDefinition
from mappings.delimited.typed_reader import TypedReader
from mappings.delimited.typed_writer import TypedWriter
from mappings.delimited.writer import RecordWriter
from mappings.fixed_width import details
from mappings.fixed_width.items_schema import tagged_schema


class DelimitedFormat:
    """Typed records in delimited text. Where the definition has several types of record, each is tagged with
    its name: `{"header": {...}}`.

    Raises: ValueError with every contradiction in the definition, one a line.
    """

    is_flat: Literal[True] = True
    content_type = "text/csv"

    def __init__(self, definition: DelimitedDefinition) -> None:
        problems = check.problems(definition)
        if problems:
            raise ValueError("\n".join(problems))
        self._definition = definition
        self._layout: Layout | None = None
        if definition.records is not None:
            self._layout = compile_layout(definition)
            return
        self._fields = fields = Fields(definition.fields or {}, definition)
        names = tuple(definition.fields or {})
        width, fill = len(names), [fields.fill[name] for name in names]
        self._columns = fields.columns(names, shape_of(definition, tuple(range(width)), width, fill))
        self._header = Header(definition, fields.columns, fields.fill)

    @property
    def definition(self) -> DelimitedDefinition:
        """What was defined."""
        return self._definition

    def schema(self) -> JsonSchema:
        """JSON Schema of one record: every field is there, null where it may be. Totals may be left out."""
        if self._layout is None:
            return self._fields.schema()
        definitions = self._definition.records
        assert definitions is not None, "there are types of record"
        return tagged_schema(
            {
                record.name: Fields(definitions[record.name].fields, self._definition).schema(
                    frozenset(total.field for total in record.totals)
                )
                for record in self._layout.records
            }
        )

    def decoder(self, context: Context) -> Decoder:
        """A decoder for one stream."""
        if self._layout is not None:
            return TypedReader(self._layout, self._tokenizer(context), self._definition.delimiter)
        return self.record_decoder(context)

    def record_decoder(self, context: Context) -> RecordReader:
        """A decoder for one stream of one type of record."""
        definition = self._definition
        return RecordReader(
            self._tokenizer(context),
            None if definition.header else self._columns,
            self._header.columns,
            delimiter=definition.delimiter,
            header_required=definition.header,
        )

    def encoder(self, context: Context) -> Encoder:
        """An encoder for one stream."""
        most = context.max_record_bytes
        if self._layout is not None:
            return TypedWriter(self._layout, dialect_of(self._definition), max_record_bytes=most)
        return self.record_encoder(context)

    def record_encoder(self, context: Context) -> RecordWriter:
        """An encoder for one stream of one type of record."""
        return RecordWriter(
            dialect_of(self._definition),
            self._fields.written(),
            header=self._definition.header,
            max_record_bytes=context.max_record_bytes,
            collected=collected_of(self._definition),
        )

    def details(self) -> Details:
        """What flows see of one stream: each record, those of several types with the single ones around."""
        return as_it_is if self._layout is None else details.Details(self._layout)

    def losses(self) -> Sequence[str]:
        """What is written in one way though it may be read in several."""
        return losses(self._definition)

    def _tokenizer(self, context: Context) -> Tokenizer:
        return Tokenizer(syntax_of(self._definition), max_row_bytes=context.max_record_bytes)
