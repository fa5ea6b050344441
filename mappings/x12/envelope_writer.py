"""The control segments that are written: what a record gives, what the definition says, what is counted."""

from __future__ import annotations

from collections.abc import Sequence

from mappings.contract import Context, JsonValue
from mappings.edi import Delimiters, Unwritable, pointer
from mappings.edi.control_writer import ControlWriter, envelope_parts, text_of
from mappings.edi.copied import copied
from mappings.edi.counters import Counters
from mappings.edi.interchange_writer import GROUP, INTERCHANGE, SET, Begun, Given
from mappings.edi.record_schema import ENVELOPE
from mappings.edi.segment_list import write_segment
from mappings.x12 import isa_checks
from mappings.x12.compiled import Compiled
from mappings.x12.envelope import (
    CONTROL,
    CONTROL_NUMBER_DIGITS,
    ISA_LENGTHS,
    ISA_NAMES,
    PADDED,
    REPEATS_FROM,
    SEGMENTS,
    Header,
    Values,
    header,
)
from mappings.x12.groups import refused_group
from mappings.x12.tags import TAGS

_PARTS = ("interchange", "group", "transaction")
_PARTNERS = ("sender", "receiver")
_SERVICES = "services"
_TRAILERS = ("IEA", "GE", "SE")


class EnvelopeWriter:
    """Writes headers and trailers of one stream. What follows ISA is written with `delimiters`."""

    def __init__(self, compiled: Compiled, context: Context) -> None:
        self._definition = compiled.definition
        self._marks = compiled.delimiters
        self._now = context.now
        self._numbers = Counters(context, CONTROL_NUMBER_DIGITS, "x12")
        self._transactions = 0
        self._line_end = compiled.line_end
        self.delimiters = self._marks
        self._isa: Header | None = None

    def kept(self) -> EnvelopeWriter:
        """This one as it is now, with the numbers that it has counted."""
        found = copied(self)
        found._numbers = self._numbers.kept()
        return found

    def parts(self, given: JsonValue) -> Given:
        """What a record says of its interchange, group and transaction set. Raises: Unwritable."""
        interchange, group, transaction = envelope_parts(given, _PARTS)
        return interchange or {}, group or {}, transaction or {}

    def is_alone(self, given: Given) -> bool:
        """True for an interchange of services, such as a TA1."""
        return _SERVICES in given[INTERCHANGE] and not (given[GROUP] or given[SET])

    def begin(self, level: int, given: Values, *, is_list: bool) -> Begun:
        """ISA with the services behind it, GS or ST. Raises: Unwritable."""
        if level == INTERCHANGE:
            return self._interchange(given)
        return self._group(given) if level == GROUP else self._transaction(given, is_list=is_list)

    def trailer(self, level: int, count: int, number: str) -> str:
        """SE, GE or IEA. Raises: Unwritable."""
        return self._control.text(
            _TRAILERS[level], {"count": count, "control_number": number}, f"/{ENVELOPE}"
        )

    def encoded(self, texts: Sequence[str]) -> bytes:
        """Segments with their terminators, in the definition's encoding. Raises: Unwritable."""
        ending = f"{self.delimiters.terminator}{self._line_end}"
        whole = ending.join([*texts, ""])
        # Nearly no text has what those with binary data begin with.
        if any(tag in whole for tag in TAGS.binary) and any(text[:3] in TAGS.binary for text in texts):
            return b"".join(self._bytes(text) + ending.encode("latin-1") for text in texts)
        return self._in_encoding(whole)

    def _bytes(self, text: str) -> bytes:
        """A segment; its binary data, which is in hexadecimal here, as it is."""
        separator, at = self.delimiters.element, TAGS.binary.get(text[:3], 0)
        parts = text.split(separator, at)
        if not at or len(parts) != at + 1:
            return self._in_encoding(text)
        data = bytes.fromhex(parts[at])
        if parts[at - 1] != str(len(data)):
            raise Unwritable("binary", f"{parts[0]} says {parts[at - 1]} bytes of {len(data)}", "")
        return self._in_encoding(separator.join([*parts[:at], ""])) + data

    def _in_encoding(self, text: str) -> bytes:
        encoding = self._definition.encoding
        try:
            return text.encode(encoding)
        except UnicodeEncodeError:
            raise Unwritable("encoding", f"has a character that {encoding} has not", "") from None

    def _interchange(self, given: Values) -> Begun:
        path = f"/{ENVELOPE}/interchange"
        defaults = self._definition.interchange.model_dump(exclude_none=True)
        values: Values = {**defaults, "date": "", "time": "", "control_number": "", **given}
        services = values.pop(_SERVICES, [])
        self._fill(values, given, "%y%m%d", path)
        if values["control_number"] == "":
            counted = self._numbers.next("interchange", *(_partner(values, one) for one in _PARTNERS))
            values["control_number"] = f"{counted:09}"
        repeats = text_of(values["version"]) >= REPEATS_FROM and "standard" not in given
        marks = self._marks
        repetition = marks.repetition if repeats else None
        self.delimiters = Delimiters(marks.element, marks.component, repetition, marks.terminator)
        values.setdefault("standard", marks.repetition if repeats else "U")
        values["component"] = marks.component
        number = text_of(values["control_number"])
        texts = [self._isa_text(values, path)]
        self._control = ControlWriter(CONTROL, self.delimiters)
        texts += self._services(services, f"{path}/{_SERVICES}")
        assert self._isa is not None, "it was written"
        return Begun(tuple(texts), number, self._isa.identity)

    def _group(self, given: Values) -> Begun:
        path = f"/{ENVELOPE}/group"
        defaults = self._definition.group.model_dump(exclude_none=True)
        assert self._isa is not None
        partners = {"sender": self._isa.elements[5].rstrip(), "receiver": self._isa.elements[7].rstrip()}
        values: Values = {**partners, **defaults, "date": "", "time": "", **given}
        self._fill(values, given, "%Y%m%d", path)
        if "control_number" not in values:
            number = self._numbers.next("group", *(text_of(values[one]) for one in _PARTNERS))
            values["control_number"] = str(number)
        self._transactions = 0
        for each in isa_checks.group_findings(values):
            name = SEGMENTS["GS"].elements or ()
            raise Unwritable(each.rule, each.message, f"{path}/{name[(each.element or 1) - 1].name}")
        text = self._control.text("GS", values, path)
        refusal = refused_group(self._definition, values)
        if refusal is not None:
            raise Unwritable(refusal.rule, str(refusal), f"{path}{refusal.path}")
        said = text_of(values["control_number"])
        return Begun((text,), said, said)

    def _transaction(self, given: Values, *, is_list: bool) -> Begun:
        path = f"/{ENVELOPE}/transaction"
        self._transactions += 1
        values: Values = {"control_number": f"{self._transactions:04}"}
        if self._definition.transaction is not None:
            values["identifier"] = self._definition.transaction
        if self._definition.implementation is not None:
            values["implementation"] = self._definition.implementation
        values |= given
        text = self._control.text("ST", values, path)
        wanted = self._definition.transaction
        if wanted is not None and (values["identifier"] == wanted) is is_list:
            message = (
                f"is {wanted}, which is defined here"
                if is_list
                else f"is not the {wanted} that is defined here"
            )
            raise Unwritable("transaction-set", message, f"{path}/identifier")
        number = text_of(values["control_number"])
        return Begun((text,), number, number)

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
            if len(value) < length and name not in PADDED:
                raise Unwritable("too-short", f"has less than {length} characters", f"{path}/{name}")
            if name in PADDED and value.endswith(" "):
                raise Unwritable("padding", "ends with a space, which only fills", f"{path}/{name}")
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


def _partner(values: Values, name: str) -> str:
    return f"{text_of(values.get(f'{name}_qualifier'))}:{text_of(values.get(name)).rstrip()}"
