"""Records to EDIFACT: complete interchanges, with every count and every reference that is not given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mappings.contract import Context, JsonValue, MappingError, Place, Record
from mappings.edi import BodyWriter, Delimiters, StreamBodyWriter, Unwritable
from mappings.edi.record_schema import ENVELOPE
from mappings.edi.segment_list import ANY, SEGMENTS, write_segments
from mappings.edifact.compiled import Compiled
from mappings.edifact.envelope import CONTROL_TAGS, Values
from mappings.edifact.envelope_writer import Begun, EnvelopeWriter


@dataclass(slots=True)
class _Open:
    """What is open: what a record gave for it, its reference, what is in it so far, the tag that ends it."""

    given: Values
    reference: str
    trailer: str
    count: int = 0


class EdifactWriter:
    """The encoder of EDIFACT. Consecutive records with one interchange, and in it one group, stand in one."""

    def __init__(self, compiled: Compiled, context: Context) -> None:
        self._compiled = compiled
        self._envelopes = EnvelopeWriter(compiled, context)
        self._most = context.max_record_bytes
        self._bodies: dict[Delimiters, BodyWriter] = {}
        self._records = 0
        self._interchange: _Open | None = None
        self._group: _Open | None = None
        self._message: _Open | None = None
        self._stream: StreamBodyWriter | None = None
        self._out: list[bytes] = []

    def encode(self, records: Iterable[Record]) -> bytes:
        """The bytes of these records.

        Raises: MappingError for the first record that cannot be written exactly; the encoder is then spent.
        """
        for record in records:
            self._records += 1
            try:
                self._record(record)
            except Unwritable as error:
                raise self._error(error) from None
        return self._taken()

    def finish(self) -> bytes:
        """The trailers that are still to come. Raises: MappingError."""
        try:
            self._close_interchange()
        except Unwritable as error:
            raise self._error(error) from None
        return self._taken()

    def _record(self, record: Record) -> None:
        if not isinstance(record, dict):
            raise Unwritable("record-type", "a record of EDIFACT is an object", "")
        body = {name: value for name, value in record.items() if name != ENVELOPE}
        interchange, group, message = self._envelopes.parts(record.get(ENVELOPE, {}))
        is_list = self._is_list_of_segments(body)
        if self._interchange is None or self._interchange.given != interchange:
            self._close_interchange()
            self._interchange = self._begin(self._envelopes.interchange(interchange), interchange, "UNZ")
        elif self._group is not None and self._group.given != group:
            self._close_group()
        if group is not None and self._group is None:
            self._close_message()
            self._group = self._begin(self._envelopes.group(group), group, "UNE")
            self._interchange.count += 1
        if not (self._message is not None and self._adds(message, body, is_list)):
            self._close_message()
            self._message = self._begin(self._envelopes.message(message), message, "UNT")
            (self._group or self._interchange).count += 1
            self._body(body, is_list)

    def _adds(self, message: Values, body: Values, is_list: bool) -> bool:
        """Write a record into the message that is open, where it may belong to it."""
        assert self._message is not None
        if self._stream is None or is_list or self._message.given != message:
            return False
        try:
            self._lines(self._stream.add(body))
        except Unwritable as error:
            # A record that says nothing of its message may begin another.
            if error.rule != "enclosing" or message:
                raise
            return False
        return True

    def _is_list_of_segments(self, body: Mapping[str, JsonValue]) -> bool:
        if self._compiled.plan is None:
            if body.keys() != {SEGMENTS}:
                raise Unwritable("record-type", "a record is an object with envelope and segments", "")
            return True
        return self._compiled.definition.others == "segments" and body.keys() == {SEGMENTS}

    def _begin(self, begun: Begun, given: Values, trailer: str) -> _Open:
        self._lines([begun.text])
        return _Open(given, begun.reference, trailer, 1 if trailer == "UNT" else 0)

    def _body(self, body: Values, is_list: bool) -> None:
        if is_list:
            self._lines(write_segments(body[SEGMENTS], self._envelopes.delimiters, ANY, CONTROL_TAGS))
            self._close_message()
            return
        writer = self._writer()
        if isinstance(writer, StreamBodyWriter):
            self._stream = writer
            writer.begin()
            self._lines(writer.add(body))
            return
        self._lines(writer.write(body))
        self._close_message()

    def _writer(self) -> BodyWriter:
        marks, plan = self._envelopes.delimiters, self._compiled.plan
        assert plan is not None
        found = self._bodies.get(marks)
        if found is None:
            kind = StreamBodyWriter if plan.layout.streams else BodyWriter
            found = self._bodies[marks] = kind(plan, marks)
        return found

    def _close_interchange(self) -> None:
        self._close_group()
        if self._interchange is not None:
            self._trail(self._interchange)
            self._interchange = None

    def _close_group(self) -> None:
        self._close_message()
        if self._group is not None:
            self._trail(self._group)
            self._group = None

    def _close_message(self) -> None:
        if self._stream is not None:
            stream, self._stream = self._stream, None
            stream.end()
        if self._message is not None:
            message, self._message = self._message, None
            message.count += 1
            self._trail(message)

    def _trail(self, closed: _Open) -> None:
        self._lines([self._envelopes.trailer(closed.trailer, closed.count, closed.reference)])

    def _lines(self, texts: list[str]) -> None:
        """Segments with their terminators, in the interchange's encoding."""
        if self._message is not None:
            self._message.count += len(texts)
        ending = f"{self._envelopes.delimiters.terminator}{self._envelopes.line_end}"
        text = "".join(f"{one}{ending}" for one in texts)
        try:
            data = text.encode(self._envelopes.encoding)
        except UnicodeEncodeError as error:
            encoding = self._envelopes.encoding
            shown = ascii(text[error.start])
            raise Unwritable("encoding", f"has the character {shown}, which {encoding} has not", "") from None
        if len(data) > self._most:
            raise Unwritable("record-length", f"is longer than {self._most} bytes", "")
        self._out.append(data)

    def _taken(self) -> bytes:
        data = b"".join(self._out)
        self._out.clear()
        return data

    def _error(self, error: Unwritable) -> MappingError:
        place = Place(record=self._records, path=error.path or None)
        return MappingError(str(error), rule=error.rule, place=place)
