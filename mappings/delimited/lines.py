"""Bytes that are cut anywhere to blocks of whole lines, and these to lines.

A line that is longer than it may be is passed over while it comes; only its beginning is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mappings.contract import MAX_CUT_BYTES, MappingError, Place

_UTF_8_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_WIDE = ("utf-16-le", "utf-16-be")


class Line(NamedTuple):
    """One line. `data` is without what ends it."""

    data: bytes
    ending: bytes


class Lines:
    """The bytes of one stream that are not read yet."""

    def __init__(self, encoding: str, *, ends_at_cr: bool, most: int) -> None:
        self._declared = encoding
        self._ends_at_cr = ends_at_cr
        self._most = most
        self._pending = bytearray()
        self._searched = 0
        self._has_begun = False
        self.offset = 0
        """Of the first byte that is held."""
        self.cut: bytes | None = None
        """The beginning of a line that is passed over."""
        self.skipped_from = 0
        self._use("utf-8" if encoding == "utf-8-sig" else encoding)

    def _use(self, codec: str) -> None:
        self.codec = codec
        self.unit = 2 if codec in _WIDE else 1
        self.handler = "surrogatepass" if self.unit == 2 else "surrogateescape"
        mark = "utf-8" if codec == "utf-16" else codec
        self._newline, self._return = "\n".encode(mark), "\r".encode(mark)
        if self.unit == 1:
            form = rb"[^\r\n]*(?:\r\n?|\n)" if self._ends_at_cr else rb"[^\n]*\n"
            self._one = re.compile(form)
        else:
            form_of_text = r"[^\r\n]*(?:\r\n?|\n)" if self._ends_at_cr else r"[^\n]*\n"
            self._one_of_text = re.compile(form_of_text)

    @property
    def held(self) -> int:
        """Bytes that are held."""
        return len(self._pending)

    def text(self, data: bytes) -> str:
        """The text of a line, whatever its bytes are; `data` of it is the same again."""
        return data[: len(data) - len(data) % self.unit].decode(self.codec, self.handler)

    def data(self, text: str) -> bytes:
        """The bytes of a text."""
        return text.encode(self.codec, self.handler)

    def take(self, chunk: bytes, *, is_last: bool = False) -> bytes:
        """The whole lines that are complete now, perhaps none.

        Raises: MappingError for a byte order mark that is not announced, or lacking where it is needed.
        """
        self._pending += chunk
        if not self._has_begun:
            if len(self._pending) < len(_UTF_8_MARK) and not is_last:
                return b""
            self._begin()
        end = self._end(is_last=is_last)
        block = bytes(self._pending[:end])
        del self._pending[:end]
        self._searched = max(0, len(self._pending) - 2 * self.unit)
        return block

    def rest(self) -> bytes:
        """What is left behind the last line end."""
        last = bytes(self._pending)
        self._pending.clear()
        return last

    def bound(self) -> None:
        """Keep a line without end from filling the memory."""
        held = len(self._pending)
        if held > self._most + 2 * self.unit and self.cut is None:
            self.skipped_from = self.offset
            self.cut = self.beginning(self._pending)
        if self.cut is not None:
            dropped = max(held - held % self.unit - self.unit, 0)
            self.offset += dropped
            del self._pending[:dropped]
            self._searched = 0

    def beginning(self, data: bytes | bytearray) -> bytes:
        """What is kept of a line that is too long."""
        return bytes(data[: min(MAX_CUT_BYTES, self._most)])

    def each(self, block: bytes) -> Iterator[Line]:
        """The lines of a block of whole lines."""
        for whole in self._wholes(block):
            if whole.endswith(self._newline):
                end = len(whole) - self.unit
                start = end - self.unit if whole.endswith(self._return, 0, end) else end
            else:
                start = len(whole) - self.unit
            yield Line(whole[:start], whole[start:])

    def equal(self, block: bytes) -> tuple[list[bytes], int] | None:
        """The lines of a block, and the length of what ends each; None where they do not all end the same."""
        newline, back = self._newline, self._return
        if self.unit == 2:
            return self._equal_in_text(block)
        returns = block.count(back)
        newlines = block.count(newline)
        if not returns:
            lines = block.split(newline)
        elif returns == newlines == block.count(b"\r\n"):
            lines = block.split(b"\r\n")
        elif not newlines and self._ends_at_cr:
            lines = block.split(back)
        else:
            return None
        lines.pop()
        return lines, 1 + (returns > 0 and newlines > 0)

    def _equal_in_text(self, block: bytes) -> tuple[list[bytes], int] | None:
        text = self.text(block)
        returns, newlines = text.count("\r"), text.count("\n")
        if not returns:
            ending = "\n"
        elif returns == newlines == text.count("\r\n"):
            ending = "\r\n"
        else:
            return None
        lines = [self.data(line) for line in text.split(ending)]
        lines.pop()
        return lines, 2 * len(ending)

    def _wholes(self, block: bytes) -> Iterator[bytes]:
        if self.unit == 1:
            yield from self._one.findall(block)
            return
        for whole in self._one_of_text.findall(self.text(block)):
            yield self.data(whole)

    def _begin(self) -> None:
        self._has_begun = True
        place = Place(byte_offset=0, line=1)
        if self._declared == "utf-16":
            codec = _UTF_16_MARKS.get(bytes(self._pending[:2]))
            if codec is None:
                message = "has no byte order mark; without one the encoding is utf-16-le or utf-16-be"
                raise MappingError(message, rule="bom", place=place)
            self._use(codec)
            self._drop(2)
        elif self._pending.startswith(_UTF_8_MARK) and self.codec == "utf-8":
            if self._declared == "utf-8":
                message = "starts with a byte order mark; the encoding utf-8-sig accepts one"
                raise MappingError(message, rule="bom", place=place)
            self._drop(len(_UTF_8_MARK))
        elif self.codec == "utf-8" and bytes(self._pending[:2]) in _UTF_16_MARKS:
            message = "starts with the byte order mark of UTF-16; the encoding utf-16 accepts one"
            raise MappingError(message, rule="bom", place=place)
        elif self.unit == 2 and _UTF_16_MARKS.get(bytes(self._pending[:2])) == self.codec:
            message = "starts with a byte order mark; the encoding utf-16 accepts one"
            raise MappingError(message, rule="bom", place=place)

    def _drop(self, count: int) -> None:
        self.offset += count
        del self._pending[:count]

    def _end(self, *, is_last: bool) -> int:
        """Behind the last line end that is complete; 0 where there is none."""
        held = self._pending
        end = self._behind_last(self._newline, len(held))
        if not self._ends_at_cr:
            return end
        back = self._behind_last(self._return, len(held))
        if back + self.unit > len(held) and not is_last:  # perhaps the first half of a line end
            back = self._behind_last(self._return, back - self.unit)
        return max(end, back)

    def _behind_last(self, mark: bytes, end: int) -> int:
        at = self._pending.rfind(mark, self._searched, max(end, 0))
        while at >= 0 and at % self.unit:
            at = self._pending.rfind(mark, self._searched, at + len(mark) - 1)
        return at + self.unit if at >= 0 else 0
