"""The columns of delimited text."""

from __future__ import annotations

from collections.abc import Sequence

from mappings.columns.characters import Characters
from mappings.columns.delimited_blocks import DelimitedColumns, DelimitedSource
from mappings.columns.delimited_compile import compile_column, encoding_of, known_fields
from mappings.columns.delimited_framing import Dialect
from mappings.columns.delimited_texts import TextColumn
from mappings.contract import Context
from mappings.delimited import DelimitedFormat, HeaderedText
from mappings.fixed_width.code_pages import Encoding, code_page


def delimited_source(
    format_: DelimitedFormat | HeaderedText, context: Context, *, for_arrow: bool
) -> DelimitedSource | None:
    """One stream; None where the definition says what is not known here."""
    if isinstance(format_, HeaderedText):
        return _headered(format_, context)
    definition = format_.definition
    fields = known_fields(definition)
    if fields is None:
        return None
    encoding = encoding_of(definition)

    def compile_columns(names: Sequence[str]) -> DelimitedColumns:
        cells = [
            compile_column(fields[name], column, definition.null, encoding, for_arrow=for_arrow)
            for column, name in enumerate(names)
        ]
        return DelimitedColumns(names, cells)

    quote = None if definition.quote is None else ord(definition.quote)
    dialect = Dialect(ord(definition.delimiter), quote, context.max_record_bytes)
    characters = Characters(code_page(Encoding(encoding)))
    return DelimitedSource(format_.record_decoder(context), dialect, characters, compile_columns)


def _headered(format_: HeaderedText, context: Context) -> DelimitedSource:
    def compile_columns(names: Sequence[str]) -> DelimitedColumns:
        return DelimitedColumns(names, [TextColumn(column, None, 0, None) for column in range(len(names))])

    dialect = Dialect(ord(","), ord('"'), context.max_record_bytes)
    characters = Characters(code_page(Encoding.UTF_8))
    return DelimitedSource(format_.decoder(context), dialect, characters, compile_columns)
