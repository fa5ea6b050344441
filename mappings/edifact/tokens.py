"""Bytes to segments: where interchanges begin, what stands between them, and their segments as texts.

Text is one character for each byte here, so that places are bytes. Chunks may be cut anywhere: what is not
complete is kept, and looked at again only when more of it can be known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from mappings.contract import MAX_CUT_BYTES
from mappings.edi.pieces import BYTE_ORDER_MARK, LINE_ENDS, Opened, Pieces, Strange, too_long
from mappings.edi.splitting import Splitter
from mappings.edifact.service import BadHeader, Header, header

_BLOCK = 1 << 16
_BETWEEN = " \t\r\n\x00\x1a"
# The beginning of an interchange by which it is known.
_LOOKAHEAD = 8
# Of what is no interchange, so much is shown.
_SHOWN = 200
_START = re.compile(r"(?<![A-Za-z0-9])(?:UNA[^A-Za-z0-9]|UNB[^A-Za-z0-9 \t\r\n])|UNB[^A-Za-z0-9]UNO[A-Z]")
_SURE = re.compile(r"UNB[^A-Za-z0-9]UNO[A-Z]")
_OTHERS = (
    (re.compile("STX[=+]"), "is TRADACOMS, which is read by format: segments with tag: '='"),
    (re.compile("ISA[^A-Za-z0-9]"), "is X12, which is read by format: x12"),
    (
        re.compile("UIB[^A-Za-z0-9]"),
        "is interactive EDIFACT, of which only batch interchanges (UNB) are read",
    ),
    (
        re.compile("(UNH|UNG|BGM)[+]"),
        "has no interchange around it (UNB); format: segments reads segments alone",
    ),
)


Event: TypeAlias = Opened[Header] | Pieces | Strange


@dataclass(slots=True)
class _Passed:
    """Bytes that are passed over: since where, why, how they begin, and whether that was told."""

    offset: int
    rule: str
    message: str
    text: str = ""
    last: str = ""
    is_told: bool = False

    def add(self, text: str) -> None:
        if len(self.text) <= _SHOWN:
            self.text += text[: _SHOWN + 1]
        self.last = text[-1:] or self.last

    def event(self) -> Strange:
        self.is_told = True
        is_cut = len(self.text) > _SHOWN
        text = self.text[:_SHOWN] if is_cut else self.text.rstrip(_BETWEEN)
        message = self.message or _named(text)
        return Strange(self.rule, message, self.offset, text, is_cut=is_cut)


def _named(text: str) -> str:
    """What data this is that is no interchange."""
    known = next((what for pattern, what in _OTHERS if pattern.match(text)), None)
    return known or "is not an interchange, which begins with UNA or UNB"


class Tokens:
    """Cuts one stream. With `is_broken` line ends anywhere are no data."""

    def __init__(self, *, max_segment_bytes: int, is_broken: bool) -> None:
        self._is_broken = is_broken
        self._most = max_segment_bytes
        self._offset = 0
        self._buffer = ""
        self._splitter: Splitter | None = None
        self._passed: _Passed | None = None

    def feed(self, text: str) -> Iterator[Event]:
        """What is complete now. Each event is to be dealt with before the next is asked for."""
        for at in range(0, len(text), _BLOCK):
            self._buffer += text[at : at + _BLOCK]
            yield from self._events()

    def finish(self) -> Iterator[Event]:
        """What the end of the data leaves open."""
        if self._splitter is not None:
            offset, rest = self._splitter.offset, self._splitter.rest()
            if rest.strip(LINE_ENDS):
                if self._splitter.terminator in LINE_ENDS:
                    yield Pieces(offset, [rest])
                else:
                    yield Strange("truncated", "the data ends inside of a segment", offset, rest)
            return
        rest = self._buffer.strip(_BETWEEN)
        if self._passed is None and rest:
            begins = rest[:3] in ("U", "UN", "UNA", "UNB")
            said = ("truncated", "the data ends before an interchange has begun")
            self._passed = _Passed(self._offset, *(said if begins else ("between-interchanges", "")))
        if self._passed is not None and not self._passed.is_told:
            self._passed.add(self._buffer)
            yield self._passed.event()

    def close(self, unread: list[str]) -> None:
        """The interchange has ended; these segments of the last event were not read and are none of its."""
        assert self._splitter is not None
        self._offset, self._buffer = self._splitter.given_back(unread)
        self._splitter = None

    def _events(self) -> Iterator[Event]:
        while True:
            event = self._between() if self._splitter is None else self._inside(self._splitter)
            if event is None:
                return
            yield event

    def _inside(self, splitter: Splitter) -> Event | None:
        text, self._buffer = self._buffer, ""
        splitter.add(text)
        offset = splitter.offset
        texts = splitter.take()
        if texts:
            return Pieces(splitter.offset - sum(map(len, texts)) - len(texts), texts)
        if splitter.held <= self._most:
            return None
        text = splitter.skip(min(self._most, MAX_CUT_BYTES))
        return too_long(self._most, offset, text) if text else self._inside(splitter)

    def _take(self, length: int) -> str:
        taken, self._buffer = self._buffer[:length], self._buffer[length:]
        self._offset += length
        return taken

    def _between(self) -> Event | None:
        """Between interchanges: the next UNA or UNB, or what stands before it."""
        if self._offset == 0 and self._buffer.startswith(BYTE_ORDER_MARK):
            self._take(len(BYTE_ORDER_MARK))
        if self._passed is None:
            self._take(len(self._buffer) - len(self._buffer.lstrip(_BETWEEN)))
        while len(self._buffer) >= _LOOKAHEAD:
            if self._begins():
                if self._passed is not None and not self._passed.is_told:
                    return self._passed.event()
                read = self._header()
                if read is not None:
                    return read
                if self._passed is None or self._passed.is_told:
                    return None
            elif self._pass_over():
                assert self._passed is not None
                return self._passed.event()
        return None

    def _begins(self) -> bool:
        passed = self._passed
        is_apart = passed is None or not (passed.last.isalnum() and passed.last.isascii())
        return (_START if is_apart else _SURE).match(self._buffer) is not None

    def _header(self) -> Opened[Header] | None:
        try:
            read = header(self._buffer, is_broken=self._is_broken)
        except BadHeader as error:
            self._passed = _Passed(self._offset, "interchange-header", str(error))
            self._passed.add(self._take(3))
            return None
        if read is None:
            return None
        offset = self._offset + read.offset
        self._take(read.length)
        self._passed = None
        marks = read.delimiters
        self._splitter = Splitter(marks.terminator, marks.release, self._offset, is_broken=read.is_broken)
        return Opened(offset, read)

    def _pass_over(self) -> bool:
        """Pass over bytes up to what may be an interchange; true when there are enough of them to be told."""
        if self._passed is None:
            self._passed = _Passed(self._offset, "between-interchanges", "")
        found = _START.search(self._buffer, 1)
        self._passed.add(
            self._take(found.start() if found is not None else len(self._buffer) - _LOOKAHEAD + 1)
        )
        return not self._passed.is_told and len(self._passed.text) > _SHOWN
