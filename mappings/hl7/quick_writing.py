"""The quick way to write: for each set of fields that comes again a function is made that joins their texts.

What it does not accept, the careful way (`segment_writing.py`) writes or refuses; what it accepts, the
careful way writes alike, and is read as the same values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mappings.contract import JsonValue
from mappings.edi.delimiters import CONTROLS
from mappings.hl7.generic import HEADERS
from mappings.hl7.layout import Fields, Kind, Member
from mappings.hl7.marks import Marks
from mappings.hl7.scalars import MAX_DIGITS, Scalar
from mappings.hl7.schema import MAX_FIELDS
from mappings.shapes import (
    USUAL_INSIDE,
    Joining,
    Names,
    Shapes,
    WriteQuickly,
    WriteValues,
    components,
    no_shapes,
    refused,
    remembering,
    repeated,
    returning,
)

_MAX_DELIMITERS = 8
_NUMBER = f"-?[0-9]{{1,{MAX_DIGITS // 2}}}(?:\\.[0-9]{{1,{MAX_DIGITS // 2}}})?"
_SEQUENCE = f"[0-9]{{1,{MAX_DIGITS}}}"


class QuickWriters:
    """The quick writers of a definition for the delimiters that messages are written with; shared by all
    streams."""

    def __init__(self, fields: Sequence[Fields], usual: Marks) -> None:
        self._fields = fields
        self._usual = usual
        self._known: dict[Marks, Sequence[Shapes]] = {}

    def of(self, marks: Marks) -> Sequence[Shapes]:
        """Those for these delimiters, by the index of their segments; none that write anything where there
        were too many different ones already."""
        found = self._known.get(marks)
        if found is None:
            if len(self._known) >= _MAX_DELIMITERS:
                return [no_shapes()] * len(self._fields)
            is_usual = marks == self._usual
            found = [segment_shapes(fields, marks, is_usual=is_usual) for fields in self._fields]
            self._known[marks] = found
        return found


def segment_shapes(fields: Fields, marks: Marks, *, is_usual: bool) -> Shapes:
    """What writes a segment at its place, without its end."""
    if fields.tag in HEADERS and not is_usual:
        # Its first two fields are in values then.
        return no_shapes()
    return Shapes(_Segment(fields, marks).made)


class _Values:
    """Writes values of types, each at its depth: 0 in a field, 1 in a component, 2 in a sub-component."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._signs = f"{marks.field}{marks.encoding}"
        # What is escaped, or taken for the null.
        self._out = re.escape(f'{self._signs}\\"{CONTROLS}')

    def add(self, joining: Joining, member: Member, kind: Kind, value: str, depth: int) -> bool:
        """Add a value that is not repeated; false where it is always left to the careful way."""
        scalar = kind.scalar
        if scalar is None:
            joining.add(f"{joining.known(self._composite(kind, depth))}({value})", None)
        elif member.codes is not None or member.max_length is not None:
            if scalar.read is not None:
                return False
            condition = "" if member.codes is None else f"{value} in {joining.known(member.codes)}"
            size = "+" if member.max_length is None else f"{{1,{member.max_length}}}"
            joining.add(value, f"[^{self._out}]{size}", condition)
        elif scalar.read is None:
            joining.add(value, f"[^{self._out}]+")
        else:
            return self._add_converted(joining, scalar, scalar.read, value)
        return True

    def _add_converted(
        self, joining: Joining, scalar: Scalar, read: Callable[[str], JsonValue], value: str
    ) -> bool:
        if scalar.word not in ("NM", "SI"):
            write = remembering(returning(scalar.write, read))
            joining.add(f"{joining.known(write)}({value})", f"[^{self._out}]+")
            return True
        if "-" in self._signs or "." in self._signs:
            return False
        kinds = f"type({value}) is int"
        if scalar.word == "NM":
            kinds = f"{kinds} or type({value}) is Decimal"
        joining.add(f"(str({value}) if {kinds} else None)", _NUMBER if scalar.word == "NM" else _SEQUENCE)
        return True

    def _composite(self, kind: Kind, depth: int) -> WriteQuickly:
        separator = self._marks.separators[depth] if depth < len(self._marks.separators) else None
        if separator is None:
            return refused
        between = separator
        required = {member.name for member in kind.members if member.required}

        def made(names: Names) -> WriteValues | None:
            if not names or not required.issubset(names) or any(name not in kind.by_name for name in names):
                return None
            values = {kind.by_name[name].position: f"v{at}" for at, name in enumerate(names)}
            joining = Joining("", between)
            for member in kind.members[: max(values)]:
                if member.position not in values:
                    joining.add("''", "")
                    continue
                assert member.kind is not None, "components have types"
                if not self.add(joining, member, member.kind, values[member.position], depth + 1):
                    return None
            return joining.made(len(names))

        return Shapes(made, USUAL_INSIDE).write

    def several(self, member: Member, kind: Kind) -> WriteQuickly:
        """What writes a field of this type, which may be repeated."""
        joining = Joining("", self._marks.field)
        if not self.add(joining, member, kind, "v0", 0):
            return refused
        if not member.is_list:
            return joining.made(1)
        separator = self._marks.repetition
        return refused if separator is None else repeated(joining.made(1), separator, member.most)


