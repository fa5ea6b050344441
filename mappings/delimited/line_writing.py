"""Texts to lines: what is quoted or escaped, and what cannot be written at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mappings.delimited.errors import ValueSyntaxError
from mappings.delimited.schema import Quoting
from mappings.delimited.syntax import LETTERS, Syntax

_MARK = "\ufeff"
_SPACE = " "


@dataclass(frozen=True, slots=True)
class Dialect:
    """How lines are written: what reading them takes, and what it leaves open. `encoding` is a Python codec;
    `mark` is written first of all."""

    syntax: Syntax
    ending: str
    encoding: str
    mark: bytes = b""
    quoting: Quoting = Quoting.MINIMAL


class CellError(ValueSyntaxError):
    """What is wrong with one of the texts of a line."""

    def __init__(self, rule: str, message: str, index: int) -> None:
        super().__init__(rule, message)
        self.index = index


class LineWriter:
    """Writes lines. `is_alone` says that lines have one field."""

    def __init__(self, dialect: Dialect) -> None:
        syntax = dialect.syntax
        self._syntax = syntax
        self._dialect = dialect
        self._delimiter = syntax.delimiter
        self._quote, self._escape = syntax.quote, syntax.escape
        self._is_long = len(syntax.delimiter) > 1
        marks = {"" if self._is_long else syntax.delimiter, syntax.quote or "", syntax.escape or ""}
        self._special = re.compile("[" + re.escape("".join(sorted(marks | {"\r", "\n", "\0"}))) + "]")
        self._is_guarded = bool(syntax.trims or syntax.comment or syntax.skips_blank)
        if syntax.escape is not None:
            escapable = syntax.escapable() | ({"\0"} if syntax.has_letters else set())
            self._escapable = re.compile("[" + re.escape("".join(sorted(escapable))) + "]")
        self._letters = {mark: letter for letter, mark in LETTERS.items()} if syntax.has_letters else {}

    def cell(
        self, text: str, null: str | None, *, is_first: bool, is_number: bool = False, is_alone: bool = False
    ) -> str:
        """A field as it is written. `null` is the text that would be read as null, None where none is.

        Raises: ValueSyntaxError when it cannot be written.
        """
        syntax, quoting = self._syntax, self._dialect.quoting
        is_quoted = quoting is Quoting.ALL or (quoting is Quoting.NON_NUMERIC and not is_number)
        if is_alone and not text and self._quote is not None:
            is_quoted = True  # many programs pass over lines with nothing in them
        if not is_quoted and text != null and self._special.search(text) is None:
            is_ambiguous = is_first and text.startswith(_MARK)
            if self._is_long:  # a text may also end with the beginning of a delimiter
                is_ambiguous = is_ambiguous or (text + self._delimiter).find(self._delimiter) < len(text)
            if self._is_guarded:
                is_ambiguous = is_ambiguous or self._is_passed_over(
                    text, is_first=is_first, is_alone=is_alone
                )
            if not is_ambiguous:
                return text
        if "\0" in text and not syntax.has_letters:
            raise ValueSyntaxError("nul", "holds a NUL character, which delimited text cannot carry")
        if self._quote is not None:
            return self._quoted(text, self._quote)
        return self._escaped(text, null, is_first=is_first, is_alone=is_alone)

    def line(self, cells: Sequence[str]) -> bytes:
        """A line of fields that `cell` gave, or texts for null.

        Raises: ValueSyntaxError when it would not be read again, CellError with the number of the cell that
        the encoding cannot carry.
        """
        syntax = self._syntax
        text = self._delimiter.join(cells)
        if syntax.comment is not None and text.startswith(syntax.comment):
            raise ValueSyntaxError("comment", "the line would be read as a comment")
        if syntax.skips_blank and not (text.strip(_SPACE) if syntax.trims else text):
            raise ValueSyntaxError("blank-line", "the line would be empty, and passed over")
        try:
            return (text + self._dialect.ending).encode(self._dialect.encoding)
        except UnicodeEncodeError as error:
            end = error.start
            index = next(
                at for at, cell in enumerate(cells) if (end := end - len(cell) - len(self._delimiter)) < 0
            )
            message = f"has a character that {self._dialect.encoding} cannot carry"
            raise CellError("encoding", message, index) from None

    def _is_passed_over(self, text: str, *, is_first: bool, is_alone: bool) -> bool:
        """Whether a field loses something where it has no quotes."""
        syntax = self._syntax
        if syntax.trims and text.strip(_SPACE) != text:
            return True
        if is_first and syntax.comment is not None:
            begun = text + syntax.delimiter
            if begun.startswith(syntax.comment) or syntax.comment.startswith(begun):
                return True
        return is_alone and syntax.skips_blank and not text

    def _quoted(self, text: str, quote: str) -> str:
        if self._escape is None:
            return quote + text.replace(quote, quote + quote) + quote
        inside = text.replace(self._escape, self._escape * 2).replace(quote, self._escape + quote)
        if "\0" in inside:
            inside = inside.replace("\0", self._escape + self._letters["\0"])
        return quote + inside + quote

    def _escaped(self, text: str, null: str | None, *, is_first: bool, is_alone: bool) -> str:
        """A field where there are no quotes."""
        if self._escape is not None and (self._letters or ("\r" not in text and "\n" not in text)):
            escape, letters = self._escape, self._letters
            written = self._escapable.sub(
                lambda found: escape + letters.get(found.group(), found.group()), text
            )
            if (
                written != null
                and not (is_first and written.startswith(_MARK))
                and not self._is_passed_over(written, is_first=is_first, is_alone=is_alone)
            ):
                return written
        raise ValueSyntaxError("quote", "needs quotes, which this format does not have")
