"""Records to delimited bytes.

A field is quoted only when it must be: it holds the delimiter, the quote or a line end, or would otherwise
read as null, as an empty line or as a byte order mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mappings.contract import JsonValue, MappingError, Place, Record
from mappings.delimited.reader import pointer
from mappings.delimited.values import ValueSyntaxError, Writer

_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Column:
    """How one field is written. `null` is the text for null, or None where null is not allowed."""

    name: str
    title: str
    write: Writer
    null: str | None


@dataclass(frozen=True, slots=True)
class Dialect:
    """How lines are put together. `encoding` is a Python codec; `mark` is written first of all."""

    delimiter: str
    quote: str | None
    ending: str
    encoding: str
    mark: bytes = b""


class RecordWriter:
    """The encoder of delimited text. `columns` is None when the first record names them."""

    def __init__(
        self, dialect: Dialect, columns: Sequence[Column] | None, *, header: bool, max_record_bytes: int
    ) -> None:
        self._dialect = dialect
        self._header = header
        self._most = max_record_bytes
        self._columns: Sequence[Column] = ()
        self._keys: frozenset[str] = frozenset()
        self._records = 0
        self._started = False
        special = {dialect.delimiter, dialect.quote or dialect.delimiter, "\r", "\n", "\0"}
        self._special = re.compile("[" + re.escape("".join(sorted(special))) + "]")
        self._declared = columns
        if columns is not None:
            self._use(columns)

    def encode(self, records: Iterable[Record]) -> bytes:
        """The lines of these records.

        Raises: MappingError for the first record that cannot be written exactly; the encoder is then spent.
        """
        lines = []
        for record in records:
            self._records += 1
            if not isinstance(record, dict):
                raise self._error("a record of delimited text is an object", "record-type", None)
            if self._declared is None and not self._columns:
                self._use(text_columns(tuple(record)))
            line = self._line(record)
            if not self._started:
                lines.append(self._start())
            lines.append(line)
        return b"".join(lines)

    def finish(self) -> bytes:
        """The header row, where there was no record."""
        return b"" if self._started or self._declared is None else self._start()

    @property
    def names(self) -> Sequence[str] | None:
        """The fields in the order of the columns; None where nothing was written yet."""
        return [column.name for column in self._columns] if self._started else None

    def pass_over(self, count: int) -> None:
        """Count records that were written elsewhere. Not before the first."""
        self._records += count

    def _use(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._keys = frozenset(column.name for column in columns)

    def _start(self) -> bytes:
        self._started = True
        if not self._header:
            return self._dialect.mark
        titles = []
        for at, column in enumerate(self._columns):
            try:
                titles.append(self._quoted(column.title, column, first=at == 0))
            except ValueSyntaxError as error:
                raise self._error(f"the column's name {error}", error.rule, column.name) from None
        return self._dialect.mark + self._encoded(titles)

    def _line(self, record: dict[str, JsonValue]) -> bytes:
        if record.keys() != self._keys or not self._keys:
            raise self._keys_differ(record)
        texts = []
        for at, column in enumerate(self._columns):
            value = record[column.name]
            if value is None and column.null is not None:
                texts.append(column.null)
                continue
            try:
                texts.append(self._quoted(column.write(value), column, first=at == 0))
            except ValueSyntaxError as error:
                raise self._error(str(error), error.rule, column.name) from None
        line = self._encoded(texts)
        if len(line) > self._most:
            raise self._error(f"is longer than {self._most} bytes", "record-length", None)
        return line

    def _quoted(self, text: str, column: Column, *, first: bool) -> str:
        ambiguous = text == column.null or (first and text.startswith(_MARK))
        if not ambiguous and self._special.search(text) is None:
            return text
        if "\0" in text:
            raise ValueSyntaxError("nul", "holds a NUL character, which delimited text cannot carry")
        quote = self._dialect.quote
        if quote is None:
            raise ValueSyntaxError("quote", "needs quotes, which this format does not have")
        return quote + text.replace(quote, quote + quote) + quote

    def _encoded(self, texts: Sequence[str]) -> bytes:
        line = self._dialect.delimiter.join(texts) + self._dialect.ending
        try:
            return line.encode(self._dialect.encoding)
        except UnicodeEncodeError as error:
            end = error.start
            name = next(
                column.name
                for column, text in zip(self._columns, texts, strict=True)
                if (end := end - len(text) - 1) < 0
            )
            message = f"has a character that {self._dialect.encoding} cannot carry"
            raise self._error(message, "encoding", name) from None

    def _keys_differ(self, record: dict[str, JsonValue]) -> MappingError:
        lacking = sorted(self._keys - record.keys())
        if lacking:
            return self._error("is missing", "required", lacking[0])
        if not self._keys:
            return self._error("a record without fields cannot be written", "empty-record", None)
        return self._error(
            "is not a field of this format", "unknown-field", sorted(record.keys() - self._keys)[0]
        )

    def _error(self, message: str, rule: str, name: str | None) -> MappingError:
        path = None if name is None else pointer(name)
        return MappingError(message, rule=rule, place=Place(record=self._records or None, path=path))


def text_columns(names: Sequence[str]) -> Sequence[Column]:
    """Columns that are all text and named as their fields."""
    return [Column(name, name, _as_text, None) for name in names]


def _as_text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueSyntaxError("type", "is not text; every field of this format is")
    return value
