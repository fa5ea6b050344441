"""A row of delimited text with its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from mappings.contract import Context, MappingError, Record
from mappings.delimited import DelimitedFormat, HeaderedText
from mappings.delimited.field_schema import FieldDefinition, TextField
from mappings.delimited.values import compile_field
from mappings.explain.seen import Chunks, Explained, Seen, Wanted, described, offsets
from mappings.fixed_width.layout import escaped

_MOST_PREAMBLE = 1 << 16
"""Bytes of the lines before the first row, which name its columns."""

_MOST_SHOWN = 1 << 12

Delimited: TypeAlias = DelimitedFormat | HeaderedText


def is_in_lines(format_: Delimited) -> bool:
    """Whether the rows end with the byte LF: then any size can be read as a stream."""
    if isinstance(format_, HeaderedText):
        return True
    definition = format_.definition
    return definition.line_ending != "cr" and not definition.encoding.startswith("utf-16")


def explain_delimited(
    format_: Delimited, chunks: Chunks, wanted: Wanted, context: Context
) -> Explained | None:
    """The row, None where there is none. The decoder gets line after line, and what it gives for them is what
    these lines are."""
    decoder = format_.decoder(context)
    quote = b'"' if isinstance(format_, HeaderedText) else (format_.definition.quote or "").encode()
    row, start, number, line = bytearray(), 0, 0, 1
    first_line = 1
    preamble = b""
    try:
        for offset, data in offsets(chunks):
            if not row:
                start, first_line = offset, line
            row += data
            line += 1
            results = decoder.feed(data)
            number += bool(results)
            if results and wanted.is_met(number, start, offset + len(data)):
                return _explained(format_, results, (number, start, first_line), bytes(row), preamble)
            # A header, a comment or a blank line gives nothing, and neither does a quoted field that goes on.
            if results or not (quote and row.count(quote) % 2):
                if wanted.at is not None and start <= wanted.at < offset + len(data) and not results:
                    return Explained(
                        0, "the header, or a line that is no record", start, bytes(row), first_line
                    )
                if not number and len(preamble) < _MOST_PREAMBLE:
                    preamble += row
                row.clear()
        results, _ = decoder.finish()
    except MappingError as lost:
        found = Explained(number + 1, "reading ends here", start, bytes(row[:_MOST_SHOWN]), first_line)
        found.errors.append(lost)
        return found
    if results and row and wanted.is_met(number + 1, start, start + len(row)):
        return _explained(format_, results, (number + 1, start, first_line), bytes(row), preamble)
    return None


def _explained(
    format_: Delimited,
    results: Sequence[Record | MappingError],
    place: tuple[int, int, int],
    data: bytes,
    preamble: bytes,
) -> Explained:
    """A row by what it gave: its record, an error, or both, where another should have come before it."""
    number, start, line = place
    found = Explained(number, "", start, data.rstrip(b"\r\n"), line)
    definitions = _definitions(format_)
    for result in results:
        if isinstance(result, MappingError):
            found.errors.append(result)
            found.fields = list(_read_one_by_one(format_, result, start, preamble + data))
            continue
        for name, value in result.items() if isinstance(result, dict) else ():
            definition = described(definitions[name]) if name in definitions else ""
            found.fields.append(Seen(f"/{name}", start, start, b"", definition, value, has_value=True))
    return found


def _definitions(format_: Delimited) -> Mapping[str, FieldDefinition]:
    return {} if isinstance(format_, HeaderedText) else format_.definition.fields or {}


def _read_one_by_one(format_: Delimited, wrong: MappingError, start: int, data: bytes) -> Iterator[Seen]:
    """The fields of a row of which one is wrong: each as its own definition reads it."""
    definitions = _definitions(format_)
    texts = {} if isinstance(format_, HeaderedText) else _texts(format_, data)
    for name, definition in definitions.items():
        at, error, value = start, None, None
        if wrong.place.path == f"/{escaped(name)}":
            error = f"{wrong.rule}: {wrong.reason}"
            at = start if wrong.place.byte_offset is None else wrong.place.byte_offset
        text = texts.get(name)
        if error is None and isinstance(text, str):
            try:
                value = compile_field(definition).read(text)
            except ValueError as bad:
                error = str(bad)
        has_value = error is None and name in texts
        yield Seen(f"/{name}", at, at, b"", described(definition), value, has_value=has_value, error=error)


def _texts(format_: DelimitedFormat, data: bytes) -> Mapping[str, object]:
    """The texts of a row's fields, behind the lines that say how its columns are called; none where it cannot
    be cut into fields."""
    definition = format_.definition
    fields = {
        name: TextField(column=field.column, nullable=field.nullable)
        for name, field in (definition.fields or {}).items()
    }
    if not fields:
        return {}
    keys = {"fields": fields, "short_rows": "fill", "long_rows": "ignore"}
    try:
        decoder = DelimitedFormat(definition.model_copy(update=keys)).decoder(Context())
        results = [*decoder.feed(data), *decoder.finish()[0]]
    except MappingError:
        return {}
    return results[0] if len(results) == 1 and isinstance(results[0], dict) else {}
