"""The control segments: what they open and close, and whether their references and counts are right."""

from __future__ import annotations

from collections.abc import Callable

from mappings.contract import JsonValue, Summary
from mappings.edi import Finding
from mappings.edi.control_reader import ControlReader
from mappings.edi.interchange_reader import Came, Handler, Script
from mappings.edi.pieces import LINE_ENDS
from mappings.edi.reports import Reports
from mappings.edi.seen import comes_again
from mappings.edi.segment_list import SegmentList
from mappings.edi.sets import Received, SetReader
from mappings.edifact import header_checks
from mappings.edifact.acknowledgement import Acknowledger
from mappings.edifact.charsets import encoding_of
from mappings.edifact.compiled import Compiled
from mappings.edifact.envelope import CONTROL, SEGMENTS, Values, identity
from mappings.edifact.messages import refused_message
from mappings.edifact.received import Group, Interchange, Wrong
from mappings.edifact.service import ADVICE_LENGTH, Header

ANSWER = "CONTRL"
_ASCII = "us-ascii"


class Controls:
    """Follows the envelopes of one stream. `handlers` are called with a control segment's text, with it as
    it came, and with its offset; UNB and UNZ are the reader's, which has to change delimiters then."""

    def __init__(
        self,
        compiled: Compiled,
        reports: Reports,
        messages: SetReader,
        acknowledger: Acknowledger,
        seen_before: Callable[[str], bool] | None,
    ) -> None:
        self._compiled = compiled
        self._reports = reports
        self._messages = messages
        self._acknowledger = acknowledger
        self._interchange: Interchange | None = None
        self._group: Group | None = None
        self._seen: set[str] = set()
        self._seen_before = seen_before
        self.handlers: dict[str, Handler] = {
            "UNG": self._ung,
            "UNE": self._une,
            "UNH": self._unh,
            "UNT": self._unt,
        }

    def begin(self, header: Header, offset: int) -> Script:
        """UNB was read."""
        declared = self._compiled.definition.encoding
        encoding = encoding_of(header.syntax, declared)
        text = self._text(header, encoding or _ASCII, offset)
        came = Came(text, header.text, offset)
        self._segments = ControlReader(
            CONTROL, SEGMENTS, header.delimiters, self._compiled.rules, self._reports
        )
        self._messages.use(header.delimiters, SegmentList(header.delimiters))
        values, findings = self._segments.read("UNB", text)
        interchange = self._interchange = Interchange(header, values, offset)
        if header.version not in header_checks.VERSIONS:
            self._reject("syntax-version", "UNB says no syntax version from 1 to 4", 2, came)
        if encoding is None:
            message = (
                f"the character set of {header.syntax[:4]} is not known; say the encoding in the definition"
            )
            self._reject("syntax-identifier", message, 1, came)
        for each in (*findings, *header_checks.findings(values)):
            self._wrong(interchange, "interchange-header", "UNB", each, came)
        key = identity(values)
        if comes_again(self._seen, key) or (self._seen_before and self._seen_before(f"edifact\n{key}")):
            message = f"the interchange {values.get('control_reference')} of this sender came before"
            finding = Finding("code", message, element=5)
            told = self._wrong(interchange, "duplicate-interchange", "UNB", finding, Came("", "", offset))
            interchange.is_refused |= told
        self._acknowledger.begin(interchange)
        return Script(header.delimiters.element, encoding or _ASCII, header.is_broken)

    def _text(self, header: Header, encoding: str, offset: int) -> str:
        """UNB in its encoding."""
        try:
            return header.text.encode("latin-1").decode(encoding)
        except UnicodeDecodeError as error:
            message = f"byte {error.start + 1} of the segment is not {encoding}"
            self._reports.bad("encoding", message, offset, before=True)
        return header.text

    def is_trailer(self, tag: str) -> bool:
        """True for the tag that ends an interchange."""
        return tag == "UNZ"

    def is_header(self, tag: str, text: str) -> bool:
        """True for a segment that begins the next one: UNA has no terminator but its last character."""
        return tag == "UNB" or (text.startswith("UNA") and len(text) == ADVICE_LENGTH - 1)

    @property
    def is_refused(self) -> bool:
        """True where the interchange that is open cannot be read."""
        return self._interchange is not None and self._interchange.is_refused

    def stray(self, tag: str, came: Came) -> None:
        """A segment that stands outside of a message, and may not."""
        interchange = self._interchange
        assert interchange is not None
        finding = Finding(
            "unexpected-segment", f"{tag[:3]!r} may not stand outside of a message", tag=tag[:3]
        )
        self._wrong(interchange, "control-structure", tag[:3], finding, came)
        current = self._messages.current
        if current is not None and not current.is_too_long:
            # It is none of the message's, and stands among its bytes.
            current.texts.append(came.raw)

    def end(self, came: Came | None, offset: int) -> None:
        """UNZ was read; with None it is missing."""
        interchange = self._interchange
        if interchange is None:
            return
        self._close_group(offset)
        if came is None:
            finding = Finding("required-segment", "the interchange has no UNZ")
            self._wrong(interchange, "missing-interchange-trailer", "UNZ", finding, Came("", "", offset))
        else:
            self._check_trailer(interchange, came)
        self._acknowledger.end(interchange)
        self._interchange = None

    def finish(self, offset: int) -> None:
        """The data has ended."""
        self.end(None, offset)

    def summary(self) -> Summary:
        """What was read, and the answer to it."""
        return self._reports.summary(self._acknowledger.data())

    def _check_trailer(self, interchange: Interchange, came: Came) -> None:
        values, findings = self._segments.read("UNZ", came.text)
        for each in findings:
            self._wrong(interchange, "interchange-trailer", "UNZ", each, came)
        if interchange.is_refused:
            return
        reference, expected = values.get("control_reference"), interchange.values.get("control_reference")
        if reference is not None and reference != expected:
            finding = Finding("code", f"is {reference}, UNB says {expected}", element=2)
            self._wrong(interchange, "interchange-control-reference", "UNZ", finding, came)
        count = interchange.groups or interchange.messages
        if isinstance(values.get("count"), int) and values["count"] != count:
            what = "groups" if interchange.groups else "messages"
            finding = Finding("code", f"is {values['count']}, there are {count} {what}", element=1)
            self._wrong(interchange, "interchange-counted", "UNZ", finding, came)

    def _ung(self, came: Came) -> None:
        interchange = self._interchange
        assert interchange is not None
        self._close_group(came.offset)
        interchange.groups += 1
        values, findings = self._segments.read("UNG", came.text)
        group = self._group = Group(values, came.offset)
        self._acknowledger.begin_group(group)
        for each in (*findings, *header_checks.findings(values)):
            self._wrong(group, "group-header", "UNG", each, came)
        if interchange.alone == 1 and interchange.groups == 1:
            self._mixed(interchange, came)
        if comes_again(interchange.group_references, values.get("control_reference")):
            message = f"the group {values.get('control_reference')} came before in this interchange"
            self._wrong(group, "duplicate-group", "UNG", Finding("code", message, element=5), came)

    def _une(self, came: Came) -> None:
        group = self._group
        if group is None:
            self.stray("UNE", came)
            return
        self._close_message(came.offset)
        values, findings = self._segments.read("UNE", came.text)
        for each in findings:
            self._wrong(group, "group-trailer", "UNE", each, came)
        reference, expected = values.get("control_reference"), group.values.get("control_reference")
        if reference is not None and reference != expected:
            finding = Finding("code", f"is {reference}, UNG says {expected}", element=2)
            self._wrong(group, "group-control-reference", "UNE", finding, came)
        if isinstance(values.get("count"), int) and values["count"] != group.messages:
            finding = Finding("code", f"is {values['count']}, there are {group.messages} messages", element=1)
            self._wrong(group, "messages-counted", "UNE", finding, came)
        self._end_group(group)

    def _close_group(self, offset: int) -> None:
        """UNE is missing, where a group is open."""
        self._close_message(offset)
        group = self._group
        if group is not None:
            finding = Finding("required-segment", "the group has no UNE")
            self._wrong(group, "missing-group-trailer", "UNE", finding, Came("", "", offset))
            self._end_group(group)

    def _end_group(self, group: Group) -> None:
        self._acknowledger.end_group(group)
        self._group = None

    def _unh(self, came: Came) -> None:
        text, raw, offset = came
        interchange, group = self._interchange, self._group
        assert interchange is not None
        self._close_message(offset)
        interchange.messages += 1
        values, findings = self._segments.read("UNH", text)
        identifier = values.get("identifier")
        kind = identifier.get("type") if isinstance(identifier, dict) else None
        interchange.answers += kind == ANSWER
        around: Values = {"interchange": interchange.values}
        references = interchange.references
        if group is not None:
            around["group"] = group.values
            references = group.references
        refusal = refused_message(self._compiled.definition, identifier)
        envelope: Values = {**around, "message": values}
        current = self._messages.begin(values, {"envelope": envelope}, raw, offset, is_meant=refusal is None)
        if refusal and self._compiled.definition.others == "refuse":
            self._messages.refuse(current, "message-type", refusal)
        for each in findings:
            self._messages.wrong(current, "message-header", _told("UNH", each), offset)
        if comes_again(references, values.get("control_reference")):
            message = f"the message {values.get('control_reference')} came before in this {_kind(group)}"
            self._messages.wrong(current, "duplicate-message", message, offset)
        self._count(interchange, group, kind, came)

    def _count(self, interchange: Interchange, group: Group | None, kind: JsonValue, came: Came) -> None:
        if group is None:
            interchange.alone += 1
            if interchange.groups and interchange.alone == 1:
                self._mixed(interchange, came)
            return
        group.messages += 1
        if group.messages == 1:
            group.kind = kind
        elif kind != group.kind and not group.is_mixed:
            group.is_mixed = True
            finding = Finding("code", "the group has messages of several types")
            self._wrong(group, "group-mix", "UNH", finding, came)

    def _mixed(self, interchange: Interchange, came: Came) -> None:
        finding = Finding("code", "the interchange has groups, and messages in none")
        self._wrong(interchange, "groups-mixed", "UNH", finding, came)

    def _unt(self, came: Came) -> None:
        text, raw, offset = came
        current = self._messages.current
        if current is None:
            self.stray("UNT", came)
            return
        current.count += 1
        current.texts.append(raw)
        values, findings = self._segments.read("UNT", text)
        wrong = self._messages.wrong
        for each in findings:
            wrong(current, "message-trailer", _told("UNT", each), offset)
        reference, expected = values.get("control_reference"), current.values.get("control_reference")
        if reference is not None and reference != expected:
            wrong(current, "control-reference", f"UNT02 is {reference}, UNH01 is {expected}", offset)
        if isinstance(values.get("count"), int) and values["count"] != current.count:
            message = f"UNT01 is {values['count']}, there are {current.count} segments"
            wrong(current, "segments-counted", message, offset)
        self._end_message(current, offset)

    def _close_message(self, offset: int) -> None:
        """UNT is missing, where a message is open."""
        current = self._messages.current
        if current is not None:
            self._messages.wrong(current, "missing-trailer", "the message has no UNT", offset)
            self._end_message(current, offset)

    def _end_message(self, current: Received, offset: int) -> None:
        interchange = self._interchange
        assert interchange is not None
        self._messages.end(current, offset)
        interchange.errors += current.is_bad
        self._acknowledger.message(current)

    def _reject(self, rule: str, message: str, component: int, came: Came) -> None:
        """What cannot be read at all."""
        assert self._interchange is not None
        finding = Finding(rule, message, element=1, component=component)
        self._wrong(self._interchange, rule, "UNB", finding, came)
        self._interchange.is_refused = True

    def _wrong(self, what: Interchange | Group, rule: str, tag: str, finding: Finding, came: Came) -> bool:
        """Tell of a mistake; False where it is let pass. Of a segment that is missing `came` has no text."""
        if self._reports.tolerates(rule):
            return False
        assert self._interchange is not None
        wrong = Wrong(rule, tag, finding)
        what.wrong.append(wrong)
        self._interchange.errors += 1
        message = f"{_told(tag, finding)} (code {wrong.code})"
        raw = came.raw.strip(LINE_ENDS).encode("latin-1")
        before = self._messages.current is None
        self._reports.bad(rule, message, came.offset, excerpt=came.text, raw=raw, before=before)
        return True


def _told(tag: str, finding: Finding) -> str:
    if finding.element is None:
        return finding.message
    where = f"{tag}{finding.element:02}" + (f"-{finding.component}" if finding.component is not None else "")
    return f"{where} {finding.message}"


def _kind(group: Group | None) -> str:
    return "interchange" if group is None else "group"
