"""Records of one type to delimited bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mappings.contract import JsonValue, MappingError, Place, Record
from mappings.delimited.columns import pointer
from mappings.delimited.errors import ValueSyntaxError
from mappings.delimited.line_writing import CellError, Dialect, LineWriter
from mappings.delimited.values import Writer


@dataclass(frozen=True, slots=True)
class Column:
    """How one field is written. `null` is the text for null, or None where null is not allowed."""

    name: str
    title: str
    write: Writer
    null: str | None
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Collected:
    """The members of a record that hold what has no field, None where nothing is kept: `others` by the names
    of their columns, and `more`, a list."""

    others: str | None = None
    more: str | None = None


class RecordWriter:
    """The encoder of delimited text. `columns` is None when the first record names them."""

    def __init__(
        self,
        dialect: Dialect,
        columns: Sequence[Column] | None,
        *,
        header: bool,
        max_record_bytes: int,
        collected: Collected | None = None,
    ) -> None:
        self._dialect = dialect
        self._lines = LineWriter(dialect)
        self._header = header
        self._most = max_record_bytes
        self._collected = collected or Collected()
        self._columns: Sequence[Column] = ()
        self._keys: frozenset[str] = frozenset()
        self._others: tuple[str, ...] | None = None
        self._is_alone = False
        self._records = 0
        self._started = False
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
        kept = {self._collected.others, self._collected.more} - {None}
        self._keys = frozenset(column.name for column in columns) | {name for name in kept if name}
        self._is_alone = len(columns) == 1 and not kept

    def _start(self) -> bytes:
        self._started = True
        if not self._header:
            return self._dialect.mark
        titles = []
        for at, column in enumerate(self._columns):
            titles.append(self._title(column.title, column.name, is_first=at == 0))
        kept = self._collected.others
        titles += [self._title(title, kept, is_first=False) for title in self._others or ()]
        try:
            return self._dialect.mark + self._lines.line(titles)
        except CellError as error:
            name = self._name_at(error.index)
            raise self._error(f"the column's name {error}", error.rule, name) from None
        except ValueSyntaxError as error:
            raise self._error(f"the header row: {error}", error.rule, None) from None

    def _title(self, title: str, name: str | None, *, is_first: bool) -> str:
        try:
            return self._lines.cell(title, None, is_first=is_first, is_alone=self._is_alone)
        except ValueSyntaxError as error:
            raise self._error(f"the column's name {error}", error.rule, name) from None

    def _line(self, record: dict[str, JsonValue]) -> bytes:
        if record.keys() != self._keys or not self._keys:
            raise self._keys_differ(record)
        cells = []
        cell, is_alone = self._lines.cell, self._is_alone
        for at, column in enumerate(self._columns):
            value = record[column.name]
            if value is None and column.null is not None:
                cells.append(column.null)
                continue
            try:
                text = column.write(value)
                cells.append(
                    cell(text, column.null, is_first=not at, is_number=column.is_number, is_alone=is_alone)
                )
            except ValueSyntaxError as error:
                raise self._error(str(error), error.rule, column.name) from None
        if self._collected.others is not None:
            cells += self._of_others(record[self._collected.others], self._collected.others)
        if self._collected.more is not None:
            cells += self._of_more(record[self._collected.more], self._collected.more)
        try:
            line = self._lines.line(cells)
        except CellError as error:
            raise self._error(str(error), error.rule, self._name_at(error.index)) from None
        except ValueSyntaxError as error:
            raise self._error(str(error), error.rule, None) from None
        if len(line) > self._most:
            raise self._error(f"is longer than {self._most} bytes", "record-length", None)
        return line

    def _of_others(self, value: JsonValue, name: str) -> list[str]:
        """The columns without fields; the first record says which there are."""
        if not isinstance(value, dict):
            raise self._error("is not an object", "type", name)
        if self._others is None:
            twice = next((one.title for one in self._columns if one.title in value), None)
            if twice is not None:
                raise self._error("has the name of a column that is declared", "header", name)
            self._others = tuple(value)
        if value.keys() != set(self._others):
            raise self._error("has not the columns of the first record", "header", name)
        return [self._kept(value[title], name) for title in self._others]

    def _of_more(self, value: JsonValue, name: str) -> list[str]:
        if not isinstance(value, list):
            raise self._error("is not a list", "type", name)
        return [self._kept(text, name) for text in value]

    def _kept(self, value: JsonValue, name: str) -> str:
        try:
            return self._lines.cell(_as_text(value), None, is_first=False)
        except ValueSyntaxError as error:
            raise self._error(str(error), error.rule, name) from None

    def _name_at(self, index: int) -> str | None:
        if index < len(self._columns):
            return self._columns[index].name
        is_other = index < len(self._columns) + len(self._others or ())
        return self._collected.others if is_other else self._collected.more

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
