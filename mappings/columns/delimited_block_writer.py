"""Lines of NDJSON to delimited text, many at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from mappings.columns.delimited_compile import encoding_of, known_fields
from mappings.columns.delimited_rows import Marks
from mappings.columns.delimited_writing import (
    EnumeratedFieldWriter,
    FieldWriter,
    NumberFieldWriter,
    TextFieldWriter,
)
from mappings.columns.ndjson_shape import Path, Shape
from mappings.columns.ndjson_values import Values
from mappings.columns.template import Lines, Part, Template, Value
from mappings.contract import Context, JsonValue
from mappings.delimited import DelimitedFormat, HeaderedText
from mappings.delimited.schema import DecimalField, FieldDefinition, IntegerField, LineEnding, TextField
from mappings.delimited.values import compile_field
from mappings.delimited.writer import RecordWriter

_ENDINGS = {LineEnding.CRLF: b"\r\n", LineEnding.LF: b"\n"}
_SPACIOUS = 500
"""Bytes by which a field may be longer than its value in JSON."""

Make = Callable[[int, bool], FieldWriter]
"""Compiles a field for its column in the lines; whether it is the first of the text."""


class DelimitedBlockWriter:
    """Writes records whose fields need no quotes. `special` are the bytes of ASCII that need some."""

    def __init__(
        self,
        encoder: RecordWriter,
        make: Callable[[str], Make],
        *,
        special: bytes,
        delimiter: bytes,
        ending: bytes,
        most: int,
    ) -> None:
        self.encoder = encoder
        self._make = make
        self._special = np.zeros(256, np.bool_)
        self._special[list(special)] = True
        self._delimiter = delimiter
        self._ending = ending
        self._most = most
        self._compiled: dict[tuple[str, ...], tuple[Sequence[FieldWriter], Template]] = {}

    @property
    def paths(self) -> frozenset[Path] | None:
        """The members that every record has; None before the first record, which the header comes with."""
        names = self.encoder.names
        if names is None or len(names) == 1:  # whether a field is alone in its line is not known here
            return None
        return frozenset((name,) for name in names)

    def write(self, values: Values, shape: Shape) -> Lines:
        """The lines of the records that stay good."""
        writers, template = self._of(shape.names)
        special = Marks(self._special[values.flat])
        found: list[Value] = []
        for writer in writers:
            written = writer.write(values, special)
            found += written.values
            values.good &= written.good
        values.good &= np.diff(values.starts) + _SPACIOUS * len(writers) <= self._most
        return template.fill(values.flat, found, values.good)

    def passed(self, count: int) -> None:
        """Tell the record path of records that were written here."""
        self.encoder.pass_over(count)

    def _of(self, names: tuple[str, ...]) -> tuple[Sequence[FieldWriter], Template]:
        """What writes lines with these members, in the order of the text."""
        if names not in self._compiled:
            self._compiled.clear()
            writers = []
            parts: list[Part] = []
            for at, name in enumerate(self.encoder.names or ()):
                writer = self._make(name)(names.index(name), at == 0)
                writers.append(writer)
                parts += [*([self._delimiter] if at else []), *writer.parts]
            self._compiled[names] = writers, Template([*parts, self._ending])
        return self._compiled[names]


def delimited_block_writer(
    format_: DelimitedFormat | HeaderedText, context: Context
) -> DelimitedBlockWriter | None:
    """A writer for one stream; None where the definition says what is not known here."""
    most = context.max_record_bytes
    if isinstance(format_, HeaderedText):
        encoder = format_.encoder(context)
        special = b',"\r\n\0'
        text = _text(None, None, wide=True)
        return DelimitedBlockWriter(
            encoder, lambda name: text, special=special, delimiter=b",", ending=b"\r\n", most=most
        )
    definition = format_.definition
    fields = known_fields(definition)
    if fields is None:
        return None
    encoder = format_.record_encoder(context)
    encoding = encoding_of(definition)
    delimiter = definition.delimiter.encode()
    special = delimiter + (definition.quote or "").encode() + b"\r\n\0"
    makers: Mapping[str, Make] = {
        name: _maker(field, definition.null, special, encoding) for name, field in fields.items()
    }
    return DelimitedBlockWriter(
        encoder,
        makers.__getitem__,
        special=special,
        delimiter=delimiter,
        ending=_ENDINGS[definition.line_ending],
        most=most,
    )


def _maker(field: FieldDefinition, null_text: str, special: bytes, encoding: str) -> Make:
    """What compiles a field."""
    null = null_text.encode(encoding) if field.nullable else None
    if isinstance(field, TextField):
        return _text(field, null, wide=encoding == "utf-8")
    is_clear = null is None or not any(chr(byte).isdigit() for byte in null)
    if isinstance(field, IntegerField) and is_clear:
        return _number(null, None, 0, (field.minimum, field.maximum))
    if isinstance(field, DecimalField) and is_clear:
        separator = None if field.scale == 0 else field.separator.encode()
        if separator is None or separator not in special:
            return _number(null, separator, field.scale, (None, None))
    return _enumerated(field, null_text, special, encoding)


def _text(field: TextField | None, null: bytes | None, *, wide: bool) -> Make:
    least, most = (0, None) if field is None else (field.min_length, field.max_length)
    return lambda column, is_first: TextFieldWriter(
        column, null=null, least=least, most=most, is_first=is_first, wide=wide
    )


def _number(
    null: bytes | None, separator: bytes | None, scale: int | None, bounds: tuple[int | None, int | None]
) -> Make:
    return lambda column, is_first: NumberFieldWriter(
        column, null=null, separator=separator, scale=scale, bounds=bounds
    )


def _enumerated(field: FieldDefinition, null: str, special: bytes, encoding: str) -> Make:
    write = compile_field(field).write

    def written(value: JsonValue) -> bytes | None:
        if value is None and field.nullable:
            return null.encode(encoding)
        text = write(value)
        if not text.isascii() or (field.nullable and text == null):
            return None
        data = text.encode("ascii")
        return None if any(byte in special for byte in data) else data

    return lambda column, is_first: EnumeratedFieldWriter(column, written)
