"""X12 to records.

The control segments open and close interchanges, groups and transaction sets; what stands between ST and SE
is walked through the definition. A transaction set with mistakes gives an error for each of them, of which
the first has its bytes, and no record; reading goes on with the next. A control segment that is missing is
told where its absence shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mappings.contract import Context, MappingError, Record, Summary
from mappings.edi import Finding
from mappings.edi.reports import Reports
from mappings.edi.sets import LINE_ENDS, Block, Received, SetReader, Words, block
from mappings.x12 import codes
from mappings.x12.acknowledgement import Acknowledger
from mappings.x12.compiled import Compiled
from mappings.x12.controls import Came, Controls
from mappings.x12.tokens import Event, Opened, Pieces, Strange, Tokens

_WORDS = Words(codes.ELEMENT, codes.SEGMENT, codes.TRANSACTION)


class X12Reader:
    """The decoder of X12."""

    def __init__(self, compiled: Compiled, context: Context) -> None:
        self._tokens = Tokens(max_segment_bytes=context.max_record_bytes, fixed=compiled.is_fixed)
        self._reports = Reports(compiled.lenient)
        most = context.max_record_bytes
        self._transactions = SetReader(compiled.plan, compiled.rules, self._reports, _WORDS, most)
        acknowledger, seen_before = Acknowledger(compiled, context), context.seen_before
        self._controls = Controls(compiled, self._reports, self._transactions, acknowledger, seen_before)
        self._encoding = compiled.definition.encoding
        self._separator = "*"
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
                self._separator = event.header.delimiters.element
                self._controls.begin(event.header, event.offset)
            else:
                self._strange(event)

    def _segments(self, pieces: Pieces) -> None:
        transactions, offset, at = self._transactions, pieces.offset, 0
        given = block(pieces.texts, offset, self._encoding)
        while at < len(given.raws):
            current = transactions.current
            if current is not None and pieces.size is None:
                at, offset = transactions.run(current, given, at, offset)
                if at == len(given.raws):
                    return
            if not self._segment(given, at, offset, pieces.size):
                return
            offset += pieces.size or len(given.raws[at]) + 1
            at += 1

    def _segment(self, given: Block, at: int, offset: int, size: int | None) -> bool:
        """One segment of a block, which is at this offset; with binary data it has `size` bytes. False when
        the interchange ends."""
        piece, current = given.raws[at], self._transactions.current
        raw = piece.lstrip(LINE_ENDS)
        if self._controls.is_refused and raw[:3] not in ("IEA", "ISA"):
            return True
        begin = offset + len(piece) - len(raw)
        text = raw if raw.isascii() else self._decoded(raw, begin)
        tag = text.partition(self._separator)[0]
        handler = self._controls.handlers.get(tag)
        if handler is not None:
            handler(Came(text, piece, begin))
        elif tag in ("IEA", "ISA"):
            self._turn(tag, Came(text, piece, begin), list(given.raws[at:]))
            return False
        elif current is not None and tag:
            came = piece if size is None else original(piece, self._separator)
            self._transactions.segment(current, tag, text, came, begin)
        else:
            self._aside(current, tag, Came(text, piece, begin))
        return True

    def _turn(self, tag: str, came: Came, texts: list[str]) -> None:
        """The interchange ends, with its trailer or because the next one begins."""
        if tag == "IEA":
            self._controls.end(came, came.offset)
            self._tokens.close(texts[1:])
        else:
            self._controls.end(None, came.offset)
            self._tokens.close(texts)

    def _aside(self, current: Received | None, tag: str, came: Came) -> None:
        if tag:
            self._controls.stray(tag, came)
            return
        if not came.text:
            finding = Finding("empty-segment", "there is nothing before the terminator")
        else:
            finding = Finding("unknown-segment", "the segment has no tag")
        if current is not None:
            current.count += bool(came.text)
            current.texts.append(came.raw)
            self._transactions.note(current, [finding], came.offset)
        elif not self._reports.tolerates(finding.rule):
            self._reports.bad(finding.rule, finding.message, came.offset, before=True)

    def _decoded(self, raw: str, offset: int) -> str:
        """A segment's text in the definition's encoding."""
        try:
            return raw.encode("latin-1").decode(self._encoding)
        except UnicodeDecodeError:
            finding = Finding("encoding", f"is not {self._encoding}", tag=raw[:3])
        current = self._transactions.current
        if current is not None:
            self._transactions.note(current, [finding], offset)
        else:
            self._reports.bad("encoding", finding.message, offset, before=True)
        return raw

    def _strange(self, event: Strange) -> None:
        raw = event.text.encode("latin-1", "replace")
        current = self._transactions.current
        if current is not None and event.rule != "truncated":
            self._strange_inside(current, event)
            return
        self._reports.bad(
            event.rule,
            event.message,
            event.offset,
            excerpt=event.text[:120],
            raw=raw,
            is_cut=event.is_cut,
            before=True,
        )

    def _strange_inside(self, current: Received, event: Strange) -> None:
        """A segment of a transaction set that could not be cut out, or not be kept."""
        current.count += 1
        if event.is_cut:
            current.texts.append(event.text)
            self._transactions.overflow(current)
            return
        current.texts.append(event.text[:-1])
        finding = Finding(event.rule, event.message, tag=event.text.lstrip(LINE_ENDS)[:3])
        self._transactions.note(current, [finding], event.offset)


def original(text: str, separator: str) -> str:
    """A segment with binary data as it came: the data is in hexadecimal here."""
    head, _, data = text.rpartition(separator)
    return f"{head}{separator}{bytes.fromhex(data).decode('latin-1')}"
