"""Bytes to segments: where interchanges begin, what stands between them, and their segments as texts.

Text is one character for each byte here, so that places are bytes. Chunks may be cut anywhere: what is not
complete is kept, and looked at again only when more of it can be known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from mappings.contract import MAX_CUT_BYTES
from mappings.edi.pieces import BYTE_ORDER_MARK, LINE_ENDS, Opened, Pieces, Strange, broken_length, unbroken
from mappings.x12.envelope import ISA_LENGTH, LONGEST_ISA, Header, header, refusal

_BLOCK = 1 << 16
# Few segments at first: interchanges may be tiny, and what follows one is not to be split twice.
_FIRST_SPLIT, _LARGEST_SPLIT = 32, 1 << 14
_BETWEEN = " \t\r\n\x00\x1a"
_ISA = re.compile(r"(?<![A-Za-z0-9])ISA[^A-Za-z0-9 \r]")
_DIGITS = re.compile(r"[0-9]{1,15}")
# BIN01 and BDS02 say how many bytes the element behind them has.
_LENGTH_AT = {"BIN": 1, "BDS": 2}


Event: TypeAlias = Opened[Header] | Pieces | Strange


class Tokens:
    """Cuts one stream. `fixed` says that the elements of ISA must have their lengths; with `is_broken` line
    ends anywhere are no data; `encoding` is that of the values."""

    def __init__(self, *, max_segment_bytes: int, fixed: bool, is_broken: bool, encoding: str) -> None:
        self._is_broken = is_broken
        self._encoding = encoding
        self._most = max_segment_bytes
        self._fixed = fixed
        self._buffer = ""
        self._waiting: list[str] = []
        self._size = 0
        self._wanted = 0
        self._offset = 0
        self._header: Header | None = None
        self._split = _FIRST_SPLIT
        self._skips = False
        self._strange = ""
        self._strange_at = 0
        self._too_long = False
        self._drop = 0

    def feed(self, text: str) -> Iterator[Event]:
        """What is complete now. Each event is to be dealt with before the next is asked for."""
        for at in range(0, len(text), _BLOCK):
            part = text[at : at + _BLOCK]
            self._waiting.append(part)
            self._size += len(part)
            if self._may_be_complete(part):
                yield from self._events()

    def _may_be_complete(self, part: str) -> bool:
        if self._size < self._wanted:
            return False
        if self._header is None or self._wanted or self._drop:
            return True
        return self._header.delimiters.terminator in part or self._size > self._most

    def finish(self) -> Iterator[Event]:
        """What the end of the data completes, or leaves open."""
        self._join()
        self._wanted = 0
        text, offset = self._buffer, self._offset
        self._buffer = ""
        if self._header is None:
            yield from self._left(text, offset)
            return
        if text.strip(LINE_ENDS) and not self._too_long:
            if self._header.delimiters.terminator in LINE_ENDS:
                yield Pieces(offset, [text])
            else:
                yield Strange("truncated", "the data ends inside of a segment", offset, text)

    def _left(self, text: str, offset: int) -> Iterator[Event]:
        """What is left outside of an interchange when the data ends."""
        if self._skips:
            return
        if self._strange:
            self._strange += text[: MAX_CUT_BYTES - len(self._strange)]
            event = self._told()
            assert event is not None
            yield event
        elif rest := text.strip(_BETWEEN):
            yield Strange("truncated", "the data ends before an interchange has begun", offset, rest)

    def close(self, unread: list[str]) -> None:
        """The interchange has ended; these segments of the last event were not read and are none of its."""
        assert self._header is not None
        terminator = self._header.delimiters.terminator
        self._join()
        back = "".join(f"{text}{terminator}" for text in unread)
        self._buffer = f"{back}{self._buffer}"
        self._size += len(back)
        self._offset -= len(back)
        self._header, self._split, self._skips = None, _FIRST_SPLIT, False

    def _join(self) -> None:
        if self._waiting:
            self._buffer = "".join([self._buffer, *self._waiting])
            self._waiting.clear()

    def _take(self, length: int) -> str:
        taken, self._buffer = self._buffer[:length], self._buffer[length:]
        self._offset += length
        self._size -= length
        return taken

    def _events(self) -> Iterator[Event]:
        self._join()
        while True:
            self._wanted = 0
            event = self._begin() if self._header is None else self._inside(self._header)
            if event is None:
                return
            yield event

    def _begin(self) -> Event | None:
        """Between interchanges: the next ISA, or what stands before it."""
        if self._offset == 0 and self._buffer and BYTE_ORDER_MARK.startswith(self._buffer[:3]):
            if len(self._buffer) < len(BYTE_ORDER_MARK):
                return None
            self._take(len(BYTE_ORDER_MARK))
        if not self._strange:
            self._take(len(self._buffer) - len(self._buffer.lstrip(_BETWEEN)))
        if not self._buffer:
            return None
        if self._strange or _ISA.match(self._buffer) is None:
            return self._not_an_interchange()
        read = self._read_header()
        if read is not None:
            self._header, offset = read, self._offset
            self._take(read.length)
            return Opened(offset, read)
        longest = ISA_LENGTH if self._fixed else LONGEST_ISA
        if len(self._buffer) < (2 * longest if self._is_broken else longest):
            return None
        head = unbroken(self._buffer[: 2 * longest]) if self._is_broken else self._buffer
        message = refusal(head, fixed=self._fixed, encoding=self._encoding)
        offset, text = self._offset, self._take(3)
        self._skips = True
        return Strange(
            "interchange-header", message, offset, text + self._buffer[: ISA_LENGTH - 3], is_cut=True
        )

    def _read_header(self) -> Header | None:
        if self._is_broken:
            head = self._buffer[: 2 * LONGEST_ISA]
            read = header(unbroken(head), fixed=self._fixed, encoding=self._encoding)
            if read is not None:
                return replace(read, length=broken_length(head, read.length))
        return header(self._buffer, fixed=self._fixed, encoding=self._encoding)

    def _not_an_interchange(self) -> Event | None:
        """Pass over bytes up to the next ISA; they are told there, unless they follow an ISA that is none.
        The byte before what may become an ISA is kept with it."""
        found = _ISA.search(self._buffer, 1)
        length = found.start() if found is not None else len(self._buffer) - len("-ISA")
        if length > 0:
            if not self._skips and not self._strange:
                self._strange_at = self._offset
            self._strange += self._take(length)[: MAX_CUT_BYTES - len(self._strange)]
        return self._told() if found is not None else None

    def _told(self) -> Event | None:
        """What stood before an interchange, or at the end of the data."""
        text, self._strange = self._strange, ""
        skips, self._skips = self._skips, False
        if skips or not text:
            return self._begin() if self._buffer else None
        message = "is not an interchange, which begins with ISA"
        is_cut = len(text) == MAX_CUT_BYTES
        return Strange("between-interchanges", message, self._strange_at, text, is_cut=is_cut)

    def _inside(self, read: Header) -> Event | None:
        """The segments that are complete, up to one that may have binary data."""
        if self._drop:
            self._drop -= len(self._take(min(self._drop, len(self._buffer))))
            if self._drop:
                return None
        marks = read.delimiters
        found = (self._buffer.find(f"{tag}{marks.element}") for tag in _LENGTH_AT)
        binary = min((at for at in found if at >= 0), default=-1)
        if binary < 0:
            texts = self._buffer.split(marks.terminator, self._split)
            rest = texts.pop()
        else:
            end = self._buffer.rfind(marks.terminator, 0, binary) + 1
            if not end:
                return self._one(read)
            texts, rest = self._buffer[: end - 1].split(marks.terminator), self._buffer[end:]
        if not texts:
            return self._overflow() if len(rest) > self._most else None
        self._split = min(self._split * 4, _LARGEST_SPLIT)
        offset, length = self._offset, len(self._buffer) - len(rest)
        self._buffer = rest
        self._offset += length
        self._size -= length
        return self._pieces(offset, texts)

    def _pieces(self, offset: int, texts: list[str], size: int | None = None) -> Pieces:
        if self._too_long:
            self._too_long = False
            offset += len(texts[0]) + 1
            texts = texts[1:]
        return Pieces(offset, texts, size)

    def _overflow(self) -> Event | None:
        """A segment beyond the limit: told once, passed over up to its terminator."""
        told, offset = self._too_long, self._offset
        self._too_long = True
        text = self._take(len(self._buffer))
        if told:
            return None
        message = f"is longer than {self._most} bytes"
        return Strange("record-length", message, offset, text[:MAX_CUT_BYTES], is_cut=True)

    def _one(self, read: Header) -> Event | None:
        """One segment, where there may be binary data in the buffer."""
        marks, offset = read.delimiters, self._offset
        start = len(self._buffer) - len(self._buffer.lstrip(LINE_ENDS))
        length_at = None
        if not self._too_long:
            length_at = _LENGTH_AT.get(self._buffer[start : start + 3])
        if length_at is not None:
            parts = self._buffer[start : start + 64].split(marks.element, length_at + 1)
            if len(parts) == length_at + 2 and _DIGITS.fullmatch(parts[length_at]):
                head = start + sum(map(len, parts[:-1])) + length_at + 1
                return self._binary(marks.terminator, head, int(parts[length_at]))
            if len(self._buffer) < start + 64 and marks.terminator not in self._buffer:
                return None
        end = self._buffer.find(marks.terminator)
        if end < 0:
            return self._overflow() if len(self._buffer) > self._most else None
        text = self._take(end + 1)[:-1]
        return self._pieces(offset, [text])

    def _binary(self, terminator: str, head: int, length: int) -> Event | None:
        """A segment whose last element has a length: the bytes may look like anything."""
        offset, total = self._offset, head + length + 1
        if total > self._most + 1:
            text = self._take(head)
            self._drop = length + 1
            message = f"has {length} bytes of binary data, at most {self._most} are allowed"
            return Strange("record-length", message, offset, text, is_cut=True)
        if len(self._buffer) < total:
            self._wanted = total
            return None
        if self._buffer[total - 1] != terminator:
            end = self._buffer.find(terminator)
            if end < 0:
                return self._overflow() if len(self._buffer) > self._most else None
            text = self._take(end + 1)
            message = f"its binary data has not the {length} bytes that its length says"
            return Strange("binary", message, offset, text)
        text = self._take(total)
        data = text[head:-1].encode("latin-1").hex()
        return Pieces(offset, [f"{text[:head]}{data}"], size=total)
