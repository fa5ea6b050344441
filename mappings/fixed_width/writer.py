"""Records to fixed-width bytes. What does not fit exactly is refused, never cut."""

from __future__ import annotations

from collections.abc import Iterable

from mappings.contract import JsonValue, MappingError, Place, Record
from mappings.fixed_width import accounts
from mappings.fixed_width.descriptor_writing import DescriptorWriter
from mappings.fixed_width.errors import FieldError
from mappings.fixed_width.items import ItemError
from mappings.fixed_width.layout import UNTAGGED, FieldLayout, Layout, RecordLayout, escaped
from mappings.fixed_width.record_formats import VARIABLE
from mappings.fixed_width.schema import Separator
from mappings.fixed_width.structure import Course, MisplacedError, Missing


class RecordWriter:
    """The encoder of fixed-width data."""

    def __init__(self, layout: Layout, *, max_record_bytes: int) -> None:
        self._layout = layout
        self._types = {record.name: record for record in layout.records}
        self._keys = {
            record.name: frozenset(field.name for field in record.fields) for record in layout.records
        }
        self._computed = {
            record.name: frozenset(total.field for total in record.totals) for record in layout.records
        }
        self._is_tagged = UNTAGGED not in self._types
        self._course = Course(layout.root, any_order=layout.any_order)
        self._ending = ending(layout)
        self._forbidden = b"" if layout.cuts_by_length else self._ending[-1:]
        # Before NL it is read as any other byte.
        self._ends_as_separator = () if layout.separator is Separator.NL else layout.page.encode("\r")
        self._most = max_record_bytes
        self._words = DescriptorWriter(layout.formats) if layout.formats.record_format in VARIABLE else None
        self._records = 0

    def encode(self, records: Iterable[Record]) -> bytes:
        """The bytes of these records.

        Raises: MappingError for the first record that cannot be written exactly or may not stand where it
        does; the encoder is then spent.
        """
        return b"".join([self._one(record) for record in records])

    def finish(self) -> bytes:
        """The last block, where there are blocks; otherwise nothing follows the last record.

        Raises: MappingError when records are missing.
        """
        self._records += 1
        self._require(self._course.end())
        return b"" if self._words is None else self._words.finish()

    def pass_over(self, count: int) -> None:
        """Count records of the only type that were written elsewhere."""
        self._records += count

    def _one(self, given: Record) -> bytes:
        self._records += 1
        record, values = self._typed(given)
        if record.items is None and values.keys() != self._keys[record.name]:
            self._check_keys(record, values)
        if self._is_tagged:
            try:
                self._require(self._course.enter(record.name, record.path))
            except MisplacedError as error:
                raise self._error(str(error), error.rule, record.prefix) from None
        if record.items is not None:
            return self._finished(self._items(record, values), record)
        data = bytearray(record.template)
        if record.totals:
            self._put_with_totals(data, record, values)
            return self._finished(data, record)
        name = ""
        try:
            for name, start, end, _, codec in record.fields:
                data[start:end] = codec.write(values[name])
        except FieldError as error:
            path = f"{record.prefix}/{escaped(name)}"
            raise self._error(str(error), error.rule, path) from None
        if record.shares:
            accounts.add(record, values, self._course.frames)
        return self._finished(data, record)

    def _put_with_totals(self, data: bytearray, record: RecordLayout, values: dict[str, JsonValue]) -> None:
        for field in record.fields:
            value = values.get(field.name)
            if value is not None or field.name not in self._computed[record.name]:
                self._put(data, record, field, value)
        computed = self._totals(record, values)
        for field in record.fields if computed else ():
            if field.name in computed:
                self._put(data, record, field, computed[field.name])

    def _typed(self, given: Record) -> tuple[RecordLayout, dict[str, JsonValue]]:
        """The type of a record and its values."""
        if not isinstance(given, dict):
            raise self._error("a record of fixed-width data is an object", "record-type", "")
        if not self._is_tagged:
            return self._types[UNTAGGED], given
        if len(given) != 1:
            raise self._error("a record has one key, the name of its type", "record-type", "")
        ((name, values),) = given.items()
        record = self._types.get(name)
        if record is None:
            raise self._error("is no declared type of record", "unknown-record", f"/{escaped(name)}")
        if not isinstance(values, dict):
            raise self._error("is not an object", "record-type", record.prefix)
        return record, values

    def _items(self, record: RecordLayout, values: dict[str, JsonValue]) -> bytearray:
        """A record of items. What it adds to totals is added once it is found to be right, with any number
        in place of its own totals."""
        left_out = [total.field for total in record.totals if values.get(total.field) is None]
        data = self._written(record, values | dict.fromkeys(left_out, 0))
        if record.shares or record.totals:
            computed = self._totals(record, values)
            if computed:
                data = self._written(record, values | computed)
        return bytearray(data)

    def _written(self, record: RecordLayout, values: dict[str, JsonValue]) -> bytes:
        assert record.items is not None, "the caller has looked"
        try:
            return record.items.write(values)
        except ItemError as error:
            raise self._error(str(error), error.rule, record.prefix + error.pointer) from None

    def _put(self, data: bytearray, record: RecordLayout, field: FieldLayout, value: JsonValue) -> None:
        try:
            data[field.start : field.end] = field.codec.write(value)
        except FieldError as error:
            path = f"{record.prefix}/{escaped(field.name)}"
            raise self._error(str(error), error.rule, path) from None

    def _totals(self, record: RecordLayout, values: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """The totals that are not given; those that are are checked."""
        frames = self._course.frames
        accounts.add(record, values, frames)
        computed: dict[str, JsonValue] = {}
        for total in record.totals:
            amount, given = accounts.amount(total, frames), values.get(total.field)
            if given is None:
                computed[total.field] = amount
            elif given != amount:
                path = f"{record.prefix}/{escaped(total.field)}"
                raise self._error(f"is not what {total.expression.text} gives", "total", path)
        return computed

    def _finished(self, data: bytearray, record: RecordLayout) -> bytes:
        for one in record.tests:
            if not one.holds(data):
                raise self._error("has not what its type is known by", "match", record.prefix)
        if self._forbidden and (self._forbidden in data or data.endswith(self._ends_as_separator)):
            raise self._error("holds what separates records", "separator", record.prefix)
        if len(data) > self._most:
            raise self._error(f"is longer than {self._most} bytes", "record-length", record.prefix)
        if self._words is None:
            return bytes(data) + self._ending
        try:
            return self._words.record(bytes(data))
        except FieldError as error:
            raise self._error(str(error), error.rule, record.prefix) from None

    def _require(self, missing: list[Missing]) -> None:
        for one in missing:
            raise self._error(str(one), "missing-record", f"/{escaped(one.name)}")

    def _check_keys(self, record: RecordLayout, values: dict[str, JsonValue]) -> None:
        """Totals may be left out, and nothing else."""
        keys = self._keys[record.name]
        if keys - self._computed[record.name] <= values.keys() <= keys:
            return
        lacking = sorted(keys - self._computed[record.name] - values.keys())
        rule, message = ("required", "is missing")
        if not lacking:
            lacking = sorted(values.keys() - keys)
            rule, message = ("unknown-field", "is not a field of this format")
        raise self._error(message, rule, f"{record.prefix}/{escaped(lacking[0])}")

    def _error(self, message: str, rule: str, path: str) -> MappingError:
        return MappingError(message, rule=rule, place=Place(record=self._records, path=path or None))


def ending(layout: Layout) -> bytes:
    """What is written behind each record."""
    encode = layout.page.encode
    endings = {Separator.NONE: b"", Separator.CRLF: encode("\r\n"), Separator.NL: b"\x15"}
    return endings.get(layout.separator, encode("\n"))
