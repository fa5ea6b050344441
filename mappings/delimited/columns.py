"""The columns of a row, compiled: which of them are fields, and what happens to the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mappings.contract import JsonValue, MappingError, Place
from mappings.delimited.errors import ValueSyntaxError
from mappings.delimited.rows import Row, Tokenizer
from mappings.delimited.values import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Where rows are more than one field after the other.

    `indexes` has the column of each field, `width` is how many columns there are. `fill` has the text of each
    field that a short row lacks, None where short rows are refused. What is too long is kept in the member
    `more`, or left out where `ignores_more`. `others` are columns without fields that are kept, with their
    names, in the member `others_in`.
    """

    indexes: tuple[int, ...]
    width: int
    fill: tuple[str, ...] | None = None
    ignores_more: bool = False
    more: str | None = None
    others_in: str | None = None
    others: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """The fields of one stream, or of one type of record, in the order of the file.

    `read` reads fields that are not quoted, where the null text means null; `read_quoted` those that are.
    Both are None when every field is plain text. `shape` is None where the fields are all columns, in order.
    `prefix` is what a JSON pointer to one of the fields begins with.
    """

    names: tuple[str, ...]
    read: tuple[Reader, ...] | None = None
    read_quoted: tuple[Reader, ...] | None = None
    shape: Shape | None = None
    prefix: str = ""


class RowReader:
    """Rows to records; errors are not numbered yet."""

    def __init__(self, tokenizer: Tokenizer, delimiter: str) -> None:
        self._tokenizer = tokenizer
        self._delimiter = delimiter

    def record(self, row: Row, columns: Columns) -> dict[str, JsonValue] | MappingError:
        """A row's fields, typed."""
        if columns.shape is not None:
            return self._shaped(row, columns, columns.shape)
        fields, names = row.fields, columns.names
        if len(fields) != len(names):
            return self._wrong_length(row, len(names), columns)
        if columns.read is None or columns.read_quoted is None:
            return dict(zip(names, fields, strict=True))
        return self._typed(row, columns, fields, row.quoted, None)

    def _shaped(self, row: Row, columns: Columns, shape: Shape) -> dict[str, JsonValue] | MappingError:
        fields, quoted = row.fields, row.quoted
        found = len(fields)
        is_short, is_long = found < shape.width, found > shape.width
        if (is_short and shape.fill is None) or (is_long and not shape.ignores_more and shape.more is None):
            return self._wrong_length(row, shape.width, columns)
        if is_short and shape.fill is not None:
            pairs = zip(shape.indexes, shape.fill, strict=True)
            own = [fields[at] if at < found else text for at, text in pairs]
        else:
            own = [fields[at] for at in shape.indexes]
        marks = None if quoted is None else [at < found and quoted[at] for at in shape.indexes]
        record = self._typed(row, columns, own, marks, shape.indexes)
        if isinstance(record, MappingError):
            return record
        if shape.others_in is not None:
            others: dict[str, JsonValue] = {
                title: fields[at] if at < found else "" for title, at in shape.others
            }
            record[shape.others_in] = others
        if shape.more is not None:
            more: list[JsonValue] = [*fields[shape.width :]]
            record[shape.more] = more
        return record

    def _typed(
        self,
        row: Row,
        columns: Columns,
        fields: Sequence[str],
        quoted: Sequence[bool] | None,
        indexes: Sequence[int] | None,
    ) -> dict[str, JsonValue] | MappingError:
        names = columns.names
        if columns.read is None or columns.read_quoted is None:
            return dict(zip(names, fields, strict=True))
        readers: Sequence[Reader] = columns.read
        if quoted is not None:
            pairs = zip(columns.read, columns.read_quoted, quoted, strict=True)
            readers = [if_quoted if is_quoted else plain for plain, if_quoted, is_quoted in pairs]
        record: dict[str, JsonValue] = {}
        try:
            for name, read, text in zip(names, readers, fields, strict=True):
                record[name] = read(text)
        except ValueSyntaxError as error:
            at = len(record)
            index = at if indexes is None else indexes[at]
            return self.wrong(row, index, columns.prefix + pointer(names[at]), error, excerpt=fields[at])
        return record

    def wrong(
        self, row: Row, index: int, path: str, error: ValueSyntaxError, *, excerpt: str | None = None
    ) -> MappingError:
        """An error in one field of a row."""
        place = replace(self._tokenizer.place_of(row, index), path=path)
        shown = self.text(row) if excerpt is None else excerpt
        return MappingError(str(error), rule=error.rule, place=place, excerpt=shown, raw=row.raw)

    def text(self, row: Row) -> str:
        """A row to be shown."""
        return self._delimiter.join(row.fields)

    def _wrong_length(self, row: Row, expected: int, columns: Columns) -> MappingError:
        found = len(row.fields)
        rule = "short-row" if found < expected else "long-row"
        what = "an empty line" if row.fields == [""] else f"{found} field{'s' * (found != 1)}"
        place = Place(byte_offset=row.offset, line=row.line, path=columns.prefix or None)
        message = f"{what}, {expected} are expected"
        return MappingError(message, rule=rule, place=place, excerpt=self.text(row), raw=row.raw)


def pointer(name: str) -> str:
    """The JSON pointer of a record's member. Source: RFC 6901 §3."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def numbered(error: MappingError, record: int) -> MappingError:
    """An error with the number of its record."""
    return MappingError(
        error.reason,
        rule=error.rule,
        place=replace(error.place, record=record),
        excerpt=error.excerpt,
        raw=error.raw,
        raw_is_cut=error.raw_is_cut,
    )
