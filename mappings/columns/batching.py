"""Which formats can be read as record batches."""

from __future__ import annotations

from collections.abc import Mapping

from mappings.columns.arrow_types import TEXT, FieldType
from mappings.columns.batches import BatchDecoder
from mappings.columns.delimited_compile import type_of as type_of_column
from mappings.columns.delimited_source import delimited_source
from mappings.columns.fixed_compile import is_known, type_of
from mappings.columns.fixed_source import fixed_source
from mappings.contract import Context, Format
from mappings.delimited import DelimitedFormat, HeaderedText
from mappings.fixed_width import FixedWidthFormat


def batch_decoder(format_: Format, context: Context) -> BatchDecoder:
    """A decoder of one stream.

    Raises: ValueError when the format has no columns, MappingError when records are longer than the context
    allows.
    """
    if isinstance(format_, FixedWidthFormat):
        return _fixed_width(format_, context)
    if isinstance(format_, DelimitedFormat | HeaderedText):
        return _delimited(format_, context)
    raise ValueError("only fixed width and delimited text have columns")


def _fixed_width(format_: FixedWidthFormat, context: Context) -> BatchDecoder:
    source = fixed_source(format_, context)
    if len(format_.layout.records) > 1:
        raise ValueError("it has several types of record, and a table has one")
    fields = format_.definition.fields
    if source is None or fields is None:
        raise ValueError("its records have no fixed columns")
    known = {each.name: fields[each.name] for each in format_.layout.records[0].fields}
    types = {name: type_of(field) for name, field in known.items() if is_known(field)}
    return BatchDecoder(source, lambda: types)


def _delimited(format_: DelimitedFormat | HeaderedText, context: Context) -> BatchDecoder:
    source = delimited_source(format_, context, for_arrow=True)
    if source is None:
        raise ValueError("its definition says more than tables can be made by")
    decoder = source.decoder
    fields = {} if isinstance(format_, HeaderedText) else format_.definition.fields or {}

    def types() -> Mapping[str, FieldType] | None:
        names = decoder.names
        if names is None:
            return None
        return {name: type_of_column(fields[name]) if name in fields else TEXT for name in names}

    return BatchDecoder(source, types)
