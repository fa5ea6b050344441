"""Reading a document as a stream of records.

expat finds where each record begins and ends, in bytes and lines of the document; the record's bytes are
then read by themselves, by the same safe parser and codec as everything else. So memory is one record, and a
bad one keeps its bytes. Document type declarations are refused before anything of them is read.

Source: XML 1.0; Namespaces in XML 1.0.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from mappings.contract import Context, MappingError, Place, Record, Summary
from mappings.xml.format_encoding import Transcoder
from mappings.xml.format_pending import LONG, Pending
from mappings.xml.layout import Layout
from mappings.xml.model import XSI
from mappings.xml.nodes import SPACES
from mappings.xml.parse import parse_xml
from mappings.xml.path_events import RecordEvents

_SLICE = 64 * 1024
"""Bytes handed to expat at once: what is in memory beside the record. Units: bytes."""
_MAX_DEPTH = 1000
"""Levels of a document, also in what is passed over: expat keeps something for each that is open. A record
may have far fewer."""
_MAX_NAMES = 50_000
"""Names of elements and attributes, which expat keeps to the end of the document."""
_TAG = re.compile(rb"<(?:[^\"'>]|\"[^\"]*\"|'[^']*')*>")


class RecordReader:
    """Reads one stream. A record that breaks the schema is a value; a document that is not well-formed, or
    has another root, is lost."""

    def __init__(self, layout: Layout, context: Context, *, skips: bool) -> None:
        self._layout = layout
        self._context = context
        self._skips = skips
        self._path = tuple(_expat_name(name) for name in layout.path)
        self._record = None if layout.codec.name is None else _expat_name(layout.codec.name)
        self._transcoder = Transcoder()
        self._parser: expat.XMLParserType | None = None
        self._buffer = bytearray()
        self._pending: Pending | None = None  # the token that expat is in the middle of
        self._kept: list[bytes] = []  # what has come of it since
        self._base = 0  # offset of the buffer
        self._fed = 0
        self._scopes: list[dict[str, str]] = []  # namespaces declared by each open element around the records
        self._declared: dict[str, str] = {}  # by the element that is about to begin
        self._depth = 0
        self._plan = layout.events
        self._events: RecordEvents | None = None
        if layout.events is not None:
            self._events = layout.events.events(context.max_depth, self._record_given_up, self._record_read)
        self._is_quick = False  # the record being read is read by the events
        self._start: tuple[int, int] | None = None  # byte and line of the record being read
        self._has_children = False
        self._is_oversize = False
        self._is_text_told = False  # that there is text since the last element
        self._skipping = 0  # the depth of an element around the records that is passed over
        self._results: list[Record | MappingError] = []
        self._lost: MappingError | None = None
        self._encoding = ""
        self._records = 0
        self._errors = 0

    def feed(self, chunk: bytes) -> Sequence[Record | MappingError]:
        """The records that are complete now. Raises: MappingError when lost, but first gives what is good."""
        self._raise_when_lost()
        self._take(chunk, final=False)
        return self._given()

    def finish(self) -> tuple[Sequence[Record | MappingError], Summary]:
        """The last records and the summary. Raises: MappingError when lost."""
        self._raise_when_lost()
        self._take(b"", final=True)
        self._raise_when_lost()
        return self._given(), Summary(records=self._records, errors=self._errors)

    def _raise_when_lost(self) -> None:
        if self._lost is not None:
            raise self._lost

    def _given(self) -> list[Record | MappingError]:
        results, self._results = self._results, []
        if not results:
            self._raise_when_lost()
        return results

    def _take(self, chunk: bytes, *, final: bool) -> None:
        try:
            data = self._transcoder.finish() if final else self._transcoder.feed(chunk)
            if self._parser is None and (data or final):
                self._parser = self._made()
            self._parse_what_ends(data, final=final)
            if final:
                self._here.Parse(b"", True)
        except MappingError as error:
            self._lost = error
        except expat.ExpatError as error:
            self._lost = self._syntax_error(error, self._here)
        except UnicodeDecodeError:
            self._lost = MappingError("is not text in UTF-16, as which it begins", rule="encoding")
        except (LookupError, ValueError):  # of the document's own encoding; expat tells neither apart
            place = None if self._parser is None else self._place(None)
            self._lost = MappingError("its encoding is not supported", rule="encoding", place=place)

    @property
    def _here(self) -> expat.XMLParserType:
        """The parser, which is there since the first byte."""
        assert self._parser is not None
        return self._parser

    def _parse_what_ends(self, data: bytes, *, final: bool) -> None:
        """Give expat the data, unless it is in the middle of a token that does not end in it."""
        pending = self._pending
        if pending is not None:
            self._kept.append(data)
            if pending.size > self._context.max_record_bytes + _SLICE:
                raise self._too_long_tag()
            if not (pending.ends_in(data) or final):
                return
            data, self._pending = b"".join(self._kept), None
            self._kept.clear()
        for at in range(0, len(data), _SLICE):
            self._parse(self._here, data[at : at + _SLICE])
        waiting = self._fed - max(self._here.CurrentByteIndex, 0) if data else 0
        if waiting > LONG and len(self._buffer) >= waiting:
            self._pending = Pending(bytes(self._buffer[-waiting:]))

    def _too_long_tag(self) -> MappingError:
        return self._error(f"one tag is longer than {self._context.max_record_bytes} bytes", "size")

    def _parse(self, parser: expat.XMLParserType, data: bytes) -> None:
        self._buffer += data
        self._fed += len(data)
        parser.Parse(data, False)
        if len(parser.intern) > _MAX_NAMES:
            raise self._error(f"more than {_MAX_NAMES} different names", "names")
        waiting = self._fed - max(parser.CurrentByteIndex, 0)
        if waiting > self._context.max_record_bytes + _SLICE:
            raise self._too_long_tag()
        if self._start is None:
            self._drop(parser.CurrentByteIndex)
        elif self._fed - self._start[0] > self._context.max_record_bytes + _SLICE:
            self._is_oversize = True
            if self._events is not None and self._is_quick:
                self._events.stop()
            self._drop(self._fed)

    def _drop(self, until: int) -> None:
        """Forget the buffer up to an offset."""
        if until > self._base:
            del self._buffer[: until - self._base]
            self._base = until

    # --- what expat tells

    def _made(self) -> expat.XMLParserType:
        parser = expat.ParserCreate(self._transcoder.encoding, namespace_separator="}")
        parser.StartElementHandler = self._element_starts
        parser.EndElementHandler = self._element_ends
        parser.StartNamespaceDeclHandler = self._namespace
        parser.StartDoctypeDeclHandler = self._doctype
        parser.XmlDeclHandler = self._declaration
        parser.CharacterDataHandler = self._text
        return parser

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        self._encoding = self._transcoder.encoding or encoding or ""

    def _doctype(self, *_: object) -> None:
        raise self._error("a document type declaration is not allowed", "doctype")

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        self._declared[prefix or ""] = uri or ""

    def _text(self, text: str) -> None:
        """Text around the records: of one run of it the first that is no white space is told."""
        begin = len(text) - len(text.lstrip(SPACES))
        if begin < len(text) and not (self._skipping or self._is_text_told):
            self._is_text_told = True
            place = self._place(None)
            if place.byte_offset is not None:
                place = replace(place, byte_offset=place.byte_offset + begin)
            self._stray("text where only records are allowed", "unexpected-text", place)

    def _element_starts(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._error(f"nested deeper than {_MAX_DEPTH} levels", "depth")
        if self._start is not None:
            self._has_children = True
            return
        declared, self._declared = self._declared, {}
        self._is_text_told = False
        if self._skipping:
            return
        level = self._depth - 1
        if level == len(self._path) and self._record in (name, None):
            self._record_starts(attributes)
        elif level < len(self._path) and name == self._path[level]:
            self._scopes.append(declared)
            if any(not key.startswith(f"{XSI}}}") for key in attributes):
                self._stray(f"attributes of the element {_local(name)}", "unexpected-attribute")
        elif level == 0:
            expected = (self._path or (self._record or "",))[0]
            raise self._error(
                f"the root is {_local(name)}, expected is {_local(expected)}", "unexpected-element"
            )
        else:
            self._skipping = self._depth
            expected = (self._record or "") if level == len(self._path) else self._path[level]
            what = f"the element {_local(name)} where only {_local(expected)} is allowed"
            self._stray(what, "unexpected-element")

    def _element_ends(self, name: str) -> None:
        self._depth -= 1
        self._is_text_told = False
        level = self._depth
        if self._start is not None:
            if level == len(self._path):
                self._record_ends()
        elif self._skipping:
            self._skipping = 0 if level < self._skipping else self._skipping
        elif level < len(self._path):
            self._scopes.pop()

    def _record_starts(self, attributes: dict[str, str]) -> None:
        parser, events = self._here, self._events
        self._start = (max(parser.CurrentByteIndex, 0), parser.CurrentLineNumber)
        self._has_children = self._is_oversize = False
        parser.StartNamespaceDeclHandler = None
        parser.CharacterDataHandler = None
        if events is not None and events.begin(attributes):
            self._is_quick = True
            parser.StartElementHandler = events.start
            parser.EndElementHandler = events.end
            parser.CharacterDataHandler = events.text

    def _record_given_up(self, depth: int, has_children: bool) -> None:
        """From here on only the end of the record is looked for; `depth` elements of it are open."""
        self._leave_events(depth, has_children)
        self._here.CharacterDataHandler = None
        if not depth:
            self._record_ends()

    def _record_read(self, values: Record, has_children: bool) -> None:
        """The record ends, and this is it."""
        self._leave_events(0, has_children)
        self._record_ends(values)

    def _leave_events(self, depth: int, has_children: bool) -> None:
        self._is_quick = False
        self._depth = len(self._path) + depth
        self._has_children = has_children
        self._here.StartElementHandler = self._element_starts
        self._here.EndElementHandler = self._element_ends

    def _record_ends(self, values: Record = None) -> None:
        """`values` are its own where the events have read it."""
        parser, start, plan = self._here, self._start, self._plan
        assert start is not None
        end = self._end_of_record(start[0], parser.CurrentByteIndex)
        size = end - start[0]
        self._records += 1
        self._start = None
        if self._is_oversize or size > self._context.max_record_bytes:
            message = f"a record is longer than {self._context.max_record_bytes} bytes"
            place = self._record_place(start)
            self._give(MappingError(message, rule="record-length", place=place))
        elif values is not None and plan is not None and size <= plan.most_bytes:
            self._results.append(values)
        else:
            raw = bytes(self._buffer[start[0] - self._base : end - self._base])
            self._give(self._decoded(raw, start))
        self._drop(end)
        parser.CharacterDataHandler = self._text
        parser.StartNamespaceDeclHandler = self._namespace

    def _end_of_record(self, start: int, at: int) -> int:
        """The offset behind the record's last byte. expat gives that of its end tag, and of an element
        without one that behind it."""
        if not self._has_children and not self._is_oversize:
            tag = _TAG.match(self._buffer, start - self._base)
            if tag is not None and tag.end() == at - self._base and tag[0].endswith(b"/>"):
                return at
        # Of a record that is too long, the first bytes of the end tag can have been dropped.
        return self._buffer.find(b">", max(at - self._base, 0)) + 1 + self._base

    # --- one record

    def _decoded(self, raw: bytes, start: tuple[int, int]) -> Record | MappingError:
        prefixes: dict[str, str] = {}
        for scope in self._scopes:
            prefixes |= scope
        declared = "".join(
            f" xmlns{':' if prefix else ''}{prefix}={quoteattr(uri)}" for prefix, uri in prefixes.items()
        )
        encoding = f'<?xml version="1.0" encoding={quoteattr(self._encoding)}?>' if self._encoding else ""
        head = f"{encoding}<around{declared}>".encode("ascii", "xmlcharrefreplace")
        limit = len(head) + len(raw) + 9
        try:
            root = parse_xml(
                head + raw + b"</around>", max_bytes=limit, max_depth=self._context.max_depth + 1
            )
            return self._layout.codec.decode(root[0])
        except MappingError as error:
            place = replace(self._line_place(start, raw, error.place.line), path=error.place.path or None)
            return MappingError(error.reason, rule=error.rule, place=place, excerpt=error.excerpt, raw=raw)

    def _give(self, result: Record | MappingError) -> None:
        self._errors += isinstance(result, MappingError)
        self._results.append(result)

    def _stray(self, message: str, rule: str, place: Place | None = None) -> None:
        """What stands around the records is an error, or nothing."""
        if not self._skips:
            message += "; `around: skip` passes over what is around the records"
            self._give(MappingError(message, rule=rule, place=place or self._place(None)))

    # --- places

    def _error(self, message: str, rule: str) -> MappingError:
        return MappingError(message, rule=rule, place=self._place(None))

    def _place(self, record: int | None) -> Place:
        """Where expat is. Of UTF-16 the bytes are not those of the document, and are not told."""
        offset = None if self._transcoder.encoding else max(self._here.CurrentByteIndex, 0)
        return Place(record=record, byte_offset=offset, line=self._here.CurrentLineNumber)

    def _record_place(self, start: tuple[int, int]) -> Place:
        """Where the record that was just read begins."""
        offset = None if self._transcoder.encoding else start[0]
        return Place(record=self._records, byte_offset=offset, line=start[1])

    def _line_place(self, start: tuple[int, int], raw: bytes, line: int | None) -> Place:
        """Where a line of the record begins, the first one being that on which it begins itself."""
        place, at = self._record_place(start), 0
        for _ in range((line or 1) - 1):
            at = raw.find(b"\n", at) + 1
        byte = None if place.byte_offset is None else place.byte_offset + at
        return replace(place, byte_offset=byte, line=start[1] + (line or 1) - 1)

    def _syntax_error(self, error: expat.ExpatError, parser: expat.XMLParserType) -> MappingError:
        offset = None if self._transcoder.encoding else max(parser.ErrorByteIndex, 0)
        reason = expat.ErrorString(error.code) or "unknown error"
        rule = "truncated" if error.code in _TRUNCATED else "syntax"
        rule = "encoding" if error.code in _ENCODING else rule
        place = Place(byte_offset=offset, line=error.lineno, column=error.offset + 1)
        return MappingError(f"not well-formed XML: {reason}", rule=rule, place=place)


_TRUNCATED = tuple(
    expat.errors.codes[name]
    for name in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
)
_ENCODING = tuple(
    expat.errors.codes[name]
    for name in (expat.errors.XML_ERROR_UNKNOWN_ENCODING, expat.errors.XML_ERROR_INCORRECT_ENCODING)
)


def _expat_name(name: str) -> str:
    """A name as expat gives it: `namespace}local`."""
    return name.removeprefix("{")


def _local(name: str) -> str:
    return name.rpartition("}")[2][:100]
