"""Fixed-width bytes to records.

A bad record is an error with its place, and reading goes on with the next one; so is a record that is missing
or stands where it may not. Which type a record has is decided before its fields are read, so that a bad field
does not disturb the order and the count of records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias, cast

from mappings.contract import MAX_CUT_BYTES, JsonValue, MappingError, Place, Record, Summary
from mappings.fixed_width import accounts
from mappings.fixed_width.code_pages import CodePage
from mappings.fixed_width.errors import FieldError, LostError
from mappings.fixed_width.framing import DescribedFramer, Framer, PassingFramer, Piece
from mappings.fixed_width.identify import identifier
from mappings.fixed_width.items import ItemError
from mappings.fixed_width.items_reading import wrong_area
from mappings.fixed_width.layout import FieldLayout, Layout, RecordLayout, escaped
from mappings.fixed_width.matching import Lengths
from mappings.fixed_width.schema import Separator
from mappings.fixed_width.structure import Course, MisplacedError, Missing

Values: TypeAlias = dict[str, JsonValue]
_FILL = "; where spaces were cut off the ends of lines, `short_lines: fill` reads them"


class RecordReader:
    """The decoder of fixed-width data."""

    def __init__(self, layout: Layout, framer: Framer) -> None:
        self._page: CodePage = layout.page
        self._fills_short = layout.fills_short
        self._could_fill = layout.separator is not Separator.NONE and not layout.fills_short
        self._space = layout.page.encode(" ")
        self._known_by = max(
            (one.end for record in layout.records for one in record.tests if not isinstance(one, Lengths)),
            default=0,
        )
        self._framer = framer
        self._identify = identifier(layout.records)
        self._course = Course(layout.root, any_order=layout.any_order)
        self._is_tagged = bool(layout.records[0].name)
        self._records = 0
        self._errors = 0
        self._lost: MappingError | None = None

    def feed(self, chunk: bytes) -> Sequence[Record | MappingError]:
        """The records that are complete now.

        Raises: MappingError when nothing says where the next record begins, once all before it were given.
        """
        self._raise_when_lost()
        return self._take(self._framer.feed(chunk))

    def finish(self) -> tuple[Sequence[Record | MappingError], Summary]:
        """What the end of the data completes, what is missing, and the summary.

        Raises: MappingError as `feed` does.
        """
        self._raise_when_lost()
        results = self._take(self._framer.finish())
        offset, line = self._framer.position
        where = Place(record=self._records + 1, byte_offset=offset, line=line)
        results += self._missing(self._course.end(), where)
        return results, Summary(records=self._records, errors=self._errors)

    def admit(self, record: RecordLayout, count: int) -> tuple[int, list[MappingError]]:
        """Take records of one type that stand next and are read elsewhere, all of them good: how many of so
        many may stand there, and what is missing before them. None may where the first is misplaced, which
        is then for `feed` to say. `pass_over` follows where some may. The framer is a PassingFramer.
        """
        if not self._is_tagged:
            self._records += count
            return count, []
        try:
            missing = self._course.enter(record.name, record.path)
        except MisplacedError:
            return 0, []
        offset, line = self._framer.position
        errors = self._missing(missing, Place(record=self._records + 1, byte_offset=offset, line=line))
        taken = 1 + self._course.repeat(record.path, count - 1)
        self._records += taken
        return taken, errors

    def pass_over(
        self, record: RecordLayout, count: int, size: int, sums: Mapping[str, int | Decimal]
    ) -> None:
        """Go on behind so many records, of so many bytes with what separates them, that were admitted. `sums`
        has the sum of each field that the type's shares name, but where all are null."""
        accounts.add_many(record, count, sums, self._course.frames)
        self._passing().pass_over(size, count)

    @property
    def held(self) -> int:
        """Bytes of a record that is not complete yet."""
        return self._passing().held

    @property
    def missing(self) -> int:
        """Bytes that the record which is held needs before more of it is known. The framer is a
        DescribedFramer."""
        return cast("DescribedFramer", self._framer).missing

    def _passing(self) -> PassingFramer:
        return cast("PassingFramer", self._framer)

    def _take(self, pieces: Iterable[Piece]) -> list[Record | MappingError]:
        results: list[Record | MappingError] = []
        try:
            self._take_each(pieces, results)
        except LostError as lost:
            self._records += 1
            piece = Piece(lost.offset, None, lost.data, lost)
            self._lost = self._error(piece, lost, lost.data, shown=f"hex {lost.data.hex()}")
            if not results:
                raise self._lost from None
        return results

    def _raise_when_lost(self) -> None:
        if self._lost is not None:
            raise self._lost

    def _take_each(self, pieces: Iterable[Piece], results: list[Record | MappingError]) -> None:
        for piece in pieces:
            self._records += 1
            record = None if piece.wrong is not None else self._type(piece.data)
            if record is None:
                results.append(self._unknown(piece))
            elif self._is_tagged:
                self._tagged(piece, record, results)
            else:
                values = self._values(piece, record)
                results.append(values)

    def _type(self, data: bytes) -> RecordLayout | None:
        if self._fills_short and len(data) < self._known_by:
            data = data.ljust(self._known_by, self._space)
        return self._identify(data)

    def _unknown(self, piece: Piece) -> MappingError:
        """Bytes that are no record, or one of no type: totals that they may belong to are unknown."""
        self._lose_count()
        wrong = piece.wrong or FieldError("unknown-record", "is of no declared type")
        return self._error(piece, wrong, piece.data)

    def _lose_count(self) -> None:
        for frame in self._course.frames:
            frame.lacks_records = True

    def _tagged(self, piece: Piece, record: RecordLayout, results: list[Record | MappingError]) -> None:
        """Read one of several types: what is missing before it, then itself."""
        try:
            missing = self._course.enter(record.name, record.path)
        except MisplacedError as error:
            self._lose_count()
            wrong = FieldError(error.rule, str(error))
            results.append(self._error(piece, wrong, piece.data, path=record.prefix))
            return
        if missing:
            place = Place(record=self._records, byte_offset=piece.offset, line=piece.line)
            results += self._missing(missing, place)
        values = self._values(piece, record)
        if record.shares:
            readable = None if isinstance(values, MappingError) else values
            accounts.add(record, readable, self._course.frames)
        if record.totals and not isinstance(values, MappingError):
            values = self._checked(piece, record, values)
        results.append(values if isinstance(values, MappingError) else {record.name: values})

    def _values(self, piece: Piece, record: RecordLayout) -> Values | MappingError:
        """The fields of a record whose type is known."""
        data = piece.data
        if record.items is not None:
            try:
                return record.items.read(data)
            except ItemError as error:
                return self._item_error(piece, record, error)
        if len(data) != record.length:
            if len(data) > record.length or not self._fills_short:
                return self._wrong_length(piece, record)
            data = data.ljust(record.length, self._space)
        for start, end, expected, rule in record.fixed:
            if data[start:end] != expected:
                return self._item_error(piece, record, wrong_area(data[start:end], expected, start, rule))
        values: Values = {}
        try:
            for name, start, end, read, _ in record.fields:
                values[name] = read(data[start:end])
        except FieldError as error:
            field = record.fields[len(values)]
            return self._field_error(piece, record, field, error, data[field.start : field.end])
        return values

    def _checked(self, piece: Piece, record: RecordLayout, values: Values) -> Values | MappingError:
        """The record again when its totals are those of the records before it."""
        for total in record.totals:
            expected = accounts.amount(total, self._course.frames)
            if expected is None or values[total.field] == expected:
                continue
            wrong = FieldError("total", f"is not what {total.expression.text} gives")
            shown = f"{values[total.field]}, not {expected}"
            path = f"{record.prefix}/{escaped(total.field)}"
            return self._error(piece, wrong, b"", at=_start(record, total.field), path=path, shown=shown)
        return values

    def _missing(self, missing: Sequence[Missing], place: Place) -> list[MappingError]:
        errors = []
        for one in missing:
            where = Place(
                record=place.record,
                byte_offset=place.byte_offset,
                line=place.line,
                path=f"/{escaped(one.name)}",
            )
            errors.append(MappingError(str(one), rule="missing-record", place=where))
        self._errors += len(errors)
        return errors

    def _wrong_length(self, piece: Piece, record: RecordLayout) -> MappingError:
        found = len(piece.data)
        rule = "short-record" if found < record.length else "long-record"
        wrong = FieldError(rule, f"has {found} bytes, {record.length} are expected")
        return self._error(piece, wrong, piece.data, at=min(found, record.length), path=record.prefix)

    def _field_error(
        self,
        piece: Piece,
        record: RecordLayout,
        field: FieldLayout,
        error: FieldError,
        data: bytes,
    ) -> MappingError:
        shown = None if field.codec.is_text else f"hex {data.hex()}"
        path = f"{record.prefix}/{escaped(field.name)}"
        return self._error(piece, error, data, at=field.start, path=path, shown=shown)

    def _item_error(self, piece: Piece, record: RecordLayout, error: ItemError) -> MappingError:
        data = piece.data[error.offset : error.offset + error.length]
        shown = None if error.is_text else f"hex {data.hex()}"
        path = record.prefix + error.pointer
        return self._error(piece, error, data, at=error.offset, path=path, shown=shown)

    def _error(
        self,
        piece: Piece,
        error: FieldError,
        data: bytes,
        *,
        at: int = 0,
        path: str = "",
        shown: str | None = None,
    ) -> MappingError:
        """An error `at` bytes into a record; `data` are those to show."""
        self._errors += 1
        message = str(error) + (_FILL if error.rule == "short-record" and self._could_fill else "")
        place = Place(record=self._records, byte_offset=piece.offset + at, line=piece.line, path=path or None)
        excerpt = self._page.show(data[:120]) if shown is None else shown
        raw = piece.data[:MAX_CUT_BYTES] if piece.is_cut else piece.data
        return MappingError(
            message, rule=error.rule, place=place, excerpt=excerpt, raw=raw, raw_is_cut=piece.is_cut
        )


def _start(record: RecordLayout, name: str) -> int:
    """The first byte of a field in its record, 0 where what stands before varies in length."""
    if record.items is not None:
        return record.items.starts.get(name, 0)
    return next(field.start for field in record.fields if field.name == name)
