"""Records to X12: complete interchanges, with every count and every control number that is not given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mappings.contract import Context, JsonValue, MappingError, Place, Record
from mappings.edi import BodyWriter, Delimiters, StreamBodyWriter, Unwritable
from mappings.edi.record_schema import ENVELOPE
from mappings.edi.segment_list import SEGMENTS, write_segments
from mappings.x12.compiled import Compiled
from mappings.x12.envelope import Values
from mappings.x12.envelope_writer import EnvelopeWriter, same
from mappings.x12.tags import CONTROL_TAGS, TAGS

_TRAILERS = ("IEA", "GE", "SE")
_INTERCHANGE, _GROUP, _TRANSACTION = 0, 1, 2


class X12Writer:
    """The encoder of X12. Consecutive records with one interchange, and in it one group, stand in one."""

    def __init__(self, compiled: Compiled, context: Context) -> None:
        self._compiled = compiled
        self._envelopes = EnvelopeWriter(compiled, context)
        self._most = context.max_record_bytes
        self._encoding = compiled.definition.encoding
        self._bodies: dict[Delimiters, BodyWriter] = {}
        self._records = 0
        # Of what is open, from the outside in: what the record gave, the control number, what is in it.
        self._given: list[Values] = []
        self._numbers: list[str] = []
        self._counts: list[int] = []
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
            self._close(_INTERCHANGE)
        except Unwritable as error:
            raise self._error(error) from None
        return self._taken()

    def _record(self, record: Record) -> None:
        if not isinstance(record, dict):
            raise Unwritable("record-type", "a record of X12 is an object", "")
        body = {name: value for name, value in record.items() if name != ENVELOPE}
        given = self._envelopes.parts(record.get(ENVELOPE, {}))
        is_list = self._is_list_of_segments(body)
        if is_list and not body[SEGMENTS] and "services" in given[0] and not (given[1] or given[2]):
            self._close(_INTERCHANGE)
            self._begin(given[:1])
            return
        level = min(same(self._given, given), len(self._given))
        if self._stream is not None and level > _TRANSACTION and not is_list:
            try:
                self._lines(self._stream.add(body))
            except Unwritable as error:
                # A record that says nothing of its transaction set may begin another.
                if error.rule != "enclosing" or given[_TRANSACTION]:
                    raise
            else:
                return
        self._close(min(level, _TRANSACTION))
        self._begin(given)
        self._body(body, is_list)

    def _is_list_of_segments(self, body: Mapping[str, JsonValue]) -> bool:
        plan = self._compiled.plan
        if plan is None:
            if body.keys() != {SEGMENTS}:
                raise Unwritable("record-type", "a record is an object with envelope and segments", "")
            return True
        others = self._compiled.definition.others == "segments"
        return others and body.keys() == {SEGMENTS}

    def _begin(self, given: Sequence[Values]) -> None:
        """Open what is not open yet, from the outside in."""
        begin = (self._envelopes.interchange, self._envelopes.group, self._envelopes.transaction)
        for level in range(len(self._given), len(given)):
            begun = begin[level](given[level])
            if level:
                self._counts[level - 1] += 1
            self._given.append(given[level])
            self._numbers.append(begun.number)
            self._counts.append(0)
            self._lines(begun.texts)

    def _body(self, body: dict[str, JsonValue], is_list: bool) -> None:
        if is_list:
            self._lines(write_segments(body[SEGMENTS], self._envelopes.delimiters, TAGS, CONTROL_TAGS))
        else:
            writer = self._writer()
            if isinstance(writer, StreamBodyWriter):
                self._stream = writer
                writer.begin()
                self._lines(writer.add(body))
                return
            self._lines(writer.write(body))
        self._close(_TRANSACTION)

    def _writer(self) -> BodyWriter:
        marks, plan = self._envelopes.delimiters, self._compiled.plan
        assert plan is not None
        found = self._bodies.get(marks)
        if found is None:
            kind = StreamBodyWriter if plan.layout.streams else BodyWriter
            found = self._bodies[marks] = kind(plan, marks)
        return found

    def _close(self, level: int) -> None:
        """Write the trailers of what is open, down to this level."""
        while len(self._given) > level:
            if len(self._given) > _TRANSACTION and self._stream is not None:
                stream, self._stream = self._stream, None
                stream.end()
            count, number = self._counts.pop(), self._numbers.pop()
            self._given.pop()
            at = len(self._given)
            if at == _TRANSACTION:
                count += 1
            self._lines([self._envelopes.trailer(_TRAILERS[at], count, number)])

    def _lines(self, texts: Iterable[str]) -> None:
        """Segments with their terminators, in the definition's encoding."""
        marks, line_end = self._envelopes.delimiters, self._compiled.line_end
        written, count = [], 0
        for text in texts:
            count += 1
            written.append(self._bytes(text, marks))
        if len(self._counts) > _TRANSACTION:
            self._counts[_TRANSACTION] += count
        ending = f"{marks.terminator}{line_end}".encode("latin-1")
        data = b"".join(one + ending for one in written)
        if len(data) > self._most:
            raise Unwritable("record-length", f"is longer than {self._most} bytes", "")
        self._out.append(data)

    def _bytes(self, text: str, marks: Delimiters) -> bytes:
        at = TAGS.binary.get(text[:3])
        if at is not None:
            parts = text.split(marks.element, at)
            if len(parts) == at + 1:
                data = bytes.fromhex(parts[at])
                if parts[at - 1] != str(len(data)):
                    raise Unwritable("binary", f"{parts[0]} says {parts[at - 1]} bytes of {len(data)}", "")
                return marks.element.join([*parts[:at], ""]).encode("latin-1") + data
        try:
            return text.encode(self._encoding)
        except UnicodeEncodeError:
            raise Unwritable("encoding", f"has a character that {self._encoding} has not", "") from None

    def _taken(self) -> bytes:
        data = b"".join(self._out)
        self._out.clear()
        return data

    def _error(self, error: Unwritable) -> MappingError:
        place = Place(record=self._records, path=error.path or None)
        return MappingError(str(error), rule=error.rule, place=place)
