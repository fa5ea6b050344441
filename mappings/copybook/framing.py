"""How long records are, and whether that goes with how they are held in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mappings.copybook.schema import CopybookDefinition
from mappings.fixed_width.code_pages import CodePage
from mappings.fixed_width.items import Field, Group, extent, walk
from mappings.fixed_width.record_formats import VARIABLE
from mappings.fixed_width.record_formats import problems as format_problems
from mappings.fixed_width.schema import Separator


@dataclass(frozen=True, slots=True)
class Lengths:
    """`cuts`: records are cut by their length. `padded`: the length that types of a shorter one get."""

    cuts: bool
    padded: dict[str, int]


def lengths_of(definition: CopybookDefinition, records: Mapping[str, Group]) -> Lengths:
    """The lengths of a sound definition."""
    if not _cuts(definition, records):
        return Lengths(False, {})
    longest = definition.record_length or max(extent(record)[1] for record in records.values())
    return Lengths(
        True, {name: longest for name, record in records.items() if extent(record) != (longest, longest)}
    )


def is_binary(record: Group) -> bool:
    """True where a field may hold any byte."""
    return any(isinstance(item, Field) and not item.codec.is_text for item in walk(record))


def framing_problems(
    definition: CopybookDefinition, page: CodePage, records: Mapping[str, Group]
) -> Iterator[str]:
    """What contradicts itself, each with its key."""
    yield from format_problems(definition)
    separated = definition.separator not in (None, Separator.NONE)
    variable = definition.record_format in VARIABLE
    if separated and definition.record_format is not None:
        yield "separator: nothing separates the records of a record format"
    if definition.separator is Separator.NL and not page.is_ebcdic:
        yield "separator: nl is a character of EBCDIC"
    if definition.short_lines == "fill" and not separated and not variable:
        yield "short_lines: records of the format F are of one length"
    if definition.blank_lines == "skip" and not separated:
        yield "blank_lines: there are no lines where nothing separates the records"
    if variable and definition.record_length is not None:
        yield "record_length: records of this format have their own lengths"
    for name, record in records.items():
        where = f"records.{name}: " if name else ""
        least, most = extent(record)
        if most == 0:
            yield f"{where}record_length: the record has no bytes"
        if definition.record_length is not None and definition.record_length < most:
            yield f"{where}record_length: the copybook says {most} bytes"
        if separated and is_binary(record) and definition.separator is Separator.EITHER:
            yield f"{where}separator: a byte of a number may look like one; say lf or crlf"
        elif separated and is_binary(record) and (least != most and definition.record_length is None):
            yield f"{where}record_length: is needed, as a byte of a number may look like a separator"


def _cuts(definition: CopybookDefinition, records: Mapping[str, Group]) -> bool:
    if definition.record_format in VARIABLE:
        return False
    separated = definition.separator not in (None, Separator.NONE)
    return not separated or any(is_binary(record) for record in records.values())
