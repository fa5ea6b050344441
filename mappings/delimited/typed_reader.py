"""Rows of text to records of several types.

Which type a record has is decided before its fields are read, so that a bad field does not disturb the order
and the count of records.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from mappings.contract import JsonValue, MappingError, Place, Record, Summary
from mappings.delimited.columns import RowReader, numbered, pointer
from mappings.delimited.errors import ValueSyntaxError
from mappings.delimited.layout import Layout, RecordLayout
from mappings.delimited.rows import Row, RowOrError, Tokenizer
from mappings.fixed_width import accounts
from mappings.fixed_width.structure import Course, MisplacedError, Missing


class TypedReader:
    """The decoder of delimited text with several types of record: each is an object with the type's name."""

    def __init__(self, layout: Layout, tokenizer: Tokenizer, delimiter: str) -> None:
        self._layout = layout
        self._tokenizer = tokenizer
        self._rows = RowReader(tokenizer, delimiter)
        self._types = {value: record for record in layout.records for value in record.values}
        self._otherwise = next((record for record in layout.records if not record.values), None)
        self._course = Course(layout.root, any_order=layout.any_order)
        self._records = 0
        self._errors = 0
        self._lost: MappingError | None = None

    def feed(self, chunk: bytes) -> Sequence[Record | MappingError]:
        """The records that are complete now, and errors where some are missing before them. What is read
        before the stream is lost is given first.

        Raises: MappingError when lost, and then each time.
        """
        return self._take(self._tokenizer.feed(chunk))

    def finish(self) -> tuple[Sequence[Record | MappingError], Summary]:
        """What the end of the data completes, what is missing, and the summary.

        Raises: MappingError when a quoted field is open.
        """
        results = self._take(self._tokenizer.finish())
        if self._lost is not None:
            raise self._lost
        results += self._missing(self._course.end(), replace(self._tokenizer.end, record=self._records + 1))
        return results, Summary(records=self._records, errors=self._errors)

    def _take(self, rows: Iterable[RowOrError]) -> list[Record | MappingError]:
        if self._lost is not None:
            raise self._lost
        results: list[Record | MappingError] = []
        try:
            for row in rows:
                self._records += 1
                self._row(row, results)
        except MappingError as lost:
            self._lost = lost
            if not results:
                raise
        return results

    def _row(self, row: RowOrError, results: list[Record | MappingError]) -> None:
        if isinstance(row, MappingError):
            self._lose_count()
            results.append(self._error(row))
            return
        record = self._type(row)
        if record is not None:
            self._one(row, record, results)
            return
        self._lose_count()
        place = Place(byte_offset=row.offset, line=row.line)
        message, shown = "is of no declared type", self._rows.text(row)
        error = MappingError(message, rule="unknown-record", place=place, excerpt=shown, raw=row.raw)
        results.append(self._error(error))

    def _type(self, row: Row) -> RecordLayout | None:
        column = self._layout.column
        if column >= len(row.fields):
            return self._otherwise
        return self._types.get(row.fields[column], self._otherwise)

    def _one(self, row: Row, record: RecordLayout, results: list[Record | MappingError]) -> None:
        """Read one: what is missing before it, then itself."""
        try:
            missing = self._course.enter(record.name, record.path)
        except MisplacedError as error:
            self._lose_count()
            wrong = ValueSyntaxError(error.rule, str(error))
            results.append(self._error(self._rows.wrong(row, 0, record.prefix, wrong)))
            return
        if missing:
            results += self._missing(
                missing, Place(record=self._records, byte_offset=row.offset, line=row.line)
            )
        values = self._rows.record(row, record.columns)
        if record.shares:
            accounts.add(record, None if isinstance(values, MappingError) else values, self._course.frames)
        if record.totals and not isinstance(values, MappingError):
            values = self._checked(row, record, values)
        if isinstance(values, MappingError):
            results.append(self._error(values))
        else:
            results.append({record.name: values})

    def _checked(
        self, row: Row, record: RecordLayout, values: dict[str, JsonValue]
    ) -> dict[str, JsonValue] | MappingError:
        """The record again when its totals are those of the records before it."""
        for total in record.totals:
            expected = accounts.amount(total, self._course.frames)
            if expected is None or values[total.field] == expected:
                continue
            at = record.columns.names.index(total.field)
            shape = record.columns.shape
            wrong = ValueSyntaxError("total", f"is not what {total.expression.text} gives")
            shown = f"{values[total.field]}, not {expected}"
            index = at if shape is None else shape.indexes[at]
            return self._rows.wrong(row, index, record.prefix + pointer(total.field), wrong, excerpt=shown)
        return values

    def _lose_count(self) -> None:
        """Totals that a row may belong to are unknown."""
        for frame in self._course.frames:
            frame.lacks_records = True

    def _missing(self, missing: Sequence[Missing], place: Place) -> list[MappingError]:
        errors = []
        for one in missing:
            where = replace(place, path=pointer(one.name))
            errors.append(MappingError(str(one), rule="missing-record", place=where))
        self._errors += len(errors)
        return errors

    def _error(self, error: MappingError) -> MappingError:
        self._errors += 1
        return numbered(error, self._records)
