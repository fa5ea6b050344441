"""A stream cut into records at descriptor words: the record formats V, VB, VS and VBS.

A length that cannot be is an error. In blocks, reading goes on with the next block; without them nothing
says where the next record begins: `LostError`. A record that is longer than allowed is passed over.

Memory: one record and a chunk. Time: linear, however the chunks are cut.
Source: z/OS DFSMS Using Data Sets, Format-V records, Spanned Format-VS and Format-VBS records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mappings.fixed_width.errors import FieldError, LostError
from mappings.fixed_width.framing import Piece
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

_MOST_EXTENDED = 0x7FFF_FFFF


@dataclass(slots=True)
class _Segments:
    """The segments so far of a record that is not complete."""

    offset: int
    data: bytearray
    too_long: bool = False


class DescriptorFramer:
    """Records with a length before each. `most` bytes of a record are kept at most.

    `feed` and `finish` raise LostError when nothing says where the next record begins, after all records
    before it were given.
    """

    def __init__(self, definition: RecordFormatDefinition, most: int) -> None:
        assert definition.record_format is not None, "the caller asks for what has descriptor words"
        self._most = most
        self._word = definition.rdw
        self._block_word = definition.bdw
        self._length = _length_reader(definition.rdw, flags=definition.record_format in SPANNED)
        self._block_length = _block_length_reader(definition.bdw)
        self._is_blocked = definition.record_format in BLOCKED
        self._is_spanned = definition.record_format in SPANNED
        self._pending = bytearray()
        self._offset = 0  # of the pending bytes in the data
        self._skip = 0  # bytes to pass over
        self._block_left = 0  # bytes of the current block that follow
        self._segments: _Segments | None = None
        self._ready: list[Piece] = []
        self._is_plain = definition.rdw == DescriptorWord() and not self._is_spanned

    @property
    def position(self) -> tuple[int, int | None]:
        """The offset of what comes next; there are no lines."""
        return self._offset, None

    @property
    def held(self) -> int:
        """Bytes of a record that is not complete yet."""
        return len(self._pending) + self._skip

    @property
    def missing(self) -> int:
        """Bytes that the record which is held needs at least before more of it is known: those of its
        descriptor word first. Only of records with the words of z/OS, without blocks and segments."""
        if self._skip:
            return self._skip
        size, pending = self._word.size, self._pending
        if len(pending) < size:
            return size - len(pending)
        return max(1, (pending[0] << 8 | pending[1]) - len(pending))

    def pass_over(self, size: int, lines: int) -> None:
        """Move on behind so many bytes, which are whole records. Nothing is held then."""
        self._offset += size

    def feed(self, chunk: bytes) -> Iterator[Piece]:
        """The records that are complete now. To be exhausted before the next call."""
        self._pending += chunk
        goes_on = True
        while goes_on:
            if self._is_plain and not self._skip:
                yield from self._plain()
            goes_on = self._step()
            if self._ready:
                ready, self._ready = self._ready, []
                yield from ready

    def _plain(self) -> Iterator[Piece]:
        """The records in front that are as on z/OS and complete: in one go, since most are."""
        pending, most = self._pending, self._most + 4
        at, end = 0, len(pending)
        if self._is_blocked:
            end = min(end, self._block_left)
        offset = self._offset + 4
        while at + 4 <= end:
            length = pending[at] << 8 | pending[at + 1]
            following = at + length
            if length < 4 or length > most or following > end or pending[at + 2] or pending[at + 3]:
                break
            yield Piece(offset + at, None, bytes(pending[at + 4 : following]))
            at = following
        if self._is_blocked:
            self._block_left -= at
        self._drop(at)

    def finish(self) -> Iterator[Piece]:
        """What is left: a record, a segment or a block that the data cuts short."""
        if self._segments is not None:
            self._end_segments("the data ends before the last segment of the record")
        if self._pending or self._block_left:
            self._put_rest()
        self._drop(len(self._pending))
        self._skip = self._block_left = 0
        yield from self._ready
        self._ready.clear()

    def _put(self, offset: int, data: bytes | bytearray, *, too_long: bool) -> None:
        """A record, or the first bytes of one that is longer than allowed."""
        if too_long:
            self._refuse(offset, data, "record-length", f"is longer than {self._most} bytes", is_cut=True)
        else:
            self._ready.append(Piece(offset, None, bytes(data)))

    def _refuse(
        self, offset: int, data: bytes | bytearray, rule: str, message: str, *, is_cut: bool = False
    ) -> None:
        self._ready.append(Piece(offset, None, bytes(data), FieldError(rule, message), is_cut))

    def _put_rest(self) -> None:
        """What the data cuts short, without the descriptor word where that is whole."""
        size = self._word.size
        in_block = not self._is_blocked or self._block_left > 0
        at = size if in_block and len(self._pending) >= size else 0
        data = self._pending[at : at + self._most]
        self._refuse(self._offset + at, data, "truncated", f"the data ends {len(data)} bytes into it")

    def _step(self) -> bool:
        """One move; whether there may be another with the bytes that are there."""
        if self._skip:
            passed = min(self._skip, len(self._pending))
            self._skip -= passed
            self._drop(passed)
            if self._skip:
                return False
        if self._is_blocked and not self._block_left:
            return self._begin_block()
        return self._record()

    def _drop(self, count: int) -> None:
        del self._pending[:count]
        self._offset += count

    def _begin_block(self) -> bool:
        size = self._block_word.size
        if len(self._pending) < size:
            return False
        word = bytes(self._pending[:size])
        left = self._block_length(word) - self._block_word.itself
        if left < 0:
            raise LostError("block-length", "is no block descriptor word", self._offset, word)
        if not left:
            self._refuse(self._offset, word, "block-length", "is a block without records")
        self._drop(size)
        self._block_left = left
        return True

    def _record(self) -> bool:
        """The next record or segment."""
        size, pending = self._word.size, self._pending
        if self._is_blocked and self._block_left < size:
            return self._give_up_block("has no room for its descriptor word")
        if len(pending) < size:
            return False
        length, kind = self._length(pending)
        data_length = length - self._word.itself
        if data_length < 0:
            return self._give_up_block("has no descriptor word that can be")
        whole = size + data_length
        if self._is_blocked and whole > self._block_left:
            return self._give_up_block("is longer than what is left of its block")
        kept = min(data_length, self._most)
        if len(pending) < size + kept:
            return False
        data, offset = bytes(pending[size : size + kept]), self._offset + size
        self._skip = whole  # what is there of it is passed over in the next step
        if self._is_blocked:
            self._block_left -= whole
        if kind == WHOLE and self._segments is None:
            self._put(offset, data, too_long=kept < data_length)
        else:
            self._segment(offset, data, kind, too_long=kept < data_length)
        return True

    def _give_up_block(self, reason: str) -> bool:
        """A length that cannot be: go on with the next block, where there are blocks."""
        if not self._is_blocked:
            data = bytes(self._pending[: self._word.size])
            raise LostError("record-length", f"a record {reason}", self._offset, data)
        kept = min(self._block_left, self._most)
        if len(self._pending) < kept:
            return False
        if self._segments is not None:
            self._end_segments("the block of its next segment cannot be read")
        is_cut = kept < self._block_left
        self._refuse(self._offset, self._pending[:kept], "record-length", f"a record {reason}", is_cut=is_cut)
        self._skip, self._block_left = self._block_left, 0
        return True

    def _segment(self, offset: int, data: bytes, kind: int, *, too_long: bool) -> None:
        """Put segments together. One that does not belong to what came before is an error."""
        if kind in (WHOLE, FIRST):
            if self._segments is not None:
                self._end_segments("the last segment of the record is missing")
            if kind == FIRST:
                self._segments = _Segments(offset, bytearray(data), too_long)
            else:
                self._put(offset, data, too_long=too_long)
            return
        record = self._segments
        if record is None:
            self._refuse(
                offset, data, "segment", "the first segment of the record is missing", is_cut=too_long
            )
            return
        room = self._most - len(record.data)
        record.too_long = record.too_long or too_long or len(data) > room
        record.data += data[:room]
        if kind == LAST:
            self._segments = None
            self._put(record.offset, record.data, too_long=record.too_long)

    def _end_segments(self, reason: str) -> None:
        record, self._segments = self._segments, None
        assert record is not None, "the caller has looked"
        self._refuse(record.offset, record.data, "segment", reason, is_cut=record.too_long)


def _length_reader(word: DescriptorWord, *, flags: bool) -> Callable[[bytearray], tuple[int, int]]:
    """From the bytes at a word to its length and the kind of segment; a length of -1 where it is none."""
    order, form = word.byte_order, word.form

    def plain(data: bytearray) -> tuple[int, int]:
        size = 4 if form is WordForm.FOUR_BYTES else 2
        return int.from_bytes(data[:size], order), WHOLE

    def zeros_first(data: bytearray) -> tuple[int, int]:
        return (-1 if data[0] or data[1] else int.from_bytes(data[2:4], order)), WHOLE

    def zeros_last(data: bytearray) -> tuple[int, int]:
        flag = data[2]
        if data[3] or flag > (MIDDLE if flags else 0):
            return -1, WHOLE
        return int.from_bytes(data[:2], order), flag

    readers = {WordForm.LENGTH_ZEROS: zeros_last, WordForm.ZEROS_LENGTH: zeros_first}
    return readers.get(form, plain)


def _block_length_reader(word: DescriptorWord) -> Callable[[bytes], int]:
    """As for records. z/OS has longer blocks too, whose word has its first bit set and 31 bits of length."""
    read = _length_reader(word, flags=False)

    def length(data: bytes) -> int:
        if word.form is WordForm.LENGTH_ZEROS and word.byte_order == "big" and data[0] & 0x80:
            return int.from_bytes(data, "big") & _MOST_EXTENDED
        return read(bytearray(data))[0]

    return length
