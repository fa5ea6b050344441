"""A row of delimited text with its fields."""

from __future__ import annotations

from collections.abc import Mapping

from mappings.contract import Context, MappingError, Record
from mappings.delimited import DelimitedFormat
from mappings.explain.seen import Chunks, Explained, Seen, Wanted, offsets
from mappings.fixed_width.layout import escaped


def explain_delimited(
    format_: DelimitedFormat, chunks: Chunks, wanted: Wanted, context: Context
) -> Explained | None:
    """The row, None where there is none. The decoder gets line after line, and what it gives for them is what
    these lines are."""
    decoder = format_.decoder(context)
    quote = (format_.definition.quote or "").encode()
    row, start, number, line = bytearray(), 0, 0, 1
    first_line = 1
    try:
        for offset, data in offsets(chunks):
            if not row:
                start, first_line = offset, line
            row += data
            line += 1
            results = decoder.feed(data)
            if results:
                number += 1
                if wanted.is_met(number, start, offset + len(data)):
                    return _explained(format_, results[0], (number, start, first_line), bytes(row))
            # A header, a comment or a blank line gives nothing, and neither does a quoted field that goes on.
            if results or not (quote and row.count(quote) % 2):
                if wanted.at is not None and start <= wanted.at < offset + len(data) and not results:
                    return Explained(
                        0, "the header, or a line that is no record", start, bytes(row), first_line
                    )
                row.clear()
        results, _ = decoder.finish()
    except MappingError as lost:
        found = Explained(number + 1, "reading ends here", start, bytes(row[:4096]), first_line)
        found.errors.append(lost)
        return found
    if results and wanted.is_met(number + 1, start, start + len(row)):
        return _explained(format_, results[0], (number + 1, start, first_line), bytes(row))
    return None


def _explained(
    format_: DelimitedFormat, result: Record | MappingError, place: tuple[int, int, int], data: bytes
) -> Explained:
    number, start, line = place
    found = Explained(number, "", start, data.rstrip(b"\r\n"), line)
    definitions: Mapping[str, object] = format_.definition.fields or {}
    if isinstance(result, MappingError):
        found.errors.append(result)
        for name, field in definitions.items():
            is_wrong = result.place.path == f"/{escaped(name)}"
            error = f"{result.rule}: {result.reason}" if is_wrong else None
            at = result.place.byte_offset if is_wrong and result.place.byte_offset is not None else start
            found.fields.append(Seen(f"/{name}", at, at, b"", _described(field), error=error))
        return found
    for name, value in result.items() if isinstance(result, dict) else ():
        found.fields.append(
            Seen(f"/{name}", start, start, b"", _described(definitions.get(name)), value, has_value=True)
        )
    return found


def _described(field: object) -> str:
    dump = getattr(field, "model_dump", None)
    if dump is None:
        return ""
    keys = dump(mode="json", exclude_defaults=True, by_alias=True)
    keys.pop("description", None)
    kind = keys.pop("type", "string")
    return " ".join([str(kind), *(f"{name}={value}" for name, value in keys.items())])
