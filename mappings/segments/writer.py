"""Records to segments without envelopes."""

from __future__ import annotations

from mappings.contract import Context, Record
from mappings.edi import BodyWriter, BrokenRule, StreamBodyWriter, Unwritable
from mappings.edi.record_writer import RecordWriter
from mappings.edi.segment_list import write_segment
from mappings.segments.compiled import NONE, Compiled


class SegmentsWriter(RecordWriter):
    """The encoder of segments."""

    def __init__(self, compiled: Compiled, context: Context) -> None:
        super().__init__()
        self._marks = compiled.delimiters
        self._ending = compiled.ending
        self._encoding = compiled.definition.encoding
        self._most = context.max_record_bytes
        self._body: BodyWriter | None = None
        if compiled.plan is not None:
            kind = StreamBodyWriter if compiled.plan.layout.streams else BodyWriter
            self._body = kind(compiled.plan, self._marks)

    def _record(self, record: Record) -> None:
        self._out.append(self._bytes(self._texts(record)))

    def _end(self) -> None:
        """Nothing follows the last record, which may be where something is missing."""
        if isinstance(self._body, StreamBodyWriter) and self._records:
            self._body.end()

    def _texts(self, record: Record) -> list[str]:
        if self._body is None:
            try:
                return [write_segment(record, self._marks)]
            except BrokenRule as error:
                raise Unwritable(error.rule, str(error), "") from None
        if not isinstance(record, dict):
            raise Unwritable("record-type", "a record of segments is an object", "")
        if isinstance(self._body, StreamBodyWriter):
            return self._body.add(record)
        if self._records > 1:
            raise Unwritable("record-count", "all of the data is one record here, and one was written", "")
        return self._body.write(record)

    def _bytes(self, texts: list[str]) -> bytes:
        text = "".join(f"{one}{self._ending}" for one in texts)
        if self._marks.component == NONE and NONE in text:
            raise Unwritable("character", "holds a character for private use (U+E000)", "")
        try:
            data = text.encode(self._encoding)
        except UnicodeEncodeError as error:
            shown = ascii(text[error.start])
            message = f"has the character {shown}, which {self._encoding} has not"
            raise Unwritable("encoding", message, "") from None
        if len(data) > self._most:
            raise Unwritable("record-length", f"is longer than {self._most} bytes", "")
        return data
