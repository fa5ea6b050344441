"""Rows of text to typed records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mappings.contract import JsonValue, MappingError, Place, Record, Summary
from mappings.delimited.rows import Row, RowOrError, Tokenizer, without_return
from mappings.delimited.values import Reader, ValueSyntaxError


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one stream in the order of the file.

    `read` reads fields that are not quoted, where the null text means null; `read_quoted` those that are.
    Both are None when every field is plain text.
    """

    names: tuple[str, ...]
    read: tuple[Reader, ...] | None = None
    read_quoted: tuple[Reader, ...] | None = None


class RecordReader:
    """The decoder of delimited text.

    `columns` is given for data without a header row; otherwise `from_header` makes them of that row's names
    and raises ValueError when it cannot. `header_required` refuses data without any row.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        columns: Columns | None,
        from_header: Callable[[Sequence[str]], Columns],
        *,
        delimiter: str,
        encoding: str,
        header_required: bool,
    ) -> None:
        self._tokenizer = tokenizer
        self._columns = columns
        self._from_header = from_header
        self._delimiter = delimiter
        self._encoding = encoding
        self._header_required = header_required
        self._records = 0
        self._errors = 0

    def feed(self, chunk: bytes) -> Sequence[Record | MappingError]:
        """The records that are complete now."""
        return self._take(self._tokenizer.feed(chunk))

    def finish(self) -> tuple[Sequence[Record | MappingError], Summary]:
        """The record of a last line without line end, and the summary.

        Raises: MappingError when a quoted field is open or the header row is missing.
        """
        results = self._take(self._tokenizer.finish())
        if self._columns is None and self._header_required:
            raise MappingError(
                "the data is empty; a header row is needed", rule="header", place=Place(line=1)
            )
        return results, Summary(records=self._records, errors=self._errors)

    @property
    def names(self) -> tuple[str, ...] | None:
        """The fields in the order of the columns; None while the header row is to come."""
        return None if self._columns is None else self._columns.names

    @property
    def is_between_records(self) -> bool:
        """True when nothing is held of a record that is not complete yet."""
        return self._tokenizer.is_between_rows

    def pass_over(self, count: int, size: int) -> None:
        """Go on behind so many records of one line each, of so many bytes, which were read elsewhere and are
        good. Not before the first row; only between records."""
        self._records += count
        self._tokenizer.pass_over(size, count)

    def _take(self, rows: Iterable[RowOrError]) -> list[Record | MappingError]:
        results: list[Record | MappingError] = []
        for row in rows:
            if self._columns is None:
                self._columns = self._header(row)
                continue
            self._records += 1
            result = row if isinstance(row, MappingError) else self._record(row, self._columns)
            if isinstance(result, MappingError):
                self._errors += 1
                result = self._numbered(result)
            results.append(result)
        return results

    def _header(self, row: RowOrError) -> Columns:
        if isinstance(row, MappingError):
            raise row
        try:
            return self._from_header(row.fields)
        except ValueError as error:
            place = Place(byte_offset=row.offset, line=row.line)
            excerpt = self._delimiter.join(row.fields)
            raise MappingError(str(error), rule="header", place=place, excerpt=excerpt) from None

    def _record(self, row: Row, columns: Columns) -> Record | MappingError:
        fields, names = row.fields, columns.names
        if len(fields) != len(names):
            return self._wrong_length(row, len(names))
        if columns.read is None or columns.read_quoted is None:
            return dict(zip(names, fields, strict=True))
        readers: Sequence[Reader] = columns.read
        if row.quoted is not None:
            pairs = zip(columns.read, columns.read_quoted, row.quoted, strict=True)
            readers = [quoted if is_quoted else plain for plain, quoted, is_quoted in pairs]
        record: dict[str, JsonValue] = {}
        try:
            for name, read, text in zip(names, readers, fields, strict=True):
                record[name] = read(text)
        except ValueSyntaxError as error:
            return self._wrong_value(row, len(record), names[len(record)], error)
        return record

    def _wrong_length(self, row: Row, expected: int) -> MappingError:
        found = len(row.fields)
        rule = "short-row" if found < expected else "long-row"
        what = "an empty line" if row.fields == [""] else f"{found} field{'s' * (found != 1)}"
        place = Place(byte_offset=row.offset, line=row.line)
        excerpt = self._delimiter.join(row.fields)
        message = f"{what}, {expected} are expected"
        return MappingError(message, rule=rule, place=place, excerpt=excerpt, raw=without_return(row.raw))

    def _wrong_value(self, row: Row, index: int, name: str, error: ValueSyntaxError) -> MappingError:
        if row.starts is not None:
            offset = row.starts[index]
        else:
            before = "".join(text + self._delimiter for text in row.fields[:index])
            offset = row.offset + len(before.encode(self._encoding))
        place = Place(byte_offset=offset, line=row.line, path=pointer(name))
        raw = without_return(row.raw)
        return MappingError(str(error), rule=error.rule, place=place, excerpt=row.fields[index], raw=raw)

    def _numbered(self, error: MappingError) -> MappingError:
        place = error.place
        numbered = Place(
            record=self._records, byte_offset=place.byte_offset, line=place.line, path=place.path
        )
        return MappingError(
            error.reason, rule=error.rule, place=numbered, excerpt=error.excerpt, raw=error.raw
        )


def pointer(name: str) -> str:
    """The JSON pointer of a record's member. Source: RFC 6901 §3."""
    return "/" + name.replace("~", "~0").replace("/", "~1")
