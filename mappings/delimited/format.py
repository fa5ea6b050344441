"""The format that a definition of delimited text describes."""

from __future__ import annotations

from collections.abc import Sequence

from mappings.contract import Context, Details, JsonSchema, JsonValue, as_it_is
from mappings.delimited import check
from mappings.delimited.losses import losses
from mappings.delimited.reader import Columns, RecordReader
from mappings.delimited.rows import Tokenizer
from mappings.delimited.schema import DelimitedDefinition, Encoding, LineEnding
from mappings.delimited.titles import listed, shown
from mappings.delimited.values import Reader, ValueCodec, compile_field
from mappings.delimited.writer import Column, Dialect, RecordWriter

_ENDINGS = {LineEnding.CRLF: "\r\n", LineEnding.LF: "\n"}
_MARKS = {Encoding.UTF_8_SIG: b"\xef\xbb\xbf"}


class DelimitedFormat:
    """Typed records in delimited text.

    Raises: ValueError with every contradiction in the definition, one a line.
    """

    content_type = "text/csv"

    def __init__(self, definition: DelimitedDefinition) -> None:
        problems = check.problems(definition)
        if problems:
            raise ValueError("\n".join(problems))
        self._definition = definition
        self._codecs = {name: compile_field(field) for name, field in definition.fields.items()}
        self._titles = {field.column or name: name for name, field in definition.fields.items()}
        self._columns = self._ordered(tuple(definition.fields))

    @property
    def definition(self) -> DelimitedDefinition:
        """What was defined."""
        return self._definition

    def schema(self) -> JsonSchema:
        """JSON Schema of one record: every field is there, null where it may be."""
        properties: dict[str, JsonValue] = {}
        for name, field in self._definition.fields.items():
            schema = dict(self._codecs[name].schema)
            if field.nullable:
                schema["type"] = [schema["type"], "null"]
            if field.description:
                schema["description"] = field.description
            properties[name] = schema
        return {
            "type": "object",
            "properties": properties,
            "required": list(self._definition.fields),
            "additionalProperties": False,
        }

    def decoder(self, context: Context) -> RecordReader:
        """A decoder for one stream."""
        definition = self._definition
        tokenizer = Tokenizer(
            delimiter=definition.delimiter,
            quote=definition.quote,
            encoding=definition.encoding,
            max_row_bytes=context.max_record_bytes,
        )
        return RecordReader(
            tokenizer,
            None if definition.header else self._columns,
            self._from_header,
            delimiter=definition.delimiter,
            encoding=definition.encoding,
            header_required=definition.header,
        )

    def encoder(self, context: Context) -> RecordWriter:
        """An encoder for one stream."""
        definition = self._definition
        dialect = Dialect(
            definition.delimiter,
            definition.quote,
            _ENDINGS[definition.line_ending],
            "utf-8" if definition.encoding is Encoding.UTF_8_SIG else definition.encoding,
            _MARKS.get(definition.encoding, b""),
        )
        columns = [
            Column(
                name,
                field.column or name,
                self._codecs[name].write,
                definition.null if field.nullable else None,
            )
            for name, field in definition.fields.items()
        ]
        return RecordWriter(
            dialect, columns, header=definition.header, max_record_bytes=context.max_record_bytes
        )

    def details(self) -> Details:
        """What flows see of one stream: each record."""
        return as_it_is

    def losses(self) -> Sequence[str]:
        """What is written in one way though it may be read in several."""
        return losses(self._definition)

    def _from_header(self, titles: Sequence[str]) -> Columns:
        """Columns in the order of a header row.

        Raises: ValueError naming a column that is missing, unknown or there twice.
        """
        for number, title in enumerate(titles, 1):
            if title not in self._titles:
                lacking = [declared for declared in self._titles if declared not in titles]
                raise ValueError(
                    f"column {number} of the header row, {shown(title)}, is not declared; declared and "
                    f"missing: {listed(lacking)}"
                )
            if titles.count(title) > 1:
                raise ValueError(f"the header row names the column {shown(title)} twice")
        lacking = [title for title in self._titles if title not in titles]
        if lacking:
            raise ValueError(f"the header row lacks the column {shown(lacking[0])}")
        return self._ordered(tuple(self._titles[title] for title in titles))

    def _ordered(self, names: tuple[str, ...]) -> Columns:
        fields = self._definition.fields
        if all(self._codecs[name].is_text and not fields[name].nullable for name in names):
            return Columns(names)
        read = tuple(self._unquoted_reader(self._codecs[name], fields[name].nullable) for name in names)
        return Columns(names, read, tuple(self._codecs[name].read for name in names))

    def _unquoted_reader(self, codec: ValueCodec, nullable: bool) -> Reader:
        if not nullable:
            return codec.read
        null, read = self._definition.null, codec.read

        def read_nullable(text: str) -> JsonValue:
            return None if text == null else read(text)

        return read_nullable
