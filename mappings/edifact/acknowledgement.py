"""The answer to the sender: a message CONTRL for each interchange, in an interchange of its own.

It goes from the recipient of what came to its sender, with the service characters it came with (where they
are of ASCII). Nothing is answered to answers. What was read is never called rejected: only an interchange
that could not be read at all has action 4, and a message of which nothing was given on. What must be named,
and is not there or is wrong itself, cannot be answered: such an interchange has no answer, such a group or
message is not in it. What is kept is bounded: beyond that messages without errors are not named, and further
mistakes of bad ones are left out. Source: ISO 9735-4 (CONTRL of syntax version 4); UN/EDIFACT syntax, part 8
(CONTRL D.3 and 2.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from mappings.contract import Context, JsonValue
from mappings.edi import CONTROLS, Delimiters
from mappings.edi.counters import Counters
from mappings.edi.sets import Noted, Received
from mappings.edifact import codes
from mappings.edifact.charsets import encoding_of
from mappings.edifact.compiled import Compiled
from mappings.edifact.envelope import REFERENCE_DIGITS, partner_name
from mappings.edifact.received import Group, Interchange, Wrong
from mappings.edifact.service import DEFAULTS, REPEATS_FROM, advice

MAX_BYTES = 1 << 20
"""What an answer has at most, apart from its few segments of envelope."""

_IDENTIFIERS = {"1": ("2", "2"), "2": ("2", "2"), "3": ("D", "3"), "4": ("4", "1")}
# What an answer is written in where the character set of what came is not known.
_ASCII_SET, _ASCII = "UNOA", "us-ascii"
# The components of S002, S006 and S009 with the characters that they have at most, and before version 4.
_GROUP_PARTNER = {"identification": 35, "qualifier": 4}
_PARTNER = {**_GROUP_PARTNER, "internal": 35, "internal_sub": 35}
_OLDER_PARTNER = {**_GROUP_PARTNER, "internal": 14}
_IDENTIFIER = {"type": 6, "version": 3, "release": 3, "agency": 3, "association": 6}
_OLDER_IDENTIFIER = {**_IDENTIFIER, "agency": 2}
_MANDATORY_OF_IDENTIFIER = 4
_TAG = re.compile("[A-Z]{3}")

Parts: TypeAlias = Sequence[JsonValue]


class Acknowledger:
    """Writes the answer to one stream. Without a time there is none: its UNB would have no date."""

    def __init__(self, compiled: Compiled, context: Context) -> None:
        self._wanted = compiled.definition.acknowledge if context.now is not None else None
        self._now = context.now
        self._counters = Counters(context, REFERENCE_DIGITS, "edifact")
        self._declared = compiled.definition.encoding
        self._line_end = compiled.line_end
        self._answers: list[bytes] = []
        self._size = 0
        self._body: list[str] = []
        self._group_at = 0

    def begin(self, interchange: Interchange) -> None:
        """An interchange begins."""
        header = interchange.header
        is_plain = header.delimiters.all.isascii()
        self._marks: Delimiters = header.delimiters if is_plain else DEFAULTS
        self._syntax = header.version if header.version in _IDENTIFIERS else "3"
        self._is_4 = self._syntax >= REPEATS_FROM
        self._encoding = encoding_of(header.syntax, self._declared)
        self._body = []

    def begin_group(self, group: Group) -> None:
        """A group begins."""
        self._group_at = len(self._body)

    def message(self, message: Received) -> None:
        """A message has ended."""
        wanted = self._wanted
        if wanted is None:
            return
        is_named = message.is_bad or wanted.accepted == "list"
        if not is_named or (self._size > MAX_BYTES and not message.is_bad):
            return
        is_rejected = bool(message.told_rules) or (bool(message.told) and not message.delivered)
        reference = self._fitting(message.values.get("control_reference"), REFERENCE_DIGITS)
        identifier = self._components(
            message.values.get("identifier"), _IDENTIFIER if self._is_4 else _OLDER_IDENTIFIER
        )
        if reference is None or None in identifier[:_MANDATORY_OF_IDENTIFIER]:
            return
        known = next(
            ((rule, codes.MESSAGE[rule]) for rule in message.told_rules if rule in codes.MESSAGE), None
        )
        self._add(
            "UCM",
            reference,
            identifier,
            codes.REJECTED if is_rejected else codes.ACKNOWLEDGED,
            *((known[1], _control_tag(known[0])) if known else ()),
        )
        if wanted.wrong == "details":
            self._details(message.told)

    def end_group(self, group: Group) -> None:
        """A group has ended: what is said of it stands before its messages."""
        values = group.values
        reference = self._fitting(values.get("control_reference"), REFERENCE_DIGITS)
        if self._wanted is None or reference is None:
            return
        ucf = self._text(
            "UCF",
            reference,
            self._components(values.get("sender"), _GROUP_PARTNER),
            self._components(values.get("recipient"), _GROUP_PARTNER),
            codes.ACKNOWLEDGED,
            *self._wrong(group.wrong),
        )
        self._body.insert(self._group_at, ucf)

    def end(self, interchange: Interchange) -> None:
        """An interchange has ended."""
        wanted, values = self._wanted, interchange.values
        if wanted is None or (interchange.answers and interchange.answers == interchange.messages):
            return
        asked = values.get("acknowledgement_request") == "1"
        if not (wanted.when == "always" or asked or (wanted.when == "errors" and interchange.errors)):
            return
        reference = self._fitting(values.get("control_reference"), REFERENCE_DIGITS)
        lengths = _PARTNER if self._is_4 else _OLDER_PARTNER
        sender, recipient = (self._components(values.get(one), lengths) for one in ("sender", "recipient"))
        if reference is None or sender[0] is None or recipient[0] is None:
            return
        uci = self._text(
            "UCI",
            reference,
            sender,
            recipient,
            codes.REJECTED if interchange.is_refused else codes.ACKNOWLEDGED,
            *self._wrong(interchange.wrong),
        )
        self._interchange(interchange, sender, recipient, [uci, *self._body])

    def data(self) -> bytes:
        """All answers."""
        return b"".join(self._answers)

    def _wrong(self, wrong: Sequence[Wrong]) -> Parts:
        """The error code, the control segment and the element of the first mistake."""
        if not wrong:
            return ()
        first = wrong[0]
        place: JsonValue = None
        if first.finding is not None and first.finding.element is not None:
            place = self._place(first.finding.element, first.finding.component, None)
        return (first.code, first.tag if _TAG.fullmatch(first.tag) else None, place)

    def _details(self, told: Sequence[Noted]) -> None:
        """UCS for each segment that is wrong, UCD for each of its elements."""
        last = 0
        for noted in told:
            if self._size > MAX_BYTES:
                return
            finding = noted.finding
            if finding.element is None:
                position = noted.segment - (finding.rule in codes.MISSING)
                self._add("UCS", position, codes.SEGMENT.get(finding.rule, codes.UNSPECIFIED))
                last = 0
                continue
            if noted.segment != last:
                self._add("UCS", noted.segment)
                last = noted.segment
            place = self._place(finding.element, finding.component, finding.repetition)
            self._add("UCD", codes.ELEMENT.get(finding.rule, codes.UNSPECIFIED), place)

    def _place(self, element: int, component: int | None, repetition: int | None) -> JsonValue:
        """S011: the segment's tag counts as the first element; repetitions are said from version 4 on."""
        parts = [element + 1, component, repetition if self._is_4 else None]
        return [None if part is None else str(part) for part in parts]

    def _add(self, tag: str, *elements: JsonValue) -> None:
        text = self._text(tag, *elements)
        self._body.append(text)
        self._size += len(text)

    def _text(self, tag: str, *elements: JsonValue) -> str:
        """A segment with its terminator, nothing behind its last element that has a value."""
        marks = self._marks
        texts = [tag, *(self._element(element) for element in elements)]
        while not texts[-1]:
            texts.pop()
        line_end = "" if marks.terminator in "\r\n" else self._line_end
        return f"{marks.element.join(texts)}{marks.terminator}{line_end}"

    def _element(self, element: JsonValue) -> str:
        parts = [self._value(part) for part in (element if isinstance(element, list) else [element])]
        while parts and not parts[-1]:
            parts.pop()
        return self._marks.component.join(parts)

    def _value(self, value: JsonValue) -> str:
        return "" if value is None else self._marks.escaped(str(value))

    def _components(self, value: JsonValue, lengths: Mapping[str, int]) -> list[JsonValue]:
        """The components of these names, None of what cannot be answered."""
        values = value if isinstance(value, dict) else {}
        return [self._fitting(values.get(name), most) for name, most in lengths.items()]

    def _fitting(self, value: JsonValue, most: int) -> str | None:
        """A text that came, None where it cannot stand in the answer as it is."""
        if not isinstance(value, str) or not 0 < len(value) <= most:
            return None
        out = CONTROLS if self._marks.release is not None else CONTROLS + self._marks.all
        if not frozenset(out).isdisjoint(value):
            return None
        try:
            value.encode(self._encoding or _ASCII)
        except UnicodeEncodeError:
            return None
        return value

    def _interchange(
        self, came: Interchange, sender: list[JsonValue], recipient: list[JsonValue], body: list[str]
    ) -> None:
        """One interchange with one CONTRL about the one that came."""
        assert self._now is not None, "nothing is answered without a time"
        header, syntax = came.header, self._syntax
        names = (
            partner_name({"identification": one[0], "qualifier": one[1] or ""}) for one in (recipient, sender)
        )
        reference = str(self._counters.next("interchange", *names))
        date = f"{self._now:%Y%m%d}" if self._is_4 else f"{self._now:%y%m%d}"
        number, release = _IDENTIFIERS[syntax]
        test = self._fitting(came.values.get("test"), 1)
        parts = [
            advice(self._marks, self._line_end),
            self._text(
                "UNB",
                [header.syntax if self._encoding else _ASCII_SET, syntax],
                recipient,
                sender,
                [date, f"{self._now:%H%M}"],
                reference,
                *(None, None, None, None, None, test),
            ),
            self._text("UNH", "1", ["CONTRL", number, release, "UN"]),
            *body,
            self._text("UNT", len(body) + 2, "1"),
            self._text("UNZ", 1, reference),
        ]
        self._answers.append("".join(parts).encode(self._encoding or _ASCII))


def _control_tag(rule: str) -> str:
    """The control segment of a message that a rule is about."""
    return "UNH" if rule in ("message-type", "message-header", "duplicate-message") else "UNT"
