"""A stream of bytes cut into segments: at carriage returns and line feeds, and at the bytes with which MLLP
frames messages. Each byte is looked at once, however the stream is cut into chunks.

Source: HL7 v2.5.1, §2.6 (carriage return); HL7 transport specification, MLLP release 1 (0B, 1C 0D).
"""

from __future__ import annotations

from collections.abc import Iterator

from mappings.contract import MAX_CUT_BYTES

_ENDS = bytes.maketrans(b"\n\x0b\x1c", b"\r\r\r")


class Lines:
    """Cuts what is added. Of a segment that is longer than `most` bytes the beginning is given."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._offset = 0
        self._open: list[bytes] = []
        self._held = 0
        self._size = 0

    def add(self, chunk: bytes) -> Iterator[tuple[int, bytes, bool, bytes]]:
        """The segments that are complete now: offset, bytes, whether they were cut, and the byte that ended
        them."""
        first, *more = chunk.translate(_ENDS).split(b"\r")
        self._hold(first)
        if not more:
            return
        at = len(first)
        yield *self._taken(), chunk[at : at + 1]
        self._offset += self._size + 1
        self._open, self._held, self._size = [], 0, 0
        last = more.pop()
        for part in more:
            at += len(part) + 1
            end = chunk[at : at + 1]
            if len(part) > self._most:
                yield self._offset, part[: min(self._most, MAX_CUT_BYTES)], True, end
            else:
                yield self._offset, part, False, end
            self._offset += len(part) + 1
        self._hold(last)

    def rest(self) -> tuple[int, bytes, bool]:
        """What is open at the end."""
        return self._taken()

    def _hold(self, part: bytes) -> None:
        self._size += len(part)
        room = self._most + 1 - self._held
        if part and room > 0:
            self._open.append(part[:room])
            self._held += min(len(part), room)

    def _taken(self) -> tuple[int, bytes, bool]:
        data = b"".join(self._open)
        if self._size > self._most:
            return self._offset, data[: min(self._most, MAX_CUT_BYTES)], True
        return self._offset, data, False
