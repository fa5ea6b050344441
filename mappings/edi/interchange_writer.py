"""Records to interchanges: what is around transaction sets and messages is opened and closed as records say.

Consecutive records with one interchange, and in it one group, stand in one; so do those of one transaction
set or message, where records are parts of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeAlias

from mappings.contract import JsonValue, Record
from mappings.edi.body_writer import BodyWriter
from mappings.edi.copied import copied_value
from mappings.edi.delimiters import Delimiters
from mappings.edi.record_schema import ENVELOPE
from mappings.edi.record_writer import RecordWriter
from mappings.edi.seen import comes_again
from mappings.edi.segment_list import SEGMENTS, Tags, write_segments
from mappings.edi.stream_writer import Kept, StreamBodyWriter
from mappings.edi.walker import Plan
from mappings.edi.writing import Unwritable

Values: TypeAlias = dict[str, JsonValue]
Given: TypeAlias = tuple[Values, Values | None, Values]
"""What a record says of its interchange, its group and its set; None where it is in no group."""

INTERCHANGE: Final = 0
GROUP: Final = 1
SET: Final = 2


@dataclass(frozen=True, slots=True)
class Begun:
    """A header that was written: its segments, its control number or reference, and what no other has where
    it stands."""

    texts: tuple[str, ...]
    number: str
    identity: str


class Envelopes(Protocol):
    """Writes the control segments of a standard."""

    @property
    def delimiters(self) -> Delimiters:
        """What is written with, once an interchange has begun."""

    def parts(self, given: JsonValue) -> Given:
        """What a record says under `envelope`. Raises: Unwritable."""

    def is_alone(self, given: Given) -> bool:
        """True where a record without segments is an interchange in which there is nothing else."""

    def begin(self, level: int, given: Values, *, is_list: bool) -> Begun:
        """The header of an interchange, group or set, which is a list of segments or as the definition says.
        Raises: Unwritable."""

    def trailer(self, level: int, count: int, number: str) -> str:
        """Its trailer. Raises: Unwritable."""

    def encoded(self, texts: Sequence[str]) -> bytes:
        """Segments with their terminators. Raises: Unwritable."""

    def kept(self) -> Envelopes:
        """These as they are now, with the numbers that they have counted."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a definition says of the sets to be written: `plan` is None where all are lists of segments,
    `others` says that they may be; `name` is the standard's, `tags` its segments', `control` those that are
    written by themselves; `numbers` are the places of the numbers in records, `again` the rules that one that
    comes again breaks."""

    name: str
    plan: Plan | None
    others: bool
    tags: Tags
    control: Collection[str]
    numbers: tuple[str, str, str]
    again: tuple[str, str, str]


@dataclass(slots=True)
class _Open:
    """What is open: what a record gave for it, its number, how much is in it so far, and the numbers of
    that."""

    level: int
    given: Values
    number: str
    count: int = 0
    seen: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a record that is refused leaves as it was: the envelopes, how much was written, what is open, and
    the body that is."""

    envelopes: Envelopes
    written: int
    open: tuple[_Open, ...]
    stream: StreamBodyWriter | None
    body: Kept | None


