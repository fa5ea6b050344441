"""Transaction sets, from ST to SE: walked, and given as records or as what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from mappings.contract import MAX_CUT_BYTES, JsonValue
from mappings.edi import Delimiters, Finding, StreamWalker, Walker
from mappings.x12 import codes
from mappings.x12.compiled import Compiled
from mappings.x12.envelope import Values
from mappings.x12.generic import SegmentList
from mappings.x12.received import Noted, Transaction
from mappings.x12.reports import Reports

MAX_NOTED = 1000
"""Mistakes that are told of one transaction set; those beyond are counted in one more."""

Body: TypeAlias = Walker | SegmentList


class TransactionReader:
    """Reads one transaction set at a time; `current` is it, None outside of any."""

    def __init__(self, compiled: Compiled, reports: Reports, max_record_bytes: int) -> None:
        self._compiled = compiled
        self._reports = reports
        self._most = max_record_bytes
        self._delimiters: Delimiters | None = None
        self._envelope: Values = {}
        self.current: Transaction | None = None

    def begin_interchange(self, delimiters: Delimiters) -> None:
        """What follows is written with these."""
        if delimiters == self._delimiters:
            return
        self._delimiters = delimiters
        self._generic = SegmentList(delimiters)
        plan, rules = self._compiled.plan, self._compiled.rules
        self._walker: Walker | None = None
        if plan is not None and plan.layout.streams:
            self._walker = StreamWalker(plan, delimiters, rules, self._delivered)
        elif plan is not None:
            self._walker = Walker(plan, delimiters, rules)
        self._body: Body = self._generic

    def begin(self, values: Values, around: Values, text: str, offset: int) -> Transaction:
        """ST: its values, those of what is around it, its text."""
        current = self.current = Transaction(values, offset, texts=[text], size=len(text) + 1)
        self._envelope = {**around, "transaction": values}
        definition = self._compiled.definition
        self._body = self._generic
        if self._walker is not None and values.get("identifier") == definition.transaction:
            self._body = self._walker
        elif self._walker is not None and definition.others == "refuse":
            message = f"the transaction set is not the {definition.transaction} that is defined here"
            self.wrong(current, "transaction-set", message, offset)
            current.is_refused = True
        self._streams = isinstance(self._body, StreamWalker)
        if not self._streams:
            self._reports.records += 1
        self._body.start()
        return current

    def segment(self, current: Transaction, tag: str, text: str, raw: str, offset: int) -> None:
        """A segment between ST and SE; `raw` is it as it came."""
        current.count += 1
        if current.is_too_long:
            return
        current.size += len(raw) + 1
        if current.size > self._most:
            self._overflow(current)
            return
        current.offset_of_last = offset
        if not current.is_refused:
            findings = self._body.take(tag, text)
            if findings:
                self.note(current, findings, offset)
        current.texts.append(raw)

    def note(self, current: Transaction, findings: Sequence[Finding], offset: int) -> None:
        """What is wrong with the segment that was read last, as far as it is not tolerated."""
        for finding in findings:
            if not self._reports.tolerates(finding.rule):
                current.findings += 1
                if current.findings <= MAX_NOTED:
                    current.noted.append(Noted(current.count, offset, finding))

    def wrong(self, current: Transaction, rule: str, message: str, offset: int) -> None:
        """The transaction set as such is wrong, unless that is tolerated."""
        if not self._reports.tolerates(rule):
            current.rules.append((rule, message, offset))

    def end(self, current: Transaction, offset: int) -> None:
        """SE was read, or is missing: give the record, or what is wrong."""
        if not (current.is_refused or current.is_too_long):
            findings = self._body.end()
            if findings:
                self.note(current, findings, offset)
            if not self._streams and not current.is_bad:
                self._reports.good({"envelope": self._envelope, **self._body.values})
        self._tell(current)
        self.current = None

    def _delivered(self, values: dict[str, JsonValue], missing: Sequence[Finding], spoiled: bool) -> None:
        """A record is complete inside of a transaction set; what was noted until now is about it."""
        current = self.current
        assert current is not None
        self._reports.records += 1
        if missing:
            self.note(current, missing, current.offset_of_last)
        if current.noted:
            self._tell(current)
        elif spoiled or current.is_bad_as_such:
            message = "what encloses it could not be read"
            self._reports.bad("enclosing", message, current.offset_of_last, raw=self._raw(current))
        else:
            self._reports.good({"envelope": self._envelope, **values})
            current.delivered += 1
        current.texts.clear()
        current.size = 0

    def _tell(self, current: Transaction) -> None:
        """Give the mistakes that were not given yet, the first with the bytes they are in."""
        raw = self._raw(current) if current.noted or current.rules else b""
        for each in current.noted:
            finding = each.finding
            message = described(each)
            self._reports.bad(
                finding.rule, message, each.offset, path=finding.path, excerpt=finding.value, raw=raw
            )
            raw = b""
        for rule, message, offset in current.rules:
            code = codes.TRANSACTION.get(rule)
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

    def _overflow(self, current: Transaction) -> None:
        """Too long: it is passed over up to its end, and told then."""
        current.is_too_long = True
        current.head = self._raw(current)[:MAX_CUT_BYTES]
        message = f"is longer than {self._most} bytes"
        current.rules.append(("record-length", message, current.offset))
        current.texts.clear()
        self._body.start()

    def _raw(self, current: Transaction) -> bytes:
        assert self._delimiters is not None
        terminator = self._delimiters.terminator
        return "".join(f"{text}{terminator}" for text in current.texts).encode("latin-1")


def described(noted: Noted) -> str:
    """A finding in words: which segment, which element, what, and the standard's code."""
    finding = noted.finding
    where = f"segment {noted.segment}, {finding.tag}"
    if finding.element is not None:
        where += f"{finding.element:02}"
        where += f"-{finding.component}" if finding.component is not None else ""
        where += f", repetition {finding.repetition}" if finding.repetition is not None else ""
    code = (codes.ELEMENT if finding.element is not None else codes.SEGMENT).get(finding.rule)
    return f"{where}: {finding.message}" + (f" (code {code})" if code else "")
