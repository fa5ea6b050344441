"""The columns of a fixed-width format."""

from __future__ import annotations

from mappings.columns.characters import Characters
from mappings.columns.fixed_blocks import FixedSource
from mappings.columns.fixed_framing import framing, has_words
from mappings.columns.fixed_rows import record_columns
from mappings.contract import Context
from mappings.copybook import CopybookFormat
from mappings.exemplified import ExemplifiedFormat
from mappings.fixed_width import FixedWidthDefinition, FixedWidthFormat
from mappings.fixed_width.layout import record_definitions
from mappings.fixed_width.record_formats import VARIABLE

_KNOWN = {
    *ExemplifiedFormat.model_fields,
    "format",
    "encoding",
    "record_length",
    "record_format",
    "separator",
    "short_lines",
    "blank_lines",
    "fill",
    "gaps",
    "fields",
    "records",
    "groups",
    "order",
}
_KNOWN_OF_RECORDS = {"match", "min", "max", "length", "fields"}
MAX_TYPES = 100


def _is_known(definition: FixedWidthDefinition) -> bool:
    """Whether a definition says nothing that is not known here."""
    records = record_definitions(definition).values()
    return not definition.model_fields_set - _KNOWN and not any(
        each.model_fields_set - _KNOWN_OF_RECORDS for each in records
    )


def fixed_source(format_: FixedWidthFormat | CopybookFormat, context: Context) -> FixedSource | None:
    """One stream; None where none of the types of record can be read in columns.

    Raises: MappingError when records are longer than the context allows.
    """
    layout = format_.layout
    if isinstance(format_, FixedWidthFormat) and not _is_known(format_.definition):
        return None
    if layout.formats.record_format in VARIABLE and not has_words(layout):
        return None
    if len(layout.records) > MAX_TYPES:
        return None
    if any(each.further for each in layout.records):
        return None  # told apart by more than bytes that are these or those
    characters = Characters(layout.page)
    columns = [record_columns(each, layout.page, characters) for each in layout.records]
    if not any(columns):
        return None
    decoder = format_.decoder(context)
    return FixedSource(decoder, layout, framing(layout, decoder, context.max_record_bytes), columns)