class InterchangeWriter(RecordWriter):
    """The encoder of X12 and EDIFACT. A record that is refused leaves no trace, neither in its set nor in
    what would have been opened or closed for it."""

    def __init__(self, content: Content, envelopes: Envelopes, max_record_bytes: int) -> None:
        super().__init__()
        self._content = content
        self._envelopes = envelopes
        self._most = max_record_bytes
        self._bodies: dict[Delimiters, BodyWriter] = {}
        self._open: list[_Open] = []
        self._seen: set[str] = set()
        self._last: JsonValue = None
        self._last_given: Given = ({}, None, {})
        self._begun: list[tuple[set[str], str]] = []
        self._stream: StreamBodyWriter | None = None
        self._is_told = False

    def _end(self) -> None:
        """Write the trailers that are still to come."""
        self._close(INTERCHANGE)

    def _record(self, record: Record) -> None:
        if not isinstance(record, dict):
            raise Unwritable("record-type", f"a record of {self._content.name} is an object", "")
        body = dict(record)
        given = self._given(body.pop(ENVELOPE, {}))
        is_list = self._is_list_of_segments(body)
        if is_list and not body[SEGMENTS] and self._envelopes.is_alone(given):
            self._close(INTERCHANGE)
            self._begin(INTERCHANGE, given[INTERCHANGE], is_list=True)
            return
        same = self._same(given)
        if same > SET and not is_list and self._adds(body, given[SET]):
            return
        kept = self._kept()
        unfinished = self._closed(min(same, SET))
        try:
            for level in range(min(same, SET), SET + 1):
                values = given[level]
                if values is not None:
                    self._begin(level, values, is_list=is_list)
            self._body(body, is_list)
        except Unwritable:
            self._go_back(kept)
            raise
        if unfinished is not None and not self._is_told:
            # It may be this one that is out of place. When the next one does not go on with it either, the
            # set ends as it is.
            self._go_back(kept)
            self._is_told = True
            raise unfinished
        self._is_told = False

    def _closed(self, level: int) -> Unwritable | None:
        """Close what is open, down to this level. Gives what is wrong with a set that ends so."""
        try:
            self._close(level)
        except Unwritable as error:
            self._close(level)
            return error
        return None

    def _given(self, envelope: JsonValue) -> Given:
        """What a record says of what it is in. Most say what the one before says, so that is kept. Raises:
        Unwritable."""
        if self._last is not None and envelope == self._last:
            return self._last_given
        given = self._envelopes.parts(envelope)
        # Only texts that are equal are sure to be written alike: 1, True and Decimal("1.0") are equal too.
        if all(type(value) is str for part in given if part is not None for value in part.values()):
            assert isinstance(envelope, dict), "else it is refused"
            self._last = {name: dict(part) for name, part in envelope.items() if isinstance(part, dict)}
            self._last_given = given
        return given

    def _kept(self) -> _Kept:
        self._begun.clear()
        stream = self._stream
        return _Kept(
            self._envelopes.kept(),
            len(self._out),
            tuple(replace(one) for one in self._open),
            stream,
            None if stream is None else stream.kept(),
        )

    def _go_back(self, kept: _Kept) -> None:
        """Nothing was begun or ended since then."""
        self._envelopes = kept.envelopes
        del self._out[kept.written :]
        self._open = [*kept.open]
        self._stream = kept.stream
        if kept.stream is not None and kept.body is not None:
            kept.stream.go_back(kept.body)
        for seen, identity in self._begun:
            seen.discard(identity)

    def _same(self, given: Given) -> int:
        """How many of interchange, group and set are open as this record says, from the outside in; that a
        group is not there counts as one."""
        found = {one.level: one.given for one in self._open}
        if INTERCHANGE not in found:
            return INTERCHANGE
        return next((level for level, values in enumerate(given) if found.get(level) != values), SET + 1)

    def _adds(self, body: Values, given: Values) -> bool:
        """Write a record into the set that is open, where it may belong to it."""
        stream = self._stream
        if stream is None:
            return False
        kept, count = stream.kept(), self._open[-1].count
        try:
            self._lines(stream.add(body))
        except Unwritable as error:
            self._open[-1].count = count
            stream.go_back(kept)
            # A record that says nothing of its set may begin another.
            if error.rule != "enclosing" or given:
                raise
            return False
        self._is_told = False
        return True

    def _is_list_of_segments(self, body: Mapping[str, JsonValue]) -> bool:
        if self._content.plan is None:
            if body.keys() != {SEGMENTS}:
                raise Unwritable("record-type", "a record is an object with envelope and segments", "")
            return True
        return self._content.others and body.keys() == {SEGMENTS}

    def _begin(self, level: int, given: Values, *, is_list: bool) -> None:
        begun = self._envelopes.begin(level, given, is_list=is_list)
        seen = self._open[-1].seen if self._open else self._seen
        if comes_again(seen, begun.identity):
            path = f"/{ENVELOPE}/{self._content.numbers[level]}"
            raise Unwritable(self._content.again[level], "was written before", path)
        self._begun.append((seen, begun.identity))
        if self._open:
            self._open[-1].count += 1
        # Of a set the segments are counted, its header among them.
        kept = {name: copied_value(value) for name, value in given.items()}
        self._open.append(_Open(level, kept, begun.number))
        self._lines(begun.texts)

    def _body(self, body: Values, is_list: bool) -> None:
        marks = self._envelopes.delimiters
        if is_list:
            content = self._content
            self._lines(write_segments(body[SEGMENTS], marks, content.tags, content.control))
        else:
            writer = self._writer(marks)
            if isinstance(writer, StreamBodyWriter):
                self._stream = writer
                writer.begin()
                self._lines(writer.add(body))
                return
            self._lines(writer.write(body))
        self._close(SET)

    def _writer(self, marks: Delimiters) -> BodyWriter:
        plan = self._content.plan
        assert plan is not None, "else all are lists"
        found = self._bodies.get(marks)
        if found is None:
            kind = StreamBodyWriter if plan.layout.streams else BodyWriter
            found = self._bodies[marks] = kind(plan, marks)
        return found

    def _close(self, level: int) -> None:
        """Write the trailers of what is open, down to this level."""
        while self._open and self._open[-1].level >= level:
            if self._stream is not None:
                stream, self._stream = self._stream, None
                stream.end()
            one = self._open.pop()
            count = one.count + 1 if one.level == SET else one.count
            self._lines([self._envelopes.trailer(one.level, count, one.number)])

    def _lines(self, texts: Sequence[str]) -> None:
        if self._open and self._open[-1].level == SET:
            self._open[-1].count += len(texts)
        data = self._envelopes.encoded(texts)
        if len(data) > self._most:
            raise Unwritable("record-length", f"is longer than {self._most} bytes", "")
        self._out.append(data)
