"""The kinds of mapping: formats by name, and transforms. Only the packages of those asked for are imported.

`gateway convert` reads one file by one format and is to answer at once: to load all formats takes longer than
to convert most files. `mappings.formats` has the definitions of all at once; a new kind has a line here and
one there, and a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from mappings.compression import CompressedFormat, ZipDefinition
from mappings.contract import Format

if TYPE_CHECKING:
    from mappings.formats import FormatDefinition
    from mappings.transform import Transform, TransformDefinition


@dataclass(frozen=True, slots=True)
class _Kind:
    """Where a kind of format is: its package, and in it the model of definitions and what makes a format of
    one."""

    package: str
    definition: str
    build: str


_KINDS = {
    "delimited": _Kind("mappings.delimited", "DelimitedDefinition", "DelimitedFormat"),
    "fixed_width": _Kind("mappings.fixed_width", "FixedWidthDefinition", "FixedWidthFormat"),
    "copybook": _Kind("mappings.copybook", "CopybookDefinition", "CopybookFormat"),
    "json": _Kind("mappings.json", "JsonDefinition", "build_json"),
    "ndjson": _Kind("mappings.json", "JsonDefinition", "build_json"),
    "x12": _Kind("mappings.x12", "X12Definition", "X12Format"),
    "edifact": _Kind("mappings.edifact", "EdifactDefinition", "EdifactFormat"),
    "hl7": _Kind("mappings.hl7", "Hl7Definition", "Hl7Format"),
    "segments": _Kind("mappings.segments", "SegmentsDefinition", "SegmentsFormat"),
    "xml": _Kind("mappings.xml_definition", "XmlDefinition", "build_xml"),
}

KINDS = tuple(_KINDS)
"""What the key `format` of a definition may say."""

BUILT_IN_NAMES = ("csv", "json", "ndjson", "x12", "edifact", "hl7")
"""The names that need no definition; a configuration may not give them another meaning."""


def definition_of(kind: str) -> type[FormatDefinition]:
    """The model of a kind's definitions. Raises: KeyError."""
    found = _KINDS[kind]
    return cast("type[FormatDefinition]", getattr(import_module(found.package), found.definition))


def transform_definition() -> type[TransformDefinition]:
    """The model of transforms."""
    return cast("type[TransformDefinition]", import_module("mappings.transform").TransformDefinition)


def build_transform(definition: TransformDefinition) -> Transform:
    """As `mappings.transform.build_transform`. Raises: ValueError with every reason, one a line."""
    return cast("Transform", import_module("mappings.transform").build_transform(definition))


def built_in(name: str) -> Format | None:
    """The built-in format of this name, or None.

    `json`: the data is one JSON value; an array is its records, any other value is one record. `ndjson`: one
    record a line. A record of these two may be any JSON value. `csv`: RFC 4180, UTF-8, comma, a header row
    that names the fields; every field is text. `x12`: any transaction set, as a list of its segments.
    `edifact`: any message likewise. `hl7`: any message of HL7 v2 likewise.
    """
    if name not in BUILT_IN_NAMES:
        return None
    if name == "csv":
        return cast("Format", import_module("mappings.delimited").HeaderedText())
    return build(definition_of(name).model_validate({"format": name}))


def build(definition: FormatDefinition) -> Format:
    """The format that a definition describes. Pure and cheap enough to be called at start-up only.

    Raises: ValueError with every reason, one a line, when the definition contradicts itself.
    """
    kind = _KINDS[definition.format]
    format_ = cast("Format", getattr(import_module(kind.package), kind.build)(definition))
    compression = definition.compression
    if compression is None:
        return format_
    several = isinstance(compression, ZipDefinition) and compression.entries == "all"
    if several and getattr(definition, "records", None) is not None:
        # Headers of one file would be taken for those of the next one.
        raise ValueError("compression.entries: several types of record need a file of their own: `one`")
    return CompressedFormat(format_, compression)
