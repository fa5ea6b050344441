"""NDJSON: one record a line.

A bad line costs only itself. Empty lines are skipped; a last line without its line feed counts.
Written lines end with LF.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mappings.contract import (
    MAX_CUT_BYTES,
    Context,
    Decoder,
    MappingError,
    Place,
    Record,
    Summary,
)
from mappings.json.record import numbered, read_record, too_long
from mappings.json.schema import RecordSchema, RecordsInJson
from mappings.json.stretch import Stretches, last_line_end
from mappings.json.text import decode_lines, encode_line, encode_plain_lines


class NdjsonFormat(RecordsInJson):
    """The built-in format `ndjson`."""

    content_type = "application/x-ndjson"

    def decoder(self, context: Context) -> LineDecoder:
        """A decoder for one stream."""
        return LineDecoder(context, self._schema)

    def encoder(self, context: Context) -> LineEncoder:
        """An encoder for one stream."""
        return LineEncoder()


class LineDecoder:
    """Memory: one line, at most `max_record_bytes`; a longer one is dropped while it passes."""

    def __init__(self, context: Context, schema: RecordSchema) -> None:
        self._context = context
        self._schema = schema
        self._pending = bytearray()
        self._stretches = Stretches(last_line_end, decode_lines, context, schema)
        self._skipped_from: int | None = None
        self._cut = b""  # the beginning of the line that is being skipped
        self._offset = 0
        self._line = 1
        self._records = 0
        self._errors = 0

    def feed(self, chunk: bytes) -> Sequence[Record | MappingError]:
        """The records of the lines that are complete now."""
        self._pending += chunk
        if b"\n" not in chunk:
            self._bound()
            return ()
        results: list[Record | MappingError] = []
        while True:
            if self._skipped_from is None:
                self._several(results)
            end = self._pending.find(b"\n")
            if end < 0:
                break
            line = bytes(self._pending[:end])
            del self._pending[: end + 1]
            results += self._read(line, 1)
        self._bound()
        return results

    def finish(self) -> tuple[Sequence[Record | MappingError], Summary]:
        """The record of a last line without line feed, and the summary."""
        results = self._read(bytes(self._pending), 0)
        self._pending.clear()
        return results, Summary(records=self._records, errors=self._errors)

    @property
    def is_between_lines(self) -> bool:
        """True when nothing is held of a line that is not complete yet."""
        return not self._pending and self._skipped_from is None

    def pass_over(self, count: int, size: int) -> None:
        """Go on behind so many lines, of so many bytes, each of which was read elsewhere as a record. Only
        between lines."""
        self._records += count
        self._line += count
        self._offset += size

    def _several(self, results: list[Record | MappingError]) -> None:
        """Take the lines that can be read at once."""
        while found := self._stretches.read(self._pending, self._offset):
            records, end = found
            results += records
            self._records += len(records)
            self._line += len(records)
            self._offset += end + 1
            del self._pending[: end + 1]

    def _bound(self) -> None:
        """Drop what has come of a line that is too long already, all but a byte that stands for it."""
        if len(self._pending) > self._context.max_record_bytes and self._skipped_from is None:
            self._skipped_from = self._offset
            self._cut = bytes(self._pending[:MAX_CUT_BYTES])
        if self._skipped_from is not None:
            self._offset += len(self._pending) - 1
            del self._pending[1:]

    def _read(self, line: bytes, ending: int) -> tuple[Record | MappingError, ...]:
        """The line's record; nothing where the line is empty."""
        start = self._offset if self._skipped_from is None else self._skipped_from
        oversize = self._skipped_from is not None or len(line) > self._context.max_record_bytes
        number = self._line
        self._offset += len(line) + ending
        self._line += 1
        self._skipped_from = None
        if not oversize and not line.strip(b" \t\r"):
            return ()
        self._records += 1
        place = Place(record=self._records, byte_offset=start, line=number)
        if oversize:
            result: Record | MappingError = too_long(place, self._context, self._cut or line)
            self._cut = b""
        else:
            result = read_record(line, place, self._context, self._schema)
        self._errors += isinstance(result, MappingError)
        return (result,)


class RecordLines:
    """The records of a decoder that are known to be plain (`PlainFormat`), as lines: a `BlockDecoder`."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self.written = 0

    def feed(self, chunk: bytes) -> Sequence[bytes | MappingError]:
        """The lines of the records that are complete now, and errors, in order."""
        return self._in_order(self._decoder.feed(chunk))

    def finish(self) -> tuple[Sequence[bytes | MappingError], Summary]:
        """What the end of the data completes."""
        results, summary = self._decoder.finish()
        return self._in_order(results), summary

    def _in_order(self, results: Sequence[Record | MappingError]) -> Sequence[bytes | MappingError]:
        found: list[bytes | MappingError] = []
        start = 0
        errors = [at for at, result in enumerate(results) if isinstance(result, MappingError)]
        for end in (*errors, len(results)):
            if end > start:
                self.written += end - start
                found.append(encode_plain_lines(results[start:end]))  # type: ignore[arg-type]  # no errors
            found += results[end : end + 1]  # type: ignore[arg-type]  # an error, or nothing
            start = end + 1
        return found


class LineEncoder:
    """One line for each record."""

    def __init__(self) -> None:
        self._records = 0

    def encode(self, records: Iterable[Record]) -> bytes:
        """The lines of these records."""
        lines = []
        for record in records:
            self._records += 1
            try:
                lines.append(encode_line(record))
            except MappingError as error:
                raise numbered(error, self._records) from None
        return b"".join(lines)

    def finish(self) -> bytes:
        """Nothing follows the last line."""
        return b""
