"""Delimited bytes to rows of text: a strict tokenizer after RFC 4180 that takes chunks cut anywhere.

Whole lines without a quote, NUL or anything else that is special go through a path that only splits.
Everything else is walked field by field. Both give the same rows; which one a line takes does not depend on
the chunks.

A row that breaks a rule is a value, and reading goes on at the next line. Lost is only a stream with a byte
order mark that its encoding does not announce, and one whose last field, quoted or escaped, does not end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from mappings.contract import MappingError, Place
from mappings.delimited.lines import Line, Lines
from mappings.delimited.syntax import Syntax
from mappings.delimited.walking import SPACE, OpenRow, RowSyntaxError, Start, Walker


class Row(NamedTuple):
    """The fields of one line or more. `offset` counts bytes from 0, `line` from 1. `quoted` says which fields
    stood in quotes or had escapes, None when none had. `starts` has where each field begins, None when that
    can be told from the row's only line. `raw` is the row as it came, without its line end."""

    offset: int
    line: int
    fields: list[str]
    quoted: list[bool] | None = None
    starts: list[Start] | None = None
    raw: bytes = b""


RowOrError: TypeAlias = Row | MappingError


class Tokenizer:
    """One stream of delimited text. Memory: one row, at most `max_row_bytes`."""

    def __init__(self, syntax: Syntax, *, max_row_bytes: int) -> None:
        self._syntax = syntax
        self._delimiter = syntax.delimiter
        self._walker = Walker(syntax)
        self._lines = Lines(syntax.encoding, ends_at_cr=syntax.ends_at_cr, most=max_row_bytes)
        self._most = max_row_bytes
        self._line = 1
        self._row: OpenRow | None = None
        self._special: tuple[bytes, ...] | None = None

    def feed(self, chunk: bytes) -> Iterator[RowOrError]:
        """The rows that are complete now. To be exhausted before the next call."""
        block = self._lines.take(chunk)
        if block:
            yield from self._block(block)
        self._bound()

    @property
    def is_between_rows(self) -> bool:
        """True when nothing is held of a row that is not complete yet."""
        return not self._lines.held and self._row is None and self._lines.cut is None

    @property
    def encoding(self) -> str:
        """The Python codec of the bytes, once the first of them have been seen."""
        return self._lines.codec

    def pass_over(self, size: int, lines: int) -> None:
        """Move on behind so many bytes and lines, which are whole rows that were read elsewhere. Not before
        the first row."""
        self._lines.offset += size
        self._line += lines

    def finish(self) -> Iterator[RowOrError]:
        """The row of a last line without line end, or with half of one: a CR that ends the data.

        Raises: MappingError when the data ends inside a quoted field.
        """
        block = self._lines.take(b"", is_last=True)
        if block:
            yield from self._block(block)
        last = self._lines.rest()
        if last or self._lines.cut is not None:
            ending = self._lines.data("\r")
            if last.endswith(ending) and not self._walker.ends_inside(self._lines.text(last), self._row):
                last = last[: -len(ending)]
            yield from self._one_line(Line(last, b""))
        if self._row is not None:
            what = "inside a quoted field" if self._row.escaped is None else "behind an escape"
            raise self._unclosed(self._row, f"the data ends {what}")

    def place_of(self, row: Row, index: int) -> Place:
        """Where one of a row's fields begins; where there are fewer, the end of the row."""
        if index >= len(row.fields):
            line = row.line if row.starts is None else row.line + row.starts[-1][0]
            return Place(byte_offset=row.offset + len(row.raw), line=line)
        if row.starts is not None:
            return self._at(row.raw, row.starts[index], row)
        pieces = self._lines.text(row.raw).split(self._delimiter)
        before = "".join(piece + self._delimiter for piece in pieces[:index])
        if self._syntax.trims and pieces[index].strip(SPACE):
            before += pieces[index][: len(pieces[index]) - len(pieces[index].lstrip(SPACE))]
        offset = row.offset + len(self._lines.data(before))
        return Place(byte_offset=offset, line=row.line, column=len(before) + 1)

    @property
    def end(self) -> Place:
        """How far rows were read."""
        return Place(byte_offset=self._lines.offset, line=self._line)

    def _at(self, raw: bytes | bytearray, start: Start, row: Row | OpenRow) -> Place:
        number, begin, at = start
        before = self._lines.text(bytes(raw[begin : begin + 4 * (at + 1)]))[:at]
        offset = row.offset + begin + len(self._lines.data(before))
        return Place(byte_offset=offset, line=row.line + number, column=at + 1)

    def _block(self, block: bytes) -> Iterator[RowOrError]:
        """Rows of whole lines."""
        found = self._split_only(block)
        if found is None:
            for each in self._lines.each(block):
                yield from self._one_line(each)
            return
        lines, texts, ending = found
        delimiter, frame = self._delimiter, self._lines
        if self._syntax.trims:
            for line, text in zip(lines, texts, strict=True):
                fields = [one.strip(SPACE) for one in text.split(delimiter)]
                yield Row(frame.offset, self._line, fields, None, None, line)
                frame.offset += len(line) + ending
                self._line += 1
            return
        for line, text in zip(lines, texts, strict=True):
            yield Row(frame.offset, self._line, text.split(delimiter), None, None, line)
            frame.offset += len(line) + ending
            self._line += 1

    def _split_only(self, block: bytes) -> tuple[list[bytes], list[str], int] | None:
        """The lines, also as text, where splitting is all they need, and the length of what ends each; None
        where they must be walked."""
        syntax = self._syntax
        if self._row is not None or self._lines.cut is not None or self._line <= syntax.skip_lines:
            return None
        if self._special is None:
            marks = (syntax.quote, syntax.escape, syntax.comment, "\0")
            self._special = tuple(mark.encode(self._lines.codec) for mark in marks if mark is not None)
        if any(mark in block for mark in self._special):
            return None
        found = self._lines.equal(block)
        if found is None:
            return None
        lines, ending = found
        if len(block) > self._most and max(map(len, lines)) > self._most:
            return None
        try:
            text = block.decode(self._lines.codec)
        except UnicodeDecodeError:
            return None
        ended = "\r\n" if "\r" in text and "\n" in text else "\r" if "\r" in text else "\n"
        texts = text.split(ended)
        texts.pop()
        if syntax.skips_blank and not all(each.strip(SPACE) if syntax.trims else each for each in texts):
            return None
        return lines, texts, ending

    def _one_line(self, line: Line) -> Iterator[RowOrError]:
        """Walk one line: it completes a row, breaks a rule, or leaves a quoted field open."""
        frame, data = self._lines, line.data
        start, number = frame.offset, self._line
        frame.offset += len(data) + len(line.ending)
        self._line += 1
        row, self._row = self._row, None
        if row is not None and row.size + len(data) > self._most:
            raise self._too_many_lines(row)
        if frame.cut is not None or len(data) > self._most:
            error = self._too_long(data, start, number)
            if number > self._syntax.skip_lines:
                yield error
            return
        if row is None and number <= self._syntax.skip_lines:
            return
        if row is None and self._is_passed_over(frame.text(data)):
            return
        row = row or OpenRow(start, number)
        row.size += len(data) + len(line.ending)
        row.begin = len(row.raw)
        row.raw += data
        text = self._text(line, start, row)
        try:
            complete = self._walker.walk(text, frame.text(line.ending), row)
        except RowSyntaxError as error:
            place = self._place(start, number, text[: error.at])
            yield self._refused(error.rule, str(error), place, row, data)
            return
        if complete:
            yield self._completed(row, data)
        else:
            row.raw += line.ending
            row.lines += 1
            self._row = row

    def _too_long(self, data: bytes, start: int, number: int) -> MappingError:
        frame = self._lines
        offset, kept = frame.skipped_from, frame.cut
        if kept is None:
            offset, kept = start, frame.beginning(data)
        frame.cut = None
        place = Place(byte_offset=offset, line=number)
        message = f"a line is longer than {self._most} bytes"
        return MappingError(message, rule="record-length", place=place, raw=kept, raw_is_cut=True)

    def _is_passed_over(self, text: str) -> bool:
        syntax = self._syntax
        if syntax.skips_blank and not (text.strip(SPACE) if syntax.trims else text):
            return True
        return syntax.comment is not None and text.startswith(syntax.comment)

    def _text(self, line: Line, start: int, row: OpenRow) -> str:
        """The text of a line, in which bytes that are none stand for themselves."""
        try:
            text = line.data.decode(self._lines.codec)
        except UnicodeDecodeError as error:
            text = self._lines.text(line.data)
            if row.bad_at is None:
                before = self._lines.text(line.data[: error.start])
                row.bad_at = self._place(start, row.line + row.lines, before)
        if row.nul_at is None and "\0" in text:
            row.nul_at = self._place(start, row.line + row.lines, text[: text.index("\0")])
        return text

    def _place(self, start: int, line: int, before: str) -> Place:
        """Behind a text at the beginning of a line."""
        return Place(byte_offset=start + len(self._lines.data(before)), line=line, column=len(before) + 1)

    def _completed(self, row: OpenRow, data: bytes) -> RowOrError:
        if row.nul_at is not None:
            return self._refused("nul", "holds a NUL byte", row.nul_at, row, data)
        if row.bad_at is not None:
            return self._refused("encoding", f"is not {self._lines.codec}", row.bad_at, row, data)
        quoted = row.quoted if any(row.quoted) else None
        return Row(row.offset, row.line, row.fields, quoted, row.starts, bytes(row.raw))

    def _refused(self, rule: str, message: str, place: Place, row: OpenRow, data: bytes) -> MappingError:
        excerpt = data.decode(self._lines.codec, "replace")
        return MappingError(message, rule=rule, place=place, excerpt=excerpt, raw=bytes(row.raw))

    def _bound(self) -> None:
        """Keep a line or a quoted field without end from filling the memory."""
        row = self._row
        if row is None:
            self._lines.bound()
        elif row.size + self._lines.held > self._most + self._lines.unit:
            raise self._too_many_lines(row)

    def _too_many_lines(self, row: OpenRow) -> MappingError:
        kind = "quoted" if row.escaped is None else "escaped"
        return self._unclosed(row, f"a {kind} field does not end within {self._most} bytes")

    def _unclosed(self, row: OpenRow, message: str) -> MappingError:
        rule = "unclosed-quote" if row.escaped is None else "unclosed-escape"
        return MappingError(message, rule=rule, place=self._at(row.raw, row.starts[-1], row))
