"""Which segment may follow which: the places of a definition as states, and what each tag leads to.

In each state a tag has candidates, the nearest first: the same place again, what comes behind it in its loop,
then another occurrence of the loop, what comes behind that, and so on outwards. What has to be there before a
candidate is known with it. States are made when they are first needed; there are never more than places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mappings.edi.layout import Item, Layout, Loop, Segment, Test


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """Where a segment may belong: `segment` at its place, in the loop at `depth` of those that are open
    then; with `opens` as the first of a new occurrence of that loop, and of those `inside` of it where it
    `is_late`: not what begins it as a rule. `required` are the loops' depths and what must have come in
    them. `outside` is true where records are made of loops and it is in none of them, `turns` where it is
    that or begins such a loop."""

    segment: Segment
    opens: Loop | None
    name: str
    most: int
    is_list: bool
    counted: bool
    depth: int
    required: tuple[tuple[int, Item], ...]
    outside: bool
    turns: bool
    state: State
    inside: tuple[Loop, ...] = ()
    is_late: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The candidates of a tag in a state, nearest first, and how they are told apart.

    - By nothing: `element` is 0 and `others` are all of them.
    - By one value: it stands in `element`, counted from 1, and in `component` of it (0: the element is no
      composite). `by_value` has the candidates that each value leaves, `others` those that any other leaves.
    - By several values: `element` is -1, and `by_value` and `others` are empty: the careful way tries each.
    """

    candidates: tuple[Candidate, ...]
    element: int
    component: int
    by_value: Mapping[str, tuple[Candidate, ...]]
    others: tuple[Candidate, ...]


_NO_CHOICE = Choice((), 0, 0, {}, ())


@dataclass(slots=True, eq=False)
class State:
    """A place that was reached: a position in a loop. `at` is -1 before the first of the body."""

    loop: Loop
    at: int
    states: States
    choices: dict[str, Choice] = field(default_factory=dict)
    _rest: tuple[tuple[int, Item], ...] | None = field(default=None, init=False)

    def find(self, tag: str) -> Choice:
        """The candidates of a tag, nearest first; none where it cannot come any more."""
        if tag not in self.states.tags:
            return _NO_CHOICE
        found = self.choices.get(tag)
        if found is None:
            found = self.choices[tag] = _choice(tuple(self._candidates(tag)))
        return found

    def _candidates(self, tag: str) -> Iterator[Candidate]:
        required: list[tuple[int, Item]] = []
        loop: Loop | None = self.loop
        at = self.at
        while loop is not None:
            for index in range(max(at, 0), len(loop.positions)):
                for item in loop.positions[index]:
                    if item.tag == tag:
                        yield self._candidate(loop, index, item, required)
                    elif isinstance(item, Loop) and tag in item.begins:
                        yield self._late(self._candidate(loop, index, item, required), item, tag)
                required += ((loop.depth, item) for item in self._needed(loop, index, at))
            at, loop = loop.at, loop.parent

    def _needed(self, loop: Loop, index: int, at: int) -> Iterator[Item]:
        """What must have come at a position when it is left. The one that was reached last has come at least
        once, where it stands alone."""
        items = loop.positions[index]
        for item in items:
            satisfied = 1 if index == at and len(items) == 1 else 0
            if item.least > satisfied:
                yield item

    def _candidate(self, loop: Loop, index: int, item: Item, required: list[tuple[int, Item]]) -> Candidate:
        opens = item if isinstance(item, Loop) else None
        in_record = _in_record(opens or loop)
        outside = self.states.streams and not in_record
        counted = opens is not None and opens.streams
        segment = item.trigger if isinstance(item, Loop) else item
        return Candidate(
            segment=segment,
            opens=opens,
            name=item.name,
            most=item.most,
            is_list=item.is_list,
            counted=counted,
            depth=loop.depth,
            required=tuple(required),
            outside=outside,
            turns=outside or counted,
            state=self.states.at(opens, 0) if opens is not None else self.states.at(loop, index),
        )

    def _late(self, usual: Candidate, loop: Loop, tag: str) -> Candidate:
        """The same of an occurrence that begins with another segment than the first."""
        inside, index, segment = _entry(loop, tag)
        innermost = inside[-1] if inside else loop
        state = self.states.at(innermost, index)
        return replace(usual, segment=segment, state=state, inside=inside, is_late=True)

    def rest(self) -> tuple[tuple[int, Item], ...]:
        """What must have come when all ends here: the depth of its loop, and what."""
        if self._rest is None:
            self._rest = tuple(self._left())
        return self._rest

    def _left(self) -> Iterator[tuple[int, Item]]:
        loop: Loop | None = self.loop
        at = self.at
        while loop is not None:
            for index in range(max(at, 0), len(loop.positions)):
                yield from ((loop.depth, item) for item in self._needed(loop, index, at))
            at, loop = loop.at, loop.parent

    def is_before(self, tag: str, is_meant: Callable[[Sequence[Test]], bool]) -> bool:
        """True where a segment that meets tests has a place in the loops that are open, but before this
        one."""
        loop: Loop | None = self.loop
        at = self.at
        while loop is not None:
            for position in loop.positions[: at + 1]:
                for item in position:
                    segment = item.trigger if isinstance(item, Loop) else item
                    if segment.tag == tag and is_meant(segment.tests):
                        return True
            at, loop = loop.at, loop.parent
        return False


class States:
    """All states of one layout; shared by all streams."""

    def __init__(self, layout: Layout) -> None:
        self.tags = layout.tags
        self.streams = layout.streams
        self._known: dict[tuple[Loop, int], State] = {}
        self.start = State(layout.body, -1, self)

    def at(self, loop: Loop, index: int) -> State:
        """The state at a position of a loop."""
        key = (loop, index)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = State(loop, index, self)
        return found


def _choice(candidates: tuple[Candidate, ...]) -> Choice:
    tests = [test for one in candidates for test in one.segment.tests]
    places = {(test.element, test.component or 0) for test in tests}
    if len(places) > 1 or any(len(one.segment.tests) > 1 for one in candidates):
        return Choice(candidates, -1, 0, {}, ())
    element, component = places.pop() if places else (0, 0)
    by_value = {
        value: tuple(one for one in candidates if all(value in test.values for test in one.segment.tests))
        for test in tests
        for value in test.values
    }
    others = tuple(one for one in candidates if not one.segment.tests)
    return Choice(candidates, element, component, by_value, others)


def _entry(loop: Loop, tag: str) -> tuple[tuple[Loop, ...], int, Segment]:
    """Where a segment stands that may begin a loop: the loops inside it, the position in the innermost."""
    for index, position in enumerate(loop.positions):
        for item in position:
            if isinstance(item, Segment):
                if item.tag == tag:
                    return (), index, item
            elif item.tag == tag:
                return (item,), 0, item.trigger
            elif tag in item.begins:
                inside, at, segment = _entry(item, tag)
                return (item, *inside), at, segment
    raise AssertionError("what may begin a loop is in it")


def _in_record(loop: Loop) -> bool:
    inside: Loop | None = loop
    while inside is not None:
        if inside.is_record:
            return True
        inside = inside.parent
    return False
