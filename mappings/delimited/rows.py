"""Delimited bytes to rows of text: a strict tokenizer after RFC 4180 that takes chunks cut anywhere.

Whole lines without a quote, NUL or bare CR go through a path that only splits. Everything else is walked
field by field. Both give the same rows; which one a line takes does not depend on the chunks.

A row that breaks a rule is a value, and reading goes on at the next line. Lost is only a stream with a byte
order mark that its encoding does not announce, and one whose quoted field does not end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from mappings.contract import MappingError, Place

_BOM = b"\xef\xbb\xbf"


class Row(NamedTuple):
    """The fields of one line or more. `offset` counts bytes from 0, `line` from 1. `quoted` says which
    fields stood in quotes and `starts` where each began; both are None when none was quoted. `raw` is the
    row as it came, a CR at its end included."""

    offset: int
    line: int
    fields: list[str]
    quoted: list[bool] | None = None
    starts: list[int] | None = None
    raw: bytes = b""


RowOrError: TypeAlias = Row | MappingError


@dataclass(slots=True)
class _OpenRow:
    """A row whose last quoted field goes on in the next line."""

    offset: int
    line: int
    fields: list[bytes] = field(default_factory=list)
    quoted: list[bool] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    partial: bytearray | None = None
    quote_line: int = 0
    size: int = 0
    nul_at: int | None = None
    raw: bytearray = field(default_factory=bytearray)


class _RowSyntaxError(Exception):
    """A line that is not made of fields."""

    def __init__(self, rule: str, message: str, offset: int) -> None:
        super().__init__(message)
        self.rule = rule
        self.offset = offset


class Tokenizer:
    """One stream of delimited text. Memory: one row, at most `max_row_bytes`."""

    def __init__(self, *, delimiter: str, quote: str | None, encoding: str, max_row_bytes: int) -> None:
        self._delimiter_text = delimiter
        self._delimiter = delimiter.encode("ascii")
        self._quote = quote.encode("ascii") if quote else None
        self._skips_bom = encoding == "utf-8-sig"
        self._refuses_bom = encoding == "utf-8"
        self._encoding = "utf-8" if self._skips_bom else encoding
        self._most = max_row_bytes
        if self._quote:
            one = re.escape(self._quote)
            self._inside = re.compile(b"[^%s]*(?:%s%s[^%s]*)*" % (one, one, one, one))
        self._pending = bytearray()
        self._offset = 0
        self._line = 1
        self._row: _OpenRow | None = None
        self._skipped_from: int | None = None

    def feed(self, chunk: bytes) -> Iterator[RowOrError]:
        """The rows that are complete now. To be exhausted before the next call."""
        self._pending += chunk
        if b"\n" in chunk:
            end = self._pending.rindex(b"\n") + 1
            block = bytes(self._pending[:end])
            del self._pending[:end]
            yield from self._block(block)
        self._bound()

    @property
    def is_between_rows(self) -> bool:
        """True when nothing is held of a row that is not complete yet."""
        return not self._pending and self._row is None and self._skipped_from is None

    def pass_over(self, size: int, lines: int) -> None:
        """Move on behind so many bytes and lines, which are whole rows that were read elsewhere. Not before
        the first row."""
        self._offset += size
        self._line += lines

    def finish(self) -> Iterator[RowOrError]:
        """The row of a last line without line end, or with half of one: a CR that ends the data.

        Raises: MappingError when the data ends inside a quoted field.
        """
        if self._pending or self._skipped_from is not None:
            last = self._without_bom(bytes(self._pending))
            self._pending.clear()
            if last or self._skipped_from is not None:
                yield from self._one_line(last, b"")
        if self._row is not None:
            raise self._unclosed(self._row, "the data ends inside a quoted field")

    def _block(self, block: bytes) -> Iterator[RowOrError]:
        """Rows of whole lines."""
        block = self._without_bom(block)
        lines = block.split(b"\n")
        lines.pop()
        texts = self._split_only(block, lines)
        if texts is None:
            for line in lines:
                yield from self._one_line(line, b"\n")
            return
        delimiter = self._delimiter_text
        for line, text in zip(lines, texts, strict=False):
            yield Row(self._offset, self._line, text.split(delimiter), None, None, line)
            self._offset += len(line) + 1
            self._line += 1

    def _split_only(self, block: bytes, lines: list[bytes]) -> list[str] | None:
        """The lines as text where splitting is all they need; None where they must be walked."""
        if self._row is not None or self._skipped_from is not None or b"\0" in block:
            return None
        if self._quote is not None and self._quote in block:
            return None
        returns = block.count(b"\r")
        if returns and returns != block.count(b"\r\n"):
            return None
        if len(block) > self._most and max(map(len, lines)) > self._most:
            return None
        try:
            text = block.decode(self._encoding)
        except UnicodeDecodeError:
            return None
        return (text.replace("\r\n", "\n") if returns else text).split("\n")

    def _without_bom(self, data: bytes) -> bytes:
        if self._offset or self._line > 1 or not data.startswith(_BOM):
            return data
        if self._refuses_bom:
            place = Place(byte_offset=0, line=1)
            raise MappingError(
                "starts with a byte order mark; the encoding utf-8-sig accepts one", rule="bom", place=place
            )
        if not self._skips_bom:
            return data
        self._offset += len(_BOM)
        return data[len(_BOM) :]

    def _one_line(self, line: bytes, ending: bytes) -> Iterator[RowOrError]:
        """Walk one line: it completes a row, breaks a rule, or leaves a quoted field open."""
        start, number = self._offset, self._line
        self._offset += len(line) + len(ending)
        self._line += 1
        row, self._row = self._row, None
        if row is not None and row.size + len(line) > self._most:
            raise self._unclosed(row, f"a quoted field does not end within {self._most} bytes")
        if self._skipped_from is not None or len(line) > self._most:
            place = Place(
                byte_offset=start if self._skipped_from is None else self._skipped_from, line=number
            )
            self._skipped_from = None
            yield MappingError(f"a line is longer than {self._most} bytes", rule="record-length", place=place)
            return
        row = row or _OpenRow(start, number)
        row.size += len(line) + len(ending)
        row.raw += line
        if row.nul_at is None and b"\0" in line:
            row.nul_at = start + line.index(b"\0")
        if line.endswith(b"\r") and not self._ends_in_quotes(line, row):
            line = line[:-1]
        try:
            complete = self._walk(line, ending, start, number, row)
        except _RowSyntaxError as error:
            yield self._refused(error.rule, str(error), error.offset, row, line)
            return
        if complete:
            yield self._completed(row, line)
        else:
            row.raw += ending
            self._row = row

    def _ends_in_quotes(self, line: bytes, row: _OpenRow) -> bool:
        """True when a line's end lies inside a quoted field, so that a CR before it belongs to the value."""
        if self._quote is None:
            return False
        opened = row.partial is not None
        return opened != bool(line.count(self._quote) % 2)

    def _walk(self, line: bytes, ending: bytes, start: int, number: int, row: _OpenRow) -> bool:
        """Take fields from the line; False when the last one goes on in the next line."""
        at = 0
        while True:
            if row.partial is not None:
                found = self._inside.match(line, at)
                assert found is not None, "the expression matches the empty string"
                row.partial += found.group()
                at = found.end()
                if at == len(line):
                    row.partial += ending
                    return False
                at = self._close(line, at + 1, start, row)
            elif self._quote is not None and line.startswith(self._quote, at):
                row.starts.append(start + at)
                row.partial = bytearray()
                row.quote_line = number
                at += 1
                continue
            else:
                at = self._unquoted(line, at, start, row)
            if at > len(line):
                return True

    def _close(self, line: bytes, at: int, start: int, row: _OpenRow) -> int:
        """End the quoted field before `at`; where the next field begins."""
        assert self._quote is not None
        assert row.partial is not None
        if at < len(line) and not line.startswith(self._delimiter, at):
            rule, what = ("bare-cr", "a bare CR") if line[at] == 0x0D else ("after-quote", "text")
            raise _RowSyntaxError(rule, f"{what} follows a quoted field", start + at)
        row.fields.append(bytes(row.partial).replace(self._quote * 2, self._quote))
        row.quoted.append(True)
        row.partial = None
        return at + 1

    def _unquoted(self, line: bytes, at: int, start: int, row: _OpenRow) -> int:
        """Take the field at `at`; where the next one begins."""
        end = line.find(self._delimiter, at)
        if end < 0:
            end = len(line)
        value = line[at:end]
        if self._quote is not None and self._quote in value:
            place = start + at + value.index(self._quote)
            raise _RowSyntaxError("stray-quote", "a quote stands inside a field that is not quoted", place)
        if b"\r" in value:
            raise _RowSyntaxError("bare-cr", "a CR stands without LF", start + at + value.index(b"\r"))
        row.fields.append(value)
        row.quoted.append(False)
        row.starts.append(start + at)
        return end + 1

    def _completed(self, row: _OpenRow, line: bytes) -> RowOrError:
        if row.nul_at is not None:
            return self._refused("nul", "holds a NUL byte", row.nul_at, row, line)
        try:
            fields = [value.decode(self._encoding) for value in row.fields]
        except UnicodeDecodeError as error:
            bad = next(at for at, value in enumerate(row.fields) if value == error.object)
            place = row.starts[bad] + error.start
            return self._refused("encoding", f"is not {self._encoding}", place, row, line)
        raw = bytes(row.raw)
        if not any(row.quoted):
            return Row(row.offset, row.line, fields, raw=raw)
        return Row(row.offset, row.line, fields, row.quoted, row.starts, raw)

    def _refused(self, rule: str, message: str, offset: int, row: _OpenRow, line: bytes) -> MappingError:
        place = Place(byte_offset=offset, line=row.line)
        excerpt = line.decode(self._encoding, "replace")
        return MappingError(message, rule=rule, place=place, excerpt=excerpt, raw=without_return(row.raw))

    def _bound(self) -> None:
        """Keep a line without end from filling the memory."""
        held = len(self._pending)
        if self._row is not None:
            if self._row.size + held > self._most + 1:
                raise self._unclosed(self._row, f"a quoted field does not end within {self._most} bytes")
            return
        if held > self._most + 1 and self._skipped_from is None:
            self._skipped_from = self._offset
        if self._skipped_from is not None:
            self._offset += max(held - 1, 0)
            del self._pending[1:]

    def _unclosed(self, row: _OpenRow, message: str) -> MappingError:
        place = Place(byte_offset=row.starts[-1], line=row.quote_line)
        return MappingError(message, rule="unclosed-quote", place=place)


def without_return(raw: bytes | bytearray) -> bytes:
    """A row's bytes without the CR that is half of its line end."""
    return bytes(raw[:-1] if raw.endswith(b"\r") else raw)
