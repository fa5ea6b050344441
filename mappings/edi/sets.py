"""Transaction sets and messages from their header to their trailer: walked, and given as records or as what
is wrong with them. One with mistakes gives an error for each of them, of which the first has its bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mappings.contract import MAX_CUT_BYTES, JsonValue
from mappings.edi.delimiters import Delimiters
from mappings.edi.findings import Finding
from mappings.edi.pieces import LINE_ENDS, unbroken
from mappings.edi.reports import Reports
from mappings.edi.streaming import StreamWalker
from mappings.edi.walker import Plan, Walker

MAX_NOTED = 1000
"""Mistakes that are told of one; those beyond are counted in one more."""

Values = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Unit:
    """What a part of a set is known by, such as a claim: its `name` in the standard, and where its identifier
    stands: in this element of a segment that begins with these texts, the tag first."""

    name: str
    begins: tuple[str, ...]
    element: int


@dataclass(frozen=True, slots=True)
class Words:
    """What the standard calls things: the codes of rules about elements, about segments, and about the whole,
    which errors name; and what parts of sets are known by, by the sets' identifiers."""

    element: Mapping[str, str]
    segment: Mapping[str, str]
    whole: Mapping[str, str]
    units: Mapping[str, Unit] = field(default_factory=dict)


@dataclass(slots=True)
class Noted:
    """A finding with the segment it is about: its number, the header being 1, and its offset; `unit` is the
    identifier of the part of the set that it is in, empty where there is none."""

    segment: int
    offset: int
    finding: Finding
    unit: str = ""


@dataclass(slots=True)
class Received:
    """One that is being read. `texts` are the segments of its record as they came, `size` their bytes;
    `noted` and `rules` what is wrong with its segments and with itself and was not told yet, `told` what
    was; `delivered` are the records that were made of parts of it; of one that `is_cut_off` the last segment
    has no terminator. `unit` is the identifier of the part that the `texts` searched so far end in."""

    values: Values
    offset: int
    count: int = 1
    size: int = 0
    texts: list[str] = field(default_factory=list)
    offset_of_last: int = 0
    noted: list[Noted] = field(default_factory=list)
    rules: list[tuple[str, str, int]] = field(default_factory=list)
    told: list[Noted] = field(default_factory=list)
    told_rules: list[str] = field(default_factory=list)
    findings: int = 0
    delivered: int = 0
    is_refused: bool = False
    is_too_long: bool = False
    is_cut_off: bool = False
    unit: str = ""
    searched: int = 0
    head: bytes = b""

    @property
    def is_bad(self) -> bool:
        """True where something is wrong with it."""
        return bool(self.findings or self.is_bad_as_such)

    @property
    def is_bad_as_such(self) -> bool:
        """True where something is wrong with it beyond its segments."""
        return bool(self.rules or self.told_rules)


@dataclass(frozen=True, slots=True)
class Block:
    """Segments as they came, one character for each byte; and in their encoding without the line ends before
    them, empty where they are not in it. `end` is the offset behind the last one's terminator."""

    raws: Sequence[str]
    texts: Sequence[str]
    end: int


def block(raws: Sequence[str], offset: int, encoding: str, *, is_broken: bool = False) -> Block:
    """Segments of which the first begins at this offset; with `is_broken` line ends inside of them are no
    data."""
    texts = [unbroken(raw) for raw in raws] if is_broken else [raw.lstrip(LINE_ENDS) for raw in raws]
    if not all(map(str.isascii, texts)):
        texts = [text if text.isascii() else _decoded(text, encoding) for text in texts]
    return Block(raws, texts, offset + sum(map(len, raws)) + len(raws))


def _decoded(text: str, encoding: str) -> str:
    try:
        return text.encode("latin-1").decode(encoding)
    except UnicodeDecodeError:
        return ""


@dataclass(slots=True)
class _Running:
    """A block while it is read: of the segments before `at`, which is at `offset`, account was taken."""

    block: Block
    at: int
    offset: int

    def account(self, current: Received, end: int) -> None:
        """The segments before `end` belong to what is read."""
        raws = self.block.raws[self.at : end]
        if raws:
            size = sum(map(len, raws)) + len(raws)
            current.count += len(raws)
            current.size += size
            current.texts += raws
            self.at = end
            self.offset += size
            current.offset_of_last = self.offset - len(raws[-1].lstrip(LINE_ENDS)) - 1


