"""Rows of text to typed records of one type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from mappings.contract import MappingError, Place, Record, Summary
from mappings.delimited.columns import Columns, RowReader, numbered
from mappings.delimited.rows import RowOrError, Tokenizer


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
        header_required: bool,
    ) -> None:
        self._tokenizer = tokenizer
        self._columns = columns
        self._from_header = from_header
        self._rows = RowReader(tokenizer, delimiter)
        self._header_required = header_required
        self._records = 0
        self._errors = 0
        self._lost: MappingError | None = None

    def feed(self, chunk: bytes) -> Sequence[Record | MappingError]:
        """The records that are complete now. What is read before the stream is lost is given first.

        Raises: MappingError when lost, and then each time.
        """
        return self._take(self._tokenizer.feed(chunk))

    def finish(self) -> tuple[Sequence[Record | MappingError], Summary]:
        """The record of a last line without line end, and the summary.

        Raises: MappingError when a quoted field is open or the header row is missing.
        """
        results = self._take(self._tokenizer.finish())
        if self._lost is not None:
            raise self._lost
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
        return self._lost is None and self._tokenizer.is_between_rows

    def pass_over(self, count: int, size: int) -> None:
        """Go on behind so many records of one line each, of so many bytes, which were read elsewhere and are
        good. Not before the first row; only between records."""
        self._records += count
        self._tokenizer.pass_over(size, count)

    def _take(self, rows: Iterable[RowOrError]) -> list[Record | MappingError]:
        if self._lost is not None:
            raise self._lost
        results: list[Record | MappingError] = []
        try:
            for row in rows:
                if self._columns is None:
                    self._columns = self._header(row)
                    continue
                self._records += 1
                result = row if isinstance(row, MappingError) else self._rows.record(row, self._columns)
                if isinstance(result, MappingError):
                    self._errors += 1
                    result = numbered(result, self._records)
                results.append(result)
        except MappingError as lost:
            self._lost = lost
            if not results:
                raise
        return results

    def _header(self, row: RowOrError) -> Columns:
        if isinstance(row, MappingError):
            raise row
        try:
            return self._from_header(row.fields)
        except ValueError as error:
            place = Place(byte_offset=row.offset, line=row.line)
            excerpt = self._rows.text(row)
            raise MappingError(str(error), rule="header", place=place, excerpt=excerpt) from None
