"""Records of several types to delimited bytes."""

from __future__ import annotations

from collections.abc import Iterable

from mappings.contract import JsonValue, MappingError, Place, Record
from mappings.delimited.columns import pointer
from mappings.delimited.errors import ValueSyntaxError
from mappings.delimited.layout import Layout, RecordLayout
from mappings.delimited.line_writing import CellError, Dialect, LineWriter
from mappings.fixed_width import accounts
from mappings.fixed_width.structure import Course, MisplacedError, Missing


class TypedWriter:
    """The encoder of delimited text with several types of record."""

    def __init__(self, layout: Layout, dialect: Dialect, *, max_record_bytes: int) -> None:
        self._layout = layout
        self._mark = dialect.mark
        self._lines = LineWriter(dialect)
        self._most = max_record_bytes
        self._types = {record.name: record for record in layout.records}
        self._known_by = {value: record.name for record in layout.records for value in record.values}
        self._course = Course(layout.root, any_order=layout.any_order)
        self._records = 0

    def encode(self, records: Iterable[Record]) -> bytes:
        """The lines of these records.

        Raises: MappingError for the first record that cannot be written exactly or may not stand where it
        does; the encoder is then spent.
        """
        return b"".join([self._one(record) for record in records])

    def finish(self) -> bytes:
        """What marks the encoding, where there was no record.

        Raises: MappingError when records are missing.
        """
        mark, self._mark = self._mark, b""
        self._records += 1
        self._require(self._course.end())
        return mark

    def _one(self, given: Record) -> bytes:
        self._records += 1
        record, values = self._typed(given)
        try:
            self._require(self._course.enter(record.name, record.path))
        except MisplacedError as error:
            raise self._error(str(error), error.rule, record.prefix) from None
        if record.shares or record.totals:
            values = self._with_totals(record, values)
        cells = self._cells(record, values)
        try:
            line = self._lines.line(cells)
        except CellError as error:
            raise self._error(str(error), error.rule, self._path_at(record, error.index)) from None
        except ValueSyntaxError as error:
            raise self._error(str(error), error.rule, record.prefix) from None
        if len(line) > self._most:
            raise self._error(f"is longer than {self._most} bytes", "record-length", record.prefix)
        mark, self._mark = self._mark, b""
        return mark + line

    def _typed(self, given: Record) -> tuple[RecordLayout, dict[str, JsonValue]]:
        """The type of a record and its values."""
        if not isinstance(given, dict) or len(given) != 1:
            raise self._error("a record is an object with one key, the name of its type", "record-type", "")
        ((name, values),) = given.items()
        record = self._types.get(name)
        if record is None:
            raise self._error("is no declared type of record", "unknown-record", pointer(name))
        if not isinstance(values, dict):
            raise self._error("is not an object", "record-type", record.prefix)
        computed = {total.field for total in record.totals}
        more = {self._layout.more} if self._layout.more is not None else set()
        keys = {*record.columns.names, *more}
        if lacking := sorted(keys - computed - values.keys()):
            raise self._error("is missing", "required", record.prefix + pointer(lacking[0]))
        if unknown := sorted(values.keys() - keys):
            raise self._error(
                "is not a field of this format", "unknown-field", record.prefix + pointer(unknown[0])
            )
        return record, values

    def _with_totals(self, record: RecordLayout, values: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """The values with those totals that are not given; those that are are checked."""
        frames = self._course.frames
        self._cells(record, {total.field: 0 for total in record.totals} | values)  # before anything is added
        accounts.add(record, values, frames)
        computed: dict[str, JsonValue] = {}
        for total in record.totals:
            amount, given = accounts.amount(total, frames), values.get(total.field)
            if given is None:
                computed[total.field] = amount
            elif given != amount:
                path = record.prefix + pointer(total.field)
                raise self._error(f"is not what {total.expression.text} gives", "total", path)
        return values | computed

    def _cells(self, record: RecordLayout, values: dict[str, JsonValue]) -> list[str]:
        cells: list[str] = []
        is_first = record.constant is None or self._layout.column > 0
        for column in record.written:
            value = values[column.name]
            if value is None and column.null is not None:
                cells.append(column.null)
            else:
                try:
                    text = column.write(value)
                    cells.append(
                        self._lines.cell(
                            text, column.null, is_first=is_first and not cells, is_number=column.is_number
                        )
                    )
                except ValueSyntaxError as error:
                    raise self._error(str(error), error.rule, record.prefix + pointer(column.name)) from None
            self._check_type(record, column.name, value, len(cells) - 1)
        if record.constant is not None:
            is_first = self._layout.column == 0
            cells.insert(self._layout.column, self._lines.cell(record.constant, None, is_first=is_first))
        return cells + self._of_more(record, values)

    def _check_type(self, record: RecordLayout, name: str, value: JsonValue, index: int) -> None:
        """What stands in the column of the type, where that is a field, has to be of this type."""
        if record.constant is not None or index != self._layout.column:
            return
        text = next(one for one in record.written if one.name == name)
        shown = text.null if value is None and text.null is not None else text.write(value)
        fits = shown in record.values if record.values else shown not in self._known_by
        if not fits:
            path = record.prefix + pointer(name)
            raise self._error("is not what its type is known by", "match", path)

    def _of_more(self, record: RecordLayout, values: dict[str, JsonValue]) -> list[str]:
        name = self._layout.more
        if name is None:
            return []
        path = record.prefix + pointer(name)
        given = values[name]
        if not isinstance(given, list):
            raise self._error("is not a list", "type", path)
        cells = []
        for text in given:
            if not isinstance(text, str):
                raise self._error("is not text", "type", path)
            try:
                cells.append(self._lines.cell(text, None, is_first=False))
            except ValueSyntaxError as error:
                raise self._error(str(error), error.rule, path) from None
        return cells

    def _path_at(self, record: RecordLayout, index: int) -> str:
        at = index - (record.constant is not None and index > self._layout.column)
        names = record.columns.names
        return record.prefix + (pointer(names[at]) if at < len(names) else "")

    def _require(self, missing: list[Missing]) -> None:
        for one in missing:
            raise self._error(str(one), "missing-record", pointer(one.name))

    def _error(self, message: str, rule: str, path: str) -> MappingError:
        return MappingError(message, rule=rule, place=Place(record=self._records, path=path or None))
