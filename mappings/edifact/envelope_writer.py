"""The control segments that are written: what a record gives, what the definition says, what is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mappings.contract import Context, JsonValue
from mappings.edi import Delimiters, Unwritable
from mappings.edi.control_writer import ControlWriter, envelope_parts, object_in, text_of
from mappings.edi.copied import copied
from mappings.edi.counters import Counters
from mappings.edi.interchange_writer import GROUP, INTERCHANGE, Begun, Given
from mappings.edi.record_schema import ENVELOPE
from mappings.edifact import header_checks
from mappings.edifact.charsets import encoding_of
from mappings.edifact.compiled import Compiled
from mappings.edifact.envelope import CONTROL, PARTS, REFERENCE_DIGITS, Values, identity, partner_name
from mappings.edifact.messages import refused_message
from mappings.edifact.schema import Partner
from mappings.edifact.service import REPEATS_FROM, advice

_LINE_ENDS = "\r\n"
_NAMES = tuple(name for name, _ in PARTS)
_TRAILERS = ("UNZ", "UNE", "UNT")
# What UNG says of the messages too.
_VERSIONS = ("version", "release", "association")


class EnvelopeWriter:
    """Writes headers and trailers of one stream. What follows UNB is written with `delimiters`."""

    def __init__(self, compiled: Compiled, context: Context) -> None:
        self._definition = compiled.definition
        self._marks = compiled.delimiters
        self._now = context.now
        self._counters = Counters(context, REFERENCE_DIGITS, "edifact")
        self._messages = 0
        self._interchange: Values = {}
        self._line_end = "" if compiled.delimiters.terminator in _LINE_ENDS else compiled.line_end
        self.delimiters: Delimiters = compiled.delimiters
        self._encoding = ""

    def kept(self) -> EnvelopeWriter:
        """This one as it is now, with the numbers that it has counted."""
        found = copied(self)
        found._counters = self._counters.kept()
        return found

    def parts(self, given: JsonValue) -> Given:
        """What a record says of its interchange, its group and its message; None where it is in no group.

        Raises: Unwritable.
        """
        interchange, group, message = envelope_parts(given, _NAMES)
        if group is None and self._definition.group is not None:
            group = {}
        return interchange or {}, group, message or {}

    def is_alone(self, given: Given) -> bool:
        """False: nothing but messages stands in an interchange."""
        return False

    def begin(self, level: int, given: Values, *, is_list: bool) -> Begun:
        """UNB with the UNA that it needs, UNG or UNH. Raises: Unwritable."""
        if level == INTERCHANGE:
            return self._unb(given)
        return self._ung(given) if level == GROUP else self._unh(given, is_list=is_list)

    def trailer(self, level: int, count: int, number: str) -> str:
        """UNT, UNE or UNZ. Raises: Unwritable."""
        values: Values = {"count": count, "control_reference": number}
        return self._control.text(_TRAILERS[level], values, f"/{ENVELOPE}")

    def encoded(self, texts: Sequence[str]) -> bytes:
        """Segments with their terminators, in the interchange's encoding. Raises: Unwritable."""
        ending = f"{self.delimiters.terminator}{self._line_end}"
        text = ending.join([*texts, ""])
        try:
            return text.encode(self._encoding)
        except UnicodeEncodeError as error:
            shown = ascii(text[error.start])
            message = f"has the character {shown}, which {self._encoding} has not"
            raise Unwritable("encoding", message, "") from None

    def _unb(self, given: Values) -> Begun:
        path = f"/{ENVELOPE}/interchange"
        values: Values = {**self._interchange_defaults(), **given}
        syntax = values["syntax"] = {**self._syntax(), **object_in(given, "syntax", path)}
        version = text_of(syntax.get("version"))
        self._use(text_of(syntax.get("identifier")), version, path)
        self._prepare(values, "%Y%m%d" if version >= REPEATS_FROM else "%y%m%d", path)
        if values.get("control_reference", "") == "":
            values["control_reference"] = self._next("interchange", values)
        for name in ("sender", "recipient"):
            if name not in values:
                raise Unwritable("required", "is missing", f"{path}/{name}")
        self._interchange = values
        self._messages = 0
        text = self._control.text("UNB", values, path)
        una = advice(self.delimiters, "", always=self._definition.delimiters.advice == "always")
        texts = (una[:-1], text) if una else (text,)
        return Begun(texts, text_of(values["control_reference"]), identity(values))

    def _ung(self, given: Values) -> Begun:
        path = f"/{ENVELOPE}/group"
        values: Values = {**self._group_defaults(), **given}
        long = self._is_version_4
        self._prepare(values, "%Y%m%d" if long else "%y%m%d", path)
        if "control_reference" not in values:
            values["control_reference"] = self._next("group", values)
        self._messages = 0
        reference = text_of(values["control_reference"])
        return Begun((self._control.text("UNG", values, path),), reference, reference)

    def _unh(self, given: Values, *, is_list: bool) -> Begun:
        path = f"/{ENVELOPE}/message"
        self._messages += 1
        values: Values = {"control_reference": str(self._messages), **given}
        identifier = {**self._identifier(), **object_in(given, "identifier", path)}
        if identifier:
            values["identifier"] = identifier
        text = self._control.text("UNH", values, path)
        refusal = refused_message(self._definition, identifier)
        if self._definition.message is not None and (refusal is None) is is_list:
            message = refusal or f"the message is {self._definition.message}, which is defined here"
            raise Unwritable("message-type", message, f"{path}/identifier")
        reference = text_of(values["control_reference"])
        return Begun((text,), reference, reference)

    def _use(self, identifier: str, version: str, path: str) -> None:
        encoding = encoding_of(identifier, self._definition.encoding)
        if encoding is None:
            raise Unwritable("syntax-identifier", "is no known character set", f"{path}/syntax/identifier")
        if version not in header_checks.VERSIONS:
            raise Unwritable("syntax-version", "is no version from 1 to 4", f"{path}/syntax/version")
        self._encoding = encoding
        marks = self._marks
        repetition = marks.repetition if version >= REPEATS_FROM else None
        self._is_version_4 = repetition is not None
        self.delimiters = replace(marks, repetition=repetition)
        self._control = ControlWriter(CONTROL, self.delimiters)

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


def _object(value: JsonValue) -> Values:
    return dict(value) if isinstance(value, dict) else {}


def _partner(partner: Partner | None) -> JsonValue:
    return None if partner is None else partner.model_dump(exclude_none=True)
