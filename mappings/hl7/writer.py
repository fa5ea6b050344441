"""Records to HL7 v2: messages, with the headers of files and batches that they say, and their trailers with
the counts."""

from __future__ import annotations

from mappings.contract import Context, JsonValue, Record
from mappings.edi import Unwritable
from mappings.edi.body_writer import difference
from mappings.edi.copied import copied_value
from mappings.edi.record_writer import RecordWriter
from mappings.hl7.batches import BATCH_HEADER, FILE_HEADER
from mappings.hl7.compiled import Compiled
from mappings.hl7.escapes import Texts
from mappings.hl7.generic import marks_in, parts_of, read_segment, write_segment
from mappings.hl7.meant import refusal
from mappings.hl7.messages import Messages
from mappings.hl7.parts import Gathered

_LINE_ENDS = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n"}


class Hl7Writer(RecordWriter):
    """The encoder of HL7 v2. Consecutive records with one file header, and in it one batch header, stand in
    one."""

    def __init__(self, compiled: Compiled, context: Context) -> None:
        super().__init__()
        self._messages = Messages(compiled)
        self._most = context.max_record_bytes
        self._definition = compiled.definition
        self._parts = compiled.parts
        self._gathered: Gathered | None = None
        self._around: tuple[JsonValue, JsonValue] = (None, None)
        self._encoding = compiled.definition.encoding
        self._line_end = _LINE_ENDS[compiled.definition.line_end]
        self._file: JsonValue = None
        self._batch: JsonValue = None
        self._in_batch = 0
        self._in_file = 0

    def _end(self) -> None:
        """Write the last message of records that are parts of one, and trailers."""
        self._complete()
        self._close_file()

    def _record(self, record: Record) -> None:
        if not isinstance(record, dict):
            raise Unwritable("record-type", "a record of HL7 is an object", "")
        body = {name: value for name, value in record.items() if name not in (FILE_HEADER, BATCH_HEADER)}
        around = (record.get(FILE_HEADER), record.get(BATCH_HEADER))
        if self._parts is None:
            self._message(body, around)
            return
        if self._gathered is not None and self._around == around and self._gathered.takes(body):
            return
        self._complete()
        self._around = (copied_value(around[0]), copied_value(around[1]))
        self._gathered = Gathered(self._parts, self._most)
        self._gathered.takes(body)

    def _complete(self) -> None:
        """Write the message whose records were gathered."""
        gathered, self._gathered = self._gathered, None
        if gathered is not None:
            self._message(gathered.values, self._around)
            gathered.check()

    def _message(self, body: dict[str, JsonValue], around: tuple[JsonValue, JsonValue]) -> None:
        header, texts = self._messages.write(body)
        refused = refusal(self._definition, header)
        if refused is not None:
            rule, message, field = refused
            raise Unwritable(rule, message, self._messages.path_in_header(field))
        try:
            data = [text.encode(header.encoding) for text in texts]
        except UnicodeEncodeError:
            message = f"has characters that the message's character set has not ({header.encoding})"
            raise Unwritable("encoding", message, "") from None
        if sum(map(len, data)) + len(data) - 1 > self._most:
            raise Unwritable("record-length", f"would be longer than {self._most} bytes", "")
        self._begin(*around)
        self._in_batch += 1
        self._out += [one + self._line_end for one in data]

    def _begin(self, file: JsonValue, batch: JsonValue) -> None:
        """Open what the record is in, and close what it is not in. Raises: Unwritable, and then all is open
        that was."""
        kept = self._file, self._batch, self._in_batch, self._in_file
        written = len(self._out)
        try:
            if file != self._file:
                self._close_file()
                self._header("FHS", file, FILE_HEADER)
                self._file = copied_value(file)
            if batch != self._batch:
                self._close_batch()
                self._header("BHS", batch, BATCH_HEADER)
                self._batch = copied_value(batch)
        except Unwritable:
            self._file, self._batch, self._in_batch, self._in_file = kept
            del self._out[written:]
            raise
        if self._in_batch == 0:
            self._in_file += 1

    def _header(self, tag: str, given: JsonValue, name: str) -> None:
        if given is None:
            return
        try:
            if parts_of(given)[0] != tag:
                raise Unwritable("type", f"is not a segment {tag}", "/id")
            marks = marks_in(given)
            texts = Texts(marks, self._encoding)
            text = write_segment(given, marks, texts)
            read = read_segment(text, marks, texts)
            if read != given:
                raise Unwritable("ambiguous", "would be read as other values", difference(read, given))
            if not frozenset("\r\n\x0b\x1c").isdisjoint(text):
                raise Unwritable("character", "holds a line end, and there is no escape character", "")
            data = text.encode(self._encoding)
        except UnicodeEncodeError:
            message = f"has characters that are not in {self._encoding}"
            raise Unwritable("encoding", message, f"/{name}") from None
        except Unwritable as error:
            raise error.inside(f"/{name}") from None
        self._out.append(data + self._line_end)

    def _close_batch(self) -> None:
        if self._batch is not None:
            self._trailer("BTS", self._batch, self._in_batch)
        self._batch = None
        self._in_batch = 0

    def _close_file(self) -> None:
        self._close_batch()
        if self._file is not None:
            self._trailer("FTS", self._file, self._in_file)
        self._file = None
        self._in_file = 0

    def _trailer(self, tag: str, header: JsonValue, count: int) -> None:
        self._out.append(f"{tag}{marks_in(header).field}{count}".encode("ascii") + self._line_end)
