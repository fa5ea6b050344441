"""Are the types of record of delimited text sound: what tells them apart, their order, their totals."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.delimited import check_fields
from mappings.delimited.layout import constant_of, totals_of, values_of
from mappings.delimited.schema import DecimalField, DelimitedDefinition, IntegerField, RecordDefinition
from mappings.delimited.values import ValueSyntaxError, compile_field
from mappings.fixed_width.check_structure import group_problems
from mappings.fixed_width.check_totals import total_problems
from mappings.fixed_width.layout import block_of
from mappings.fixed_width.totals import Total


def problems(definition: DelimitedDefinition) -> Iterator[str]:
    """What is wrong with the types of record; where nothing is, what is wrong with totals."""
    assert definition.records is not None, "the caller has looked"
    if "header" in definition.model_fields_set and definition.header:
        yield "header: several types of record have no header row"
    for key in ("other_columns", "duplicate_columns"):
        if getattr(definition, key) != "refuse":
            yield f"{key}: several types of record have no header row"
    for name, record in definition.records.items():
        where = f"records.{name}."
        if record.max is not None and record.max < record.min:
            yield f"{where}max: is less than min"
        yield from _field_problems(where, record, definition)
        yield from _match_problems(where, record, definition)
    yield from _ambiguities(definition)
    structural = list(group_problems(definition))
    yield from structural or _total_problems(definition)


def _field_problems(where: str, record: RecordDefinition, definition: DelimitedDefinition) -> Iterator[str]:
    yield from check_fields.kept_problems(definition, record.fields, f"{where}fields")
    for name, field in record.fields.items():
        if field.column is not None:
            yield f"{where}fields.{name}.column: several types of record have no header row"
        for reason in check_fields.problems(field, definition):
            yield f"{where}fields.{name}.{reason}"
    if not record.fields and constant_of(record) is None:
        yield f"{where}fields: a type that is not known by one text needs the column of its type as a field"


def _match_problems(where: str, record: RecordDefinition, definition: DelimitedDefinition) -> Iterator[str]:
    at = definition.type_column - 1
    constant = constant_of(record)
    names = list(record.fields)
    if at > len(names) - (constant is None):
        yield f"{where}fields: its rows have no column {definition.type_column}"
        return
    for text in values_of(record):
        if set("\r\n\0") & set(text):
            yield f"{where}match: holds a line end or a NUL"
        if definition.spaces == "trim" and text != text.strip(" "):
            yield f"{where}match: begins or ends with a space, and spaces are trimmed"
        if definition.quote is None and definition.escape is None and definition.delimiter in text:
            yield f"{where}match: cannot be written without quotes"
        if constant is None and not _is_read(record, names[at], text):
            yield f"{where}fields.{names[at]}: can never be {text!r}, which the match says"


def _is_read(record: RecordDefinition, name: str, text: str) -> bool:
    try:
        compile_field(record.fields[name]).read(text)
    except ValueSyntaxError:
        return False
    return True


def _ambiguities(definition: DelimitedDefinition) -> Iterator[str]:
    assert definition.records is not None, "the caller has looked"
    known: dict[str, str] = {}
    without: str | None = None
    for name, record in definition.records.items():
        if record.match is None:
            if without is not None:
                yield f"records.{name}.match: is missing; only one type may be without, {without!r} is"
            without = without or name
        for text in values_of(record):
            if known.setdefault(text, name) != name:
                yield f"records.{name}.match: {text!r} is {known[text]!r} too"


def _total_problems(definition: DelimitedDefinition) -> Iterator[str]:
    assert definition.records is not None, "the caller has looked"
    records, paths = definition.records, dict(block_of(definition).paths())

    def room_of(total: Total) -> int | None:
        return _digits(records[total.record].fields[total.field])

    def of_field(total: Total, record: str, field: str) -> Iterator[str]:
        summed, room = records[record].fields.get(field), room_of(total)
        if not isinstance(summed, IntegerField | DecimalField):
            yield f"{record}.{field} is no number"
        elif room is not None and (_digits(summed) is None or (_digits(summed) or 0) > room):
            yield f"{record}.{field} may have more digits behind the point than this field, {room}"

    yield from total_problems(
        totals_of(definition, paths),
        paths,
        any_order=definition.order == "any",
        has_fraction=lambda total: bool(room_of(total)),
        of_field=of_field,
    )


def _digits(field: object) -> int | None:
    """Digits behind the point, None where there may be any number."""
    return field.scale if isinstance(field, DecimalField) else 0
