"""JSON as a format: the data is one JSON value. An array is its records; any other value is one record.

Records are cut out of the array as they pass by, so memory is bounded by one record; a record that is not
JSON in itself costs only itself as long as its brackets and quotes balance. A single record is written as it
is; several, none, and one that is an array itself are written as an array: reading gives the same records.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum, auto

from mappings.contract import (
    MAX_CUT_BYTES,
    Context,
    JsonValue,
    MappingError,
    Place,
    Record,
    Summary,
)
from mappings.json.record import numbered, read_record, too_long
from mappings.json.schema import RecordSchema, RecordsInJson
from mappings.json.stretch import Stretches, last_comma
from mappings.json.text import decode, decode_array, encode


class JsonFormat(RecordsInJson):
    """The built-in format `json`."""

    content_type = "application/json"

    def value(self, data: bytes) -> JsonValue:
        """The data held whole, as the one JSON value that it is; its records agree with their schema.

        Raises: MappingError.
        """
        value = decode(data)
        several = isinstance(value, list)
        for number, record in enumerate(value if isinstance(value, list) else [value], 1):
            wrong = self._schema.error(record, Place(record=number if several else None))
            if wrong is not None:
                raise wrong
        return value

    def decoder(self, context: Context) -> ArrayDecoder:
        """A decoder for one stream."""
        return ArrayDecoder(context, self._schema)

    def encoder(self, context: Context) -> ArrayEncoder:
        """An encoder for one stream."""
        return ArrayEncoder()


class _State(Enum):
    START = auto()
    LONE = auto()  # one record that is the whole data
    FIRST = auto()  # after `[`
    ELEMENT = auto()
    NEXT = auto()  # after `,`
    BETWEEN = auto()  # after an element
    END = auto()


_SPACE = re.compile(rb"[ \t\r\n]*")
_OUTSIDE = re.compile(rb'["\[\]{},]')
_INSIDE = re.compile(rb'["\\]')
_INSIDE_CHARACTERS = bytes(range(0x80, 0xC0))
"""Bytes that are not the first of a character in UTF-8."""
_CLOSERS = {ord("{"): ord("}"), ord("["): ord("]")}


class ArrayDecoder:
    """Follows brackets and strings to find where each element ends, and decodes it then."""

    def __init__(self, context: Context, schema: RecordSchema) -> None:
        self._context = context
        self._schema = schema
        self._buffer = bytearray()
        self._base = 0  # offset of the buffer in the data
        self._line = 1
        self._column = 1  # in characters
        self._at = 0  # how far the buffer has been scanned
        self._state = _State.START
        self._closers: list[int] = []
        self._in_string = False
        self._stretches = Stretches(last_comma, decode_array, context, schema)
        self._start = Place()  # of the element being scanned
        self._failed: MappingError | None = None
        self._oversize = False
        self._cut = b""  # the beginning of the element, where it is too long already
        self._records = 0
        self._errors = 0

    def feed(self, chunk: bytes) -> Sequence[Record | MappingError]:
        """The records that are complete now. Raises: MappingError when lost, but first gives what is good."""
        if self._failed is not None:
            raise self._failed
        self._buffer += chunk
        results: list[Record | MappingError] = []
        try:
            while self._step(results):
                pass
        except MappingError as error:
            # What was read before it is given first.
            self._failed = error
            if not results:
                raise
        return results

    def finish(self) -> tuple[Sequence[Record | MappingError], Summary]:
        """The lone record, if the data is one, and the summary.

        Raises: MappingError when the data is lost, ends inside the array or holds nothing.
        """
        if self._failed is not None:
            raise self._failed
        results: list[Record | MappingError] = []
        if self._state is _State.LONE:
            self._take(results, len(self._buffer))
        elif self._state is not _State.END:
            what = "is empty" if self._state is _State.START else "ends inside the array"
            raise self._lost(f"the data {what}", "truncated")
        return results, Summary(records=self._records, errors=self._errors)

    def _step(self, results: list[Record | MappingError]) -> bool:
        """Do what the next bytes allow; False when more are needed."""
        if self._state in (_State.ELEMENT, _State.LONE):
            return self._scan(results)
        if self._state is _State.START and self._buffer[:1] == b"\xef":
            raise self._lost("starts with a byte order mark", "bom")
        self._drop(_match_end(_SPACE, self._buffer))
        if not self._buffer:
            return False
        self._punctuation(self._buffer[0], results)
        return True

    def _punctuation(self, byte: int, results: list[Record | MappingError]) -> None:
        """Take one byte between elements, or elements that begin with it."""
        state = self._state
        if state is _State.START:
            if byte == 0x5B:
                self._drop(1)
                self._state = _State.FIRST
            else:
                self._enter(_State.LONE)
        elif state is _State.END:
            raise self._lost("something follows the end of the JSON value", "trailing")
        elif byte == 0x5D and state in (_State.FIRST, _State.BETWEEN):
            self._drop(1)
            self._state = _State.END
        elif state is _State.BETWEEN:
            if byte != 0x2C:
                raise self._lost("a comma or the end of the array must follow an element", "syntax")
            self._drop(1)
            self._state = _State.NEXT
        elif byte in b",]}":
            raise self._lost("an element is missing", "syntax")
        elif not self._several(results):
            self._enter(_State.ELEMENT)

    def _several(self, results: list[Record | MappingError]) -> bool:
        """Take the elements that the buffer begins with, if they can be read at once."""
        found = self._stretches.read(self._buffer, self._base)
        if found is None:
            return False
        records, end = found
        results += records
        self._records += len(records)
        self._drop(end)
        self._state = _State.BETWEEN
        return True

    def _enter(self, state: _State) -> None:
        self._state = state
        self._start = Place(
            record=self._records + 1, byte_offset=self._base, line=self._line, column=self._column
        )

    def _scan(self, results: list[Record | MappingError]) -> bool:
        """Move through an element; take it when it ends."""
        buffer, lone = self._buffer, self._state is _State.LONE
        while True:
            found = (_INSIDE if self._in_string else _OUTSIDE).search(buffer, self._at)
            if found is None:
                self._at = len(buffer)
                self._bound()
                return False
            byte, at = buffer[found.start()], found.start()
            if byte == 0x5C:
                if at + 1 >= len(buffer):
                    self._at = at
                    return False
                self._at = at + 2
                continue
            self._at = at
            if byte == 0x22:
                self._in_string = not self._in_string
            elif byte in _CLOSERS:
                self._open(_CLOSERS[byte])
            elif self._closers:
                self._close(byte)
            elif not lone:
                self._take(results, at)
                self._state = _State.BETWEEN
                return True
            self._at = at + 1

    def _open(self, closer: int) -> None:
        self._closers.append(closer)
        if len(self._closers) > 10 * self._context.max_depth:
            raise self._lost(f"nested deeper than {self._context.max_depth} levels", "depth")

    def _close(self, byte: int) -> None:
        if byte == 0x2C:
            return
        if byte != self._closers.pop():
            raise self._lost("brackets do not match", "syntax")

    def _take(self, results: list[Record | MappingError], end: int) -> None:
        """Decode the buffer's first `end` bytes as one record."""
        self._records += 1
        if self._oversize or end > self._context.max_record_bytes:
            start = self._cut or bytes(self._buffer[: min(end, MAX_CUT_BYTES)])
            result: Record | MappingError = too_long(self._start, self._context, start)
        else:
            text = bytes(self._buffer[:end]).rstrip(b" \t\r\n")
            result = read_record(text, self._start, self._context, self._schema)
        self._oversize, self._cut = False, b""
        self._errors += isinstance(result, MappingError)
        results.append(result)
        self._drop(end)

    def _bound(self) -> None:
        """Drop what has been scanned of an element that is too long already; it goes on being scanned."""
        if not self._oversize and len(self._buffer) > self._context.max_record_bytes:
            self._oversize = True
            self._cut = bytes(self._buffer[:MAX_CUT_BYTES])
        if self._oversize:
            self._drop(self._at)

    def _drop(self, count: int) -> None:
        last_line = self._buffer[self._buffer.rfind(b"\n", 0, count) + 1 : count]
        lines = self._buffer.count(b"\n", 0, count)
        self._line += lines
        self._column = (1 if lines else self._column) + len(last_line.translate(None, _INSIDE_CHARACTERS))
        del self._buffer[:count]
        self._base += count
        self._at = 0

    def _lost(self, message: str, rule: str) -> MappingError:
        at = self._at if self._state in (_State.ELEMENT, _State.LONE) else 0
        line = self._line + self._buffer.count(b"\n", 0, at)
        return MappingError(message, rule=rule, place=Place(byte_offset=self._base + at, line=line))


