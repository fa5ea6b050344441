"""The built-in format `csv`: RFC 4180, UTF-8, comma, a header row that names the fields; all text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mappings.contract import Context, Details, JsonSchema, as_it_is
from mappings.delimited.columns import Columns
from mappings.delimited.line_writing import Dialect
from mappings.delimited.reader import RecordReader
from mappings.delimited.rows import Tokenizer
from mappings.delimited.syntax import Syntax
from mappings.delimited.titles import shown
from mappings.delimited.writer import RecordWriter

_SYNTAX = Syntax(delimiter=",", quote='"', encoding="utf-8")


class HeaderedText:
    """Records whose fields the data itself names. Empty data holds no records."""

    is_flat: Literal[True] = True
    content_type = "text/csv"

    def schema(self) -> JsonSchema:
        """JSON Schema of one record: any fields, all text."""
        return {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1}

    def decoder(self, context: Context) -> RecordReader:
        """A decoder for one stream."""
        tokenizer = Tokenizer(_SYNTAX, max_row_bytes=context.max_record_bytes)
        return RecordReader(tokenizer, None, _named, delimiter=_SYNTAX.delimiter, header_required=False)

    def encoder(self, context: Context) -> RecordWriter:
        """An encoder for one stream. The first record names the columns; later ones must have the same."""
        dialect = Dialect(_SYNTAX, "\r\n", _SYNTAX.encoding)
        return RecordWriter(dialect, None, header=True, max_record_bytes=context.max_record_bytes)

    def details(self) -> Details:
        """What flows see of one stream: each record."""
        return as_it_is

    def losses(self) -> Sequence[str]:
        """What is written in one way though it may be read in several."""
        return ("quotes around fields that need none are not written again; lines end with CRLF",)


def _named(titles: Sequence[str]) -> Columns:
    if len(set(titles)) != len(titles):
        twice = next(title for title in titles if titles.count(title) > 1)
        raise ValueError(f"the header row names the column {shown(twice)} twice")
    return Columns(tuple(titles))
