"""The control segments that are written: what a record gives, what the definition says, what is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mappings.contract import Context, JsonValue
from mappings.edi import Delimiters, Unwritable, pointer
from mappings.edi.careful import CarefulReader
from mappings.edi.counters import Counters
from mappings.edi.record_schema import ENVELOPE
from mappings.edi.segment_list import write_segment
from mappings.edi.writing import SegmentWriter
from mappings.x12 import isa_checks
from mappings.x12.compiled import Compiled
from mappings.x12.envelope import (
    CONTROL_NUMBER_DIGITS,
    ISA_LENGTHS,
    ISA_NAMES,
    REPEATS_FROM,
    SEGMENTS,
    Header,
    Values,
    header,
)
from mappings.x12.tags import TAGS

_PARTS = ("interchange", "group", "transaction")
_PARTNERS = ("sender", "receiver")
_SERVICES = "services"


@dataclass(frozen=True, slots=True)
class Begun:
    """A header that was written: its segments, and its control number."""

    texts: tuple[str, ...]
    number: str


class EnvelopeWriter:
    """Writes headers and trailers of one stream."""

    def __init__(self, compiled: Compiled, context: Context) -> None:
        self._definition = compiled.definition
        self._marks = compiled.delimiters
        self._now = context.now
        self._numbers = Counters(context, CONTROL_NUMBER_DIGITS, "x12")
        self._transactions = 0
        self.delimiters = self._marks
        self._isa: Header | None = None

    def parts(self, given: JsonValue) -> tuple[Values, Values, Values]:
        """What a record says of its interchange, group and transaction set. Raises: Unwritable."""
        if not isinstance(given, dict):
            raise Unwritable("type", "is not an object", pointer(ENVELOPE))
        for name, part in given.items():
            if name not in _PARTS:
                raise Unwritable("unknown-field", "is not defined here", f"/{ENVELOPE}{pointer(name)}")
            if not isinstance(part, dict):
                raise Unwritable("type", "is not an object", f"/{ENVELOPE}{pointer(name)}")
        interchange, group, transaction = (dict(_object(given.get(name))) for name in _PARTS)
        return interchange, group, transaction

    def interchange(self, given: Values) -> Begun:
        """ISA, and the services behind it. What follows is written with `delimiters`. Raises: Unwritable."""
        path = f"/{ENVELOPE}/interchange"
        defaults = self._definition.interchange.model_dump(exclude_none=True)
        values: Values = {**defaults, "date": "", "time": "", "control_number": "", **given}
        services = values.pop(_SERVICES, [])
        self._fill(values, given, "%y%m%d", path)
        if not values["control_number"]:
            counted = self._numbers.next("interchange", *(_partner(values, one) for one in _PARTNERS))
            values["control_number"] = f"{counted:09}"
        repeats = str(values["version"]) >= REPEATS_FROM and "standard" not in given
        marks = self._marks
        repetition = marks.repetition if repeats else None
        self.delimiters = Delimiters(marks.element, marks.component, repetition, marks.terminator)
        values.setdefault("standard", marks.repetition if repeats else "U")
        values["component"] = marks.component
        number = str(values["control_number"])
        texts = [self._isa_text(values, path)]
        self._careful = CarefulReader(self.delimiters, frozenset())
        self._writers = {tag: SegmentWriter(segment, self.delimiters) for tag, segment in SEGMENTS.items()}
        texts += self._services(services, f"{path}/{_SERVICES}")
        return Begun(tuple(texts), number)

    def group(self, given: Values) -> Begun:
        """GS. Raises: Unwritable."""
        path = f"/{ENVELOPE}/group"
        defaults = self._definition.group.model_dump(exclude_none=True)
        assert self._isa is not None
        partners = {"sender": self._isa.elements[5].rstrip(), "receiver": self._isa.elements[7].rstrip()}
        values: Values = {**partners, **defaults, "date": "", "time": "", **given}
        self._fill(values, given, "%Y%m%d", path)
        if "control_number" not in values:
            number = self._numbers.next("group", *(str(values[one]) for one in _PARTNERS))
            values["control_number"] = str(number)
        self._transactions = 0
        for each in isa_checks.group_findings(values):
            name = SEGMENTS["GS"].elements or ()
            raise Unwritable(each.rule, each.message, f"{path}/{name[(each.element or 1) - 1].name}")
        return Begun((self._text("GS", values, path),), str(values["control_number"]))

    def transaction(self, given: Values) -> Begun:
        """ST. Raises: Unwritable."""
        path = f"/{ENVELOPE}/transaction"
        self._transactions += 1
        values: Values = {"control_number": f"{self._transactions:04}"}
        if self._definition.transaction is not None:
            values["identifier"] = self._definition.transaction
        if self._definition.implementation is not None:
            values["implementation"] = self._definition.implementation
        values |= given
        return Begun((self._text("ST", values, path),), str(values["control_number"]))

    def trailer(self, tag: str, count: int, number: str) -> str:
        """SE, GE or IEA. Raises: Unwritable."""
        return self._text(tag, {"count": count, "control_number": number}, f"/{ENVELOPE}")

    def _fill(self, values: Values, given: Values, date: str, path: str) -> None:
        """The date and time of now where none are given."""
        for name, pattern in (("date", date), ("time", "%H%M")):
            if name not in given:
                if self._now is None:
                    raise Unwritable("required", "is missing, and there is no clock here", f"{path}/{name}")
                values[name] = self._now.strftime(pattern)

    def _isa_text(self, values: Values, path: str) -> str:
        elements = []
        for name, length in zip(ISA_NAMES, ISA_LENGTHS, strict=True):
            value = values.pop(name, "" if name in ("authorization", "security") else None)
            if not isinstance(value, str):
                rule, message = ("required", "is missing") if value is None else ("type", "is not a text")
                raise Unwritable(rule, message, f"{path}/{name}")
            if len(value) > length or not value.isascii():
                raise Unwritable("too-long", f"has more than {length} characters", f"{path}/{name}")
            elements.append(value.ljust(length))
        if values:
            raise Unwritable("unknown-field", "is not defined here", f"{path}{pointer(next(iter(values)))}")
        marks = self.delimiters
        text = marks.element.join(["ISA", *elements])
        read = header(f"{text}{marks.terminator}", fixed=True)
        if read is None or read.elements != tuple(elements) or read.delimiters != marks:
            raise Unwritable("delimiter", "would not be read as the same ISA", path)
        for rule, message in isa_checks.problems(read):
            raise Unwritable(rule, message, path)
        self._isa = read
        return text

    def _services(self, services: JsonValue, path: str) -> list[str]:
        if not isinstance(services, list):
            raise Unwritable("type", "is not a list", path)
        texts = []
        for at, service in enumerate(services):
            try:
                texts.append(write_segment(service, self.delimiters, TAGS))
            except ValueError as error:
                raise Unwritable("type", str(error), f"{path}/{at}") from None
        return texts

    def _text(self, tag: str, values: Mapping[str, JsonValue], path: str) -> str:
        try:
            text = self._writers[tag].write(dict(values))
        except Unwritable as error:
            raise error.inside(path) from None
        read, findings = self._careful.read_all(SEGMENTS[tag], text)
        for each in findings:
            raise Unwritable(each.rule, f"{tag}: {each.message}", f"{path}{each.path}")
        if read != values:
            raise Unwritable("ambiguous", "would be read as other values", path)
        return text


def _partner(values: Values, name: str) -> str:
    return f"{values.get(f'{name}_qualifier')}:{str(values.get(name)).rstrip()}"


def _object(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def same(one: Sequence[Values], other: Sequence[Values]) -> int:
    """How many of interchange, group and transaction set two records have in common, from the outside in."""
    for level, (mine, its) in enumerate(zip(one, other, strict=False)):
        if mine != its:
            return level
    return min(len(one), len(other))
