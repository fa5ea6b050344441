"""The careful way to read a segment: each element taken apart, every mistake named with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from mappings.contract import JsonValue
from mappings.edi.conditions import Relation
from mappings.edi.delimiters import CONTROLS, Delimiters
from mappings.edi.findings import BrokenRule, Finding, pointer
from mappings.edi.generic import read_generic
from mappings.edi.layout import Segment, Value

Values: TypeAlias = dict[str, JsonValue]

_EXCERPT = 99


class CarefulReader:
    """Reads the segments of an interchange that are unusual or wrong. `lenient` are the rules that may be
    broken: their findings are given, and the values are read in spite of them."""

    def __init__(
        self, delimiters: Delimiters, lenient: frozenset[str], inner: tuple[str, ...] | None = None
    ) -> None:
        self._delimiters = delimiters
        self._lenient = lenient
        # What separates the components of a member, and what those inside of them.
        self._inner = (delimiters.component, *(delimiters.subcomponent or "")) if inner is None else inner
        self._forbidden = frozenset(CONTROLS) - frozenset(delimiters.all)

    def read(self, segment: Segment, text: str) -> tuple[Values | None, list[Finding]]:
        """The values of a segment and what is wrong with it; no values where not all of that is tolerated.
        Paths begin at the segment."""
        values, findings = self.read_all(segment, text)
        tolerable = all(one.rule in self._lenient for one in findings)
        return (values if tolerable else None), findings

    def read_all(self, segment: Segment, text: str) -> tuple[Values, list[Finding]]:
        """The same, with the values that could be read whatever is wrong with others."""
        parts = self._delimiters.elements(segment.tag, text)
        findings: list[Finding] = []
        self._cut_trailing(parts, findings, "element")
        if segment.elements is None:
            values = self._free(segment.tag, parts, findings)
        else:
            values = self._members(segment.elements, segment.relations, parts, findings)
        return values, findings

    def _cut_trailing(self, parts: list[str], findings: list[Finding], word: str) -> None:
        if parts and not parts[-1] and not self._delimiters.keeps:
            while parts and not parts[-1]:
                parts.pop()
            message = f"a separator stands behind the last {word}"
            findings.append(Finding("trailing-separator", message, element=len(parts) + 1))

    def _free(self, tag: str, parts: Sequence[str], findings: list[Finding]) -> Values:
        values: Values = {}
        for at, part in enumerate(parts, 1):
            if part:
                name = f"{tag}{at:02}"
                self._check_characters(part, findings, pointer(name), at)
                values[name] = read_generic(part, self._delimiters)
        return values

    def _members(
        self,
        members: Sequence[Value],
        relations: Sequence[Relation],
        parts: list[str],
        findings: list[Finding],
    ) -> Values:
        """Elements by their places, or components; findings name the place as `element`."""
        values: Values = {}
        wrong: set[int | None] = set()
        for at, member in enumerate(members):
            part = parts[at] if at < len(parts) else ""
            own = self._member(member, part, values)
            wrong |= {member.position} if own else set()
            findings += own
        if len(parts) > len(members):
            at = len(members) + 1
            message = f"there are {len(parts)}, at most {len(members)} are defined"
            findings.append(Finding("extra-element", message, element=at, value=parts[at - 1][:_EXCERPT]))
        if self._delimiters.keeps and len(parts) < len(members):
            message = f"there are {len(parts)}, and separators for all {len(members)} have to be there"
            findings.append(Finding("missing-separator", message, element=len(parts) + 1))
        findings += (one for one in broken(relations, members, values) if one.element not in wrong)
        return values

    def _member(self, member: Value, part: str, values: Values) -> list[Finding]:
        """Read one member into the values; what is wrong with it, placed."""
        path = pointer(member.name)
        if not part:
            if not member.required:
                return []
            return [self._finding(member, "required-element", "is missing", path, "")]
        if member.most > 1:
            value, findings = self._list(member, part, path)
        elif self._repeats(part):
            value, findings = None, []
            findings.append(
                self._finding(member, "repetitions", "is repeated, which it may not be", path, part)
            )
        else:
            value, findings = self._one(member, part, path, None)
        if value is not None:
            values[member.name] = value
        return findings

    def _repeats(self, part: str) -> bool:
        marks = self._delimiters
        return marks.repetition is not None and len(marks.split(part, marks.repetition)) > 1

    def _list(self, member: Value, part: str, path: str) -> tuple[JsonValue, list[Finding]]:
        marks, findings = self._delimiters, list[Finding]()
        items: list[JsonValue] = []
        parts = [part] if marks.repetition is None else marks.split(part, marks.repetition)
        for at, one in enumerate(parts):
            if not one:
                message = "has a repetition without a value"
                findings.append(
                    self._finding(member, "empty-repetition", message, f"{path}/{at}", part, at + 1)
                )
                continue
            value, own = self._one(member, one, f"{path}/{at}", at + 1)
            findings += own
            items.append(value)
        if len(parts) > member.most:
            message = f"is repeated {len(parts)} times, at most {member.most} are allowed"
            findings.append(
                self._finding(member, "repetitions", message, f"{path}/{member.most}", "", member.most + 1)
            )
        return items, findings

    def _one(
        self, member: Value, part: str, path: str, repetition: int | None
    ) -> tuple[JsonValue, list[Finding]]:
        if member.components:
            return self._composite(member, part, path, repetition)
        marks = self._delimiters
        if any(len(marks.split(part, separator)) > 1 for separator in self._inner):
            message = "has components, which it may not have"
            return None, [self._finding(member, "components", message, path, part, repetition)]
        text = marks.released(part)
        findings: list[Finding] = []
        self._check_characters(text, findings, path, member.position)
        value, own = self._scalar(member, text)
        findings += (self._finding(member, rule, message, path, text, repetition) for rule, message in own)
        return value, findings

    def _composite(
        self, member: Value, part: str, path: str, repetition: int | None
    ) -> tuple[JsonValue, list[Finding]]:
        inside: list[Finding] = []
        parts = self._delimiters.split(part, self._inner[0])
        self._cut_trailing(parts, inside, "component")
        reader = CarefulReader(self._delimiters, self._lenient, self._inner[1:])
        values = reader._members(member.components, member.relations, parts, inside)
        findings = [
            replace(
                one,
                rule="components" if one.rule == "extra-element" else one.rule,
                path=f"{path}{one.path}",
                element=member.position,
                component=one.element,
                repetition=repetition,
                number=one.number or member.number,
                trigger=None,
            )
            for one in inside
        ]
        if not values and not findings:
            findings.append(self._finding(member, "required-element", "has no value", path, part, repetition))
        return values or None, findings

    def _scalar(self, member: Value, text: str) -> tuple[JsonValue, list[tuple[str, str]]]:
        """A value and the rules it breaks. Where all are tolerated, the value is the text as it should be."""
        assert member.scalar is not None
        wrong: list[tuple[str, str]] = []
        stripped = text.rstrip(" ")
        is_word = member.scalar.is_number or member.codes is not None
        is_padded = bool(stripped) and stripped != text and text not in (member.codes or ())
        if "padding" in self._lenient and is_word and is_padded:
            wrong.append(("padding", "is followed by spaces"))
            text = stripped
        value: JsonValue = text
        try:
            if member.scalar.read is not None:
                value = member.scalar.read(text)
        except BrokenRule as error:
            wrong.append((error.rule, str(error)))
        else:
            try:
                member.scalar.verify(text)
            except BrokenRule as error:
                wrong.append((error.rule, str(error)))
        # A code of another length is none of the codes either: that is one mistake.
        is_told = any(rule not in self._lenient for rule, _ in wrong)
        if member.codes is not None and text not in member.codes and not is_told:
            wrong.append(("code", "is not one of its codes"))
        return value, wrong

    def _check_characters(self, text: str, findings: list[Finding], path: str, element: int) -> None:
        if not self._forbidden.isdisjoint(text):
            message = "holds a control character"
            findings.append(Finding("character", message, path=path, element=element, value=text[:_EXCERPT]))

    def _finding(
        self, member: Value, rule: str, message: str, path: str, value: str, repetition: int | None = None
    ) -> Finding:
        return Finding(
            rule,
            message,
            path=path,
            element=member.position,
            repetition=repetition,
            number=member.number,
            value=value[:_EXCERPT],
        )


def broken(relations: Sequence[Relation], members: Sequence[Value], values: Values) -> list[Finding]:
    """The conditions that values break; `members` are the elements or components they are about."""
    present = {member.position for member in members if member.name in values}
    findings = []
    for one in relations:
        wrong = one.broken(present)
        if wrong is not None:
            rule, position = wrong
            member = members[position - 1]
            message = f"breaks {one.text}: {one.meaning}"
            path = pointer(member.name)
            trigger = one.trigger(present, position)
            findings.append(
                Finding(rule, message, path=path, element=position, number=member.number, trigger=trigger)
            )
    return findings
