"""The control segments that are written: what a record gives, what the definition says, what is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mappings.contract import Context, JsonValue
from mappings.edi import Delimiters, Unwritable, pointer
from mappings.edi.careful import CarefulReader
from mappings.edi.counters import Counters
from mappings.edi.record_schema import ENVELOPE
from mappings.edi.writing import SegmentWriter
from mappings.edifact import header_checks
from mappings.edifact.charsets import encoding_of
from mappings.edifact.compiled import Compiled
from mappings.edifact.envelope import PARTS, REFERENCE_DIGITS, SEGMENTS, Values, partner_name
from mappings.edifact.schema import Partner
from mappings.edifact.service import REPEATS_FROM, advice

_LINE_ENDS = "\r\n"
# What UNG says of the messages too.
_VERSIONS = ("version", "release", "association")


@dataclass(frozen=True, slots=True)
class Begun:
    """A header that was written: its text, and its control reference."""

    text: str
    reference: str


class EnvelopeWriter:
    """Writes headers and trailers of one stream. What follows UNB is written with `delimiters`, in
    `encoding`."""

    def __init__(self, compiled: Compiled, context: Context) -> None:
        self._definition = compiled.definition
        self._marks = compiled.delimiters
        self._now = context.now
        self._counters = Counters(context, REFERENCE_DIGITS, "edifact")
        self._messages = 0
        self._interchange: Values = {}
        self.line_end = "" if compiled.delimiters.terminator in _LINE_ENDS else compiled.line_end
        self.delimiters: Delimiters = compiled.delimiters
        self.encoding = ""

    def parts(self, given: JsonValue) -> tuple[Values, Values | None, Values]:
        """What a record says of its interchange, its group and its message; None where it is in no group.

        Raises: Unwritable.
        """
        if not isinstance(given, dict):
            raise Unwritable("type", "is not an object", pointer(ENVELOPE))
        names = [name for name, _ in PARTS]
        for name, part in given.items():
            if name not in names:
                raise Unwritable("unknown-field", "is not defined here", f"/{ENVELOPE}{pointer(name)}")
            if not isinstance(part, dict):
                raise Unwritable("type", "is not an object", f"/{ENVELOPE}{pointer(name)}")
        interchange, group, message = (_object(given.get(name)) for name in names)
        has_group = "group" in given or self._definition.group is not None
        return interchange, (group if has_group else None), message

    def interchange(self, given: Values) -> Begun:
        """UNA where it is needed, and UNB. Raises: Unwritable."""
        path = f"/{ENVELOPE}/interchange"
        values: Values = {**self._interchange_defaults(), **given}
        syntax = values["syntax"] = {**_object(self._syntax()), **_object(given.get("syntax"))}
        version = str(syntax.get("version"))
        self._begin(str(syntax.get("identifier")), version, path)
        self._prepare(values, "%Y%m%d" if version >= REPEATS_FROM else "%y%m%d", path)
        values.setdefault("control_reference", "")
        if not values["control_reference"]:
            values["control_reference"] = self._next("interchange", values)
        for name in ("sender", "recipient"):
            if name not in values:
                raise Unwritable("required", "is missing", f"{path}/{name}")
        self._interchange = values
        self._messages = 0
        text = self._text("UNB", values, path)
        una = advice(self.delimiters, "", always=self._definition.delimiters.advice == "always")
        if una:
            text = f"{una[:-1]}{self.delimiters.terminator}{self.line_end}{text}"
        return Begun(text, str(values["control_reference"]))

    def group(self, given: Values) -> Begun:
        """UNG. Raises: Unwritable."""
        path = f"/{ENVELOPE}/group"
        values: Values = {**self._group_defaults(), **given}
        long = self._is_version_4
        self._prepare(values, "%Y%m%d" if long else "%y%m%d", path)
        if "control_reference" not in values:
            values["control_reference"] = self._next("group", values)
        self._messages = 0
        return Begun(self._text("UNG", values, path), str(values["control_reference"]))

    def message(self, given: Values) -> Begun:
        """UNH. Raises: Unwritable."""
        path = f"/{ENVELOPE}/message"
        self._messages += 1
        values: Values = {"control_reference": str(self._messages), **given}
        identifier = {**self._identifier(), **_object(given.get("identifier"))}
        if identifier:
            values["identifier"] = identifier
        return Begun(self._text("UNH", values, path), str(values["control_reference"]))

    def trailer(self, tag: str, count: int, reference: str) -> str:
        """UNT, UNE or UNZ. Raises: Unwritable."""
        return self._text(tag, {"count": count, "control_reference": reference}, f"/{ENVELOPE}")

    def _begin(self, identifier: str, version: str, path: str) -> None:
        encoding = encoding_of(identifier, self._definition.encoding)
        if encoding is None:
            raise Unwritable("syntax-identifier", "is no known character set", f"{path}/syntax/identifier")
        if version not in header_checks.VERSIONS:
            raise Unwritable("syntax-version", "is no version from 1 to 4", f"{path}/syntax/version")
        self.encoding = encoding
        marks = self._marks
        repetition = marks.repetition if version >= REPEATS_FROM else None
        self._is_version_4 = repetition is not None
        self.delimiters = replace(marks, repetition=repetition)
        self._careful = CarefulReader(self.delimiters, frozenset())
        self._writers = {tag: SegmentWriter(segment, self.delimiters) for tag, segment in SEGMENTS.items()}

    def _syntax(self) -> Values:
        defaults = self._definition.interchange
        return {"identifier": defaults.syntax, "version": defaults.syntax_version}

    def _interchange_defaults(self) -> Values:
        defaults = self._definition.interchange
        values: Values = {
            "sender": _partner(defaults.sender),
            "recipient": _partner(defaults.recipient),
            "application_reference": defaults.application_reference,
            "acknowledgement_request": defaults.acknowledgement_request,
            "agreement": defaults.agreement,
            "test": defaults.test,
        }
        return {name: value for name, value in values.items() if value is not None}

    def _group_defaults(self) -> Values:
        """What the definition says of groups, else what UNB and UNH say."""
        defaults = self._definition.group
        values: Values = {"identification": self._definition.message}
        for name in ("sender", "recipient"):
            found = _object(self._interchange.get(name))
            values[name] = {key: found[key] for key in ("identification", "qualifier") if key in found}
        if defaults is not None:
            values["identification"] = defaults.identification or self._definition.message
            values["sender"] = _partner(defaults.sender) or values["sender"]
            values["recipient"] = _partner(defaults.recipient) or values["recipient"]
            values["agency"] = defaults.agency
        identifier = self._identifier()
        version = {name: value for name, value in identifier.items() if name in _VERSIONS}
        if version:
            values["version"] = version
        return {name: value for name, value in values.items() if value is not None}

    def _identifier(self) -> Values:
        definition = self._definition
        known: Values = {"type": definition.message, **definition.directory.model_dump(exclude_none=True)}
        return {name: value for name, value in known.items() if value is not None}

    def _prepare(self, values: Values, date: str, path: str) -> None:
        """The date and time of now where none are given."""
        if "prepared" not in values:
            if self._now is None:
                raise Unwritable("required", "is missing, and there is no clock here", f"{path}/prepared")
            values["prepared"] = {"date": self._now.strftime(date), "time": self._now.strftime("%H%M")}
        for each in header_checks.findings(values):
            raise Unwritable(each.rule, each.message, f"{path}{each.path}")

    def _next(self, counter: str, values: Values) -> str:
        partners = (partner_name(_object(values.get(name))) for name in ("sender", "recipient"))
        return str(self._counters.next(counter, *partners))

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


def _object(value: JsonValue) -> Values:
    return dict(value) if isinstance(value, dict) else {}


def _partner(partner: Partner | None) -> JsonValue:
    return None if partner is None else partner.model_dump(exclude_none=True)
