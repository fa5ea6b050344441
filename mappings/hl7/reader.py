"""HL7 v2 to records: each message is one, with the headers of the file and the batch that it is in.

A message with mistakes gives an error for each of them, of which the first has its bytes; reading goes on
with the next MSH.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mappings.contract import MAX_CUT_BYTES, Context, JsonValue, MappingError, Record, Summary
from mappings.edi import BrokenRule, Finding
from mappings.edi.reports import Reports
from mappings.hl7.acknowledgement import Acknowledger
from mappings.hl7.batches import CONTROL, Batches
from mappings.hl7.charsets import is_switched
from mappings.hl7.compiled import Compiled
from mappings.hl7.lines import Lines
from mappings.hl7.meant import refusal
from mappings.hl7.messages import Header, Messages, header_of
from mappings.hl7.parts import parts_of_message

MAX_NOTED = 1000
"""Mistakes that are told of one message; those beyond are counted in one more."""

_BLANK = b" \t\x00\x1a"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TAG_LENGTH = 3


@dataclass(slots=True)
class _Message:
    """One that is being read: its segments with their offsets. A stray one has no MSH. `pieces` are all that
    came of it, what ends segments and blank lines too, up to its last segment the first `whole` of them;
    `passed` bytes came since then."""

    offset: int
    is_stray: bool = False
    segments: list[tuple[int, bytes]] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    whole: int = 0
    size: int = 0
    passed: int = 0
    is_too_long: bool = False
    begin: bytes = b""

    @property
    def raw(self) -> bytes:
        """All as it came, without the end of its last segment; of one that is too long the beginning."""
        return self.begin or b"".join(self.pieces[: self.whole])

    def pass_over(self, data: bytes, most: int) -> None:
        """What is no segment. Of more than `most` bytes nothing has to be kept: if another segment follows,
        it is too long."""
        self.passed += len(data)
        if self.passed <= most and not self.is_too_long and data:
            self.pieces.append(data)


class Hl7Reader:
    """The decoder of HL7 v2."""

    def __init__(self, compiled: Compiled, context: Context) -> None:
        self._compiled = compiled
        self._most = context.max_record_bytes
        self._lines = Lines(self._most)
        self._reports = Reports(compiled.lenient)
        self._messages = Messages(compiled)
        self._batches = Batches(compiled.definition.encoding)
        self._acknowledger = Acknowledger(compiled.definition.acknowledge, context)
        self._message: _Message | None = None

    def feed(self, chunk: bytes) -> Sequence[Record | MappingError]:
        """The records that are complete now, and what is wrong."""
        for offset, data, is_cut, end in self._lines.add(chunk):
            self._segment(offset, data, is_cut)
            if self._message is not None:
                self._message.pass_over(end, self._most)
        return self._reports.taken()

    def finish(self) -> tuple[Sequence[Record | MappingError], Summary]:
        """What the end of the data completes, and the summary with the acknowledgement."""
        offset, data, is_cut = self._lines.rest()
        self._segment(offset, data, is_cut)
        self._end()
        self._batches.end(offset + len(data), self._tell)
        reports = self._reports
        answer = self._acknowledger.data()
        summary = Summary(reports.records, reports.errors, answer, dict(reports.leniencies))
        return reports.taken(), summary

    def _segment(self, offset: int, data: bytes, is_cut: bool) -> None:
        if offset == 0 and data.startswith(_BYTE_ORDER_MARK):
            data = data[len(_BYTE_ORDER_MARK) :]
            offset = len(_BYTE_ORDER_MARK)
        if not data.strip(_BLANK):
            if self._message is not None:
                self._message.pass_over(data, self._most)
            return
        tag = data[:_TAG_LENGTH].decode("latin-1")
        if tag == "MSH":
            self._end()
            self._batches.message()
            self._message = _Message(offset)
        elif tag in CONTROL:
            self._end()
            self._batches.take(tag, data, offset, self._tell)
            return
        elif self._message is None:
            self._message = _Message(offset, is_stray=True)
        self._add(offset, data, is_cut)

    def _add(self, offset: int, data: bytes, is_cut: bool) -> None:
        message = self._message
        assert message is not None
        if message.is_too_long:
            return
        message.size += message.passed + len(data)
        message.passed = 0
        message.segments.append((offset, data))
        message.pieces.append(data)
        message.whole = len(message.pieces)
        if is_cut or message.size > self._most:
            message.is_too_long = True
            message.begin = message.raw[:MAX_CUT_BYTES]
            del message.segments[1:]
            message.pieces.clear()

    def _end(self) -> None:
        """The message that is open is complete."""
        message, self._message = self._message, None
        if message is None:
            return
        self._reports.records += 1
        if message.is_stray:
            text = "stands outside of any message: there is no MSH before it"
            is_cut = message.is_too_long
            self._reports.bad("outside", text, message.offset, raw=message.raw, is_cut=is_cut)
            return
        try:
            first = message.segments[0][1].decode("latin-1")
            definition = self._compiled.definition
            header = header_of(first, definition, definition.encoding)
        except BrokenRule as error:
            rule = "record-length" if message.is_too_long else error.rule
            text = f"MSH {error}" if not message.is_too_long else f"is longer than {self._most} bytes"
            is_cut = message.is_too_long
            self._reports.bad(rule, text, message.offset, raw=message.raw, is_cut=is_cut)
            return
        if message.is_too_long:
            self._refuse(message, header, "record-length", f"is longer than {self._most} bytes")
            return
        refused = refusal(self._compiled.definition, header)
        if refused is not None:
            self._refuse(message, header, *refused[:2])
            return
        self._read(message, header)

    def _refuse(self, message: _Message, header: Header, rule: str, text: str) -> None:
        is_cut = message.is_too_long
        self._reports.bad(rule, text, message.offset, raw=message.raw, is_cut=is_cut)
        self._acknowledger.refused(header, rule, text)

    def _read(self, message: _Message, header: Header) -> None:
        texts = []
        for offset, data in message.segments:
            if is_switched(data, header.encoding):
                text = "switches to another character set than MSH-18 names, or to one that is not read here"
                self._reports.bad("character-set", text, offset + data.index(b"\x1b"), raw=message.raw)
                self._acknowledger.refused(header, "character-set", text)
                return
            try:
                texts.append(data.decode(header.encoding))
            except UnicodeDecodeError as error:
                text = f"is not text in {header.encoding}"
                self._reports.bad("encoding", text, offset + error.start, raw=message.raw)
                self._acknowledger.refused(header, "encoding", text)
                return
        values, found = self._messages.read(header, texts)
        bad = [(at, one) for at, one in found if not self._reports.tolerates(one.rule)]
        if not bad:
            self._give(values)
        else:
            self._tell_all(message, texts, bad)
        self._acknowledger.message(header, texts, bad)

    def _give(self, values: dict[str, JsonValue]) -> None:
        """A message as one record, or as those of a group."""
        around, reports, parts = self._batches.around, self._reports, self._compiled.parts
        if parts is None:
            reports.good({**around, **values})
            return
        reports.records -= 1
        for one in parts_of_message(parts.body, values):
            reports.records += 1
            reports.good({**around, **one})

    def _tell_all(self, message: _Message, texts: Sequence[str], bad: Sequence[tuple[int, Finding]]) -> None:
        raw = message.raw
        for at, finding in bad[:MAX_NOTED]:
            where = finding.tag or texts[at][:_TAG_LENGTH]
            if finding.element is not None:
                where += f"-{finding.element}"
                where += f".{finding.component}" if finding.component is not None else ""
                where += f", repetition {finding.repetition}" if finding.repetition is not None else ""
            text = f"segment {at + 1}, {where}: {finding.message}"
            offset = message.segments[at][0]
            self._reports.bad(finding.rule, text, offset, path=finding.path, excerpt=finding.value, raw=raw)
            raw = b""
        if len(bad) > MAX_NOTED:
            more = len(bad) - MAX_NOTED
            self._reports.bad("more-errors", f"{more} more mistakes are in this one", message.offset)

    def _tell(self, rule: str, text: str, offset: int, raw: bytes) -> None:
        """Something wrong around messages."""
        if not self._reports.tolerates(rule):
            self._reports.bad(rule, text, offset, raw=raw)
