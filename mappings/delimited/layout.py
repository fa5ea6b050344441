"""A checked definition, compiled: what readers and writers need of its fields and types of record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mappings.contract import JsonSchema, JsonValue
from mappings.delimited.columns import Columns, Shape, pointer
from mappings.delimited.formulas import guarded
from mappings.delimited.header import shape_of
from mappings.delimited.line_writing import Dialect
from mappings.delimited.schema import (
    Collect,
    DecimalField,
    DelimitedDefinition,
    Encoding,
    FieldDefinition,
    IntegerField,
    LineEnding,
    RecordDefinition,
    TextField,
)
from mappings.delimited.syntax import Syntax
from mappings.delimited.values import Reader, ValueCodec, compile_field
from mappings.delimited.writer import Collected, Column
from mappings.fixed_width import totals
from mappings.fixed_width.layout import block_of, shares_of
from mappings.fixed_width.structure import Block
from mappings.fixed_width.totals import Share, Total

_ENDINGS = {LineEnding.CRLF: "\r\n", LineEnding.LF: "\n", LineEnding.CR: "\r"}
_MARKS = {Encoding.UTF_8_SIG: b"\xef\xbb\xbf", Encoding.UTF_16: b"\xff\xfe"}
_WRITTEN = {Encoding.UTF_8_SIG: "utf-8", Encoding.UTF_16: "utf-16-le"}


@dataclass(frozen=True, slots=True)
class RecordLayout:
    """One of several types of record. `values` are those of its column that it is known by, `constant` the
    one that is written where that column is no field."""

    name: str
    path: tuple[int, ...]
    values: tuple[str, ...]
    constant: str | None
    columns: Columns
    written: tuple[Column, ...]
    totals: tuple[Total, ...]
    shares: tuple[Share, ...]

    @property
    def prefix(self) -> str:
        """What a JSON pointer to one of its fields begins with."""
        return pointer(self.name)


@dataclass(frozen=True, slots=True)
class Layout:
    """All types of record, and their order. `column` is the one, from 0, that tells them apart."""

    root: Block
    any_order: bool
    column: int
    records: tuple[RecordLayout, ...]
    more: str | None


def syntax_of(definition: DelimitedDefinition) -> Syntax:
    """How lines and fields are told apart."""
    return Syntax(
        delimiter=definition.delimiter,
        quote=definition.quote,
        encoding=str(definition.encoding),
        escape=definition.escape,
        has_letters=definition.escapes == "letters",
        null=definition.null,
        keeps_stray_quotes=definition.stray_quotes == "keep",
        trims=definition.spaces == "trim",
        comment=definition.comment,
        skip_lines=definition.skip_lines,
        skips_blank=definition.blank_lines == "skip",
        ends_at_cr=definition.line_ending is LineEnding.CR,
    )


def dialect_of(definition: DelimitedDefinition) -> Dialect:
    """How lines are written."""
    encoding = definition.encoding
    return Dialect(
        syntax_of(definition),
        _ENDINGS[definition.line_ending],
        _WRITTEN.get(encoding, str(encoding)),
        _MARKS.get(encoding, b""),
        definition.quoting,
    )


def collected_of(definition: DelimitedDefinition) -> Collected:
    """The members that hold what has no field."""
    others, more = definition.other_columns, definition.long_rows
    return Collected(
        others.collect if isinstance(others, Collect) else None,
        more.collect if isinstance(more, Collect) else None,
    )


def _codec(field: FieldDefinition, definition: DelimitedDefinition) -> ValueCodec:
    codec = compile_field(field)
    return guarded(codec, definition.formulas) if isinstance(field, TextField) else codec


class Fields:
    """The fields of a definition, or of one of its types of record."""

    def __init__(
        self, fields: Mapping[str, FieldDefinition], definition: DelimitedDefinition, prefix: str = ""
    ) -> None:
        self._fields = fields
        self._definition = definition
        self._prefix = prefix
        self._codecs = {name: _codec(field, definition) for name, field in fields.items()}
        self.fill = {name: definition.null if field.nullable else "" for name, field in fields.items()}
        """What stands for each field in a row that lacks it."""

    def columns(self, names: tuple[str, ...], shape: Shape | None) -> Columns:
        """What reads these fields, in the order of the file."""
        fields = self._fields
        if all(self._codecs[name].is_text and not fields[name].nullable for name in names):
            return Columns(names, shape=shape, prefix=self._prefix)
        read = tuple(self._unquoted_reader(self._codecs[name], fields[name].nullable) for name in names)
        quoted = tuple(self._codecs[name].read for name in names)
        return Columns(names, read, quoted, shape, self._prefix)

    def written(self) -> tuple[Column, ...]:
        """What writes them, in the order of the definition."""
        null = self._definition.null
        return tuple(
            Column(
                name,
                field.column or name,
                self._codecs[name].write,
                null if field.nullable else None,
                isinstance(field, IntegerField | DecimalField),
            )
            for name, field in self._fields.items()
        )

    def schema(self, computed: frozenset[str] = frozenset()) -> JsonSchema:
        """JSON Schema: every field is there, null where it may be; what is computed may be left out."""
        properties: dict[str, JsonValue] = {}
        for name, field in self._fields.items():
            schema = dict(self._codecs[name].schema)
            if field.nullable:
                schema["type"] = [schema["type"], "null"]
            if field.description:
                schema["description"] = field.description
            properties[name] = schema
        kept = collected_of(self._definition)
        if kept.others is not None:
            properties[kept.others] = {"type": "object", "additionalProperties": {"type": "string"}}
        if kept.more is not None:
            properties[kept.more] = {"type": "array", "items": {"type": "string"}}
        required: list[JsonValue] = [name for name in properties if name not in computed]
        return {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }

    def _unquoted_reader(self, codec: ValueCodec, nullable: bool) -> Reader:
        if not nullable:
            return codec.read
        null, read = self._definition.null, codec.read

        def read_nullable(text: str) -> JsonValue:
            return None if text == null else read(text)

        return read_nullable


def values_of(record: RecordDefinition) -> tuple[str, ...]:
    """The texts that a type of record is known by."""
    if record.match is None:
        return ()
    return (record.match,) if isinstance(record.match, str) else record.match


def constant_of(record: RecordDefinition) -> str | None:
    """The text in the column of the type where that is no field."""
    values = values_of(record)
    return values[0] if len(values) == 1 else None


def totals_of(definition: DelimitedDefinition, paths: Mapping[str, tuple[int, ...]]) -> tuple[Total, ...]:
    """All totals of a definition."""
    equals = (
        (name, field_name, field.equals)
        for name, record in (definition.records or {}).items()
        for field_name, field in record.fields.items()
        if isinstance(field, IntegerField | DecimalField) and field.equals is not None
    )
    return totals.totals_found(equals, paths)


def compile_layout(definition: DelimitedDefinition) -> Layout:
    """Compile a definition of several types of record that `check` has found sound."""
    assert definition.records is not None, "the caller has looked"
    root = block_of(definition)
    paths = dict(root.paths())
    every = totals_of(definition, paths)
    records = []
    for name, record in definition.records.items():
        fields = Fields(record.fields, definition, pointer(name))
        constant = constant_of(record)
        at = definition.type_column - 1
        width = len(record.fields) + (constant is not None)
        indexes = tuple(index for index in range(width) if constant is None or index != at)
        shape = shape_of(definition, indexes, width, [fields.fill[each] for each in record.fields])
        records.append(
            RecordLayout(
                name,
                paths[name],
                values_of(record),
                constant,
                fields.columns(tuple(record.fields), shape),
                fields.written(),
                tuple(total for total in every if total.record == name),
                tuple(shares_of(name, paths, every)),
            )
        )
    more = collected_of(definition).more
    return Layout(root, definition.order == "any", definition.type_column - 1, tuple(records), more)
