"""The body of a transaction set or message out of records that each are a part of it: one occurrence of a
loop, with what encloses it. What enclosed the record before and encloses this one too is written once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mappings.contract import JsonValue
from mappings.edi.body_writer import BodyWriter, check_names, difference
from mappings.edi.copied import copied_value
from mappings.edi.delimiters import Delimiters
from mappings.edi.findings import Finding, pointer
from mappings.edi.layout import Item, Loop
from mappings.edi.streaming import Memory, StreamWalker
from mappings.edi.walker import Frame, Plan
from mappings.edi.writing import Unwritable
from mappings.edi.written import walked_again

_MAX_KNOWN = 256
"""Sets of names in a loop whose order is remembered."""


@dataclass(slots=True)
class _Level:
    """A loop that is open: what was written of it apart from the loops that records are made of, the last
    position that was written, and its segments. Neither `own` nor `texts` is ever changed in place."""

    loop: Loop
    own: Frame = field(default_factory=dict)
    at: int = -1
    texts: Sequence[str] = ()


class Kept(NamedTuple):
    """What is open of a body, to be gone back to: its loops, the segments of the record that was written
    last, the records that are not read again yet, and where the reading of them is."""

    levels: tuple[tuple[Loop, Frame, int, Sequence[str]], ...]
    last: Sequence[str]
    pending: tuple[Mapping[str, JsonValue], ...]
    reading: Memory


class _Place(NamedTuple):
    """A segment or loop with its position; `streams` is true for loops that lead to a record."""

    item: Item
    at: int
    streams: bool


class StreamBodyWriter(BodyWriter):
    """Writes one body at a time, a record at a time."""

    def __init__(self, plan: Plan, delimiters: Delimiters) -> None:
        super().__init__(plan, delimiters)
        self._places = _places(plan.layout.body)
        self._children: dict[Loop, dict[tuple[str, ...], tuple[Loop | None, int]]] = {
            loop: {} for loop in self._places
        }
        self._orders: dict[Loop, dict[tuple[str, ...], tuple[tuple[Item, int], ...]]] = {
            loop: {} for loop in self._places
        }
        self._reading = StreamWalker(
            walked_again(plan, self._written), delimiters, frozenset(), self._delivered
        )
        self.begin()

    def begin(self) -> None:
        """Begin a new body."""
        self._open: list[_Level] = []
        self._pending: list[Mapping[str, JsonValue]] = []
        self._last: Sequence[str] = ()
        self._is_again = False
        self._reading.start()

    def kept(self) -> Kept:
        """The body as it is now."""
        # Kept for each record, for which `replace` takes too long.
        levels = tuple([(level.loop, level.own, level.at, level.texts) for level in self._open])
        return Kept(levels, self._last, tuple(self._pending), self._reading.memory())

    def go_back(self, kept: Kept) -> None:
        """Have the body as it was. What is open of it is read once more."""
        self.begin()
        self._written.forget()
        self._is_again = True
        for texts in (*(texts for *_, texts in kept.levels), kept.last):
            self._read(texts)
        self._is_again = False
        self._reading.remember(kept.reading)
        self._open = [_Level(*level) for level in kept.levels]
        self._pending = [*kept.pending]
        self._last = kept.last

    def add(self, values: Mapping[str, JsonValue]) -> list[str]:
        """The segments that a record adds, without their terminators. Raises: Unwritable with the path in
        `values`; then part of it may be in the body, which is to be gone back."""
        texts: list[str] = []
        self._written.forget()
        self._level(0, self._body, values, texts)
        self._follow(texts, values)
        return texts

    def end(self) -> None:
        """There is no more of this body. Raises: Unwritable where what was written does not read back."""
        if not self._pending and not self._open:
            self._pending.append({})
        self._refuse(self._reading.end())
        if self._pending:
            raise Unwritable("ambiguous", "would be read as one with the record before", "")

    def _level(self, depth: int, loop: Loop, values: Mapping[str, JsonValue], texts: list[str]) -> None:
        child, at = self._child(loop, values)
        own = dict(values)
        if child is not None:
            del own[child.name]
        level = self._open[depth] if depth < len(self._open) else None
        more = None if level is None or level.loop is not loop else self._more(level, own, child, at)
        if more is None:
            if level is not None and depth == 0:
                path = difference(level.own, own)
                raise Unwritable("enclosing", "differs from the record before in one transaction set", path)
            del self._open[depth:]
            level, more = _Level(loop), own
            self._open.append(level)
        assert level is not None
        if more:
            del self._open[depth + 1 :]
            self._own(level, more, texts)
        if child is None:
            self._last = ()
            return
        level.at = at
        try:
            if child.is_record:
                del self._open[depth + 1 :]
                start = len(texts)
                self.one(child, values[child.name], texts)
                self._last = texts[start:]
            else:
                inner = values[child.name]
                if not isinstance(inner, dict):
                    raise Unwritable("type", "is not an object", "")
                self._level(depth + 1, child, inner, texts)
        except Unwritable as error:
            raise error.inside(pointer(child.name)) from None

    def _child(self, loop: Loop, values: Mapping[str, JsonValue]) -> tuple[Loop | None, int]:
        """The loop in these values that leads to the record, and its position."""
        names = tuple(values)
        known = self._children[loop].get(names)
        if known is not None:
            return known
        places = self._places[loop]
        check_names(places, values)
        found: tuple[Loop | None, int] = (None, len(loop.positions))
        for name in names:
            item, at, streams = places[name]
            if streams:
                if found[0] is not None:
                    raise Unwritable("type", "has a second loop that leads to a record", pointer(name))
                assert isinstance(item, Loop), "only loops stream"
                found = (item, at)
        if len(self._children[loop]) < _MAX_KNOWN:
            self._children[loop][names] = found
        return found

    def _more(self, level: _Level, own: Frame, child: Loop | None, at: int) -> Frame | None:
        """What this record has more of a loop that is open; None where it is of another occurrence."""
        if at < level.at:
            return None
        if own == level.own:
            return {} if child is not None else None
        if any(name not in own or own[name] != value for name, value in level.own.items()):
            return None
        more = {name: value for name, value in own.items() if name not in level.own}
        places = self._places[level.loop]
        fits = all(level.at <= places[name].at <= at for name in more)
        return more if fits and (more or child is not None) else None

    def _own(self, level: _Level, more: Frame, texts: list[str]) -> None:
        """Write what is in a loop apart from the loop that leads to the record."""
        start = len(texts)
        names = tuple(more)
        order = self._orders[level.loop].get(names)
        if order is None:
            places = self._places[level.loop].values()
            order = tuple((item, at) for item, at, _ in places if item.name in more)
            if len(self._orders[level.loop]) < _MAX_KNOWN:
                self._orders[level.loop][names] = order
        for item, at in order:
            self.item(item, more[item.name], texts)
            if at > level.at:
                level.at = at
        # Copies: the next record may be the same objects, with other values in them by then.
        level.own = {**level.own, **{name: copied_value(value) for name, value in more.items()}}
        level.texts = [*level.texts, *texts[start:]]

    def _follow(self, texts: Sequence[str], values: Mapping[str, JsonValue]) -> None:
        """Read what was written: the records before this one have to come out."""
        self._pending.append(values)
        self._read(texts)

    def _read(self, texts: Sequence[str]) -> None:
        separator = self._delimiters.tag_separator
        at = self._reading.run(texts, 0)
        while at < len(texts):
            self._refuse(self._reading.take(texts[at].partition(separator)[0], texts[at]))
            at = self._reading.run(texts, at + 1)

    def _refuse(self, findings: Sequence[Finding]) -> None:
        if findings:
            raise Unwritable(findings[0].rule, findings[0].message, findings[0].path)

    def _delivered(self, values: Frame, missing: Sequence[Finding], spoiled: bool) -> None:
        if self._is_again:
            return
        self._refuse(missing)
        if not self._pending:
            raise Unwritable("ambiguous", "would be read as a record of its own in part", "")
        given = self._pending.pop(0)
        if given != values:
            path = difference(values, given)
            raise Unwritable("ambiguous", "would be read as other values", path)


def _places(loop: Loop) -> dict[Loop, dict[str, _Place]]:
    """What is in each loop, by name, in its order."""
    found = {
        loop: {
            item.name: _Place(item, at, isinstance(item, Loop) and item.streams)
            for at, position in enumerate(loop.positions)
            for item in position
        }
    }
    for item in loop.items:
        if isinstance(item, Loop):
            found |= _places(item)
    return found
