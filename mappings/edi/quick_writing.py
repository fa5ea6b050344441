"""The quick way to write: for each set of members that comes again a function is made that joins their texts
and looks at the whole by one regular expression.

What it does not accept, the careful way (`writing.py`) writes or refuses; what it accepts, the careful way
writes alike, and is read as the same values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from mappings.contract import JsonValue
from mappings.edi.conditions import Relation
from mappings.edi.delimiters import CONTROLS, Delimiters
from mappings.edi.layout import Layout, Segment, Value
from mappings.edi.scalars import Scalar
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
)

_MAX_DELIMITERS = 8
_MAX_FREE = 99
_MOMENTS = ("DT", "TM")


class WriterCache:
    """The quick writers of a layout for the delimiters that are written with."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._known: dict[Delimiters, Sequence[Shapes]] = {}

    def of(self, delimiters: Delimiters) -> Sequence[Shapes]:
        """Those for these delimiters, by the index of their segments. A definition writes with few: of more
        than eight the others are made anew for whoever asks."""
        found = self._known.get(delimiters)
        if found is None:
            found = tuple(segment_shapes(segment, delimiters) for segment in self._layout.segments)
            if len(self._known) < _MAX_DELIMITERS:
                self._known[delimiters] = found
        return found


def segment_shapes(segment: Segment, delimiters: Delimiters) -> Shapes:
    """What writes a segment, with its tag and without its terminator."""
    begin = f"{segment.tag}{delimiters.tag_separator}"
    if any(mark.isalnum() for mark in delimiters.all):
        # Such a mark could be a part of numbers and of dates.
        return no_shapes()
    if segment.elements is None:
        return Shapes(lambda names: _free(segment.tag, begin, names, delimiters))
    members = _Members(segment.elements, segment.relations, delimiters, delimiters.element)
    return Shapes(lambda names: members.made(begin, names))


