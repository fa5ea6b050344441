"""Many small records at once: one by one, what goes on around a record takes longer than the record.

A stretch of whole records is read in one go where nothing is wrong with any of them. Where something is, the
stretch is halved a few times, and what is left of it is read record by record: what comes out, and the places
of errors, are the same however a stretch was read.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mappings.contract import Context, JsonValue
from mappings.json.schema import RecordSchema

MOST_BYTES = 64 * 1024
"""Bytes of a stretch: a thread that reads one holds up others for a few milliseconds."""
LEAST_BYTES = 256
_SHRINK = 4

# From the end of the data to its beginning.
_TOKEN = re.compile(rb'["\[\]{},]')
_TOKENS_AT_MOST = 1000

Ends = Callable[[bytes], int]
"""How many of the data's first bytes are whole records, without what ends the last one; 0 for none. It need
not be right: what is no text of records is read one by one."""
Reads = Callable[..., "list[JsonValue] | None"]
"""`decode_array` or `decode_lines`."""


class Stretches:
    """Reads stretches of one stream, and remembers where it did not work."""

    def __init__(self, ends: Ends, reads: Reads, context: Context, schema: RecordSchema) -> None:
        self._ends = ends
        self._reads = reads
        self._context = context
        self._schema = schema
        self._size = self._most = min(MOST_BYTES, context.max_record_bytes)
        self._not_before = 0

    def read(self, data: bytearray, base: int) -> tuple[list[JsonValue], int] | None:
        """The records at the beginning of `data` and the bytes that they take, without what ends the last
        one. None where they are to be read one by one. `base`: the offset of `data` in the stream."""
        while base >= self._not_before and len(data) >= LEAST_BYTES:
            window = bytes(data[: self._size])
            end = self._ends(window)
            values = self._reads(window[:end], max_depth=self._context.max_depth) if end else None
            if values and self._schema.allows(values):
                self._size = min(self._most, 2 * self._size)
                return values, end
            if not end:
                # Longer ones, it may be.
                self._size = min(self._most, 2 * self._size)
            elif end >= LEAST_BYTES:
                self._size = max(LEAST_BYTES, end // _SHRINK)
                continue
            self._not_before = base + len(window)
        return None


def last_comma(window: bytes) -> int:
    """Where the last comma stands that is in no string and no brackets opened in the window. Brackets that
    were opened before it do not count: the window begins with an element of an array."""
    plain = window
    if b"\\" in plain:
        # Of the same length, so that places stay.
        plain = plain.replace(b"\\\\", b"  ").replace(b'\\"', b"  ")
    parts = plain.split(b'"')
    if len(parts) % 2 == 0:
        # It ends inside a string.
        plain = plain[: len(plain) - len(parts.pop()) - 1]
    outside = b"".join(parts[::2])
    depth = outside.count(b"{") + outside.count(b"[") - outside.count(b"}") - outside.count(b"]")
    in_string = False
    backwards = plain[::-1]
    for count, found in enumerate(_TOKEN.finditer(backwards)):
        byte = found[0]
        if byte == b'"':
            in_string = not in_string
        elif in_string:
            continue
        elif byte == b"," and depth == 0:
            return len(backwards) - found.end()
        elif byte in b"}]":
            depth += 1
        elif byte in b"{[":
            depth -= 1
        if count >= _TOKENS_AT_MOST:
            break
    return 0


def last_line_end(window: bytes) -> int:
    """Where the window's last line feed stands; 0 where it has none."""
    return max(0, window.rfind(b"\n"))
