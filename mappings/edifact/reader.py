"""EDIFACT to records.

The control segments open and close interchanges, groups and messages; what stands between UNH and UNT is
walked through the definition. A message with mistakes gives an error for each of them, of which the first
has its bytes, and no record; reading goes on with the next. A control segment that is missing is told where
its absence shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mappings.contract import Context, MappingError, Record, Summary
from mappings.edi import Finding
from mappings.edi.reports import Reports
from mappings.edi.sets import LINE_ENDS, Block, Received, SetReader, block
from mappings.edifact.acknowledgement import Acknowledger
from mappings.edifact.charsets import encoding_of
from mappings.edifact.compiled import WORDS, Compiled
from mappings.edifact.controls import Controls
from mappings.edifact.service import ADVICE_LENGTH
from mappings.edifact.tokens import Event, Opened, Pieces, Strange, Tokens, too_long

_ASCII = "us-ascii"


class EdifactReader:
    """The decoder of EDIFACT."""

    def __init__(self, compiled: Compiled, context: Context) -> None:
        self._most = context.max_record_bytes
        self._tokens = Tokens(max_segment_bytes=self._most)
        self._reports = Reports(compiled.lenient)
        self._messages = SetReader(compiled.plan, compiled.rules, self._reports, WORDS, self._most)
        acknowledger, seen_before = Acknowledger(compiled, context), context.seen_before
        self._controls = Controls(compiled, self._reports, self._messages, acknowledger, seen_before)
        self._declared = compiled.definition.encoding
        self._encoding = _ASCII
        self._separator = "+"
        self._end = 0

    def feed(self, chunk: bytes) -> Sequence[Record | MappingError]:
        """The records that are complete now, and what is wrong."""
        self._take(self._tokens.feed(chunk.decode("latin-1")))
        self._end += len(chunk)
        return self._reports.taken()

    def finish(self) -> tuple[Sequence[Record | MappingError], Summary]:
        """What the end of the data leaves open, and the summary with the acknowledgement."""
        self._take(self._tokens.finish())
        self._controls.finish(self._end)
        return self._reports.taken(), self._controls.summary()

    def _take(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, Pieces):
                self._segments(event)
            elif isinstance(event, Opened):
                self._open(event)
            else:
                self._strange(event)

    def _open(self, event: Opened) -> None:
        header = event.header
        self._separator = header.delimiters.element
        self._encoding = encoding_of(header.syntax, self._declared) or _ASCII
        text = header.text if header.text.isascii() else self._decoded(header.text, event.offset)
        self._controls.begin(header, text, event.offset)

    def _segments(self, pieces: Pieces) -> None:
        messages, offset, at = self._messages, pieces.offset, 0
        given = block(pieces.texts, offset, self._encoding)
        while at < len(given.raws):
            current = messages.current
            if current is not None:
                at, offset = messages.run(current, given, at, offset)
                if at == len(given.raws):
                    return
            if not self._segment(given, at, offset):
                return
            offset += len(given.raws[at]) + 1
            at += 1

    def _segment(self, given: Block, at: int, offset: int) -> bool:
        """One segment of a block, which is at this offset. False when the interchange ends."""
        piece, current = given.raws[at], self._messages.current
        raw = piece.lstrip(LINE_ENDS)
        if len(piece) > self._most:
            self._strange(too_long(self._most, offset, piece))
            return True
        tag, begin = raw.partition(self._separator)[0], offset + len(piece) - len(raw)
        if tag[:2] == "UN" and (tag[2:] in ("Z", "B") or _is_advice(raw)):
            self._turn(tag, raw, list(given.raws[at:]), begin)
            return False
        if self._controls.is_refused:
            return True
        text = raw if raw.isascii() else self._decoded(raw, begin)
        handler = self._controls.handlers.get(tag)
        if handler is not None:
            handler(text, piece, begin)
        elif current is not None and tag:
            self._messages.segment(current, tag, text, piece, begin)
        else:
            self._aside(current, tag, text, piece, begin)
        return True

    def _turn(self, tag: str, text: str, texts: list[str], offset: int) -> None:
        """The interchange ends, with its trailer or because the next one begins."""
        if tag == "UNZ":
            self._controls.end(text, offset)
            self._tokens.close(texts[1:])
        else:
            self._controls.end(None, offset)
            self._tokens.close(texts)

    def _aside(self, current: Received | None, tag: str, text: str, piece: str, offset: int) -> None:
        if tag:
            self._controls.stray(tag, text, offset)
            return
        if not text:
            finding = Finding("empty-segment", "there is nothing before the terminator")
        else:
            finding = Finding("unknown-segment", "the segment has no tag")
        if current is not None:
            current.count += bool(text)
            current.texts.append(piece)
            self._messages.note(current, [finding], offset)
        elif not self._reports.tolerates(finding.rule):
            self._reports.bad(finding.rule, finding.message, offset, before=True)

    def _decoded(self, raw: str, offset: int) -> str:
        """A segment's text in its encoding."""
        try:
            return raw.encode("latin-1").decode(self._encoding)
        except UnicodeDecodeError as error:
            finding = Finding("encoding", f"byte {error.start + 1} of the segment is not {self._encoding}")
        current = self._messages.current
        if current is not None:
            current.count += 1
            self._messages.note(current, [finding.at(tag=raw[:3], path="", loop="")], offset)
            current.count -= 1
        else:
            self._reports.bad("encoding", finding.message, offset, before=True)
        return raw

    def _strange(self, event: Strange) -> None:
        current = self._messages.current
        if current is not None and event.rule != "truncated":
            current.count += 1
            finding = Finding(event.rule, event.message, tag=event.text.lstrip(LINE_ENDS)[:3])
            self._messages.note(current, [finding], event.offset)
            return
        raw = event.text.encode("latin-1", "replace")
        self._reports.bad(
            event.rule,
            event.message,
            event.offset,
            excerpt=event.text,
            raw=raw,
            is_cut=event.is_cut,
            before=True,
        )


def _is_advice(text: str) -> bool:
    """UNA, which begins another interchange, without the terminator that is its last character."""
    return text.startswith("UNA") and len(text) == ADVICE_LENGTH - 1
