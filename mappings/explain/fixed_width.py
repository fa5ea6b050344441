"""A record of fixed-width data with its fields, each as its own definition reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mappings.contract import Context, JsonValue
from mappings.copybook import CopybookFormat
from mappings.explain.copybook import copybook_fields
from mappings.explain.field_reading import read_by
from mappings.explain.seen import Chunks, Explained, Seen, Wanted, described
from mappings.fixed_width import FixedWidthFormat
from mappings.fixed_width.code_pages import CodePage
from mappings.fixed_width.errors import FieldError
from mappings.fixed_width.field_schema import ConstantField, FieldDefinition, GroupField
from mappings.fixed_width.fields import compile_field
from mappings.fixed_width.format import framer_of
from mappings.fixed_width.framing import Piece
from mappings.fixed_width.identify import identifier
from mappings.fixed_width.layout import Layout, RecordLayout, record_definitions
from mappings.fixed_width.placing import Placed, element_size, placed

_PLACE = ("at", "length", "fields", "occurs")
"""The keys that say where a field stands, which is shown beside it."""


def explain_fixed_width(
    format_: FixedWidthFormat | CopybookFormat, chunks: Chunks, wanted: Wanted, context: Context
) -> Explained | None:
    """The record, None where there is none. Raises: LostError where nothing says where it begins."""
    layout = format_.layout
    before: tuple[int, Piece] | None = None
    size = 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for chunk in chunks:
            size += len(chunk)
            yield chunk

    for number, piece in enumerate(_pieces(layout, counted(), context), 1):
        if before is not None and wanted.is_met(before[0], before[1].offset, piece.offset):
            return _explained(format_, *before)
        before = number, piece
    if before is not None and wanted.is_met(before[0], before[1].offset, size):
        return _explained(format_, *before)
    return None


def _pieces(layout: Layout, chunks: Chunks, context: Context) -> Iterator[Piece]:
    longest = max(record.length for record in layout.records)
    framer = framer_of(layout, longest, context.max_record_bytes)
    for chunk in chunks:
        yield from framer.feed(chunk)
    yield from framer.finish()


def _explained(format_: FixedWidthFormat | CopybookFormat, number: int, piece: Piece) -> Explained:
    layout = format_.layout
    record = None if piece.wrong is not None else identifier(layout.records)(piece.data)
    kind = record.name if record is not None else f"of no type: {piece.wrong or 'no `match` holds'}"
    found = Explained(number, kind, piece.offset, piece.data, piece.line, layout.page.is_ebcdic)
    if record is None:
        return found
    data = piece.data.ljust(record.length, layout.page.encode(" ")) if layout.fills_short else piece.data
    if isinstance(format_, CopybookFormat):
        found.fields = copybook_fields(format_, record.name, data, piece.offset)
        return found
    definition = record_definitions(format_.definition)[record.name]
    values = _values(record, data)
    reader = _Fields(layout.page, data, piece.offset)
    reader.read(definition.fields, 0, "", values)
    found.fields = reader.seen
    return found


def _values(record: RecordLayout, data: bytes) -> Mapping[str, JsonValue]:
    """The record's values as far as it can be read as a whole: they say how often tables occur."""
    if record.items is None:
        return {}
    try:
        return record.items.read(data)
    except FieldError:
        return {}


class _Fields:
    """Reads field after field."""

    def __init__(self, page: CodePage, data: bytes, offset: int) -> None:
        self._page = page
        self._data = data
        self._offset = offset
        self.seen: list[Seen] = []

    def read(
        self, fields: Mapping[str, FieldDefinition], start: int, path: str, values: Mapping[str, JsonValue]
    ) -> None:
        """Add the fields of a record or group that begins at a byte of the record."""
        at = start
        for one in placed(fields):
            at = start + one.start if one.start is not None else at
            value = values.get(one.name)
            size = element_size(one.field)[1]
            if not isinstance(value, list) and not isinstance(one.field, ConstantField) and one.field.occurs:
                value = [None] * (one.field.occurs.count or 0)
            if not isinstance(value, list):
                at = self._one(one, at, size, f"{path}/{one.name}", value)
                continue
            for index, each in enumerate(value):
                at = self._one(one, at, size, f"{path}/{one.name}/{index}", each)

    def _one(self, one: Placed, at: int, size: int, path: str, value: JsonValue) -> int:
        if isinstance(one.field, GroupField):
            self.read(one.field.fields, at, path, value if isinstance(value, dict) else {})
            return at + size
        end = min(at + size, len(self._data))
        data = self._data[at:end]
        start, stop = self._offset + at, self._offset + end
        seen = Seen(path, start, stop, data, described(one.field, *_PLACE))
        if isinstance(one.field, ConstantField):
            is_there = data == self._page.encode(one.field.value).ljust(size, self._page.encode(" "))
            self.seen.append(seen if is_there else replace(seen, error="is not the constant"))
            return end
        least = 0 if getattr(one.field, "variable", False) else size
        if least and one.field.optional and not data:
            self.seen.append(seen)
        else:
            self.seen.append(read_by(compile_field(one.field, self._page).read, seen, least))
        return end
