"""A stream cut into records: by length, or at separators. Chunks may be cut anywhere.

By length, the next record begins `record_length` bytes on, whatever was wrong with this one. At separators,
it begins behind the next one. Bytes that are left at the end are a record that is too short.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from mappings.fixed_width.errors import FieldError
from mappings.fixed_width.layout import Layout
from mappings.fixed_width.schema import Separator


class Piece(NamedTuple):
    """The bytes of one record. `offset` counts bytes from 0, `line` from 1. `wrong` says that it is none,
    `is_cut` that it is longer and these are its first bytes."""

    offset: int
    line: int | None
    data: bytes
    wrong: FieldError | None = None
    is_cut: bool = False


class Framer(Protocol):
    """Cuts one stream. What `feed` gives is to be exhausted before the next call."""

    def feed(self, chunk: bytes) -> Iterator[Piece]:
        """The records that are complete now. Raises: LostError, after them."""

    @property
    def position(self) -> tuple[int, int | None]:
        """Where the next record begins: its offset and line, as a piece has them. Nothing is held then."""

    def finish(self) -> Iterator[Piece]:
        """What the end of the data completes, called once. Raises: LostError."""


class PassingFramer(Framer, Protocol):
    """A framer of which records can be read elsewhere: those that begin where it stands."""

    @property
    def held(self) -> int:
        """Bytes of a record that is not complete yet."""

    def pass_over(self, size: int, lines: int) -> None:
        """Move on behind so many bytes and lines, which are whole records. Nothing is held then."""


class DescribedFramer(PassingFramer, Protocol):
    """One of records that say themselves how long they are."""

    @property
    def missing(self) -> int:
        """Bytes that the record which is held needs at least before more of it is known."""


class LengthFramer:
    """Records of one length with nothing between them."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._pending = bytearray()
        self._offset = 0

    @property
    def held(self) -> int:
        """Bytes of a record that is not complete yet."""
        return len(self._pending)

    @property
    def position(self) -> tuple[int, int | None]:
        """The offset of the next record; there are no lines."""
        return self._offset, None

    def pass_over(self, size: int, lines: int) -> None:
        """Move on behind so many bytes."""
        self._offset += size

    def feed(self, chunk: bytes) -> Iterator[Piece]:
        """The records that are complete now. To be exhausted before the next call."""
        self._pending += chunk
        length, offset = self._length, self._offset
        whole = len(self._pending) // length * length
        block = bytes(self._pending[:whole])
        del self._pending[:whole]
        self._offset += whole
        for at in range(0, whole, length):
            yield Piece(offset + at, None, block[at : at + length])

    def finish(self) -> Iterator[Piece]:
        """What is left."""
        data = bytes(self._pending)
        self._pending.clear()
        if data:
            offset = self._offset
            self._offset += len(data)
            wrong = FieldError("truncated", f"the data ends after {len(data)} of {self._length} bytes")
            yield Piece(offset, None, data, wrong)


class SeparatedLengthFramer:
    """Records of one length with a separator after each, whose bytes may stand inside a record too. The last
    one may lack it. Where another byte stands in its place the record is wrong, and the next one begins where
    it would."""

    def __init__(self, length: int, separator: bytes) -> None:
        self._framer = LengthFramer(length + len(separator))
        self._length = length
        self._separator = separator
        self._line = 0

    @property
    def held(self) -> int:
        """Bytes of a record that is not complete yet."""
        return self._framer.held

    @property
    def position(self) -> tuple[int, int | None]:
        """The offset and line of the next record."""
        return self._framer.position[0], self._line + 1

    def pass_over(self, size: int, lines: int) -> None:
        """Move on behind so many bytes and lines."""
        self._framer.pass_over(size, lines)
        self._line += lines

    def feed(self, chunk: bytes) -> Iterator[Piece]:
        """The records that are complete now. To be exhausted before the next call."""
        return map(self._piece, self._framer.feed(chunk))

    def finish(self) -> Iterator[Piece]:
        """What is left: the last record, where no separator follows it."""
        return map(self._last, self._framer.finish())

    def _piece(self, piece: Piece) -> Piece:
        self._line += 1
        data = piece.data
        wrong = None
        if not data.endswith(self._separator):
            wrong = FieldError("separator", f"no separator stands after {self._length} bytes")
        return Piece(piece.offset, self._line, data[: self._length], wrong)

    def _last(self, piece: Piece) -> Piece:
        self._line += 1
        wrong = None if len(piece.data) == self._length else piece.wrong
        return Piece(piece.offset, self._line, piece.data[: self._length], wrong)


class LineFramer:
    """Records that end with a separator; the last one may lack it.

    Memory: one record. Of a longer one the first `most` bytes are kept and the rest dropped while it passes.
    """

    def __init__(self, layout: Layout, newline: bytes, carriage_return: bytes, most: int) -> None:
        self._newline = newline
        self._return = carriage_return
        self._separator = layout.separator
        self._skips_blank = layout.skips_blank
        self._most = most
        self._pending = bytearray()
        self._dropped = 0
        self._offset = 0
        self._line = 0

    @property
    def held(self) -> int:
        """Bytes of a line that has not ended yet."""
        return len(self._pending) + self._dropped

    @property
    def position(self) -> tuple[int, int | None]:
        """The offset and line of the next record."""
        return self._offset, self._line + 1

    def pass_over(self, size: int, lines: int) -> None:
        """Move on behind so many bytes and lines."""
        self._offset += size
        self._line += lines

    def feed(self, chunk: bytes) -> Iterator[Piece]:
        """The records that are complete now. To be exhausted before the next call."""
        lines = chunk.split(self._newline)
        rest = lines.pop()
        for line in lines:
            if self._pending or self._dropped:
                self._keep(line)
                line = bytes(self._pending)
                self._pending.clear()
            piece = self._piece(line, separated=True)
            if piece.data or piece.wrong or not self._skips_blank:
                yield piece
        self._keep(rest)

    def finish(self) -> Iterator[Piece]:
        """The last record, where no separator follows it."""
        if self._pending or self._dropped:
            line = bytes(self._pending)
            self._pending.clear()
            yield self._piece(line, separated=False)

    def _keep(self, part: bytes) -> None:
        room = self._most + 1 - len(self._pending)  # one more for a carriage return
        self._pending += part[:room]
        self._dropped += max(0, len(part) - room)

    def _piece(self, line: bytes, *, separated: bool) -> Piece:
        offset = self._offset
        self._offset += len(line) + self._dropped + separated
        self._line += 1
        too_long, self._dropped = self._dropped > 0, 0
        wrong = None
        ends_with_return = separated and line.endswith(self._return)
        if ends_with_return and self._separator in (Separator.CRLF, Separator.EITHER):
            line = line[:-1]
        elif separated and self._separator is Separator.CRLF:
            wrong = FieldError("separator", "ends with LF, CRLF is declared")
        elif ends_with_return and self._separator is Separator.LF:
            wrong = FieldError("separator", "ends with CRLF, LF is declared")
        too_long = too_long or len(line) > self._most
        if too_long:
            wrong = FieldError("record-length", f"is longer than {self._most} bytes")
        return Piece(offset, self._line, line[: self._most], wrong, too_long)
