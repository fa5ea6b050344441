"""How delimited text is put together, for reading it: what a tokenizer is told."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mappings.delimited.errors import ValueSyntaxError

LETTERS = {"0": "\0", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "Z": "\x1a"}
"""What letters mean behind an escape in the exports of databases.

Source: MySQL 8.4 Reference Manual, "LOAD DATA Statement"; PostgreSQL 17, "COPY", File Formats, Text Format.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntax:
    """What separates lines and fields, and what may stand around them.

    `encoding` is the name of an encoding as definitions write it. `null` is only needed beside an `escape`:
    a field that is this text is not unescaped. `has_letters`: `LETTERS` have a meaning behind the escape, and
    a line end behind it is part of the field, also without quotes. `ends_at_cr`: a CR alone ends a line, too.
    """

    delimiter: str
    quote: str | None
    encoding: str
    escape: str | None = None
    has_letters: bool = False
    null: str = ""
    keeps_stray_quotes: bool = False
    trims: bool = False
    comment: str | None = None
    skip_lines: int = 0
    skips_blank: bool = False
    ends_at_cr: bool = False

    def escapable(self) -> frozenset[str]:
        """The characters that an escape takes the meaning from."""
        marks = {self.quote, self.escape, self.delimiter[0], (self.comment or "\n")[0], "\r", "\n"}
        return frozenset(mark for mark in marks if mark is not None)


class Expressions:
    """What finds the ends of fields in a line."""

    def __init__(self, syntax: Syntax) -> None:
        self._escape = syntax.escape
        self._null = syntax.null
        self._means = {mark: mark for mark in syntax.escapable()}
        if syntax.has_letters:
            self._means |= LETTERS
        quote, escape = re.escape(syntax.quote or ""), re.escape(syntax.escape or "")
        self._doubled = None if syntax.quote is None or syntax.escape else (syntax.quote * 2, syntax.quote)
        if syntax.escape is None:
            self.inside = re.compile(f"[^{quote}]*(?:{quote}{quote}[^{quote}]*)*" if quote else "")
        else:
            self.inside = re.compile(f"[^{quote}{escape}]*(?:{escape}.?[^{quote}{escape}]*)*", re.DOTALL)
            ahead = re.escape(syntax.delimiter)
            self.outside = re.compile(f"(?:(?!{ahead})[^{escape}]|{escape}.)*+", re.DOTALL)

    def plain(self, text: str) -> str:
        """The value of a field that stood in quotes, or that has escapes.

        Raises: ValueSyntaxError for an escape before what needs none.
        """
        if self._doubled is not None:
            return text.replace(*self._doubled)
        if self._escape is None or self._escape not in text:
            return text
        first, *rest = text.split(self._escape)
        parts = [first]
        pieces = iter(rest)
        for piece in pieces:
            after = next(pieces, None) if not piece else None
            if after is not None:  # an escape that another one stands before
                parts += (self._escape, after)
            elif piece and piece[0] in self._means:
                parts += (self._means[piece[0]], piece[1:])
            else:
                message = f"{self._escape} stands before what has no meaning to be taken"
                raise ValueSyntaxError("stray-escape", message)
        return "".join(parts)

    def unquoted(self, text: str) -> tuple[str, bool]:
        """The value of a field without quotes, and whether it had escapes. Raises: ValueSyntaxError."""
        if self._escape is None or self._escape not in text or text == self._null:
            return text, False
        return self.plain(text), True
