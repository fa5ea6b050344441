"""The answer to the sender: a TA1 for an interchange, a 997 or 999 for each functional group.

One interchange for each that came, from its receiver to its sender, with the delimiters it came with. Nothing
is answered to acknowledgements (groups FA). What is kept is bounded: beyond that transaction sets without
errors are counted but not named, and further mistakes of bad ones are left out. Source: X12 005010
transaction sets 997 and 999, and TA1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from mappings.contract import Context, JsonValue
from mappings.edi import Delimiters, Finding
from mappings.edi.counters import Counters
from mappings.edi.sets import Noted, Received, Unit
from mappings.x12 import codes
from mappings.x12.compiled import Compiled
from mappings.x12.envelope import CONTROL_NUMBER_DIGITS, ISA_LENGTHS, Header
from mappings.x12.received import Group, Interchange

MAX_BYTES = 1 << 20
"""What an answer has at most, apart from the few segments that end each group."""

MAX_CODES = 5
"""Codes that AK5 and AK9 have room for."""

_FIRST_OF_005010 = "005010"
_MOST = 999_999
_NO_TAG = "UNK"
_KIND, _NUMBER = re.compile("[A-Z0-9]{2}"), re.compile("[0-9]{1,9}")
_SET, _SET_NUMBER = re.compile("[0-9]{3}"), re.compile("[A-Za-z0-9 -]{4,9}")
_VERSION, _DEFAULT_VERSION = re.compile("00[A-Z0-9]{1,10}"), "004010"
_ISA_VERSION, _ISA_DEFAULT = re.compile("[0-9]{5}"), "00401"
_PARTNER = re.compile("[ -~]{2,15}")
_VERSION_OF_999 = "005010X231A1"


class Acknowledger:
    """Writes the answer to one stream. Without a time there is none: its ISA would have no date."""

    def __init__(self, compiled: Compiled, context: Context) -> None:
        wanted = compiled.definition.acknowledge
        self._wanted = wanted if context.now is not None else None
        self._now = context.now
        self._numbers = Counters(context, CONTROL_NUMBER_DIGITS, "x12")
        self._line_end = compiled.line_end
        self._parts: list[str] = []
        self._size = 0
        self._services: list[str] = []
        self._groups: list[str] = []
        self._version = ""
        self._body: list[str] = []
        self._answers = False
        self._delimiters: Delimiters | None = None
        self._isa: Header | None = None

    def begin(self, interchange: Interchange) -> None:
        """An interchange begins."""
        self._isa = interchange.header
        self._delimiters = interchange.header.delimiters
        self._services, self._groups = [], []

    def begin_group(self, group: Group) -> None:
        """A group begins."""
        wanted = self._wanted
        kind, number = group.values.get("functional_identifier"), group.values.get("control_number")
        # A group whose header cannot be named is answered by the TA1 alone.
        is_named = _KIND.fullmatch(str(kind)) is not None and _NUMBER.fullmatch(str(number)) is not None
        self._answers = wanted is not None and wanted.group != "none" and kind != "FA" and is_named
        self._body = []
        version = str(group.values.get("version"))
        is_version = _VERSION.fullmatch(version) is not None
        self._version = version if is_version else _DEFAULT_VERSION
        if self._answers:
            self._add("AK1", kind, number, version if self._is_999 and is_version else None)

    def transaction(self, group: Group, transaction: Received) -> None:
        """A transaction set has ended."""
        rejected = bool(transaction.told_rules) or (bool(transaction.told) and not transaction.delivered)
        if not rejected:
            group.accepted += 1
        if not self._answers or self._wanted is None:
            return
        values = transaction.values
        identifier, number = values.get("identifier"), values.get("control_number")
        can_be = _SET.fullmatch(str(identifier or "")) and _SET_NUMBER.fullmatch(str(number or ""))
        named = bool(can_be) and (transaction.is_bad or self._wanted.accepted == "list")
        if not named or (self._size > MAX_BYTES and not transaction.is_bad):
            return
        convention = [str(values.get("implementation") or "")[:35]] if self._is_999 else []
        self._add("AK2", identifier, number, *convention)
        self._segments(transaction.told, codes.UNITS.get(str(identifier)))
        found = [codes.TRANSACTION[rule] for rule in transaction.told_rules if rule in codes.TRANSACTION]
        found += ["5"] if transaction.told else []
        verdict = codes.REJECTED if rejected else codes.WITH_ERRORS if found else codes.ACCEPTED
        self._add("IK5" if self._is_999 else "AK5", verdict, *list(dict.fromkeys(found))[:MAX_CODES])

    def end_group(self, group: Group, declared: JsonValue) -> None:
        """A group has ended; `declared` is the number of sets that its trailer has, None without one."""
        if not self._answers:
            return
        found = list(dict.fromkeys(codes.GROUP[rule] for rule in group.rules if rule in codes.GROUP))
        accepted = 0 if group.rules else group.accepted
        if group.rules or (accepted == 0 and group.transactions):
            verdict = codes.REJECTED
        else:
            verdict = codes.ACCEPTED if accepted == group.transactions else codes.PARTLY
        count = declared if isinstance(declared, int) and 0 <= declared <= _MOST else group.transactions
        self._add("AK9", verdict, count, group.transactions, accepted, *found[:MAX_CODES])
        self._finish_group(group)

    def end(self, interchange: Interchange) -> None:
        """An interchange has ended."""
        wanted = self._wanted
        if wanted is None:
            return
        header = interchange.header
        found = [codes.INTERCHANGE[rule] for rule in interchange.rules if rule in codes.INTERCHANGE]
        asked = wanted.interchange in ("requested", "errors") and header.elements[13] == "1"
        if wanted.interchange == "always" or asked or (wanted.interchange == "errors" and found):
            is_named = _NUMBER.fullmatch(header.control_number) is not None
            only_services = interchange.services and not interchange.groups
            if is_named and not only_services:
                verdict = codes.REJECTED if found else codes.ACCEPTED
                date, time = header.elements[8], header.elements[9]
                ta1 = ("TA1", header.control_number, date, time, verdict, found[0] if found else "000")
                self._services.append(self._text(ta1))
        if self._services or self._groups:
            self._interchange(header)

    def data(self) -> bytes:
        """All answers."""
        return "".join(self._parts).encode("latin-1", "replace")

    @property
    def _is_999(self) -> bool:
        return self._wanted is not None and self._wanted.group == "999"

    def _loop(self, finding: Finding) -> str:
        """A loop's identifier as far as there is room for it (data element 447, AN 1/4 up to 005010)."""
        return finding.loop[:4]

    def _segments(self, told: Sequence[Noted], unit: Unit | None) -> None:
        """AK3 and AK4, or IK3, CTX and IK4, of the mistakes in segments."""
        last = 0
        for noted in told:
            if self._size > MAX_BYTES:
                return
            if noted.finding.element is None:
                self._segment(noted, self._code(noted.finding), unit)
                last = 0
                continue
            if noted.segment != last:
                self._segment(noted, "8", unit)
                last = noted.segment
            self._element(noted)

    def _segment(self, noted: Noted, code: str, unit: Unit | None) -> None:
        """AK3 or IK3; and in the 999 the business unit that it is in."""
        finding = noted.finding
        tag = "IK3" if self._is_999 else "AK3"
        self._add(tag, _tag(finding.tag), noted.segment, self._loop(finding), code)
        if self._is_999 and unit is not None and self._delimiters is not None:
            value = noted.unit.strip()
            if value and _can_stand(value, frozenset(self._delimiters.all)):
                self._add("CTX", f"{unit.name}{self._delimiters.component}{value[:35]}")

    def _element(self, noted: Noted) -> None:
        """AK4 or IK4; and in the 999 the element because of which it is wrong."""
        finding = noted.finding
        place = self._joined(finding.element, finding.component, finding.repetition)
        code = codes.ELEMENT.get(finding.rule, "7")
        if not self._is_999 and self._version < _FIRST_OF_005010:
            code = codes.OLDER.get(code, code)
        self._add("IK4" if self._is_999 else "AK4", place, finding.number, code, self._shown(finding))
        if self._is_999 and finding.trigger is not None:
            loop = self._loop(finding)
            self._add("CTX", codes.SITUATION, _tag(finding.tag), noted.segment, loop, finding.trigger)

    def _code(self, finding: Finding) -> str:
        if self._is_999 and finding.rule in codes.SEGMENT_OF_999:
            return codes.SEGMENT_OF_999[finding.rule]
        return codes.SEGMENT.get(finding.rule, "2")

    def _joined(self, *parts: int | None) -> str:
        """A composite: its parts up to the last that there is."""
        assert self._delimiters is not None
        texts = ["" if part is None else str(part) for part in parts]
        while texts and not texts[-1]:
            texts.pop()
        return self._delimiters.component.join(texts)

    def _shown(self, finding: Finding) -> str | None:
        """The bad value, where it can stand in a segment as it is."""
        assert self._delimiters is not None
        value = finding.value
        marks = frozenset(self._delimiters.all)
        is_plain = value.isascii() and value.isprintable() and marks.isdisjoint(value) and value.strip()
        return value[:99].rstrip() if is_plain else None

    def _add(self, *elements: JsonValue) -> None:
        text = self._text(elements)
        self._body.append(text)
        self._size += len(text)

    def _text(self, elements: Sequence[JsonValue]) -> str:
        """A segment with its terminator, nothing behind its last element that has a value. Whatever came from
        the data and cannot stand there is left out."""
        marks = self._delimiters
        assert marks is not None
        own = frozenset(marks.all)
        texts = []
        for one in elements:
            text = "" if one is None else str(one)
            texts.append(text if _can_stand(text.replace(marks.component, ""), own) else "")
        while not texts[-1]:
            texts.pop()
        return f"{marks.element.join(texts)}{marks.terminator}{self._line_end_of(marks)}"

    def _line_end_of(self, marks: Delimiters) -> str:
        return "" if marks.terminator in "\r\n" else self._line_end

    def _partner(self, code: JsonValue, at: int) -> str:
        """Who is answered, as the group says, or else as ISA does."""
        assert self._isa is not None
        marks = frozenset(self._isa.delimiters.all)
        if isinstance(code, str) and _PARTNER.fullmatch(code) and marks.isdisjoint(code):
            return code
        return _plain(self._isa.elements[at]).strip().ljust(2, "?")[:15]

    def _finish_group(self, group: Group) -> None:
        """One GS with the one transaction set about a group that came."""
        now, values = self._moment, group.values
        assert self._wanted is not None
        version = _VERSION_OF_999 if self._is_999 else self._version[:6]
        sender, receiver = self._partner(values.get("receiver"), 7), self._partner(values.get("sender"), 5)
        number, set_number = str(self._numbers.next("group", sender, receiver)), "0001"
        gs = (
            "GS",
            "FA",
            sender,
            receiver,
            f"{now:%Y%m%d}",
            f"{now:%H%M}",
            number,
            "X",
            version,
        )
        self._groups += [
            self._text(gs),
            self._text(("ST", self._wanted.group, set_number, version if self._is_999 else None)),
            *self._body,
            self._text(("SE", len(self._body) + 2, set_number)),
            self._text(("GE", 1, number)),
        ]
        self._body = []

    def _interchange(self, header: Header) -> None:
        """ISA and IEA around the answers to one interchange."""
        now, elements = self._moment, header.elements
        partners = [_plain(elements[at]) for at in (6, 7, 4, 5)]
        names = [f"{partners[at]}:{partners[at + 1].rstrip()}" for at in (0, 2)]
        number = f"{self._numbers.next('interchange', *names):09}"
        is_version = _ISA_VERSION.fullmatch(elements[11]) is not None
        standard, version = (_plain(elements[10]), elements[11]) if is_version else ("U", _ISA_DEFAULT)
        usage = elements[14] if elements[14] in ("P", "T", "I") else "P"
        sent = [
            *("00", "", "00", "", *partners),
            *(f"{now:%y%m%d}", f"{now:%H%M}", standard, version, number, "0"),
            *(usage, elements[15]),
        ]
        fixed = [text.ljust(length)[:length] for text, length in zip(sent, ISA_LENGTHS, strict=True)]
        marks = header.delimiters
        groups = sum(text.startswith(f"GS{marks.element}") for text in self._groups)
        self._parts += [
            f"{marks.element.join(['ISA', *fixed])}{marks.terminator}{self._line_end_of(marks)}",
            *self._services,
            *self._groups,
            self._text(("IEA", groups, number)),
        ]

    @property
    def _moment(self) -> datetime:
        assert self._now is not None, "nothing is answered without a time"
        return self._now


def _can_stand(text: str, marks: frozenset[str]) -> bool:
    return text.isascii() and text.isprintable() and marks.isdisjoint(text)


def _plain(text: str) -> str:
    """A partner's name as it can be answered."""
    kept = "".join(one if one.isascii() and one.isprintable() else "?" for one in text)
    return kept if kept.strip() else "?" * len(text)


def _tag(text: str) -> str:
    """A segment's tag as it can be answered: two or three letters and digits."""
    kept = "".join(one for one in text if one.isascii() and one.isalnum())[:3]
    return kept if len(kept) > 1 else _NO_TAG
