"""Records with a length before each, in blocks where the record format has them.

Source: z/OS DFSMS Using Data Sets, Format-V records, Spanned Format-VS and Format-VBS records.
"""

from __future__ import annotations

from mappings.fixed_width.errors import FieldError
from mappings.fixed_width.record_formats import (
    BLOCKED,
    FIRST,
    LAST,
    MIDDLE,
    SPANNED,
    WHOLE,
    DescriptorWord,
    RecordFormatDefinition,
    WordForm,
)


class DescriptorWriter:
    """Puts descriptor words before records. Memory: one block."""

    def __init__(self, definition: RecordFormatDefinition) -> None:
        self._word = definition.rdw
        self._block_word = definition.bdw
        self._is_blocked = definition.record_format in BLOCKED
        self._is_spanned = definition.record_format in SPANNED
        in_block = definition.bdw.size if self._is_blocked else 0
        self._room = definition.block_size - in_block
        self._block = bytearray()

    def record(self, data: bytes) -> bytes:
        """The bytes that are complete now that this record is there.

        Raises: FieldError when no descriptor word can say its length, or no block can hold it.
        """
        if self._is_spanned:
            return self._spanned(data)
        most = self._word.most - self._word.itself
        if self._is_blocked:
            most = min(most, self._room - self._word.size)
        if len(data) > most:
            raise FieldError("record-length", f"is longer than {most} bytes")
        return self._put(self._worded(data, WHOLE))

    def finish(self) -> bytes:
        """The last block."""
        return self._ended()

    def _put(self, part: bytes) -> bytes:
        """Take one record or segment into the block; the block before it, where it does not fit there."""
        if not self._is_blocked:
            return part
        full = self._ended() if len(self._block) + len(part) > self._room else b""
        self._block += part
        return full

    def _spanned(self, data: bytes) -> bytes:
        """As many segments as it takes, the first in what is left of the block."""
        parts = []
        at, size, end = 0, self._word.size, len(data)
        while True:
            left = self._room - len(self._block) - size
            if left < min(1, end - at):
                parts.append(self._ended())
                continue
            count = min(end - at, left)
            is_last = at + count == end
            flag = (WHOLE if is_last else FIRST) if at == 0 else (LAST if is_last else MIDDLE)
            parts.append(self._put(self._worded(data[at : at + count], flag)))
            at += count
            if is_last:
                return b"".join(parts)

    def _ended(self) -> bytes:
        """The block so far with its word; nothing where it is empty."""
        if not self._block:
            return b""
        block = bytes(self._block)
        self._block.clear()
        return _word(self._block_word, len(block) + self._block_word.itself, WHOLE) + block

    def _worded(self, data: bytes, flag: int) -> bytes:
        return _word(self._word, len(data) + self._word.itself, flag) + data


def _word(word: DescriptorWord, length: int, flag: int) -> bytes:
    if word.form is WordForm.FOUR_BYTES:
        return length.to_bytes(4, word.byte_order)
    two = length.to_bytes(2, word.byte_order)
    if word.form is WordForm.LENGTH_ZEROS:
        return two + bytes((flag, 0))
    return b"\x00\x00" + two if word.form is WordForm.ZEROS_LENGTH else two