class _Members:
    """The elements of a segment or the components of a composite, with what stands between them."""

    def __init__(
        self, members: Sequence[Value], relations: Sequence[Relation], delimiters: Delimiters, between: str
    ) -> None:
        self._members = members
        self._relations = relations
        self._delimiters = delimiters
        self._between = between
        self._out = re.escape(delimiters.all + CONTROLS)
        self._released = f"{re.escape(delimiters.release or '')}[{re.escape(delimiters.released_ones)}]"
        self._places = {member.name: at for at, member in enumerate(members)}
        # By the index of a member, and whether it is for a list of it; shared by all functions.
        self._writers: dict[tuple[int, bool], WriteQuickly] = {}

    def made(self, begin: str, names: Names) -> WriteValues | None:
        """What writes members of these names behind `begin`, which has the first separator; None where they
        are none of these, or wrong together, and where that is always left to the careful way."""
        if not names or any(name not in self._places for name in names):
            return None
        values = {self._places[name]: f"v{at}" for at, name in enumerate(names)}
        present = {at + 1 for at in values}
        if any(one.broken(present) for one in self._relations):
            return None
        if any(member.required and member.position not in present for member in self._members):
            return None
        plain = self._joining(begin, values, None)
        if plain is None:
            return None
        if self._delimiters.release is None:
            return plain.made(len(names))
        later: list[WriteValues] = []

        def otherwise(*given: JsonValue) -> str | None:
            """Where characters in values have to be released; made when it is first needed."""
            if not later:
                releasing = self._joining(begin, values, self._delimiters.release)
                later.append(refused if releasing is None else releasing.made(len(names)))
            return later[0](*given)

        return plain.made(len(names), otherwise)

    def _joining(self, begin: str, values: Mapping[int, str], release: str | None) -> Joining | None:
        function = Joining(begin, self._between, release)
        for at in range(len(self._members) if self._delimiters.keeps else max(values) + 1):
            if at not in values:
                function.add("''", "")
            elif not self._add(function, at, values[at]):
                return None
        return function

    def _add(self, function: Joining, at: int, value: str) -> bool:
        """Add a member; false where it is always left to the careful way."""
        member = self._members[at]
        if member.is_list:
            writer = self._writer((at, True), lambda: self._several(member, at))
            function.add(f"{function.known(writer)}({value})", None)
            return True
        return self._add_one(function, member, at, value)

    def _add_one(self, function: Joining, member: Value, at: int, value: str) -> bool:
        scalar = member.scalar
        if scalar is None:
            writer = self._writer((at, False), lambda: self._composite(member))
            function.add(f"{function.known(writer)}({value})", None)
        elif scalar.read is None and member.codes is not None:
            function.add(value, f"[^{self._out}]+", f"{value} in {function.known(member.codes)}")
        elif scalar.read is None and function.release is not None and scalar.released_pattern is not None:
            some = f"(?=[^{self._out}]|{self._released})" if scalar.least == 0 else ""
            escaped = (
                f"({function.known(self._delimiters.escaped)}({value}) if type({value}) is str else None)"
            )
            function.add(escaped, f"{some}{scalar.released_pattern(self._out, self._released)}")
        elif scalar.read is None:
            some = f"(?=[^{self._out}])" if scalar.least == 0 else ""
            function.add(value, f"{some}{scalar.pattern(self._out)}")
        elif scalar.is_number:
            function.add(self._number(function, scalar, value), scalar.pattern(self._out))
        elif scalar.word in _MOMENTS:
            writer = self._writer((at, False), lambda: remembering(scalar.write))
            function.add(f"{function.known(writer)}({value})", scalar.pattern(self._out))
        else:
            return False
        return True

    def _number(self, function: Joining, scalar: Scalar, value: str) -> str:
        """The expression for a number's text; None is its value for what is no number."""
        mark = self._delimiters.mark
        pointed = "" if mark == "." else f".replace('.', {mark!r})"
        if scalar.least > 1 or scalar.word not in ("N", "N0", "R", "n"):
            # It may need zeros in front, or has its point moved.
            return f"{function.known(scalar.write)}({value}){pointed}"
        kinds = f"type({value}) is int"
        if scalar.word in ("R", "n"):
            kinds = f"type({value}) is Decimal or {kinds}"
        return f"(str({value}){pointed} if {kinds} else None)"

    def _writer(self, key: tuple[int, bool], make: Callable[[], WriteQuickly]) -> WriteQuickly:
        found = self._writers.get(key)
        if found is None:
            found = self._writers[key] = make()
        return found

    def _composite(self, member: Value) -> WriteQuickly:
        marks = self._delimiters
        separator = marks.component if self._between == marks.element else marks.subcomponent
        assert separator is not None, "checked before it is compiled"
        inside = _Members(member.components, member.relations, marks, separator)
        return Shapes(lambda names: inside.made("", names), USUAL_INSIDE).write

    def _several(self, member: Value, at: int) -> WriteQuickly:
        separator = self._delimiters.repetition
        function = Joining("", self._between)
        if separator is None or not self._add_one(function, member, at, "v0"):
            return refused
        return repeated(function.made(1), separator, member.most)


def _free(tag: str, begin: str, names: Names, delimiters: Delimiters) -> WriteValues | None:
    """What writes elements that are not defined, where all are texts or lists of such, by the positions in
    their names."""
    places = {f"{tag}{at:02}": at for at in range(1, _MAX_FREE + 1)}
    if not names or any(name not in places for name in names):
        return None
    values = {places[name]: f"v{at}" for at, name in enumerate(names)}
    function = Joining(begin, delimiters.element)
    parts = function.known(components(delimiters.component))
    out = "".join(mark for mark in delimiters.all + CONTROLS if mark != delimiters.component)
    for at in range(1, max(values) + 1):
        if at in values:
            function.add(f"{parts}({values[at]})", f"[^{re.escape(out)}]+")
        else:
            function.add("''", "")
    return function.made(len(names))
