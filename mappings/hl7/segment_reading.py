"""A segment's text to its values, each mistake named with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from mappings.contract import JsonValue
from mappings.edi import BrokenRule, Finding, Segment
from mappings.hl7.escapes import Texts
from mappings.hl7.generic import HEADERS, NULL, read_component, read_field
from mappings.hl7.layout import Fields, Kind, Member
from mappings.hl7.marks import Marks

Values: TypeAlias = dict[str, JsonValue]

_EXCERPT = 99
_NOTHING = ""


@dataclass(slots=True)
class _Where:
    """What is read: a field, one of its repetitions, a component of it; and what was found wrong."""

    position: int
    repetition: int | None = None
    component: int | None = None
    findings: list[Finding] = field(default_factory=list)

    def wrong(self, rule: str, message: str, path: str, value: str) -> None:
        """Note a mistake here."""
        self.findings.append(
            Finding(
                rule,
                message,
                path=path,
                element=self.position,
                component=self.component,
                repetition=self.repetition,
                value=value[:_EXCERPT],
            )
        )


class FieldsReader:
    """Reads segments in messages with these delimiters; those that are `usual` are not in values. `lenient`
    are the rules that may be broken: their findings are given, and the values are read in spite of them."""

    def __init__(
        self, fields: Sequence[Fields], marks: Marks, texts: Texts, usual: Marks, lenient: frozenset[str]
    ) -> None:
        self._fields = fields
        self._marks = marks
        self._texts = texts
        self._is_usual = marks == usual
        self._lenient = lenient

    def read(self, segment: Segment, text: str) -> tuple[Values | None, list[Finding]]:
        """The values of a segment by name and what is wrong with it; no values where not all of that is
        tolerated. Paths begin at the segment."""
        fields, marks = self._fields[segment.index], self._marks
        parts = text.split(marks.field)
        values: Values = {}
        if fields.tag in HEADERS:
            # The separator itself is the first field, and the second one cannot be taken apart.
            parts.insert(1, _NOTHING)
            parts[2:3] = [_NOTHING]
            if not self._is_usual:
                values[fields.other(1)], values[fields.other(2)] = marks.field, marks.encoding
        findings: list[Finding] = []
        members, unusual = fields.members, self._texts.unusual
        for at in range(1, len(parts)):
            part = parts[at]
            if not part:
                continue
            member = members.get(at)
            if unusual(part) is None and (member is None or member.is_plain):
                values[fields.other(at) if member is None else member.name] = part
            elif member is None:
                values[fields.other(at)] = read_field(part, marks, self._texts)
            else:
                self._field(member, part, values, findings)
        for member in fields.required:
            if member.name not in values and not any(one.element == member.position for one in findings):
                path = member.step
                findings.append(Finding("required-field", "is missing", path=path, element=member.position))
        if findings and not all(one.rule in self._lenient for one in findings):
            return None, findings
        return values, findings

    def _field(self, member: Member, part: str, values: Values, findings: list[Finding]) -> None:
        """Read a field that is not empty."""
        path = member.step
        where = _Where(member.position, findings=findings)
        kind = member.kind or self._told(member, values)
        repetition = self._marks.repetition
        parts = [part] if repetition is None else part.split(repetition)
        if len(parts) > member.most:
            message = f"is repeated {len(parts)} times, at most {member.most} are allowed"
            if member.most == 1:
                message = "is repeated, which it may not be"
            where.wrong("repetitions", message, path, part)
            parts = parts if member.is_list else parts[:1]
        if kind is None:
            self._untyped(member, parts, values)
        elif not member.is_list:
            value = self._one(member, kind, parts[0], 0, path, where)
            if value != _NOTHING:
                values[member.name] = value
        else:
            items: list[JsonValue] = []
            for at, each in enumerate(parts):
                where.repetition = at + 1
                items.append(self._one(member, kind, each, 0, f"{path}/{at}", where))
            values[member.name] = items

    def _untyped(self, member: Member, parts: Sequence[str], values: Values) -> None:
        """A field whose type is none of those known: as it came."""
        read = [read_field(part, self._marks, self._texts) for part in parts]
        values[member.name] = [*read] if member.is_list else read[0]

    def _told(self, member: Member, values: Values) -> Kind | None:
        """The type that another field says, which stands before this one."""
        word = values.get(member.type_from or "")
        return (member.kinds or {}).get(word) if isinstance(word, str) else None

    def _one(self, member: Member, kind: Kind, text: str, depth: int, path: str, where: _Where) -> JsonValue:
        """A value; an empty text where there is none."""
        if text == NULL:
            return None
        if not text:
            return _NOTHING
        if kind.scalar is None:
            return self._composite(kind, text, depth, path, where)
        for separator in self._marks.separators[depth:]:
            if separator is not None and separator in text:
                where.wrong("components", "has components, which it may not have", path, text)
                if "components" not in self._lenient:
                    return None
                text = text.split(separator)[0]
        if not text:
            return _NOTHING
        return self._scalar(member, kind, self._texts.read(text), path, where)

    def _scalar(self, member: Member, kind: Kind, text: str, path: str, where: _Where) -> JsonValue:
        assert kind.scalar is not None
        if member.codes is not None and text not in member.codes:
            where.wrong("code", "is not one of its codes", path, text)
        elif member.max_length is not None and len(text) > member.max_length:
            message = f"has {len(text)} characters, at most {member.max_length} are allowed"
            where.wrong("too-long", message, path, text)
        if kind.scalar.read is None:
            return text
        try:
            return kind.scalar.read(text)
        except BrokenRule as error:
            where.wrong(error.rule, str(error), path, text)
            return text

    def _composite(self, kind: Kind, text: str, depth: int, path: str, where: _Where) -> JsonValue:
        """An object of the components that have values."""
        separator = self._marks.separators[depth] if depth < len(self._marks.separators) else None
        parts = [text] if separator is None else text.split(separator)
        values: Values = {}
        outer = where.component
        for at, part in enumerate(parts):
            if not part:
                continue
            if depth == 0:
                where.component = at + 1
            if at >= len(kind.members):
                values[str(at + 1)] = self._other(part, depth)
                continue
            member = kind.members[at]
            assert member.kind is not None
            value = self._one(member, member.kind, part, depth + 1, f"{path}{member.step}", where)
            if value != _NOTHING:
                values[member.name] = value
        for member in kind.members:
            if member.required and member.name not in values:
                where.component = member.position if depth == 0 else where.component
                where.wrong("required-field", "is missing", f"{path}{member.step}", "")
        where.component = outer
        return values or _NOTHING

    def _other(self, part: str, depth: int) -> JsonValue:
        """A component that is not defined."""
        if depth == 0:
            return read_component(part, self._marks, self._texts)
        return None if part == NULL else self._texts.read(part)
