"""The characters of a code page, as the bytes that columns work on.

Columns work on *plain* bytes: a character of ASCII is its own code, whatever the page; every other byte is
one that ASCII does not have, and stands for itself. Text with such bytes, or with characters that JSON
escapes, is widened: its characters to UTF-8, quotes and backslashes escaped.
"""

from __future__ import annotations

import codecs
import re

import numpy as np

from mappings.columns.arrays import Bytes, Flags, Positions
from mappings.columns.painting import SKIPPED
from mappings.fixed_width.code_pages import CodePage

PRINTABLE = (0x20, 0x5E)
"""The first of the characters of ASCII that are text everywhere, and how many follow it."""

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
_ESCAPED = b'"\\'
_NOTHING = "\ufffe"


class Characters:
    """One code page. `plain` translates its bytes, None where they are plain already.

    `is_text` says of each plain byte whether it may stand in a text; `is_free` whether it may where control
    characters are allowed too, and JSON does not escape it.
    """

    def __init__(self, page: CodePage) -> None:
        self.is_utf_8 = page.name == "utf-8"
        meanings = [_meaning(page, byte) for byte in range(256)]
        if self.is_utf_8:
            meanings[0x80:] = ["\xa0"] * 128  # whether they make characters, is asked of whole texts
        self.plain = _translation(meanings)
        order = range(256) if self.plain is None else np.argsort(np.frombuffer(self.plain, np.uint8))
        characters = [meanings[byte] for byte in order]
        self.is_text: Flags = np.array([_is_text(each) for each in characters])
        self.is_free: Flags = np.array([each is not None and each >= " " for each in characters])
        self._table = "".join(each or _NOTHING for each in characters).replace(_NOTHING, "?")
        self._widths = np.array(
            [1 if self.is_utf_8 else len(each.encode()) for each in self._table], np.int32
        )
        self._escaped_widths = self._widths.copy()
        self._escaped_widths[list(_ESCAPED)] = 2

    def to_plain(self, data: Bytes) -> Bytes:
        """Bytes of the page as plain ones."""
        if self.plain is None:
            return data
        return np.frombuffer(data.tobytes().translate(self.plain), np.uint8).reshape(data.shape)

    def plain_bytes(self, data: bytes) -> bytes:
        """Bytes of the page as plain ones."""
        return data if self.plain is None else data.translate(self.plain)

    def expansion(self, *, is_wide: bool) -> Bytes:
        """What each plain byte is in a text of JSON, in rows of one length filled with SKIPPED; `is_wide`
        says whether there are others than those of ASCII, in pages that are not UTF-8."""
        found = []
        for byte, character in enumerate(self._table):
            data = character.encode() if is_wide else bytes([byte])
            found.append(b"\\" + data if data in (b'"', b"\\") else data)
        length = max(map(len, found))
        table = b"".join(each.ljust(length, bytes([SKIPPED])) for each in found)
        return np.frombuffer(table, np.uint8).reshape(256, length)

    def widened(self, plain: Bytes, *, escape: bool) -> tuple[Bytes, Positions]:
        """All the bytes in UTF-8, escaped for JSON or not, and where each of them begins then: one position
        more than bytes, for the end."""
        widths = self._escaped_widths if escape else self._widths
        positions = np.zeros(len(plain) + 1, np.int32)
        np.cumsum(widths[plain], out=positions[1:])
        data = plain.tobytes()
        if not self.is_utf_8:
            data = codecs.charmap_decode(data, "strict", self._table)[0].encode()
        if escape:
            data = data.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        return np.frombuffer(data, np.uint8), positions


def is_text_of_utf_8(data: bytes) -> bool:
    """Whether these bytes are characters of UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _meaning(page: CodePage, byte: int) -> str | None:
    try:
        return page.decode(bytes([byte]))
    except UnicodeError:
        return None


def _is_text(character: str | None) -> bool:
    return character is not None and _CONTROLS.match(character) is None


def _translation(meanings: list[str | None]) -> bytes | None:
    """A permutation of all bytes that makes characters of ASCII their own codes."""
    if all(meanings[code] == chr(code) for code in range(128)):
        return None
    codes: dict[int, int] = {}
    for byte, each in enumerate(meanings):
        if each is not None and each.isascii():
            codes.setdefault(ord(each), byte)
    places = {byte: code for code, byte in codes.items()}
    left = iter(sorted(set(range(256)) - codes.keys(), reverse=True))
    return bytes(places[byte] if byte in places else next(left) for byte in range(256))
