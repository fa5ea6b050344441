"""One transaction set or message, walked segment by segment through its definition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from mappings.contract import JsonValue
from mappings.edi.careful import CarefulReader
from mappings.edi.delimiters import Delimiters
from mappings.edi.findings import Finding, pointer
from mappings.edi.layout import Item, Layout, Loop, Segment, Test
from mappings.edi.quick_writing import WriterCache
from mappings.edi.readers import ReaderCache, Readers, ReadSegment
from mappings.edi.states import Candidate, Choice, State, States

Frame: TypeAlias = dict[str, JsonValue]

_NOTHING: tuple[Finding, ...] = ()
_MOST_SHOWN = 10


class SegmentReading(Protocol):
    """What reads a segment in place of the ways that X12 and EDIFACT have."""

    def read(self, segment: Segment, text: str) -> tuple[Frame | None, list[Finding]]:
        """The values of a segment and what is wrong with it; no values where not all of that is tolerated.
        Paths begin at the segment."""


class Plan:
    """A layout with what all its streams share: the states, and the readers and quick writers for the
    delimiters seen."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.states = States(layout)
        self.readers = ReaderCache(layout)
        self.writers = WriterCache(layout)


class Walker:
    """Builds the values of one transaction set or message at a time. `lenient` are the rules whose findings
    do not make it a bad one; they are reported all the same. `reading` reads segments, and `quick` most of
    them quickly, where others than X12's and EDIFACT's are walked through.

    `values` is what was read so far: an object with the segments and loops by name.
    """

    def __init__(
        self,
        plan: Plan,
        delimiters: Delimiters,
        lenient: frozenset[str] = frozenset(),
        reading: SegmentReading | None = None,
        quick: Readers | None = None,
    ) -> None:
        self._plan = plan
        self._delimiters = delimiters
        self._careful = reading or CarefulReader(delimiters, lenient)
        self._readers = quick if reading else plan.readers.of(delimiters)
        unknown: list[ReadSegment | None] = [None] * len(plan.layout.segments)
        self._made = unknown if self._readers is None else self._readers.made
        self._lenient = lenient
        self.start()

    def start(self) -> None:
        """Begin a new one."""
        self._state: State = self._plan.states.start
        self.at = 0
        self._frames: list[Frame] = [{}]

    @property
    def values(self) -> Frame:
        """What was read of this one."""
        return self._frames[0]

    @property
    def loop(self) -> str:
        """The identifier of the innermost loop that is open, empty in none."""
        return self._state.loop.identifier

    def run(self, texts: Sequence[str], start: int) -> int:  # noqa: C901  # one loop, for speed
        """Take the segments from `texts[start]` on, as long as they are right and stand where they may, which
        nearly all do: the index of the first that is left to `take`. Each has its tag and no terminator.
        While a record is given, `at` is the index of the segment behind it."""
        separator, release, made = self._delimiters.tag_separator, self._delimiters.release, self._made
        state, frames, is_quiet = self._state, self._frames, self._is_quiet()
        for at in range(start, len(texts)):
            text = texts[at]
            choice = state.choices.get(text.partition(separator)[0])
            if choice is None:
                break
            candidates = choice.others
            if choice.element:
                value = self._value(choice, text)
                if release is not None and release in value:
                    break
                candidates = choice.by_value.get(value, candidates)
            for one in candidates:
                frame = frames[one.depth]
                found = frame.get(one.name)
                if (
                    found is None
                    or (one.is_list and len(found) < one.most)  # type: ignore[arg-type]
                    or (one.counted and self._has_room(one))
                ):
                    break
            else:
                break
            reader = made[one.segment.index]
            values = reader(text) if reader is not None else None
            if values is None or (one.required and self._lacks(one.required)):
                break
            depth = one.depth + 1
            if one.turns and not (is_quiet and one.opens is None and len(frames) == depth):
                self._state, self.at = state, at
                self._turn(one, ())
                is_quiet = self._is_quiet()
            state = one.state
            if len(frames) > depth:
                del frames[depth:]
            if one.opens is not None:
                if one.is_late:
                    values = _begun(one, values, frames)
                else:
                    values = {one.segment.name: values}
                    frames.append(values)
            if not one.is_list:
                frame[one.name] = values
            elif found is None:
                frame[one.name] = [values]
            else:
                found.append(values)  # type: ignore[union-attr]  # it is only ever made here
        else:
            at = len(texts)
        self._state = state
        return at

    def _value(self, choice: Choice, text: str) -> str:
        """The value that tells the candidates of a segment apart; empty where it is not there. Where anything
        is released up to there, a text with the release in it: where the value stands takes more to find."""
        marks, element = self._delimiters, choice.element
        if marks.tag is not None:
            _, _, text = text.partition(marks.tag)
            element -= 1
        parts = text.split(marks.element, element + 1)
        release = marks.release
        if release is not None and release in text and any(release in part for part in parts[: element + 1]):
            return release
        if not 0 <= element < len(parts):
            return ""
        if not choice.component:
            return parts[element]
        components = parts[element].split(marks.component)
        return components[choice.component - 1] if choice.component <= len(components) else ""

    def take(self, tag: str, text: str) -> Sequence[Finding]:
        """The next segment, `text` with its tag and without its terminator; what is wrong with it and its
        place, paths from the outermost object."""
        full: Candidate | None = None
        parts: list[str] | None = None
        for one in self._state.find(tag).candidates:
            if one.segment.tests:
                if parts is None:
                    parts = [tag, *self._delimiters.elements(tag, text)]
                if not self._is_meant(one.segment.tests, parts):
                    continue
            found = self._frames[one.depth].get(one.name)
            if found is None or (one.is_list and len(found) < one.most) or self._has_room(one):  # type: ignore[arg-type]
                return self._enter(one, text)
            if full is None or (one.opens is not None and one.segment is full.segment):
                full = one
        return self._refuse(tag, text, full)

    def end(self) -> Sequence[Finding]:
        """There is no more of this one: what is missing."""
        required = self._state.rest()
        return self._missing(required) if required else _NOTHING

    def _turn(self, one: Candidate, missing: Sequence[Finding]) -> Sequence[Finding]:
        """What comes before a segment that ends or begins a record, or is in none: what is missing there is
        told, or said of a record that ends."""
        return missing

    def _is_quiet(self) -> bool:
        """True where segments outside of records may follow each other without more ado."""
        return False

    def _has_room(self, one: Candidate) -> bool:
        """True where an item that is no list here may come again."""
        return False

    def _enter(self, one: Candidate, text: str) -> Sequence[Finding]:
        """Read a segment at its place, after what was missing before it."""
        if not one.required:
            return self._read_into(one, text)
        missing = self._missing(one.required)
        return [*missing, *self._read_into(one, text)]

    def _read_into(self, one: Candidate, text: str) -> Sequence[Finding]:
        """Read a segment at its place. A bad one still counts, with no values in it."""
        index = one.segment.index
        reader = self._made[index]
        if reader is None and self._readers is not None:
            reader = self._readers.make(index)
        values = reader(text) if reader is not None else None
        wrong: list[Finding] = []
        if values is None:
            values, wrong = self._careful.read(one.segment, text)
        self._state = one.state
        frames = self._frames
        if len(frames) > one.depth + 1:
            del frames[one.depth + 1 :]
        item: Frame = {} if values is None else values
        if one.is_late:
            item = _begun(one, item, frames)
        elif one.opens is not None:
            item = {one.segment.name: item}
            frames.append(item)
        frame = frames[one.depth]
        if not one.is_list:
            frame[one.name] = item
        elif (items := frame.get(one.name)) is None:
            frame[one.name] = [item]
        else:
            items.append(item)  # type: ignore[union-attr]  # it is only ever made here
        if wrong:
            path = self._path(one)
            return [each.at(tag=one.segment.tag, path=path, loop=self.loop) for each in wrong]
        return _NOTHING

    def _is_meant(self, tests: Sequence[Test], parts: list[str]) -> bool:
        """True when a segment's elements have the values that its place is known by."""
        marks = self._delimiters
        for test in tests:
            part = parts[test.element] if test.element < len(parts) else ""
            if test.component is not None:
                components = marks.split(part, marks.component)
                part = components[test.component - 1] if test.component <= len(components) else ""
            if part not in test.values and (marks.release is None or marks.released(part) not in test.values):
                return False
        return True

    def _lacks(self, required: Sequence[tuple[int, Item]]) -> bool:
        """True where something has not come that has to be there; `_missing` says what."""
        frames = self._frames
        return any(
            self._count(depth, item) < item.least
            for depth, item in required
            if item.least > 1 or item.name not in frames[depth]
        )

    def _missing(self, required: Sequence[tuple[int, Item]]) -> list[Finding]:
        """Of what has to be there, what has not come."""
        findings = []
        for depth, item in required:
            frame = self._frames[depth]
            if item.least == 1 and item.name in frame:
                continue
            came = self._count(depth, item)
            if came < item.least:
                is_loop = isinstance(item, Loop)
                rule = "required-segment" if came == 0 else "loop-minimum" if is_loop else "segment-minimum"
                what = f"loop {item.name}" if is_loop else f"segment {item.tag}"
                if item.name != item.tag and not is_loop:
                    what += f" ({item.name})"
                message = f"the {what} is missing: at least {item.least} must come, {came} came"
                path = f"{self._chain(depth)}{pointer(item.name)}"
                findings.append(Finding(rule, message, tag=item.tag, path=path, loop=self._identifier(depth)))
        return findings

    def _count(self, depth: int, item: Item) -> int:
        found = self._frames[depth].get(item.name)
        if isinstance(found, list):
            return len(found)
        return 0 if found is None else 1

    def _refuse(self, tag: str, text: str, full: Candidate | None) -> Sequence[Finding]:
        """A segment that has no place here. Of a loop that occurs too often the content is read all the same:
        one mistake is said once."""
        if full is not None:
            most = full.most if full.most > 1 else "once"
            message = f"{full.name} occurs more often than {most if most == 'once' else f'{most} times'}"
            if full.opens is None:
                return [self._misplaced("segment-count", tag, message)]
            finding = self._misplaced("loop-count", tag, message)
            return [finding, *self._enter(full, text)]
        if tag not in self._plan.layout.tags:
            return [self._misplaced("unknown-segment", tag, "is not a segment of this definition")]
        parts = [tag, *self._delimiters.elements(tag, text)]
        if self._state.is_before(tag, lambda tests: self._is_meant(tests, parts)):
            return [self._misplaced("segment-order", tag, "stands behind the place where it belongs")]
        return [self._misplaced("unexpected-segment", tag, f"may not stand here{self._instead(tag)}")]

    def _instead(self, tag: str) -> str:
        """The values by which segments of this tag are known that may stand here, as far as these are of one
        element."""
        choice = self._state.find(tag)
        if choice.element < 1 or choice.component or choice.others:
            return ""
        values = sorted(choice.by_value)
        more = ", ..." if len(values) > _MOST_SHOWN else ""
        return f" with this {tag}{choice.element:02}; it may be {', '.join(values[:_MOST_SHOWN])}{more}"

    def _misplaced(self, rule: str, tag: str, message: str) -> Finding:
        depth = len(self._frames) - 1
        return Finding(rule, message, tag=tag, path=self._chain(depth), loop=self.loop)

    def _path(self, one: Candidate) -> str:
        """The JSON pointer of the segment that was just put there."""
        if one.opens is not None:
            inside = f"{pointer(one.segment.name)}{'/0' if one.is_late and one.segment.is_list else ''}"
            return f"{self._chain(one.depth + 1 + len(one.inside))}{inside}"
        found = self._frames[one.depth][one.name]
        index = f"/{len(found) - 1}" if isinstance(found, list) else ""
        return f"{self._chain(one.depth)}{pointer(one.name)}{index}"

    def _loops(self) -> list[Loop]:
        """The open loops from the outside in, without the body."""
        loops: list[Loop] = []
        loop: Loop | None = self._state.loop
        while loop is not None and loop.parent is not None:
            loops.append(loop)
            loop = loop.parent
        return loops[::-1]

    def _chain(self, depth: int) -> str:
        """The JSON pointer of the open loop at this depth."""
        path = ""
        for frame, loop in zip(self._frames, self._loops()[:depth], strict=False):
            found = frame.get(loop.name)
            path += pointer(loop.name) + (f"/{len(found) - 1}" if isinstance(found, list) else "")
        return path

    def _identifier(self, depth: int) -> str:
        return self._loops()[depth - 1].identifier if depth else ""


def _begun(one: Candidate, values: Frame, frames: list[Frame]) -> Frame:
    """What a segment is that begins loops in place of the first one; the loops are open then."""
    made: Frame = {one.segment.name: [values] if one.segment.is_list else values}
    opened = [made]
    for loop in reversed(one.inside):
        made = {loop.name: [made] if loop.is_list else made}
        opened.append(made)
    frames += reversed(opened)
    return made
