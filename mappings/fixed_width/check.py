"""Is a definition of fixed-width data sound, beyond what its model's types say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mappings.fixed_width import check_fields, check_places, check_structure, record_formats
from mappings.fixed_width.code_pages import CodePage, code_page
from mappings.fixed_width.errors import FieldError
from mappings.fixed_width.field_schema import ConstantField, GroupField
from mappings.fixed_width.fields import Read, compile_field
from mappings.fixed_width.layout import (
    cuts_by_length,
    is_binary,
    length_of,
    record_definitions,
    separator_of,
)
from mappings.fixed_width.matching import Condition, Lengths, Test, ambiguities, matches_of, tests_of
from mappings.fixed_width.placing import extent_of, placed
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
    tests: dict[str, list[Test]] = {}
    for name, record in record_definitions(definition).items():
        where = f"records.{name}." if name else ""
        try:
            tests[name] = [test for match in matches_of(record) for test in tests_of(match, page)]
        except ValueError as error:
            yield f"{where}match: {error}"
            continue
        yield from _record_problems(where, record, definition, tests[name])
        wrong = list(check_fields.problems(where, record.fields, page))
        yield from wrong or _unreachable(where, record, tests[name], page)
    if definition.records is not None:
        yield from ambiguities(tests)
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
            if is_binary(field):
                where = f"records.{name}.fields.{field_name}" if name else f"fields.{field_name}"
                yield (
                    f"{where}: a byte of a packed, binary or floating-point number may look like a separator;"
                    " give the record_length by which records are cut then"
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
    where: str, record: RecordDefinition, definition: FixedWidthDefinition, tests: Sequence[Test]
) -> Iterator[str]:
    if record.max is not None and record.max < record.min:
        yield f"{where}max: is less than min"
    if record.length is not None and definition.record_length is not None:
        yield f"{where}length: every record has the record_length of {definition.record_length}"
    length = length_of(record, definition, tests)
    if length == 0:
        yield f"{where}length: a record without fields needs one"
    areas = [one for one in tests if not isinstance(one, Lengths)]
    declared = definition.record_length or record.length
    is_fixed = definition.record_length is not None
    yield from check_places.problems(where, record.fields, areas, declared, is_fixed=is_fixed)
    end = max((one.end for one in areas), default=0)
    least, most = (max(end, size) for size in extent_of(record.fields))
    for one in tests:
        if not isinstance(one, Lengths):
            continue
        if definition.short_lines == "fill":
            yield f"{where}match: short lines are filled; their length tells nothing"
        elif one.most < (declared or least) or one.least > (declared or most):
            yield f"{where}match: its records never have such a length"


def _unreachable(
    where: str, record: RecordDefinition, tests: Sequence[Test], page: CodePage
) -> Iterator[str]:
    """A type that is known by what one of its fields cannot be."""
    for one in placed(record.fields):
        if isinstance(one.field, ConstantField | GroupField) or one.field.occurs is not None:
            continue
        for test in tests:
            if isinstance(test, Condition) and (test.start, test.end) == (one.start, one.end):
                read = compile_field(one.field, page).read
                if not any(_is_read(read, value) for value in test.values):
                    yield f"{where}fields.{one.name}: can never be what the match says"


def _is_read(read: Read, data: bytes) -> bool:
    try:
        read(data)
    except FieldError:
        return False
    return True