class _Segment(_Values):
    """Writes one segment."""

    def __init__(self, fields: Fields, marks: Marks) -> None:
        super().__init__(marks)
        self._fields = fields
        self._known = {member.name: member for member in fields.members.values()}
        self._others = {fields.other(at): at for at in range(1, MAX_FIELDS + 1) if at not in fields.members}
        self._required = {member.name for member in fields.required}
        self._begin, self._first = f"{fields.tag}{marks.field}", 1
        if fields.tag in HEADERS:
            self._begin, self._first = f"{fields.tag}{marks.field}{marks.encoding}{marks.field}", 3
        self._parts = components(marks.component)
        self._writers: dict[str, WriteQuickly] = {}

    def made(self, names: Names) -> WriteValues | None:
        """What writes fields of these names; None where they are none of these or one is missing, and where
        that is always left to the careful way."""
        places = [self._position(name) for name in names]
        if not names or min(places) < self._first or not self._required.issubset(names):
            return None
        joining = Joining(self._begin, self._marks.field)
        for position in range(self._first, max(places) + 1):
            if position not in places:
                joining.add("''", "")
                continue
            at = places.index(position)
            if not self._add_field(joining, self._known.get(names[at]), f"v{at}", names):
                return None
        return joining.made(len(names))

    def _position(self, name: str) -> int:
        member = self._known.get(name)
        return self._others.get(name, 0) if member is None else member.position

    def _add_field(self, joining: Joining, member: Member | None, value: str, names: Names) -> bool:
        if member is None:
            out = "".join(mark for mark in f'{self._signs}\\"{CONTROLS}' if mark != self._marks.component)
            joining.add(f"{joining.known(self._parts)}({value})", f"[^{re.escape(out)}]+")
        elif member.kind is None:
            if member.type_from not in names:
                return False
            kinds = joining.known(_Told(member, self))
            joining.add(f"{kinds}[v{names.index(member.type_from)}]({value})", None)
        elif member.is_list:
            writer = self._writer(member.name, member, member.kind)
            joining.add(f"{joining.known(writer)}({value})", None)
        else:
            return self.add(joining, member, member.kind, value, 0)
        return True

    def _writer(self, name: str, member: Member, kind: Kind) -> WriteQuickly:
        found = self._writers.get(name)
        if found is None:
            found = self._writers[name] = self.several(member, kind)
        return found


class _Told(dict[str, WriteQuickly]):
    """What writes a field whose type another one says, by that."""

    def __init__(self, member: Member, values: _Values) -> None:
        super().__init__()
        self._member = member
        self._values = values

    def __missing__(self, word: str) -> WriteQuickly:
        kind = (self._member.kinds or {}).get(word)
        if kind is None:
            return refused
        found = self[word] = self._values.several(self._member, kind)
        return found
