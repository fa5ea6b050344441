"""One record of a JSON format: its text to a value, with its place in the whole data when that fails."""

from __future__ import annotations

from mappings.contract import MAX_CUT_BYTES, Context, MappingError, Place, Record
from mappings.json.schema import RecordSchema
from mappings.json.text import decode


def read_record(text: bytes, place: Place, context: Context, schema: RecordSchema) -> Record | MappingError:
    """Decode one record; what is wrong with it comes back as a value.

    `place` is where `text` begins, its column too. The error's place is that of the parser, moved by it.
    """
    try:
        value = decode(text, max_depth=context.max_depth)
    except MappingError as error:
        return MappingError(
            error.reason, rule=error.rule, place=_moved(error.place, place), excerpt=error.excerpt, raw=text
        )
    wrong = schema.error(value, place, raw=text)
    return value if wrong is None else wrong


def too_long(place: Place, context: Context, start: bytes) -> MappingError:
    """The error of a record beyond `max_record_bytes`. `start`: as much of it as there is."""
    return MappingError(
        f"a record is longer than {context.max_record_bytes} bytes",
        rule="record-length",
        place=place,
        raw=start[: min(MAX_CUT_BYTES, context.max_record_bytes)],
        raw_is_cut=True,
    )


def numbered(error: MappingError, record: int) -> MappingError:
    """The same error, placed at one record of those being written."""
    place = Place(record=record, path=error.place.path)
    return MappingError(error.reason, rule=error.rule, place=place, excerpt=error.excerpt)


def _moved(inner: Place, start: Place) -> Place:
    line = start.line
    if line is not None and inner.line is not None:
        line += inner.line - 1
    return Place(
        record=start.record,
        byte_offset=(start.byte_offset or 0) + (inner.byte_offset or 0),
        line=line,
        column=inner.column if (inner.line or 1) > 1 else _column(inner, start),
        path=inner.path,
    )


def _column(inner: Place, start: Place) -> int | None:
    return None if inner.column is None else (start.column or 1) + inner.column - 1
