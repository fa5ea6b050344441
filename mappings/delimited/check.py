"""Is a definition of delimited text sound, beyond what its model's types say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from mappings.delimited import check_fields, check_records
from mappings.delimited.errors import ValueSyntaxError
from mappings.delimited.layout import collected_of, dialect_of, syntax_of
from mappings.delimited.schema import DelimitedDefinition, FieldDefinition, Quoting
from mappings.delimited.syntax import LETTERS, Expressions


def problems(definition: DelimitedDefinition) -> list[str]:
    """What contradicts itself, each with the key it is found at; empty when all is well."""
    return list(_problems(definition))


def _problems(definition: DelimitedDefinition) -> Iterator[str]:
    yield from _mark_problems(definition)
    if definition.comment is not None:
        yield from _comment_problems(definition.comment, definition)
    yield from _null_problems(definition)
    yield from _encoding_problems(definition)
    kept = collected_of(definition)
    if definition.formulas != "keep" and (kept.others is not None or kept.more is not None):
        yield "formulas: is about fields, and what is collected has none"
    if (definition.fields is None) == (definition.records is None):
        yield "fields: give either fields or records"
        return
    if definition.fields is not None:
        yield from _single_problems(definition, definition.fields)
    else:
        yield from check_records.problems(definition)


def _mark_problems(definition: DelimitedDefinition) -> Iterator[str]:
    """Characters that mean one thing only."""
    delimiter, quote, escape = definition.delimiter, definition.quote, definition.escape
    if set("\r\n\0") & set(delimiter):
        yield "delimiter: holds a line end or a NUL"
    if quote is not None and quote in delimiter:
        yield "quote: must differ from the delimiter"
    if escape is not None:
        if escape in delimiter:
            yield "escape: must differ from the delimiter"
        if escape == quote:
            yield "escape: must differ from the quote; a doubled quote needs no escape"
    if definition.escapes == "letters":
        yield from _letter_problems(definition)
    if definition.spaces == "trim" and " " in delimiter:
        yield "spaces: the delimiter has a space itself"
    if quote is None:
        if definition.quoting is not Quoting.MINIMAL:
            yield "quoting: there is no quote"
        if definition.stray_quotes == "keep":
            yield "stray_quotes: there is no quote"


def _letter_problems(definition: DelimitedDefinition) -> Iterator[str]:
    if definition.escape is None:
        yield "escapes: there is no escape"
    for key, text in (("delimiter", definition.delimiter), ("comment", definition.comment)):
        if text is not None and text[0] in LETTERS:
            yield f"{key}: begins with {text[0]!r}, which means something else behind the escape"


def _comment_problems(comment: str, definition: DelimitedDefinition) -> Iterator[str]:
    if set("\r\n\0") & set(comment):
        yield "comment: holds a line end or a NUL"
    if comment.startswith(definition.delimiter):
        yield "comment: begins with the delimiter"
    if comment[0] in (definition.quote, definition.escape):
        yield "comment: begins with the quote or the escape"
    if definition.spaces == "trim" and comment != comment.strip():
        yield "comment: begins or ends with a space, and spaces are trimmed"


def _null_problems(definition: DelimitedDefinition) -> Iterator[str]:
    null, comment = definition.null, definition.comment
    if definition.quote is not None and definition.quote in null:
        yield "null: holds the quote character"
    if definition.delimiter in null or not null.isprintable():
        yield "null: holds the delimiter or a character that is not printable"
    elif len(definition.delimiter) > 1 and (null + definition.delimiter).find(definition.delimiter) < len(
        null
    ):
        yield "null: ends as the delimiter begins"
    if definition.spaces == "trim" and null != null.strip():
        yield "null: begins or ends with a space, and spaces are trimmed"
    if comment is not None and (null.startswith(comment) or (null and comment.startswith(null))):
        yield "null: begins as a comment does"
    if definition.escape is not None and definition.escape in null and definition.delimiter:
        try:
            Expressions(syntax_of(definition)).plain(null)
        except ValueSyntaxError:
            return
        yield "null: is also what an escaped text looks like"


def _encoding_problems(definition: DelimitedDefinition) -> Iterator[str]:
    encoding = dialect_of(definition).encoding
    for key in ("delimiter", "quote", "escape", "comment", "null"):
        text = getattr(definition, key)
        try:
            (text or "").encode(encoding)
        except UnicodeEncodeError:
            yield f"{key}: has a character that {encoding} does not"


def _single_problems(definition: DelimitedDefinition, fields: Mapping[str, FieldDefinition]) -> Iterator[str]:
    for key in ("groups", "order", "type_column"):
        if key in definition.model_fields_set:
            yield f"{key}: belongs to several types of record"
    columns = Counter(field.column or name for name, field in fields.items())
    for column, count in columns.items():
        if count > 1 and definition.duplicate_columns == "refuse":
            yield f"fields: {count} fields have the column name {column!r}"
    if not definition.header:
        for key in ("other_columns", "duplicate_columns"):
            if getattr(definition, key) != "refuse":
                yield f"{key}: there is no header row"
    yield from check_fields.kept_problems(definition, fields, "fields")
    for name, field in fields.items():
        for reason in check_fields.problems(field, definition):
            yield f"fields.{name}.{reason}"
        if getattr(field, "equals", None) is not None:
            yield f"fields.{name}.equals: belongs to several types of record"
    if definition.header:
        yield from _title_problems(definition, fields)


def _title_problems(definition: DelimitedDefinition, fields: Mapping[str, FieldDefinition]) -> Iterator[str]:
    """Names that the header row cannot hold."""
    encoding = dialect_of(definition).encoding
    for name, field in fields.items():
        title = field.column or name
        try:
            title.encode(encoding)
        except UnicodeEncodeError:
            yield f"fields.{name}.column: has a character that {encoding} does not"
        needs = definition.delimiter in title or bool(set("\r\n") & set(title))
        if "\0" in title or (needs and definition.quote is None and definition.escape is None):
            yield f"fields.{name}.column: cannot be written without quotes"
