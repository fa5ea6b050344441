"""The answer to the sender: a general acknowledgement (ACK) for each message.

From its receiver to its sender, with its delimiters and in its character set: AA where it was read, AE where
it has mistakes, AR where it is none of those meant. What is kept is bounded: beyond that messages without
mistakes are no longer named, and further mistakes of others are left out.
Source: HL7 v2.5.1, §2.9 (rules), §2.14.1 (ACK), §2.15.5 (ERR), §2.15.8 (MSA); tables 0008, 0155, 0357, 0516.
"""

from __future__ import annotations

from collections.abc import Sequence

from mappings.contract import Context
from mappings.edi import Finding
from mappings.hl7.charsets import CHARACTER_SET
from mappings.hl7.escapes import Texts
from mappings.hl7.messages import Header
from mappings.hl7.schema import Acknowledge

MAX_BYTES = 1 << 20
"""What an answer has at most, apart from the two segments for each message that is refused."""

MAX_ERRORS = 100
"""Mistakes of one message that are named."""

_COUNTER = "hl7"
CODES = {
    "required-segment": ("100", "Segment sequence error"),
    "segment-minimum": ("100", "Segment sequence error"),
    "loop-minimum": ("100", "Segment sequence error"),
    "segment-order": ("100", "Segment sequence error"),
    "segment-count": ("100", "Segment sequence error"),
    "loop-count": ("100", "Segment sequence error"),
    "unknown-segment": ("100", "Segment sequence error"),
    "unexpected-segment": ("100", "Segment sequence error"),
    "segment-identifier": ("100", "Segment sequence error"),
    "required-field": ("101", "Required field missing"),
    "code": ("103", "Table value not found"),
    "too-long": ("104", "Value too long"),
    "message-type": ("200", "Unsupported message type"),
    "event": ("201", "Unsupported event code"),
    "processing": ("202", "Unsupported processing id"),
    "version": ("203", "Unsupported version id"),
}
"""The codes and words of table 0357 for rules; all others are errors of the data type."""

_DATA_TYPE = ("102", "Data type error")
_INTERNAL = ("207", "Application internal error")
_WHOLE = frozenset(("record-length", "encoding", "character-set"))
_REJECTED = frozenset(("message-type", "event", "processing", "version"))
_FIRST_WITH_LOCATIONS = (2, 5)


class Acknowledger:
    """Writes the answer to one stream. Without a time there is none: its MSH needs one."""

    def __init__(self, wanted: Acknowledge | None, context: Context) -> None:
        self._wanted = wanted if context.now is not None else None
        self._next = context.next_number
        self._now = "" if context.now is None else context.now.strftime("%Y%m%d%H%M%S%z")
        self._parts: list[bytes] = []
        self._size = 0
        self._count = 0

    def message(self, header: Header, texts: Sequence[str], bad: Sequence[tuple[int, Finding]]) -> None:
        """A message that was read; what is wrong with it, by the index of the segment."""
        if not self._is_asked(header, bool(bad)):
            return
        if not bad and self._size > MAX_BYTES:
            return
        errors: list[str] = []
        if self._wanted is not None and self._wanted.wrong == "details" and self._size <= MAX_BYTES:
            errors = [self._error(header, texts, at, one) for at, one in bad[:MAX_ERRORS]]
        self._answer(header, "AE" if bad else "AA", errors)

    def refused(self, header: Header, rule: str, message: str) -> None:
        """A message that was not read."""
        if self._is_asked(header, True):
            finding = Finding(rule, message)
            verdict = "AR" if rule in _REJECTED else "AE"
            errors = [self._error(header, (), 0, finding)] if self._size <= MAX_BYTES else []
            self._answer(header, verdict, errors)

    def data(self) -> bytes:
        """All answers."""
        return b"".join(self._parts)

    def _is_asked(self, header: Header, is_bad: bool) -> bool:
        wanted = self._wanted
        if wanted is None or header.component(9, 1) in ("ACK", "MCF"):
            return False
        if wanted.when == "always":
            return True
        if wanted.when == "errors":
            return is_bad
        asked = header.field(16)
        return asked in ("", "AL") or asked == ("ER" if is_bad else "SU")

    def _answer(self, header: Header, verdict: str, errors: Sequence[str]) -> None:
        marks, event = header.marks, header.component(9, 2)
        self._count += 1
        number = self._count if self._next is None else self._next(_COUNTER)
        kind = marks.component.join(["ACK", event, "ACK"]) if event else "ACK"
        fields = [header.field(5), header.field(6), header.field(3), header.field(4), self._now, "", kind]
        fields += [str(number), header.field(11), header.field(12)]
        if header.field(CHARACTER_SET):
            fields += [""] * (CHARACTER_SET - 13) + [header.field(CHARACTER_SET)]
        first = f"MSH{marks.field}{marks.encoding}{marks.field}{marks.field.join(fields)}"
        second = marks.field.join(["MSA", verdict, header.field(10)])
        # What MSH has came as bytes, and all else is ASCII.
        data = "".join(f"{segment}\r" for segment in (first, second, *errors)).encode("latin-1", "replace")
        self._parts.append(data)
        self._size += len(data)

    def _error(self, header: Header, texts: Sequence[str], at: int, finding: Finding) -> str:
        """An ERR: the location, the code, and from version 2.5 on the message in words."""
        marks = header.marks
        code, text = CODES.get(finding.rule, _INTERNAL if finding.rule in _WHOLE else _DATA_TYPE)
        tag = finding.tag or (texts[at][:3] if texts else "MSH")
        same = [one for one in texts[: at + 1] if one[:3] == tag]
        location = [tag if tag.isascii() and tag.isalnum() else "", str(max(len(same), 1))]
        if finding.element is not None:
            location.append(str(finding.element))
        if not _is_since(header, _FIRST_WITH_LOCATIONS):
            sub = marks.subcomponent or " "
            parts = [*location, ""][:3]
            return marks.field.join(
                ["ERR", marks.component.join([*parts, sub.join([code, text, "HL70357"])])]
            )
        if finding.element is not None:
            location.append(str(finding.repetition or 1))
            if finding.component is not None:
                location.append(str(finding.component))
        coded = marks.component.join([code, text, "HL70357"])
        words = Texts(marks, "us-ascii").write(finding.message).encode("ascii", "replace").decode("ascii")
        fields = ["ERR", "", marks.component.join(location), coded, "E", "", "", "", words]
        return marks.field.join(fields)


def _is_since(header: Header, first: tuple[int, int]) -> bool:
    """True where the message is of this version or a later one; one that says no version is of the latest."""
    major, _, rest = header.component(12, 1).partition(".")
    minor = rest.partition(".")[0]
    if not (major.isdigit() and minor.isdigit()):
        return True
    return (int(major[:9]), int(minor[:9])) >= first
