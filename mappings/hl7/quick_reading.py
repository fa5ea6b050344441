"""The quick way to read a segment without escape sequences and nulls: what is compiled for its fields takes
it apart in the fewest steps.

What it does not accept, the careful way (`segment_reading.py`) takes apart; what it accepts, the careful way
reads as the same values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from mappings.contract import JsonValue
from mappings.edi import BrokenRule
from mappings.edi.readers import ReadSegment
from mappings.hl7.generic import HEADERS, NULL
from mappings.hl7.layout import Fields, Member
from mappings.hl7.marks import Marks
from mappings.hl7.quick_fields import ReadText, Unusual, field_ways, of_type

Values: TypeAlias = dict[str, JsonValue]

_MAX_DELIMITERS = 8
"""To make a reader costs more than to read a few segments: who changes delimiters all the time is read the
careful way."""
_OTHERS = 60
"""Fields behind the last one that is defined."""


class QuickSegment:
    """Reads one segment at its place in messages with these delimiters."""

    def __init__(self, fields: Fields, marks: Marks, *, is_usual: bool) -> None:
        self._marks = marks
        first = 1
        self._begin = fields.tag
        self._around: Values = {}
        if fields.tag in HEADERS:
            first = 3
            self._begin += f"{marks.field}{marks.encoding}"
            if not is_usual:
                self._around = {fields.other(1): marks.field, fields.other(2): marks.encoding}
        places = [(at, fields.members.get(at)) for at in range(first, _last(fields) + 1)]
        ways = [field_ways(member, marks) for _, member in places]
        names = [fields.other(at) if member is None else member.name for at, member in places]
        # The field at index 0 is what stands before the first separator.
        self._names = ("", *names)
        self._single = (None, *(one.single for one in ways))
        self._parted = (ways[0].parted, *(one.parted for one in ways))
        self._any = (ways[0].any, *(one.any for one in ways))
        self._varying = tuple(_Varying(one, marks) for _, one in places if one is not None and one.type_from)
        self._required = tuple(member.name for member in fields.required)

    def read(self, text: str) -> Values | None:
        """The values by name, None where something is unusual or wrong."""
        begin, marks = self._begin, self._marks
        escape = marks.escape
        rest = text[len(begin) :]
        if NULL in rest or (escape is not None and (escape in rest or "\\" in rest)):
            return None
        parts = rest.split(marks.field)
        if parts[0] or not text.startswith(begin) or len(parts) > len(self._names):
            return None
        values = self._around.copy()
        try:
            if (marks.repetition is not None and marks.repetition in rest) or (
                marks.subcomponent is not None and marks.subcomponent in rest
            ):
                self._read_any(parts, values)
            else:
                self._read_flat(parts, values)
            for one in self._varying:
                if one.name in values:
                    one.read(values)
        except BrokenRule:
            return None
        for name in self._required:
            if name not in values:
                return None
        return values

    def _read_flat(self, parts: Sequence[str], values: Values) -> None:
        """Fields that are not repeated and have no sub-components. Raises: BrokenRule."""
        component = self._marks.component
        for name, single, parted, part in zip(self._names, self._single, self._parted, parts):  # noqa: B905  # fewer parts
            if not part:
                continue
            if component in part:
                value = parted(part)
                if value is None:
                    continue
                values[name] = value
            else:
                values[name] = part if single is None else single(part)

    def _read_any(self, parts: Sequence[str], values: Values) -> None:
        """Raises: BrokenRule."""
        for name, read, part in zip(self._names, self._any, parts):  # noqa: B905  # fewer parts
            if part:
                value = read(part)
                if value is not None:
                    values[name] = value


def _last(fields: Fields) -> int:
    return max(fields.members, default=0) + _OTHERS


class _Varying:
    """A field whose type another one says: its text, which stands in its place, made its value."""

    def __init__(self, member: Member, marks: Marks) -> None:
        self.name = member.name
        self._member = member
        self._marks = marks
        self._kinds = member.kinds or {}
        self._known: dict[str, ReadText] = {}

    def read(self, values: Values) -> None:
        """Raises: BrokenRule."""
        word, text = values.get(self._member.type_from or ""), values[self.name]
        assert isinstance(text, str), "it is a text until here"
        if not isinstance(word, str) or word not in self._kinds:
            raise Unusual
        read = self._known.get(word)
        if read is None:
            read = self._known[word] = of_type(self._member, self._kinds[word], self._marks).any
        value = read(text)
        if value is None:
            del values[self.name]
        else:
            values[self.name] = value


class QuickSegments:
    """The readers for one set of delimiters, by the index of their segment, made when first needed."""

    def __init__(self, fields: Sequence[Fields], marks: Marks, *, is_usual: bool) -> None:
        self._fields = fields
        self._marks = marks
        self._is_usual = is_usual
        self.made: list[ReadSegment | None] = [None] * len(fields)

    def make(self, index: int) -> ReadSegment:
        """The reader of a segment, made now."""
        made = self.made[index] = QuickSegment(self._fields[index], self._marks, is_usual=self._is_usual).read
        return made


class QuickCache:
    """The readers of a definition for the delimiters that messages came with; shared by all streams."""

    def __init__(self, fields: Sequence[Fields], usual: Marks) -> None:
        self._fields = fields
        self._usual = usual
        self._known: dict[Marks, QuickSegments] = {}

    def of(self, marks: Marks) -> QuickSegments | None:
        """Those for these delimiters, None where there were too many different ones already."""
        found = self._known.get(marks)
        if found is None and len(self._known) < _MAX_DELIMITERS:
            is_usual = marks == self._usual
            found = self._known[marks] = QuickSegments(self._fields, marks, is_usual=is_usual)
        return found
