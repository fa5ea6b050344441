"""One line to its fields, character by character, with what the lines before it left open."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import StringIO
from typing import TypeAlias

from mappings.contract import Place
from mappings.delimited.errors import ValueSyntaxError
from mappings.delimited.syntax import Expressions, Syntax

SPACE = " "
_END = -1

Start: TypeAlias = tuple[int, int, int]
"""Where a field begins: the number of a line of the row, where that begins in `raw`, a place in its text."""


@dataclass(slots=True)
class OpenRow:
    """A row that is being walked. `lines` is how many of its lines have ended, `begin` where in `raw` the
    present one begins; `bad_at` is the first byte that is none of the encoding's. Of a field that goes on
    there are no pieces but one text: it may have very many lines. `partial` is of one in quotes, `escaped` of
    one without, whose line ends have an escape before them."""

    offset: int
    line: int
    fields: list[str] = field(default_factory=list)
    quoted: list[bool] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)
    lines: int = 0
    begin: int = 0
    partial: StringIO | None = None
    escaped: StringIO | None = None
    size: int = 0
    nul_at: Place | None = None
    bad_at: Place | None = None
    raw: bytearray = field(default_factory=bytearray)


class RowSyntaxError(Exception):
    """A line that is not made of fields; `at` is the place in its text."""

    def __init__(self, rule: str, message: str, at: int) -> None:
        super().__init__(message)
        self.rule = rule
        self.at = at


class Walker:
    """Takes fields from lines."""

    def __init__(self, syntax: Syntax) -> None:
        self._syntax = syntax
        self._delimiter = syntax.delimiter
        self._quote = syntax.quote
        self._find = Expressions(syntax)

    def walk(self, text: str, ending: str, row: OpenRow) -> bool:
        """Take fields from the line; False when the last one goes on in the next line. `ending` is what then
        belongs to it. Raises: RowSyntaxError."""
        at = 0
        while at != _END:
            if row.partial is not None:
                found = self._find.inside.match(text, at)
                assert found is not None, "the expression matches the empty string"
                row.partial.write(found.group())
                if found.end() == len(text):
                    row.partial.write(ending)
                    return False
                at = self._close(text, found.end() + 1, row)
                continue
            begin = at if row.escaped is not None else self._spaces(text, at)
            if row.escaped is None and self._quote is not None and text.startswith(self._quote, begin):
                row.starts.append((row.lines, row.begin, begin))
                row.partial = StringIO(newline="")
                at = begin + 1
            else:
                at = self._unquoted(text, at, begin, row)
                if row.escaped is not None:
                    row.escaped.write(ending)
                    return False
        return True

    def ends_inside(self, text: str, row: OpenRow | None) -> bool:
        """Whether the end of the last line, which may go on with a row, lies inside a quoted field."""
        probe = OpenRow(0, 0)
        if row is not None and row.escaped is not None:
            probe.escaped = StringIO(newline="")
        elif row is not None:
            probe.partial = StringIO(newline="")
        try:
            return not self.walk(text, "", probe)
        except RowSyntaxError:
            return False

    def _spaces(self, text: str, at: int) -> int:
        """Behind the spaces that do not count."""
        if self._syntax.trims:
            while text.startswith(SPACE, at):
                at += 1
        return at

    def _close(self, text: str, at: int, row: OpenRow) -> int:
        """End the quoted field before `at`; where the next field begins."""
        assert row.partial is not None
        at = self._spaces(text, at)
        if at < len(text) and not text.startswith(self._delimiter, at):
            rule, what = ("bare-cr", "a bare CR") if text[at] == "\r" else ("after-quote", "text")
            raise RowSyntaxError(rule, f"{what} follows a quoted field", at)
        value, row.partial = row.partial.getvalue(), None
        try:
            row.fields.append(self._find.plain(value))
        except ValueSyntaxError as error:
            raise RowSyntaxError(error.rule, str(error), 0 if row.lines else at) from None
        row.quoted.append(True)
        return _END if at == len(text) else at + len(self._delimiter)

    def _unquoted(self, text: str, at: int, begin: int, row: OpenRow) -> int:
        """Take the field at `at`, whose spaces end at `begin`, or what an escaped line end left of one; where
        the next one begins."""
        end = self._end_of_unquoted(text, at)
        goes_on = end < len(text) and not text.startswith(self._delimiter, end)
        if goes_on and not self._syntax.has_letters:
            raise RowSyntaxError("stray-escape", "an escape ends the line", end)
        value = text[at:end]
        self._refuse_inside(value, at)
        if row.escaped is None:
            row.starts.append((row.lines, row.begin, min(begin, end)))
        if goes_on:
            row.escaped = row.escaped or StringIO(newline="")
            row.escaped.write(text[at:])
            return _END
        if row.escaped is not None:
            value, row.escaped = row.escaped.getvalue() + value, None
        try:
            plain, has_escapes = self._find.unquoted(value.strip(SPACE) if self._syntax.trims else value)
        except ValueSyntaxError as error:
            raise RowSyntaxError(error.rule, str(error), at) from None
        row.fields.append(plain)
        row.quoted.append(has_escapes)
        return _END if end == len(text) else end + len(self._delimiter)

    def _end_of_unquoted(self, text: str, at: int) -> int:
        """The delimiter behind the field at `at`, an escape that ends the line, or the line's end."""
        if self._syntax.escape is None:
            end = text.find(self._delimiter, at)
            return len(text) if end < 0 else end
        found = self._find.outside.match(text, at)
        assert found is not None, "the expression matches the empty string"
        return found.end()

    def _refuse_inside(self, value: str, at: int) -> None:
        """Raises: RowSyntaxError for what may not stand in a field without quotes, which begins at `at`."""
        if self._quote is not None and not self._syntax.keeps_stray_quotes and self._quote in value:
            where = self._stray_quote(value)
            if where is not None:
                message = "a quote stands inside a field that is not quoted"
                raise RowSyntaxError("stray-quote", message, at + where)
        # MySQL's exports have a CR as it stands, and an escape only before the LF behind it.
        if "\r" in value and not self._syntax.has_letters:
            raise RowSyntaxError("bare-cr", "a CR stands without LF", at + value.index("\r"))

    def _stray_quote(self, value: str) -> int | None:
        """Where a quote stands that no escape stands before."""
        at, escape = 0, self._syntax.escape
        while at < len(value):
            if value[at] == self._quote:
                return at
            at += 2 if value[at] == escape else 1
        return None
