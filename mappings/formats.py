"""Which formats there are: those built in, and those a configuration defines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeAlias, assert_never

from pydantic import Field

from mappings.compression import CompressedFormat, ZipDefinition
from mappings.contract import Format
from mappings.copybook import CopybookDefinition, CopybookFormat
from mappings.delimited import DelimitedDefinition, DelimitedFormat, HeaderedText
from mappings.edifact import EdifactDefinition, EdifactFormat
from mappings.fixed_width import FixedWidthDefinition, FixedWidthFormat
from mappings.hl7 import Hl7Definition, Hl7Format
from mappings.json import JsonDefinition, JsonFormat, NdjsonFormat
from mappings.segments import SegmentsDefinition, SegmentsFormat
from mappings.x12 import X12Definition, X12Format
from mappings.xml_definition import XmlDefinition, build_xml

FormatDefinition: TypeAlias = Annotated[
    DelimitedDefinition
    | FixedWidthDefinition
    | CopybookDefinition
    | JsonDefinition
    | X12Definition
    | EdifactDefinition
    | Hl7Definition
    | SegmentsDefinition
    | XmlDefinition,
    Field(discriminator="format"),
]
"""One format as a configuration defines it; the key `format` says which kind."""

_BUILT_IN: dict[str, Callable[[], Format]] = {
    "csv": HeaderedText,
    "json": JsonFormat,
    "ndjson": NdjsonFormat,
    "x12": lambda: X12Format(X12Definition(format="x12")),
    "edifact": lambda: EdifactFormat(EdifactDefinition(format="edifact")),
    "hl7": lambda: Hl7Format(Hl7Definition(format="hl7")),
}

BUILT_IN_NAMES = tuple(_BUILT_IN)
"""The names that need no definition; a configuration may not give them another meaning."""


def built_in(name: str) -> Format | None:
    """The built-in format of this name, or None.

    `json`: the data is one JSON value; an array is its records, any other value is one record. `ndjson`: one
    record a line. A record of these two may be any JSON value. `csv`: RFC 4180, UTF-8, comma, a header row
    that names the fields; every field is text. `x12`: any transaction set, as a list of its segments.
    `edifact`: any message likewise. `hl7`: any message of HL7 v2 likewise.
    """
    make = _BUILT_IN.get(name)
    return make() if make else None


def build(definition: FormatDefinition) -> Format:
    """The format that a definition describes. Pure and cheap enough to be called at start-up only.

    Raises: ValueError with every reason, one a line, when the definition contradicts itself.
    """
    format_ = _uncompressed(definition)
    compression = definition.compression
    if compression is None:
        return format_
    several = isinstance(compression, ZipDefinition) and compression.entries == "all"
    if several and getattr(definition, "records", None) is not None:
        # Headers of one file would be taken for those of the next one.
        raise ValueError("compression.entries: several types of record need a file of their own: `one`")
    return CompressedFormat(format_, compression)


def _uncompressed(definition: FormatDefinition) -> Format:
    if isinstance(definition, DelimitedDefinition):
        return DelimitedFormat(definition)
    if isinstance(definition, FixedWidthDefinition):
        return FixedWidthFormat(definition)
    if isinstance(definition, CopybookDefinition):
        return CopybookFormat(definition)
    if isinstance(definition, X12Definition):
        return X12Format(definition)
    if isinstance(definition, EdifactDefinition):
        return EdifactFormat(definition)
    if isinstance(definition, Hl7Definition):
        return Hl7Format(definition)
    if isinstance(definition, SegmentsDefinition):
        return SegmentsFormat(definition)
    if isinstance(definition, JsonDefinition):
        return (
            NdjsonFormat(definition.record)
            if definition.format == "ndjson"
            else JsonFormat(definition.record)
        )
    if isinstance(definition, XmlDefinition):
        return build_xml(definition)
    assert_never(definition)