def _match_end(pattern: re.Pattern[bytes], data: bytearray) -> int:
    found = pattern.match(data)
    return found.end() if found else 0


class ArrayEncoder:
    """Holds the first record back until it is known whether it stays alone."""

    def __init__(self) -> None:
        self._given = 0  # those too that could not be written
        self._first: bytes | None = None
        self._first_is_array = False
        self._is_begun = False

    def encode(self, records: Iterable[Record]) -> bytes:
        """The text of these records as far as it is settled.

        Raises: MappingError, and none of them is written.
        """
        texts = [(self._text(record), isinstance(record, list)) for record in records]
        parts: list[bytes] = []
        for text, is_array in texts:
            if self._is_begun:
                parts += [b",\n", text]
            elif self._first is None:
                self._first, self._first_is_array = text, is_array
            else:
                parts += [b"[", self._first, b",\n", text]
                self._is_begun = True
        return b"".join(parts)

    def finish(self) -> bytes:
        """The end of the array, or the whole data where there is one record or none."""
        if self._is_begun:
            return b"]"
        if self._first is None:
            return b"[]"
        return b"[" + self._first + b"]" if self._first_is_array else self._first

    def _text(self, record: Record) -> bytes:
        self._given += 1
        try:
            return encode(record)
        except MappingError as error:
            raise numbered(error, self._given) from None
