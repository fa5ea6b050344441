"""Segments without envelopes to records.

All of the data is one record, or each occurrence of a group of it; or, without a definition, each segment. A
record with mistakes gives an error for each of them, of which the first has its bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mappings.contract import MAX_CUT_BYTES, Context, MappingError, Record, Summary
from mappings.edi import Finding
from mappings.edi.pieces import BYTE_ORDER_MARK, LINE_ENDS, unbroken
from mappings.edi.reports import Reports
from mappings.edi.segment_list import SegmentList, read_segment
from mappings.edi.sets import Block, Received, SetReader, Words, block
from mappings.edi.splitting import Splitter
from mappings.segments.compiled import NONE, Compiled

_BLOCK = 1 << 16
_WORDS = Words({}, {}, {})
_AFTER_THE_END = " \t\r\n\x00\x1a"


class SegmentsReader:
    """The decoder of segments."""

    def __init__(self, compiled: Compiled, context: Context) -> None:
        marks = compiled.delimiters
        self._marks = marks
        self._most = context.max_record_bytes
        self._splitter = Splitter(
            marks.terminator,
            marks.release,
            0,
            is_broken=compiled.definition.delimiters.line_breaks == "anywhere",
        )
        self._reports = Reports(compiled.lenient)
        self._set = SetReader(compiled.plan, compiled.rules, self._reports, _WORDS, self._most)
        self._set.use(marks, SegmentList(marks))
        self._is_defined = compiled.plan is not None
        self._is_lined = compiled.is_lined
        self._is_broken = compiled.definition.delimiters.line_breaks == "anywhere"
        self._encoding = compiled.definition.encoding
        self._separator = marks.tag_separator
        self._ending = marks.terminator

    def feed(self, chunk: bytes) -> Sequence[Record | MappingError]:
        """The records that are complete now, and what is wrong."""
        text = chunk.decode("latin-1")
        for at in range(0, len(text), _BLOCK):
            self._splitter.add(text[at : at + _BLOCK])
            self._take()
        return self._reports.taken()

    def finish(self) -> tuple[Sequence[Record | MappingError], Summary]:
        """What the end of the data completes, and the summary."""
        offset, rest = self._splitter.offset, self._splitter.rest()
        if rest.strip(_AFTER_THE_END):
            self._ending = ""
            if self._is_lined:
                self._segment(rest.rstrip("\x1a"), offset)
            else:
                self._truncated(rest, offset)
            if self._set.current is not None:
                self._set.current.is_cut_off = True
        current = self._set.current
        if current is not None:
            self._set.end(current, current.offset_of_last)
        return self._reports.taken(), self._reports.summary()

    def _take(self) -> None:
        splitter = self._splitter
        while True:
            texts = splitter.take()
            if not texts:
                break
            self._block(self._prepared(texts, splitter.offset - sum(map(len, texts)) - len(texts)))
        if splitter.held > self._most:
            offset = splitter.offset
            text = splitter.skip(min(self._most, MAX_CUT_BYTES))
            if text:
                self._too_long(text, offset)

    def _prepared(self, raws: list[str], offset: int) -> Block:
        """Segments of which the first begins at this offset."""
        given = block(raws, offset, self._encoding, is_broken=self._is_broken)
        if self._is_lined:
            return replace(given, texts=[text.removesuffix("\r") for text in given.texts])
        return given

    def _block(self, given: Block) -> None:
        offset, at = given.end - sum(map(len, given.raws)) - len(given.raws), 0
        while at < len(given.raws):
            current = self._set.current
            if current is not None:
                at, offset = self._set.run(current, given, at, offset)
                if at == len(given.raws):
                    return
            self._segment(given.raws[at], offset)
            offset += len(given.raws[at]) + 1
            at += 1

    def _segment(self, piece: str, offset: int) -> None:
        if len(piece) > self._most:
            self._too_long(piece[: min(self._most, MAX_CUT_BYTES)], offset)
            return
        raw = piece.lstrip(LINE_ENDS)
        offset += len(piece) - len(raw)
        if self._is_lined:
            raw = raw.removesuffix("\r")
        elif self._is_broken:
            raw = unbroken(raw)
        if offset == 0 and raw.startswith(BYTE_ORDER_MARK) and self._encoding == "utf-8":
            raw = raw[len(BYTE_ORDER_MARK) :]
        text = raw if raw.isascii() else self._decoded(raw, piece, offset)
        if text:
            found = text.find(self._separator)
            self._read(text[:found] if found >= 0 else text, text, piece, offset)
        elif text is not None:
            self._empty(piece, offset)

    def _read(self, tag: str, text: str, piece: str, offset: int) -> None:
        if self._is_defined:
            self._set.segment(self._current(offset), tag, text, piece, offset)
            return
        self._reports.records += 1
        segment, findings = read_segment(tag, text, self._marks)
        data = f"{piece.lstrip(LINE_ENDS)}{self._ending}".encode("latin-1")
        bad = [one for one in findings if not self._reports.tolerates(one.rule)]
        for one in bad:
            self._reports.bad(one.rule, one.message, offset, excerpt=one.value or text, raw=data)
            data = b""
        if not bad:
            self._reports.good(segment)

    def _current(self, offset: int) -> Received:
        """What is read, begun with the first segment."""
        current = self._set.current
        if current is None:
            current = self._set.begin({}, {}, "", offset, is_meant=True)
            current.texts.clear()
            current.size = current.count = 0
        return current

    def _note(self, finding: Finding, offset: int, text: str, *, is_cut: bool = False) -> None:
        """A mistake that leaves nothing of a segment."""
        if self._is_defined:
            current = self._current(offset)
            current.count += 1
            if not is_cut:
                current.texts.append(text)
            self._set.note(current, [finding], offset)
        elif not self._reports.tolerates(finding.rule):
            self._reports.records += 1
            raw = text.encode("latin-1")
            self._reports.bad(finding.rule, finding.message, offset, excerpt=text, raw=raw, is_cut=is_cut)

    def _empty(self, piece: str, offset: int) -> None:
        if self._set.current is not None or self._reports.records or not self._is_lined:
            self._note(Finding("empty-segment", "there is nothing before the terminator"), offset, piece)

    def _decoded(self, raw: str, piece: str, offset: int) -> str | None:
        """A segment's text in its encoding; None where it is not in that."""
        try:
            text = raw.encode("latin-1").decode(self._encoding)
        except UnicodeDecodeError as error:
            message = f"byte {error.start + 1} of the segment is not {self._encoding}"
        else:
            if self._marks.component != NONE or NONE not in text:
                return text
            message = "holds a character for private use (U+E000)"
        self._note(Finding("encoding", message, tag=raw[:3]), offset, piece)
        return None

    def _too_long(self, text: str, offset: int) -> None:
        finding = Finding("record-length", f"is longer than {self._most} bytes", tag=text[:3])
        self._note(finding, offset, text, is_cut=True)

    def _truncated(self, text: str, offset: int) -> None:
        self._note(Finding("truncated", "the data ends inside of a segment", tag=text[:3]), offset, text)
