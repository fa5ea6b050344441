"""The control segments: what they open and close, and whether their numbers and counts are right."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mappings.contract import JsonValue, Summary
from mappings.edi import Finding
from mappings.edi.control_reader import ControlReader
from mappings.edi.interchange_reader import Came, Handler, Script
from mappings.edi.pieces import LINE_ENDS
from mappings.edi.reports import Reports
from mappings.edi.seen import comes_again
from mappings.edi.segment_list import SEGMENTS as LIST
from mappings.edi.segment_list import SegmentList, read_segment
from mappings.edi.sets import Received, SetReader
from mappings.x12 import codes, isa_checks
from mappings.x12.acknowledgement import Acknowledger
from mappings.x12.compiled import Compiled
from mappings.x12.envelope import CONTROL, SEGMENTS, Header, Values
from mappings.x12.groups import refused_group
from mappings.x12.received import Group, Interchange
from mappings.x12.tags import CONTROL_TAGS, TAGS

MAX_SERVICES = 1000
_GS06 = 6


class Controls:
    """Follows the envelopes of one stream. `handlers` are called with a control segment's text and offset;
    IEA and ISA are the reader's, which has to change delimiters then."""

    def __init__(
        self,
        compiled: Compiled,
        reports: Reports,
        transactions: SetReader,
        acknowledger: Acknowledger,
        seen_before: Callable[[str], bool] | None,
    ) -> None:
        self._compiled = compiled
        self._reports = reports
        self._transactions = transactions
        self._acknowledger = acknowledger
        self._interchange: Interchange | None = None
        self._group: Group | None = None
        self._seen: set[str] = set()
        self._seen_before = seen_before
        self.handlers: dict[str, Handler] = {"GS": self._gs, "GE": self._ge, "ST": self._st, "SE": self._se}

    def begin(self, header: Header, offset: int) -> Script:
        """ISA was read."""
        interchange = self._interchange = Interchange(header, header.values(), offset)
        self._segments = ControlReader(
            CONTROL, SEGMENTS, header.delimiters, self._compiled.rules, self._reports
        )
        self._transactions.use(header.delimiters, SegmentList(header.delimiters, TAGS))
        if not header.is_fixed:
            self._reports.tolerates("isa-lengths")
        for rule, message in isa_checks.problems(header):
            self._wrong_interchange(rule, message, offset)
        key = header.identity
        if comes_again(self._seen, key) or (self._seen_before and self._seen_before(f"x12\n{key}")):
            message = f"the interchange {header.control_number} of this sender came before"
            interchange.is_refused = self._wrong_interchange("duplicate-interchange", message, offset)
        self._acknowledger.begin(interchange)
        is_broken = self._compiled.is_broken and header.delimiters.terminator not in LINE_ENDS
        return Script(header.delimiters.element, self._compiled.definition.encoding, is_broken)

    def is_trailer(self, tag: str) -> bool:
        """True for the tag that ends an interchange."""
        return tag == "IEA"

    def is_header(self, tag: str, text: str) -> bool:
        """True for a segment that begins the next one."""
        return tag == "ISA"

    @property
    def is_refused(self) -> bool:
        """True where nothing of the interchange that is open is read, since it came before."""
        return self._interchange is not None and self._interchange.is_refused

    def stray(self, tag: str, came: Came) -> None:
        """A segment outside of a transaction set: a service of the interchange, or nothing that may be."""
        interchange = self._interchange
        assert interchange is not None
        if interchange.groups == 0 and self._group is None and len(interchange.services) < MAX_SERVICES:
            segment, findings = read_segment(tag, came.text, interchange.header.delimiters, TAGS)
            if not findings and tag not in CONTROL_TAGS:
                interchange.services.append(segment)
                return
        message = f"{tag[:3]!r} may not stand outside of a transaction set"
        self._wrong_interchange("control-structure", message, came.offset, came.raw)

    def end(self, came: Came | None, offset: int) -> None:
        """IEA was read; with None it is missing."""
        interchange = self._interchange
        if interchange is None:
            return
        self._close_group(offset)
        if interchange.is_refused:
            self._acknowledger.end(interchange)
            self._interchange = None
            return
        if came is None:
            message = "the interchange has no IEA"
            self._wrong_interchange("missing-interchange-trailer", message, offset)
        else:
            self._check_trailer(interchange, came)
        if interchange.services and not interchange.transactions:
            self._services_alone(interchange)
        self._acknowledger.end(interchange)
        self._interchange = None

    def finish(self, offset: int) -> None:
        """The data has ended."""
        self.end(None, offset)

    def summary(self) -> Summary:
        """What was read, and the answer to it."""
        return self._reports.summary(self._acknowledger.data())

    def _check_trailer(self, interchange: Interchange, came: Came) -> None:
        values, findings = self._segments.read("IEA", came.text)
        if findings:
            self._wrong_interchange("interchange-trailer", _first("IEA", findings), came.offset, came.raw)
        if "control_number" in values and values["control_number"] != interchange.header.control_number:
            message = f"IEA02 is {values['control_number']}, ISA13 is {interchange.header.control_number}"
            self._wrong_interchange("interchange-control-number", message, came.offset, came.raw)
        if isinstance(values.get("count"), int) and values["count"] != interchange.groups:
            message = f"IEA01 is {values['count']}, there are {interchange.groups} groups"
            self._wrong_interchange("groups-counted", message, came.offset, came.raw)

    def _services_alone(self, interchange: Interchange) -> None:
        """An interchange of nothing but services, such as TA1."""
        definition = self._compiled.definition
        self._reports.records += 1
        if definition.transaction is None or definition.others == "segments":
            self._reports.good({"envelope": {"interchange": self._around(interchange)}, LIST: []})
            return
        message = f"the interchange holds no {definition.transaction}, only services such as TA1"
        self._reports.bad("transaction-set", message, interchange.offset)

    def _around(self, interchange: Interchange) -> Values:
        if interchange.services:
            return {**interchange.values, "services": list(interchange.services)}
        return interchange.values

    def _gs(self, came: Came) -> None:
        interchange = self._interchange
        assert interchange is not None
        self._close_group(came.offset)
        interchange.groups += 1
        values, findings = self._segments.read("GS", came.text)
        group = self._group = Group(values, came.offset)
        self._acknowledger.begin_group(group)
        for each in [*findings, *isa_checks.group_findings(values)]:
            rule = "group-number" if each.element == _GS06 else "group-header"
            self._wrong_group(rule, _first("GS", [each]), came.offset, came.raw)
        refusal = refused_group(self._compiled.definition, values)
        if refusal is not None:
            self._wrong_group(refusal.rule, str(refusal), came.offset, came.raw)
            group.is_refused = True
        if comes_again(interchange.numbers, values.get("control_number")):
            message = f"the group {values.get('control_number')} came before in this interchange"
            self._wrong_group("duplicate-group", message, came.offset, came.raw)

    def _ge(self, came: Came) -> None:
        group = self._group
        if group is None:
            self.stray("GE", came)
            return
        self._close_transaction(came.offset)
        values, findings = self._segments.read("GE", came.text)
        if findings:
            self._wrong_group("group-trailer", _first("GE", findings), came.offset, came.raw)
        number = values.get("control_number")
        if number is not None and not _same(number, group.values.get("control_number")):
            message = f"GE02 is {number}, GS06 is {group.values.get('control_number')}"
            self._wrong_group("group-control-number", message, came.offset, came.raw)
        if isinstance(values.get("count"), int) and values["count"] != group.transactions:
            message = f"GE01 is {values['count']}, there are {group.transactions} transaction sets"
            self._wrong_group("transactions-counted", message, came.offset, came.raw)
        self._acknowledger.end_group(group, values.get("count"))
        self._group = None

    def _close_group(self, offset: int) -> None:
        """GE is missing."""
        group = self._group
        if group is None:
            return
        self._close_transaction(offset)
        self._wrong_group("missing-group-trailer", "the group has no GE", offset, "")
        self._acknowledger.end_group(group, None)
        self._group = None

    def _st(self, came: Came) -> None:
        interchange, group = self._interchange, self._group
        assert interchange is not None
        self._close_transaction(came.offset)
        if group is None:
            self.stray("ST", came)
            return
        interchange.transactions += 1
        group.transactions += 1
        values, findings = self._segments.read("ST", came.text)
        current = self._begin(interchange, group, values, came)
        for each in findings:
            self._transactions.wrong(current, "transaction-header", _first("ST", [each]), came.offset)
        if comes_again(group.numbers, values.get("control_number")):
            message = f"the transaction set {values.get('control_number')} came before in this group"
            self._transactions.wrong(current, "duplicate-transaction", message, came.offset)

    def _begin(self, interchange: Interchange, group: Group, values: Values, came: Came) -> Received:
        """Whether the definition is for this transaction set, or what becomes of it."""
        definition, identifier = self._compiled.definition, values.get("identifier")
        envelope: Values = {
            "interchange": self._around(interchange),
            "group": group.values,
            "transaction": values,
        }
        is_meant = definition.transaction is not None and identifier == definition.transaction
        current = self._transactions.begin(
            values, {"envelope": envelope}, came.raw, came.offset, is_meant=is_meant
        )
        if group.is_refused:
            self._transactions.refuse(current, "transaction-set", "its group is refused")
        elif not (is_meant or definition.transaction is None or definition.others == "segments"):
            message = f"the transaction set is not the {definition.transaction} that is defined here"
            self._transactions.refuse(current, "transaction-set", message)
        return current

    def _se(self, came: Came) -> None:
        current = self._transactions.current
        if current is None:
            self.stray("SE", came)
            return
        current.count += 1
        current.texts.append(came.raw)
        values, findings = self._segments.read("SE", came.text)
        wrong = self._transactions.wrong
        for each in findings:
            wrong(current, "transaction-trailer", _first("SE", [each]), came.offset)
        number = values.get("control_number")
        if number is not None and number != current.values.get("control_number"):
            message = f"SE02 is {number}, ST02 is {current.values.get('control_number')}"
            wrong(current, "control-number", message, came.offset)
        if isinstance(values.get("count"), int) and values["count"] != current.count:
            message = f"SE01 is {values['count']}, there are {current.count} segments"
            wrong(current, "segments-counted", message, came.offset)
        self._end_transaction(current, came.offset)

    def _close_transaction(self, offset: int) -> None:
        """SE is missing."""
        current = self._transactions.current
        if current is not None:
            self._transactions.wrong(current, "missing-trailer", "the transaction set has no SE", offset)
            self._end_transaction(current, offset)

    def _end_transaction(self, current: Received, offset: int) -> None:
        self._transactions.end(current, offset)
        group = self._group
        assert group is not None
        self._acknowledger.transaction(group, current)

    def _wrong_interchange(self, rule: str, message: str, offset: int, raw: str = "") -> bool:
        """Tell of a mistake; False where it is let pass."""
        if self._reports.tolerates(rule):
            return False
        assert self._interchange is not None
        self._interchange.rules.append(rule)
        self._bad(rule, message, codes.INTERCHANGE.get(rule), offset, raw)
        return True

    def _wrong_group(self, rule: str, message: str, offset: int, raw: str) -> None:
        if self._reports.tolerates(rule):
            return
        assert self._group is not None
        assert self._interchange is not None
        self._group.rules.append(rule)
        if rule in codes.INTERCHANGE:
            self._interchange.rules.append(rule)
        code = codes.GROUP.get(rule) or codes.INTERCHANGE.get(rule)
        self._bad(rule, message, code, offset, raw)

    def _bad(self, rule: str, message: str, code: str | None, offset: int, raw: str) -> None:
        before = self._transactions.current is None
        message = f"{message} (code {code})" if code else message
        raw = raw.strip("\r\n")
        data = raw.encode("latin-1")
        self._reports.bad(rule, message, offset, excerpt=raw, raw=data, before=before)


def _first(tag: str, findings: Sequence[Finding]) -> str:
    one = findings[0]
    where = f"{tag}{one.element:02}" if one.element is not None else tag
    return f"{where} {one.message}"


def _same(one: JsonValue, other: JsonValue) -> bool:
    """Group control numbers are numbers: 000005 is 5."""
    return str(one).lstrip("0") == str(other).lstrip("0")
