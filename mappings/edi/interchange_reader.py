"""Interchanges to records.

The control segments open and close interchanges, groups and transaction sets or messages; what stands between
the header and the trailer of one is walked through the definition. One with mistakes gives an error for each
of them, of which the first has its bytes, and no record; reading goes on with the next. A control segment
that is missing is told where its absence shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from mappings.contract import MappingError, Record, Summary
from mappings.edi.findings import Finding
from mappings.edi.pieces import LINE_ENDS, Opened, Pieces, Strange, too_long, unbroken
from mappings.edi.reports import Reports
from mappings.edi.sets import Block, Received, SetReader, block

H = TypeVar("H")
H_contra = TypeVar("H_contra", contravariant=True)


class Came(NamedTuple):
    """A control segment: its text in its encoding, as it came (a character for each byte, line ends before it
    included), and the offset of its first byte."""

    text: str
    raw: str
    offset: int


Handler: TypeAlias = Callable[[Came], None]


@dataclass(frozen=True, slots=True)
class Script:
    """How an interchange is written: what stands behind tags, the encoding of its text, and whether line ends
    inside of segments are no data."""

    separator: str
    encoding: str
    is_broken: bool


class Tokens(Protocol[H]):
    """Cuts one stream."""

    def feed(self, text: str) -> Iterator[Opened[H] | Pieces | Strange]:
        """What is complete now. Each event is to be dealt with before the next is asked for."""

    def finish(self) -> Iterator[Opened[H] | Pieces | Strange]:
        """What the end of the data completes, or leaves open."""

    def close(self, unread: list[str]) -> None:
        """The interchange has ended; these segments of the last event were not read and are none of its."""


class Controls(Protocol[H_contra]):
    """Follows the envelopes of one stream. Those that begin and end interchanges have no handler."""

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """What reads control segments, by their tags."""

    @property
    def is_refused(self) -> bool:
        """True where the interchange that is open is passed over."""

    def begin(self, header: H_contra, offset: int) -> Script:
        """An interchange has begun."""

    def is_trailer(self, tag: str) -> bool:
        """True for the tag that ends an interchange."""

    def is_header(self, tag: str, text: str) -> bool:
        """True for a segment that begins the next one."""

    def stray(self, tag: str, came: Came) -> None:
        """A segment outside of a transaction set or message."""

    def end(self, came: Came | None, offset: int) -> None:
        """The trailer of the interchange was read; with None it is missing."""

    def finish(self, offset: int) -> None:
        """The data has ended."""

    def summary(self) -> Summary:
        """What was read, and the answer to it."""


class InterchangeReader(Generic[H]):
    """The decoder of X12 and EDIFACT."""

    def __init__(
        self,
        tokens: Tokens[H],
        controls: Controls[H],
        sets: SetReader,
        reports: Reports,
        max_record_bytes: int,
    ) -> None:
        self._tokens = tokens
        self._controls = controls
        self._sets = sets
        self._reports = reports
        self._most = max_record_bytes
        self._script = Script("", "us-ascii", is_broken=False)
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

    def _take(self, events: Iterable[Opened[H] | Pieces | Strange]) -> None:
        for event in events:
            if isinstance(event, Pieces):
                self._segments(event)
            elif isinstance(event, Opened):
                self._script = self._controls.begin(event.header, event.offset)
            else:
                self._strange(event)

    def _segments(self, pieces: Pieces) -> None:
        offset, at, size = pieces.offset, 0, pieces.size
        is_broken = self._script.is_broken and size is None
        given = block(pieces.texts, offset, self._script.encoding, is_broken=is_broken)
        while at < len(given.raws):
            current = self._sets.current
            if current is not None and size is None:
                at, offset = self._sets.run(current, given, at, offset)
                if at == len(given.raws):
                    return
            if not self._segment(given, at, offset, size):
                return
            offset += size or len(given.raws[at]) + 1
            at += 1

    def _segment(self, given: Block, at: int, offset: int, size: int | None) -> bool:
        """One segment of a block, which is at this offset; with binary data it has `size` bytes. False when
        the interchange ends."""
        piece, current, script = given.raws[at], self._sets.current, self._script
        if size is None and len(piece) > self._most:
            self._strange(too_long(self._most, offset, piece))
            return True
        raw = piece.lstrip(LINE_ENDS)
        begin = offset + len(piece) - len(raw)
        if script.is_broken and size is None:
            raw = unbroken(raw)
        tag = raw.partition(script.separator)[0]
        if self._controls.is_trailer(tag) or self._controls.is_header(tag, raw):
            self._turn(tag, Came(raw, piece, begin), list(given.raws[at:]))
            return False
        if self._controls.is_refused:
            return True
        text = raw if raw.isascii() else self._decoded(raw, begin)
        handler = self._controls.handlers.get(tag)
        if handler is not None:
            handler(Came(text, piece, begin))
        elif current is not None and tag:
            came = piece if size is None else original(piece, script.separator)
            self._sets.segment(current, tag, text, came, begin)
        else:
            self._aside(current, tag, Came(text, piece, begin))
        return True

    def _turn(self, tag: str, came: Came, texts: list[str]) -> None:
        """The interchange ends, with its trailer or because the next one begins."""
        if self._controls.is_trailer(tag):
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
            self._sets.note(current, [finding], came.offset)
        elif not self._reports.tolerates(finding.rule):
            self._reports.bad(finding.rule, finding.message, came.offset, before=True)

    def _decoded(self, raw: str, offset: int) -> str:
        """A segment's text in its encoding."""
        encoding = self._script.encoding
        try:
            return raw.encode("latin-1").decode(encoding)
        except UnicodeDecodeError as error:
            message = f"byte {error.start + 1} of the segment is not {encoding}"
        current = self._sets.current
        if current is not None:
            current.count += 1
            self._sets.note(current, [Finding("encoding", message, tag=raw[:3])], offset)
            current.count -= 1
        else:
            self._reports.bad("encoding", message, offset, before=True)
        return raw

    def _strange(self, event: Strange) -> None:
        text = event.text.lstrip(LINE_ENDS)
        offset = event.offset + len(event.text) - len(text)
        current = self._sets.current
        if current is not None:
            self._strange_inside(current, event, offset)
            return
        if event.rule == "truncated":
            text = text.rstrip(LINE_ENDS)
        raw = text.encode("latin-1", "replace")
        self._reports.bad(
            event.rule, event.message, offset, excerpt=text, raw=raw, is_cut=event.is_cut, before=True
        )

    def _strange_inside(self, current: Received, event: Strange, offset: int) -> None:
        """A segment of a transaction set or message that could not be cut out, or not be kept."""
        current.count += 1
        if event.is_cut:
            current.texts.append(event.text)
            self._sets.overflow(current)
            return
        current.is_cut_off = event.rule == "truncated"
        current.texts.append(event.text if current.is_cut_off else event.text[:-1])
        finding = Finding(event.rule, event.message, tag=event.text.lstrip(LINE_ENDS)[:3])
        self._sets.note(current, [finding], offset)


def original(text: str, separator: str) -> str:
    """A segment with binary data as it came: the data is in hexadecimal here."""
    head, _, data = text.rpartition(separator)
    return f"{head}{separator}{bytes.fromhex(data).decode('latin-1')}"
