"""Is a definition of fixed-width data sound, beyond what its model's types say."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from mappings.fixed_width import check_fields, check_structure, record_formats
from mappings.fixed_width.code_pages import CodePage, code_page
from mappings.fixed_width.field_schema import ConstantField, DecimalField, IntegerField, Usage
from mappings.fixed_width.layout import (
    Condition,
    condition,
    cuts_by_length,
    length_of,
    matches_of,
    record_definitions,
    separator_of,
)
from mappings.fixed_width.record_formats import VARIABLE
from mappings.fixed_width.schema import FixedWidthDefinition, RecordDefinition, Separator


def problems(definition: FixedWidthDefinition) -> list[str]:
    """What contradicts itself, each with the key it is found at; empty when all is well."""
    return list(_problems(definition))


def _problems(definition: FixedWidthDefinition) -> Iterator[str]:
    if (definition.fields is None) == (definition.records is None):
        yield "fields: give either fields or records"
        return
    page = code_page(definition.encoding)
    yield from _framing_problems(definition, page)
    conditions: dict[str, tuple[Condition, ...]] = {}
    for name, record in record_definitions(definition).items():
        where = f"records.{name}." if name else ""
        try:
            conditions[name] = tuple(condition(match, page) for match in matches_of(record))
        except ValueError as error:
            yield f"{where}match: {error}"
            continue
        yield from _record_problems(where, record, definition, conditions[name])
        yield from check_fields.problems(where, record, page)
    if definition.records is not None:
        yield from _ambiguities(definition, conditions)
        yield from check_structure.problems(definition)


def _framing_problems(definition: FixedWidthDefinition, page: CodePage) -> Iterator[str]:
    yield from record_formats.problems(definition)
    separator = separator_of(definition)
    if separator is None:
        yield "separator: give what separates the records, or the record_length where nothing does"
    elif separator is Separator.NONE:
        yield from _unseparated_problems(definition)
    elif definition.record_format is not None:
        yield f"separator: records of the format {definition.record_format} have none"
    if separator is Separator.NL and not page.is_ebcdic:
        yield "separator: nl is a character of EBCDIC"
    if len(_encoded(definition.fill, page)) != 1:
        yield f"fill: is not one byte in {page.name}"
    if separator in (None, Separator.NONE):
        return
    if cuts_by_length(definition) and separator is Separator.EITHER:
        yield "separator: packed and binary numbers need lf, crlf or nl, which has one length"
    if definition.record_length is not None:
        return
    for name, record in record_definitions(definition).items():
        for field_name, field in record.fields.items():
            if isinstance(field, IntegerField | DecimalField) and field.usage is not Usage.DISPLAY:
                where = f"records.{name}.fields.{field_name}" if name else f"fields.{field_name}"
                yield (
                    f"{where}.usage: a byte of a {field.usage} number may look like a separator; give the "
                    "record_length by which records are cut then"
                )


def _unseparated_problems(definition: FixedWidthDefinition) -> Iterator[str]:
    """Where nothing separates the records: lengths, or descriptor words."""
    if definition.record_format in VARIABLE:
        if definition.record_length is not None:
            yield f"record_length: records of the format {definition.record_format} have lengths of their own"
    else:
        if definition.record_length is None:
            yield "record_length: is needed where nothing separates the records"
        if definition.short_lines == "fill":
            yield "short_lines: there are no lines where nothing separates the records"
    if definition.blank_lines == "skip":
        yield "blank_lines: there are no lines where nothing separates the records"


def _encoded(text: str, page: CodePage) -> bytes:
    try:
        return page.encode(text)
    except UnicodeError:
        return b""


def _record_problems(
    where: str, record: RecordDefinition, definition: FixedWidthDefinition, conditions: tuple[Condition, ...]
) -> Iterator[str]:
    if record.max is not None and record.max < record.min:
        yield f"{where}max: is less than min"
    if record.length is not None and definition.record_length is not None:
        yield f"{where}length: every record has the record_length of {definition.record_length}"
    length = length_of(record, definition, conditions)
    if length == 0:
        yield f"{where}length: a record without fields needs one"
    yield from _place_problems(where, record, conditions, length)


def _place_problems(
    where: str, record: RecordDefinition, conditions: tuple[Condition, ...], length: int
) -> Iterator[str]:
    """Fields and matches that leave the record or meet each other."""
    for one in conditions:
        if one.end > length:
            yield f"{where}match: ends at byte {one.end}, the record has {length}"
    for name, field in record.fields.items():
        end = field.at - 1 + field.length
        if end > length:
            yield f"{where}fields.{name}.length: ends at byte {end}, the record has {length}"
    by_place = sorted(record.fields.items(), key=lambda item: item[1].at)
    for (name, field), (other, following) in pairwise(by_place):
        if following.at < field.at + field.length:
            yield f"{where}fields.{other}.at: byte {following.at} is part of the field {name!r} already"
    for first, second in combinations(conditions, 2):
        if first.start < second.end and second.start < first.end:
            yield f"{where}match: two of them look at the same bytes"
    for one in conditions:
        yield from _covering_problems(where, record, one)


def _covering_problems(where: str, record: RecordDefinition, one: Condition) -> Iterator[str]:
    """A match stands by itself, or inside one field that is part of the record."""
    covered = False
    for name, field in record.fields.items():
        start, end = field.at - 1, field.at - 1 + field.length
        if end <= one.start or one.end <= start:
            continue
        covered = True
        if isinstance(field, ConstantField):
            yield f"{where}fields.{name}: the match says already what stands there"
        elif not start <= one.start <= one.end <= end:
            yield f"{where}fields.{name}: covers a part of the match"
    if len(one.values) > 1 and not covered:
        yield f"{where}match: several values need a field over the same bytes that says which to write"


def _ambiguities(
    definition: FixedWidthDefinition, conditions: dict[str, tuple[Condition, ...]]
) -> Iterator[str]:
    without = [name for name, found in conditions.items() if not found]
    if len(without) > 1:
        yield f"records.{without[1]}.match: is missing; only one type may be without, {without[0]!r} is"
    known = [(name, found) for name, found in conditions.items() if found]
    for (first, these), (second, those) in combinations(known, 2):
        if not any(excludes(one, other) for one in these for other in those):
            yield f"records.{second}.match: a record may match {first!r} too"


def excludes(one: Condition, other: Condition) -> bool:
    """True when no record can meet both."""
    start, end = max(one.start, other.start), min(one.end, other.end)
    if start >= end:
        return False
    mine = {value[start - one.start : end - one.start] for value in one.values}
    theirs = {value[start - other.start : end - other.start] for value in other.values}
    return not mine & theirs
