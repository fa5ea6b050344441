"""Which formats can be read as record batches."""

from __future__ import annotations

from collections.abc import Mapping

from mappings.columns.arrow_types import TEXT, ColumnType, ListType, StructType
from mappings.columns.batches import BatchDecoder
from mappings.columns.delimited_compile import type_of as type_of_column
from mappings.columns.delimited_source import delimited_source
from mappings.columns.fixed_compile import type_of
from mappings.columns.fixed_shape import Leaf, Node, Table, unit_of
from mappings.columns.fixed_source import fixed_source
from mappings.contract import Context, Format
from mappings.copybook import CopybookFormat
from mappings.delimited import DelimitedFormat, HeaderedText
from mappings.fixed_width import FixedWidthFormat


def batch_decoder(format_: Format, context: Context) -> BatchDecoder:
    """A decoder of one stream.

    Raises: ValueError when the format has no columns, MappingError when records are longer than the context
    allows.
    """
    if isinstance(format_, FixedWidthFormat | CopybookFormat):
        return _fixed_width(format_, context)
    if isinstance(format_, DelimitedFormat | HeaderedText):
        return _delimited(format_, context)
    raise ValueError("only fixed width, copybooks and delimited text have columns")


def _fixed_width(format_: FixedWidthFormat | CopybookFormat, context: Context) -> BatchDecoder:
    source = fixed_source(format_, context)
    if len(format_.layout.records) > 1:
        raise ValueError("it has several types of record, and a table has one")
    (record,) = format_.layout.records
    unit = unit_of(record)
    if source is None or record.name or unit is None:
        raise ValueError(
            "its records have no fixed columns: blocks (VB, VS, VBS), DEPENDING ON, areas read in one of"
            " several ways and `records` have none; --to ndjson takes them"
        )
    type_ = _type(unit.node)
    assert isinstance(type_, StructType), "records are objects"
    return BatchDecoder(source, lambda: type_.members)


def _type(node: Node) -> ColumnType:
    if isinstance(node, Leaf):
        return type_of(node.codec)
    if isinstance(node, Table):
        return ListType(_type(node.element.node))
    return StructType({name: _type(member) for name, member in node.members})


def _delimited(format_: DelimitedFormat | HeaderedText, context: Context) -> BatchDecoder:
    source = delimited_source(format_, context, for_arrow=True)
    if source is None:
        raise ValueError("its definition says more than tables can be made by")
    decoder = source.decoder
    fields = {} if isinstance(format_, HeaderedText) else format_.definition.fields or {}

    def types() -> Mapping[str, ColumnType] | None:
        names = decoder.names
        if names is None:
            return None
        return {name: type_of_column(fields[name]) if name in fields else TEXT for name in names}

    return BatchDecoder(source, types)