class Body(Protocol):
    """What reads the segments between header and trailer."""

    @property
    def values(self) -> Values:
        """What was read of this one."""

    def start(self) -> None:
        """Begin a new one."""

    def run(self, texts: Sequence[str], start: int) -> int:
        """Take the segments from `texts[start]` on, as long as nothing is unusual or wrong: the index of the
        first that is left to `take`."""

    def take(self, tag: str, text: str) -> Sequence[Finding]:
        """The next segment; what is wrong with it."""

    def end(self) -> Sequence[Finding]:
        """There is no more of this one; what is missing."""


class SetReader:
    """Reads one at a time; `current` is it, None outside of any. `plan` is None where none is walked,
    `lenient` are the rules that may be broken."""

    def __init__(
        self,
        plan: Plan | None,
        lenient: frozenset[str],
        reports: Reports,
        words: Words,
        max_record_bytes: int,
    ) -> None:
        self._plan = plan
        self._lenient = lenient
        self._reports = reports
        self._words = words
        self._most = max_record_bytes
        self._delimiters: Delimiters | None = None
        self._around: Values = {}
        self._running: _Running | None = None
        self.current: Received | None = None

    def use(self, delimiters: Delimiters, generic: Body) -> None:
        """What follows is written with these; `generic` reads what no definition describes."""
        if delimiters == self._delimiters:
            return
        self._delimiters = delimiters
        self._generic = generic
        self._walker: Walker | None = None
        if self._plan is not None and self._plan.layout.streams:
            self._walker = StreamWalker(self._plan, delimiters, self._lenient, self._delivered)
        elif self._plan is not None:
            self._walker = Walker(self._plan, delimiters, self._lenient)

    def begin(self, values: Values, around: Values, text: str, offset: int, *, is_meant: bool) -> Received:
        """The header: its values, what is around it in records, its text; whether the definition is for this
        one."""
        current = self.current = Received(values, offset, texts=[text], size=len(text) + 1)
        current.offset_of_last = offset
        self._around = around
        self._body: Body = self._walker if self._walker is not None and is_meant else self._generic
        self._streams = isinstance(self._body, StreamWalker)
        if not self._streams:
            self._reports.records += 1
        self._body.start()
        return current

    def refuse(self, current: Received, rule: str, message: str) -> None:
        """It is none that is read here: it is passed over."""
        self.wrong(current, rule, message, current.offset)
        current.is_refused = True

    def segment(self, current: Received, tag: str, text: str, raw: str, offset: int) -> None:
        """A segment between header and trailer; `raw` is it as it came."""
        current.count += 1
        if current.is_too_long:
            return
        current.size += len(raw) + 1
        if current.size > self._most:
            self.overflow(current)
            return
        if not current.is_refused:
            findings = self._body.take(tag, text)
            if findings:
                self.note(current, findings, offset, raw)
        current.offset_of_last = offset
        current.texts.append(raw)

    def run(self, current: Received, block: Block, start: int, offset: int) -> tuple[int, int]:
        """The segments of a block from `start` on, which is at this offset, as long as nothing is unusual or
        wrong with them: the index of the first that is left to `segment`, and its offset."""
        is_open = not (current.is_too_long or current.is_refused)
        if not is_open or current.size + block.end - offset > self._most:
            return start, offset
        running = self._running = _Running(block, start, offset)
        end = self._body.run(block.texts, start)
        running.account(current, end)
        self._running = None
        return end, running.offset

    def note(self, current: Received, findings: Sequence[Finding], offset: int, raw: str = "") -> None:
        """What is wrong with the segment that was read last, as far as it is not tolerated; it is this one
        where it is none of the texts yet."""
        unit = self._unit(current, raw)
        for finding in findings:
            if not self._reports.tolerates(finding.rule):
                current.findings += 1
                if current.findings <= MAX_NOTED:
                    current.noted.append(Noted(current.count, offset, finding, unit))

    def _unit(self, current: Received, raw: str) -> str:
        """The identifier of the part of the set that was begun last. Each text is looked at once."""
        unit, marks = self._words.units.get(str(current.values.get("identifier"))), self._delimiters
        if unit is None or marks is None:
            return ""
        begin = f"{marks.element.join(unit.begins)}{marks.element}"
        for text in (*current.texts[current.searched :], raw):
            if text.lstrip(LINE_ENDS).startswith(begin):
                parts = text.split(marks.element, unit.element + 1)
                current.unit = parts[unit.element] if unit.element < len(parts) else ""
        current.searched = len(current.texts)
        return current.unit

    def wrong(self, current: Received, rule: str, message: str, offset: int) -> None:
        """It is wrong as such, unless that is tolerated."""
        if not self._reports.tolerates(rule):
            current.rules.append((rule, message, offset))

    def end(self, current: Received, offset: int) -> None:
        """The trailer was read, or is missing: give the record, or what is wrong."""
        if not (current.is_refused or current.is_too_long):
            findings = self._body.end()
            if findings:
                self.note(current, findings, offset)
            if not self._streams and not current.is_bad:
                self._reports.good({**self._around, **self._body.values})
        self._tell(current)
        self.current = None

    def _delivered(self, values: Values, missing: Sequence[Finding], spoiled: bool) -> None:
        """A record is complete inside of this one; what was noted until now is about it."""
        current = self.current
        assert current is not None
        if self._running is not None and self._walker is not None:
            self._running.account(current, self._walker.at)
        self._reports.records += 1
        if missing:
            self.note(current, missing, current.offset_of_last)
        if current.noted:
            self._tell(current)
        elif spoiled or current.is_bad_as_such:
            message = "what encloses it could not be read"
            self._reports.bad("enclosing", message, current.offset_of_last, raw=self._raw(current))
        else:
            self._reports.good({**self._around, **values})
            current.delivered += 1
        current.texts.clear()
        current.size = current.searched = 0
        current.unit = ""

    def _tell(self, current: Received) -> None:
        """Give the mistakes that were not given yet, the first with the bytes they are in."""
        raw = self._raw(current) if current.noted or current.rules else b""
        for each in current.noted:
            finding = each.finding
            message = self._described(each)
            self._reports.bad(
                finding.rule, message, each.offset, path=finding.path, excerpt=finding.value, raw=raw
            )
            raw = b""
        for rule, message, offset in current.rules:
            code = self._words.whole.get(rule)
            text = f"{message} (code {code})" if code else message
            is_cut = rule == "record-length"
            self._reports.bad(rule, text, offset, raw=current.head if is_cut else raw, is_cut=is_cut)
            raw = b""
        if current.findings > MAX_NOTED and current.noted:
            more = current.findings - MAX_NOTED
            self._reports.bad("more-errors", f"{more} more mistakes are in this one", current.offset)
        current.told += current.noted
        current.noted = []
        current.told_rules += [rule for rule, _, _ in current.rules]
        current.rules = []

    def overflow(self, current: Received) -> None:
        """Too long: it is passed over up to its end, and told then."""
        current.is_too_long = True
        current.head = self._raw(current)[:MAX_CUT_BYTES]
        message = f"is longer than {self._most} bytes"
        current.rules.append(("record-length", message, current.offset))
        current.texts.clear()
        current.searched = 0
        self._body.start()

    def _raw(self, current: Received) -> bytes:
        assert self._delimiters is not None
        terminator = self._delimiters.terminator
        text = "".join(f"{text}{terminator}" for text in current.texts)
        if current.is_cut_off:
            text = text[:-1]
        return text.lstrip(LINE_ENDS).encode("latin-1")

    def _described(self, noted: Noted) -> str:
        """A finding in words: which segment, which element, what, and the standard's code."""
        finding = noted.finding
        where = f"segment {noted.segment}, {finding.tag}"
        if finding.element is not None:
            where += f"{finding.element:02}"
            where += f"-{finding.component}" if finding.component is not None else ""
            where += f", repetition {finding.repetition}" if finding.repetition is not None else ""
        codes = self._words.segment if finding.element is None else self._words.element
        code = codes.get(finding.rule)
        return f"{where}: {finding.message}" + (f" (code {code})" if code else "")
