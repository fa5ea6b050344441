r"""Escape sequences: what stands for text becomes text, what says how text looks stays as it came.

`\F\ \S\ \T\ \R\ \E\ \P\` are the message's delimiters, `\X0D0A\` bytes of the message's character set.
Formatting (`\.br\`, `\.in+4\`, `\H\`, `\N\`), other character sets (`\Cxxyy\`, `\Mxxyyzz\`) and a site's own
(`\Z..\`) stay in values, written with a backslash whatever the message's escape character is. A backslash
that means itself is one backslash in values; only where it would be taken for such a sequence all of them in
that value stay `\E\`. Source: HL7 v2.5.1, §2.7.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mappings.hl7.marks import Marks

_KEPT = re.compile(
    r"(?:[HN]|\.(?:sp|br|ce|fi|nf|in|ti|sk)[ +-]?[0-9]{0,5}"
    r"|C[0-9A-Fa-f]{4}|M[0-9A-Fa-f]{4,6}|Z[0-9A-Za-z ]{0,60})"
)
_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2}){1,4000})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]{1,1000}")
_BACKSLASH = "\\"
_LITERAL = "\\E\\"


class Texts:
    """Reads and writes the text of values in messages with these delimiters and this encoding (a name of
    Python's). Both directions take any text; what is read and written again reads as the same. `unusual`
    finds what makes a field more than a text that stands for itself."""

    def __init__(self, marks: Marks, encoding: str) -> None:
        self._escape = marks.escape
        self._encoding = encoding
        self._truncation = marks.truncation if marks.escape else None
        letters = {
            "F": marks.field,
            "S": marks.component,
            "T": marks.subcomponent,
            "R": marks.repetition,
            "E": marks.escape,
            "P": marks.truncation,
        }
        self._marks = {letter: mark for letter, mark in letters.items() if mark is not None}
        # The truncation character needs no escape but at the end of a value.
        own = {mark: letter for letter, mark in self._marks.items() if letter not in "EP"}
        self._letters = own
        every = "".join(own) + (marks.escape or "") + _BACKSLASH
        self.unusual = re.compile(f'[{re.escape(every)}"]').search
        self._special = re.compile(f"[{re.escape(every)}\x00-\x1f\x7f]").search

    def read(self, text: str) -> str:
        """The value that a text stands for."""
        escape = self._escape
        if escape is None or (escape not in text and _BACKSLASH not in text):
            return text
        value = self._decoded(text, _BACKSLASH)
        canonical = self._decoded(text, _LITERAL)
        # A backslash that means itself may not come to stand where it means more.
        return value if self._normal(value) == canonical else canonical

    def write(self, value: str) -> str:
        """The text that stands for a value. A delimiter that cannot be escaped stays as it is: who reads what
        was written, sees that."""
        if self._escape is None or self._special(value) is None:
            return value
        return self._written(value)

    def quoted(self, value: str) -> str:
        """The text that stands for a value by its characters' bytes: for what would mean something else."""
        escape = self._escape
        return value if escape is None else f"{escape}X{value.encode(self._encoding).hex().upper()}{escape}"

    def _decoded(self, text: str, backslash: str) -> str:
        """The text with its sequences replaced; one that means nothing stands for itself."""
        escape = self._escape
        assert escape is not None
        parts: list[str] = []
        at = 0
        while True:
            found = text.find(escape, at)
            end = text.find(escape, found + 1) if found >= 0 else -1
            if end < 0:
                parts.append(self._plain(text[at:], backslash))
                return "".join(parts)
            parts.append(text[at:found].replace(_BACKSLASH, backslash))
            inner = text[found + 1 : end]
            meant = self._meant(inner, backslash, is_last=end == len(text) - 1)
            if meant is None:
                parts.append(backslash if escape == _BACKSLASH else escape)
                at = found + 1
            else:
                parts.append(meant)
                at = end + 1

    def _plain(self, text: str, backslash: str) -> str:
        return text.replace(_BACKSLASH, backslash) if _BACKSLASH in text else text

    def _meant(self, inner: str, backslash: str, *, is_last: bool) -> str | None:
        """What a sequence stands for; None where it is none."""
        mark = self._marks.get(inner)
        if mark is not None:
            if inner == "P" and is_last:
                return "\\P\\"
            return backslash if mark == _BACKSLASH else mark
        if self._is_formatting(inner):
            return f"\\{inner}\\"
        found = _HEX.fullmatch(inner)
        if found is None:
            return None
        text = self._of_bytes(found[1])
        return f"\\{inner}\\" if text is None else text.replace(_BACKSLASH, backslash)

    def _of_bytes(self, digits: str) -> str | None:
        """The text of bytes, None where they are none in this character set or would not come back."""
        try:
            text = bytes.fromhex(digits).decode(self._encoding)
            return text if text.encode(self._encoding).hex() == digits.lower() else None
        except UnicodeError:
            return None

    def _is_formatting(self, inner: str) -> bool:
        """True for a sequence that is no text; a message whose delimiters are signs of it cannot have it."""
        return _KEPT.fullmatch(inner) is not None and not any(mark in inner for mark in self._marks.values())

    def _is_kept(self, inner: str) -> bool:
        """True for what stays a sequence in values."""
        if inner == "E" or self._is_formatting(inner):
            return True
        found = _HEX.fullmatch(inner)
        return found is not None and self._of_bytes(found[1]) is None

    def _sequences(self, value: str, plain: Callable[[str], str], kept: Callable[[str], str]) -> str:
        """A value with each of its sequences and each other character in another form."""
        parts: list[str] = []
        at = 0
        while True:
            found = value.find(_BACKSLASH, at)
            if found < 0:
                parts.append(plain(value[at:]))
                return "".join(parts)
            parts.append(plain(value[at:found]))
            end = value.find(_BACKSLASH, found + 1)
            inner = value[found + 1 : end] if end > 0 else ""
            is_cut = inner == "P" and self._truncation is not None and end == len(value) - 1
            if inner and (is_cut or self._is_kept(inner)):
                parts.append(kept(inner))
                at = end + 1
            else:
                parts.append(kept("E"))
                at = found + 1

    def _normal(self, value: str) -> str:
        """A value with every backslash that means itself as a sequence."""
        return self._sequences(value, str, lambda inner: f"\\{inner}\\")

    def _written(self, value: str) -> str:
        escape = self._escape
        assert escape is not None

        def kept(inner: str) -> str:
            if inner == "E" and escape != _BACKSLASH:
                return self._escaped(_BACKSLASH)
            return f"{escape}{inner}{escape}"

        return self._sequences(value, self._escaped, kept)

    def _escaped(self, text: str) -> str:
        escape = self._escape
        assert escape is not None
        if self._special(text) is None:
            return text
        if escape != _BACKSLASH:
            text = text.replace(escape, f"{escape}E{escape}")
        for mark, letter in self._letters.items():
            if mark in text:
                text = text.replace(mark, f"{escape}{letter}{escape}")
        return _CONTROL.sub(lambda found: f"{escape}X{found[0].encode().hex().upper()}{escape}", text)
