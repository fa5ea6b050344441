"""One message: its segments' texts to values and back, with the delimiters and the character set that its
first segment says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mappings.contract import JsonValue
from mappings.edi import BodyWriter, BrokenRule, Finding, Unwritable, Walker, pointer
from mappings.edi.body_writer import difference
from mappings.edi.written import Written
from mappings.hl7.charsets import encoding_of
from mappings.hl7.compiled import Compiled
from mappings.hl7.escapes import Texts
from mappings.hl7.generic import is_tag, read_segment, write_segment
from mappings.hl7.marks import Marks, checked, marks_of
from mappings.hl7.schema import Hl7Definition
from mappings.hl7.segment_reading import FieldsReader
from mappings.hl7.segment_writing import FieldsWriter

SEGMENTS = "segments"
_MAX_KNOWN = 8
_TAG_LENGTH = 3
_NOT_IN_TEXT = frozenset("\r\n\x0b\x1c")


@dataclass(frozen=True, slots=True)
class Header:
    """What MSH says. `fields` are its fields as they came, MSH-1 first."""

    marks: Marks
    encoding: str
    fields: tuple[str, ...]

    def field(self, position: int) -> str:
        """A field as it came, empty where there is none."""
        return self.fields[position - 1] if position <= len(self.fields) else ""

    def component(self, position: int, component: int) -> str:
        """A component of a field that is not repeated, as it came."""
        parts = self.field(position).split(self.marks.component)
        return parts[component - 1] if component <= len(parts) else ""


def header_of(text: str, definition: Hl7Definition, default: str) -> Header:
    """What a segment MSH says, in which each character stands for a byte. `default` is the encoding where it
    names none. Raises: BrokenRule."""
    marks = marks_of(text)
    fields = [marks.field, *text[_TAG_LENGTH + 1 :].split(marks.field)]
    return Header(marks, encoding_of(fields, marks, default, definition.character_sets), tuple(fields))


@dataclass(slots=True)
class _Ways:
    """What reads and writes messages with one set of delimiters in one encoding."""

    texts: Texts
    walker: Walker | None
    writer: BodyWriter | None


class Messages:
    """Reads and writes messages, one at a time."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._tags = frozenset() if compiled.plan is None else compiled.plan.layout.tags
        self._known: dict[tuple[Marks, str], _Ways] = {}

    def read(
        self, header: Header, segments: Sequence[str]
    ) -> tuple[dict[str, JsonValue], list[tuple[int, Finding]]]:
        """The values of a message and what is wrong with it, each with the index of its segment; what is
        missing at the end is found at the last."""
        ways = self._ways(header)
        if ways.walker is None:
            read: list[JsonValue] = []
            findings: list[tuple[int, Finding]] = []
            for at, text in enumerate(segments):
                tag = text.partition(header.marks.field)[0]
                if not is_tag(tag):
                    findings.append((at, unknown(tag, f"/{SEGMENTS}/{at}")))
                read.append(read_segment(text, header.marks, ways.texts))
            return {SEGMENTS: read}, findings
        return self._walk(ways.walker, header, segments)

    def _walk(
        self, walker: Walker, header: Header, segments: Sequence[str]
    ) -> tuple[dict[str, JsonValue], list[tuple[int, Finding]]]:
        walker.start()
        findings: list[tuple[int, Finding]] = []
        separator, tags = header.marks.field, self._tags
        at = walker.run(segments, 0)
        while at < len(segments):
            text = segments[at]
            tag = text.partition(separator)[0]
            found = walker.take(tag, text) if tag in tags or is_tag(tag) else (unknown(tag, ""),)
            if found:
                findings += ((at, one) for one in found)
            at = walker.run(segments, at + 1)
        findings += ((len(segments) - 1, one) for one in walker.end())
        return walker.values, findings

    def write(self, record: dict[str, JsonValue]) -> tuple[Header, list[str]]:
        """The segments of a message, and what its first says. Raises: Unwritable with the path in it."""
        plan = self._compiled.plan
        marks = self._marks(record)
        # Which character set it is, the first segment says, and that is written first in any.
        draft = Header(marks, self._compiled.definition.encoding, ())
        texts = self._list(record, draft) if plan is None else self._body(record, draft)
        try:
            header = header_of(texts[0], self._compiled.definition, draft.encoding)
        except BrokenRule as error:
            raise Unwritable(error.rule, str(error), "") from None
        if header.encoding != draft.encoding:
            texts = self._list(record, header) if plan is None else self._body(record, header)
        self._look_over(record, header, texts)
        return header, texts

    def path_in_header(self, position: int) -> str:
        """The JSON pointer of a field of MSH in records."""
        plan = self._compiled.plan
        if plan is None:
            return f"/{SEGMENTS}/0/fields/{position - 1}"
        fields = self._compiled.fields[0]
        member = fields.members.get(position)
        step = pointer(fields.other(position)) if member is None else member.step
        return f"{pointer(plan.layout.segments[0].name)}{step}"

    def _list(self, record: dict[str, JsonValue], header: Header) -> list[str]:
        segments = record.get(SEGMENTS)
        if record.keys() != {SEGMENTS} or not isinstance(segments, list) or not segments:
            raise Unwritable("record-type", "a record is an object with a list of segments", "")
        ways = self._ways(header)
        written = []
        for at, segment in enumerate(segments):
            try:
                written.append(write_segment(segment, header.marks, ways.texts))
            except Unwritable as error:
                raise error.inside(f"/{SEGMENTS}/{at}") from None
        return written

    def _body(self, record: dict[str, JsonValue], header: Header) -> list[str]:
        writer = self._ways(header).writer
        assert writer is not None, "there is one where there is a plan"
        return writer.write(record)

    def _look_over(self, record: dict[str, JsonValue], header: Header, texts: Sequence[str]) -> None:
        """Whether all of it would be read as it was given. Raises: Unwritable."""
        if not texts[0].startswith("MSH"):
            raise Unwritable("required-segment", "does not begin with MSH", "")
        if any(text.startswith(("MSH", "FHS", "BHS", "BTS", "FTS")) for text in texts[1:]):
            raise Unwritable("control-structure", "has a segment inside that begins or ends messages", "")
        if not _NOT_IN_TEXT.isdisjoint("".join(texts)):
            raise Unwritable("character", "holds a line end, and this message has no escape character", "")
        if self._compiled.plan is not None:
            return
        values, _ = self.read(header, texts)
        if values != record:
            raise Unwritable("ambiguous", "would be read as other values", difference(values, record))

    def _marks(self, record: dict[str, JsonValue]) -> Marks:
        """The delimiters that a record says, or else the definition's. Raises: Unwritable."""
        layout = self._compiled.plan.layout if self._compiled.plan is not None else None
        given: JsonValue
        if layout is None:
            segments = record.get(SEGMENTS)
            given = segments[0] if isinstance(segments, list) and segments else None
            fields = given.get("fields") if isinstance(given, dict) else None
            pair = fields[:2] if isinstance(fields, list) else []
            where = f"/{SEGMENTS}/0/fields"
        else:
            given = record.get(layout.segments[0].name)
            if not isinstance(given, dict) or ("MSH-1" not in given and "MSH-2" not in given):
                return self._compiled.usual
            pair = [given.get("MSH-1"), given.get("MSH-2")]
            where = f"/{layout.segments[0].name}/MSH-2"
        field, encoding = [*pair, None, None][:2]
        if not isinstance(field, str) or not isinstance(encoding, str):
            raise Unwritable("delimiters", "does not begin with its delimiters", where)
        try:
            return checked(field, encoding)
        except BrokenRule as error:
            raise Unwritable(error.rule, str(error), where) from None

    def _ways(self, header: Header) -> _Ways:
        key = (header.marks, header.encoding)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            found = self._known[key] = self._made(header)
        return found

    def _made(self, header: Header) -> _Ways:
        compiled, marks = self._compiled, header.marks
        texts = Texts(marks, header.encoding)
        if compiled.plan is None:
            return _Ways(texts, None, None)
        delimiters = marks.delimiters()
        reading = FieldsReader(compiled.fields, marks, texts, compiled.usual, compiled.rules)
        strict = FieldsReader(compiled.fields, marks, texts, compiled.usual, frozenset())
        quick = compiled.quick.of(marks)
        written = Written(compiled.plan.layout, delimiters, quick)
        again = Walker(compiled.plan, delimiters, frozenset(), strict, written)
        writers = [
            written.writer(at, shapes, FieldsWriter(one, marks, texts).write)
            for at, (one, shapes) in enumerate(
                zip(compiled.fields, compiled.quick_writers.of(marks), strict=True)
            )
        ]
        return _Ways(
            texts,
            Walker(compiled.plan, delimiters, compiled.rules, reading, quick),
            BodyWriter(compiled.plan, delimiters, writers, again, written),
        )


def unknown(tag: str, path: str) -> Finding:
    """What has no identifier."""
    message = "has no identifier of three capital letters and digits"
    return Finding("segment-identifier", message, tag=tag[:_TAG_LENGTH], path=path)
