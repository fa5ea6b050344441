"""Packets that are longer than wanted, shortened on the way from the socket to paho.

A broker of MQTT 3.1.1 cannot be told what a client takes, and paho keeps a packet whole before anybody can
look at it. Of a longer packet its beginning is passed on, with a length that fits it; the rest is read and
dropped. So its topic, its identifier and how long it was are known, and it is acknowledged as what can never
be taken.

Source: MQTT 3.1.1 §2.2 (the fixed header).
"""

from __future__ import annotations

_LENGTH_BYTES = 4
_MORE = 0x80


class Shortener:
    """Follows the packets of one connection. `most`: bytes that are passed on of a packet, without its fixed
    header; at least 2. `dropped`: bytes that are missing from the packet that was completed last, 0 of one
    that is whole."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._head = bytearray()  # a fixed header that is not complete
        self._passing = self._dropping = 0
        self._longer_by = 0  # of the packet that is being shortened
        self.dropped = 0

    def take(self, data: bytes) -> tuple[bytes, int]:
        """What to pass on of data that came next, and how many bytes of it that takes into account: what
        follows is for another call, after what was passed on has been used."""
        parts: list[bytes] = []
        at = self.dropped = 0
        while at < len(data) and not self.dropped:
            if self._passing:
                part = data[at : at + self._passing]
                parts.append(part)
                at += len(part)
                self._passed(len(part))
            elif not self._dropping:
                end = at if self._head else _end_of_whole(data, at, self._most)
                if end > at:
                    parts.append(data[at:end])
                    at = end
                else:
                    at += 1
                    self._header(data[at - 1], parts)
            elif parts:
                break
            else:
                count = min(self._dropping, len(data) - at)
                at += count
                self._dropping -= count
                # One more is passed on: nobody takes the packet for whole before all of it was read.
                self._passing = 0 if self._dropping else 1
        return b"".join(parts), at

    def _passed(self, count: int) -> None:
        self._passing -= count
        if self._longer_by and not self._passing and not self._dropping:
            self.dropped, self._longer_by = self._longer_by, 0

    def _header(self, byte: int, parts: list[bytes]) -> None:
        """One byte of a fixed header."""
        head = self._head
        head.append(byte)
        if len(head) == 1 or (byte & _MORE and len(head) <= _LENGTH_BYTES):
            return
        length = sum((each & ~_MORE) << 7 * place for place, each in enumerate(head[1:]))
        if length > self._most and not byte & _MORE:
            self._longer_by = length - self._most
            self._passing, self._dropping = self._most - 1, self._longer_by
            parts.append(bytes([head[0]]) + _encoded(self._most))
        else:
            # One whose length is no length is for paho to refuse.
            self._passing = length
            parts.append(bytes(head))
        head.clear()


def _end_of_whole(data: bytes, at: int, most: int) -> int:
    """Where the small packets end that begin at `at` and have come whole, as nearly all do."""
    size = len(data)
    while at + 1 < size:
        length, begin = data[at + 1], at + 2
        if length & _MORE:
            if begin >= size or data[begin] & _MORE:
                break
            length, begin = length & 0x7F | data[begin] << 7, begin + 1
        if length > most or begin + length > size:
            break
        at = begin + length
    return at


def _encoded(length: int) -> bytes:
    """The Remaining Length (§2.2.3)."""
    found = bytearray()
    while True:
        length, rest = length >> 7, length & 0x7F
        found.append(rest | (_MORE if length else 0))
        if not length:
            return bytes(found)
